//! A task from the command line: from words to commits.

use scripted_model::{Gate, Reply};

use crate::world::{World, code, decision, plan, plan_of};

const HELLO: &str = "print('Hello, world!')\n";

fn hello() -> Vec<Reply> {
    vec![
        plan("Write hello.py", &["hello.py"], &["python3 hello.py"]),
        code("Add a hello world program", &[("hello.py", HELLO)]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sentence_becomes_a_program_that_ran_and_a_commit() {
    let world = World::new(hello()).await;
    let ran = world.run(&["run", "--yes", "--json", "Write hello world in Python"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("hello.py"), HELLO);
    assert_eq!(
        world.log(),
        [(
            "feat: add a hello world program\n\nWrite hello.py\n\nVerified by:\n- `python3 hello.py`\n\nDevika-Task: 1\nDevika-Step: 1/1\nAssisted-by: scripted/model\n"
                .to_owned(),
            vec!["hello.py".to_owned()]
        )]
    );
    assert_eq!(
        ran.event_names(),
        [
            "queued",
            "started",
            "stage_started",
            "turn_started",
            "turn_finished",
            "monologue",
            "reply",
            "planned",
            "stage_started",
            "turn_started",
            "turn_finished",
            "stage_started",
            "edit_applied",
            "stage_started",
            "asked",
            "answered",
            "command_started",
            "command_finished",
            "stage_started",
            "committed",
            "step_finished",
            "stage_started",
            "completed"
        ]
    );
    assert_eq!(world.model.requests().len(), 2, "a simple task costs two turns");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_line_carries_seq_time_task_and_event() {
    let world = World::new(hello()).await;
    let ran = world.run(&["run", "--yes", "--json", "Write hello world in Python"]);
    let mut last = 0;
    for event in ran.events() {
        assert!(event["seq"].as_i64().unwrap() >= last);
        last = event["seq"].as_i64().unwrap();
        assert!(event["time"].as_str().unwrap().ends_with('Z'), "{event}");
        assert_eq!(event["task"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_check_goes_to_the_patcher_and_is_repaired() {
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &["python3 hello.py"]),
        code("Add hello", &[("hello.py", "prin('Hello')\n")]),
        Reply::text("The name is print.\n\nFile: `hello.py`\n```\nprint('Hello')\n```\n")
            .when("NameError"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "--json", "Write hello"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("hello.py"), "print('Hello')\n");
    assert_eq!(world.log().len(), 1, "one commit a step, repaired or not");
    let thought = ran
        .events()
        .into_iter()
        .filter(|event| event["agent"] == "patcher" && event["event"] == "monologue");
    assert_eq!(
        thought.map(|event| event["text"].clone()).collect::<Vec<_>>(),
        ["The name is print."]
    );
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_same_failure_twice_the_step_is_written_anew() {
    let wrong = || code("Add hello", &[("hello.py", "prin('Hello')\n")]);
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &["python3 hello.py"]),
        wrong(),
        wrong().when("First say in one line what is wrong"),
        code("Add hello", &[("hello.py", "print('Hello')\n")]).when("Write the step anew"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write hello"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("hello.py"), "print('Hello')\n");
    let last = world.model.requests().pop().unwrap();
    assert!(!last.prompt().contains("The files now"), "what failed is not shown again");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_finds_no_test_has_not_passed() {
    let test =
        "import unittest\n\nclass T(unittest.TestCase):\n    def test_it(self):\n        pass\n";
    let world = World::new(vec![
        plan("Write a test", &["test_a.py"], &["python3 -m unittest"]),
        code("Add a test", &[("test_a.py", "import unittest\n")]),
        code("Write it", &[("test_a.py", test)]).when("found no test to run"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write a test"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("test_a.py"), test);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_cannot_be_repaired_ends_with_where_it_stands() {
    let broken = || code("Add hello", &[("hello.py", "raise SystemExit(7)\n")]);
    let patch = |n: i32| code("Patch", &[("hello.py", &format!("raise SystemExit({n})\n"))]);
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &["python3 hello.py"]),
        broken(),
        patch(1),
        patch(2),
        patch(3),
        patch(4),
        patch(5),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write hello"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out
            .contains("still fails after 5 rounds of repair: `python3 hello.py` ended with code 5"),
        "{ran:?}"
    );
    assert_eq!(world.read("hello.py"), "raise SystemExit(5)\n", "the changes stay, uncommitted");

    world.model.push(patch(0));
    let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "a resumed task has new rounds: {resumed:?}");
    assert_eq!(world.read("hello.py"), "raise SystemExit(0)\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_uncommitted_work_is_not_swept_into_the_commit() {
    let world = World::new(vec![
        plan("Change a.txt", &["a.txt"], &[]),
        code("Change a", &[("a.txt", "one\nTWO\nthree\n")]),
    ])
    .await;
    world.file("a.txt", "one\ntwo\nthree\n").file("b.txt", "b\n").file("c.txt", "c\n").committed();
    world
        .file("b.txt", "b, by the user\n")
        .file("new.txt", "untracked\n")
        .file("c.txt", "c, staged\n");
    let repository = world.repository();
    let mut index = repository.index().unwrap();
    index.add_path(std::path::Path::new("c.txt")).unwrap();
    index.write().unwrap();
    let ran = world.run(&["run", "--yes", "Change a.txt"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.branch(), "devika/the-work");
    assert_eq!(world.log()[0].1, ["a.txt"]);
    let statuses =
        repository.statuses(Some(git2::StatusOptions::new().include_untracked(true))).unwrap();
    let now: Vec<_> = statuses.iter().map(|s| (s.path().unwrap().to_owned(), s.status())).collect();
    assert_eq!(
        now,
        [
            ("b.txt".to_owned(), git2::Status::WT_MODIFIED),
            ("c.txt".to_owned(), git2::Status::INDEX_MODIFIED),
            ("new.txt".to_owned(), git2::Status::WT_NEW),
        ]
    );
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_is_its_own_commit_and_sees_what_came_before() {
    let world = World::new(vec![
        plan_of(&[("Write a", &["a.txt", "a.md"]), ("Write b", &["b.txt", "b.md"])], &[]),
        code("Add a", &[("a.txt", "a\n"), ("a.md", "# A\n")]),
        code("Add b", &[("b.txt", "b\n")]).when("step 2 of 2"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write files"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let log = world.log();
    assert_eq!(
        log.iter().map(|(_, paths)| paths.join(" ")).collect::<Vec<_>>(),
        ["b.txt", "a.md a.txt"]
    );
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_the_code_is_answered_and_changes_nothing() {
    let world = World::new(vec![
        decision(serde_json::json!({ "kind": "answer", "steps": [{ "text": "Read", "files": ["a.py"] }] })),
        Reply::text("It prints *x*, see `a.py:1`.").when("print('x')"),
    ])
    .await;
    world.file("a.py", "print('x')\n");
    let ran = world.run(&["run", "--yes", "What does a.py do?"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("It prints *x*"), "{ran:?}");
    assert!(!world.has(".git"), "a question needs no repository");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_plan_goes_back_with_what_is_wrong() {
    let world = World::new(vec![
        Reply::text("Sure, I will do that!"),
        Reply::text("{\"kind\":\"code\",\"steps\":[]}").when("it contains no JSON object"),
        plan("Write a.txt", &["a.txt"], &[]).when("steps is empty"),
        code("Add a", &[("a.txt", "a\n")]),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write a"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_repairs_an_unreadable_plan_is_a_clear_failure() {
    let world = World::new(vec![Reply::text("I cannot speak JSON.").repeated()]).await;
    let ran = world.run(&["run", "--yes", "Write a"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("scripted/model gave no usable plan in 4 attempts"), "{ran:?}");
    assert_eq!(world.model.requests().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_that_fits_nowhere_goes_back_with_the_nearest_lines() {
    let world = World::new(vec![
        plan("Change a.py", &["a.py"], &[]),
        Reply::text("Commit: Change\n\nFile: `a.py`\n```\n<<<<<<< SEARCH\ndef nothing_like_it(): pass\n=======\nx = 1\n>>>>>>> REPLACE\n```\n"),
        code("Change a", &[("a.py", "value = 2\n")]).when("a.py"),
    ])
    .await;
    world.file("a.py", "value = 1\n").committed();
    let ran = world.run(&["run", "--yes", "--json", "Change a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.event_names().contains(&"complaint".to_owned()), "{ran:?}");
    assert_eq!(world.read("a.py"), "value = 2\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_nobody_answers_exits_3_and_can_be_resumed() {
    let world = World::new(hello()).await;
    let ran = world.run(&["run", "--trust", "Write hello"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("devika tasks resume 1 --yes"), "{ran:?}");
    let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(world.log().len(), 1);
    assert_eq!(world.model.requests().len(), 2, "no turn is paid for twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_pauses_the_task_and_its_answer_reaches_the_planner() {
    let world = World::new(vec![
        decision(serde_json::json!({ "kind": "ask", "question": "Which language?" })),
        plan("Write a.py", &["a.py"], &[]).when("The user answers: Python"),
        code("Add a", &[("a.py", "a = 1\n")]),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write a program"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("Which language?"), "{ran:?}");
    let resumed = world.run(&["tasks", "resume", "1", "--answer", "Python", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_untrusted_folder_is_asked_about_before_anything_is_sent() {
    let world = World::new(hello()).await;
    let ran = world.run(&["run", "Write hello"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("Do you trust the files in"), "{ran:?}");
    assert_eq!(world.model.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_stops_the_model_and_exits_130() {
    let gate = Gate::default();
    let world =
        World::new(vec![plan("Write a.txt", &["a.txt"], &[]).chunks(5).gate(1, &gate)]).await;
    let child = world.devika(&["run", "--yes", "Write a"]).spawn().unwrap();
    gate.reached().await;
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(child.id() as i32),
        nix::sys::signal::Signal::SIGINT,
    )
    .unwrap();
    gate.client_gone().await;
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let tasks = world.run(&["tasks"]);
    assert!(tasks.out.contains("cancelled"), "{tasks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_project_is_made_in_the_projects_folder_and_needs_no_trust() {
    let world = World::new(hello()).await;
    let projects = world.home().join("mine");
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.configure(&format!(
        "{config}[projects]\nfolder = \"{}\"\n[commands]\napprove = \"always\"\n",
        projects.display()
    ));
    let ran = world.run(&["run", "--new", "hello", "Write hello"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(std::fs::read_to_string(projects.join("hello/hello.py")).unwrap(), HELLO);
    let again = world.run(&["run", "--new", "hello", "Write hello"]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.err.contains("exists already"), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_plan_mode_nothing_changes_before_the_plan_is_approved() {
    let world = World::new(hello()).await;
    let ran = world.run(&["run", "--trust", "--mode", "plan", "Write hello"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("Carry out this plan?"), "{ran:?}");
    assert!(!world.has("hello.py") && !world.has(".git"));
}

#[tokio::test(flavor = "multi_thread")]
async fn in_review_mode_an_edit_is_shown_before_it_is_applied() {
    let world = World::new(hello()).await;
    let ran = world.run(&["run", "--trust", "--mode", "review", "Write hello"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("+print('Hello, world!')"), "{ran:?}");
    assert!(!world.has("hello.py"));
}
