//! The user wants a report of the project: its structure as it is found, and prose by the reporter, a
//! section a turn; as Markdown, and printed where there is a browser that can.

use std::path::{Path, PathBuf};

use devika_edit::RelPath;
use devika_protocol::{Agent, Event, MadeKind, Plan, Stage};
use minijinja::context;
use serde_json::json;

use crate::context::{self, Opening};
use crate::description::modules::Modules;
use crate::description::{diagram, html};
use crate::error::Stop;
use crate::prompts;
use crate::run::Run;
use crate::snapshot::Snapshot;
use crate::stages::{detect, detect_start, report};

/// Tokens of one section at the most.
const MAX_TOKENS: u32 = 500;

/// Files that the reporter is shown at the most.
const MAX_FILES: usize = 8;

/// The sections that the reporter writes: title, and what they are about.
const SECTIONS: [(&str, &str); 3] = [
    ("Purpose", "what the project is for, and what it does for whom"),
    ("How it works", "the main parts and how they work together, from the input to the result"),
    ("Limits", "what it does not do, and where a change should begin"),
];

/// Writes the report.
pub(crate) async fn describe(run: &Run, opening: &Opening) -> Result<Event, Stop> {
    run.enter(Stage::Report, None, 1);
    let snapshot = run.workspace.editor.snapshot();
    let paths = context::paths(&snapshot);
    let modules = Modules::of(&snapshot, &paths);
    let mut sections = Vec::new();
    for (number, (title, about)) in SECTIONS.into_iter().enumerate() {
        let key = format!("report/{number}");
        let prose = section(run, &key, opening, (title, about), &shown(&paths, &modules)).await?;
        sections.push((title, prose));
    }
    let title = run.workspace.root.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = document(&title, &sections, &structure(&snapshot, &paths, &modules));
    let page = html::page(&title, &text, &diagram::svg(&modules));
    let file = write(run, &title, &text).await?;
    made(run, &file);
    let summary = match print(run, &file, page).await? {
        Ok(pdf) => {
            made(run, &pdf);
            format!("The report is in {} and, printed, in {}.", file.display(), pdf.display())
        }
        Err(why) => format!("The report is in {}. It is not printed: {why}", file.display()),
    };
    report::said(run, summary).await
}

fn made(run: &Run, file: &Path) {
    run.tell(Event::Made { what: MadeKind::Report, place: file.display().to_string() });
}

/// The files that say most: those that explain, then those that others use most.
fn shown(paths: &[RelPath], modules: &Modules) -> Vec<RelPath> {
    let explains = |path: &&RelPath| path.file_name().to_lowercase().starts_with("readme");
    let mut files: Vec<RelPath> = paths.iter().filter(explains).cloned().collect();
    files.extend(modules.by_importance().into_iter().filter_map(|path| RelPath::new(path).ok()));
    files.truncate(MAX_FILES);
    files
}

/// The reporter's prose for one section.
async fn section(
    run: &Run,
    key: &str,
    opening: &Opening,
    (title, about): (&str, &str),
    files: &[RelPath],
) -> Result<String, Stop> {
    let limits = run.model(Agent::Reporter).limits();
    let max_tokens = MAX_TOKENS.min(limits.output);
    let snapshot = run.workspace.editor.snapshot();
    let budget = context::file_budget(limits, max_tokens) / 2;
    let files = context::quote(&snapshot, files, budget).text;
    let text = prompts::render("section", context! { files, title, about });
    let request = opening.request(&text.map_err(Stop::Failed)?, max_tokens, None);
    let answer = run.turn(key, Agent::Reporter, &request).await?;
    // The headings are the report's own, for the contents to hold.
    let prose: Vec<&str> =
        answer.text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    Ok(prose.join("\n").trim().to_owned())
}

/// What is found without a model: the files, the modules, and how the project is run and tested.
struct Structure {
    files: String,
    diagram: String,
    commands: String,
}

fn structure(snapshot: &Snapshot, paths: &[RelPath], modules: &Modules) -> Structure {
    let left_out = match modules.left_out {
        0 => String::new(),
        count => format!("\n\n{count} more source files are left out of the diagram."),
    };
    let diagram = match modules.files.as_slice() {
        [] => "There are no source files whose imports are understood.".to_owned(),
        _ => format!("```mermaid\n{}```{left_out}", diagram::mermaid(modules)),
    };
    let none = |what: &str| format!("No command is known that {what}.");
    let found = |what: &str, check: Option<detect::Check>| match check {
        Some(check) => format!("`{}` {what}, because there is `{}`.", check.line, check.because),
        None => none(what),
    };
    let plan = Plan { reply: String::new(), focus: String::new(), steps: vec![], verify: vec![] };
    let commands = format!(
        "- {}\n- {}",
        found("runs it", detect_start::start_of(snapshot)),
        found("tests it", detect::check_of(snapshot, &plan.steps))
    );
    let files = context::fenced(&context::listing(paths));
    Structure { files, diagram, commands }
}

/// The whole report, with its contents first.
fn document(title: &str, sections: &[(&str, String)], structure: &Structure) -> String {
    let mut parts: Vec<(&str, &str)> =
        sections.iter().map(|(title, prose)| (*title, prose.as_str())).collect();
    parts.push(("Run and test", &structure.commands));
    parts.push(("Modules", &structure.diagram));
    parts.push(("Files", &structure.files));
    let contents: String =
        parts.iter().map(|(title, _)| format!("- [{title}](#{})\n", html::anchor(title))).collect();
    let body: String =
        parts.iter().map(|(title, text)| format!("\n## {title}\n\n{text}\n")).collect();
    format!("# {title}\n\n{contents}{body}")
}

/// Writes the Markdown outside the project.
async fn write(run: &Run, title: &str, text: &str) -> Result<PathBuf, Stop> {
    let file = run.settings.reports.join(format!("{}-{}.md", plain(title), run.task));
    run.once("report/write", "report", json!({ "file": file }), async |_| {
        let failed = |error: std::io::Error| {
            Stop::Failed(format!("The report cannot be written to {}: {error}", file.display()))
        };
        tokio::fs::create_dir_all(&run.settings.reports).await.map_err(failed)?;
        tokio::fs::write(&file, text).await.map_err(failed)?;
        Ok(file.clone())
    })
    .await
}

/// The PDF next to the Markdown, or why there is none.
async fn print(run: &Run, file: &Path, page: String) -> Result<Result<PathBuf, String>, Stop> {
    let pdf = file.with_extension("pdf");
    run.once("report/print", "print", json!({ "file": pdf }), async |_| {
        let Some(printer) = &run.settings.printer else {
            return Ok(Err("there is nothing to print with".to_owned()));
        };
        Ok(printer.print(&page, &pdf).await.map(|()| pdf.clone()))
    })
    .await
}

/// A name as part of a file's name.
fn plain(name: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' };
    name.chars().map(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_begins_with_its_contents() {
        let structure = Structure {
            files: "```\na.py\n```".to_owned(),
            diagram: "```mermaid\ngraph TD\n```".to_owned(),
            commands: "- `python3 a.py` runs it.".to_owned(),
        };
        insta::assert_snapshot!(document("shop", &[("Purpose", "It sells.".to_owned())], &structure), @r"
        # shop

        - [Purpose](#purpose)
        - [Run and test](#run-and-test)
        - [Modules](#modules)
        - [Files](#files)

        ## Purpose

        It sells.

        ## Run and test

        - `python3 a.py` runs it.

        ## Modules

        ```mermaid
        graph TD
        ```

        ## Files

        ```
        a.py
        ```
        ");
    }
}
