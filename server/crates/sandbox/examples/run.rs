//! Runs one line of shell and prints what comes of it: `run SUPERVISOR LINE`. The tests kill it.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::time::Duration;

use devika_sandbox::{Command, PlainRunner, RunError, Runner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args_os().skip(1);
    let (Some(supervisor), Some(line)) = (args.next(), args.next()) else {
        return Err("usage: run SUPERVISOR LINE".into());
    };
    let command = Command {
        env: BTreeMap::from([("PATH".to_owned(), std::env::var("PATH")?)]),
        time_limit: Duration::from_secs(3600),
        ..Command::new(line.to_string_lossy(), std::env::current_dir()?)
    };
    let outcome: Result<_, RunError> =
        PlainRunner::new(vec![supervisor]).run(&command, &|_| ()).await;
    let outcome = outcome?;
    writeln!(stdout(), "{:?} in {:?}\n{}", outcome.exit, outcome.duration, outcome.output)?;
    Ok(())
}
