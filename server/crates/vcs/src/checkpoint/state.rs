//! What the work tree holds at one moment, as a tree of git, at the price of the files that changed
//! since it was last looked at.
//!
//! An index of our own beside the user's keeps how each file looked and what it held. What is not in it
//! yet is taken from the user's index, where that knows a file that looks as it did and that no filter
//! changes on its way; the rest is read. Bytes are kept as they are in the files.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use git2::{Index, IndexEntry, IndexTime, ObjectType, Odb, Oid};

use super::stamp::{REPOSITORY, Stamp};
use super::submodule;
use crate::at_work::{CHECKPOINTS, failed, remove};
use crate::{Repository, VcsError};

/// The bit of an entry for a file that a sparse checkout leaves out.
const LEFT_OUT_OF_CHECKOUT: u16 = 1 << 14;

/// The names that are kept of what is left out.
const MOST_NAMED: usize = 100;

/// What the work tree holds.
#[derive(Debug)]
pub(super) struct State {
    pub(super) tree: Oid,
    /// Bytes of the objects that were not there before, as they are in the files.
    pub(super) bytes: u64,
    /// Files that are larger than the limit, and folders that are repositories of their own.
    pub(super) left_out: Vec<String>,
}

/// How the work tree differs from the last state that was kept, in what was there then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    /// Files of the user's index that hold something else, or may be run or not other than before,
    /// relative to the root.
    pub changed: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Submodules that are at another commit, or in which something is not what it was: this is not kept.
    pub submodules: Vec<String>,
}

/// What may be read and written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Bytes of one file.
    pub(super) file_bytes: u64,
    /// Bytes of all that is new.
    pub(super) room: u64,
}

impl Repository {
    /// Keeps what the work tree holds now. To be called by who is at work in the repository. `held` are
    /// the trees of the checkpoints that there are.
    ///
    /// # Errors
    /// [`VcsError::NoRoom`] with nothing but objects left behind that git removes in time.
    pub(super) fn keep_state(
        &self,
        bounds: Bounds,
        held: &HashSet<Oid>,
    ) -> Result<State, VcsError> {
        let mut scan = Scan::begin(self, bounds, true)?;
        // What no checkpoint holds any more git may have removed.
        let last = match scan.own.is_empty() {
            true => None,
            false => scan.own.write_tree_to(&self.git).ok(),
        };
        if !last.is_some_and(|tree| held.contains(&tree)) {
            scan.own.clear()?;
            scan.known.clear();
        }
        let differs = scan.run()?;
        let tree = scan.own.write_tree_to(&self.git)?;
        if differs {
            // Kept only so that the next look is cheap.
            if let Err(error) = scan.own.write() {
                tracing::warn!(%error, "what checkpoints know of the files is not written");
            }
        }
        Ok(State { tree, bytes: scan.bytes, left_out: scan.left_out })
    }

    /// How the files that the user's git tracks differ from what was last kept. Nothing is written.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn touched_since_checkpoint(&self, file_bytes: u64) -> Result<Touched, VcsError> {
        let mut scan = Scan::begin(self, Bounds { file_bytes, room: u64::MAX }, false)?;
        scan.run()?;
        let Scan { staged, touched: Touched { changed, removed, submodules }, .. } = scan;
        let name = |path: String| {
            let below = Path::new(&path).strip_prefix(&self.prefix).ok()?;
            staged.contains_key(path.as_bytes()).then(|| below.to_string_lossy().into_owned())
        };
        Ok(Touched {
            changed: changed.into_iter().filter_map(&name).collect(),
            removed: removed.into_iter().filter_map(&name).collect(),
            submodules: submodules.into_iter().filter_map(&name).collect(),
        })
    }
}

/// One look at the work tree.
struct Scan<'a> {
    repository: &'a Repository,
    workdir: PathBuf,
    odb: Odb<'a>,
    bounds: Bounds,
    /// Whether what is new is written.
    writes: bool,
    now: SystemTime,
    own: Index,
    known: HashMap<Vec<u8>, IndexEntry>,
    staged: HashMap<Vec<u8>, IndexEntry>,
    /// When the user's index was written: younger entries are not believed.
    staged_at: Option<SystemTime>,
    /// Whether programs could stand between a file and what git keeps of it.
    has_filters: bool,
    bytes: u64,
    left_out: Vec<String>,
    touched: Touched,
    differs: bool,
}

