//! Other processes are neither seen nor touched, and none of the command's own is left.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use devika_sandbox::{Exit, RunError};

use crate::life::within;
use crate::world::World;

/// Somebody else's process, with a secret in its environment.
struct Neighbour(Child);

impl Neighbour {
    fn new() -> Self {
        let child = Command::new("sleep")
            .arg("1000")
            .env("TOKEN", "SECRET")
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

/// A program that makes a system call and prints its result, negative numbers for errors.
fn syscall(number: &str, arguments: &str) -> String {
    format!(
        "import ctypes, platform\nlibc = ctypes.CDLL(None, use_errno=True)\nbuffer = ctypes.create_string_buffer(256)\n\
         n = {number}\nr = libc.syscall(n, {arguments})\nprint(r if r >= 0 else -ctypes.get_errno())\n"
    )
}

#[tokio::test]
async fn the_environment_of_other_processes_is_not_read() {
    let world = World::new();
    let _neighbour = Neighbour::new();
    let line = "cat /proc/[0-9]*/environ 2>/dev/null | grep -a -o TOKEN=SECRET";
    assert_eq!(world.run(line).await.output, "");
    assert!(world.plain(line).await.output.contains("TOKEN=SECRET"));
}

#[tokio::test]
async fn other_processes_are_not_signalled() {
    let world = World::new();
    let neighbour = Neighbour::new();
    let line = format!("kill -0 {}", neighbour.0.id());
    assert!(!world.run(&line).await.succeeded());
    assert!(world.plain(&line).await.succeeded());
}

#[tokio::test]
async fn no_process_is_traced() {
    let world = World::new();
    // `ptrace(PTRACE_TRACEME)`, and `process_vm_readv` of the process itself.
    for (number, arguments) in [
        ("{'x86_64': 101, 'aarch64': 117}[platform.machine()]", "0, 0, 0, 0"),
        (
            "{'x86_64': 310, 'aarch64': 270}[platform.machine()]",
            "__import__('os').getpid(), buffer, 0, buffer, 0, 0",
        ),
    ] {
        let line = world.python(&syscall(number, arguments));
        assert_eq!(world.run(&line).await.output, "-1\n", "{number}");
        assert_eq!(world.plain(&line).await.output, "0\n", "{number}");
    }
}

#[tokio::test]
async fn namespaces_are_not_nested() {
    let world = World::new();
    for line in ["unshare --user true", "unshare --mount true", "unshare --user --net true"] {
        assert!(!world.run(line).await.succeeded(), "{line}");
    }
    assert!(world.plain("unshare --user true").await.succeeded());
}

#[tokio::test]
async fn nothing_is_mounted() {
    let output = World::new().run("mount -t tmpfs none /tmp 2>&1; umount /tmp 2>&1").await.output;
    assert!(
        output.contains("mount") && !World::new().run("mount -t tmpfs none /tmp").await.succeeded()
    );
}

#[tokio::test]
async fn io_uring_is_refused() {
    let world = World::new();
    let line = world.python(&syscall("425", "1, buffer"));
    assert_eq!(world.run(&line).await.output, "-1\n");
    // A descriptor, where the system has it.
    let output = world.plain(&line).await.output;
    let is_off = std::fs::read_to_string("/proc/sys/kernel/io_uring_disabled")
        .is_ok_and(|text| text.trim() != "0");
    assert!(is_off || output.trim().parse::<i32>().unwrap() >= 0, "{output}");
}

#[tokio::test]
async fn the_keys_that_the_kernel_keeps_are_not_reached() {
    let world = World::new();
    // `keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, create)`
    let number = "{'x86_64': 250, 'aarch64': 219}[platform.machine()]";
    let line = world.python(&syscall(number, "0, -2, 1"));
    assert_eq!(world.run(&line).await.output, "-1\n");
    assert!(world.plain(&line).await.output.trim().parse::<i64>().unwrap() > 0);
}

#[tokio::test]
async fn there_are_no_capabilities() {
    let world = World::new();
    let output = world.run("grep -E 'Cap(Eff|Prm|Bnd)|NoNewPrivs' /proc/self/status").await.output;
    let values: Vec<_> = output.lines().filter_map(|l| l.split_whitespace().nth(1)).collect();
    assert_eq!(values, ["0000000000000000", "0000000000000000", "0000000000000000", "1"]);
}

#[tokio::test]
async fn only_the_named_environment_is_there() {
    let world = World::new();
    let output = world.run("env").await.output;
    let names: Vec<_> = output
        .lines()
        .filter_map(|line| line.split('=').next())
        .filter(|name| !name.to_lowercase().contains("proxy"))
        .filter(|name| !["_", "OLDPWD", "SHLVL"].contains(name))
        .collect();
    let mut names = names;
    names.sort_unstable();
    assert_eq!(names, ["HOME", "PATH", "PWD", "TMPDIR"]);
}

#[tokio::test]
async fn a_code_a_signal_and_a_timeout_are_told_apart() {
    let world = World::new();
    assert_eq!(world.run("exit 137").await.exit, Exit::Code(137));
    assert_eq!(world.run("kill -9 $$").await.exit, Exit::Signal(9));
    assert_eq!(world.run("no-such-program").await.exit, Exit::Code(127));
    let world = world.time_limit(Duration::from_millis(300));
    assert_eq!(world.run("sleep 1000").await.exit, Exit::TimedOut);
}

#[tokio::test]
async fn input_has_ended_and_output_comes_as_it_is_written() {
    let world = World::new();
    let pieces = world.follow("cat; echo a; echo b >&2; printf '\\033[1mc\\033[0m\\n'").await;
    assert_eq!(pieces.concat(), "a\nb\n\x1b[1mc\x1b[0m\n");
}

#[tokio::test]
async fn a_daemon_is_dead_when_the_command_has_ended() {
    let world = World::new();
    let life = world.life();
    let line = format!(
        "{}; mkfifo up; (setsid sh -c 'echo up > up; sleep 1000 & sleep 1000' >/dev/null 2>&1 &); cat up",
        life.hold()
    );
    assert_eq!(world.run(&line).await.output, "up\n");
    within(life.ended()).await;
}

#[tokio::test]
async fn a_dropped_future_leaves_neither_a_process_nor_a_stand_in() {
    let world = World::new();
    let life = world.life();
    let line = format!("{}; setsid sleep 1000 & sleep 1000", life.hold());
    tokio::select! {
        outcome = world.try_run(&line) => panic!("it ended by itself: {outcome:?}"),
        () = within(life.begun()) => {}
    }
    within(life.ended()).await;
    let clean = async {
        while world.names("home/project") != [".git", "life"] {
            tokio::task::yield_now().await;
        }
    };
    within(clean).await;
}

#[tokio::test]
async fn the_death_of_the_server_kills_the_command() {
    let world = World::new();
    let life = world.life();
    let line = format!("{}; (setsid sleep 1000 &); sleep 1000", life.hold());
    let mut server = tokio::process::Command::new(crate::life::example("run"))
        .args([crate::life::example("supervise").as_os_str(), line.as_ref(), "sandboxed".as_ref()])
        .current_dir(&world.command.workspace)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    within(life.begun()).await;
    // SIGKILL.
    server.kill().await.unwrap();
    within(life.ended()).await;
    // What it could not clean up, the next command does.
    let left = world.names("home/project");
    assert!(left.contains(&".vscode".to_owned()), "{left:?}");
    tokio::process::Command::new(crate::life::example("run"))
        .args([
            crate::life::example("supervise").as_os_str(),
            "true".as_ref(),
            "sandboxed".as_ref(),
        ])
        .current_dir(&world.command.workspace)
        .status()
        .await
        .unwrap();
    assert_eq!(world.names("home/project"), [".git", ".run", "life"]);
}

#[tokio::test]
async fn a_command_that_kills_all_it_sees_kills_itself_alone() {
    let world = World::new();
    let outcome = world.try_run("kill -9 1; kill -9 -1; echo here").await;
    // Either it is told how it ended, or that this is not known; the server is alive.
    assert!(matches!(outcome, Ok(_) | Err(RunError::Lost { .. })), "{outcome:?}");
    assert_eq!(world.run("echo again").await.output, "again\n");
}
