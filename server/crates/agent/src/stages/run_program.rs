//! The user wants to see the program run: it is run as it is, and what came of it is told.

use devika_edit::RelPath;
use devika_llm::Schema;
use devika_protocol::{Agent, CommandExit, Event, Stage};
use minijinja::context;
use serde::Deserialize;
use serde_json::json;

use crate::context::{self, Opening};
use crate::error::Stop;
use crate::prompts;
use crate::run::Run;
use crate::stages::decision::{self, Decision};
use crate::stages::detect_start;
use crate::stages::report;
use crate::stages::verify::{self, Shown};

/// Tokens of the runner's answer at the most.
const MAX_TOKENS: u32 = 200;

/// Runs the program and says how it ended.
pub(crate) async fn run(run: &Run, decision: &Decision, opening: &Opening) -> Result<Event, Stop> {
    let Some(line) = command(run, decision, opening).await? else {
        let text = "I found no program to run here. Say which command starts it, such as: run `python3 main.py`.";
        return report::said(run, text.to_owned()).await;
    };
    run.enter(Stage::Verify, None, 1);
    let shown = verify::show(run, "run", &line).await?;
    report::said(run, in_words(&line, &shown)).await
}

/// The command line: the one that the plan names, else the project's own, else the runner's.
async fn command(
    run: &Run,
    decision: &Decision,
    opening: &Opening,
) -> Result<Option<String>, Stop> {
    if let Some(line) = decision.verify.first() {
        return Ok(Some(line.clone()));
    }
    let snapshot = run.workspace.editor.snapshot();
    let found: Option<(String, String)> = run
        .once("start", "start", json!({}), async |_| {
            Ok(detect_start::start_of(&snapshot).map(|start| (start.line, start.because)))
        })
        .await?;
    if let Some((line, because)) = found {
        let text = format!("It is run by `{line}`, because there is `{because}`.");
        run.tell(Event::Warning { text });
        return Ok(Some(line));
    }
    ask_runner(run, opening).await
}

/// The runner's answer.
#[derive(Debug, Deserialize)]
struct Start {
    #[serde(default)]
    monologue: String,
    #[serde(default)]
    commands: Vec<String>,
}

/// Asks the runner, who reads what says how the project is run.
async fn ask_runner(run: &Run, opening: &Opening) -> Result<Option<String>, Stop> {
    let snapshot = run.workspace.editor.snapshot();
    let paths = context::paths(&snapshot);
    let says_how = |path: &&RelPath| {
        let name = path.file_name().to_lowercase();
        name.starts_with("readme") || name == "makefile" || name.ends_with(".toml")
    };
    let wanted: Vec<RelPath> = paths.iter().filter(says_how).take(5).cloned().collect();
    let limits = run.model(Agent::Runner).limits();
    let files = context::quote(&snapshot, &wanted, context::file_budget(limits, MAX_TOKENS));
    let text = prompts::render("run", context! { files => files.text }).map_err(Stop::Failed)?;
    let schema = Schema {
        name: "start",
        json: json!({
            "type": "object",
            "properties": {
                "monologue": { "type": "string" },
                "commands": { "type": "array", "items": { "type": "string" } },
            },
            "required": ["monologue", "commands"],
            "additionalProperties": false,
        }),
    };
    let request = opening.request(&text, MAX_TOKENS, Some(schema));
    let answer = run.turn("runner", Agent::Runner, &request).await?;
    let start =
        decision::object_in(&answer.text).and_then(|json| serde_json::from_str::<Start>(json).ok());
    let Some(start) = start else { return Ok(None) };
    let text = decision::one_line(&start.monologue);
    run.tell(Event::Monologue { agent: Agent::Runner, text });
    let is_one_line = |line: &String| !line.trim().is_empty() && !line.contains(char::is_control);
    Ok(start.commands.into_iter().find(is_one_line))
}

/// How the program ended, and what the user can say next.
fn in_words(line: &str, shown: &Shown) -> String {
    match shown {
        Shown::Denied => format!("`{line}` was not run: you did not allow it."),
        Shown::Missing(program) => {
            format!("`{line}` cannot be run here: {program} is not installed.")
        }
        Shown::Ended { exit: CommandExit::Code(0), output, millis } => {
            format!("`{line}` ran through in {millis} ms.{}", printed(output))
        }
        Shown::Ended { exit, output, .. } => {
            let ending = verify::ending(*exit);
            format!("`{line}` {ending}.{}\n\nSay “fix it”, and I will.", printed(output))
        }
    }
}

/// What a command printed, as Markdown.
pub(super) fn printed(output: &str) -> String {
    match output.trim() {
        "" => " It printed nothing.".to_owned(),
        output => format!(" It printed:\n\n{}", context::fenced(output)),
    }
}
