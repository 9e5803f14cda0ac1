//! The user wants to see the tests run: the project's own checks are run, and what fails is told.

use devika_protocol::{CommandExit, Event, Stage};
use serde_json::json;

use crate::error::Stop;
use crate::run::Run;
use crate::stages::decision::Decision;
use crate::stages::run_program::printed;
use crate::stages::verify::{self, Shown};
use crate::stages::{detect, report};

/// Runs the project's checks and says which of them fail.
pub(crate) async fn run(run: &Run, decision: &Decision) -> Result<Event, Stop> {
    let snapshot = run.workspace.editor.snapshot();
    let lines: Vec<String> = run
        .once("tests", "tests", json!({}), async |_| {
            let own = detect::check_of(&snapshot, &decision.steps).map(|check| vec![check.line]);
            Ok(own.unwrap_or_else(|| decision.verify.clone()))
        })
        .await?;
    if lines.is_empty() {
        let text = "I found no tests here. Say “write tests”, and I will.";
        return report::said(run, text.to_owned()).await;
    }
    run.enter(Stage::Verify, None, 1);
    let mut told = Vec::new();
    let mut failed = 0;
    for (index, line) in lines.iter().enumerate() {
        let shown = verify::show(run, &format!("test/{index}"), line).await?;
        failed += u32::from(is_failure(&shown));
        told.push(in_words(line, &shown));
    }
    if failed > 0 {
        told.push("Say “fix it”, and I will.".to_owned());
    }
    report::said(run, told.join("\n\n")).await
}

fn is_failure(shown: &Shown) -> bool {
    matches!(shown, Shown::Ended { exit, .. } if *exit != CommandExit::Code(0))
}

fn in_words(line: &str, shown: &Shown) -> String {
    match shown {
        Shown::Denied => format!("`{line}` was not run: you did not allow it."),
        Shown::Missing(program) => {
            format!("`{line}` cannot be run here: {program} is not installed.")
        }
        Shown::Ended { exit: CommandExit::Code(0), output, .. } => {
            let last = output.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
            format!("`{line}` passes. {}", last.trim()).trim_end().to_owned()
        }
        Shown::Ended { exit, output, .. } => {
            format!("`{line}` fails: it {}.{}", verify::ending(*exit), printed(output))
        }
    }
}
