//! Writes that wait on disk for a memory that cannot be reached.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{Kind, Passage};

/// Bytes of all waiting writes, where nothing else is said.
pub const USUAL_QUEUE_BYTES: u64 = 64 << 20;

/// A write that can wait.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Waiting {
    /// See [`crate::Memory::remember`].
    Remember { passages: Vec<Passage> },
    /// See [`crate::Memory::replace`].
    Replace { project: String, kind: Kind, path: String, passages: Vec<Passage> },
}

/// Writes in the order in which they were made, a line of JSON each, in one file that all processes
/// share. What was added survives the process and the machine. All of it blocks for as long as a
/// disk does.
#[derive(Debug, Clone)]
pub struct Queue {
    folder: PathBuf,
    limit: u64,
}

/// Whether a write was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Yes,
    /// The queue is as large as it may be.
    Full,
}

/// Writes that nobody else carries out meanwhile.
#[derive(Debug)]
pub(crate) struct Replay {
    queue: Queue,
    /// Held for as long as this is there.
    _lock: File,
    /// Where the next line begins.
    at: u64,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// This write.
    Write(Waiting),
    /// A line that cannot be read: a newer program's, or a broken disk's.
    Unreadable(String),
    /// Nothing; the file is empty again.
    Nothing,
}

impl Queue {
    /// A queue in a folder of its own, which is made, up to `limit` bytes long.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>, limit: u64) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        Ok(Self { folder, limit })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether nothing waits. One look at the file, no reading.
    pub(crate) fn is_empty(&self) -> bool {
        fs::metadata(self.file()).is_ok_and(|file| file.len() == 0) || !self.file().exists()
    }

    /// Adds a write at the end, durably.
    pub(crate) fn add(&self, write: &Waiting) -> io::Result<Taken> {
        let mut line = serde_json::to_vec(write)?;
        line.push(b'\n');
        let mut file = self.locked()?;
        let end = whole_lines(&mut file)?;
        if end + line.len() as u64 > self.limit {
            return Ok(Taken::Full);
        }
        // A process that was killed may have left half a line, which this is written over; what is left
        // of it has no end, and is no line.
        file.seek(SeekFrom::Start(end))?;
        file.write_all(&line)?;
        file.sync_data()?;
        Ok(Taken::Yes)
    }

