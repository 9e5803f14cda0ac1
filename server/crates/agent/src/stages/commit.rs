//! Commit: one commit a step, of exactly the files the step touched.

use std::collections::BTreeMap;

use devika_edit::{FileEdit, RelPath, merge3};
use devika_protocol::{Agent, Event, GitMode, PauseReason, Plan, Stage};
use devika_vcs::{Commit, CommitFile, CommitRequest, Repository, Signing, VcsError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::Stop;
use crate::run::Run;
use crate::settings::KeyIn;
use crate::stages::findings;
use crate::stages::given_up::GivingUp;
use crate::stages::message::{Telling, UNFINISHED};

/// Names the task's branch in the journal.
pub(crate) const BRANCH: &str = "branch";

/// The files a step touched: the text each had before the step, and has after it.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    files: BTreeMap<RelPath, Change>,
    /// `provider/model` of each model that wrote the edits, in the order in which they did.
    models: Vec<String>,
}

#[derive(Debug, Default)]
struct Change {
    before: Option<String>,
    after: Option<String>,
    /// The name that it had before the step, and its text then.
    renamed: Option<(RelPath, String)>,
}

impl Touched {
    /// Adds edits that a model wrote to those of the step so far.
    pub(crate) fn add(&mut self, edits: Vec<FileEdit>, model: String) {
        if !self.models.contains(&model) {
            self.models.push(model);
        }
        for edit in edits {
            let (before, after) =
                (edit.before().map(str::to_owned), edit.after().map(str::to_owned));
            match edit {
                FileEdit::Rename { from, to, before, after } => {
                    self.put(from.clone(), Some(before), None);
                    // Where the step made it, or changed it before, it is known by another text.
                    let first = self.files.get(&from).and_then(|change| change.before.clone());
                    let renamed = first.map(|first| (from, first));
                    self.put(to.clone(), None, Some(after));
                    if let Some(change) = self.files.get_mut(&to) {
                        change.renamed = renamed;
                    }
                }
                FileEdit::Create { path, .. }
                | FileEdit::Modify { path, .. }
                | FileEdit::Delete { path, .. } => self.put(path, before, after),
            }
        }
    }

    fn put(&mut self, path: RelPath, before: Option<String>, after: Option<String>) {
        let Some(change) = self.files.get_mut(&path) else {
            self.files.insert(path, Change { before, after, renamed: None });
            return;
        };
        // What the user typed between two edits of the step is theirs to commit: it is put into the
        // text before the step as well, and so is no part of the difference.
        if let (Some(ours), Some(now)) = (&change.after, &before)
            && ours != now
        {
            let renamed = change.renamed.as_mut().map(|(_, first)| first);
            for first in change.before.as_mut().into_iter().chain(renamed) {
                if let Ok(with_theirs) = merge3(ours, first, now) {
                    *first = with_theirs;
                }
            }
        }
        change.after = after;
    }

    /// Whether the step made this file.
    pub(crate) fn made(&self, path: &RelPath) -> bool {
        self.files.get(path).is_some_and(|change| change.before.is_none())
    }

    /// The files that exist after the step.
    pub(crate) fn paths(&self) -> Vec<RelPath> {
        let there = self.files.iter().filter(|(_, change)| change.after.is_some());
        there.map(|(path, _)| path.clone()).collect()
    }

    /// The edits that take the step back.
    pub(crate) fn undone(&self) -> Vec<FileEdit> {
        let undo = |(path, change): (&RelPath, &Change)| {
            let path = path.clone();
            match (change.before.clone(), change.after.clone()) {
                (None, Some(before)) => Some(FileEdit::Delete { path, before }),
                (Some(text), None) => Some(FileEdit::Create { path, text }),
                (Some(after), Some(before)) if before != after => {
                    Some(FileEdit::Modify { path, before, after })
                }
                _ => None,
            }
        };
        self.files.iter().filter_map(undo).collect()
    }

    /// The files that it changed.
    fn changed(&self) -> Vec<String> {
        self.files.keys().map(ToString::to_string).collect()
    }

    pub(crate) fn files(&self) -> Vec<CommitFile> {
        let changed = self.files.iter().filter(|(_, change)| change.before != change.after);
        // Both names of a renamed file have the same text before, by which git's side knows them.
        let renamed: Vec<_> = self.files.values().filter_map(|it| it.renamed.as_ref()).collect();
        changed
            .map(|(path, change)| {
                let is_old_name = |(from, _): &&&(RelPath, String)| from == path;
                let new = renamed.iter().find(is_old_name).filter(|_| change.after.is_none());
                let text = |(_, text): &(RelPath, String)| text.clone();
                let before = change.before.clone().or_else(|| change.renamed.as_ref().map(text));
                CommitFile {
                    path: path.to_string(),
                    before: new.map(|new| text(new)).or(before),
                    after: change.after.clone(),
                }
            })
            .collect()
    }
}

/// A commit of a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Committed {
    id: String,
    branch: String,
    pub(crate) subject: String,
    /// Files that git did not know before, which are in the commit as a whole.
    adopted: Vec<String>,
    /// Why it is not signed, though the user's git is set so.
    #[serde(default)]
    unsigned: Option<String>,
}

