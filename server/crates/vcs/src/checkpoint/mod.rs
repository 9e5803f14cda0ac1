//! Checkpoints: what the work tree held at one moment, under a reference of its own that no list of
//! branches shows. Neither the user's index nor HEAD nor a file is touched.
//!
//! A checkpoint of a task is `refs/devika/<task>/<name>`, a commit on top of HEAD's. The name is a
//! number, or one with a second number where the same was kept twice: `3`, `3.2`; what a command left is
//! `3-after`, and what was there before files were put back `restore-1`.

mod collect;
mod restore;
mod stamp;
mod state;
mod submodule;
mod walk;

use std::collections::HashSet;
use std::time::Duration;

use git2::{ErrorCode, Oid};

pub use self::state::Touched;
use self::state::{Bounds, State};
use crate::{Repository, VcsError};

/// Where the references of all tasks are.
const REFERENCES: &str = "refs/devika/";

/// How what was there before files were put back is called, before its number.
const BEFORE_RESTORE: &str = "restore-";

/// How what a command left is called, behind the name of what was there before it.
const AFTER: &str = "-after";

/// The lines of a checkpoint's message that are read again.
const BYTES: &str = "Bytes: ";
const LEFT_OUT: &str = "Left out: ";

/// More of one name are a sign of something that goes wrong again and again.
const MAX_NUMBER: u32 = 1_000;

/// What a checkpoint leaves out, and how long checkpoints stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckpointLimits {
    /// Bytes of one file at the most; a larger one is left out, unless git has it as it is.
    pub file_bytes: u64,
    /// How long checkpoints are kept.
    pub keep: Duration,
    /// The share of the free disk, in percent, that what the checkpoints of a repository hold may take:
    /// each file once, in bytes as it is on disk, which git packs into less, and without those that the
    /// user's commits and index have anyway. What no checkpoint holds any more git removes in its own time.
    pub disk_percent: u64,
}

/// What the work tree held at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its name among those of its task: `3`.
    pub name: String,
    /// The id of its commit.
    pub commit: String,
    /// When it was made, in seconds since 1970.
    pub at: i64,
    /// Bytes of the files that it was the first to keep.
    pub bytes: u64,
    /// What is not in it although git does not ignore it, each with the reason.
    pub left_out: Vec<String>,
}

/// A checkpoint with what only git knows it by.
#[derive(Debug)]
struct Kept {
    reference: String,
    task: String,
    tree: Oid,
    /// The tree of the commit that it was made on.
    base: Option<Oid>,
    checkpoint: Checkpoint,
}

impl Repository {
    /// Keeps what is below the root now, as the checkpoint of this number of a task: files that git
    /// tracks and those that it does not, but none that it ignores. Where there is one of this number
    /// that holds the same, that one is the answer; where it holds something else, as when a crash came
    /// between and the user worked on, another is made beside it.
    ///
    /// Checkpoints that are too old are removed first, and the oldest of other tasks where there is no
    /// room.
    ///
    /// # Errors
    /// [`VcsError::NoRoom`], [`VcsError::Locked`] where another Devika is at work in the repository,
    /// [`VcsError::Other`] where the disk is full or cannot be written.
    pub fn checkpoint(
        &self,
        task: &str,
        number: u32,
        limits: CheckpointLimits,
    ) -> Result<Checkpoint, VcsError> {
        self.keep(task, &number.to_string(), limits)
    }

    /// [`checkpoint`](Self::checkpoint), of what is there after what followed another one.
    ///
    /// # Errors
    /// Those of [`checkpoint`](Self::checkpoint).
    pub fn checkpoint_after(
        &self,
        task: &str,
        before: &Checkpoint,
        limits: CheckpointLimits,
    ) -> Result<Checkpoint, VcsError> {
        self.keep(task, &format!("{}{AFTER}", before.name), limits)
    }

