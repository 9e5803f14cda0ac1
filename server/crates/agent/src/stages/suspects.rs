//! Suspects: where a check failed before anything was changed and repair makes no way, the files that
//! the failing check leads to are looked at one after the other. A model that is told in which file to
//! look finds what it overlooks in a heap of files: of a planted bug, the managed local model repaired
//! none in six rounds that showed it all files, and six of six once its file was named (measured with
//! 1.5 billion parameters).
//!
//! Such a request does not begin with the task's opening, which quotes the same files: a small model
//! gives back unchanged what it has seen twice. Of a planted bug it copied the file in nine of nine
//! turns after the opening, and repaired it in twelve of twelve where each file was quoted once. Without
//! the words that something in the file is wrong as it stands it looks for functions that are missing:
//! of a row in the wrong place it repaired two of six without them and six of six with them.
//!
//! Who has overlooked a fault is told more closely where to look: in a function of the file, the longest
//! first. Of a planted bug that the model left in two of six answers when only its file was named, it
//! repaired six of six. Shown without the bodies of the functions, to write them anew, it passed the tests
//! as often, and in three of five lost what no test looks at.

use devika_edit::{FileEdit, RelPath};
use minijinja::context;
use serde_json::json;

use crate::context;
use crate::error::Stop;
use crate::prompts;
use crate::run::Run;
use crate::stages::code;
use crate::stages::commit::Touched;
use crate::stages::functions;
use crate::stages::step;
use crate::stages::tests_kept::is_test;
use crate::stages::trouble::speaks_of_trouble;
use crate::stages::verify::Failure;
use crate::wording::own_words;

/// Files that are suspected at the most.
const MAX_SUSPECTS: usize = 6;

/// The search for a fault in what was there before the step.
pub(crate) struct Search {
    /// The check as it failed when least was wrong.
    best: Failure,
    suspects: Vec<RelPath>,
    /// How many looks were taken at them, one after the other and over again.
    looks: usize,
}

impl Search {
    /// A search for what makes a check fail, where the user speaks of something that is wrong: where
    /// something new is wanted, its check fails because it is not there yet. The files that the plan
    /// named are looked at by the coder, and come last.
    pub(crate) async fn wanted(
        run: &Run,
        key: &str,
        failing: Option<&Failure>,
        planned: &[String],
    ) -> Result<Option<Self>, Stop> {
        let is_trouble = speaks_of_trouble(&own_words(&run.prompt));
        let Some(failing) = failing.filter(|_| is_trouble) else { return Ok(None) };
        let look = async |_| Ok(suspects(run, failing, planned));
        // Decided once: a task that is taken up again finds the files as its edits have left them.
        let names: Vec<String> =
            run.once(&format!("{key}/suspects"), "suspects", json!({}), look).await?;
        let suspects = names.iter().filter_map(|name| RelPath::new(name).ok()).collect();
        Ok(Some(Self { best: failing.clone(), suspects, looks: 0 }))
    }

    /// Whether the next round belongs to a suspect: repair has come to nothing, or had before and does
    /// again.
    pub(crate) fn goes_on(&self, failure: &Failure, is_stuck: bool) -> bool {
        !self.suspects.is_empty() && (is_stuck || self.looks > 0 && !self.is_better(failure))
    }

    /// Asks for the next suspect to be put right, where the search [goes on](Self::goes_on). Edits that have helped stay, the others are taken
    /// back, so that each suspect is judged by itself.
    pub(crate) async fn next(
        &mut self,
        run: &Run,
        (key, number, round): (&str, u32, u32),
        failure: Failure,
        touched: &mut Touched,
    ) -> Result<devika_llm::Request, Stop> {
        if self.is_better(&failure) {
            self.best = failure;
        } else {
            step::take_back(run, (key, number, round), touched).await?;
        }
        let suspect = &self.suspects[self.looks % self.suspects.len()];
        let looks_before = self.looks / self.suspects.len();
        self.looks += 1;
        self.request(run, suspect, looks_before)
    }

    /// Whether fewer tests fail than ever before in this search.
    fn is_better(&self, failure: &Failure) -> bool {
        match (failing_tests(&failure.output), failing_tests(&self.best.output)) {
            (Some(now), Some(best)) => now < best,
            _ => false,
        }
    }

