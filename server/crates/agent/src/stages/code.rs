//! Code: one step's answer of the coder or the patcher, turned into checked edits.

use std::collections::{BTreeMap, BTreeSet};

use devika_edit::{Answer, Block, FileEdit, Files, RelPath};
use devika_llm::Request;
use devika_protocol::{Agent, Event, StopReason};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::context;
use crate::error::Stop;
use crate::run::{Run, StoredAnswer};
use crate::sight;
use crate::snapshot::{ReadError, Snapshot};
use crate::stages::apply::StoredEdit;
use crate::stages::commit::Touched;
use crate::stages::{dropped, hollow, seam, tests_kept};

/// How often an agent may ask to see more before it has to write.
const MAX_READS: u32 = 3;

/// Characters of the files that an agent asked to see, a time.
const READ_BUDGET: usize = 12_000;

/// Tokens of an answer for a small model at the most: past it, it repeats itself.
const SMALL_ANSWER: u32 = 1_800;

/// What an agent wrote.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Written {
    /// The checked edits.
    pub(crate) edits: Vec<StoredEdit>,
    /// The words around them.
    pub(crate) prose: String,
    /// `provider/model` that wrote them.
    #[serde(default)]
    pub(crate) model: String,
}

/// What became of one answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Written(Written),
    Read(Vec<String>),
    /// What goes back, and the edits of other files that are right and need not come again.
    Complaint(String, Vec<StoredEdit>),
}

/// Tokens that a coder or patcher may answer with.
pub(crate) fn answer_tokens(run: &Run) -> u32 {
    let limits = run.model(Agent::Coder).limits();
    let share = if limits.small { SMALL_ANSWER } else { limits.context / 2 };
    limits.output.min(share)
}

/// Asks an agent for code until there are edits that fit the files: what cannot be used goes back
/// with the reason, what it wants to read is shown, both a bounded number of times.
pub(crate) async fn write(
    run: &Run,
    key: &str,
    agent: Agent,
    mut request: Request,
    touched: &Touched,
) -> Result<Written, Stop> {
    let (mut complaints, mut reads) = (0, 0);
    let mut kept: Vec<StoredEdit> = Vec::new();
    let begun = request.clone();
    let first = format!("{key}/0");
    let mut last = String::new();
    loop {
        let key = format!("{key}/{}", complaints + reads);
        let answer = seam::whole_answer(run, &key, agent, &request).await?;
        let outcome: Outcome = run
            .once(&format!("{key}/edits"), "edits", json!({}), async |_| {
                let entries = run.store.entries(run.task).await?;
                // What the conversation began with is what the model goes by to its end.
                let mut shown = sight::texts_at(&entries, &key);
                shown.extend(sight::texts_at(&entries, &first));
                let doubt = Doubt {
                    // Who says the same again means it.
                    is_meant: answer.text == last,
                    is_first: complaints == 0,
                    is_repair: agent == Agent::Patcher,
                };
                Ok(understand(run, &answer, &shown, touched, doubt))
            })
            .await?;
        let reply = match outcome {
            Outcome::Written(mut written) => {
                keep(&mut kept, written.edits);
                written.edits = kept;
                return Ok(written);
            }
            Outcome::Read(paths) if reads < MAX_READS => {
                reads += 1;
                show(run, &paths)
            }
            Outcome::Read(_) => {
                complaints += 1;
                "You have read enough. Write the files now.".to_owned()
            }
            Outcome::Complaint(complaint, good) => {
                keep(&mut kept, good);
                complaints += 1;
                run.tell(Event::Complaint { agent, text: complaint.clone() });
                complaint
            }
        };
        if complaints > run.rounds(run.settings.tasks.repair_rounds) {
            return Err(Stop::Failed(format!(
                "{} gave no answer that could be applied in {complaints} attempts. The last complaint:\n{reply}",
                run.model(Agent::Coder).name()
            )));
        }
        if answer.text == last {
            // A conversation that goes round in circles is left: what it holds leads to the same again.
            request = begun.clone();
            anew(&mut request, &reply);
            last.clear();
            continue;
        }
        last.clone_from(&answer.text);
        context::go_on(&mut request, answer.text, reply);
    }
}

/// Asks from the beginning, with what was wrong with the answers so far.
fn anew(request: &mut Request, complaint: &str) {
    if let Some(message) = request.messages.last_mut() {
        message.text.push_str(&format!(
            "\n\nAn answer that was given twice cannot be used:\n{complaint}\nAnswer in another way."
        ));
    }
}

/// Adds edits to those that are kept; a newer one of the same file takes the older one's place.
fn keep(kept: &mut Vec<StoredEdit>, newer: Vec<StoredEdit>) {
    kept.retain(|old| newer.iter().all(|new| new.path != old.path));
    kept.extend(newer);
}

/// What is known of an answer before it is doubted.
#[derive(Clone, Copy)]
struct Doubt {
    /// The model was asked whether it means that, and does.
    is_meant: bool,
    /// Nothing was wrong with its answers so far.
    is_first: bool,
    /// It is about a check that fails, and will fail again where nothing is changed.
    is_repair: bool,
}

