//! Trouble: where the user says that something fails, the project's own check is run before anything
//! is planned. A plan that is made without having seen the failure is a guess.

use devika_protocol::Stage;
use serde_json::json;

use crate::error::Stop;
use crate::run::Run;
use crate::stages::detect;
use crate::stages::verify::{self, Failure};
use crate::wording::own_words;

/// Words that speak of something that fails.
const WORDS: [&str; 12] = [
    "fail", "bug", "fix", "broken", "break", "crash", "error", "wrong", "repair", "mend", "debug",
    "not work",
];

/// How the project's own check fails now, where the user speaks of trouble and there is one.
pub(crate) async fn look(run: &Run) -> Result<Option<Failure>, Stop> {
    if !speaks_of_trouble(&own_words(&run.prompt)) {
        return Ok(None);
    }
    let check = detect::check_of(&run.workspace.editor.snapshot(), &[]);
    let Some(check) = check else { return Ok(None) };
    // Decided once: a task that is taken up again may find another project.
    let line: String = run.once("trouble", "trouble", json!({}), async |_| Ok(check.line)).await?;
    run.enter(Stage::Verify, None, 1);
    verify::now(run, &line).await
}

/// Whether the user speaks of something that fails.
pub(super) fn speaks_of_trouble(prompt: &str) -> bool {
    let prompt = prompt.to_lowercase();
    WORDS.iter().any(|word| prompt.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_for_something_new_is_no_trouble() {
        assert!(speaks_of_trouble("The tests FAIL, please look"));
        assert!(speaks_of_trouble("It crashes with an empty file"));
        assert!(!speaks_of_trouble("Add a --json flag to cli.py"));
    }
}