    /// The request to put a suspect right, which was looked at so often before.
    fn request(
        &self,
        run: &Run,
        suspect: &RelPath,
        looks_before: usize,
    ) -> Result<devika_llm::Request, Stop> {
        let snapshot = run.workspace.editor.snapshot();
        let mut others = Vec::new();
        let output = &self.best.output;
        context::add_failing(&mut others, output, &snapshot, &context::paths(&snapshot));
        others.retain(|path| path != suspect);
        let max_tokens = code::answer_tokens(run);
        let (files, file) = (
            step::quote(run, &others, max_tokens),
            step::quote(run, std::slice::from_ref(suspect), max_tokens),
        );
        let content = snapshot.read(suspect).unwrap_or_default();
        let functions = functions::longest_first(&content);
        let function =
            looks_before.checked_sub(1).and_then(|at| functions.into_iter().cycle().nth(at));
        let text = prompts::render(
            "suspect",
            context! {
                task => &run.prompt,
                files => files.text,
                command => &self.best.line,
                output => output.trim_end(),
                file => file.text,
                suspect => suspect.as_str(),
                function,
                blocks => file.longest > step::long_file(run),
            },
        );
        Ok(context::request(text.map_err(Stop::Failed)?, max_tokens, None))
    }
}

/// The files that a failing check leads to, tests left out.
fn suspects(run: &Run, failing: &Failure, planned: &[String]) -> Vec<String> {
    let snapshot = run.workspace.editor.snapshot();
    let mut reached = Vec::new();
    context::add_failing(&mut reached, &failing.output, &snapshot, &context::paths(&snapshot));
    let files = reached.iter().map(RelPath::as_str).filter(|path| !is_test(path));
    let (seen, unseen): (Vec<&str>, Vec<&str>) =
        files.partition(|path| planned.iter().any(|file| file == path));
    unseen.into_iter().chain(seen).take(MAX_SUSPECTS).map(str::to_owned).collect()
}

/// How many tests a test run says have failed; `None` where it says nothing of the kind.
fn failing_tests(output: &str) -> Option<u32> {
    let counts = output.lines().filter_map(|line| failing_in(line.trim()));
    counts.fold(None, |sum, count| Some(sum.unwrap_or(0) + count))
}

/// The number in a line such as `FAILED (failures=2, errors=1)` (unittest), `2 failed, 3 passed`
/// (pytest), `test result: FAILED. 3 passed; 1 failed` (cargo), `# fail 2` (node).
fn failing_in(line: &str) -> Option<u32> {
    let words: Vec<&str> =
        line.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.first() == Some(&"FAILED") {
        return Some(words.iter().filter_map(|word| word.parse::<u32>().ok()).sum());
    }
    if let ["fail", count] = words[..] {
        return count.parse().ok();
    }
    let at = words.iter().position(|word| *word == "failed")?;
    let speaks_of_all = words.contains(&"passed") || line.starts_with(['=', 'T']);
    words.get(at.checked_sub(1)?).filter(|_| speaks_of_all)?.parse().ok()
}

/// Whether edits leave every file as it is but for empty lines: then nothing needs to be verified
/// again.
pub(crate) fn change_nothing(edits: &[FileEdit]) -> bool {
    edits.iter().all(|edit| match edit {
        FileEdit::Modify { before, after, .. } => lines(before).eq(lines(after)),
        _ => false,
    })
}

/// The lines of a text that hold something.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_tests_are_counted_as_each_tool_tells_them() {
        for (output, count) in [
            ("FAILED (failures=2, errors=1)", Some(3)),
            ("===== 2 failed, 3 passed in 0.1s =====", Some(2)),
            (
                "test result: FAILED. 3 passed; 1 failed; 0 ignored\ntest result: ok. 2 passed; 0 failed;",
                Some(1),
            ),
            ("# tests 4\n# pass 2\n# fail 2", Some(2)),
            ("ℹ fail 1", Some(1)),
            ("Tests: 1 failed, 3 passed, 4 total", Some(1)),
            ("NameError: name 'prin' is not defined", None),
            ("the login failed 3 times", None),
        ] {
            assert_eq!(failing_tests(output), count, "{output}");
        }
    }
}