    /// The checkpoint after another one; none where there is none.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn after(&self, task: &str, before: &Checkpoint) -> Result<Option<Checkpoint>, VcsError> {
        let kept = self.kept(&format!("{REFERENCES}{task}/{}{AFTER}", before.name))?;
        Ok(kept.map(|kept| kept.checkpoint))
    }

    /// [`checkpoint`](Self::checkpoint), of what is there before files are put back.
    ///
    /// # Errors
    /// Those of [`checkpoint`](Self::checkpoint).
    pub fn checkpoint_before_restore(
        &self,
        task: &str,
        limits: CheckpointLimits,
    ) -> Result<Checkpoint, VcsError> {
        let past = self.checkpoints(task)?;
        let is_before = |kept: &&Checkpoint| kept.name.starts_with(BEFORE_RESTORE);
        let number = past.iter().filter(is_before).count() + 1;
        self.keep(task, &format!("{BEFORE_RESTORE}{number}"), limits)
    }

    /// The checkpoints of a task, the oldest first.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn checkpoints(&self, task: &str) -> Result<Vec<Checkpoint>, VcsError> {
        let all = self.all_checkpoints()?.into_iter();
        Ok(all.filter(|kept| kept.task == task).map(|kept| kept.checkpoint).collect())
    }

    fn keep(
        &self,
        task: &str,
        name: &str,
        limits: CheckpointLimits,
    ) -> Result<Checkpoint, VcsError> {
        let _at_work = self.at_work()?;
        self.remove_old(limits.keep)?;
        let State { tree, bytes, left_out } = self.keep_within(task, limits)?;
        let numbered = (2..=MAX_NUMBER).map(|number| format!("{name}.{number}"));
        for candidate in std::iter::once(name.to_owned()).chain(numbered) {
            let reference = format!("{REFERENCES}{task}/{candidate}");
            match self.kept(&reference)? {
                Some(past) if past.tree == tree => return Ok(past.checkpoint),
                Some(_) => {}
                None => return self.name_it(&reference, tree, bytes, &left_out),
            }
        }
        Err(VcsError::Other(format!("there are {MAX_NUMBER} checkpoints `{name}` of task {task}")))
    }

    /// Keeps what is there, and makes room for it where that is needed and can be had.
    fn keep_within(&self, task: &str, limits: CheckpointLimits) -> Result<State, VcsError> {
        loop {
            let all = self.all_checkpoints()?;
            let taken = self.held_bytes(&all)?;
            let share = self.share_of_disk(limits.disk_percent);
            let bounds =
                Bounds { file_bytes: limits.file_bytes, room: share.saturating_sub(taken) };
            let held: HashSet<Oid> = all.iter().map(|kept| kept.tree).collect();
            match self.keep_state(bounds, &held) {
                Err(VcsError::NoRoom { .. }) if self.remove_oldest(&all, task)? => {}
                outcome => return outcome,
            }
        }
    }

    fn name_it(
        &self,
        reference: &str,
        tree: Oid,
        bytes: u64,
        left_out: &[String],
    ) -> Result<Checkpoint, VcsError> {
        let mut text = format!("A checkpoint: {reference}\n\n{BYTES}{bytes}\n");
        for path in left_out {
            text.push_str(&format!("{LEFT_OUT}{}\n", path.replace(['\n', '\r'], " ")));
        }
        let author = git2::Signature::now("Devika", "devika@localhost")?;
        let head = self.read_head()?.commit.map(|id| self.git.find_commit(id)).transpose()?;
        let tree = self.git.find_tree(tree)?;
        let parents = Vec::from_iter(&head);
        let id = self.git.commit(None, &author, &author, &text, &tree, &parents)?;
        self.git.reference(reference, id, false, "a checkpoint")?;
        let kept = self.kept(reference)?;
        kept.map(|kept| kept.checkpoint)
            .ok_or_else(|| VcsError::Other(format!("{reference} cannot be read again")))
    }

    /// Those of all tasks, the oldest first.
    fn all_checkpoints(&self) -> Result<Vec<Kept>, VcsError> {
        let mut all = Vec::new();
        for reference in self.git.references_glob(&format!("{REFERENCES}*/*"))? {
            if let Ok(name) = reference?.name() {
                all.extend(self.kept(name)?);
            }
        }
        all.sort_by(|a, b| {
            (a.checkpoint.at, a.number(), &a.reference).cmp(&(
                b.checkpoint.at,
                b.number(),
                &b.reference,
            ))
        });
        Ok(all)
    }

    /// The checkpoint under a reference; none where there is none.
    fn kept(&self, reference: &str) -> Result<Option<Kept>, VcsError> {
        let Some((task, name)) =
            reference.strip_prefix(REFERENCES).and_then(|below| below.split_once('/'))
        else {
            return Ok(None);
        };
        if !is_name(name) {
            return Ok(None);
        }
        let found = match self.git.find_reference(reference) {
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            found => found?,
        };
        let commit = found.peel_to_commit()?;
        let text = commit.message().unwrap_or_default();
        let values = |label| text.lines().filter_map(move |line| line.strip_prefix(label));
        let checkpoint = Checkpoint {
            name: name.to_owned(),
            commit: commit.id().to_string(),
            at: commit.time().seconds(),
            bytes: values(BYTES).next().and_then(|bytes| bytes.parse().ok()).unwrap_or_default(),
            left_out: values(LEFT_OUT).map(str::to_owned).collect(),
        };
        let (reference, task) = (reference.to_owned(), task.to_owned());
        let base = commit.parents().next().map(|parent| parent.tree_id());
        Ok(Some(Kept { reference, task, tree: commit.tree_id(), base, checkpoint }))
    }
}

impl Kept {
    /// Orders those of the same second: `2` before `10`.
    fn number(&self) -> (u32, u32) {
        let name = self.checkpoint.name.trim_end_matches(AFTER);
        let (number, again) = name.split_once('.').unwrap_or((name, "1"));
        (number.parse().unwrap_or(u32::MAX), again.parse().unwrap_or(u32::MAX))
    }
}

/// Whether a reference of a task is a checkpoint's: others tell where the task began and ended.
fn is_name(name: &str) -> bool {
    let number = name.strip_prefix(BEFORE_RESTORE).or(name.strip_suffix(AFTER)).unwrap_or(name);
    !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}
