//! What the user may do with a task's work once it is there: undo a step, redo it, accept all of it,
//! discard it.

use devika_edit::{FileEdit, RelPath, merge3};
use devika_protocol::{Event, Kept, TaskId};
use devika_vcs::{CommitFile, CommitRequest, Joining, Merged, Origin, Repository};

use super::{Engine, word};
use crate::error::{EngineError, Stop};
use crate::lease::Lease;
use crate::ports::{EditorError, Workspace};
use crate::snapshot::ReadError;
use crate::stages::commit::{Touched, blocking};

/// Which way a step is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Its changes are taken back.
    Undo,
    /// They are made again.
    Redo,
}

/// A step as it was committed.
#[derive(Debug, Clone)]
struct Step {
    number: u32,
    commit: String,
    branch: String,
    subject: String,
}

impl Engine {
    /// Takes a step's changes back, or makes them again, keeping all that came after; all steps of the
    /// task where none is named. Where the user has changed the same lines since, theirs stay, and the
    /// event says so. On the task's branch the change is committed, elsewhere left for the user to
    /// commit. What was done is told as [`Event::Undone`].
    ///
    /// # Errors
    /// [`EngineError::Usage`] where there is nothing to undo, or the task still runs; why git or the
    /// editor refused.
    pub async fn undo(
        &self,
        task: TaskId,
        step: Option<u32>,
        way: Way,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let _lease = self.hold(task, workspace).await?;
        let mut steps = self.steps(task, step).await?;
        if way == Way::Undo {
            steps.reverse();
        }
        let (touched, kept) = walk(workspace, &steps, way).await?;
        let subjects: Vec<&str> = steps.iter().map(|step| step.subject.as_str()).collect();
        let verb = if way == Way::Undo { "Undo" } else { "Redo" };
        let message = match subjects.as_slice() {
            [subject] => format!("{verb}: {subject}"),
            several => {
                format!("{verb} {} steps of a task\n\n{}", several.len(), several.join("\n"))
            }
        };
        let branch = steps.first().map(|step| step.branch.clone()).unwrap_or_default();
        let paths = touched.files().into_iter().map(|file| file.path).collect();
        let commit = commit(workspace, task, &branch, message, touched).await?;
        let event = Event::Undone { step, redo: way == Way::Redo, paths, kept, commit };
        Ok(self.0.store.append_and_wait(task, event).await.map(drop)?)
    }

    /// Brings the task's commits to the branch that it began on, and HEAD with them; what that branch
    /// has got meanwhile is merged in first. The files stay as they are, but for what is merged in.
    /// Told as [`Event::Accepted`].
    ///
    /// # Errors
    /// [`EngineError::Usage`] where the task has no branch of its own, or the branches conflict; why
    /// git or the editor refused.
    pub async fn accept(
        &self,
        task: TaskId,
        squash: bool,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let _lease = self.hold(task, workspace).await?;
        let steps = self.steps(task, None).await?;
        let origin = self.origin(task, &steps, workspace).await?;
        self.bring_in(task, &steps, &origin, workspace).await?;
        let joining = if squash { Joining::Squash } else { Joining::Merge };
        let prompt = self.summary(task).await?.prompt;
        let subject = prompt.lines().next().unwrap_or_default().to_owned();
        let lines: String = steps.iter().map(|step| format!("\n- {}", step.subject)).collect();
        let text = format!("{subject}\n{lines}");
        let (root, to) = (workspace.root.clone(), origin.clone());
        let trailers = trailers(task);
        let commit = blocking(move || Ok(open(&root)?.join(&to, joining, &text, &trailers)?));
        let commit = commit.await.map_err(usage)?;
        let branch = origin.branch;
        Ok(self
            .0
            .store
            .append_and_wait(task, Event::Accepted { branch, commit })
            .await
            .map(drop)?)
    }

