//! Mounts in the order in which they have to be made.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Mounts by place. A later one at the same place replaces an earlier one; they are made from the
/// root downwards, so that none hides one that was asked for below it.
pub(super) struct Layers {
    private_bytes: u64,
    mounts: Vec<(PathBuf, Mount)>,
}

enum Mount {
    /// An empty folder in memory.
    Empty,
    /// The same, with nothing to be made in it.
    Barred,
    /// This place as it is outside, read-only.
    ReadOnly,
    /// This place as it is outside.
    Writable,
    /// Another place.
    From(PathBuf),
    /// Another place, to be written in.
    WritableFrom(PathBuf),
    /// A file that cannot be read.
    Nothing,
}

impl Layers {
    pub(super) fn new(private_bytes: u64) -> Self {
        Self { private_bytes, mounts: Vec::new() }
    }

    /// An empty folder in place of one that is there.
    pub(super) fn empty(&mut self, place: &Path) {
        // One that is a link is reached by another name as well, and that one is what counts.
        if let Ok(place) = place.canonicalize()
            && place.is_dir()
        {
            self.add(place, Mount::Empty);
        }
    }

    /// Nothing in place of a file or folder that is there, unless it is hidden already.
    pub(super) fn conceal(&mut self, place: &Path) {
        // Where there is none, nothing has to be done.
        let Ok(place) = place.canonicalize() else { return };
        let mount = if place.is_dir() { Mount::Empty } else { Mount::Nothing };
        if !matches!(self.above(&place), Some(Mount::Empty)) {
            self.add(place, mount);
        }
    }

    /// What is there, read-only, although something above it may be hidden. Ask from the root downwards:
    /// what is below something that is shown already is left to that, since each mount takes its time.
    pub(super) fn read_only(&mut self, place: &Path) {
        if !self.is_read_only(place) && place.exists() {
            self.add(place.to_owned(), Mount::ReadOnly);
        }
    }

    /// An empty folder in which nothing can be made that is there afterwards. Cheaper than
    /// [`Self::read_only`]; only the files in it would be writable, and there are none.
    pub(super) fn barred(&mut self, place: &Path) {
        self.add(place.to_owned(), Mount::Barred);
    }

    fn is_read_only(&self, place: &Path) -> bool {
        matches!(self.above(place), None | Some(Mount::ReadOnly))
    }

    /// The nearest mount that holds a place.
    fn above(&self, place: &Path) -> Option<&Mount> {
        let above = self.mounts.iter().filter(|(known, _)| place.starts_with(known));
        above.max_by_key(|(known, _)| known.components().count()).map(|(_, mount)| mount)
    }

    /// What is there, to be written in.
    pub(super) fn writable(&mut self, place: &Path) {
        self.add(place.to_owned(), Mount::Writable);
    }

    /// Something at another place.
    pub(super) fn show_at(&mut self, source: &Path, place: &Path) {
        self.add(place.to_owned(), Mount::From(source.to_owned()));
    }

    /// Something at another place, to be written in.
    pub(super) fn writable_at(&mut self, source: &Path, place: &Path) {
        self.add(place.to_owned(), Mount::WritableFrom(source.to_owned()));
    }

    fn add(&mut self, place: PathBuf, mount: Mount) {
        self.mounts.retain(|(known, _)| *known != place);
        self.mounts.push((place, mount));
    }

    pub(super) fn arguments(mut self) -> Vec<OsString> {
        self.mounts.sort_by_key(|(place, _)| place.components().count());
        let size: OsString = self.private_bytes.to_string().into();
        let mut arguments: Vec<OsString> =
            ["--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev"].map(Into::into).to_vec();
        let mut add = |words: &[&std::ffi::OsStr]| {
            arguments.extend(words.iter().map(|word| (*word).to_owned()));
        };
        add(&["--size".as_ref(), &size, "--tmpfs".as_ref(), "/dev/shm".as_ref()]);
        add(&["--remount-ro".as_ref(), "/dev".as_ref()]);
        for (place, mount) in &self.mounts {
            let place = place.as_os_str();
            match mount {
                Mount::Empty => add(&["--size".as_ref(), &size, "--tmpfs".as_ref(), place]),
                Mount::Barred => add(&[
                    "--perms".as_ref(),
                    "0555".as_ref(),
                    "--size".as_ref(),
                    "4096".as_ref(),
                    "--tmpfs".as_ref(),
                    place,
                ]),
                Mount::ReadOnly => add(&["--ro-bind".as_ref(), place, place]),
                Mount::Writable => add(&["--bind".as_ref(), place, place]),
                Mount::From(source) => add(&["--ro-bind".as_ref(), source.as_os_str(), place]),
                Mount::WritableFrom(source) => add(&["--bind".as_ref(), source.as_os_str(), place]),
                Mount::Nothing => add(&["--ro-bind".as_ref(), "/dev/null".as_ref(), place]),
            }
        }
        arguments
    }
}
