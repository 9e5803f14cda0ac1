//! The browser's own life: begun when needed, and gone with whoever has begun it.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use devika_browser::{Render as _, WebError};

use crate::world::{Site, World, example, html, processes, until};

async fn site() -> Site {
    Site::new(|_, _| async { html("<title>T</title><p>Text.") }).await
}

#[tokio::test]
async fn a_browser_is_started_when_needed_stopped_when_idle_and_takes_pictures() {
    let site = site().await;
    let world = World::new(&site.host(), |settings| {
        settings.limits.idle = Duration::from_millis(300);
        settings.screenshots = Some(settings.folder.join("pictures"));
    });
    assert_eq!(world.processes(), Vec::<String>::new());
    for _ in 0..2 {
        let page = world.chrome.render(&site.address("/")).await.unwrap();
        let picture = std::fs::read(page.screenshot.unwrap()).unwrap();
        assert!(picture.starts_with(b"\x89PNG"));
        until("no process is left", || world.processes().is_empty()).await;
        let left = || std::fs::read_dir(world.folder.path().join("profiles")).unwrap().count();
        until("its profile is gone, and the pictures stay", || left() == 1).await;
    }
}

#[tokio::test]
async fn a_browser_that_is_dropped_leaves_no_process() {
    let site = site().await;
    let world = World::new(&site.host(), |_| {});
    assert_eq!(world.read(&site.address("/")).await.unwrap(), "Text.");
    assert!(!world.processes().is_empty());
    let World { chrome, folder } = world;
    drop(chrome);
    until("no process is left", || processes(folder.path()).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_leaves_no_process_and_its_profile_is_removed_by_the_next() {
    let site = site().await;
    let world = World::new(&site.host(), |_| {});
    let profiles = world.folder.path().join("profiles");
    std::fs::create_dir_all(&profiles).unwrap();
    let mut server = Command::new(example())
        .arg("hold")
        .arg(&profiles)
        .arg(site.address("/"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "open: T\n");
    // This is SIGKILL.
    server.kill().unwrap();
    server.wait().unwrap();
    until("no process is left", || world.processes().is_empty()).await;
    assert_eq!(std::fs::read_dir(&profiles).unwrap().count(), 1);
    world.read(&site.address("/")).await.unwrap();
    assert_eq!(std::fs::read_dir(&profiles).unwrap().count(), 1);
}

#[tokio::test]
async fn a_browser_is_tried_out_without_a_page() {
    let world = World::new("127.0.0.1:1", |_| {});
    world.chrome.try_out().await.unwrap();
    assert!(!world.processes().is_empty());
    let none = World::new("127.0.0.1:1", |settings| settings.program = Some("/bin/false".into()));
    let why = none.chrome.try_out().await.unwrap_err();
    assert!(why.starts_with("the browser cannot be started: it has ended"), "{why}");
}

#[tokio::test]
async fn without_a_browser_the_page_is_told_to_be_unread() {
    let site = site().await;
    let world = World::new(&site.host(), |settings| settings.search_path = Some("/nowhere".into()));
    let error = world.read(&site.address("/")).await.unwrap_err();
    assert!(
        matches!(&error, WebError::Failed { why, .. } if why == "there is no Chrome or Chromium"),
        "{error}"
    );
    let world = World::new(&site.host(), |settings| settings.program = Some("/bin/false".into()));
    let error = world.read(&site.address("/")).await.unwrap_err();
    assert!(
        matches!(&error, WebError::Failed { why, .. } if why.starts_with("the browser cannot be started: it has ended")),
        "{error}"
    );
}
