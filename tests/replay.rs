//! A task is recorded, exported, and carried out again: without a model, a network or a command.

use std::path::PathBuf;

use scripted_model::{Gate, Reply};
use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::{Ran, World, code, decision, plan, plan_of};

/// A key that was never any provider's.
const CANARY: &str = "sk-ant-canary0123456789abcdefghijklmnop";

/// A task with a question, a second run, and a repair.
async fn repaired(world: &World) {
    world.model.push(decision(json!({ "kind": "ask", "question": "Which language?" })));
    world.model.push(plan("Write hello.py", &["hello.py"], &["python3 hello.py"]).when("Python"));
    world.model.push(code("Add hello", &[("hello.py", "prin('Hello')\n")]));
    world.model.push(code("Repair it", &[("hello.py", "print('Hello')\n")]).when("NameError"));
    let asked = world.run(&["run", "--yes", "Write a program like old.py"]);
    assert_eq!(asked.code, Some(3), "{asked:?}");
    let resumed = world.run(&["tasks", "resume", "1", "--answer", "Python", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
}

/// A task of two steps.
pub async fn two_steps(world: &World) {
    world.model.push(plan_of(
        &[("Write a", &["a.py", "a.md"]), ("Write b", &["b.py", "b.md"])],
        &["python3 a.py"],
    ));
    world.model.push(code("Add a", &[("a.py", "print('a')\n"), ("a.md", "# A\n")]));
    world.model.push(code("Add b", &[("b.py", "print('b')\n")]).when("step 2 of 2"));
    let ran = world.run(&["run", "--yes", "Write files"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// A world with a committed file, and uncommitted work on it.
pub async fn world() -> World {
    let world = World::new(Vec::new()).await;
    world.file("old.py", "print('old')\n").committed();
    world.file("old.py", "print('older')\n").file("untracked.txt", "mine\n");
    world
}

/// Exports task 1.
pub fn export(world: &World) -> PathBuf {
    let file = world.home().join("task.jsonl");
    let ran = world.run(&["tasks", "export", "1", file.to_str().unwrap()]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    file
}

/// Carries a file out again in a world that has no model, no configuration and no project.
pub async fn replay(file: &std::path::Path, args: &[&str]) -> Ran {
    let elsewhere = World::new(Vec::new()).await;
    elsewhere.configure("");
    let args = [&["replay", file.to_str().unwrap()], args].concat();
    let ran = elsewhere.run(&args);
    assert_eq!(elsewhere.model.requests().len(), 0);
    ran
}

fn acts(file: &std::path::Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_with_a_question_a_resume_and_a_repair_is_the_same_when_replayed_elsewhere() {
    let world = world().await;
    repaired(&world).await;
    let file = export(&world);
    let ran = replay(&file, &[]).await;
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "replayed 4 turns, 2 commands: the same\n"),
        "{ran:?}"
    );
    let names: Vec<Value> = acts(&file).into_iter().map(|act| act["act"].clone()).collect();
    assert_eq!(
        json!(names),
        json!([
            null, "outside", "turn", "ask", "turn", "other", "branch", "turn", "other", "edit",
            "ask", "command", "turn", "other", "edit", "command", "commit", null
        ])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_steered_is_the_same_when_replayed() {
    let (planning, coding) = (Gate::default(), Gate::default());
    let world = world().await;
    world.model.push(plan("Write hello.py", &["hello.py"], &[]).chunks(5).gate(1, &planning));
    let hello = code("Add hello", &[("hello.py", "print('Hello')\n")]).chunks(5).gate(1, &coding);
    world.model.push(hello.when("The user adds: In English"));
    let german = code("Greet in German", &[("hello.py", "print('Hallo')\n")]);
    world.model.push(german.when("Do step 2 of 2"));
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "Write hello" })).await.unwrap();
    for (gate, words) in [(&planning, "In English"), (&coding, "No, in German")] {
        gate.reached().await;
        editor.execute("devika.task.steer", json!({ "task": 1, "text": words })).await.unwrap();
        gate.release();
    }
    editor.event("completed").await;
    assert_eq!(world.read("hello.py"), "print('Hallo')\n");
    let file = export(&world);
    let steers = acts(&file).into_iter().filter(|act| act["act"] == "steer");
    let said: Vec<Value> = steers.map(|act| act["text"].clone()).collect();
    assert_eq!(said, ["In English", "No, in German"]);
    let ran = replay(&file, &[]).await;
    assert_eq!(ran.out, "replayed 3 turns, 0 commands: the same\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_another_is_told_with_a_diff() {
    let world = world().await;
    repaired(&world).await;
    let file = export(&world);
    let text = std::fs::read_to_string(&file).unwrap();
    let third = text.lines().position(|line| line.contains("step1/code/0\"")).unwrap();
    let changed: Vec<String> = text
        .lines()
        .enumerate()
        .map(|(at, line)| {
            if at == third {
                line.replacen("print('older')", "print('elder')", 1)
            } else {
                line.to_owned()
            }
        })
        .collect();
    std::fs::write(&file, changed.join("\n") + "\n").unwrap();
    let ran = replay(&file, &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let first = ran.out.lines().next().unwrap();
    assert_eq!(first, "first divergence: turn 3 (coder), `step1/code/0`: the request is another");
    assert!(ran.out.contains("\n-print('elder')\n+print('older')\n"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_another_is_told_at_the_act_that_it_changes() {
    let world = world().await;
    two_steps(&world).await;
    let file = export(&world);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\\\"python3 a.py\\\"", "\\\"rm -rf a.py\\\"")).unwrap();
    let ran = replay(&file, &["--json"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["same"], false);
    assert!(
        told["what"].as_str().unwrap().starts_with("a question, `allow/python3 a.py`"),
        "{told}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_failed_and_was_resumed_with_more_in_the_folder_is_the_same() {
    let world = world().await;
    let wrong = |n: i32| code("Try", &[("x.py", &format!("raise SystemExit({n})\n"))]);
    world.model.push(plan("Write x.py", &["x.py"], &["python3 x.py"]));
    for n in [7, 1, 2, 3, 4, 5] {
        world.model.push(wrong(n));
    }
    assert_eq!(world.run(&["run", "--yes", "Write x"]).code, Some(1));
    world.file("meanwhile.txt", "by the user\n");
    world.model.push(wrong(0));
    let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let ran = replay(&export(&world), &[]).await;
    assert_eq!(ran.out, "replayed 8 turns, 7 commands: the same\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_did_to_the_files_is_there_in_the_replay() {
    let world = world().await;
    let made = "open('made.txt', 'w').write('made')\nraise SystemExit(1)\n";
    world.model.push(plan("Write x.py", &["x.py"], &["python3 x.py"]));
    world.model.push(code("Add x", &[("x.py", made)]));
    world.model.push(Reply::text("READ made.txt\nREAD old.py\nREAD none.txt"));
    world.model.push(
        code("Repair", &[("x.py", "print(1)\n")]).when("There is no readable file `none.txt`"),
    );
    let ran = world.run(&["run", "--yes", "Write x"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = replay(&export(&world), &[]).await;
    assert_eq!(ran.out, "replayed 4 turns, 2 commands: the same\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn unsaved_text_and_what_the_user_types_meanwhile_are_there_in_the_replay() {
    let world = world().await;
    world.file("a.txt", "one\ntwo\nthree\n");
    world.model.push(plan("Change a.txt", &["a.txt"], &[]));
    let text = "one\nTWO\nthree\nunsaved\n";
    world.model.push(code("Change a", &[("a.txt", text)]).when("unsaved"));
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    editor.type_at_end("a.txt", "unsaved\n").await;
    editor.types_before_edit = Some(("a.txt".to_owned(), "typed\n".to_owned()));
    editor.execute("devika.task.start", json!({ "prompt": "Change a.txt" })).await.unwrap();
    editor.event("completed").await;
    assert_eq!(editor.text("a.txt"), format!("{text}typed\n"));
    assert!(editor.exit().await.success());
    let ran = replay(&export(&world), &[]).await;
    assert_eq!(ran.out, "replayed 2 turns, 0 commands: the same\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_binary_or_too_long_are_told_of_and_not_kept() {
    let world = world().await;
    let long = "0123456789\n".repeat(40_000);
    world.file("long.txt", &long).file("empty.txt", "");
    std::fs::write(world.root().join("image.png"), [0, 159, 146, 150]).unwrap();
    let huge = std::fs::File::create(world.root().join("huge.txt")).unwrap();
    huge.set_len(3 * 1024 * 1024).unwrap();
    world
        .model
        .push(plan("Write", &["a.txt"], &[]).when("File: `long.txt` is left out: too long."));
    world.model.push(code("Change it", &[("image.png", "text\n")]));
    world.model.push(code("Add a", &[("a.txt", "a\n")]).when("is not a text file"));
    let ran = world.run(&["run", "--yes", "Use long.txt, image.png, huge.txt and empty.txt"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = export(&world);
    assert!(std::fs::metadata(&file).unwrap().len() < 64 * 1024);
    let ran = replay(&file, &[]).await;
    assert_eq!(ran.out, "replayed 3 turns, 0 commands: the same\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_about_the_code_is_the_same_and_so_is_a_plan_that_was_approved() {
    let world = World::new(vec![
        decision(json!({ "kind": "answer", "steps": [{ "text": "Read", "files": ["a.py"] }] })),
        Reply::text("It prints *x*.").when("print('x')"),
        plan("Write b.py", &["b.py"], &[]),
        code("Add b", &[("b.py", "b = 1\n")]),
    ])
    .await;
    world.file("a.py", "print('x')\n");
    assert_eq!(world.run(&["run", "--yes", "What does a.py do?"]).code, Some(0));
    let ran = replay(&export(&world), &[]).await;
    assert_eq!(ran.out, "replayed 2 turns, 0 commands: the same\n", "{ran:?}");

    std::fs::remove_file(world.home().join("task.jsonl")).unwrap();
    world.committed();
    for mode in ["plan", "review"] {
        let ran = world.run(&["run", "--yes", "--mode", mode, "Write b"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let id = if mode == "plan" { "2" } else { "3" };
        let file = world.home().join(mode);
        assert_eq!(world.run(&["tasks", "export", id, file.to_str().unwrap()]).code, Some(0));
        let ran = replay(&file, &[]).await;
        assert_eq!(ran.out, "replayed 2 turns, 0 commands: the same\n", "{ran:?}");
        world.model.push(plan("Write c.py", &["c.py"], &[]));
        world.model.push(code("Add c", &[("c.py", "c = 1\n")]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_waits_for_the_user_is_the_same_as_far_as_it_went() {
    let world = World::new(vec![
        plan("Write hello.py", &["hello.py"], &["python3 hello.py"]),
        code("Add hello", &[("hello.py", "print(1)\n")]),
    ])
    .await;
    assert_eq!(world.run(&["run", "--trust", "Write hello"]).code, Some(3));
    let ran = replay(&export(&world), &[]).await;
    assert_eq!(ran.out, "replayed 2 turns, 0 commands: the same\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_name_or_home_is_in_what_is_exported_and_it_is_still_the_same() {
    let world = World::new(vec![
        plan("Write x.py", &["x.py"], &["python3 x.py"]),
        code("Add x", &[("x.py", "import os\nprint(os.path.expanduser('~'), open('keys.txt').read() * 99)\nraise SystemExit(1)\n")]),
        code("Repair", &[("x.py", &format!("key = '{CANARY}'\n"))]).when("keys.txt"),
    ])
    .await;
    let home = world.home().display().to_string();
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.configure(&format!("{config}[git]\nchecks = false\n"));
    world
        .file(
            "keys.txt",
            &format!("{CANARY}\nada-lovelace-1815\n{home}/notes\nplanted in the environment\n"),
        )
        .committed();
    let mut git = world.repository().config().unwrap();
    git.set_str("user.name", "Ada Lovelace").unwrap();
    git.set_str("user.email", "ada@example.org").unwrap();
    let devika = |args: &[&str]| -> Ran {
        let mut command = world.devika(args);
        command.env("USER", "ada-lovelace-1815").env("ACME_API_KEY", "planted in the environment");
        command.output().unwrap().into()
    };
    let ran = devika(&[
        "run",
        "--yes",
        "Write x.py, and use keys.txt; ada@example.org (Ada Lovelace) wants it",
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let file = world.root().join("task.jsonl");
    assert_eq!(devika(&["tasks", "export", "1", file.to_str().unwrap()]).code, Some(0));
    let text = std::fs::read_to_string(&file).unwrap();
    for planted in [
        CANARY,
        "canary",
        "ada-lovelace-1815",
        "ada@example.org",
        "Ada Lovelace",
        &home,
        "planted in",
    ] {
        assert!(!text.contains(planted), "{planted} is in the export");
    }
    let ran = replay(&file, &[]).await;
    assert_eq!(ran.out, "replayed 3 turns, 2 commands: the same\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_goes_to_standard_output_or_to_a_new_file_and_never_over_one() {
    let world = world().await;
    two_steps(&world).await;
    let file = export(&world);
    let text = std::fs::read_to_string(&file).unwrap();
    let ran = world.run(&["tasks", "export", "1"]);
    assert_eq!((ran.code, ran.out), (Some(0), text));
    let again = world.run(&["tasks", "export", "1", file.to_str().unwrap()]);
    assert_eq!(again.code, Some(2), "{again:?}");
    let none = world.run(&["tasks", "export", "9"]);
    assert!(none.code == Some(2) && none.err.contains("there is no task 9"), "{none:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_the_same_however_its_commands_were_allowed() {
    for scope in ["task", "once", "no", "project"] {
        let world = World::new(Vec::new()).await;
        world.file("check.sh", "true\n").committed();
        let mut editor = Session::start(&world, Client::Extension).await;
        // The second time, nothing is asked about what is allowed in this project.
        for id in ["1", "2"] {
            world.model.push(plan("Write a.txt", &["a.txt"], &["sh check.sh"]));
            world.model.push(code("Add a", &[("a.txt", &format!("{id}\n"))]));
            crate::approvals::run_task(&mut editor, scope).await;
            let file = world.home().join(id);
            let ran = world.run(&["tasks", "export", id, file.to_str().unwrap()]);
            assert_eq!(ran.code, Some(0), "{ran:?}");
            let commands = if scope == "no" { 0 } else { 2 };
            let same = format!("replayed 2 turns, {commands} commands: the same\n");
            let ran = replay(&file, &[]).await;
            assert_eq!(ran.out, same, "task {id}, allowed for {scope}: {ran:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_given_up_and_begun_anew_is_the_same() {
    for way in ["keep", "revert"] {
        let world = world().await;
        let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
        let tasks = format!("[tasks]\npatch_rounds = 1\nfailing_step = \"{way}\"\n");
        world.configure(&format!("{config}{tasks}"));
        world.model.push(plan("Write x.py", &["x.py"], &["python3 x.py"]));
        for n in [1, 2] {
            world.model.push(code("Try", &[("x.py", &format!("raise SystemExit({n})\n"))]));
        }
        let failed = world.run(&["run", "--yes", "Write x"]);
        assert_eq!(failed.code, Some(1), "{failed:?}");
        let same = "replayed 3 turns, 2 commands: the same\n";
        let ran = replay(&export(&world), &[]).await;
        assert_eq!(ran.out, same, "as far as it went, {way}: {ran:?}");

        std::fs::remove_file(world.home().join("task.jsonl")).unwrap();
        world.model.push(code("Do it", &[("x.py", "print(1)\n")]));
        let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
        assert_eq!(resumed.code, Some(0), "{way}: {resumed:?}");
        let ran = replay(&export(&world), &[]).await;
        assert_eq!(ran.out, "replayed 4 turns, 3 commands: the same\n", "{way}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_editors_language_servers_said_is_there_in_the_replay() {
    let world = World::new(vec![
        plan("Write a.txt", &["a.txt"], &[]),
        code("Add a", &[("a.txt", "fine\nnew wrong\n")]).when("greet_all\n```"),
        code("Mend a", &[("a.txt", "fine\nnew\n")]).when("a.txt:2: error: new wrong is wrong"),
    ])
    .await;
    world.file("old.txt", "old wrong\n").file("main.py", "from lib.greet import greet_all\n");
    world.file("lib/greet.py", "def greet_all(): pass\n").committed();
    let complaints = crate::compilers::run(&world, "Write a.txt about greet_all").await;
    assert_eq!(complaints.len(), 1);
    let ran = replay(&export(&world), &[]).await;
    assert_eq!(ran.out, "replayed 3 turns, 0 commands: the same\n", "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_used_is_a_clear_error() {
    let world = world().await;
    two_steps(&world).await;
    let text = std::fs::read_to_string(export(&world)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let told = async |name: &str, text: &str| {
        let file = world.home().join(name);
        std::fs::write(&file, text).unwrap();
        let ran = replay(&file, &[]).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        ran.err
    };
    let err = told("other", "{\"a\": 1}\n").await;
    assert!(err.contains("this is not a trajectory"), "{err}");
    let err = told("cut", &text[..text.len() / 2]).await;
    assert!(err.contains("the trajectory is cut off after"), "{err}");
    let err = told("missing", &[lines[0], lines[2], lines[lines.len() - 1], ""].join("\n")).await;
    assert!(
        err.contains("line 3 of the trajectory is damaged: lines before it are missing"),
        "{err}"
    );
    let err = told("newer", &text.replacen("\"version\":1", "\"version\":9", 1)).await;
    assert!(err.contains("has format 9, and this Devika reads up to 1"), "{err}");
    let err = told("outside", &text.replace("\"path\":\"a.py\"", "\"path\":\"../a.py\"")).await;
    assert!(err.contains("is not a path inside the workspace"), "{err}");
    let err = told("endless", &"x".repeat(33 * 1024 * 1024)).await;
    assert!(err.contains("too large"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_was_killed_anywhere_and_resumed_is_the_same() {
    for point in 1..=crate::crashes::WRITES {
        let world = world().await;
        let replies = [
            plan("Write a.txt", &["a.txt"], &["test -f a.txt"]).when("Do not write code yet"),
            code("Add a", &[("a.txt", "a\n")]).when("Do this now"),
        ];
        replies.into_iter().for_each(|reply| world.model.push(reply.repeated()));
        let killed = world
            .devika(&["run", "--yes", "Write a.txt like old.py"])
            .env("DEVIKA_CRASH_AFTER", point.to_string())
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "point {point}: {killed:?}");
        assert!(world.run(&["tasks"]).out.contains("interrupted"));
        let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
        assert_eq!(resumed.code, Some(0), "point {point}: {resumed:?}");
        let ran = replay(&export(&world), &[]).await;
        assert_eq!(ran.out, "replayed 2 turns, 1 commands: the same\n", "point {point}: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_file_says_was_done_outside_passes_for_no_permission() {
    let world = world().await;
    two_steps(&world).await;
    let file = export(&world);
    let text = std::fs::read_to_string(&file).unwrap();
    let forged = text.lines().map(|line| {
        let mut act: Value = serde_json::from_str(line).unwrap();
        if act["key"] == "allow/python3 a.py" {
            act["act"] = json!("outside");
            act["done"] = json!(true);
            act["outcome"] = json!("yes");
        }
        format!("{act}\n")
    });
    let forged: String = forged.collect();
    assert!(forged.contains("\"outside\""), "{forged}");
    std::fs::write(&file, forged).unwrap();
    let ran = replay(&file, &[]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let why = "The journal's entry `allow/python3 a.py` is another act (outside).";
    assert!(format!("{ran:?}").contains(why), "{ran:?}");
}
