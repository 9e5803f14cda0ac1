//! What the editor's own language servers say: they are the compiler. Only errors that the step
//! brought count; the project may have had others before.

use std::collections::HashMap;

use devika_edit::RelPath;
use devika_protocol::{Agent, Event, Plan};
use serde_json::json;

use crate::error::Stop;
use crate::ports::CodeError;
use crate::run::Run;
use crate::stages::verify::{Failure, names};

/// Errors that a model is shown at the most; the rest mostly follow from them.
const SHOWN: usize = 12;

/// The errors there are before a step; `None` where nobody can tell.
pub(crate) async fn before(
    run: &Run,
    key: &str,
    files: &[String],
) -> Result<Option<Vec<CodeError>>, Stop> {
    errors(run, &format!("{key}/errors0"), paths(files.iter())).await
}

/// The errors that are new since `before`, as a failure for the patcher. Those that only miss what a
/// later step makes are not counted.
pub(crate) async fn new_errors(
    run: &Run,
    key: &str,
    round: u32,
    before: Option<&[CodeError]>,
    touched: Vec<RelPath>,
    later: &[String],
) -> Result<Option<Failure>, Stop> {
    let Some(before) = before else { return Ok(None) };
    let Some(now) = errors(run, &format!("{key}/errors{round}"), touched).await? else {
        return Ok(None);
    };
    let mut new = difference(before, now);
    new.retain(|error| !later.iter().any(|file| names(&error.message, file)));
    let Some(failure) = failure(&new) else { return Ok(None) };
    let text = format!("{} {}:\n{}", failure.line, failure.ending, failure.output);
    run.tell(Event::Complaint { agent: Agent::Patcher, text });
    Ok(Some(failure))
}

/// The files that the steps after `number` make or change.
pub(crate) fn later(plan: &Plan, number: u32) -> Vec<String> {
    plan.steps.iter().skip(number as usize).flat_map(|step| step.files.clone()).collect()
}

async fn errors(run: &Run, key: &str, paths: Vec<RelPath>) -> Result<Option<Vec<CodeError>>, Stop> {
    if !run.workspace.editor.has_language_servers() {
        return Ok(None);
    }
    run.once(key, "errors", json!({}), async |_| Ok(run.workspace.editor.errors(&paths).await))
        .await
}

fn paths<'a>(files: impl Iterator<Item = &'a String>) -> Vec<RelPath> {
    files.filter_map(|file| RelPath::new(file).ok()).collect()
}

/// The errors that are there more often than before. Lines do not count: they move.
fn difference(before: &[CodeError], now: Vec<CodeError>) -> Vec<CodeError> {
    let what = |error: &CodeError| (error.path.clone(), error.message.clone());
    let mut known: HashMap<(String, String), usize> = HashMap::new();
    for error in before {
        *known.entry(what(error)).or_default() += 1;
    }
    let is_new = |error: &CodeError| match known.get_mut(&what(error)) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    now.into_iter().filter(is_new).collect()
}

fn failure(new: &[CodeError]) -> Option<Failure> {
    let first = new.first()?;
    let mut output: String = new
        .iter()
        .take(SHOWN)
        .map(|error| format!("{}:{}: error: {}\n", error.path, error.line, error.message))
        .collect();
    if new.len() > SHOWN {
        output.push_str(&format!("({} more)\n", new.len() - SHOWN));
    }
    let line = first.source.clone().unwrap_or_else(|| "the editor's language server".to_owned());
    Some(Failure { line, output, ending: "reports errors that were not there before".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(path: &str, line: u32, message: &str) -> CodeError {
        let source = Some("Pyright".to_owned());
        CodeError { path: path.to_owned(), line, message: message.to_owned(), source }
    }

    #[test]
    fn an_error_that_moved_is_old_and_one_more_of_the_same_is_new() {
        let before = [error("a.py", 3, "x is not defined"), error("b.py", 1, "bad")];
        let now = vec![
            error("a.py", 9, "x is not defined"),
            error("a.py", 12, "x is not defined"),
            error("c.py", 1, "bad"),
        ];
        assert_eq!(
            difference(&before, now),
            [error("a.py", 12, "x is not defined"), error("c.py", 1, "bad")]
        );
    }

    #[test]
    fn the_patcher_sees_place_and_words_of_each_new_error() {
        let failure = failure(&[error("a.py", 3, "x is not defined")]).unwrap();
        assert_eq!(failure.line, "Pyright");
        assert_eq!(failure.output, "a.py:3: error: x is not defined\n");
        assert!(super::failure(&[]).is_none());
    }
}
