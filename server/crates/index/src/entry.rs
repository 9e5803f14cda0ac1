//! From a file to what is kept of it: an entry for the index, passages for the memory.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use devika_memory::{Kind, Passage};
use sha2::{Digest as _, Sha256};
use tree_sitter::Tree;

use crate::admit::{self, LeftOut};
use crate::chunk::chunks;
use crate::language::Language;
use crate::limits::Limits;
use crate::outline::{Outline, outline, parse};
use crate::reading;
use crate::stamp::Stamp;
use crate::state::{Entry, Hash, Known};
use crate::trees::{Parsed, Trees};
use crate::walk::Seen;

/// What came of looking at a file.
#[derive(Debug)]
pub(crate) enum Looked {
    /// Its text is what is known; it only looks different.
    Same(Stamp),
    /// It is to be kept.
    New(Entry, Vec<Passage>),
}

/// What files are looked at with.
pub(crate) struct Eyes<'i> {
    pub(crate) root: &'i Path,
    /// The project as passages name it.
    pub(crate) project: &'i str,
    pub(crate) limits: &'i Limits,
    /// The trees of large files.
    pub(crate) trees: &'i Mutex<Trees>,
}

/// Reads a file of the project, and makes of it what is kept.
pub(crate) fn look(eyes: &Eyes<'_>, seen: Seen, known: Option<Known>) -> Looked {
    let limits = eyes.limits;
    let limit = limits.code_bytes.max(limits.text_bytes);
    let read = admit::by_name(&seen.path, seen.stamp.size, limits).and_then(|()| {
        let begun = SystemTime::now();
        let (bytes, stamp) = reading::read(&eyes.root.join(&seen.path), limit)?;
        // A stamp that may deceive is not kept, and the file is read again next time.
        let stamp = if stamp.is_sure(begun) { stamp } else { Stamp::default() };
        Ok((bytes, stamp))
    });
    match read {
        // What is left out unread is known by how it looks: it is not opened next time either.
        Err(reason) => {
            Looked::New(left_out(seen.path, seen.stamp, Hash::default(), reason), vec![])
        }
        Ok((bytes, stamp)) => {
            let hash = hash(&bytes);
            if known.is_some_and(|known| known.hash == Some(hash)) {
                return Looked::Same(stamp);
            }
            let at = seen.stamp.modified_ms();
            match admit::by_content(bytes) {
                Err(reason) => Looked::New(left_out(seen.path, stamp, hash, reason), vec![]),
                Ok(text) => {
                    kept(eyes, seen.path, Version { stamp, hash, at }, text, known.is_some())
                }
            }
        }
    }
}

/// As [`look`], for a text that an editor has; the file is not opened, and is read next time.
pub(crate) fn look_at_text(
    eyes: &Eyes<'_>,
    path: String,
    text: &str,
    known: Option<Known>,
) -> Looked {
    let hash = hash(text.as_bytes());
    if let Some(known) = known.filter(|known| known.hash == Some(hash)) {
        return Looked::Same(known.stamp);
    }
    let admitted = admit::by_name(&path, text.len() as u64, eyes.limits)
        .and_then(|()| admit::by_content(text.as_bytes().to_vec()));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let at = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    match admitted {
        Err(reason) => Looked::New(left_out(path, Stamp::default(), hash, reason), vec![]),
        Ok(text) => {
            kept(eyes, path, Version { stamp: Stamp::default(), hash, at }, text, known.is_some())
        }
    }
}

fn hash(bytes: &[u8]) -> Hash {
    let mut half = Hash::default();
    half.copy_from_slice(&Sha256::digest(bytes)[..16]);
    half
}

fn left_out(path: String, stamp: Stamp, hash: Hash, reason: LeftOut) -> Entry {
    Entry {
        path,
        stamp,
        hash,
        language: None,
        left_out: Some(reason),
        lines: 0,
        passages: 0,
        symbols: Vec::new(),
        mentions: Vec::new(),
    }
}

/// Which text of a file it is.
struct Version {
    stamp: Stamp,
    hash: Hash,
    /// When it was changed, in milliseconds since 1970 (UTC).
    at: u64,
}

fn kept(eyes: &Eyes<'_>, path: String, version: Version, text: String, changes: bool) -> Looked {
    let Version { stamp, hash, at } = version;
    let language = Language::of(&path, &text);
    let tree = language.and_then(|language| tree(eyes, &path, language, &text));
    let outline = match (language, &tree) {
        (Some(language), Some(tree)) => outline(language, &text, tree),
        _ => Outline::default(),
    };
    let passages: Vec<Passage> = chunks(&text, &outline.spans)
        .into_iter()
        .map(|chunk| Passage {
            project: eyes.project.to_owned(),
            shared: false,
            kind: Kind::Code,
            source: format!("{path}#L{}-L{}", chunk.first, chunk.last),
            title: chunk.title,
            text: chunk.text,
            at,
            expires: None,
        })
        .collect();
    let entry = Entry {
        path: path.clone(),
        stamp,
        hash,
        language,
        left_out: None,
        lines: text.lines().count(),
        passages: passages.len(),
        symbols: outline.symbols,
        mentions: outline.mentions.into_iter().collect(),
    };
    // What has changed once changes again; the first index of a project keeps no trees.
    if let (true, Some(language), Some(tree)) = (changes, language, tree) {
        locked(eyes.trees).keep(Parsed { path, language, text, tree });
    }
    Looked::New(entry, passages)
}

/// The tree of a text, made from the one before where that is kept.
fn tree(eyes: &Eyes<'_>, path: &str, language: Language, text: &str) -> Option<Tree> {
    let before = locked(eyes.trees).take(path, language).map(|parsed| parsed.moved_to(text));
    parse(language, text, before.as_ref())
}

fn locked(trees: &Mutex<Trees>) -> MutexGuard<'_, Trees> {
    trees.lock().unwrap_or_else(PoisonError::into_inner)
}
