//! Runs one line of shell and prints what comes of it: `run SUPERVISOR LINE [sandboxed HOST…]`.
//! The tests kill it.

use std::io::{Write, stdout};
use std::time::Duration;

use devika_sandbox::{
    Command, Fallback, Limits, PlainRunner, RunError, Runner, Sandbox, SandboxRunner,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<_> = std::env::args_os().skip(1).collect();
    let (supervisor, line, sandboxed, hosts) = match &args[..] {
        [supervisor, line] => (supervisor.clone(), line, false, Vec::new()),
        [supervisor, line, word, hosts @ ..] if word == "sandboxed" => {
            let hosts = hosts.iter().map(|host| host.to_string_lossy().into_owned()).collect();
            (supervisor.clone(), line, true, hosts)
        }
        _ => return Err("usage: run SUPERVISOR LINE [sandboxed HOST…]".into()),
    };
    let folder = std::env::current_dir()?;
    let path = std::env::var("PATH")?;
    let named = |name: &str| Some((name.to_owned(), std::env::var(name).ok()?));
    let command = Command {
        env: ["PATH", "HOME", "SSL_CERT_FILE", "PIP_CERT"].into_iter().filter_map(named).collect(),
        time_limit: Duration::from_secs(3600),
        ..Command::new(line.to_string_lossy(), folder.clone())
    };
    let runner: Box<dyn Runner> = match sandboxed {
        false => Box::new(PlainRunner::new(vec![supervisor])),
        true => Box::new(SandboxRunner::new(Sandbox {
            supervisor: vec![supervisor],
            search_path: Some(path.into()),
            home: std::env::home_dir(),
            hidden: Vec::new(),
            scratch: folder.join(".run"),
            downloads: Some(folder.join(".run/downloads")),
            hosts,
            private_hosts: Vec::new(),
            limits: Limits::default(),
            fallback: Fallback::Refuse,
        })),
    };
    let outcome: Result<_, RunError> = runner.run(&command, &|_| ()).await;
    let outcome = outcome?;
    writeln!(stdout(), "{:?} in {:?}\n{}", outcome.exit, outcome.duration, outcome.output)?;
    for host in outcome.refused_hosts {
        writeln!(stdout(), "refused {host}")?;
    }
    Ok(())
}