/// Makes the repository ready: an empty folder gets one; in another, a task branch begins at HEAD.
/// Returns the branch.
pub(crate) async fn prepare(run: &Run, focus: &str) -> Result<Option<String>, Stop> {
    let slug = slug_of(if focus.trim().is_empty() { &run.prompt } else { focus });
    let is_empty = run.workspace.editor.snapshot().list(1).is_empty();
    let current = run.settings.git.mode == GitMode::Current;
    let task = run.task.to_string();
    let root = run.workspace.root.clone();
    run.once(BRANCH, "branch", json!({ "slug": slug }), async |_| {
        blocking(move || {
            let repository = match Repository::open(&root)? {
                Some(repository) => repository,
                None if is_empty => Repository::init(&root)?,
                None => return Err(Stop::Failed(no_repository(&root))),
            };
            if current || repository.head()?.is_none() {
                return Ok(repository.current_branch()?);
            }
            let at_work = repository.at_work()?;
            repository.remember_origin(&task)?;
            drop(at_work);
            Ok(Some(repository.begin(&slug)?))
        })
        .await
    })
    .await
}

pub(crate) fn no_repository(root: &std::path::Path) -> String {
    format!(
        "{} is not a git repository, so what Devika does there could not be undone. Nothing was changed. Run `git init` in it and commit what you have, then resume the task.",
        root.display()
    )
}

/// Commits what a step touched to the task's branch; a commit that a crash kept from the journal is
/// found by its trailers and not made twice. A step that left everything as it was has none.
pub(crate) async fn commit(
    run: &Run,
    plan: &Plan,
    number: u32,
    branch: Option<&str>,
    written: Written<'_>,
    touched: &Touched,
) -> Result<Ending, Stop> {
    let text = &plan.steps[number as usize - 1].text;
    let subject = written.subject.unwrap_or_else(|| text.clone());
    let step = format!("{number}/{}", plan.steps.len());
    let telling = Telling {
        subject: &subject,
        why: text,
        sources: written.sources,
        verified: &written.verified,
        agent: written.agent,
        files: &touched.changed(),
        task: run.task.to_string(),
        step: &step,
    };
    let message = telling.fill(&run.settings.git.message);
    let words = Words { key: format!("{}/commit", written.key), step, message };
    commit_as(run, number, branch, touched, words).await
}

/// Commits a step that still fails its check, and says so in the commit.
pub(crate) async fn commit_failing(
    run: &Run,
    given_up: &GivingUp<'_>,
    subject: Option<&str>,
    touched: &Touched,
) -> Result<Ending, Stop> {
    let &GivingUp { plan, number, key, round, branch, failure, .. } = given_up;
    let subject = subject.unwrap_or(&plan.steps[number as usize - 1].text);
    let step = format!("{number}/{} failing after round {round}", plan.steps.len());
    let telling = Telling {
        subject: &format!("{UNFINISHED}: Unfinished, fails its check: {subject}"),
        why: &format!("`{}` {}.", failure.line, failure.ending),
        sources: &[],
        verified: &[],
        agent: Agent::Coder,
        files: &touched.changed(),
        task: run.task.to_string(),
        step: &step,
    };
    let message = telling.fill(&run.settings.git.message);
    let words = Words { key: format!("{key}/failing{round}"), step, message };
    commit_as(run, number, branch, touched, words).await
}

/// What is known of a step for its commit.
pub(crate) struct Written<'a> {
    /// What the keys of this attempt at the step begin with.
    pub(crate) key: &'a str,
    /// The coder's words for its subject.
    pub(crate) subject: Option<String>,
    /// The pages that the step stands on.
    pub(crate) sources: &'a [String],
    /// The commands that passed.
    pub(crate) verified: Vec<String>,
    /// The agent that wrote it.
    pub(crate) agent: Agent,
}

/// How it ends with a step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is committed, or there was nothing to commit.
    Committed,
    /// It was taken back in an earlier run of the task.
    TakenBack,
}

/// What a commit is journaled as, and what it says.
struct Words {
    key: String,
    /// The trailer that it is found by.
    step: String,
    message: String,
}

async fn commit_as(
    run: &Run,
    number: u32,
    branch: Option<&str>,
    touched: &Touched,
    words: Words,
) -> Result<Ending, Stop> {
    let files = touched.files();
    if files.is_empty() {
        return Ok(Ending::Committed);
    }
    refuse_keys(run, &files)?;
    run.enter(Stage::Commit, Some(number), 1);
    let Words { key, step, message } = words;
    if !run.is_done(&key).await? && !findings::are_allowed(run, &key, &files).await? {
        findings::take_back(run, &key, number, touched).await?;
        return Ok(Ending::TakenBack);
    }
    let request = CommitRequest { files, message, trailers: trailers(run, &step, touched) };
    let work = Work {
        root: run.workspace.root.clone(),
        signing: run.settings.signing(),
        task: run.task.to_string(),
        step: step.clone(),
        branch: branch.map(str::to_owned),
        request,
    };
    let committed: Option<Committed> = run
        .once(&key, "commit", json!({ "step": step }), async |_| {
            blocking(move || work.carry_out()).await
        })
        .await?;
    if let Some(committed) = committed {
        for path in committed.adopted {
            let text = format!("`{path}` was not in git yet; all of it is in the commit.");
            run.tell(Event::Warning { text });
        }
        if let Some(why) = committed.unsigned {
            run.tell(Event::Warning { text: format!("The commit is not signed: {why}.") });
        }
        run.tell(Event::Committed {
            step: number,
            commit: committed.id,
            branch: committed.branch,
            subject: committed.subject,
        });
    }
    Ok(Ending::Committed)
}

