//! The server: started on demand, shared, stopped when idle, never left behind.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use super::{World, local_in};
use crate::local::LocalError;
use crate::local::running::{Server, client};

const LLAMA_SERVER: &str = include_str!("llama-server.py");

const LONG: Duration = Duration::from_secs(60);

/// Names the world to a supervisor: this test binary, told to run [`the_supervisor`] alone.
const ROOT: &str = "DEVIKA_TEST_ROOT";

/// Not a test of its own: the process that the others start.
#[tokio::test]
#[ignore = "the supervisor's process of other tests"]
async fn the_supervisor() {
    let root = std::env::var_os(ROOT).unwrap();
    local_in(Path::new(&root)).serve(LONG, Some(1)).await.unwrap();
}

impl World {
    fn supervisor(&self) -> Vec<OsString> {
        let mut root = OsString::from(ROOT);
        root.push("=");
        root.push(self.root.path());
        let test = module_path!().split_once("::").unwrap().1.to_owned() + "::the_supervisor";
        let mut command = vec!["env".into(), root, std::env::current_exe().unwrap().into()];
        command.extend(["--exact", &test, "--ignored", "--nocapture"].map(OsString::from));
        command
    }

    async fn started(&self) -> Server {
        self.local.ensure_running(&self.supervisor(), &|_| {}).await.unwrap();
        self.local.recorded_server().unwrap()
    }
}

/// Ends when the server does: the connection is one that only its end closes.
async fn end_of(server: &Server) {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).await.unwrap();
    // However the connection ends, the server has ended.
    drop(stream.read_u8().await);
}

fn signal(server: &Server, signal: Signal) {
    kill(Pid::from_raw(server.pid.try_into().unwrap()), signal).unwrap();
}

#[tokio::test]
async fn two_who_need_the_server_share_one() {
    let world = World::new().installed(LLAMA_SERVER);
    let said = Mutex::new(Vec::new());
    let supervisor = world.supervisor();
    let say = |what| said.lock().unwrap().push(what);
    let (first, second) = tokio::join!(
        world.local.ensure_running(&supervisor, &say),
        world.local.ensure_running(&supervisor, &say)
    );
    let server = world.local.recorded_server().unwrap();
    assert_eq!(first.unwrap(), server.base_url());
    assert_eq!(second.unwrap(), server.base_url());
    assert_eq!(*said.lock().unwrap(), ["loading the local model", "loading the local model"]);
    // A third finds it loaded.
    world.local.ensure_running(&[], &|what| panic!("{what}")).await.unwrap();
    tokio::join!(end_of(&server), async { signal(&server, Signal::SIGTERM) });
}

#[tokio::test]
async fn the_key_is_for_the_owner_alone() {
    let world = World::new().installed(LLAMA_SERVER);
    let server = world.started().await;
    let mode = fs::metadata(world.places().server()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let slots = server.address("slots");
    let client = client().unwrap();
    assert_eq!(client.get(&slots).send().await.unwrap().status(), 401);
    assert_eq!(client.get(&slots).bearer_auth(&server.key).send().await.unwrap().status(), 200);
    tokio::join!(end_of(&server), async { signal(&server, Signal::SIGTERM) });
}

#[tokio::test]
async fn a_killed_supervisor_leaves_no_server_and_the_next_use_starts_one() {
    let world = World::new().installed(LLAMA_SERVER);
    let first = world.started().await;
    tokio::join!(end_of(&first), async { signal(&first, Signal::SIGKILL) });
    let second = world.started().await;
    assert_ne!(first.pid, second.pid);
    tokio::join!(end_of(&second), async { signal(&second, Signal::SIGTERM) });
}

#[tokio::test]
async fn an_unused_server_stops() {
    let world = World::new().installed(LLAMA_SERVER);
    world.local.serve(Duration::from_millis(200), Some(1)).await.unwrap();
    assert!(!world.places().server().exists());
}

#[tokio::test]
async fn a_turn_longer_than_the_idle_time_is_not_cut() {
    let world = World::new().installed(LLAMA_SERVER);
    let busy = world.path("bin/busy");
    fs::write(&busy, "").unwrap();
    world.local.serve(Duration::from_millis(200), Some(1)).await.unwrap();
    assert!(!busy.exists(), "it was asked whether it answers");
}

#[tokio::test]
async fn a_second_supervisor_leaves_the_server_to_the_first() {
    let world = World::new().installed(LLAMA_SERVER);
    let server = world.started().await;
    world.local.serve(LONG, None).await.unwrap();
    assert_eq!(world.local.recorded_server(), Some(server.clone()));
    tokio::join!(end_of(&server), async { signal(&server, Signal::SIGTERM) });
}

#[tokio::test]
async fn a_server_that_does_not_start_is_an_error_that_names_its_log() {
    let world = World::new().installed("#!/bin/sh\necho no such thing >&2\nexit 3\n");
    let error = world.local.serve(LONG, None).await.unwrap_err();
    let error = error.to_string().replace(world.root.path().to_str().unwrap(), "ROOT");
    insta::assert_snapshot!(error, @"the local model's server did not run: it ended with exit status: 3. Its log: ROOT/local/server.log");
    assert_eq!(fs::read_to_string(world.places().server_log()).unwrap(), "no such thing\n");
}

#[tokio::test]
async fn nothing_is_started_before_the_model_is_installed() {
    let world = World::new();
    let outcome = world.local.ensure_running(&["false".into()], &|_| {}).await;
    assert!(matches!(outcome, Err(LocalError::NotInstalled)), "{outcome:?}");
}

#[tokio::test]
async fn a_supervisor_that_cannot_be_started_is_an_error() {
    let world = World::new().installed(LLAMA_SERVER);
    let outcome = world.local.ensure_running(&["/nonexistent/devika".into()], &|_| {}).await;
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains("cannot start its supervisor /nonexistent/devika"), "{error}");
}
