//! The chain of hashes, and whether it holds.

use std::fmt::Write as _;

use devika_protocol::TaskId;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

use crate::StoreError;

/// A SHA-256.
pub(super) type Hash = [u8; 32];

/// A log that is as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many rows it has.
    pub rows: i64,
    /// The hash of the last one, which covers all of them; zeros where there is none. Whoever notes
    /// it elsewhere can tell later that not even the whole log was written anew.
    pub head: String,
}

/// Where the log is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Break {
    /// A row is not what was written there, or the one before it is not.
    #[error("row {row} of the audit log, or the row before it, was changed")]
    Changed {
        /// Its number.
        row: i64,
    },
    /// Rows are missing.
    #[error("rows {first} to {last} of the audit log are missing")]
    Missing {
        /// The first of them.
        first: i64,
        /// The last of them.
        last: i64,
    },
}

/// The hash of a row. Each part goes in with its length, so that no two rows read alike.
pub(super) fn hash(
    before: &Hash,
    id: i64,
    time: &str,
    task: Option<TaskId>,
    act: &str,
    detail: &str,
) -> Hash {
    let mut hash = Sha256::new_with_prefix(before);
    hash.update(id.to_le_bytes());
    hash.update(task.map_or(0, |task| task.0).to_le_bytes());
    for part in [time, act, detail] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Goes through all rows.
pub(super) fn verify(connection: &Connection) -> Result<Result<Verified, Break>, StoreError> {
    let mut statement =
        connection.prepare("SELECT id, time, task, act, detail, hash FROM audit ORDER BY id")?;
    let mut rows = statement.query([])?;
    let (mut last, mut head) = (0, Hash::default());
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(0)?;
        if id != last + 1 {
            return Ok(Err(Break::Missing { first: last + 1, last: id - 1 }));
        }
        let text = |column| row.get::<_, String>(column);
        let task = row.get::<_, Option<i64>>(2)?.map(TaskId);
        head = hash(&head, id, &text(1)?, task, &text(3)?, &text(4)?);
        if head != row.get::<_, Hash>(5)? {
            return Ok(Err(Break::Changed { row: id }));
        }
        last = id;
    }
    let given: i64 = connection.query_row(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'audit'",
        [],
        |row| row.get(0),
    )?;
    if given > last {
        return Ok(Err(Break::Missing { first: last + 1, last: given }));
    }
    Ok(Ok(Verified { rows: last, head: shown(&head) }))
}

/// Hexadecimal.
pub(super) fn shown(hash: &Hash) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
