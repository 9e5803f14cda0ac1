//! Where a task works: in the folder that the user has open, or beside it in a worktree of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use devika_protocol::{Event, GitMode, TaskId, TaskState, TaskSummary};
use devika_vcs::Repository;

use super::Engine;
use super::steps::usage;
use crate::disk_editor::DiskEditor;
use crate::error::{EngineError, Stop};
use crate::ports::{Editor as _, Workspace};
use crate::queue::Lane;
use crate::settings::Settings;
use crate::stages::commit::{BRANCH, blocking, no_repository};

/// What the folder of a task begins with, before its number.
const FOLDER: &str = "task-";

/// Files that are named to the user at the most.
const NAMED: usize = 5;

impl Engine {
    /// Where a new task works. Where worktrees are configured, a folder in which there is nothing to be
    /// kept apart (no repository, or neither a commit nor a file) is worked in itself; where the user asks
    /// for one for this task, it is refused there.
    pub(super) async fn choose_git_mode(
        &self,
        wanted: Option<GitMode>,
        root: &Path,
    ) -> Result<GitMode, EngineError> {
        let mode = wanted.unwrap_or(self.0.settings.git.mode);
        if mode != GitMode::Worktree {
            return Ok(mode);
        }
        let root = root.to_owned();
        let chosen = blocking(move || {
            let Some(repository) = Repository::open_busy(&root)? else {
                return match wanted {
                    Some(_) => Err(Stop::Failed(no_repository(&root))),
                    None => Ok(GitMode::TaskBranch),
                };
            };
            let is_empty = || DiskEditor::new(root.clone()).snapshot().list(1).is_empty();
            if wanted.is_none() && repository.head()?.is_none() && is_empty() {
                return Ok(GitMode::TaskBranch);
            }
            repository.check_worktree()?;
            Ok(GitMode::Worktree)
        });
        chosen.await.map_err(usage)
    }

    /// The lane that a task waits in.
    pub(super) fn lane(&self, root: &Path, git: Option<GitMode>) -> Lane {
        let beside = git == Some(GitMode::Worktree);
        let width = if beside { self.0.settings.tasks.parallel } else { 1 };
        Lane { root: root.to_owned(), width, beside }
    }

    /// The folder that a task works on alone: the user's, or that of its own worktree.
    pub(super) fn ground(&self, task: &TaskSummary, root: &Path) -> PathBuf {
        match task.git {
            Some(GitMode::Worktree) => self.place_of(task.id),
            _ => root.to_owned(),
        }
    }

    /// Where the worktree of a task is, in a folder that is called as the project is.
    pub(super) fn place_of(&self, task: TaskId) -> PathBuf {
        self.0.settings.worktrees.join(format!("{FOLDER}{task}"))
    }

    /// What a task works under: where it commits is settled when it is made.
    pub(super) fn settings_of(&self, task: &TaskSummary) -> Settings {
        let mut settings = Settings::clone(&self.0.settings);
        settings.git.mode = match (task.git, settings.git.mode) {
            (Some(mode), _) => mode,
            // A task of an older version worked in the user's files.
            (None, GitMode::Worktree) => GitMode::TaskBranch,
            (None, mode) => mode,
        };
        settings
    }

    /// The worktree of a task, made where it is not there; none where the task works in the user's files.
    pub(super) async fn settle_in(
        &self,
        task: &TaskSummary,
        workspace: &Workspace,
    ) -> Result<Option<Workspace>, Stop> {
        if task.git != Some(GitMode::Worktree) {
            return Ok(None);
        }
        self.sweep().await;
        let branch = self.branch_of(task.id).await?;
        let (root, place, name) =
            (workspace.root.clone(), self.place_of(task.id), task.id.to_string());
        let own = blocking(move || {
            let repository =
                Repository::open_busy(&root)?.ok_or_else(|| Stop::Failed(no_repository(&root)))?;
            let at_work = repository.at_work()?;
            repository.remember_origin(&name)?;
            drop(at_work);
            Ok(repository.worktree(&name, &place, branch.as_deref())?)
        });
        let root = own.await?;
        let editor = Arc::new(DiskEditor::new(root.clone()));
        Ok(Some(Workspace { root, editor, ..workspace.clone() }))
    }

    /// The worktree that the work of a task is in, after its end: none where the task works in the user's
    /// files, or its work has come there.
    pub(super) async fn beside(
        &self,
        task: TaskId,
        workspace: &Workspace,
    ) -> Result<Option<Workspace>, EngineError> {
        match self.is_beside(task).await? {
            true => {
                let summary = self.summary(task).await?;
                self.settle_in(&summary, workspace).await.map_err(usage)
            }
            false => Ok(None),
        }
    }

    /// Whether the work of a task is in a worktree of its own.
    pub(super) async fn is_beside(&self, task: TaskId) -> Result<bool, EngineError> {
        let git = self.summary(task).await?.git;
        Ok(git == Some(GitMode::Worktree) && !self.has_landed(task).await?)
    }

    /// Where the work of a task is, after its end.
    pub(super) async fn work_of(
        &self,
        task: TaskId,
        workspace: &Workspace,
    ) -> Result<Workspace, EngineError> {
        Ok(self.beside(task, workspace).await?.unwrap_or_else(|| workspace.clone()))
    }