    /// Begins to carry out what waits; none where another process or task does so.
    pub(crate) fn replay(&self) -> io::Result<Option<Replay>> {
        let lock = private_file(&self.folder.join("replay.lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let at = fs::read_to_string(self.place()).ok().and_then(|at| at.trim().parse().ok());
        // What is carried out twice comes to the same.
        let length = fs::metadata(self.file()).map_or(0, |file| file.len());
        let at = at.filter(|at| *at <= length).unwrap_or(0);
        Ok(Some(Replay { queue: self.clone(), _lock: lock, at }))
    }

    /// Keeps a write aside that the memory does not take, for people to look at.
    pub(crate) fn set_aside(&self, write: &Waiting) -> io::Result<()> {
        let mut line = serde_json::to_vec(write)?;
        line.push(b'\n');
        let mut file = private_file(&self.folder.join("refused.jsonl"))?;
        let end = file.seek(SeekFrom::End(0))?;
        if end + line.len() as u64 <= self.limit {
            file.write_all(&line)?;
        }
        Ok(())
    }

    fn file(&self) -> PathBuf {
        self.folder.join("writes.jsonl")
    }

    fn place(&self) -> PathBuf {
        self.folder.join("writes.at")
    }

    /// The file, for nobody else until it is dropped.
    fn locked(&self) -> io::Result<File> {
        let file = private_file(&self.file())?;
        file.lock()?;
        Ok(file)
    }
}

impl Replay {
    /// The next write; the same again until [`Self::done`] is called.
    pub(crate) fn next(&mut self) -> io::Result<(Next, u64)> {
        let mut file = self.queue.locked()?;
        let end = whole_lines(&mut file)?;
        if self.at >= end {
            // The place first: where a crash comes between the two, all is carried out again, and
            // nothing is skipped.
            self.at = 0;
            self.note()?;
            file.set_len(0)?;
            file.sync_data()?;
            return Ok((Next::Nothing, 0));
        }
        file.seek(SeekFrom::Start(self.at))?;
        let mut line = Vec::new();
        BufReader::new(file).read_until(b'\n', &mut line)?;
        let length = line.len() as u64;
        match serde_json::from_slice(&line) {
            Ok(write) => Ok((Next::Write(write), length)),
            Err(error) => Ok((Next::Unreadable(error.to_string()), length)),
        }
    }

    /// The write of this length was carried out.
    pub(crate) fn done(&mut self, length: u64) -> io::Result<()> {
        self.at += length;
        self.note()
    }

    /// Notes the place, for whoever carries on after a crash. A place that gets lost costs nothing
    /// but carrying out again.
    fn note(&self) -> io::Result<()> {
        let new = self.queue.folder.join("writes.at.new");
        fs::write(&new, self.at.to_string())?;
        fs::rename(new, self.queue.place())
    }
}

/// Where the last whole line ends.
fn whole_lines(file: &mut File) -> io::Result<u64> {
    const STEP: u64 = 64 * 1024;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let from = end.saturating_sub(STEP);
        file.seek(SeekFrom::Start(from))?;
        let mut part = vec![0; usize::try_from(end - from).unwrap_or(0)];
        file.read_exact(&mut part)?;
        if let Some(at) = part.iter().rposition(|byte| *byte == b'\n') {
            return Ok(from + at as u64 + 1);
        }
        end = from;
    }
    Ok(0)
}

/// A file to read and write that is the user's alone.
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &str) -> Waiting {
        let (project, path) = ("p".to_owned(), path.to_owned());
        Waiting::Replace { project, kind: Kind::Code, path, passages: Vec::new() }
    }

    fn queue() -> (tempfile::TempDir, Queue) {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path().join("queue"), 10_000).unwrap();
        (folder, queue)
    }

    /// Carries out up to `most` writes.
    fn take(queue: &Queue, most: usize) -> Vec<Waiting> {
        let mut replay = queue.replay().unwrap().unwrap();
        let mut taken = Vec::new();
        while taken.len() < most {
            let (Next::Write(write), length) = replay.next().unwrap() else { break };
            taken.push(write);
            replay.done(length).unwrap();
        }
        taken
    }

    #[test]
    fn writes_come_out_in_the_order_they_went_in_and_leave_an_empty_file() {
        let (_folder, queue) = queue();
        assert!(queue.is_empty());
        let writes: Vec<_> = (0..5).map(|n| write(&n.to_string())).collect();
        for write in &writes {
            assert_eq!(queue.add(write).unwrap(), Taken::Yes);
        }
        assert!(!queue.is_empty());
        assert_eq!(take(&queue, 99), writes);
        assert!(queue.is_empty());
        assert_eq!(take(&queue, 99), []);
    }

    #[test]
    fn who_carries_on_begins_where_the_one_before_ended() {
        let (_folder, queue) = queue();
        for path in ["a", "b", "c"] {
            queue.add(&write(path)).unwrap();
        }
        assert_eq!(take(&queue, 1), [write("a")]);
        queue.add(&write("d")).unwrap();
        assert_eq!(take(&queue, 99), [write("b"), write("c"), write("d")]);
    }

    #[test]
    fn half_a_line_that_a_killed_process_left_is_written_over() {
        let (_folder, queue) = queue();
        queue.add(&write("a")).unwrap();
        let mut file = queue.locked().unwrap();
        file.seek(SeekFrom::End(0)).unwrap();
        file.write_all(b"{\"replace\":{\"proj").unwrap();
        file.write_all(&[b'x'; 500]).unwrap();
        drop(file);
        assert_eq!(take(&queue.clone(), 1), [write("a")]);
        queue.add(&write("b")).unwrap();
        assert_eq!(take(&queue, 99), [write("b")]);
    }

    #[test]
    fn a_line_that_cannot_be_read_does_not_hold_up_the_others() {
        let (_folder, queue) = queue();
        let mut file = queue.locked().unwrap();
        file.write_all(b"{\"from_the_future\":1}\n").unwrap();
        drop(file);
        queue.add(&write("a")).unwrap();
        let mut replay = queue.replay().unwrap().unwrap();
        let (Next::Unreadable(why), length) = replay.next().unwrap() else { panic!("read it") };
        assert!(why.contains("from_the_future"), "{why}");
        replay.done(length).unwrap();
        assert!(matches!(replay.next().unwrap(), (Next::Write(w), _) if w == write("a")));
    }

    #[test]
    fn a_full_queue_takes_nothing_more() {
        let folder = tempfile::tempdir().unwrap();
        let queue = Queue::open(folder.path(), 150).unwrap();
        assert_eq!(queue.add(&write("a")).unwrap(), Taken::Yes);
        assert_eq!(queue.add(&write("b")).unwrap(), Taken::Yes);
        assert_eq!(queue.add(&write("c")).unwrap(), Taken::Full);
        assert_eq!(take(&queue, 99), [write("a"), write("b")]);
    }

    #[test]
    fn one_at_a_time_carries_out() {
        let (_folder, queue) = queue();
        let first = queue.replay().unwrap();
        assert!(first.is_some());
        assert!(queue.replay().unwrap().is_none());
        drop(first);
        assert!(queue.replay().unwrap().is_some());
    }
}
