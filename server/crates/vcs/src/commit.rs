//! One commit: HEAD's tree plus Devika's changes, and nothing of the user's uncommitted work.

use std::path::{Path, PathBuf};

use git2::{ErrorCode, IndexEntry, IndexTime, Oid, Tree, build::TreeUpdateBuilder};

use crate::{
    AtWork, Repository, VcsError,
    branch::Head,
    locked_index::LockedIndex,
    message,
    sign::WrittenCommit,
    transplant::{Change, Transplant},
};

mod file;
mod landing;

use file::RepoPath;

/// What is to be committed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitRequest {
    /// The files that Devika changed.
    pub files: Vec<CommitFile>,
    /// Subject and body; cleaned and cut to size.
    pub message: String,
    /// Added as the last paragraph: `Key: value`.
    pub trailers: Vec<(String, String)>,
}

/// One file that Devika changed, as it was and is on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitFile {
    /// Relative to the root, with `/`.
    pub path: String,
    /// The text on disk that Devika's change was made to; none where it is new. Where git does not have
    /// the file, and has one of this text that the request deletes, it is that file under another name.
    pub before: Option<String>,
    /// The text on disk with Devika's change; none where it is gone.
    pub after: Option<String>,
}

/// A commit that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// The full id.
    pub id: String,
    /// The branch, or `HEAD` where it is detached.
    pub branch: String,
    /// Files left out because git ignores them.
    pub ignored: Vec<String>,
    /// Files of the user that git did not know before, and that are in the commit whole.
    pub adopted: Vec<String>,
    /// Why it is not signed, though the user's git is set so.
    pub unsigned: Option<String>,
}

impl Repository {
    /// Commits Devika's changes to the branch that HEAD is on.
    ///
    /// Where the user has uncommitted work in the same file, Devika's change alone is moved onto
    /// the committed text, and onto the staged one; where that cannot be done to the staged one it
    /// is left as it is. What is committed meanwhile by others stays.
    ///
    /// # Errors
    /// [`VcsError::Overlap`], [`VcsError::Locked`], [`VcsError::InProgress`], [`VcsError::Path`],
    /// [`VcsError::Nothing`], [`VcsError::Moved`], [`VcsError::Unsigned`]; branch, staged files and work tree are then as
    /// they were.
    pub fn commit(&self, request: &CommitRequest) -> Result<Commit, VcsError> {
        self.check_idle()?;
        let at_work = self.at_work()?;
        let mut ignored = Vec::new();
        let mut files = Vec::new();
        for file in &request.files {
            let path = self.repo_path(&file.path)?;
            if self.is_ignored(&path)? {
                ignored.push(file.path.clone());
                continue;
            }
            let change = Change { before: file.before.as_deref(), after: file.after.as_deref() };
            files.push(FileChange { path, change, source: None });
        }
        let sources: Vec<_> = files.iter().map(|file| source_of(file, &files)).collect();
        for (file, source) in files.iter_mut().zip(sources) {
            file.source = source;
        }
        let message = message::compose(&request.message, &request.trailers);
        // The index first: after a crash in between, the same commit can be made again, while a
        // commit that the index does not have looks as if the user had staged its opposite.
        let draft = self.draft(&files, &message, &ignored)?;
        let staged = self.stage(&files, &draft, &at_work)?;
        let made = match self.advance(&draft) {
            Err(VcsError::Moved { .. }) => {
                let again = self.draft(&files, &message, &ignored);
                again.and_then(|again| self.advance(&again).map(|made| (made, again)))
            }
            made => made.map(|made| (made, draft)),
        };
        match made {
            Ok(((id, branch), Draft { adopted, written, .. })) => {
                let unsigned = written.unsigned;
                Ok(Commit { id: id.to_string(), branch, ignored, adopted, unsigned })
            }
            Err(error) => {
                self.restore(staged, &at_work)?;
                Err(error)
            }
        }
    }

