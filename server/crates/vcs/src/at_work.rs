//! Which of git's locks are Devika's. A lock of git is a file that is there: where its holder is killed it
//! stays, and no git program works until somebody deletes it.
//!
//! While Devika changes a repository it keeps a file locked, by a lock that the system gives back when a
//! process dies. Where that file is there and not locked, a Devika was killed in the middle. Then
//! `index.lock` is its own if it is a second name of that file, and a lock of a reference if it is newer
//! and of a reference that Devika moves. Locks of other git programs stay.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant, SystemTime},
};

use same_file::Handle;

use crate::{Repository, VcsError};

/// The file that is locked, in the folder of the repository's private files.
const MARK: &str = "devika-lock";

/// Git's lock of the index.
const INDEX_LOCK: &str = "index.lock";

/// The next index, and what libgit2 makes to write it.
pub(crate) const DRAFTS: [&str; 2] = ["devika-index", "devika-index.lock"];

/// The folder of the indexes of what checkpoints hold, which stay.
pub(crate) const CHECKPOINTS: &str = "devika";

/// Where the references are that Devika makes and moves, besides the branch that is checked out and those
/// that tasks began on.
const REFERENCES: [&str; 2] = ["refs/devika", "refs/heads/devika"];

/// How long another Devika that changes the same repository is waited for; it needs milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long another program's lock is waited for: editors look at the index again and again,
/// for some milliseconds each.
pub(crate) const LOCK_PATIENCE: Duration = Duration::from_secs(3);

/// The time between two looks at it.
pub(crate) const LOOK: Duration = Duration::from_millis(20);

/// How long a lock of a reference is there at the most, unless its holder is dead.
const LIFETIME: Duration = Duration::from_millis(100);

/// How often it is looked whether it is done. The system tells nobody.
const RETRY: Duration = Duration::from_millis(5);

/// Says that Devika changes the repository, until it is dropped.
#[derive(Debug)]
pub struct AtWork {
    folder: PathBuf,
    /// Locked for as long as it is open.
    mark: File,
}

impl Repository {
    /// Says that Devika changes the repository. Where the process is killed before the answer is dropped,
    /// the next [`Repository::open`] takes away the locks of git that it left.
    ///
    /// # Errors
    /// [`VcsError::Locked`] where another Devika is at it for long, [`VcsError::Other`].
    pub fn at_work(&self) -> Result<AtWork, VcsError> {
        let folder = self.git.path();
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some((mark, was_left)) = hold(&folder.join(MARK))? {
                let at_work = AtWork { folder: folder.to_path_buf(), mark };
                if was_left {
                    self.take_away_locks(&at_work);
                }
                return Ok(at_work);
            }
            if Instant::now() > until {
                return Err(VcsError::Locked { path: folder.join(MARK) });
            }
            thread::sleep(RETRY);
        }
    }

    /// Takes away what a Devika left that was killed while it changed the repository.
    pub(crate) fn sweep(&self) {
        let folder = self.git.path();
        if !folder.join(MARK).exists() {
            return;
        }
        if let Ok(Some((mark, was_left))) = hold(&folder.join(MARK)) {
            let at_work = AtWork { folder: folder.to_path_buf(), mark };
            if was_left {
                self.take_away_locks(&at_work);
            }
        }
    }

    fn take_away_locks(&self, at_work: &AtWork) {
        let AtWork { folder, .. } = at_work;
        DRAFTS.iter().for_each(|draft| remove(&folder.join(draft)));
        let mut of_checkpoints = Vec::new();
        find_locks(&folder.join(CHECKPOINTS), &mut of_checkpoints);
        of_checkpoints.iter().for_each(|lock| remove(lock));
        if at_work.has_index_lock() {
            remove(&folder.join(INDEX_LOCK));
        }
        let Ok(since) = modified(&folder.join(MARK)) else { return };
        let common = self.git.commondir();
        let mut locks = vec![folder.join("HEAD.lock"), common.join("packed-refs.lock")];
        if let Ok(head) = self.read_head() {
            locks.push(common.join(format!("{}.lock", head.reference)));
        }
        REFERENCES.iter().for_each(|below| find_locks(&common.join(below), &mut locks));
        let began = self.branches_that_tasks_began_on();
        locks.extend(began.iter().map(|name| common.join(format!("{name}.lock"))));
        let seen: Vec<_> = locks.into_iter().map(|lock| (modified(&lock).ok(), lock)).collect();
        let is_new = |at: &Option<SystemTime>| at.is_some_and(|at| at >= since);
        // One may be of a Devika that is alive, in another worktree of the repository.
        if seen.iter().any(|(at, _)| is_new(at)) {
            thread::sleep(LIFETIME);
        }
        for (at, lock) in seen {
            if is_new(&at) && modified(&lock).ok() == at {
                tracing::warn!(lock = %lock.display(), "a lock of a Devika that was killed is taken away");
                remove(&lock);
            }
        }
        // From now on it speaks of another process.
        if let Err(error) = at_work.mark.set_modified(SystemTime::now()) {
            tracing::debug!(%error, "the mark keeps its time");
        }
    }
}

impl AtWork {
    /// Takes git's lock of the index, which is given back with [`AtWork::unlock_index`]. Another program's
    /// is waited for, for three seconds, and never removed.
    ///
    /// # Errors
    /// [`VcsError::Locked`] where another program holds it, or died at it; [`VcsError::Other`].
    pub(crate) fn lock_index(&self) -> Result<(), VcsError> {
        let until = Instant::now() + LOCK_PATIENCE;
        loop {
            match self.try_lock_index() {
                Err(VcsError::Locked { .. }) if Instant::now() < until => thread::sleep(LOOK),
                outcome => return outcome,
            }
        }
    }

