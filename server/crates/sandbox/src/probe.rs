//! Which promises hold on this machine: found out by trying to break them.

use std::ffi::OsStr;
use std::net::Ipv4Addr;
use std::path::Path;
use std::{fs, io};

use tokio::net::TcpListener;

use crate::attempt::{Attempt, Attempts, OUTSIDE};
use crate::port::{Command, Runner};
use crate::sandbox::{Isolation, SandboxRunner};
use crate::seatbelt::word;
use crate::supervise::ATTEMPT;

/// A promise of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// What is promised, such as "writes stay in the workspace".
    pub name: String,
    /// Whether an attempt to break it failed.
    pub holds: bool,
    /// What refused the attempt; where it does not hold, what happened.
    pub why: String,
}

/// Tries to break every promise of the sandbox, from inside, and says which hold.
pub async fn probe(runner: &SandboxRunner) -> Vec<Promise> {
    let does = |why: String, holds| Promise { name: "commands are isolated".into(), holds, why };
    let isolation = match runner.isolation().await {
        Ok(Isolation::Namespaces(_)) => does("by namespaces, Landlock and seccomp".into(), true),
        Ok(Isolation::Landlock) => does("by Landlock and seccomp only".into(), true),
        Ok(Isolation::Seatbelt) => does("by a profile of the system".into(), true),
        Ok(Isolation::None) => does("`sandbox.fallback` is \"none\"".into(), false),
        Err(why) => return vec![does(why.to_owned(), false)],
    };
    let tried = match attempts(runner).await {
        Ok(tried) => tried,
        Err(why) => return vec![isolation, does(format!("the attempt failed: {why}"), false)],
    };
    let promises = tried.into_iter().map(|Attempt { name, refused }| Promise {
        name,
        holds: refused.is_some(),
        why: refused.unwrap_or_else(|| "an attempt succeeded".to_owned()),
    });
    [isolation].into_iter().chain(promises).collect()
}

async fn attempts(runner: &SandboxRunner) -> Result<Vec<Attempt>, Box<dyn std::error::Error>> {
    let scratch = &runner.sandbox().scratch;
    fs::create_dir_all(scratch)?;
    let folder = tempfile::Builder::new().prefix("probe").tempdir_in(scratch)?;
    let workspace = folder.path().join("workspace");
    fs::create_dir_all(workspace.join(".git"))?;
    fs::write(workspace.join(".git/config"), "")?;
    let hidden = folder.path().join("hidden");
    fs::write(&hidden, "x")?;
    // Held until the end, so that there is somebody to connect to.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let attempts = Attempts {
        outside: folder.path().join("outside"),
        hidden,
        git: workspace.join(".git/config"),
        missing: workspace.join(".vscode/settings.json"),
        server: std::process::id(),
        address: listener.local_addr()?,
    };
    let command = Command::new(line(runner, &attempts)?, workspace);
    let outcome = runner.run(&command, &|_| ()).await?;
    let tried: Result<Vec<Attempt>, _> = outcome.output.lines().map(serde_json::from_str).collect();
    let mut tried = tried.map_err(|_| io::Error::other(outcome.output))?;
    for attempt in tried.iter_mut().filter(|attempt| attempt.name == OUTSIDE) {
        let unseen = || "what was written is not there outside".to_owned();
        attempt.refused = match attempts.outside.exists() {
            true => None,
            false => Some(attempt.refused.take().unwrap_or_else(unseen)),
        };
    }
    Ok(tried)
}

fn line(runner: &SandboxRunner, attempts: &Attempts) -> io::Result<String> {
    let mut words: Vec<String> = Vec::new();
    for part in &runner.sandbox().supervisor {
        words.push(quoted(part)?);
    }
    words.push(ATTEMPT.to_owned());
    words.push(quoted(OsStr::new(&serde_json::to_string(attempts)?))?);
    words.push("''".to_owned());
    Ok(words.join(" "))
}

/// One word of a shell's line.
fn quoted(text: &OsStr) -> io::Result<String> {
    let text = text
        .to_str()
        .ok_or_else(|| io::Error::other(format!("{} is not text", Path::new(text).display())))?;
    Ok(word(text))
}
