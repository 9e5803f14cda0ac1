//! What is found in a step before it is committed, and what the user may do about it.

use scripted_model::Reply;
use serde_json::{Value, json};

use crate::approvals::run_task;
use crate::session::{Client, Session};
use crate::world::{Ran, World, all_bytes, code, plan};

/// What a model wrote that it should not have.
fn secret() -> String {
    format!("glpat-{}", "q7Zp2LxV9mKd4TfR8wNb3H")
}

fn with_secret() -> Vec<Reply> {
    let text = format!("import lab\n\nlab.login('{}')\n", secret());
    vec![plan("Log in", &["login.py"], &[]), code("Log in", &[("login.py", &text)])]
}

async fn world(replies: Vec<Reply>) -> World {
    let world = World::new(replies).await;
    world.file("a.txt", "a\n").committed();
    world
}

/// More of the configuration.
fn also(world: &World, toml: &str) {
    let file = world.home().join("config.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    world.configure(&format!("{before}{toml}"));
}

fn paused(ran: &Ran) -> String {
    ran.events().iter().rfind(|event| event["event"] == "paused").unwrap()["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_with_a_secret_in_a_step_pauses_and_shows_where_but_not_the_secret() {
    let world = world(with_secret()).await;
    let ran = world.run(&["run", "--yes", "--json", "Log in"]);
    assert_eq!(ran.code, Some(3), "what nobody could foresee is not allowed beforehand: {ran:?}");
    let text = paused(&ran);
    assert!(text.contains("login.py:3: a token of GitLab (finding "), "{text}");
    assert!(text.contains("devika tasks resume 1 --yes` to commit it"), "{text}");
    assert!(!text.contains(&secret()[..12]), "{text}");
    assert_eq!(world.log().len(), 1, "nothing is committed");
    let ran = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!((ran.code, world.log().len()), (Some(0), 2), "{ran:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_secret_is_allowed_for_good_in_this_project_without_being_kept() {
    let world = world([with_secret(), with_secret()].concat()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "project").await, 1);
    assert_eq!(world.run(&["tasks", "discard", "1"]).code, Some(0));
    assert_eq!(run_task(&mut editor, "project").await, 0);
    editor.exit().await;
    let kept = all_bytes(&world.root());
    assert!(!kept.windows(8).any(|bytes| bytes == b"finding "), "it is kept outside");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_the_user_does_not_want_is_taken_back_and_written_anew() {
    let clean = code("Log in", &[("login.py", "import lab\n\nlab.login()\n")]);
    let world = world([with_secret(), vec![clean]].concat()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.execute("devika.task.start", json!({ "prompt": "Log in" })).await.unwrap();
    let asked: Value = editor.event("asked").await;
    assert_eq!(asked["kind"], "finding");
    let no = json!({ "task": 1, "ask": asked["ask"], "allow": false });
    editor.execute("devika.task.approve", no).await.unwrap();
    let failed = editor.event("failed").await;
    assert!(failed["reason"].as_str().unwrap().contains("taken back"), "{failed}");
    assert!(!world.has("login.py"));
    editor.exit().await;
    let resumed = world.run(&["tasks", "resume", "1"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(world.read("login.py"), "import lab\n\nlab.login()\n");
    assert_eq!(world.log().len(), 2);
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_configuration_allows_is_not_asked_about() {
    let world = world([with_secret(), with_secret()].concat()).await;
    let ran = world.run(&["run", "--yes", "--json", "Log in"]);
    let text = paused(&ran);
    let hash = text.split("(finding ").nth(1).unwrap().split(')').next().unwrap();
    world.file("login.py", "");
    also(&world, &format!("[git]\nallowed_findings = [\"{hash}\"]\n"));
    let ran = world.run(&["run", "--yes", "Log in"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_says_why_and_what_passed_as_the_user_has_it() {
    let replies = vec![
        plan("Greet whoever is there", &["a.py"], &["python3 a.py"]),
        code("Greet the user", &[("a.py", "print('hi')\n")]),
    ];
    let world = world([replies.clone(), replies].concat()).await;
    assert_eq!(world.run(&["run", "--yes", "Greet"]).code, Some(0));
    insta::assert_snapshot!(world.log()[0].0, @r"
    feat: greet the user

    Greet whoever is there

    Verified by:
    - `python3 a.py`

    Devika-Task: 1
    Devika-Step: 1/1
    Assisted-by: scripted/model
    ");
    assert_eq!(world.run(&["tasks", "discard", "1"]).code, Some(0));
    also(&world, "[git]\nmessage = \"[{task}] {subject}\\n\\n{verification}\"\n");
    assert_eq!(world.run(&["run", "--yes", "Greet"]).code, Some(0));
    assert!(
        world.log()[0].0.starts_with("[2] greet the user\n\nVerified by:\n"),
        "{:?}",
        world.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_cannot_be_filled_is_an_error_of_the_configuration() {
    let world = world(Vec::new()).await;
    also(&world, "[git]\nmessage = \"{subject} ({who})\"\n");
    let ran = world.run(&["run", "--yes", "Greet"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("`git.message` has the placeholder {who}, which is none"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_signed_where_the_users_git_is_set_so() {
    let replies = vec![plan("Greet", &["a.py"], &[]), code("Greet", &[("a.py", "print()\n")])];
    let world = world(replies).await;
    let key = world.home().join("key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(&key)
        .status();
    assert!(made.unwrap().success());
    let git = format!(
        "[commit]\ngpgsign = true\n[gpg]\nformat = ssh\n[user]\nsigningkey = {}\nname = Ada\nemail = ada@example.org\n",
        key.display()
    );
    std::fs::write(world.home().join(".gitconfig"), git).unwrap();
    let ran = world.run(&["run", "--yes", "Greet"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let is_signed = || {
        let repository = world.repository();
        let head = repository.head().unwrap().peel_to_commit().unwrap();
        let signature = head.header_field_bytes("gpgsig").unwrap();
        (head.id(), signature.starts_with(b"-----BEGIN SSH SIGNATURE"))
    };
    let mut seen = vec![is_signed()];
    for way in [&["undo", "1"][..], &["redo", "1"], &["accept", "1", "--by", "squash"]] {
        let ran = world.run(&[&["tasks"], way].concat());
        assert_eq!(ran.code, Some(0), "{way:?}: {ran:?}");
        let (commit, signed) = is_signed();
        assert!(signed && seen.iter().all(|(other, _)| *other != commit), "{way:?}");
        seen.push((commit, signed));
    }
}

/// What is committed of the file that the step changes.
fn committed(world: &World) -> Option<String> {
    let repository = world.repository();
    let tree = repository.head().unwrap().peel_to_tree().unwrap();
    let blob = tree.get_name("login.py")?.to_object(&repository).unwrap();
    Some(String::from_utf8_lossy(blob.as_blob().unwrap().content()).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_was_allowed_once_is_made_again_and_not_committed_again() {
    let world = world(with_secret()).await;
    assert_eq!(world.run(&["run", "--yes", "Log in"]).code, Some(3));
    assert_eq!(world.run(&["tasks", "resume", "1", "--yes"]).code, Some(0));
    assert_eq!(world.run(&["tasks", "undo", "1"]).code, Some(0));
    assert_eq!((world.has("login.py"), committed(&world)), (false, None));
    let redone = world.run(&["tasks", "redo", "1"]);
    assert_eq!(redone.code, Some(0), "{redone:?}");
    assert!(redone.out.contains("all steps redone: login.py"), "{redone:?}");
    assert!(
        redone.out.contains("not committed")
            && redone.out.contains("login.py:3: a token of GitLab"),
        "{redone:?}"
    );
    assert!(!redone.out.contains(&secret()[..12]), "{redone:?}");
    assert!(world.read("login.py").contains(&secret()));
    assert_eq!(committed(&world), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_allowed_for_good_is_committed_again() {
    let world = world(with_secret()).await;
    let mut editor = Session::start(&world, Client::Extension).await;
    assert_eq!(run_task(&mut editor, "project").await, 1);
    editor.exit().await;
    assert_eq!(world.run(&["tasks", "undo", "1"]).code, Some(0));
    assert_eq!(world.run(&["tasks", "redo", "1"]).code, Some(0));
    assert_eq!(committed(&world), Some(world.read("login.py")));
}

#[tokio::test(flavor = "multi_thread")]
async fn undoing_brings_back_and_commits_what_the_user_had_whatever_it_is() {
    let clean = code("Log in", &[("login.py", "import lab\n\nlab.login()\n")]);
    let world = World::new(vec![plan("Log in", &["login.py"], &[]), clean]).await;
    let theirs = format!("import lab\n\nlab.login('{}')\n", secret());
    world.file("login.py", &theirs).committed();
    assert_eq!(world.run(&["run", "--yes", "Log in"]).code, Some(0));
    let undone = world.run(&["tasks", "undo", "1"]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    assert_eq!((world.read("login.py"), committed(&world)), (theirs.clone(), Some(theirs)));
}
