//! Opening and making repositories.

use std::path::{Path, PathBuf};

use git2::{
    Config, ConfigLevel, ErrorCode, RepositoryInitOptions, RepositoryOpenFlags, RepositoryState,
};

use crate::{Signing, VcsError, place};

/// A repository whose work tree contains the root.
///
/// The root may be a folder of a bigger repository. Paths in requests are relative to the root
/// then, and only files below it can be committed.
pub struct Repository {
    pub(crate) git: git2::Repository,
    /// The root, relative to the work tree.
    pub(crate) prefix: PathBuf,
    /// How commits are signed, where they may be.
    pub(crate) signing: Option<Signing>,
}

impl Repository {
    /// The repository that `root` is in; none where there is no repository, or where the one
    /// around it ignores the root. Locks that a Devika left in it which was
    /// killed are taken away.
    ///
    /// # Errors
    /// [`VcsError::Bare`], [`VcsError::Broken`], [`VcsError::Foreign`], [`VcsError::Owner`],
    /// [`VcsError::InProgress`].
    pub fn open(root: &Path) -> Result<Option<Self>, VcsError> {
        let found = Self::open_busy(root)?;
        found.iter().try_for_each(Self::check_idle)?;
        Ok(found)
    }

    /// [`open`](Self::open), also in the midst of a merge or the like of the user's: for what leaves
    /// branches, HEAD and the index as they are.
    ///
    /// # Errors
    /// Those of [`open`](Self::open), but for [`VcsError::InProgress`].
    pub fn open_busy(root: &Path) -> Result<Option<Self>, VcsError> {
        let root = root
            .canonicalize()
            .map_err(|error| VcsError::Broken { path: root.into(), why: error.to_string() })?;
        // Not from the environment, and not across file systems.
        let found = git2::Repository::open_ext(
            &root,
            RepositoryOpenFlags::empty(),
            std::iter::empty::<&Path>(),
        );
        let git = match found {
            Ok(git) => git,
            Err(error) => return place::explain_missing(&root, &error).map(|()| None),
        };
        let prefix = place::check(&git, &root)?;
        let repository = Self { git, prefix, signing: None };
        repository.sweep();
        repository.forget_system_configuration()?;
        if !repository.prefix.as_os_str().is_empty()
            && repository.git.is_path_ignored(&repository.prefix)?
        {
            return Ok(None);
        }
        repository.check_head()?;
        Ok(Some(repository))
    }

    /// Makes a repository at `root`, with the branch `main` and no template.
    ///
    /// # Errors
    /// [`VcsError::Other`], also where there is one already.
    pub fn init(root: &Path) -> Result<Self, VcsError> {
        let mut options = RepositoryInitOptions::new();
        options.initial_head("main").no_reinit(true).external_template(false).mkdir(false);
        git2::Repository::init_opts(root, &options)?;
        Self::open(root)?
            .ok_or_else(|| VcsError::Other(format!("no repository at {}", root.display())))
    }

    /// Has libgit2 read the user's and the repository's configuration alone.
    fn forget_system_configuration(&self) -> Result<(), VcsError> {
        let mut config = Config::new()?;
        let files = [
            (Config::find_xdg().ok(), ConfigLevel::XDG),
            (Config::find_global().ok(), ConfigLevel::Global),
            (Some(self.git.commondir().join("config")), ConfigLevel::Local),
        ];
        for (file, level) in files {
            if let Some(file) = file.filter(|file| file.is_file()) {
                config.add_file(&file, level, true)?;
            }
        }
        Ok(self.git.set_config(&config)?)
    }

    /// HEAD is a commit that can be read, or a branch without commits.
    fn check_head(&self) -> Result<(), VcsError> {
        let readable = self.git.head().and_then(|head| head.peel_to_tree().map(drop));
        match readable {
            Err(error) if error.code() != ErrorCode::UnbornBranch => Err(VcsError::Broken {
                path: self.git.path().into(),
                why: format!("its HEAD cannot be read: {}", error.message()),
            }),
            _ => Ok(()),
        }
    }

    /// Nothing of the user's is half done.
    pub(crate) fn check_idle(&self) -> Result<(), VcsError> {
        let what = match self.git.state() {
            RepositoryState::Clean => return Ok(()),
            RepositoryState::Merge => "merge",
            RepositoryState::Revert | RepositoryState::RevertSequence => "revert",
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => "cherry-pick",
            RepositoryState::Bisect => "bisect",
            RepositoryState::Rebase
            | RepositoryState::RebaseInteractive
            | RepositoryState::RebaseMerge => "rebase",
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => {
                "patch application (`git am`)"
            }
        };
        Err(VcsError::InProgress { what })
    }
}
