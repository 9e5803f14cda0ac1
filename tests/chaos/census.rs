//! What a crash may not leave behind, counted.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::world::World;

/// What was found to be wrong, by what kind of wrong it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wrongs {
    /// Bytes of the user that are elsewhere than they should be, and files that nobody should have made.
    pub lost: Vec<String>,
    pub doubled_edits: Vec<String>,
    pub doubled_turns: Vec<String>,
    pub corrupt_databases: Vec<String>,
    pub stray_locks: Vec<String>,
    pub orphans: Vec<String>,
    /// Whatever else did not go as it should: a task that could not be resumed.
    pub others: Vec<String>,
}

/// What is wrong with every database in the world's home. A copy is asked, so that Devika itself meets
/// what the crash left.
pub fn corrupt_databases(world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files_below(&world.home()) {
        if file.extension().is_none_or(|extension| extension != "db") {
            continue;
        }
        let copy = Copied::of(&file);
        for check in ["PRAGMA integrity_check", "PRAGMA foreign_key_check"] {
            match copy.first_column(check) {
                Ok(rows) => {
                    let rows = rows.into_iter().filter(|row| row != "ok");
                    wrong.extend(rows.map(|row| format!("{}: {row}", file.display())));
                }
                Err(error) => wrong.push(format!("{}: {error}", file.display())),
            }
        }
    }
    wrong
}

/// The keys of the turns whose answers are in the journal.
pub fn settled_turns(world: &World) -> Vec<String> {
    let file = world.home().join("state/devika.db");
    if !file.exists() {
        return Vec::new();
    }
    let query = "SELECT key FROM journal WHERE kind = 'turn' AND outcome IS NOT NULL ORDER BY id";
    Copied::of(&file).first_column(query).unwrap_or_default()
}

/// Locks of git that nobody holds any more, other files that Devika left in the repository, and leases
/// that are still held.
pub fn stray_locks(world: &World) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let in_git = files_below(&world.root().join(".git")).into_iter().filter(|path| {
        let name = name(path);
        // A branch may well be called `devika/…`.
        name.ends_with(".lock")
            || name.contains("devika") && path.parent().is_some_and(|it| it.ends_with(".git"))
    });
    let leases = files_below(&world.home()).into_iter().filter(|path| {
        let is_lease = path.extension().is_some_and(|extension| extension == "lock");
        is_lease && matches!(File::open(path).unwrap().try_lock(), Err(TryLockError::WouldBlock))
    });
    in_git.chain(leases).map(|path| path.display().to_string()).collect()
}

/// Processes that still live in the world: in its folders, or called with one of them.
pub fn orphans(world: &World) -> Vec<String> {
    let place = world.home().parent().unwrap().to_path_buf();
    let mark = place.display().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let path = entry.unwrap().path();
        path.file_name()?.to_str()?.parse::<u32>().ok()?;
        let text = |name| {
            String::from_utf8_lossy(&std::fs::read(path.join(name)).unwrap_or_default())
                .replace('\0', " ")
        };
        let is_here = std::fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&place));
        let of_world =
            is_here || text("cmdline").contains(&mark) || text("environ").contains(&mark);
        // What has ended and was not asked for yet is no process any more.
        let is_dead = text("stat").rsplit(')').next().is_some_and(|rest| rest.starts_with(" Z"));
        (of_world && !is_dead).then(|| format!("{}: {}", path.display(), text("cmdline")))
    });
    processes.collect()
}

/// A database with its write-ahead log, elsewhere.
struct Copied {
    folder: tempfile::TempDir,
}

impl Copied {
    fn of(file: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for ending in ["", "-wal"] {
            let from = PathBuf::from(format!("{}{ending}", file.display()));
            if from.exists() {
                std::fs::copy(&from, folder.path().join(format!("copy.db{ending}"))).unwrap();
            }
        }
        Self { folder }
    }

    fn first_column(&self, query: &str) -> rusqlite::Result<Vec<String>> {
        let connection = Connection::open(self.folder.path().join("copy.db"))?;
        let mut statement = connection.prepare(query)?;
        statement.query_map([], |row| row.get::<_, String>(0))?.collect()
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
