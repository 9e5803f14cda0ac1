//! A way to see a tree of processes die, and the programs of this crate.

use std::fs::File;
use std::future::Future;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use nix::sys::stat::Mode;
use tokio::sync::oneshot;

/// Fails instead of waiting for ever.
pub(crate) async fn within<T>(event: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), event).await.expect("it never happened")
}

/// An example of this crate, which is built along with its tests, next to them.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("examples").join(name);
    assert!(path.exists(), "{} is missing: run the tests without --test", path.display());
    path
}

/// A fifo that every process of a command holds open: its end is the death of the last of them.
pub(crate) struct Life {
    fifo: PathBuf,
    begun: Mutex<Option<oneshot::Receiver<()>>>,
    ended: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Life {
    /// Makes the fifo.
    pub(crate) fn at(fifo: PathBuf) -> Self {
        nix::unistd::mkfifo(&fifo, Mode::S_IRWXU).unwrap();
        let (begun, has_begun) = oneshot::channel();
        let (ended, has_ended) = oneshot::channel();
        let path = fifo.clone();
        std::thread::spawn(move || {
            // Opening waits for the writer.
            let mut reader = BufReader::new(File::open(path).unwrap());
            reader.read_line(&mut String::new()).unwrap();
            begun.send(()).ok();
            reader.read_to_end(&mut Vec::new()).unwrap();
            ended.send(()).ok();
        });
        Self { fifo, begun: Mutex::new(Some(has_begun)), ended: Mutex::new(Some(has_ended)) }
    }

    /// The shell's words that open the fifo.
    pub(crate) fn hold(&self) -> String {
        format!("exec 9>'{}'; echo begun >&9", self.fifo.display())
    }

    pub(crate) async fn begun(&self) {
        let begun = self.begun.lock().unwrap().take().unwrap();
        begun.await.unwrap();
    }

    pub(crate) async fn ended(&self) {
        let ended = self.ended.lock().unwrap().take().unwrap();
        ended.await.unwrap();
    }
}