    fn try_lock_index(&self) -> Result<(), VcsError> {
        let lock = self.folder.join(INDEX_LOCK);
        let linked = fs::hard_link(self.folder.join(MARK), &lock).or_else(|error| {
            match error.kind() {
                io::ErrorKind::AlreadyExists => Err(error),
                // A file system without second names: the lock is as git's own.
                _ => File::create_new(&lock).map(drop),
            }
        });
        linked.map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => VcsError::Locked { path: lock },
            _ => failed(&lock, &error),
        })
    }

    /// Gives the lock of the index back.
    pub(crate) fn unlock_index(&self) {
        remove(&self.folder.join(INDEX_LOCK));
    }

    fn has_index_lock(&self) -> bool {
        same_file::is_same_file(self.folder.join(MARK), self.folder.join(INDEX_LOCK))
            .unwrap_or(false)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        remove(&self.folder.join(MARK));
    }
}

/// The file, made where it is missing, and locked; with it whether somebody had left it. None where another
/// process has it locked.
fn hold(file: &Path) -> Result<Option<(File, bool)>, VcsError> {
    let made = File::create_new(file);
    let was_left = made.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AlreadyExists);
    let opened = if was_left { File::options().write(true).open(file) } else { made };
    let opened = match opened {
        // Removed since.
        Err(error) if was_left && error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|error| failed(file, &error))?,
    };
    match opened.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(failed(file, &error)),
    }
    // Whoever had it before may have removed it after it was opened here.
    let this = opened.try_clone().and_then(Handle::from_file).ok();
    let is_there = this.is_some() && this == Handle::from_path(file).ok();
    Ok(is_there.then_some((opened, was_left)))
}

fn modified(file: &Path) -> io::Result<SystemTime> {
    fs::symlink_metadata(file)?.modified()
}

/// Adds the locks below a folder of references.
fn find_locks(folder: &Path, locks: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            find_locks(&path, locks);
        } else if path.extension().is_some_and(|extension| extension == "lock") {
            locks.push(path);
        }
    }
}

/// Removes a file where it is there.
pub(crate) fn remove(file: &Path) {
    if let Err(error) = fs::remove_file(file)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::error!(file = %file.display(), %error, "a file of Devika stays in the repository");
    }
}

pub(crate) fn failed(path: &Path, error: &io::Error) -> VcsError {
    VcsError::Other(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct World(tempfile::TempDir);

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            drop(Repository::init(folder.path()).unwrap());
            Self(folder)
        }

        fn open(&self) -> Repository {
            Repository::open(self.0.path()).unwrap().unwrap()
        }

        fn file(&self, name: &str) -> PathBuf {
            self.0.path().join(".git").join(name)
        }

        fn make(&self, name: &str) {
            fs::create_dir_all(self.file(name).parent().unwrap()).unwrap();
            File::create(self.file(name)).unwrap();
        }

        /// Those of the files that are there.
        fn there<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
            names.iter().filter(|name| self.file(name).exists()).copied().collect()
        }
    }

    const LEFT: [&str; 8] = [
        MARK,
        INDEX_LOCK,
        "devika-index",
        "devika/checkpoints.lock",
        "HEAD.lock",
        "refs/heads/main.lock",
        "refs/heads/devika/the-work.lock",
        "refs/devika/1/base.lock",
    ];

    #[test]
    fn what_a_devika_left_that_was_killed_is_gone_once_the_repository_is_opened() {
        let world = World::new();
        world.make(MARK);
        fs::hard_link(world.file(MARK), world.file(INDEX_LOCK)).unwrap();
        LEFT[2..].iter().for_each(|name| world.make(name));
        drop(world.open());
        assert_eq!(world.there(&LEFT), [""; 0]);
    }

    #[test]
    fn the_lock_of_the_branch_that_a_task_began_on_is_devikas_too() {
        let world = World::new();
        let repository = world.open();
        let of_task = "refs/devika/1/from";
        repository
            .git
            .reference_symbolic(of_task, "refs/heads/other", true, "a task begins")
            .unwrap();
        world.make(MARK);
        world.make("refs/heads/other.lock");
        drop(world.open());
        assert_eq!(world.there(&["refs/heads/other.lock"]), [""; 0]);
    }

    #[test]
    fn locks_of_other_git_programs_stay() {
        let world = World::new();
        let others = [INDEX_LOCK, "refs/heads/theirs.lock", "refs/heads/devika/older.lock"];
        others.iter().for_each(|name| world.make(name));
        let older = File::options().write(true).open(world.file(others[2])).unwrap();
        older.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
        world.make(MARK);
        let at_work = world.open().at_work().unwrap();
        assert_eq!(world.there(&others), others);
        let locked = VcsError::Locked { path: world.file(INDEX_LOCK).canonicalize().unwrap() };
        assert_eq!(at_work.lock_index(), Err(locked));
    }

    #[test]
    fn a_devika_that_is_at_work_keeps_its_locks() {
        let world = World::new();
        let at_work = world.open().at_work().unwrap();
        at_work.lock_index().unwrap();
        world.make("HEAD.lock");
        drop(world.open());
        assert_eq!(world.there(&LEFT), [MARK, INDEX_LOCK, "HEAD.lock"]);
        at_work.unlock_index();
        drop(at_work);
        assert_eq!(world.there(&LEFT), ["HEAD.lock"]);
    }
}
