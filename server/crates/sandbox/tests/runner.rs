//! What a command gets, and what is left of it: nothing.

#![expect(clippy::unwrap_used, reason = "a test may panic, and its helpers with it")]

mod world;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use devika_sandbox::{Exit, RunError};
use world::{World, within};

const LONG: &str = "sleep 1000";

#[tokio::test]
async fn output_of_both_streams_comes_in_the_order_in_which_it_was_written() {
    let outcome = World::new().run("echo a; echo b >&2; echo c; echo d >&2").await;
    assert_eq!((outcome.exit, outcome.output.as_str()), (Exit::Code(0), "a\nb\nc\nd\n"));
    assert!(outcome.succeeded());
}

#[tokio::test]
async fn a_command_runs_in_its_directory_and_sees_only_its_environment() {
    let world = World::new().env("COLOUR", "a b");
    let outcome = world.run("pwd; /usr/bin/env | /usr/bin/sort").await;
    let root = world.root().display().to_string();
    // The shell itself sets `PWD`, and some also `_`, `OLDPWD` and `SHLVL`.
    let seen: Vec<_> = outcome
        .output
        .lines()
        .filter(|line| !["_=", "SHLVL=", "OLDPWD="].iter().any(|own| line.starts_with(own)))
        .collect();
    assert_eq!(
        seen,
        [&root, "COLOUR=a b", &format!("PATH={}", world::PATH), &format!("PWD={root}")]
    );
}

#[tokio::test]
async fn a_command_that_reads_finds_the_end_of_its_input() {
    assert_eq!(World::new().run("cat; read line; echo $?").await.output, "1\n");
}

