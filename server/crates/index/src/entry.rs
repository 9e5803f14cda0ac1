//! From a file to what is kept of it: an entry for the index, passages for the memory.

use std::path::Path;
use std::time::SystemTime;

use devika_memory::{Kind, Passage};
use sha2::{Digest as _, Sha256};

use crate::admit::{self, LeftOut};
use crate::chunk::chunks;
use crate::language::Language;
use crate::limits::Limits;
use crate::outline::{Outline, outline};
use crate::reading;
use crate::stamp::Stamp;
use crate::state::{Entry, Hash, Known};
use crate::walk::Seen;

/// What came of looking at a file.
#[derive(Debug)]
pub(crate) enum Looked {
    /// Its text is what is known; it only looks different.
    Same(Stamp),
    /// It is to be kept.
    New(Entry, Vec<Passage>),
}

/// Reads a file of the project, and makes of it what is kept.
pub(crate) fn look(
    root: &Path,
    project: &str,
    limits: &Limits,
    seen: Seen,
    known: Option<Known>,
) -> Looked {
    let limit = limits.code_bytes.max(limits.text_bytes);
    let read = admit::by_name(&seen.path, seen.stamp.size, limits).and_then(|()| {
        let begun = SystemTime::now();
        let (bytes, stamp) = reading::read(&root.join(&seen.path), limit)?;
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
                Ok(text) => kept(project, seen.path, stamp, hash, &text, at),
            }
        }
    }
}

/// As [`look`], for a text that an editor has; the file is not opened, and is read next time.
pub(crate) fn look_at_text(
    project: &str,
    limits: &Limits,
    path: String,
    text: &str,
    known: Option<Known>,
) -> Looked {
    let hash = hash(text.as_bytes());
    if let Some(known) = known.filter(|known| known.hash == Some(hash)) {
        return Looked::Same(known.stamp);
    }
    let admitted = admit::by_name(&path, text.len() as u64, limits)
        .and_then(|()| admit::by_content(text.as_bytes().to_vec()));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let at = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    match admitted {
        Err(reason) => Looked::New(left_out(path, Stamp::default(), hash, reason), vec![]),
        Ok(text) => kept(project, path, Stamp::default(), hash, &text, at),
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

fn kept(project: &str, path: String, stamp: Stamp, hash: Hash, text: &str, at: u64) -> Looked {
    let language = Language::of(&path, text);
    let outline: Outline =
        language.and_then(|language| outline(language, text)).unwrap_or_default();
    let passages: Vec<Passage> = chunks(text, &outline.spans)
        .into_iter()
        .map(|chunk| Passage {
            project: project.to_owned(),
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
        path,
        stamp,
        hash,
        language,
        left_out: None,
        lines: text.lines().count(),
        passages: passages.len(),
        symbols: outline.symbols,
        mentions: outline.mentions.into_iter().collect(),
    };
    Looked::New(entry, passages)
}
