//! Whether a repository is where it claims to be. A folder that was unpacked from somewhere may
//! hold a `.git` that leads to another repository of the user, or a configuration that leads to
//! another work tree.

use std::{
    fs,
    path::{Path, PathBuf},
};

use git2::ErrorCode;

use crate::VcsError;

/// Checks the repository that was found from `root`; the root relative to its work tree.
pub(crate) fn check(git: &git2::Repository, root: &Path) -> Result<PathBuf, VcsError> {
    let Some(workdir) = git.workdir().filter(|_| !git.is_bare()) else {
        return Err(VcsError::Bare { path: git.path().into() });
    };
    let foreign = |why: String| VcsError::Foreign { path: root.into(), why };
    let workdir = canonical(workdir)?;
    let prefix = root
        .strip_prefix(&workdir)
        .map_err(|_| foreign(format!("its work tree is {}", workdir.display())))?;
    let (gitdir, common) = (canonical(git.path())?, canonical(git.commondir())?);
    let is_known = is_ordinary(&workdir, &gitdir, &common)
        || is_linked_worktree(&workdir, &gitdir, &common)
        || is_submodule(&workdir, &gitdir, &common);
    if !is_known {
        let why = format!("it leads to {}, which does not know this folder", gitdir.display());
        return Err(foreign(why));
    }
    check_nearest(root, &workdir)?;
    Ok(prefix.into())
}

/// No repository could be opened: either there is none, or it must be said why not.
pub(crate) fn explain_missing(root: &Path, error: &git2::Error) -> Result<(), VcsError> {
    let has_git = fs::symlink_metadata(root.join(".git")).is_ok();
    match error.code() {
        ErrorCode::Owner => Err(VcsError::Owner { path: root.into() }),
        ErrorCode::NotFound if !has_git => Ok(()),
        _ => Err(VcsError::Broken { path: root.into(), why: error.message().to_owned() }),
    }
}

/// libgit2 passes over a `.git` it cannot read, and goes on upwards: a commit would then go to a
/// repository the user does not mean.
fn check_nearest(root: &Path, workdir: &Path) -> Result<(), VcsError> {
    let between = root.ancestors().take_while(|folder| *folder != workdir);
    match between.map(|folder| folder.join(".git")).find(|git| fs::symlink_metadata(git).is_ok()) {
        None => Ok(()),
        Some(path) => Err(VcsError::Broken { path, why: "it is no repository".to_owned() }),
    }
}

/// The repository is the folder `.git` of the work tree, itself and whole.
fn is_ordinary(workdir: &Path, gitdir: &Path, common: &Path) -> bool {
    gitdir == workdir.join(".git") && common == gitdir
}

/// The main repository has this work tree on its list (`git worktree add`).
fn is_linked_worktree(workdir: &Path, gitdir: &Path, common: &Path) -> bool {
    let registered = fs::read_to_string(gitdir.join("gitdir")).ok();
    let back = registered.and_then(|text| gitdir.join(text.trim_end()).canonicalize().ok());
    gitdir.parent() == Some(&*common.join("worktrees")) && back == Some(workdir.join(".git"))
}

/// A repository around the work tree keeps this one among its modules, and it names this work tree.
fn is_submodule(workdir: &Path, gitdir: &Path, common: &Path) -> bool {
    let kept = workdir
        .ancestors()
        .skip(1)
        .any(|around| gitdir.starts_with(around.join(".git").join("modules")));
    let named = git2::Config::open(&gitdir.join("config"))
        .and_then(|config| config.get_string("core.worktree"))
        .ok()
        .and_then(|named| gitdir.join(named).canonicalize().ok());
    kept && common == gitdir && named.as_deref() == Some(workdir)
}

fn canonical(path: &Path) -> Result<PathBuf, VcsError> {
    path.canonicalize()
        .map_err(|error| VcsError::Broken { path: path.into(), why: error.to_string() })
}
