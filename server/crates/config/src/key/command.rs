//! Programs that print a key.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use secrecy::SecretString;
use secrecy::zeroize::Zeroize as _;

use super::{Env, KeyError};

/// How long a program may take. One that wants a password may wait for ever: nobody can type it.
pub(super) const TIME_LIMIT: Duration = Duration::from_secs(10);

/// Bytes of the first line at the most; the longest keys are tokens of some thousand.
const LONGEST: u64 = 64 * 1024;

/// How a program ended.
pub(super) enum Told {
    /// It printed something; its first line, without blanks around it.
    Key(SecretString),
    /// It ended well and printed nothing.
    Nothing,
    /// It failed.
    Failed(ExitStatus),
}

/// Why a program told nothing.
pub(super) enum Untold {
    /// It cannot be started, or what it prints is no text.
    Broken(String),
    /// It took too long and was ended.
    TooSlow,
}

/// The key that a command line prints first. A line of plain words is run as it is; any other by
/// the shell.
pub(super) fn ask(line: &str, env: &Env, source: &str) -> Result<SecretString, KeyError> {
    let unreadable = |why: String| KeyError::Unreadable {
        source_name: source.to_owned(),
        why,
        // What it printed is not told: it may hold the key.
        fix: "Run it in a terminal to see why".to_owned(),
    };
    match run(command(line), env) {
        Ok(Told::Key(key)) => Ok(key),
        Ok(Told::Nothing) => Err(KeyError::Missing {
            source_name: source.to_owned(),
            fix: "It must print the key on its first line".to_owned(),
        }),
        Ok(Told::Failed(status)) => Err(unreadable(format!("it failed ({status})"))),
        Err(Untold::Broken(why)) => Err(unreadable(why)),
        Err(Untold::TooSlow) => Err(too_slow(source)),
    }
}

pub(super) fn too_slow(source: &str) -> KeyError {
    KeyError::TooSlow { source_name: source.to_owned(), seconds: TIME_LIMIT.as_secs() }
}

fn command(line: &str) -> Command {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " _-./:@%+=,".contains(c);
    let mut words = line.split_whitespace();
    match words.next() {
        Some(program) if line.chars().all(is_plain) && !program.contains('=') => {
            let mut command = Command::new(program);
            command.args(words);
            command
        }
        _ => shell(line),
    }
}

fn shell(line: &str) -> Command {
    let (program, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(program);
    command.args([option, line]);
    command
}

/// Runs a program, and whatever it starts, for [`TIME_LIMIT`] at the most. It gets the whole
/// environment: it is the user's own, and password stores find their files by it.
pub(super) fn run(command: Command, env: &Env) -> Result<Told, Untold> {
    run_for(TIME_LIMIT, command, env)
}

fn run_for(limit: Duration, mut command: Command, env: &Env) -> Result<Told, Untold> {
    command.envs(env.iter()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // A group of its own, so that all of it can be ended.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.spawn().map_err(|error| Untold::Broken(format!("{program}: {error}")))?;
    let output = child.stdout.take();
    let id = child.id();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(wait(child, output)));
    match told.recv_timeout(limit) {
        Ok(told) => told.map_err(|error| Untold::Broken(error.to_string())),
        Err(_) => {
            end(id);
            Err(Untold::TooSlow)
        }
    }
}

fn wait(mut child: Child, output: Option<ChildStdout>) -> std::io::Result<Told> {
    let mut line = String::new();
    let read = match output {
        Some(output) => BufReader::new(output.take(LONGEST)).read_line(&mut line),
        None => Ok(0),
    };
    // Its end is waited for even where it cannot be read: nothing of it is left behind.
    let status = child.wait()?;
    let key = line.trim();
    // A program that goes on printing is ended by the closed pipe, and has told its key.
    let told = match key {
        _ if !status.success() && !is_closed_pipe(status) => Told::Failed(status),
        "" => Told::Nothing,
        key => Told::Key(key.into()),
    };
    line.zeroize();
    read.map(|_| told)
}

#[cfg(unix)]
fn is_closed_pipe(status: ExitStatus) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&status)
        == Some(nix::sys::signal::Signal::SIGPIPE as i32)
}

#[cfg(not(unix))]
fn is_closed_pipe(_status: ExitStatus) -> bool {
    false
}

#[cfg(unix)]
fn end(id: u32) {
    let Ok(group) = i32::try_from(id) else { return };
    // Where it has ended by itself in this moment there is nothing to end.
    nix::sys::signal::killpg(nix::unistd::Pid::from_raw(group), nix::sys::signal::SIGKILL).ok();
}

/// Elsewhere the program is left to itself: its answer is not waited for.
#[cfg(not(unix))]
fn end(_id: u32) {}

#[cfg(all(test, unix))]
mod tests {
    use std::collections::BTreeMap;
    use std::io::ErrorKind;
    use std::os::unix::fs::OpenOptionsExt as _;

    use super::*;

    #[test]
    fn a_program_that_takes_too_long_is_ended_with_all_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let nonblock = nix::fcntl::OFlag::O_NONBLOCK.bits();
        let mut alive =
            std::fs::OpenOptions::new().read(true).custom_flags(nonblock).open(&pipe).unwrap();

        let env = Env::new(BTreeMap::from([("PIPE".to_owned(), pipe.display().to_string())]));
        let line = "exec 3> $PIPE; echo sk-canary; sleep 600 & sleep 600";
        let told = run_for(Duration::from_millis(500), command(line), &env);
        assert!(matches!(told, Err(Untold::TooSlow)));
        // It ends where nobody holds the other end any more.
        while let Err(error) = alive.read(&mut [0]) {
            assert_eq!(error.kind(), ErrorKind::WouldBlock);
            std::thread::yield_now();
        }
    }

    #[test]
    fn plain_words_need_no_shell() {
        let program = |line| command(line).get_program().to_owned();
        assert_eq!(program("pass show llm/anthropic"), "pass");
        for line in ["pass | head", "PASS=1 pass", "echo $KEY", "cat ~/key", "pass 'a b'"] {
            assert_eq!(program(line), "sh", "{line}");
        }
    }
}