    /// Takes all of the task's changes back, and HEAD to the branch that it began on. Where the user has
    /// changed the same lines since, theirs stay, and so does the task's branch. Told as
    /// [`Event::Discarded`].
    ///
    /// # Errors
    /// [`EngineError::Usage`] where the task has no branch of its own, or something of it cannot be
    /// taken back; why git or the editor refused.
    pub async fn discard(&self, task: TaskId, workspace: &Workspace) -> Result<(), EngineError> {
        let steps = self.steps(task, None).await?;
        let origin = self.origin(task, &steps, workspace).await?;
        self.undo(task, None, Way::Undo, workspace).await?;
        let _lease = self.hold(task, workspace).await?;
        self.bring_in(task, &steps, &origin, workspace).await?;
        let (root, to, name) = (workspace.root.clone(), origin.clone(), task.to_string());
        blocking(move || Ok(open(&root)?.leave(&name, &to)?)).await.map_err(usage)?;
        let event = Event::Discarded { branch: origin.branch };
        Ok(self.0.store.append_and_wait(task, event).await.map(drop)?)
    }

    /// The right to change the workspace, where the task itself has ended.
    async fn hold(&self, task: TaskId, workspace: &Workspace) -> Result<Lease, EngineError> {
        let state = self.summary(task).await?.state;
        if self.live().contains_key(&task) || !(state.is_terminal() || state.can_resume()) {
            return Err(EngineError::Usage(format!(
                "task {task} is {}; pause or cancel it first",
                word(state)
            )));
        }
        let holder = format!("The end of task {task} in {}", workspace.place);
        let lease = Lease::take(&self.0.settings.leases, &workspace.root, &holder, |_| {}).await;
        lease.map_err(EngineError::Usage)
    }

    /// The steps of a task that were committed, in their order; the one of that number.
    async fn steps(&self, task: TaskId, number: Option<u32>) -> Result<Vec<Step>, EngineError> {
        let events = self.0.store.events(task).await?;
        let steps: Vec<Step> = events
            .into_iter()
            .filter_map(|record| match record.event {
                Event::Committed { step, commit, branch, subject } => {
                    Some(Step { number: step, commit, branch, subject })
                }
                _ => None,
            })
            .filter(|step| number.is_none_or(|number| step.number == number))
            .collect();
        match (steps.is_empty(), number) {
            (true, Some(number)) => {
                Err(EngineError::Usage(format!("task {task} has committed no step {number}")))
            }
            (true, None) => Err(EngineError::Usage(format!("task {task} has committed nothing"))),
            _ => Ok(steps),
        }
    }

    /// Where the task's branch began, with the task's branch checked out.
    async fn origin(
        &self,
        task: TaskId,
        steps: &[Step],
        workspace: &Workspace,
    ) -> Result<Origin, EngineError> {
        let branch = steps.last().map(|step| step.branch.clone()).unwrap_or_default();
        let (root, name) = (workspace.root.clone(), task.to_string());
        let (origin, now) = blocking(move || {
            let repository = open(&root)?;
            Ok((repository.origin(&name)?, repository.current_branch()?))
        })
        .await
        .map_err(usage)?;
        let Some(origin) = origin.filter(|origin| origin.branch != branch) else {
            return Err(EngineError::Usage(format!(
                "task {task} has no branch of its own: its commits are on `{branch}` already"
            )));
        };
        if now.as_deref() != Some(&branch) {
            return Err(EngineError::Usage(format!(
                "task {task} is on `{branch}`, which is not checked out, or no longer there. Check it out first."
            )));
        }
        Ok(origin)
    }

