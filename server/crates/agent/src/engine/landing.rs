//! How the work of a task that was done beside the user's files comes to them, or is left.

use devika_protocol::{Event, Joining, TaskId};
use devika_vcs::{Origin, Repository};

use super::Engine;
use super::ending::{Step, in_git, trailers};
use super::steps::{Walked, open, usage, walk_whole};
use crate::error::EngineError;
use crate::lease::Lease;
use crate::ports::Workspace;
use crate::stages::commit::blocking;

impl Engine {
    /// Merges the branch of a task into what the user has checked out, files included; the task's worktree
    /// goes. Where a file of the user's is in the way nothing is changed.
    pub(super) async fn accept_beside(
        &self,
        task: TaskId,
        joining: Joining,
        onto: Option<&str>,
        own: &Workspace,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let steps = self.steps(task, None).await?;
        let origin = self.origin_beside(task, &steps, own, workspace).await?;
        self.check_protection(task, &origin, onto)?;
        let holder = format!("The end of task {task} in {}", workspace.place);
        let _lease = Lease::take(&self.0.settings.leases, &workspace.root, &holder, |_| {})
            .await
            .map_err(EngineError::Usage)?;
        let commit = self.joined(task, joining, &steps, &origin, own).await?;
        self.land(task, &origin, &commit, workspace).await?;
        self.leave_accepted(task, origin.branch, commit, workspace).await
    }

    /// Removes what is left beside the user's files of a task whose work has come to them, and says so.
    pub(super) async fn leave_accepted(
        &self,
        task: TaskId,
        branch: String,
        commit: String,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let worktree = match self.is_beside(task).await? {
            true => self.leave_worktree(task, &workspace.root).await?,
            false => None,
        };
        let event = Event::Accepted { branch, commit, worktree };
        Ok(self.0.store.append_and_wait(task, event).await.map(drop)?)
    }

    /// Leaves the work of a task, which the user's files have nothing of; its commits can still be found.
    pub(super) async fn discard_beside(
        &self,
        task: TaskId,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let _lease = self.hold(task, workspace).await?;
        let branch = self.branch_of(task).await.map_err(usage)?;
        let (root, name) = (workspace.root.clone(), task.to_string());
        let now = blocking(move || {
            let repository = open_busy(&root)?;
            if let Some(branch) = branch
                && repository.tip_of(&branch)?.is_some()
            {
                repository.set_aside(&name, &branch)?;
            }
            Ok(repository.current_branch()?.unwrap_or_else(|| "HEAD".to_owned()))
        });
        let branch = now.await.map_err(usage)?;
        let worktree = self.leave_worktree(task, &workspace.root).await?;
        let event = Event::Discarded { branch, worktree };
        Ok(self.0.store.append_and_wait(task, event).await.map(drop)?)
    }

    /// Where the task began, with that branch checked out by the user and the task's in its worktree.
    async fn origin_beside(
        &self,
        task: TaskId,
        steps: &[Step],
        own: &Workspace,
        workspace: &Workspace,
    ) -> Result<Origin, EngineError> {
        let branch = steps.last().map(|step| step.branch.clone()).unwrap_or_default();
        let (root, theirs, name) = (own.root.clone(), workspace.root.clone(), task.to_string());
        let looked = blocking(move || {
            let (own, user) = (open(&root)?, open(&theirs)?);
            Ok((own.origin(&name)?, own.current_branch()?, user.current_branch()?))
        });
        let (origin, own_branch, users_branch) = looked.await.map_err(usage)?;
        let Some(origin) = origin else {
            return Err(EngineError::Usage(format!(
                "task {task} began where no branch was checked out. Merge `{branch}` by hand, then discard the task"
            )));
        };
        if own_branch.as_deref() != Some(&branch) {
            return Err(EngineError::Usage(format!(
                "the worktree of task {task} ({}) is no longer on `{branch}`. Check that out there first",
                own.root.display()
            )));
        }
        if users_branch.as_deref() != Some(&origin.branch) {
            return Err(EngineError::Usage(format!(
                "task {task} began on `{}`, which is not checked out in {}. Check it out first, or merge `{branch}` by hand",
                origin.branch,
                workspace.root.display()
            )));
        }
        Ok(origin)
    }

    /// The commit that the user's branch is to come to.
    async fn joined(
        &self,
        task: TaskId,
        joining: Joining,
        steps: &[Step],
        origin: &Origin,
        own: &Workspace,
    ) -> Result<String, EngineError> {
        if joining == Joining::Rebase {
            let (root, to) = (own.root.clone(), origin.clone());
            let checked = blocking(move || Ok(open(&root)?.check_rebase(&to)?)).await;
            checked.map_err(usage)?;
        }
        self.bring_in(task, steps, origin, own).await?;
        let text = self.message_of_all(task, steps).await?;
        let (root, to, signing) = (own.root.clone(), origin.clone(), self.0.settings.signing());
        let joined = blocking(move || {
            let repository = open(&root)?.signed_by(signing);
            Ok(repository.joined(&to, in_git(joining), &text, &trailers(task))?)
        });
        joined.await.map_err(usage)
    }

    /// Changes the user's files as a commit has it, all or none, and moves their branch on to it.
    async fn land(
        &self,
        task: TaskId,
        origin: &Origin,
        commit: &str,
        workspace: &Workspace,
    ) -> Result<(), EngineError> {
        let (root, id) = (workspace.root.clone(), commit.to_owned());
        let changed = blocking(move || Ok(open(&root)?.changed_up_to(&id)?)).await;
        let changed = changed.map_err(usage)?;
        let beyond = [changed.odd, changed.outside].concat();
        if !beyond.is_empty() {
            return Err(EngineError::Usage(format!(
                "task {task} has changed files that are no text, or outside of this folder: {}. Nothing was changed. Merge its branch by hand, then discard the task",
                beyond.join(", ")
            )));
        }
        walk_whole(workspace, changed.files, &mut Walked::default()).await.map_err(|error| {
            EngineError::Usage(format!(
                "the work of task {task} cannot come into your files. {error}. Nothing was changed. Commit or stash your work, then try again."
            ))
        })?;
        let (root, branch, id) = (workspace.root.clone(), origin.branch.clone(), commit.to_owned());
        let name = task.to_string();
        blocking(move || Ok(open(&root)?.land(&name, &branch, &id)?)).await.map_err(|stop| {
            EngineError::Usage(format!(
                "the work of task {task} is in your files, and not on `{}` yet: {}. Accept it again then.",
                origin.branch,
                usage(stop)
            ))
        })
    }
}

fn open_busy(root: &std::path::Path) -> Result<Repository, crate::error::Stop> {
    Repository::open_busy(root)?
        .ok_or_else(|| crate::error::Stop::Failed("there is no git repository".to_owned()))
}