/// A key that found its way into a file is not made permanent in the history.
fn refuse_keys(run: &Run, files: &[CommitFile]) -> Result<(), Stop> {
    match file_with_key(&run.settings.key_in, files) {
        Some((path, provider)) => Err(Stop::Failed(format!(
            "`{path}` holds the key of {provider}, so it is not committed. Take the key out of the file, and think about replacing it; then start the task anew."
        ))),
        None => Ok(()),
    }
}

/// The first file that holds a key of a provider after the change, and whose.
pub(crate) fn file_with_key(key_in: &KeyIn, files: &[CommitFile]) -> Option<(String, String)> {
    files.iter().find_map(|file| {
        let provider = key_in(file.after.as_deref()?)?;
        Some((file.path.clone(), provider))
    })
}

/// What git needs for a commit.
struct Work {
    root: std::path::PathBuf,
    signing: Signing,
    task: String,
    step: String,
    branch: Option<String>,
    request: CommitRequest,
}

impl Work {
    fn carry_out(self) -> Result<Option<Committed>, Stop> {
        let Self { root, signing, task, step, branch, request } = self;
        let repository =
            Repository::open(&root)?.ok_or_else(|| Stop::Failed(no_repository(&root)))?;
        let repository = repository.signed_by(signing);
        let now = repository.current_branch()?;
        if now != branch {
            let (now, branch) = (now.unwrap_or_default(), branch.unwrap_or_default());
            return Err(Stop::Paused(
                PauseReason::Conflict,
                format!(
                    "`{now}` is checked out, and the task works on `{branch}`. Check that out, then resume the task."
                ),
            ));
        }
        let made = match repository.find(&task, &step)? {
            Some(made) => made,
            None => match repository.commit(&request) {
                Err(VcsError::Nothing { .. }) => return Ok(None),
                made => made?,
            },
        };
        let subject = request.message.lines().next().unwrap_or_default().to_owned();
        let Commit { id, branch, adopted, unsigned, .. } = made;
        Ok(Some(Committed { id, branch, subject, adopted, unsigned }))
    }
}

fn trailers(run: &Run, step: &str, touched: &Touched) -> Vec<(String, String)> {
    let mut trailers = Vec::new();
    if run.settings.git.trailers {
        trailers.push(("Devika-Task".to_owned(), run.task.to_string()));
        trailers.push(("Devika-Step".to_owned(), step.to_owned()));
    }
    if run.settings.git.assisted_by {
        let by = |model: &String| ("Assisted-by".to_owned(), model.clone());
        trailers.extend(touched.models.iter().map(by));
    }
    trailers
}

/// A branch name's last part: lower case, digits and dashes, at most 40 characters.
pub(super) fn slug_of(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars() {
        match c {
            _ if slug.len() >= 40 => break,
            c if c.is_ascii_alphanumeric() => slug.push(c.to_ascii_lowercase()),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "task".to_owned() } else { slug.to_owned() }
}

/// Runs git's blocking work off the event loop.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Stop> + Send + 'static,
) -> Result<T, Stop> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(Stop::Failed(format!("git's work broke off: {error}"))))
}

impl From<VcsError> for Stop {
    fn from(error: VcsError) -> Self {
        match error {
            VcsError::Overlap { .. } => Self::Paused(PauseReason::Conflict, error.to_string()),
            error => Self::Failed(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modify(before: &str, after: &str) -> FileEdit {
        let path = RelPath::new("a.txt").unwrap();
        FileEdit::Modify { path, before: before.to_owned(), after: after.to_owned() }
    }

    #[test]
    fn what_the_user_types_between_two_edits_of_a_step_is_not_committed_for_them() {
        let mut touched = Touched::default();
        touched.add(vec![modify("a\nb\nc\nd\n", "A\nb\nc\nd\n")], "a/b".to_owned());
        touched.add(vec![modify("A\nb\nc\nd\nmine\n", "A\nB\nc\nd\nmine\n")], "a/b".to_owned());
        let files = touched.files();
        assert_eq!(files[0].before.as_deref(), Some("a\nb\nc\nd\nmine\n"));
        assert_eq!(files[0].after.as_deref(), Some("A\nB\nc\nd\nmine\n"));
    }

    #[test]
    fn a_branch_is_named_after_the_work() {
        assert_eq!(slug_of("Add a --json flag"), "add-a-json-flag");
        assert_eq!(slug_of("…"), "task");
        assert_eq!(slug_of(&"long words ".repeat(9)), "long-words-long-words-long-words-long-wo");
    }
}
