//! How the work is checked: by the plan's commands, else by the project's own, before and after.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use scripted_model::Reply;
use serde_json::json;

use crate::session::{Client, Session};
use crate::world::{World, code, plan, plan_of};

const WRONG: &str = "def add(a, b):\n    return a - b\n";
const RIGHT: &str = "def add(a, b):\n    return a + b\n";
const TEST: &str = "import unittest\nfrom calc import add\n\nclass Adds(unittest.TestCase):\n    def test_adds(self):\n        self.assertEqual(add(2, 3), 5)\n";

#[tokio::test(flavor = "multi_thread")]
async fn where_the_plan_names_no_check_the_projects_own_is_run_and_told_of() {
    let world = World::new(vec![
        plan("Mend add", &["calc.py"], &[]),
        code("Mend add", &[("calc.py", RIGHT)]),
    ])
    .await;
    world.file("calc.py", WRONG).file("test_calc.py", TEST).committed();
    let ran = world.run(&["run", "--yes", "Mend calc.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let note = "The work is checked by `python3 -m unittest`, because there is `test_calc.py`.";
    assert!(ran.out.contains(note), "{ran:?}");
    assert_eq!(ran.out.matches("$ python3 -m unittest").count(), 2, "before and after: {ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_coder_sees_how_the_check_fails_before_it_changes_anything() {
    let world = World::new(vec![
        plan("Mend it", &["calc.py"], &["python3 -m unittest"]),
        code("Mend add", &[("calc.py", RIGHT)]).when("AssertionError: -1 != 5"),
    ])
    .await;
    world.file("calc.py", WRONG).file("test_calc.py", TEST).committed();
    let ran = world.run(&["run", "--yes", "The tests fail"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let coder = &world.model.requests()[1].messages[0].text;
    assert!(coder.contains("File: `test_calc.py`"), "the file that the failure names: {coder}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_of_a_file_that_nobody_makes_does_not_fail_the_task() {
    let world = World::new(vec![
        plan("Write a.py", &["a.py"], &["python3 -m unittest test_a.py", "python3 a.py"]),
        code("Add a", &[("a.py", "print(1)\n")]),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("there is no `test_a.py`"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_whose_program_is_not_installed_is_told_of_and_costs_no_repair() {
    let world = World::new(vec![
        plan("Write a.py", &["a.py"], &["surely-not-installed a.py", "python3 a.py"]),
        code("Add a", &[("a.py", "print(1)\n")]),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("surely-not-installed is not installed"), "{ran:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_projects_rules_reach_planner_and_coder_and_hide_nothing() {
    let world = World::new(vec![
        plan("Write a.py", &["lib/a.py"], &[]),
        code("Add a", &[("lib/a.py", "print(1)\n")]).when("> Use British spelling."),
    ])
    .await;
    world
        .file("AGENTS.md", "Use tabs.\u{200b}\n")
        .file("lib/AGENTS.md", "Use British spelling.\n")
        .committed();
    let ran = world.run(&["run", "--yes", "Write lib/a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("`AGENTS.md` holds 1 characters that cannot be seen"), "{ran:?}");
    for request in world.model.requests() {
        assert!(request.messages[0].text.contains("> Use tabs.\n"), "{request:?}");
    }
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_not_allowed_is_not_run_before_either() {
    let world = World::new(vec![
        plan("Mend it", &["calc.py"], &["python3 -m unittest"]),
        Reply::text("unused").when("never"),
    ])
    .await;
    world.file("calc.py", WRONG).file("test_calc.py", TEST).committed();
    let ran = world.run(&["run", "--trust", "The tests fail"]);
    assert_eq!(ran.code, Some(3), "it waits for an answer: {ran:?}");
    assert!(!ran.out.contains("$ python3"), "{ran:?}");
}

/// A task whose check cannot pass, with one round of repair a run.
async fn hopeless(failing_step: &str) -> World {
    let world = World::new(vec![
        plan("Change a.py", &["a.py"], &["python3 a.py"]),
        code("Change a", &[("a.py", "raise SystemExit('first')\n")]),
        code("Change a", &[("a.py", "raise SystemExit('second')\n")]),
    ])
    .await;
    let url = world.model.openai_url();
    world.configure(&format!(
        "[models]\ndefault = \"scripted/model\"\n[providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\n[tasks]\npatch_rounds = 1\nfailing_step = \"{failing_step}\"\n"
    ));
    world.file("a.py", "print('old')\n").committed();
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_cannot_be_verified_is_kept_on_its_branch_and_marked_as_failing() {
    let world = hopeless("keep").await;
    let ran = world.run(&["run", "--yes", "Change a.py"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("committed, marked as failing"), "{ran:?}");
    let (message, files) = world.log().remove(0);
    assert!(message.starts_with("wip: Unfinished, fails its check: Change a\n"), "{message}");
    assert_eq!(files, ["a.py"]);
    assert!(world.branch().starts_with("devika/"));

    world.model.push(code("Change a", &[("a.py", "print('new')\n")]));
    let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let subjects: Vec<String> = world.log().into_iter().map(|(message, _)| message).collect();
    assert_eq!(subjects.len(), 3, "the repair is a commit of its own: {subjects:?}");
    assert_eq!(world.read("a.py"), "print('new')\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_cannot_be_verified_is_taken_back_where_the_user_wants_that() {
    let world = hopeless("revert").await;
    let ran = world.run(&["run", "--yes", "Change a.py"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("changes are taken back"), "{ran:?}");
    assert_eq!(world.read("a.py"), "print('old')\n");
    assert_eq!(world.log().len(), 1, "nothing is committed");

    world.model.push(code("Change a", &[("a.py", "print('new')\n")]));
    let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(world.read("a.py"), "print('new')\n");
    assert_eq!(world.log().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_says_the_same_again_and_again_is_asked_from_the_beginning() {
    let useless = Reply::text("I would change the file.");
    let world = World::new(vec![
        plan("Write a.py", &["a.py"], &[]),
        useless.clone(),
        useless,
        code("Add a", &[("a.py", "print(1)\n")]).when("Answer in another way."),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.model.requests()[3].messages.len(), 1, "without what led in circles");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_repairs_in_circles_is_not_paid_for_more_of_them() {
    let wrong = || code("Change a", &[("a.py", "raise SystemExit('no')\n")]);
    let world = World::new(vec![
        plan("Change a.py", &["a.py"], &["python3 a.py"]),
        wrong(),
        wrong().when("no"),
        wrong().when("Write the step anew"),
        wrong().when("Write the step anew"),
    ])
    .await;
    world.file("a.py", "print('old')\n").committed();
    let ran = world.run(&["run", "--yes", "Change a.py"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("still fails and the model answers the same again"), "{ran:?}");
    assert_eq!(ran.out.matches("$ python3 a.py").count(), 2, "before and after: {ran:?}");
    assert_eq!(world.model.requests().len(), 5, "the plan, and four turns of five rounds");

    world.model.push(code("Change a", &[("a.py", "print('new')\n")]));
    let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(world.read("a.py"), "print('new')\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_user_speaks_of_a_failure_the_planner_sees_it_with_the_files_it_is_about() {
    let world = World::new(vec![
        plan("Mend add", &["calc.py"], &["python3 calc.py"]).when("AssertionError: -1 != 5"),
        code("Mend add", &[("calc.py", RIGHT)]),
    ])
    .await;
    world.file("calc.py", WRONG).file("test_calc.py", TEST).committed();
    let ran = world.run(&["run", "--yes", "One of the tests fails, please repair the code"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let planner = &world.model.requests()[0].messages[0].text;
    for file in ["File: `test_calc.py`", "File: `calc.py`"] {
        assert!(planner.contains(file), "{file} is not shown: {planner}");
    }
    let runs = ran.out.matches("$ python3 -m unittest").count();
    assert_eq!(runs, 2, "before the plan, and after the work though the plan forgot it: {ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_forgets_of_a_file_is_asked_for_and_what_it_insists_on_is_taken() {
    let (two, one) = ("def a():\n    pass\n\n\ndef b():\n    pass\n", "def a():\n    return 1\n");
    let kept = two.replacen("pass", "return 1", 1);
    let insists = "def a():\n    return 2\n";
    for (then, left) in [(kept.as_str(), kept.as_str()), (insists, insists)] {
        let world = World::new(vec![
            plan("Have a give one", &["a.py"], &["python3 a.py"]),
            code("Have a give one", &[("a.py", one)]),
            code("Have a give one", &[("a.py", then)])
                .when("Your `a.py` has lost `b`, which must stay"),
        ])
        .await;
        world.file("a.py", two).committed();
        let ran = world.run(&["run", "--yes", "Have the first give 1"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(world.read("a.py"), left);
        world.model.finish();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_refuses_as_the_user_wants_costs_no_repair() {
    let world = World::new(vec![
        plan("Write copy.sh", &["copy.sh"], &["bash copy.sh nothing.txt"]),
        code("Copy a file", &[("copy.sh", "cp \"$1\" \"$1.bak\" || exit 1\n")]),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write copy.sh; without a file it exits with status 1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.contains("`bash copy.sh nothing.txt` ended with code 1, as you want it where a program is given nothing; it shows no more than that."),
        "{ran:?}"
    );
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_taken_up_asks_what_still_waits_and_verifies_what_it_would_have_verified() {
    let first = ["a.py", "c.py", "d.py"];
    let steps: [(&str, &[&str]); 2] = [("Write a.py", &first), ("Write b.py", &["b.py"])];
    let world = World::new(vec![
        plan_of(&steps, &["python3 b.py"]),
        code("Add a", &first.map(|path| (path, "A = 1\n"))),
        code("Add b", &[("b.py", "import a\nassert a.A == 1\n")]),
    ])
    .await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.begin("devika.task.start", json!({ "prompt": "Write a.py and b.py" })).await;
    let asked = editor.until(|message| message["params"]["event"] == "asked").await;
    kill(Pid::from_raw(editor.pid()), Signal::SIGKILL).unwrap();
    while editor.next_or_gone().await.is_some() {}

    let resumed = world.run(&["tasks", "resume", "1", "--yes", "--json"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let again = resumed.events().into_iter().find(|it| it["event"] == "asked").unwrap();
    assert_eq!(again["ask"], asked["params"]["ask"], "told to who listens now");
    let all = world.run(&["tasks", "show", "1", "--json"]).events();
    let verified = all.iter().filter(|it| it["stage"] == "verify");
    assert_eq!(verified.map(|it| it["step"].clone()).collect::<Vec<_>>(), [json!(2)]);
}
