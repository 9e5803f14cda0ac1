//! What the user may do with a task's work once it is there: undo a step, redo it, accept all of it,
//! discard it.

use std::path::Path;

use devika_protocol::{Event, Joining, TaskId};
use devika_vcs::{CommitFile, CommitRequest, End, Merged, Origin, VcsError};

use super::steps::{Walked, Way, open, usage, walk, walk_whole};
use super::{Engine, word};
use crate::error::EngineError;
use crate::lease::Lease;
use crate::ports::Workspace;
use crate::stages::commit::{blocking, file_with_key};
use crate::stages::findings::{in_lines, not_allowed_for_good};

/// A step as it was committed.
#[derive(Debug, Clone)]
pub(super) struct Step {
    number: u32,
    commit: String,
    pub(super) branch: String,
    subject: String,
}

impl Engine {
    /// Takes a step's changes back, or makes them again, keeping all that came after; all steps of the
    /// task where none is named. Where the user has changed the same lines since, theirs stay, and the
    /// event says so. On the task's branch the change is committed, elsewhere left for the user to
    /// commit. What was done is told as [`Event::Undone`].
    ///
    /// What a step adds that is made again is looked through as when it was first committed; where
    /// something is found that the user does not allow for good, the change stays uncommitted, and a
    /// warning says why. What was there before a step is the user's own, and in their history already:
    /// it is committed as it is.
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
        let workspace = &self.work_of(task, workspace).await?;
        if way == Way::Undo {
            steps.reverse();
        }
        let mut walked = Walked::default();
        for step in &steps {
            let (root, id) = (workspace.root.clone(), step.commit.clone());
            let changed = blocking(move || Ok(open(&root)?.changed_by(&id)?)).await;
            walk(workspace, changed.map_err(usage)?, way, &mut walked).await?;
        }
        let subjects: Vec<&str> = steps.iter().map(|step| step.subject.as_str()).collect();
        let verb = if way == Way::Undo { "Undo" } else { "Redo" };
        let message = match subjects.as_slice() {
            [subject] => format!("{verb}: {subject}"),
            several => {
                format!("{verb} {} steps of a task\n\n{}", several.len(), several.join("\n"))
            }
        };
        let branch = steps.first().map(|step| step.branch.clone()).unwrap_or_default();
        let (paths, kept) = (walked.paths(), walked.kept);
        let files = walked.committed.files();
        let objection = match way {
            Way::Undo => None,
            Way::Redo => self.objection(&workspace.root, &files).await?,
        };
        let commit = match objection {
            None => self.commit(workspace, task, &branch, message, files).await?,
            Some(_) => None,
        };
        let event = Event::Undone { step, redo: way == Way::Redo, paths, kept, commit };
        self.0.store.append_and_wait(task, event).await?;
        if let Some(text) = objection {
            self.0.store.append_and_wait(task, Event::Warning { text }).await?;
        }
        Ok(())
    }

    /// Why changes do not belong into the history, as far as the user has not allowed it for good.
    async fn objection(
        &self,
        root: &Path,
        files: &[CommitFile],
    ) -> Result<Option<String>, EngineError> {
        let Engine(inner) = self;
        if let Some((path, provider)) = file_with_key(&inner.settings.key_in, files) {
            return Ok(Some(format!(
                "The change is made again, and not committed: `{path}` holds the key of {provider}. Take the key out of the file, and think about replacing it."
            )));
        }
        let checks = &inner.settings.git.checks;
        let found = not_allowed_for_good(&inner.store, root, files, checks).await?;
        Ok((!found.is_empty()).then(|| {
            format!(
                "The change is made again, and not committed, since it adds what may not belong into the history:{}\nTake that out, or commit it yourself. `git.allowed_findings` in your configuration allows it from now on.",
                in_lines(&found)
            )
        }))
    }

    /// What a task's commits changed, or those of one of its steps, as a unified diff.
    ///
    /// # Errors
    /// [`EngineError::Usage`] where there is no such commit.
    pub async fn diff(
        &self,
        task: TaskId,
        step: Option<u32>,
        root: &Path,
    ) -> Result<String, EngineError> {
        let steps = self.steps(task, step).await?;
        let commits: Vec<String> = steps.into_iter().map(|step| step.commit).collect();
        let root = root.to_owned();
        blocking(move || Ok(open(&root)?.diff_of(&commits)?)).await.map_err(usage)
    }

    /// Brings the task's commits to the branch that it began on, and HEAD with them; what that branch
    /// has got meanwhile is merged in first. The files stay as they are, but for what is merged in. Of
    /// commits that were made on that branch itself, nothing is left to do but to say so.
    /// A branch that the configuration protects has to be named as `onto`. Told as [`Event::Accepted`].
    ///
    /// # Errors
    /// [`EngineError::Usage`] where the branch is protected and not named, or the branches conflict; why
    /// git or the editor refused. Nothing is changed then.
    pub async fn accept(
        &self,
        task: TaskId,
        joining: Option<Joining>,
        onto: Option<&str>,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let _lease = self.hold(task, workspace).await?;
        let steps = self.steps(task, None).await?;
        let joining = joining.unwrap_or(self.0.settings.git.accept);
        if let Some((origin, commit)) = self.cut_off(task, End::Accepted, &steps, workspace).await?
        {
            return self.leave_accepted(task, origin.branch, commit, workspace).await;
        }
        if let Some(own) = self.beside(task, workspace).await? {
            return self.accept_beside(task, joining, onto, &own, workspace).await;
        }
        if let Some(Step { branch, commit, .. }) = steps.last()
            && self.own_origin(task, branch, workspace).await?.is_none()
        {
            let (branch, commit) = (branch.clone(), commit.clone());
            return self.leave_accepted(task, branch, commit, workspace).await;
        }
        let origin = self.origin(task, &steps, workspace).await?;
        self.check_protection(task, &origin, onto)?;
        if joining == Joining::Rebase {
            let (root, to) = (workspace.root.clone(), origin.clone());
            let checked = blocking(move || Ok(open(&root)?.check_rebase(&to)?)).await;
            checked.map_err(usage)?;
        }
        self.bring_in(task, &steps, &origin, workspace).await?;
        let text = self.message_of_all(task, &steps).await?;
        let (root, to, name) = (workspace.root.clone(), origin.clone(), task.to_string());
        let trailers = trailers(task);
        let signing = self.0.settings.signing();
        let commit = blocking(move || {
            let repository = open(&root)?.signed_by(signing);
            Ok(repository.join(&name, &to, in_git(joining), &text, &trailers)?)
        });
        let commit = commit.await.map_err(usage)?;
        self.leave_accepted(task, origin.branch, commit, workspace).await
    }

    /// What a commit of all steps says.
    pub(super) async fn message_of_all(
        &self,
        task: TaskId,
        steps: &[Step],
    ) -> Result<String, EngineError> {
        let prompt = self.summary(task).await?.prompt;
        let subject = prompt.lines().next().unwrap_or_default();
        let lines: String = steps.iter().map(|step| format!("\n- {}", step.subject)).collect();
        Ok(format!("{subject}\n{lines}"))
    }

    /// Commits what was changed, where the task's branch is checked out. The commit's id.
    async fn commit(
        &self,
        workspace: &Workspace,
        task: TaskId,
        branch: &str,
        message: String,
        files: Vec<CommitFile>,
    ) -> Result<Option<String>, EngineError> {
        let (root, branch) = (workspace.root.clone(), branch.to_owned());
        let signing = self.0.settings.signing();
        let request = CommitRequest { files, message, trailers: trailers(task) };
        blocking(move || {
            let repository = open(&root)?.signed_by(signing);
            if request.files.is_empty() || repository.current_branch()? != Some(branch) {
                return Ok(None);
            }
            match repository.commit(&request) {
                Err(VcsError::Nothing { .. }) => Ok(None),
                made => Ok(Some(made?.id)),
            }
        })
        .await
        .map_err(usage)
    }

    /// Work comes to a protected branch only where somebody has looked at it and says so by its name.
    pub(super) fn check_protection(
        &self,
        task: TaskId,
        origin: &Origin,
        onto: Option<&str>,
    ) -> Result<(), EngineError> {
        let branch = &origin.branch;
        if let Some(named) = onto.filter(|named| named != branch) {
            return Err(EngineError::Usage(format!(
                "task {task} began on `{branch}`, not on `{named}`"
            )));
        }
        match self.0.settings.git.protection_of(branch) {
            Some(pattern) if onto.is_none() => Err(EngineError::Usage(format!(
                "`{branch}` is protected (`{pattern}` in git.protected). Nothing was changed. Look at the work with `devika tasks diff {task}`, then accept it with `--onto {branch}`, or push the task's branch for review."
            ))),
            _ => Ok(()),
        }
    }

    /// Takes all of the task's changes back, and HEAD to the branch that it began on. Where the user has
    /// changed the same lines since, theirs stay, and so does the task's branch. Told as
    /// [`Event::Discarded`].
    ///
    /// # Errors
    /// [`EngineError::Usage`] where the task has no branch of its own, or something of it cannot be
    /// taken back; why git or the editor refused.
    pub async fn discard(&self, task: TaskId, workspace: &Workspace) -> Result<(), EngineError> {
        if self.is_beside(task).await? {
            return self.discard_beside(task, workspace).await;
        }
        let steps = self.steps(task, None).await?;
        if let Some((origin, _)) = self.cut_off(task, End::Discarded, &steps, workspace).await? {
            return self.tell_discarded(task, origin.branch).await;
        }
        let origin = self.origin(task, &steps, workspace).await?;
        self.undo(task, None, Way::Undo, workspace).await?;
        let _lease = self.hold(task, workspace).await?;
        self.bring_in(task, &steps, &origin, workspace).await?;
        let (root, to, name) = (workspace.root.clone(), origin.clone(), task.to_string());
        blocking(move || Ok(open(&root)?.leave(&name, &to)?)).await.map_err(usage)?;
        self.tell_discarded(task, origin.branch).await
    }

    async fn tell_discarded(&self, task: TaskId, branch: String) -> Result<(), EngineError> {
        let discarded = Event::Discarded { branch, worktree: None };
        Ok(self.0.store.append_and_wait(task, discarded).await.map(drop)?)
    }

    /// Goes on with an end of the task that was cut off once the user was back on the branch that it began on:
    /// that branch, and the commit that it came to or that was left.
    async fn cut_off(
        &self,
        task: TaskId,
        end: End,
        steps: &[Step],
        workspace: &Workspace,
    ) -> Result<Option<(Origin, String)>, EngineError> {
        let branch = steps.last().map(|step| step.branch.clone()).unwrap_or_default();
        if self.has_landed(task).await? {
            return Ok(None);
        }
        let Some(origin) = self.own_origin(task, &branch, workspace).await? else {
            return Ok(None);
        };
        let (root, name, from) = (workspace.root.clone(), task.to_string(), origin.clone());
        let is_beside = self.is_beside(task).await?;
        let commit = blocking(move || {
            let repository = open(&root)?;
            let commit = repository.cut_off(&name, end, &from, &branch)?;
            // The branch of a worktree goes with it.
            if commit.is_some() && !is_beside {
                repository.remove_branch(&branch)?;
            }
            Ok(commit)
        });
        Ok(commit.await.map_err(usage)?.map(|commit| (origin, commit)))
    }

    /// The right to change the workspace, where the task itself has ended.
    pub(super) async fn hold(
        &self,
        task: TaskId,
        workspace: &Workspace,
    ) -> Result<Lease, EngineError> {
        let summary = self.summary(task).await?;
        let state = summary.state;
        if self.live().contains_key(&task) || !(state.is_terminal() || state.can_resume()) {
            return Err(EngineError::Usage(format!(
                "task {task} is {}; pause or cancel it first",
                word(state)
            )));
        }
        let holder = format!("The end of task {task} in {}", workspace.place);
        let ground = match self.is_beside(task).await? {
            true => self.place_of(task),
            false => workspace.root.clone(),
        };
        let lease = Lease::take(&self.0.settings.leases, &ground, &holder, |_| {}).await;
        lease.map_err(EngineError::Usage)
    }

    /// The steps of a task that were committed, in their order; the one of that number.
    pub(super) async fn steps(
        &self,
        task: TaskId,
        number: Option<u32>,
    ) -> Result<Vec<Step>, EngineError> {
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

    /// Where the task's `branch` began; `None` where it is the branch that it began on.
    async fn own_origin(
        &self,
        task: TaskId,
        branch: &str,
        workspace: &Workspace,
    ) -> Result<Option<Origin>, EngineError> {
        let (root, name) = (workspace.root.clone(), task.to_string());
        let origin = blocking(move || Ok(open(&root)?.origin(&name)?)).await.map_err(usage)?;
        Ok(origin.filter(|origin| origin.branch != branch))
    }

    /// Where the task's branch began, with the task's branch checked out.
    async fn origin(
        &self,
        task: TaskId,
        steps: &[Step],
        workspace: &Workspace,
    ) -> Result<Origin, EngineError> {
        let branch = steps.last().map(|step| step.branch.clone()).unwrap_or_default();
        let root = workspace.root.clone();
        let now = blocking(move || Ok(open(&root)?.current_branch()?)).await.map_err(usage)?;
        let Some(origin) = self.own_origin(task, &branch, workspace).await? else {
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
    pub(super) async fn bring_in(
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
            Merged::OutOfReach(paths) => {
                return Err(EngineError::Usage(format!(
                    "`{}` has got changes that Devika cannot bring in, of files that are no text or outside of this folder: {}. Nothing was changed. Merge it by hand, then try again.",
                    origin.branch,
                    paths.join(", ")
                )));
            }
            Merged::Conflict(paths) => {
                return Err(EngineError::Usage(format!(
                    "`{}` has changed the same lines as the task in {}. Nothing was changed. Merge it by hand, then try again.",
                    origin.branch,
                    paths.join(", ")
                )));
            }
        };
        if files.is_empty() {
            return Ok(());
        }
        let mut walked = Walked::default();
        walk_whole(workspace, files, &mut walked).await.map_err(|error| {
            EngineError::Usage(format!(
                "the task's branch cannot be brought up to date with `{}`. {error}. Nothing was changed. Commit or stash your work, then try again.",
                origin.branch
            ))
        })?;
        let branch = steps.last().map(|step| step.branch.clone()).unwrap_or_default();
        let message = format!("Bring in what is new on {}", origin.branch);
        self.commit(workspace, task, &branch, message, walked.committed.files()).await.map(drop)
    }
}

pub(super) fn in_git(joining: Joining) -> devika_vcs::Joining {
    match joining {
        Joining::Merge => devika_vcs::Joining::Merge,
        Joining::Squash => devika_vcs::Joining::Squash,
        Joining::Rebase => devika_vcs::Joining::Rebase,
    }
}

pub(super) fn trailers(task: TaskId) -> Vec<(String, String)> {
    vec![("Devika-Task".to_owned(), task.to_string())]
}