#[tokio::test]
async fn a_command_cannot_ask_at_a_terminal() {
    let outcome = World::new().run("(: < /dev/tty) 2>/dev/null && echo asked || echo none").await;
    assert_eq!(outcome.output, "none\n");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_command_has_no_files_but_its_three_streams() {
    let outcome = World::new().run("ls /proc/$$/fd").await;
    // Some shells keep one of their own, always from 10 on.
    let low: Vec<_> = outcome.output.lines().filter(|fd| fd.len() == 1).collect();
    assert_eq!(low, ["0", "1", "2"]);
}

#[tokio::test]
async fn a_code_and_a_signal_are_told_apart() {
    let world = World::new();
    assert_eq!(world.run("exit 137").await.exit, Exit::Code(137));
    assert_eq!(world.run("kill -9 $$").await.exit, Exit::Signal(9));
    assert_eq!(world.run("kill -TERM $$").await.exit, Exit::Signal(15));
    assert_eq!(world.run("no-such-program-at-all").await.exit, Exit::Code(127));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_real_time_signal_is_a_signal() {
    assert_eq!(World::new().run("kill -40 $$").await.exit, Exit::Signal(40));
}

#[tokio::test]
async fn a_command_cannot_end_its_supervisor_politely() {
    let outcome =
        World::new().run("kill -TERM $PPID; kill -INT $PPID; kill -HUP $PPID; echo ok").await;
    assert_eq!((outcome.exit, outcome.output.as_str()), (Exit::Code(0), "ok\n"));
}

#[tokio::test]
async fn a_command_that_kills_its_supervisor_is_lost() {
    let lost = World::new().try_run("kill -9 $PPID").await.unwrap_err();
    assert!(matches!(lost, RunError::Lost { .. }), "{lost}");
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_named() {
    let world = World::new();
    let gone = world.root().join("gone");
    let error = world.in_directory(gone.clone()).try_run("true").await.unwrap_err();
    assert!(matches!(error, RunError::NoSuchDirectory { cwd } if cwd == gone));
}

#[tokio::test]
async fn a_line_that_is_too_long_is_not_started() {
    let error = World::new().try_run(&format!("true {}", "x".repeat(4 << 20))).await.unwrap_err();
    assert!(matches!(error, RunError::NotStarted { .. }));
}

#[tokio::test]
async fn at_its_time_limit_a_command_is_dead_and_its_output_kept() {
    let world = World::new().time_limit(Duration::from_millis(200));
    let life = world.life();
    let outcome = world
        .run(&format!("{}; echo before; trap '' TERM INT HUP; {LONG}; echo after", life.hold()))
        .await;
    within(life.ended()).await;
    assert_eq!((outcome.exit, outcome.output.as_str()), (Exit::TimedOut, "before\n"));
    assert!(outcome.duration < Duration::from_secs(2), "{:?}", outcome.duration);
}

#[tokio::test]
async fn a_flood_of_output_does_not_put_off_the_time_limit() {
    let outcome = World::new().time_limit(Duration::from_millis(200)).run("yes").await;
    assert_eq!(outcome.exit, Exit::TimedOut);
    assert!(outcome.duration < Duration::from_secs(2), "{:?}", outcome.duration);
}

#[tokio::test]
async fn a_flood_of_output_leaves_room_for_others_on_the_same_thread() {
    let turns = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&turns);
    let neighbour = tokio::spawn(async move {
        loop {
            count.fetch_add(1, Relaxed);
            tokio::task::yield_now().await;
        }
    });
    // The neighbour's turns at each piece of output.
    let seen = Mutex::new(Vec::new());
    let world = World::new().time_limit(Duration::from_millis(200));
    world.run_showing("yes", &|_| seen.lock().unwrap().push(turns.load(Relaxed))).await.unwrap();
    neighbour.abort();
    let seen = seen.into_inner().unwrap();
    assert!(seen.len() > 1 && seen.windows(2).all(|pair| pair[0] < pair[1]));
}

#[tokio::test]
async fn what_a_command_leaves_in_the_background_is_dead_when_it_has_ended() {
    let world = World::new();
    let life = world.life();
    let outcome = world
        .run(&format!("{}; {LONG} & (trap '' HUP; {LONG}) & echo done; exit 4", life.hold()))
        .await;
    within(life.ended()).await;
    assert_eq!((outcome.exit, outcome.output.as_str()), (Exit::Code(4), "done\n"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_daemon_in_a_session_of_its_own_is_dead_too() {
    let world = World::new();
    let life = world.life();
    // Forks twice, leaves the session, and closes its output, as daemons do. The shell ends when the
    // daemon has said that it is up.
    let line = format!(
        "{}; mkfifo up; (setsid sh -c 'echo up > up; {LONG} & {LONG}' >/dev/null 2>&1 &); cat up",
        life.hold()
    );
    assert_eq!(world.run(&line).await.output, "up\n");
    within(life.ended()).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn processes_that_keep_forking_are_dead_at_the_time_limit() {
    let world = World::new().time_limit(Duration::from_millis(300));
    let life = world.life();
    // A chain: each link starts the next in a new session and ends; 20 of them at once.
    let chain = r#"next() { setsid sh -c "$LINK" & }; next"#;
    let line = format!(
        "{}; export LINK='{chain}'; for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do setsid sh -c \"$LINK\" & done; {LONG}",
        life.hold()
    );
    assert_eq!(world.run(&line).await.exit, Exit::TimedOut);
    within(life.ended()).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_script_that_waits_for_its_daemon_to_disappear_sees_it_disappear() {
    // The daemon's parent is gone, so somebody has to reap it while the script still runs.
    let line = "pid=$( (sleep 1000 >/dev/null 2>&1 & echo $!) ); kill $pid; \
                while kill -0 $pid 2>/dev/null; do sleep 0.01; done; echo gone";
    let world = World::new().time_limit(Duration::from_secs(5));
    assert_eq!(world.run(line).await.output, "gone\n");
}

#[tokio::test]
async fn a_dropped_future_kills_the_command() {
    let world = World::new();
    let life = world.life();
    let line = format!("{}; {LONG} & {LONG}", life.hold());
    tokio::select! {
        outcome = world.try_run(&line) => panic!("it ended by itself: {outcome:?}"),
        () = within(life.begun()) => {}
    }
    within(life.ended()).await;
}

#[tokio::test]
async fn the_death_of_the_server_kills_the_command() {
    let world = World::new();
    let life = world.life();
    let line = format!("{}; (setsid {LONG} &); {LONG}", life.hold());
    let mut server = tokio::process::Command::new(world::example("run"))
        .args([world::example("supervise").as_os_str(), line.as_ref()])
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    within(life.begun()).await;
    // SIGKILL.
    server.kill().await.unwrap();
    within(life.ended()).await;
}

#[tokio::test]
async fn long_output_is_followed_in_full_and_kept_in_part() {
    let world = World::new().output_bytes(200);
    let (outcome, pieces) = world.follow("seq 1 200000").await;
    let whole: String = (1..=200_000).map(|n| format!("{n}\n")).collect();
    assert!(pieces.concat() == whole);
    assert!(outcome.output.starts_with("1\n2\n3\n"));
    assert!(outcome.output.ends_with("199999\n200000\n"));
    assert!(outcome.output.contains("bytes left out …]\n"));
    assert!(outcome.output.len() < 200 + 64);
}

#[tokio::test]
async fn a_character_written_in_two_halves_comes_whole() {
    let (outcome, pieces) =
        World::new().follow(r"printf '<\342\202'; sleep 0.1; printf '\254>'; printf '\377'").await;
    assert_eq!(outcome.output, "<€>\u{fffd}");
    assert_eq!(pieces.concat(), "<€>\u{fffd}");
}

#[tokio::test]
async fn a_person_sees_colours_and_progress_and_the_outcome_holds_what_is_left_of_them() {
    let (outcome, pieces) =
        World::new().follow(r"printf '\033[32m10%%\r50%%\r100%%\033[0m\ndone\n'").await;
    assert_eq!(pieces.concat(), "\x1b[32m10%\r50%\r100%\x1b[0m\ndone\n");
    assert_eq!(outcome.output, "100%\ndone\n");
}

#[tokio::test]
async fn many_commands_run_at_once() {
    let world = World::new();
    let lines: Vec<_> = (0..20).map(|n| format!("echo {n}; exit {n}")).collect();
    let outcomes = within(async {
        let mut outcomes = Vec::new();
        let mut running: Vec<_> = lines.iter().map(|line| Box::pin(world.run(line))).collect();
        for one in &mut running {
            outcomes.push(one.await);
        }
        outcomes
    })
    .await;
    for (n, outcome) in outcomes.into_iter().enumerate() {
        assert_eq!(outcome.exit, Exit::Code(i32::try_from(n).unwrap()));
        assert_eq!(outcome.output, format!("{n}\n"));
    }
}
