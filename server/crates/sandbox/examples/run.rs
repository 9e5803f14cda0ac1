//! Runs one line of shell and prints what comes of it: `run SUPERVISOR LINE [sandboxed]`. The tests
//! kill it.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::time::Duration;

use devika_sandbox::{
    Command, Fallback, Limits, PlainRunner, RunError, Runner, Sandbox, SandboxRunner,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let (supervisor, line, sandboxed) = match &args[..] {
        [supervisor, line] => (supervisor.clone(), line, false),
        [supervisor, line, word] if word == "sandboxed" => (supervisor.clone(), line, true),
        _ => return Err("usage: run SUPERVISOR LINE [sandboxed]".into()),
    };
    let folder = std::env::current_dir()?;
    let path = std::env::var("PATH")?;
    let command = Command {
        env: BTreeMap::from([("PATH".to_owned(), path.clone())]),
        time_limit: Duration::from_secs(3600),
        ..Command::new(line.to_string_lossy(), folder.clone())
    };
    let runner: Box<dyn Runner> = match sandboxed {
        false => Box::new(PlainRunner::new(vec![supervisor])),
        true => Box::new(SandboxRunner::new(Sandbox {
            supervisor: vec![supervisor],
            search_path: Some(path.into()),
            home: None,
            hidden: Vec::new(),
            scratch: folder.join(".run"),
            downloads: None,
            hosts: Vec::new(),
            private_hosts: Vec::new(),
            limits: Limits::default(),
            fallback: Fallback::Refuse,
        })),
    };
    let outcome: Result<_, RunError> = runner.run(&command, &|_| ()).await;
    let outcome = outcome?;
    writeln!(stdout(), "{:?} in {:?}\n{}", outcome.exit, outcome.duration, outcome.output)?;
    Ok(())
}