    /// Merges what the branch that the task began on has got since into the task's branch.
    async fn bring_in(
        &self,
        task: TaskId,
        steps: &[Step],
        origin: &Origin,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let (root, from) = (workspace.root.clone(), origin.clone());
        let merged = blocking(move || Ok(open(&root)?.merged_with(&from)?)).await;
        let files = match merged.map_err(usage)? {
            Merged::Clean(files) => files,
            Merged::Conflict(paths) => {
                return Err(EngineError::Usage(format!(
                    "`{}` has changed the same lines as the task in {}. Merge it by hand, then try again.",
                    origin.branch,
                    paths.join(", ")
                )));
            }
        };
        if files.is_empty() {
            return Ok(());
        }
        let mut touched = Touched::default();
        for file in files {
            match change(workspace, file).await? {
                Done::Changed(edit) => touched.add(vec![edit], String::new()),
                Done::Already => {}
                Done::Kept(kept) => {
                    return Err(EngineError::Usage(format!(
                        "`{}` cannot be brought up to date with `{}`: {}",
                        kept.path, origin.branch, kept.why
                    )));
                }
            }
        }
        let branch = steps.last().map(|step| step.branch.clone()).unwrap_or_default();
        let message = format!("Bring in what is new on {}", origin.branch);
        commit(workspace, task, &branch, message, touched).await.map(drop)
    }
}

/// Walks steps in the order given, as far as the user's later changes let it.
async fn walk(
    workspace: &Workspace,
    steps: &[Step],
    way: Way,
) -> Result<(Touched, Vec<Kept>), EngineError> {
    let (mut touched, mut kept) = (Touched::default(), Vec::new());
    for step in steps {
        let (root, id) = (workspace.root.clone(), step.commit.clone());
        let changed = blocking(move || Ok(open(&root)?.changed_by(&id)?)).await;
        let (files, odd) = changed.map_err(usage)?;
        kept.extend(odd.into_iter().map(|path| Kept { path, why: "it is no text".to_owned() }));
        for CommitFile { path, before, after } in files {
            let file = match way {
                Way::Undo => CommitFile { path, before: after, after: before },
                Way::Redo => CommitFile { path, before, after },
            };
            match change(workspace, file).await? {
                Done::Changed(edit) => touched.add(vec![edit], String::new()),
                Done::Already => {}
                Done::Kept(theirs) => kept.push(theirs),
            }
        }
    }
    Ok((touched, kept))
}

/// What became of one file.
#[derive(Debug, PartialEq, Eq)]
enum Done {
    Changed(FileEdit),
    /// It is as it shall be.
    Already,
    /// It is as the user has it.
    Kept(Kept),
}

/// Makes a change in a file, merged with what it has become meanwhile.
async fn change(workspace: &Workspace, file: CommitFile) -> Result<Done, EngineError> {
    let kept = |path: &str, why: String| Ok(Done::Kept(Kept { path: path.to_owned(), why }));
    let path = match RelPath::new(&file.path) {
        Ok(path) => path,
        Err(error) => return kept(&file.path, error.to_string()),
    };
    let now = match workspace.editor.snapshot().read(&path) {
        Ok(text) => Some(text),
        Err(ReadError::Missing(_)) => None,
        Err(error) => return kept(&file.path, error.to_string()),
    };
    let edit = match edit_of(path, file.before, file.after, now) {
        Ok(Some(edit)) => edit,
        Ok(None) => return Ok(Done::Already),
        Err(why) => return kept(&file.path, why.to_owned()),
    };
    match workspace.editor.apply(&edit).await {
        Ok(()) => Ok(Done::Changed(edit)),
        Err(EditorError::Moved { .. }) => kept(&file.path, "you are changing it now".to_owned()),
        Err(EditorError::Refused { why, .. }) => kept(&file.path, why),
    }
}

/// The edit that changes a file from `from` to `to`, made to the text that it has `now`; `None` where
/// it is so already.
///
/// # Errors
/// Why the file stays as it is.
fn edit_of(
    path: RelPath,
    from: Option<String>,
    to: Option<String>,
    now: Option<String>,
) -> Result<Option<FileEdit>, &'static str> {
    let endings = |text: Option<String>| match (&now, text) {
        (Some(now), Some(text)) if now.contains("\r\n") && !text.contains('\r') => {
            Some(text.replace('\n', "\r\n"))
        }
        (_, text) => text,
    };
    let (from, to) = (endings(from), endings(to));
    if now == to {
        return Ok(None);
    }
    match (from, to, now) {
        (Some(from), Some(to), Some(before)) => {
            let merged = merge3(&from, &before, &to);
            let after = merged.map_err(|_| "you have changed the same lines since")?;
            Ok((after != before).then_some(FileEdit::Modify { path, before, after }))
        }
        (Some(from), None, Some(before)) if from == before => {
            Ok(Some(FileEdit::Delete { path, before }))
        }
        (Some(_), None, Some(_)) => {
            Err("you have changed it since; delete it if you do not need it")
        }
        (None, Some(text), None) => Ok(Some(FileEdit::Create { path, text })),
        (None, Some(_), Some(_)) => Err("there is another file of that name"),
        (Some(_), Some(_), None) => Err("you have removed it since"),
        (_, None, _) => Ok(None),
    }
}

