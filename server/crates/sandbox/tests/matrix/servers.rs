//! A server never ends by itself: it has succeeded when it is up.

use std::time::Duration;

use devika_sandbox::{Exit, Readiness};

use crate::life::within;
use crate::world::World;

/// By a port alone, so that what a server says does not matter.
fn by_port() -> Readiness {
    Readiness { lines: Vec::new(), settle: Duration::from_millis(100), ..Readiness::default() }
}

fn by_words() -> Readiness {
    Readiness { port: false, settle: Duration::from_millis(100), ..Readiness::default() }
}

#[tokio::test]
async fn a_server_that_listens_is_ready_and_then_stopped() {
    let world = World::new().ready(by_port());
    let life = world.life();
    let outcome = world.run(&format!("{}; python3 -m http.server 8000", life.hold())).await;
    assert_eq!(outcome.exit, Exit::Ready);
    assert!(outcome.succeeded());
    within(life.ended()).await;
}

#[tokio::test]
async fn a_server_that_says_so_is_ready() {
    let world = World::new().ready(by_words());
    // In two pieces, and in colours.
    let line = r"printf '\033[32mListen'; sleep 0.1; printf 'ing on\033[0m :8000\n'; sleep 1000";
    assert_eq!(world.run(line).await.exit, Exit::Ready);
    assert_eq!(world.plain("true").await.exit, Exit::Code(0));
}

#[tokio::test]
async fn a_server_that_falls_over_has_failed() {
    let world = World::new().ready(Readiness { settle: Duration::from_secs(10), ..by_words() });
    let outcome = world.run("echo Listening on :8000; exit 3").await;
    assert_eq!(outcome.exit, Exit::Code(3));
    let world = World::new().ready(Readiness { settle: Duration::from_secs(10), ..by_port() });
    let line = world.python(
        "import socket, sys, time\ns = socket.socket(); s.bind(('', 0)); s.listen(); time.sleep(0.3); sys.exit(3)\n",
    );
    assert_eq!(world.run(&line).await.exit, Exit::Code(3));
}

#[tokio::test]
async fn a_server_that_never_comes_up_is_stopped_at_the_time_limit() {
    let world = World::new().ready(by_port()).time_limit(Duration::from_millis(500));
    assert_eq!(world.run("sleep 1000").await.exit, Exit::TimedOut);
}

#[tokio::test]
async fn a_command_that_is_no_server_may_listen() {
    let line = "import socket\ns = socket.socket(); s.bind(('', 0)); s.listen()\n\
                import time; time.sleep(0.5); print('tested')\n";
    let world = World::new();
    assert_eq!(world.run(&world.python(line)).await.output, "tested\n");
}