impl<'a> Scan<'a> {
    fn begin(repository: &'a Repository, bounds: Bounds, writes: bool) -> Result<Self, VcsError> {
        let git = &repository.git;
        let own = open_own(&git.path().join(CHECKPOINTS), &repository.prefix)?;
        let staged = match git.index() {
            Ok(mut index) => {
                index.read(false)?;
                by_path(&index)
            }
            // It only makes the first look longer.
            Err(error) => {
                tracing::info!(%error, "the index cannot be read; all files are");
                HashMap::new()
            }
        };
        let staged_at = fs::metadata(git.path().join("index")).and_then(|it| it.modified()).ok();
        let has_filters = git.config()?.entries(Some("filter\\..*"))?.next().is_some();
        Ok(Self {
            repository,
            workdir: repository.workdir()?,
            odb: git.odb()?,
            bounds,
            writes,
            now: SystemTime::now(),
            known: by_path(&own),
            own,
            staged,
            staged_at,
            has_filters,
            bytes: 0,
            left_out: Vec::new(),
            touched: Touched::default(),
            differs: false,
        })
    }

    /// Brings our index to what the work tree is; whether it was anything else.
    fn run(&mut self) -> Result<bool, VcsError> {
        let found = self.repository.walk()?;
        for (path, metadata) in &found.files {
            self.file(path, metadata)?;
        }
        let come_by = found.files.iter().map(|(path, _)| bytes_of(path)).collect();
        self.tracked_besides(&come_by)?;
        for path in found.repositories {
            let is_known = self.staged.get(bytes_of(&path)).is_some_and(|it| it.mode == REPOSITORY);
            if !is_known {
                self.leave_out(&path, "a repository of its own");
            }
        }
        // What was not come by is gone.
        for path in std::mem::take(&mut self.known).into_keys() {
            self.forget(&path)?;
            self.touched.removed.push(said(&path));
        }
        self.touched.changed.sort();
        self.touched.removed.sort();
        Ok(self.differs)
    }

