//! The index under git's own lock. libgit2 takes the lock only while it writes, so that what
//! another program staged since the index was read would be lost.

use std::{fs, io, path::PathBuf};

use git2::Index;

use crate::{
    VcsError,
    at_work::{AtWork, DRAFTS, failed, remove},
};

/// An index without entries: signature, version 2, count 0, and the SHA-1 of these 12 bytes.
const EMPTY: &[u8] = b"DIRC\0\0\0\x02\0\0\0\0\
    \x39\xd8\x90\x13\x9e\xe5\x35\x6c\x7e\xf5\x72\x21\x6c\xeb\xcd\x27\xaa\x41\xf9\xdf";

/// A copy of the index that becomes the index, while other programs are kept from changing it.
pub(crate) struct LockedIndex<'a> {
    pub(crate) index: Index,
    draft: Draft<'a>,
}

impl<'a> LockedIndex<'a> {
    /// Takes the lock, which is given back when the value is dropped.
    pub(crate) fn take(git: &git2::Repository, at_work: &'a AtWork) -> Result<Self, VcsError> {
        at_work.lock_index()?;
        let [file, _] = DRAFTS;
        let (file, index) = (git.path().join(file), git.path().join("index"));
        let draft = Draft { file, index, at_work };
        let content = match fs::read(&draft.index) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => EMPTY.into(),
            read => read.map_err(|error| failed(&draft.index, &error))?,
        };
        fs::write(&draft.file, content).map_err(|error| failed(&draft.file, &error))?;
        Ok(Self { index: Index::open(&draft.file)?, draft })
    }

    /// Makes it the index.
    pub(crate) fn publish(mut self) -> Result<(), VcsError> {
        self.index.write()?;
        let Draft { file, index, .. } = &self.draft;
        fs::rename(file, index).map_err(|error| failed(file, &error))
    }
}

/// The file of the next index, and the lock; both are gone with the value.
struct Draft<'a> {
    file: PathBuf,
    /// What it becomes.
    index: PathBuf,
    at_work: &'a AtWork,
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        remove(&self.file);
        self.at_work.unlock_index();
    }
}
