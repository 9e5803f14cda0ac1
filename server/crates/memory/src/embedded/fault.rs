//! What can go wrong with the file, by what the caller will do.

use std::{io, path::Path};

use rusqlite::ErrorCode;

use crate::MemoryError;

/// The memory's file cannot be opened or made.
pub(super) fn of_io(path: &Path, error: &io::Error) -> MemoryError {
    let why = format!("{error}; check its owner, its permissions and the room on the disk");
    MemoryError::Unreachable { place: place(path), why }
}

/// SQLite's error, with what to do next.
pub(super) fn of_sqlite(path: &Path, error: &rusqlite::Error) -> MemoryError {
    let place = place(path);
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => MemoryError::Unreachable {
            place,
            why: "another program holds it; close that, or try again".to_owned(),
        },
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => MemoryError::Unreachable {
            place,
            why: format!("{error}; check that it is there, its owner and its permissions"),
        },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(path, error),
        Some(ErrorCode::DiskFull) => MemoryError::Failed {
            place,
            why: "the disk is full; make room, then try again".to_owned(),
        },
        Some(ErrorCode::ReadOnly) => read_only(path),
        _ => MemoryError::Failed { place, why: error.to_string() },
    }
}

/// The file is not what this program wrote.
pub(super) fn damaged(path: &Path, why: impl ToString) -> MemoryError {
    let why = format!(
        "it is damaged, or another program's ({}); it was left as it is: move it away to begin with \
         an empty one",
        why.to_string()
    );
    MemoryError::Foreign { place: place(path), why }
}

/// Something is to be written where that is not wanted, or not possible.
pub(super) fn read_only(path: &Path) -> MemoryError {
    let why = "it is open for reading alone; nothing was remembered or forgotten".to_owned();
    MemoryError::Failed { place: place(path), why }
}

/// The file's name for people.
pub(super) fn place(path: &Path) -> String {
    path.display().to_string()
}
