//! What holds is found out by doing; where it cannot be had, nothing is run.

use std::fs;

use devika_sandbox::{Fallback, Promise, RunError, probe};

use crate::life::within;
use crate::world::World;

fn broken(promises: Vec<Promise>) -> Vec<String> {
    promises.into_iter().filter(|promise| !promise.holds).map(|promise| promise.name).collect()
}

#[tokio::test]
async fn every_promise_holds_on_this_machine() {
    let world = World::new();
    let promises = within(probe(&world.runner())).await;
    assert_eq!(promises.len(), 8, "{promises:#?}");
    assert!(promises.iter().all(|promise| promise.holds), "{promises:#?}");
}

#[tokio::test]
async fn without_isolation_the_probe_sees_every_promise_broken() {
    let mut world = World::new();
    world.sandbox.fallback = Fallback::None;
    world.sandbox.search_path = None;
    let broken = broken(within(probe(&world.runner())).await);
    for name in [
        "commands are isolated",
        "writes stay in the workspace",
        "Devika's own files are not visible",
        "`.git` is not written",
        "the network is not reached",
        "other processes are not visible",
    ] {
        assert!(broken.iter().any(|known| known == name), "{name}: {broken:?}");
    }
}

#[tokio::test]
async fn without_bubblewrap_nothing_runs_and_the_user_is_told_what_to_do() {
    let mut world = World::new();
    world.sandbox.search_path = Some("/nowhere".into());
    let error = world.try_run("touch ran").await.unwrap_err();
    assert!(matches!(error, RunError::NotIsolated { .. }), "{error}");
    let text = error.to_string();
    for word in ["bwrap", "install", "sandbox.fallback", "\"landlock\"", "\"none\""] {
        assert!(text.contains(word), "{text}");
    }
    assert!(!world.file("ran").exists());
}

#[tokio::test]
async fn a_bubblewrap_that_does_not_work_is_as_good_as_none() {
    let mut world = World::new();
    let bin = world.at("bin");
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink("/bin/false", bin.join("bwrap")).unwrap();
    world.sandbox.search_path = Some(bin.into());
    let error = world.try_run("touch ran").await.unwrap_err();
    assert!(error.to_string().contains("does not work here"), "{error}");
}

#[tokio::test]
async fn landlock_alone_is_accepted_by_name_and_holds_what_it_can() {
    let mut world = World::new();
    world.sandbox.search_path = None;
    world.sandbox.fallback = Fallback::Landlock;
    let line = format!(
        "echo mine > mine; echo changed > {}; cat mine; python3 -c \
         'import socket; socket.socket()' 2>&1 | tail -1",
        world.at("outside/theirs").display()
    );
    // The folder for temporary files is writable, so what is outside has to be elsewhere.
    world.command.env.insert("TMPDIR".into(), world.at("home").display().to_string());
    let outcome = world.run(&line).await;
    assert!(outcome.output.contains("mine\n"), "{}", outcome.output);
    assert!(outcome.output.contains("PermissionError"), "{}", outcome.output);
    assert_eq!(fs::read_to_string(world.at("outside/theirs")).unwrap(), "theirs\n");
}

#[tokio::test]
async fn the_home_is_no_workspace() {
    let mut world = World::new();
    world.command.workspace = world.at("home");
    let error = world.try_run("true").await.unwrap_err();
    assert!(error.to_string().contains("open a project's own folder"), "{error}");
}

#[tokio::test]
async fn a_directory_outside_the_workspace_does_not_become_writable() {
    let mut world = World::new();
    world.command.cwd = world.at("outside");
    let error = world.try_run("touch x").await.unwrap_err();
    assert!(matches!(error, RunError::NotIsolated { .. }), "{error}");
}