    /// What the user's index has and the walk does not come by: files that git ignores and tracks all
    /// the same, submodules, and what a sparse checkout leaves out.
    fn tracked_besides(&mut self, come_by: &HashSet<&[u8]>) -> Result<(), VcsError> {
        let prefix = bytes_of(&self.repository.prefix).to_vec();
        let is_besides = |entry: &&IndexEntry| {
            entry.path.starts_with(&prefix) && !come_by.contains(&*entry.path)
        };
        let copy =
            |entry: &IndexEntry| IndexEntry { flags_extended: entry.flags_extended, ..bare(entry) };
        let besides: Vec<IndexEntry> = self.staged.values().filter(is_besides).map(copy).collect();
        for entry in besides {
            let path = path_of(&entry.path);
            if !path.starts_with(&self.repository.prefix) {
                continue;
            }
            if entry.mode == REPOSITORY {
                let look = submodule::look(&self.workdir.join(&path));
                let id = look.as_ref().and_then(|look| look.commit).unwrap_or(entry.id);
                let mtime = look.map_or(IndexTime::new(0, 0), |look| look.sum);
                let now = IndexEntry { id, mtime, ..bare(&entry) };
                let known = self.known.get(&entry.path).filter(|known| known.mode == REPOSITORY);
                if known.is_some_and(|known| (known.id, known.mtime) != (id, mtime)) {
                    self.touched.submodules.push(said(&entry.path));
                }
                self.take(now)?;
            } else if let Some(metadata) = self.repository.look_at(&path) {
                self.file(&path, &metadata)?;
            } else if entry.flags_extended & LEFT_OUT_OF_CHECKOUT != 0 {
                self.take(bare(&entry))?;
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, metadata: &Metadata) -> Result<(), VcsError> {
        let stamp = Stamp::of(metadata);
        let key = bytes_of(path);
        let known = self.known.remove(key);
        if known.as_ref().is_some_and(|known| Stamp::of_entry(known).is_of(&stamp)) {
            return Ok(());
        }
        let id = match self.id_in_staged(path, &stamp, metadata) {
            Some(id) => id,
            None if metadata.len() > self.bounds.file_bytes => {
                self.leave_out(path, "larger than `checkpoints.file_mb`");
                if known.is_some() {
                    self.touched.changed.push(said(key));
                    self.forget(key)?;
                }
                return Ok(());
            }
            None => match self.read(path, metadata)? {
                Some(bytes) => self.blob(&bytes)?,
                // Gone, or another one, since it was seen.
                None => {
                    self.known.extend(known.map(|known| (key.to_vec(), known)));
                    return Ok(());
                }
            },
        };
        if known.is_some_and(|known| (known.id, known.mode) != (id, stamp.mode)) {
            self.touched.changed.push(said(key));
        }
        self.add(&stamp.entry(key, id, self.now), path)
    }

    fn forget(&mut self, path: &[u8]) -> Result<(), VcsError> {
        self.differs = true;
        if self.writes {
            self.own.remove(&path_of(path), 0)?;
        }
        Ok(())
    }

    /// What a file holds by the user's index, where that can be told from how it looks.
    fn id_in_staged(&self, path: &Path, stamp: &Stamp, metadata: &Metadata) -> Option<Oid> {
        let entry = self.staged.get(bytes_of(path))?;
        let is_old = self.staged_at.is_some_and(|written| stamp.is_older_than(written));
        if !is_old || !Stamp::of_entry(entry).is_of(stamp) {
            return None;
        }
        // Line endings, keywords and what large files are stored as change the length.
        let (size, _) = self.odb.read_header(entry.id).ok()?;
        let is_filtered = || {
            let git = &self.repository.git;
            let filter = git.get_attr(path, "filter", git2::AttrCheckFlags::FILE_THEN_INDEX);
            !matches!(filter, Ok(None))
        };
        let is_same = size as u64 == metadata.len() && !(self.has_filters && is_filtered());
        is_same.then_some(entry.id)
    }

    /// The bytes of a file, or where a link leads; none where it is not what was seen.
    fn read(&self, path: &Path, seen: &Metadata) -> Result<Option<Vec<u8>>, VcsError> {
        let file = self.workdir.join(path);
        if seen.is_symlink() {
            return Ok(fs::read_link(&file).ok().map(|to| bytes_of(&to).to_vec()));
        }
        let read = || -> std::io::Result<Option<Vec<u8>>> {
            let opened = File::open(&file)?;
            // Somebody may have put a link there since.
            if Stamp::of(&opened.metadata()?) != Stamp::of(seen) {
                return Ok(None);
            }
            let mut bytes = Vec::with_capacity(usize::try_from(seen.len()).unwrap_or_default());
            opened.take(self.bounds.file_bytes + 1).read_to_end(&mut bytes)?;
            Ok(Some(bytes))
        };
        match read() {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            // What the user cannot read a command cannot read or write either.
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Ok(None),
            Err(error) => Err(failed(&file, &error)),
        }
    }

    fn blob(&mut self, bytes: &[u8]) -> Result<Oid, VcsError> {
        let id = Oid::hash_object(ObjectType::Blob, bytes)?;
        if !self.writes || self.odb.exists(id) {
            return Ok(id);
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > self.bounds.room {
            return Err(VcsError::NoRoom { room: self.bounds.room >> 20 });
        }
        Ok(self.odb.write(ObjectType::Blob, bytes)?)
    }

    /// Takes an entry over that no file stands for.
    fn take(&mut self, entry: IndexEntry) -> Result<(), VcsError> {
        let known = self.known.remove(&entry.path);
        let parts = |entry: &IndexEntry| (entry.id, entry.mode, entry.mtime);
        if known.is_some_and(|known| parts(&known) == parts(&entry)) {
            return Ok(());
        }
        self.add(&entry, &path_of(&entry.path))
    }

    fn add(&mut self, entry: &IndexEntry, path: &Path) -> Result<(), VcsError> {
        self.differs = true;
        if self.writes && self.own.add(entry).is_err() {
            self.leave_out(path, "a name that git does not take");
        }
        Ok(())
    }

    fn leave_out(&mut self, path: &Path, why: &str) {
        if self.left_out.len() < MOST_NAMED {
            self.left_out.push(format!("{} ({why})", path.display()));
        }
    }
}

/// Our own index; an empty one where there is none, or where it was left half written.
/// Each root of a work tree has one of its own.
fn open_own(folder: &Path, prefix: &Path) -> Result<Index, VcsError> {
    fs::create_dir_all(folder).map_err(|error| failed(folder, &error))?;
    let root = Oid::hash_object(ObjectType::Blob, bytes_of(prefix))?.to_string();
    let file = folder.join(format!("checkpoints-{}", &root[..12]));
    if let Ok(index) = Index::open(&file) {
        return Ok(index);
    }
    remove(&file);
    Ok(Index::open(&file)?)
}

fn by_path(index: &Index) -> HashMap<Vec<u8>, IndexEntry> {
    let is_merged = |entry: &IndexEntry| entry.flags >> 12 & 3 == 0;
    index.iter().filter(is_merged).map(|entry| (entry.path.clone(), entry)).collect()
}

/// An entry without what only the user's index knows.
fn bare(entry: &IndexEntry) -> IndexEntry {
    let none = IndexTime::new(0, 0);
    IndexEntry {
        ctime: none,
        mtime: none,
        dev: 0,
        ino: 0,
        mode: entry.mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: entry.path.clone(),
    }
}

/// A path as it is shown.
fn said(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

#[cfg(unix)]
fn bytes_of(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes()
}

#[cfg(not(unix))]
fn bytes_of(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}
