//! What a plan's commands cannot do, through the whole program.

#![cfg(target_os = "linux")]

use scripted_model::Reply;

use crate::world::{Ran, World, code, plan};

/// A task whose only check is `line`, and that has one step.
fn checked_by(line: &str) -> Vec<Reply> {
    vec![
        plan("Write hello.py", &["hello.py"], &[line]),
        code("Add a hello world program", &[("hello.py", "print('Hello')\n")]),
    ]
}

fn warnings(ran: &Ran) -> Vec<String> {
    let events = ran.events().into_iter().filter(|event| event["event"] == "warning");
    events.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
}

/// Adds to the user's configuration.
fn also(world: &World, toml: &str) {
    let file = world.home().join("config.toml");
    world.configure(&(std::fs::read_to_string(file).unwrap() + toml));
}

const TASK: [&str; 4] = ["run", "--yes", "--json", "Write hello world in Python"];

#[tokio::test(flavor = "multi_thread")]
async fn a_check_sees_neither_devikas_database_nor_the_home() {
    let line = "test ! -e \"$HOME/mine\" && echo x > \"$HOME/planted\" && \
                test -z \"$(find / -name devika.db 2>/dev/null)\"";
    let world = World::new(checked_by(line)).await;
    std::fs::write(world.home().join("mine"), "").unwrap();
    let ran = world.run(&TASK);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!world.home().join("planted").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_plants_a_hook_leaves_none() {
    let line = "(echo x > .git/hooks/pre-commit) 2>/dev/null; echo x > team.code-workspace";
    let world = World::new(checked_by(line)).await;
    let ran = world.run(&TASK);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(!world.has(".git/hooks/pre-commit") && !world.has("team.code-workspace"));
    assert!(world.has("team.code-workspace.set-aside"));
    let told = warnings(&ran);
    assert!(told.iter().any(|text| text.contains("team.code-workspace")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_asks_for_a_host_is_told_to_the_user() {
    let line = "curl -sS http://nowhere.invalid/ || true";
    let world = World::new(checked_by(line)).await;
    let ran = world.run(&TASK);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = warnings(&ran);
    assert!(told.iter().any(|text| text.contains("nowhere.invalid:80")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_as_a_check_has_passed_when_it_is_up() {
    let world = World::new(checked_by("python3 -m http.server 8123")).await;
    let ran = world.run(&TASK);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let finished = ran.events().into_iter().find(|event| event["event"] == "command_finished");
    assert_eq!(finished.unwrap()["exit"], "ready");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_over_its_limit_is_told_by_name() {
    let mut replies = checked_by("head -c 5M /dev/zero > big");
    // It fails, and is not to be repaired.
    replies.truncate(2);
    let world = World::new(replies).await;
    also(&world, "[sandbox]\nfile_mb = 1\n[tasks]\npatch_rounds = 0\n");
    let ran = world.run(&TASK);
    let finished = ran.events().into_iter().find(|event| event["event"] == "command_finished");
    assert_eq!(finished.unwrap()["exit"]["limit"], "file_size");
    let told = warnings(&ran);
    assert!(told.iter().any(|text| text.contains("sandbox.file_mb")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_that_is_off_is_none() {
    let world = World::new(checked_by("echo x > \"$HOME/planted\"")).await;
    also(&world, "[sandbox]\nmode = \"off\"\n");
    assert_eq!(world.run(&TASK).code, Some(0));
    assert!(world.home().join("planted").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_bubblewrap_no_check_is_run() {
    let world = World::new(checked_by("touch ran")).await;
    let output = world.devika(&TASK).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("sandbox.fallback"));
    assert!(!world.has("ran"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tries_to_break_every_promise() {
    let world = World::new(Vec::new()).await;
    let ran = world.devika(&["doctor"]).output().unwrap();
    let text = String::from_utf8(ran.stdout).unwrap();
    let line = text.lines().find(|line| line.contains(" sandbox ")).unwrap();
    assert!(line.starts_with("ok"), "{text}");
    assert!(line.ends_with("8 promises were tried, and all hold"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_are_too_long_for_the_sandbox_to_keep_come_back_from_the_checkpoint() {
    let line = "echo bad > .vscode/long.json; echo bad > .vscode/short.json; rm .vscode/mine.json";
    let world = World::new(checked_by(line)).await;
    let long = format!("{{\"a\": \"{}\"}}\n", "x".repeat(300_000));
    world.file(".vscode/long.json", &long).file(".vscode/short.json", "{}\n").committed();
    world.file(".vscode/mine.json", "{\"untracked\": 1}\n");
    also(&world, "\n[sandbox]\nfallback = \"landlock\"\n");
    // Where there is no bubblewrap, the places can be written while a command runs.
    let programs = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/bin/rm", programs.path().join("rm")).unwrap();
    let ran: Ran = world.devika(&TASK).env("PATH", programs.path()).output().unwrap().into();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let short = (world.read(".vscode/short.json"), world.read(".vscode/mine.json"));
    assert_eq!(short, ("{}\n".to_owned(), "{\"untracked\": 1}\n".to_owned()));
    assert_eq!(world.read(".vscode/long.json"), long);
    let told = warnings(&ran);
    let put_back =
        "Put back from the checkpoint: .vscode/long.json, .vscode/mine.json, .vscode/short.json.";
    assert!(told.iter().any(|text| text == put_back), "{told:?}");
}