    /// Whether the user has accepted or discarded the task.
    pub(super) async fn has_landed(&self, task: TaskId) -> Result<bool, EngineError> {
        let events = self.0.store.events(task).await?;
        let is_end =
            |event: &Event| matches!(event, Event::Accepted { .. } | Event::Discarded { .. });
        Ok(events.iter().any(|record| is_end(&record.event)))
    }

    async fn has_committed(&self, task: TaskId) -> Result<bool, EngineError> {
        let events = self.0.store.events(task).await?;
        Ok(events.iter().any(|record| matches!(record.event, Event::Committed { .. })))
    }

    /// The branch that a task has begun.
    pub(super) async fn branch_of(&self, task: TaskId) -> Result<Option<String>, Stop> {
        let entries = self.0.store.entries(task).await?;
        let begun = entries.into_iter().find(|entry| entry.key == BRANCH);
        Ok(begun.and_then(|entry| entry.outcome?.as_str().map(str::to_owned)))
    }

    /// Tells the user what a task does not see, since it begins at the last commit.
    pub(super) async fn tell_of_uncommitted(&self, task: TaskId, root: &Path) -> Result<(), Stop> {
        let root = root.to_owned();
        let names = blocking(move || {
            let repository = Repository::open_busy(&root)?;
            Ok(repository.map(|it| it.uncommitted()).transpose()?.unwrap_or_default())
        });
        let names = names.await?;
        if !names.is_empty() {
            let text = format!(
                "The task begins at your last commit. Not in its worktree, since not committed: {}.",
                listed(&names)
            );
            self.0.store.append(task, Event::Warning { text });
        }
        Ok(())
    }

    /// Removes the worktree of a task that has come to its end without a commit, unless something is in it.
    pub(super) async fn tidy_up(&self, task: TaskId, root: &Path) {
        if !self.place_of(task).exists() || self.has_committed(task).await.unwrap_or(true) {
            return;
        }
        if let Err(error) = self.leave_worktree(task, root).await {
            tracing::warn!(%task, %error, "the worktree of a task stays");
        }
    }

    /// Removes the worktree of a task, and its branch. Where something in it is not committed, or it cannot
    /// be removed, it stays, and the user is told: its folder.
    pub(super) async fn leave_worktree(
        &self,
        task: TaskId,
        root: &Path,
    ) -> Result<Option<String>, EngineError> {
        let branch = self.branch_of(task).await.map_err(usage)?;
        let (root, place) = (root.to_owned(), self.place_of(task));
        let folder = place.display().to_string();
        let kept = blocking(move || {
            let repository =
                Repository::open_busy(&root)?.ok_or_else(|| Stop::Failed(no_repository(&root)))?;
            let kept = repository.remove_worktree(&place)?;
            if let (Some(branch), true) = (branch, kept.is_empty()) {
                repository.remove_branch(&branch)?;
            }
            Ok(kept)
        });
        let text = match kept.await.map_err(usage) {
            Ok(kept) if kept.is_empty() => return Ok(None),
            Ok(kept) => format!(
                "The task's worktree stays in {folder}, since not all in it is committed: {}. Take from it what you need; `git worktree remove --force` removes it.",
                listed(&kept)
            ),
            Err(error) => format!("The task's worktree cannot be removed from {folder}: {error}."),
        };
        self.0.store.append(task, Event::Warning { text });
        Ok(Some(folder))
    }

    /// Removes worktrees that a crash left: of tasks that have come to their end and whose work, if there
    /// is any, was accepted or discarded. What is not committed stays.
    async fn sweep(&self) {
        let worktrees = self.0.settings.worktrees.clone();
        let places = blocking(move || {
            let entries = worktrees.read_dir().into_iter().flatten().flatten();
            Ok(entries.map(|entry| entry.path()).collect::<Vec<_>>())
        });
        for place in places.await.unwrap_or_default() {
            let name = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let number =
                name.strip_prefix(FOLDER).and_then(|name| name.split('.').next()?.parse().ok());
            let Some(task) = number.map(TaskId) else { continue };
            if self.is_over(task).await.unwrap_or(false)
                && let Err(error) = blocking(move || sweep_place(&place)).await.map_err(usage)
            {
                tracing::warn!(%task, %error, "a worktree that was left stays");
            }
        }
    }

    /// Whether nothing more can become of a task that would need its worktree.
    async fn is_over(&self, task: TaskId) -> Result<bool, EngineError> {
        let Some(summary) = self.0.store.task(task).await? else { return Ok(true) };
        let has_ended = matches!(summary.state, TaskState::Completed | TaskState::Cancelled);
        Ok(has_ended && (self.has_landed(task).await? || !self.has_committed(task).await?))
    }
}

/// Removes the worktree in a place, where all in it is committed; a place that was being removed goes.
fn sweep_place(place: &Path) -> Result<(), Stop> {
    if place.extension().is_some() {
        return std::fs::remove_dir_all(place).map_err(|error| Stop::Failed(error.to_string()));
    }
    for folder in place.read_dir().into_iter().flatten().flatten().map(|entry| entry.path()) {
        if let Some(repository) = Repository::open_busy(&folder)? {
            repository.remove_worktree(place)?;
        }
    }
    Ok(())
}

/// The first of some names.
fn listed(names: &[String]) -> String {
    let first = names.iter().take(NAMED).map(|name| format!("`{name}`"));
    let first = first.collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