/// Commits what was changed, where the task's branch is checked out. The commit's id.
async fn commit(
    workspace: &Workspace,
    task: TaskId,
    branch: &str,
    message: String,
    touched: Touched,
) -> Result<Option<String>, EngineError> {
    let files = touched.files();
    let (root, branch) = (workspace.root.clone(), branch.to_owned());
    let request = CommitRequest { files, message, trailers: trailers(task) };
    blocking(move || {
        let repository = open(&root)?;
        if request.files.is_empty() || repository.current_branch()? != Some(branch) {
            return Ok(None);
        }
        match repository.commit(&request) {
            Err(devika_vcs::VcsError::Nothing { .. }) => Ok(None),
            made => Ok(Some(made?.id)),
        }
    })
    .await
    .map_err(usage)
}

fn trailers(task: TaskId) -> Vec<(String, String)> {
    vec![("Devika-Task".to_owned(), task.to_string())]
}

fn open(root: &std::path::Path) -> Result<Repository, Stop> {
    Repository::open(root)?.ok_or_else(|| Stop::Failed("there is no git repository".to_owned()))
}

fn usage(stop: Stop) -> EngineError {
    EngineError::Usage(match stop {
        Stop::Failed(why) | Stop::Paused(_, why) => why,
        Stop::Denied => "it was not allowed".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(
        from: Option<&str>,
        to: Option<&str>,
        now: Option<&str>,
    ) -> Result<Option<String>, &'static str> {
        let text = |text: Option<&str>| text.map(str::to_owned);
        let edit = edit_of(RelPath::new("a").unwrap(), text(from), text(to), text(now));
        Ok(edit?.map(|edit| match edit {
            FileEdit::Delete { .. } => "deleted".to_owned(),
            edit => edit.after().unwrap_or_default().to_owned(),
        }))
    }

    #[test]
    fn a_step_is_undone_around_what_came_after() {
        let now = Some("1\nB\n3\n4\nmine\n");
        let undone = edit(Some("1\nB\n3\n4\n"), Some("1\nb\n3\n4\n"), now);
        assert_eq!(undone, Ok(Some("1\nb\n3\n4\nmine\n".to_owned())));
        let theirs = edit(Some("B\n"), Some("b\n"), Some("mine\n"));
        assert_eq!(theirs, Err("you have changed the same lines since"));
    }

    #[test]
    fn a_file_that_a_step_made_goes_unless_the_user_has_worked_on_it() {
        assert_eq!(edit(Some("a\n"), None, Some("a\n")), Ok(Some("deleted".to_owned())));
        assert!(edit(Some("a\n"), None, Some("a\nmine\n")).is_err());
        assert_eq!(edit(Some("a\n"), None, None), Ok(None), "gone already");
    }

    #[test]
    fn a_file_that_a_step_removed_comes_back() {
        assert_eq!(edit(None, Some("a\n"), None), Ok(Some("a\n".to_owned())));
        assert!(edit(None, Some("a\n"), Some("another\n")).is_err());
    }

    #[test]
    fn line_endings_of_the_work_tree_stay() {
        let undone = edit(Some("a\nB\n"), Some("a\nb\n"), Some("a\r\nB\r\n"));
        assert_eq!(undone, Ok(Some("a\r\nb\r\n".to_owned())));
    }
}
