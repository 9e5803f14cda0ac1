//! Moving all passages from one memory to another.

use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::{Filter, KindCount, Memory, MemoryError, Passage, PassageId};

/// Passages that are moved at once.
const PAGE: usize = 256;

/// Passages that are compared after all were moved.
const SAMPLE: usize = 200;

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    /// Passages that were moved, by runs before this one too.
    pub passages: u64,
    /// How many there were when this run began.
    pub of: u64,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migrated {
    /// Passages that were moved, by runs before this one too.
    pub passages: u64,
    /// Passages that were read back and are the same, chosen by chance.
    pub compared: u64,
}

/// Why not all was moved. What was moved stays moved, and the next run goes on after it.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The memory that is moved cannot be read.
    #[error(transparent)]
    From(MemoryError),
    /// The other one does not take it.
    #[error(transparent)]
    To(MemoryError),
    /// How far it is cannot be noted.
    #[error("how far it is cannot be noted in {file}: {why}")]
    Cursor {
        /// The file.
        file: String,
        /// The system's words.
        why: io::Error,
    },
    /// What arrived is not what was sent. The next run begins anew.
    #[error("what arrived differs: {0}. Run it again; what is there already is not sent twice")]
    Differs(String),
}

/// How far it is, on disk.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Cursor {
    /// Where the passages come from, so that a cursor is not used for something else.
    from: String,
    to: String,
    after: Option<PassageId>,
    passages: u64,
    /// Whether there was nothing before, so that the counts have to be equal.
    was_empty: bool,
}

/// Moves all passages of `from` to `to`, in pages, and verifies it: the count of each project and kind,
/// and the content of some passages chosen by chance. `from` stays as it is. `cursor` is a file in
/// which a run that ends early notes how far it is; it goes with the last passage.
///
/// Nobody else should write to either meanwhile. Where `to` had passages of its own, its counts may be
/// larger.
///
/// # Errors
/// [`MigrateError`].
pub async fn migrate(
    from: &dyn Memory,
    to: &dyn Memory,
    cursor: &Path,
    progress: &(dyn Fn(Moved) + Sync),
) -> Result<Migrated, MigrateError> {
    let source = from.stats().await.map_err(MigrateError::From)?;
    let target = to.stats().await.map_err(MigrateError::To)?;
    let of = sum(&source.counts);
    let begun = read_cursor(cursor).filter(|at| at.from == source.place && at.to == target.place);
    let mut at = begun.unwrap_or_else(|| Cursor {
        from: source.place,
        to: target.place,
        was_empty: target.counts.is_empty(),
        ..Cursor::default()
    });
    loop {
        progress(Moved { passages: at.passages, of });
        let page = from.page(&Filter::default(), at.after, PAGE).await;
        let page = page.map_err(MigrateError::From)?;
        let Some(last) = page.last() else { break };
        at.after = Some(last.id());
        at.passages += page.len() as u64;
        to.remember(page).await.map_err(MigrateError::To)?;
        write_cursor(cursor, &at)?;
    }
    // What differs is sent again by the next run, which has to begin anew for that.
    remove_cursor(cursor)?;
    compare_counts(from, to, at.was_empty).await?;
    let compared = compare_sample(from, to).await?;
    Ok(Migrated { passages: at.passages, compared })
}

async fn compare_counts(
    from: &dyn Memory,
    to: &dyn Memory,
    was_empty: bool,
) -> Result<(), MigrateError> {
    let sent = from.stats().await.map_err(MigrateError::From)?.counts;
    let arrived = to.stats().await.map_err(MigrateError::To)?.counts;
    for line in &sent {
        let same = |other: &&KindCount| other.project == line.project && other.kind == line.kind;
        let there = arrived.iter().find(same).map_or(0, |line| line.passages);
        if there < line.passages || (was_empty && there > line.passages) {
            return Err(MigrateError::Differs(format!(
                "of {} there are {} passages of {}, and {there} arrived",
                line.project,
                line.passages,
                line.kind.word()
            )));
        }
    }
    Ok(())
}

/// Compares passages that come next after ids chosen by chance; says how many.
async fn compare_sample(from: &dyn Memory, to: &dyn Memory) -> Result<u64, MigrateError> {
    let mut compared = 0;
    for _ in 0..SAMPLE {
        let after = Some(PassageId(by_chance()));
        let Some(sent) = one(from, None, after).await.map_err(MigrateError::From)? else {
            continue;
        };
        let before = before(sent.id());
        let arrived =
            one(to, Some(sent.project.clone()), before).await.map_err(MigrateError::To)?;
        if arrived.as_ref() != Some(&sent) {
            let what = if arrived.is_none() { "is missing" } else { "is another one" };
            return Err(MigrateError::Differs(format!(
                "the passage from {} in {} {what}",
                sent.source, sent.project
            )));
        }
        compared += 1;
    }
    Ok(compared)
}

async fn one(
    memory: &dyn Memory,
    project: Option<String>,
    after: Option<PassageId>,
) -> Result<Option<Passage>, MemoryError> {
    let filter = Filter { project, ..Filter::default() };
    Ok(memory.page(&filter, after, 1).await?.pop())
}

/// The id before an id; the first has none.
fn before(id: PassageId) -> Option<PassageId> {
    let before = u128::from_be_bytes(id.0).checked_sub(1)?;
    Some(PassageId(before.to_be_bytes()))
}

/// Sixteen bytes that nobody can foresee, by the keys of a new hasher.
fn by_chance() -> [u8; 16] {
    let half = || u128::from(RandomState::new().hash_one(()));
    ((half() << 64) | half()).to_be_bytes()
}

fn sum(counts: &[KindCount]) -> u64 {
    counts.iter().map(|line| line.passages).sum()
}

/// A cursor that cannot be read is none: sending anew costs time alone.
fn read_cursor(file: &Path) -> Option<Cursor> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn write_cursor(file: &Path, at: &Cursor) -> Result<(), MigrateError> {
    let new = file.with_extension("new");
    let write = || {
        fs::write(&new, serde_json::to_vec(at)?)?;
        fs::rename(&new, file)
    };
    write().map_err(|why| cannot_note(file, why))
}

fn remove_cursor(file: &Path) -> Result<(), MigrateError> {
    match fs::remove_file(file) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(cannot_note(file, why)),
        _ => Ok(()),
    }
}

fn cannot_note(file: &Path, why: io::Error) -> MigrateError {
    MigrateError::Cursor { file: file.display().to_string(), why }
}
