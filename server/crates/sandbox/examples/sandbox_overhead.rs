//! Measures what the sandbox adds to a command: `sandbox_overhead SUPERVISOR`, in a release build.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use devika_sandbox::{Command, Fallback, Limits, PlainRunner, Runner, Sandbox, SandboxRunner};

/// Runs of each kind, taken in turns so that a busy machine is busy for both.
const RUNS: usize = 200;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let supervisor = std::env::args_os().nth(1).ok_or("usage: sandbox_overhead SUPERVISOR")?;
    let folder = tempfile::tempdir()?;
    let workspace = folder.path().join("workspace");
    std::fs::create_dir_all(workspace.join(".git"))?;
    let path = std::env::var("PATH")?;
    let command = Command {
        env: BTreeMap::from([("PATH".to_owned(), path.clone())]),
        ..Command::new("true", workspace)
    };
    let plain = PlainRunner::new(vec![supervisor.clone()]);
    let sandboxed = SandboxRunner::new(Sandbox {
        supervisor: vec![supervisor],
        search_path: Some(path.into()),
        home: std::env::home_dir(),
        hidden: Vec::new(),
        scratch: folder.path().join("run"),
        downloads: None,
        hosts: Vec::new(),
        private_hosts: Vec::new(),
        limits: Limits::default(),
        fallback: Fallback::Refuse,
    });
    let (mut without, mut with) = (Vec::new(), Vec::new());
    // The first run finds out what works here.
    time(&sandboxed, &command).await?;
    for _ in 0..RUNS {
        without.push(time(&plain, &command).await?);
        with.push(time(&sandboxed, &command).await?);
    }
    let (without, with) = (Times::of(without), Times::of(with));
    writeln!(stdout(), "plain     {without}\nsandboxed {with}")?;
    writeln!(stdout(), "overhead  median {:.1?}", with.median.saturating_sub(without.median))?;
    Ok(())
}

async fn time(
    runner: &dyn Runner,
    command: &Command,
) -> Result<Duration, Box<dyn std::error::Error>> {
    let begin = Instant::now();
    let outcome = runner.run(command, &|_| ()).await?;
    match outcome.succeeded() {
        true => Ok(begin.elapsed()),
        false => Err(format!("{:?}: {}", outcome.exit, outcome.output).into()),
    }
}

struct Times {
    least: Duration,
    median: Duration,
    nine_tenths: Duration,
}

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort();
        let at = |part: usize| times.get(times.len() * part / 10).copied().unwrap_or_default();
        Self { least: at(0), median: at(5), nine_tenths: at(9) }
    }
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { least, median, nine_tenths } = self;
        write!(f, "least {least:.1?}, median {median:.1?}, nine in ten below {nine_tenths:.1?}")
    }
}
