//! Work trees of tasks' own, linked to the user's repository: each in a folder of its own, at a commit of
//! the user's, with its own index and HEAD. What the user has checked out is not touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use git2::{
    BranchType, Config, IndexEntryExtendedFlag, RepositoryState, StatusOptions, WorktreeAddOptions,
    WorktreePruneOptions,
};

use crate::{End, Repository, VcsError, at_work::failed};

/// The file among a work tree's private ones which says that it is whole.
const WHOLE: &str = "devika-task";

/// What the name of a folder ends with that is being removed.
const GOING: &str = "going";

/// The mode of another repository's commit in the index.
const SUBMODULE: u32 = 0o160_000;

/// More work trees of one name are a sign of something that goes wrong again and again.
const MAX_NUMBER: u32 = 100;

/// Files that are named where they are not committed, at the most.
const MAX_NAMED: usize = 20;

impl Repository {
    /// Whether a task can have a work tree of its own: what is in the commit is all that it needs.
    ///
    /// # Errors
    /// [`VcsError::Worktree`] where it is not: no commit yet, submodules, a sparse checkout, a root that is
    /// not committed. [`VcsError::SparseIndex`], [`VcsError::Other`].
    pub fn check_worktree(&self) -> Result<(), VcsError> {
        let refuse = |why: &str| Err(VcsError::Worktree { why: why.to_owned() });
        let Some(commit) = self.read_head()?.commit else {
            return refuse(
                "there is no commit yet that it could begin at. Commit what you have first",
            );
        };
        let tree = self.git.find_commit(commit)?.tree()?;
        if !self.prefix.as_os_str().is_empty() && tree.get_path(&self.prefix).is_err() {
            return refuse(
                "the folder that is open is not committed. Commit it, or open the repository itself",
            );
        }
        let config = Config::open(&self.git.commondir().join("config"))?;
        if config.get_entry("core.worktree").is_ok() {
            return refuse("the repository is a submodule of another one. Open a clone of its own");
        }
        for entry in self.git.index()?.iter() {
            if entry.mode == SUBMODULE {
                return refuse("the repository has submodules, whose files would be missing in it");
            }
            let extended = IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended);
            if extended.contains(IndexEntryExtendedFlag::SKIP_WORKTREE) {
                return refuse(
                    "the checkout is sparse, and it would hold all files. Run `git sparse-checkout disable` first",
                );
            }
        }
        Ok(())
    }

    /// The root in the work tree of a task, which is in a folder of `place` that is called as the user's
    /// is; made where it is not there, at HEAD's commit and on no branch, or on `branch`. What a crash left
    /// half made is made anew.
    ///
    /// # Errors
    /// [`VcsError::Worktree`], also where the branch is checked out elsewhere; [`VcsError::Locked`],
    /// [`VcsError::Other`] where the disk is full or cannot be written.
    pub fn worktree(
        &self,
        task: &str,
        place: &Path,
        branch: Option<&str>,
    ) -> Result<PathBuf, VcsError> {
        let folder = self.folder_in(place)?;
        if !is_whole(&folder) {
            self.check_worktree()?;
            let name = self.free_name(task, &folder)?;
            fs::create_dir_all(place).map_err(|error| failed(place, &error))?;
            let all = self.git.commondir().join("worktrees");
            fs::create_dir_all(&all).map_err(|error| failed(&all, &error))?;
            match branch {
                Some(branch) => self.check_out(&name, &folder, branch)?,
                None => self.check_out_detached(&name, &folder, task)?,
            }
            let mark = all.join(&name).join(WHOLE);
            fs::write(&mark, task).map_err(|error| failed(&mark, &error))?;
        }
        let root = folder.join(&self.prefix);
        root.canonicalize().map_err(|error| failed(&root, &error))
    }

    /// What is not committed in this work tree, or would be lost with it; at most 20 names.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn uncommitted(&self) -> Result<Vec<String>, VcsError> {
        let mut options = StatusOptions::new();
        options.include_untracked(true).exclude_submodules(true);
        let statuses = self.git.statuses(Some(&mut options))?;
        let paths = statuses.iter().map(|it| String::from_utf8_lossy(it.path_bytes()).into_owned());
        let mut names: Vec<String> = paths.take(MAX_NAMED).collect();
        if self.git.state() != RepositoryState::Clean {
            names.push("a merge or the like that is half done".to_owned());
        }
        Ok(names)
    }

    /// Removes the work tree of a task, unless something in it is not committed: what that is. Nothing
    /// where it is gone, or was gone.
    ///
    /// # Errors
    /// [`VcsError`] where it cannot be looked at or removed.
    pub fn remove_worktree(&self, place: &Path) -> Result<Vec<String>, VcsError> {
        let folder = self.folder_in(place)?;
        if is_whole(&folder) {
            let kept = self.held_back(&folder)?;
            if !kept.is_empty() {
                return Ok(kept);
            }
            // From now on it is no work tree, whenever the power fails.
            let going = place.with_extension(GOING);
            remove_all(&going)?;
            let name = self.name_of(&folder);
            fs::rename(place, &going).map_err(|error| failed(place, &error))?;
            if let Some(name) = name {
                let mut options = WorktreePruneOptions::new();
                self.git.find_worktree(&name)?.prune(Some(options.valid(true).locked(true)))?;
            }
            remove_all(&going)?;
        }
        Ok(Vec::new())
    }

    /// Removes a branch of a task.
    ///
    /// # Errors
    /// [`VcsError::Locked`], [`VcsError::Other`].
    pub fn remove_branch(&self, branch: &str) -> Result<(), VcsError> {
        let _at_work = self.at_work()?;
        let name = format!("refs/heads/{branch}");
        if self.has_reference(&name)? {
            self.git.find_reference(&name)?.delete()?;
        }
        Ok(())
    }

    /// Keeps the commits of a task that is discarded under a reference of their own.
    ///
    /// # Errors
    /// [`VcsError::Other`], also where there is no such branch.
    pub fn set_aside(&self, task: &str, branch: &str) -> Result<(), VcsError> {
        let _at_work = self.at_work()?;
        self.note_end(task, End::Discarded, self.tip(branch)?)
    }

    fn folder_in(&self, place: &Path) -> Result<PathBuf, VcsError> {
        let name = self.git.workdir().and_then(Path::file_name);
        name.map(|name| place.join(name))
            .ok_or_else(|| VcsError::Bare { path: self.git.path().into() })
    }

    /// What would be lost with a work tree.
    fn held_back(&self, folder: &Path) -> Result<Vec<String>, VcsError> {
        let Some(own) = Self::open_busy(folder)? else { return Ok(Vec::new()) };
        let mut names = own.uncommitted()?;
        let head = own.read_head()?;
        if let (Some(commit), "HEAD") = (head.commit, head.reference.as_str())
            && !self.is_on_a_branch(commit)?
        {
            names.push(format!("the commit {commit:.10}, which is on no branch"));
        }
        Ok(names)
    }

    fn is_on_a_branch(&self, commit: git2::Oid) -> Result<bool, VcsError> {
        if self.read_head()?.commit.is_some_and(|head| self.holds(head, commit)) {
            return Ok(true);
        }
        for branch in self.git.branches(None)? {
            let tip = branch?.0.get().peel_to_commit().map(|commit| commit.id());
            if tip.is_ok_and(|tip| self.holds(tip, commit)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A name for the work tree's private files that is free; what a crash left under it is removed.
    fn free_name(&self, task: &str, folder: &Path) -> Result<String, VcsError> {
        let all = self.git.commondir().join("worktrees");
        let numbered = (2..=MAX_NUMBER).map(|number| format!("devika-{task}-{number}"));
        for name in std::iter::once(format!("devika-{task}")).chain(numbered) {
            let own = all.join(&name);
            let leads_to = fs::read_to_string(own.join("gitdir")).unwrap_or_default();
            let leads_to = Path::new(leads_to.trim_end()).canonicalize().ok();
            if leads_to.is_some() && leads_to != folder.join(".git").canonicalize().ok() {
                continue;
            }
            let is_half_made = own.exists() && !own.join(WHOLE).exists();
            if is_half_made {
                remove_all(folder)?;
            }
            if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
                let why = format!(
                    "{} is there, and the repository no longer knows it. Take from it what you need, and remove it",
                    folder.display()
                );
                return Err(VcsError::Worktree { why });
            }
            remove_all(&own)?;
            return Ok(name);
        }
        Err(VcsError::Other(format!("there are {MAX_NUMBER} worktrees `devika-{task}`")))
    }

    fn check_out(&self, name: &str, folder: &Path, branch: &str) -> Result<(), VcsError> {
        let branch = self.git.find_branch(branch, BranchType::Local)?.into_reference();
        // An empty folder is what a crash left; git wants to make it itself.
        remove_all(folder)?;
        let mut options = WorktreeAddOptions::new();
        self.git.worktree(name, folder, Some(options.reference(Some(&branch))))?;
        Ok(())
    }

    /// libgit2 makes work trees of branches only: a branch is made for it, and removed.
    fn check_out_detached(&self, name: &str, folder: &Path, task: &str) -> Result<(), VcsError> {
        let base = self.base(task)?.map_or_else(|| self.head_commit(), Ok)?;
        let commit = self.git.find_commit(base)?;
        let branch = match self.has_reference("refs/heads/devika")? {
            true => format!("devika-begins-{task}"),
            false => format!("devika/begins-{task}"),
        };
        {
            let _at_work = self.at_work()?;
            self.git.branch(&branch, &commit, true)?;
        }
        self.check_out(name, folder, &branch)?;
        git2::Repository::open(folder)?.set_head_detached(commit.id())?;
        self.remove_branch(&branch)
    }

    /// The name that the repository knows a work tree by.
    fn name_of(&self, folder: &Path) -> Option<String> {
        let names = self.git.worktrees().ok()?;
        let is_it = |name: &&str| {
            self.git
                .find_worktree(name)
                .is_ok_and(|found| found.path().canonicalize().ok() == folder.canonicalize().ok())
        };
        names.iter().filter_map(Result::ok).flatten().find(is_it).map(str::to_owned)
    }
}

/// Whether a folder is the whole work tree of a task.
fn is_whole(folder: &Path) -> bool {
    let link = fs::read_to_string(folder.join(".git")).unwrap_or_default();
    link.strip_prefix("gitdir:").is_some_and(|own| Path::new(own.trim()).join(WHOLE).is_file())
}

fn remove_all(folder: &Path) -> Result<(), VcsError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(folder, &error)),
        _ => Ok(()),
    }
}
