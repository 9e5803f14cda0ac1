//! A conversation: what follows is understood by what was said and done before.

use scripted_model::Reply;
use serde_json::json;

use crate::world::{World, code, decision, plan};

const GREETING: &str = "def greeting():\n    return 'Hello'\n\n\nprint(greeting())\n";

/// A project whose first task, of two turns, has written `hello.py`.
async fn after_hello(next: Vec<Reply>) -> World {
    let mut replies = vec![
        plan("Write hello.py", &["hello.py"], &["python3 hello.py"]),
        code("Add a greeting", &[("hello.py", GREETING)]),
    ];
    replies.extend(next);
    let world = World::new(replies).await;
    let ran = world.run(&["run", "--yes", "Write a program that greets"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    world
}

/// The action agent's answer.
fn action(kind: &str, files: &[&str], verify: &[&str]) -> Reply {
    let steps = match files {
        [] => json!([]),
        files => json!([{ "text": "Do it", "files": files }]),
    };
    decision(json!({ "kind": kind, "steps": steps, "verify": verify }))
        .when("The conversation so far")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_is_a_change_of_what_was_made_and_costs_two_turns() {
    let french = GREETING.replace("Hello", "Bonjour");
    let world = after_hello(vec![
        action("feature", &["hello.py"], &["python3 hello.py"]),
        code("Greet in French", &[("hello.py", &french)]).when("+    return 'Hello'"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "--json", "Make it French"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("hello.py"), french);
    let requests = world.model.requests();
    assert_eq!(requests.len(), 4, "two turns a task");
    let asked = &requests[2].messages[0].text;
    let conversation = asked.split("The conversation so far").nth(1).unwrap();
    let conversation = conversation.split("What was committed").next().unwrap();
    insta::assert_snapshot!(
        regex_free(conversation),
        @r"
    , the newest last:
    User:
    > Write a program that greets
    Devika:
    > I will do it.
    > 
    > - `COMMIT` feat: add a greeting
    "
    );
    let agents: Vec<String> = ran
        .events()
        .iter()
        .filter(|event| event["event"] == "turn_started")
        .map(|event| event["agent"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(agents, ["action", "feature"]);
    world.model.finish();
}

/// The text with the commit's id, which differs each time, as `COMMIT`.
fn regex_free(text: &str) -> String {
    let id = text.split("- `").nth(1).and_then(|rest| rest.split('`').next()).unwrap_or_default();
    text.replace(id, "COMMIT").trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_question_is_answered_from_the_conversation_and_changes_nothing() {
    let world = after_hello(vec![
        action("answer", &["hello.py"], &[]),
        Reply::text("It greets, see `hello.py:2`, not `hello.py:99`.")
            .when("   2     return 'Hello'"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "How does it do that?"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains(
            "It greets, see [hello.py:2](hello.py#L2), not `hello.py:99` (no such place)."
        ),
        "{ran:?}"
    );
    assert_eq!(world.log().len(), 1, "nothing was committed");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_is_run_and_its_output_told() {
    let world = after_hello(vec![action("run", &[], &["python3 hello.py"])]).await;
    let ran = world.run(&["run", "--yes", "Run it"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("$ python3 hello.py"), "{ran:?}");
    assert!(ran.out.contains("It printed:\n\n```\nHello\n```"), "{ran:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_names_the_command_it_is_found_in_the_project() {
    let world = World::new(vec![decision(json!({ "kind": "run" }))]).await;
    world.file("main.py", "print('It runs')\n").file("other.py", "");
    let ran = world.run(&["run", "--yes", "Run it"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let note = "It is run by `python3 main.py`, because there is `main.py`.";
    assert!(ran.out.contains(note), "{ran:?}");
    assert!(ran.out.contains("It printed:\n\n```\nIt runs\n```"), "{ran:?}");
    assert!(!world.has(".git"), "running needs no repository");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_project_does_not_say_either_the_runner_reads_how() {
    let start = json!({ "monologue": "The README says how.", "commands": ["sh tools/go.sh"] });
    let world = World::new(vec![
        decision(json!({ "kind": "run" })),
        Reply::text(start.to_string()).when("Start it with tools/go.sh").expect_schema(),
    ])
    .await;
    world.file("README.md", "Start it with tools/go.sh\n").file("tools/go.sh", "echo It goes\n");
    let ran = world.run(&["run", "--yes", "Run it"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("~ The README says how."), "{ran:?}");
    assert!(ran.out.contains("It printed:\n\n```\nIt goes\n```"), "{ran:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_is_not_run_unless_it_is_allowed() {
    let world = after_hello(vec![action("run", &[], &["python3 hello.py --loud"])]).await;
    let ran = world.run(&["run", "--trust", "Run it loudly"]);
    assert_eq!(ran.code, Some(3), "it waits for an answer: {ran:?}");
    assert!(!ran.out.contains("$ python3"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_fails_is_repaired_in_the_next_task_which_sees_how() {
    let broken = "raise SystemExit('no greeting today')\n";
    let world = World::new(vec![
        decision(json!({ "kind": "run", "verify": ["python3 hello.py"] })),
        action("bug", &["hello.py"], &["python3 hello.py"]),
        code("Repair the greeting", &[("hello.py", "print('Hello')\n")])
            .when("> no greeting today"),
    ])
    .await;
    world.file("hello.py", broken).committed();
    let ran = world.run(&["run", "--yes", "Run it"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("`python3 hello.py` ended with code 1. It printed:"), "{ran:?}");
    assert!(ran.out.contains("Say “fix it”, and I will."), "{ran:?}");
    let repaired = world.run(&["run", "--yes", "--json", "Fix it"]);
    assert_eq!(repaired.code, Some(0), "{repaired:?}");
    assert_eq!(world.read("hello.py"), "print('Hello')\n");
    let coder = repaired.events().into_iter().rfind(|event| event["event"] == "turn_started");
    assert_eq!(coder.unwrap()["agent"], "patcher");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_projects_tests_are_run_and_what_fails_is_told() {
    let test = "import unittest\n\nclass T(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(1 + 1, 3)\n";
    let world = World::new(vec![decision(json!({ "kind": "test" }))]).await;
    world.file("test_sum.py", test);
    let ran = world.run(&["run", "--yes", "Run the tests"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("`python3 -m unittest` fails: it ended with code 1."), "{ran:?}");
    assert!(ran.out.contains("FAIL: test_sum"), "{ran:?}");
    assert!(ran.out.contains("Say “fix it”, and I will."), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_failed_is_part_of_the_conversation() {
    let useless = Reply::text("I cannot speak JSON.");
    let mut replies = vec![useless; 4];
    replies.push(action("answer", &[], &[]).when("> Failed: scripted/model gave no usable plan"));
    replies.push(Reply::text("The model gave no plan."));
    let world = World::new(replies).await;
    let ran = world.run(&["run", "--yes", "Write a"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let ran = world.run(&["run", "--yes", "What went wrong?"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conversation_of_another_project_is_none_of_it() {
    let world = after_hello(vec![
        decision(json!({ "kind": "answer" })),
        Reply::text("There is nothing here."),
    ])
    .await;
    let other = world.home().join("other");
    std::fs::create_dir(&other).unwrap();
    let ran = world.run(&["run", "-C", other.to_str().unwrap(), "--yes", "What is here?"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let asked = &world.model.requests()[2].messages[0].text;
    assert!(!asked.contains("The conversation so far"), "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_a_conversation_is_carried_out_again_without_what_came_before() {
    let french = GREETING.replace("Hello", "Bonjour");
    let world = after_hello(vec![
        action("feature", &["hello.py"], &["python3 hello.py"]),
        code("Greet in French", &[("hello.py", &french)]),
    ])
    .await;
    assert_eq!(world.run(&["run", "--yes", "Make it French"]).code, Some(0));
    let file = world.home().join("second.jsonl");
    let exported = world.run(&["tasks", "export", "2", file.to_str().unwrap()]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let replayed = crate::replay::replay(&file, &[]).await;
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
}

const LETTER: &str = "# Dear landlord\n\n```sh\nring\n```\n\nAda\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_written_as_a_file_and_checked_by_nobody() {
    let world = World::new(vec![
        plan("Write the letter", &["letter.md"], &["python3 -m unittest"])
            .when("A letter, an essay or the like is one Markdown file, without tests."),
        code("Write to the landlord", &[("letter.md", LETTER)]).when("Write the text whole"),
    ])
    .await;
    world.file("a.py", "").file("test_a.py", "import nothing\n").committed();
    let ran = world.run(&["run", "--yes", "Write a letter to my landlord about the bell"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("letter.md"), LETTER);
    let note = "`python3 -m unittest` is left out: only texts are written, no code.";
    assert!(ran.out.contains(note), "{ran:?}");
    assert!(!ran.out.contains("$ "), "no command is run: {ran:?}");
    assert_eq!(world.log()[0].1, ["letter.md"]);
    assert_eq!(world.model.requests().len(), 2);
    world.model.finish();
}