/// Turns an answer into edits, or into what goes back. `shown` is what the model was shown of the files.
fn understand(
    run: &Run,
    answer: &StoredAnswer,
    shown: &BTreeMap<String, Option<String>>,
    touched: &Touched,
    doubt: Doubt,
) -> Outcome {
    if answer.stop == StopReason::Length {
        return Outcome::Complaint(
            "Your answer was too long and was cut off; nothing of it was used. Write less: only the files that must change, changing long files by SEARCH/REPLACE blocks."
                .to_owned(),
            Vec::new(),
        );
    }
    let snapshot = run.workspace.editor.snapshot();
    let mut parsed = match devika_edit::parse(&answer.text) {
        Ok(parsed) => parsed,
        Err(complaint) => {
            let paths = wants_to_read(&answer.text);
            return if paths.is_empty() {
                Outcome::Complaint(complaint.to_string(), Vec::new())
            } else {
                Outcome::Read(paths)
            };
        }
    };
    if let Err(complaint) = hollow::leave_out_stand_ins(&mut parsed) {
        return Outcome::Complaint(complaint, Vec::new());
    }
    match devika_edit::resolve(&parsed, &Workspace::meant_by(&parsed, &snapshot, shown)) {
        Ok(edits) if let Some(reply) = without_tests(run, answer, &edits, touched, doubt) => reply,
        Ok(edits)
            if !doubt.is_meant
                && let Some(complaint) = hollow::gutted(&edits) =>
        {
            Outcome::Complaint(complaint, Vec::new())
        }
        // Asked once: who answers in other words again may well mean it.
        Ok(edits)
            if doubt.is_first
                && let Some(complaint) =
                    dropped::complaint(&run.prompt, |path| is_anew(&parsed, path), &edits) =>
        {
            Outcome::Complaint(complaint, Vec::new())
        }
        Ok(edits) => Outcome::Written(Written {
            edits: edits.iter().map(StoredEdit::from).collect(),
            prose: parsed.prose,
            model: answer.model.clone(),
        }),
        Err(complaint) => {
            let good = complaint.good_edits().iter().map(StoredEdit::from).collect();
            Outcome::Complaint(complaint.to_string(), good)
        }
    }
}

/// Whether an answer gives a file with its whole content.
fn is_anew(answer: &Answer, path: &RelPath) -> bool {
    let name = Some(path.file_name());
    let is_it = |block: &Block| block.path().rsplit(['/', '\\']).next() == name;
    answer.blocks.iter().any(|block| matches!(block, Block::Whole { .. }) && is_it(block))
}

/// What comes of edits that take tests away: they go back to the model. Where it insists, its other
/// edits are taken; in repair, where there may be none: the check that fails brings another request.
fn without_tests(
    run: &Run,
    answer: &StoredAnswer,
    edits: &[FileEdit],
    touched: &Touched,
    doubt: Doubt,
) -> Option<Outcome> {
    let takes_away =
        |edits: &[FileEdit]| tests_kept::takes_away(&run.prompt, |path| touched.made(path), edits);
    let complaint = takes_away(edits)?;
    let harmless = |edit: &&FileEdit| takes_away(std::slice::from_ref(*edit)).is_none();
    let edits: Vec<StoredEdit> = edits.iter().filter(harmless).map(StoredEdit::from).collect();
    let is_over = doubt.is_meant && !edits.is_empty() || doubt.is_repair && !doubt.is_first;
    Some(match is_over {
        true => {
            Outcome::Written(Written { edits, prose: String::new(), model: answer.model.clone() })
        }
        false => Outcome::Complaint(complaint, Vec::new()),
    })
}

/// The paths in lines such as `READ src/main.rs`.
fn wants_to_read(answer: &str) -> Vec<String> {
    answer
        .lines()
        .filter_map(|line| line.trim().trim_matches('`').strip_prefix("READ "))
        .map(|path| path.trim().trim_matches('`').to_owned())
        .collect()
}

fn show(run: &Run, paths: &[String]) -> String {
    let snapshot = run.workspace.editor.snapshot();
    let known: Vec<RelPath> = paths.iter().filter_map(|path| RelPath::new(path).ok()).collect();
    let missing: Vec<String> = paths
        .iter()
        .filter(|path| RelPath::new(path).ok().is_none_or(|path| snapshot.read(&path).is_err()))
        .map(|path| format!("There is no readable file `{path}`.\n"))
        .collect();
    let quoted = context::quote(&snapshot, &known, READ_BUDGET);
    format!("{}{}\n\nGo on.", missing.concat(), quoted.text)
}

/// The project's files as the edit crate looks them up: as they are now, but for those that an answer
/// rewrites, deletes or renames whole. It means these as the model was shown them; what the user typed
/// since is merged with the change when that is applied.
struct Workspace<'a> {
    snapshot: &'a Snapshot,
    shown: &'a BTreeMap<String, Option<String>>,
    /// Names of files that are meant whole.
    whole: BTreeSet<&'a str>,
}

impl<'a> Workspace<'a> {
    fn meant_by(
        answer: &'a Answer,
        snapshot: &'a Snapshot,
        shown: &'a BTreeMap<String, Option<String>>,
    ) -> Self {
        let is_whole = |block: &&Block| !matches!(block, Block::Replace { .. });
        let name = |block: &'a Block| block.path().rsplit(['/', '\\']).next();
        let whole = answer.blocks.iter().filter(is_whole).filter_map(name).collect();
        Self { snapshot, shown, whole }
    }
}

impl Files for Workspace<'_> {
    fn read(&self, path: &RelPath) -> Result<Option<String>, String> {
        if self.whole.contains(path.file_name())
            && let Some(shown) = self.shown.get(path.as_str())
        {
            return Ok(shown.clone());
        }
        match self.snapshot.read(path) {
            Ok(text) => Ok(Some(text)),
            Err(ReadError::Missing(_)) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }

    fn find_by_name(&self, name: &str) -> Vec<RelPath> {
        context::paths(self.snapshot).into_iter().filter(|path| path.file_name() == name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_lines_are_understood_with_and_without_backticks() {
        let answer = "I need more.\nREAD src/a.py\n`READ b.py`\nREAD `c.py`\n";
        assert_eq!(wants_to_read(answer), ["src/a.py", "b.py", "c.py"]);
    }
}
