//! The way around large projects: the code index and what the memory finds in it. Nothing is indexed
//! before a task works in a project whose files cannot all be shown.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use devika_agent::CodeMap;
use devika_edit::RelPath;
use devika_index::{Focus, Index, IndexError};
use devika_memory::{Filter, Kind, Memory, Query};
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// How long a task waits for the index at the most; what is not indexed by then is by a later task.
const PATIENCE: Duration = Duration::from_secs(30);

/// Files that the memory names as a map's focus.
const FOCUS: usize = 10;

/// Maps of projects, each over an index of its own.
pub(crate) struct Atlas {
    memory: Arc<dyn Memory>,
    /// Where indexes are kept.
    folder: PathBuf,
    open: Mutex<HashMap<PathBuf, Index>>,
}

impl Atlas {
    /// Maps over a memory; the indexes are kept in `folder`.
    pub(crate) fn new(memory: Arc<dyn Memory>, folder: PathBuf) -> Self {
        Self { memory, folder, open: Mutex::default() }
    }

    /// The index of a project as it is now, as far as it came in time.
    async fn index(&self, root: &Path) -> Result<Index, IndexError> {
        let mut open = self.open.lock().await;
        let index = match open.get(root) {
            Some(index) => index.clone(),
            None => {
                let name = Sha256::digest(root.as_os_str().as_encoded_bytes());
                let name: String = name[..8].iter().map(|byte| format!("{byte:02x}")).collect();
                let (root, file) = (root.to_owned(), self.folder.join(format!("{name}.db")));
                let (place, made) = (root.clone(), self.folder.clone());
                let opened = tokio::task::spawn_blocking(move || {
                    // Where it cannot be made, opening says so.
                    let _made = std::fs::create_dir_all(made);
                    Index::open(&place, &file)
                });
                let index = opened
                    .await
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?;
                open.insert(root, index.clone());
                index
            }
        };
        drop(open);
        let cancel = CancellationToken::new();
        let late = cancel.clone();
        let timer = tokio::spawn(async move {
            tokio::time::sleep(PATIENCE).await;
            late.cancel();
        });
        let refreshed = index.refresh(self.memory.as_ref(), |_| {}, &cancel).await;
        timer.abort();
        refreshed.map(|_| index)
    }

    async fn found(&self, root: &Path, about: &str, limit: usize) -> Vec<String> {
        let filter = Filter {
            project: Some(root.display().to_string()),
            kinds: vec![Kind::Code],
            ..Filter::default()
        };
        // Several passages may be of one file.
        let query = Query { text: about.to_owned(), filter, limit: limit * 3 };
        let found = self.memory.search(&query).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the code index cannot be searched");
            Vec::new()
        });
        let mut files: Vec<String> = Vec::new();
        for found in found {
            let source = found.passage.source;
            let path = source.rsplit_once("#L").map_or(source.as_str(), |(path, _)| path);
            if files.len() < limit && !files.iter().any(|known| known == path) {
                files.push(path.to_owned());
            }
        }
        files
    }
}

#[async_trait]
impl CodeMap for Atlas {
    async fn map(&self, root: &Path, about: &str, tokens: usize) -> Option<String> {
        let map = async {
            let index = self.index(root).await?;
            let files = self.found(root, about, FOCUS).await;
            index.map(&Focus { text: about.to_owned(), files }, tokens).await
        };
        match map.await {
            Ok(map) => Some(map).filter(|map| !map.is_empty()),
            Err(error) => {
                tracing::warn!(%error, "there is no map of the project");
                None
            }
        }
    }

    async fn find(&self, root: &Path, about: &str, limit: usize) -> Vec<RelPath> {
        if let Err(error) = self.index(root).await {
            tracing::warn!(%error, "the code index cannot be used");
            return Vec::new();
        }
        let files = self.found(root, about, limit).await;
        files.iter().filter_map(|file| RelPath::new(file).ok()).collect()
    }
}
