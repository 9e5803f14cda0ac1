//! `devika audit`: what was done in the user's name, and whether the log of it is whole.

use std::process::ExitCode;

use devika_protocol::TaskId;
use devika_store::{AuditRow, Store};

use super::{Complaint, exit, terminal};
use crate::setup::Setup;

/// Options of `devika audit`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only what was done for this task
    #[arg(long, value_name = "ID")]
    task: Option<i64>,
    /// Print JSON, a row a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Check that no row of the log was changed, and none is missing
    Verify {
        /// A hash that an earlier check printed: the log must still contain it
        #[arg(long, value_name = "HASH")]
        expect: Option<String>,
    },
}

/// Carries the subcommand out.
pub(super) async fn audit(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    let file = setup.database();
    if !file.exists() {
        terminal::say("nothing was done yet");
        return Ok(ExitCode::SUCCESS);
    }
    let store = tokio::task::spawn_blocking(move || Store::open(&file)).await??;
    match args.command {
        Some(Command::Verify { expect }) => verify(&store, expect.as_deref()).await,
        None => {
            for row in store.audit_rows(args.task.map(TaskId)).await? {
                terminal::say(&shown(&row, args.json)?);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn verify(store: &Store, expect: Option<&str>) -> anyhow::Result<ExitCode> {
    let verified = match store.verify_audit().await? {
        Ok(verified) => verified,
        Err(found) => return Ok(broken(&found.to_string())),
    };
    if let Some(hash) = expect {
        let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hash {
            return Err(Complaint::usage(format!(
                "`{hash}` is no hash of the log: `devika audit verify` prints it, 64 hexadecimal digits"
            )));
        }
        let rows = store.audit_rows(None).await?;
        if !rows.iter().any(|row| row.hash.eq_ignore_ascii_case(hash)) {
            return Ok(broken(&format!(
                "no row of the audit log has the hash {hash}: the log, or the part that had it, was written anew"
            )));
        }
    }
    terminal::say(&format!("{} rows, all as they were written", verified.rows));
    terminal::say(&format!("head {}", verified.head));
    Ok(ExitCode::SUCCESS)
}

fn broken(why: &str) -> ExitCode {
    terminal::complain(&format!("devika: {why}"));
    ExitCode::from(exit::FAILED)
}

/// A row on one line.
fn shown(row: &AuditRow, json: bool) -> serde_json::Result<String> {
    if json {
        return serde_json::to_string(row);
    }
    let task = row.task.map_or_else(|| "-".to_owned(), |task| task.to_string());
    let details =
        row.detail.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    let details: Vec<String> = details
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name}={}", one_line(text)),
            None => format!("{name}={value}"),
        })
        .collect();
    Ok(format!("{:>6}  {}  {task:>5}  {:<13}  {}", row.id, row.time, row.act, details.join(" ")))
}

/// The text in quotes where it would not read as one word.
fn one_line(text: &str) -> String {
    if text.contains(char::is_whitespace) || text.is_empty() {
        format!("{text:?}")
    } else {
        text.to_owned()
    }
}
