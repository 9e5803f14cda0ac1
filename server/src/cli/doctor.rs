//! `devika doctor`: is everything there? One line a check, with the way out.

use std::path::PathBuf;
use std::process::ExitCode;

use devika_protocol::{Check, Verdict};

use super::{compare, exit, folder, terminal};
use crate::doctor::{Examination, Place};
use crate::setup::Setup;

/// Options of `devika doctor`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Check for work in this folder
    #[arg(short = 'C', long = "directory", value_name = "DIR", default_value = ".")]
    directory: PathBuf,
    /// Ask the models this instead, and compare how soon, how fast and how dear they answer
    #[arg(long, value_name = "PROMPT")]
    compare: Option<String>,
    /// The models to compare, as provider/model with commas between; one of each provider without
    #[arg(long, value_name = "MODELS", value_delimiter = ',', requires = "compare")]
    models: Vec<String>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Runs the checks; the exit code is 1 where one failed.
pub(super) async fn doctor(setup: &Setup, args: Args) -> anyhow::Result<ExitCode> {
    if let Some(prompt) = &args.compare {
        return compare::tell(setup, prompt, &args.models, args.json).await;
    }
    let place = Place {
        setup: setup.clone(),
        root: Some(folder(&args.directory)?),
        overrides: serde_json::Value::Null,
    };
    let mut examination = Examination::whole(&place);
    let width = examination.width();
    let mut failed = false;
    while let Some(check) = examination.next().await {
        failed |= check.verdict == Verdict::Failed;
        terminal::say(&if args.json {
            serde_json::to_string(&check)?
        } else {
            line(&check, width)
        });
    }
    Ok(ExitCode::from(if failed { exit::FAILED } else { 0 }))
}

/// A check as a line; what mends it goes on a line below, and further lines of text are aligned.
fn line(check: &Check, width: usize) -> String {
    let verdict = match check.verdict {
        Verdict::Ok => "ok",
        Verdict::Warning => "warning",
        Verdict::Failed => "failed",
    };
    let head = format!("{verdict:<8} {:<width$} {:>5} ms  ", check.name, check.millis);
    let margin = format!("\n{}", " ".repeat(head.chars().count()));
    let mend = check.mend.as_ref().map(|command| format!("\nRun: {command}")).unwrap_or_default();
    head + &format!("{}{mend}", check.text).replace('\n', &margin)
}