    /// Writes the commit, which no branch has yet, on top of HEAD.
    fn draft(
        &self,
        files: &[FileChange<'_>],
        message: &str,
        ignored: &[String],
    ) -> Result<Draft, VcsError> {
        let head = self.read_head()?;
        let parent = head.commit.map(|id| self.git.find_commit(id)).transpose()?;
        let base = match &parent {
            Some(parent) => parent.tree()?,
            None => self.git.find_tree(self.git.treebuilder(None)?.write()?)?,
        };
        let (tree, adopted) = self.build_tree(&base, files)?;
        if tree == base.id() {
            return Err(VcsError::Nothing { ignored: ignored.into() });
        }
        let tree = self.git.find_tree(tree)?;
        let author = self.signature()?;
        let written = self.write_commit(&author, message, &tree, &Vec::from_iter(&parent))?;
        let subject = message.lines().next().unwrap_or_default().to_owned();
        Ok(Draft { written, tree: tree.id(), base: base.id(), head, subject, adopted })
    }

    fn build_tree(
        &self,
        base: &Tree<'_>,
        files: &[FileChange<'_>],
    ) -> Result<(Oid, Vec<String>), VcsError> {
        let mut update = TreeUpdateBuilder::new();
        let mut adopted = Vec::new();
        for FileChange { path, change, source } in files {
            let committed = match (self.committed(base, path)?, source) {
                (None, Some(source)) => self.committed(base, source)?,
                (committed, _) => committed,
            };
            let to_lf = self.stores_lf(path)?;
            let content = committed.as_ref().map(|blob| blob.content.as_slice());
            match change.onto(content, to_lf)? {
                Transplant::Overlap => {
                    return Err(VcsError::Overlap { path: path.shown.clone() });
                }
                Transplant::Gone if committed.is_some() => {
                    update.remove(path.in_repo.as_str());
                }
                Transplant::Gone => {}
                Transplant::Text(text) => {
                    let known = committed.as_ref().map(|blob| blob.mode);
                    let mode = known.unwrap_or_else(|| self.mode_on_disk(path));
                    update.upsert(path.in_repo.as_str(), self.git.blob(&text)?, mode);
                    if known.is_none() && change.before.is_some() {
                        adopted.push(path.shown.clone());
                    }
                }
            }
        }
        Ok((update.create_updated(&self.git, base)?, adopted))
    }

    /// Moves the branch to the draft, unless somebody else moved it meanwhile.
    fn advance(&self, draft: &Draft) -> Result<(Oid, String), VcsError> {
        let Draft { written: WrittenCommit { id, .. }, head, subject, .. } = draft;
        let (name, log) = (&head.reference, format!("commit: {subject}"));
        let moved = match head.commit {
            Some(old) => self.git.reference_matching(name, *id, true, old, &log),
            None => self.git.reference(name, *id, false, &log),
        };
        match moved {
            Ok(_) => Ok((*id, head.branch())),
            Err(error) => Err(match error.code() {
                ErrorCode::Modified | ErrorCode::Exists | ErrorCode::NotFound => {
                    VcsError::Moved { branch: head.branch() }
                }
                ErrorCode::Locked => {
                    VcsError::Locked { path: self.git.commondir().join(format!("{name}.lock")) }
                }
                _ => error.into(),
            }),
        }
    }

    /// Makes the same changes to what is staged; what was staged of these files before.
    fn stage(
        &self,
        files: &[FileChange<'_>],
        draft: &Draft,
        at_work: &AtWork,
    ) -> Result<Staged, VcsError> {
        let (base, tree) = (self.git.find_tree(draft.base)?, self.git.find_tree(draft.tree)?);
        let mut locked = LockedIndex::take(&self.git, at_work)?;
        let index = &mut locked.index;
        let mut staged = Staged::default();
        // A file that is renamed is looked up before its old name goes.
        let at = |path: &RepoPath| index.get_path(Path::new(&path.in_repo), 0);
        let sources: Vec<_> = files.iter().map(|it| it.source.as_ref().and_then(at)).collect();
        for (FileChange { path, change, source }, staged_source) in files.iter().zip(sources) {
            let file = Path::new(&path.in_repo);
            let old = index.get_path(file, 0);
            let committed_at =
                |path: &RepoPath| base.get_path(Path::new(&path.in_repo)).ok().map(|it| it.id());
            let (from, committed) = match (&old, &staged_source) {
                (None, Some(from)) => (Some(from), source.as_ref().and_then(committed_at)),
                (old, _) => (old.as_ref(), committed_at(path)),
            };
            let new = match self.restaged(from, committed, *change, self.stores_lf(path)?)? {
                Transplant::Overlap => continue,
                Transplant::Gone if old.is_none() => continue,
                Transplant::Gone => {
                    index.remove(file, 0)?;
                    staged.push(path, old);
                    continue;
                }
                Transplant::Text(text) => self.git.blob(&text)?,
            };
            let mode = match &old {
                Some(old) => old.mode,
                None => tree.get_path(file)?.filemode().cast_unsigned(),
            };
            index.add(&entry(&path.in_repo, new, mode, old.as_ref()))?;
            staged.push(path, old);
        }
        locked.publish()?;
        Ok(staged)
    }

    /// What is staged of one file becomes this. The user's staged work is left alone where it
    /// cannot be told apart from Devika's.
    fn restaged(
        &self,
        old: Option<&IndexEntry>,
        committed: Option<Oid>,
        change: Change<'_>,
        to_lf: bool,
    ) -> Result<Transplant, VcsError> {
        let Some(old) = old else {
            let removed_by_user = committed.is_some() && change.before.is_some();
            return Ok(match removed_by_user {
                true => Transplant::Overlap,
                false => change.onto(None, to_lf)?,
            });
        };
        let blob = self.git.find_blob(old.id)?;
        let is_users =
            Some(old.id) != committed && change.before.map(str::as_bytes) != Some(blob.content());
        let new = change.onto(Some(blob.content()), to_lf)?;
        // What is gone or made anew has nothing that could be told from what the user staged of it.
        let is_whole = change.after.is_none() || change.before.is_none();
        let same = matches!(&new, Transplant::Text(text) if text == blob.content());
        Ok(if is_users && is_whole && !same { Transplant::Overlap } else { new })
    }

    fn restore(&self, staged: Staged, at_work: &AtWork) -> Result<(), VcsError> {
        let mut locked = LockedIndex::take(&self.git, at_work)?;
        for (path, old) in staged.0 {
            match old {
                Some(old) => locked.index.add(&old)?,
                None => locked.index.remove(&path, 0)?,
            }
        }
        locked.publish()
    }
}

/// One file's change, and where git has the file.
struct FileChange<'a> {
    path: RepoPath,
    change: Change<'a>,
    /// Where git has it, if it has it under another name.
    source: Option<RepoPath>,
}

/// The file of the request that goes away and has the text that `file` had before.
fn source_of(file: &FileChange<'_>, files: &[FileChange<'_>]) -> Option<RepoPath> {
    let (before, _) = (file.change.before?, file.change.after?);
    let is_source =
        |it: &&FileChange<'_>| it.change.after.is_none() && it.change.before == Some(before);
    files.iter().find(is_source).map(|it| it.path.clone())
}

/// A commit that no branch has yet.
struct Draft {
    written: WrittenCommit,
    tree: Oid,
    /// The tree of the commit below it.
    base: Oid,
    head: Head,
    subject: String,
    adopted: Vec<String>,
}

/// What was staged before.
#[derive(Default)]
struct Staged(Vec<(PathBuf, Option<IndexEntry>)>);

impl Staged {
    fn push(&mut self, path: &RepoPath, old: Option<IndexEntry>) {
        self.0.push((PathBuf::from(&path.in_repo), old));
    }
}

/// An entry without a file's times, so that git compares the content when it is asked next.
fn entry(path: &str, id: Oid, mode: u32, old: Option<&IndexEntry>) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: old.map_or(0, |old| old.flags),
        flags_extended: old.map_or(0, |old| old.flags_extended),
        path: path.into(),
    }
}
