//! Opens and reads a file of a project, whatever it has become since it was listed.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

use crate::admit::LeftOut;
use crate::stamp::Stamp;

/// The bytes of an ordinary file and how it looked before they were read.
///
/// # Errors
/// [`LeftOut::Unreadable`] and [`LeftOut::Huge`].
pub(crate) fn read(file: &Path, limit: u64) -> Result<(Vec<u8>, Stamp), LeftOut> {
    let opened = open(file).map_err(|_| LeftOut::Unreadable)?;
    let meta = opened.metadata().map_err(|_| LeftOut::Unreadable)?;
    if !meta.is_file() {
        return Err(LeftOut::Unreadable);
    }
    if meta.len() > limit {
        return Err(LeftOut::Huge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0));
    // It may grow while it is read.
    opened.take(limit + 1).read_to_end(&mut bytes).map_err(|_| LeftOut::Unreadable)?;
    if bytes.len() as u64 > limit { Err(LeftOut::Huge) } else { Ok((bytes, Stamp::of(&meta))) }
}

/// Opens without following a link and without waiting for the other end of a pipe: what was a file
/// when it was listed may have been exchanged since.
#[cfg(unix)]
fn open(file: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;

    use nix::fcntl::OFlag;
    let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
    OpenOptions::new().read(true).custom_flags(flags.bits()).open(file)
}

#[cfg(not(unix))]
fn open(file: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(file)
}

#[cfg(all(test, unix))]
mod tests {
    use super::read;
    use crate::admit::LeftOut;

    #[test]
    fn a_pipe_that_took_the_place_of_a_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("a.rs");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).unwrap();
        assert_eq!(read(&pipe, 10).err(), Some(LeftOut::Unreadable));
    }

    #[test]
    fn a_link_that_took_the_place_of_a_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("a.rs");
        std::fs::write(folder.path().join("b.rs"), "text").unwrap();
        std::os::unix::fs::symlink("b.rs", &link).unwrap();
        assert_eq!(read(&link, 10).err(), Some(LeftOut::Unreadable));
    }

    #[test]
    fn a_file_with_a_hole_larger_than_the_limit_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.rs");
        std::fs::File::create(&file).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read(&file, 1 << 20).err(), Some(LeftOut::Huge));
    }
}
