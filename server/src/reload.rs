//! What is made from the configuration, made anew when its files change: a key that is rotated in the
//! file counts for the next task, without a restart.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use devika_config::{Config, Sources, Stamp};
use sha2::{Digest as _, Sha256};

/// Something that is made from the configuration.
pub(crate) struct Reloaded<T> {
    sources: Sources,
    make: Box<dyn Fn(&Config) -> T + Send + Sync>,
    current: Mutex<(Stamp, Arc<T>)>,
}

impl<T> Reloaded<T> {
    /// Made from `config`, which was read from `sources`.
    pub(crate) fn new(
        config: &Config,
        sources: Sources,
        make: impl Fn(&Config) -> T + Send + Sync + 'static,
    ) -> Self {
        let current = Mutex::new((devika_config::stamp(&sources), Arc::new(make(config))));
        Self { sources, make: Box::new(make), current }
    }

    /// The files of the configuration that there are, and the SHA-256 of each.
    pub(crate) fn files(&self) -> Vec<(PathBuf, String)> {
        let files = [&self.sources.user_file, &self.sources.workspace_file].into_iter().flatten();
        files
            .filter_map(|file| {
                let hash: [u8; 32] = Sha256::digest(std::fs::read(file).ok()?).into();
                Some((file.clone(), hash.iter().map(|byte| format!("{byte:02x}")).collect()))
            })
            .collect()
    }

    /// As the files are now. Where they hold a mistake, `say` tells of it, once, and what there was
    /// before stays.
    pub(crate) fn current(&self, say: &dyn Fn(String)) -> Arc<T> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let now = devika_config::stamp(&self.sources);
        if current.0 != now {
            current.0 = now;
            match devika_config::load(&self.sources) {
                Ok(loaded) => current.1 = Arc::new((self.make)(&loaded.config)),
                Err(error) => say(format!(
                    "The configuration has changed and cannot be read; what it was before counts. {error}"
                )),
            }
        }
        Arc::clone(&current.1)
    }
}
