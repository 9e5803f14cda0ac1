//! A provider's key: where it comes from, read when it is first asked for and not before.

mod command;
mod error;
mod keyring;
mod origin;
mod table;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};

pub use error::KeyError;
pub(crate) use origin::{Env, Origin};
pub(crate) use table::{KeyTable, hint};

/// Values of a key that are remembered, so that those which were replaced are still taken out of
/// texts.
const REMEMBERED: usize = 8;

/// A provider's key. Clones share what was read.
#[derive(Clone)]
pub struct Key(Arc<Inner>);

struct Inner {
    source: String,
    origin: Origin,
    /// Held while the source is asked, so that it is asked once by all who wait for it.
    asking: Mutex<()>,
    /// What was read, the newest last.
    known: Mutex<Vec<SecretString>>,
}

impl Key {
    /// A key that is known already and never changes. `source` says where it came from, safe to
    /// show.
    pub fn fixed(secret: SecretString, source: impl Into<String>) -> Self {
        Self::seen(Origin::Fixed, source.into(), secret)
    }

    /// A key that was not read yet.
    pub(crate) fn unread(origin: Origin, source: String) -> Self {
        let (asking, known) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { source, origin, asking, known }))
    }

    /// A key that was read while the configuration was.
    pub(crate) fn seen(origin: Origin, source: String, secret: SecretString) -> Self {
        let key = Self::unread(origin, source);
        key.remember(secret);
        key
    }

    /// Where it is read from, e.g. `environment variable OPENAI_API_KEY`; safe to show.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// The key, where it was read already. Reads nothing.
    pub fn known(&self) -> Option<SecretString> {
        self.remembered().last().cloned()
    }

    /// The key. Blocks while its source is asked for the first time, for ten seconds at the most;
    /// async code asks on a blocking thread.
    ///
    /// # Errors
    /// [`KeyError`], whose message says what to do.
    pub fn secret(&self) -> Result<SecretString, KeyError> {
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let _alone = lock(&self.0.asking);
        if let Some(known) = self.known() {
            return Ok(known);
        }
        let secret = self.0.origin.read(&self.0.source)?;
        self.remember(secret.clone());
        Ok(secret)
    }

    /// Asks the source again, after the provider refused the key `refused`: says whether there is
    /// another one now. Where somebody else has asked since, their answer counts. Blocks as
    /// [`Key::secret`] does; to be called once a turn.
    ///
    /// # Errors
    /// [`KeyError`], whose message says what to do.
    pub fn reread(&self, refused: &SecretString) -> Result<bool, KeyError> {
        let is_refused = |key: &SecretString| key.expose_secret() == refused.expose_secret();
        let _alone = lock(&self.0.asking);
        if self.known().is_some_and(|now| !is_refused(&now)) {
            return Ok(true);
        }
        if matches!(self.0.origin, Origin::Fixed) {
            return Ok(false);
        }
        let secret = self.0.origin.read(&self.0.source)?;
        let changed = !is_refused(&secret);
        if changed {
            self.remember(secret);
        }
        Ok(changed)
    }

    /// All values that were read, those that were replaced too.
    pub(crate) fn remembered(&self) -> MutexGuard<'_, Vec<SecretString>> {
        lock(&self.0.known)
    }

    fn remember(&self, secret: SecretString) {
        let mut known = self.remembered();
        if known.len() == REMEMBERED {
            known.remove(0);
        }
        known.push(secret);
    }
}

impl fmt::Debug for Key {
    /// Where it comes from, and nothing of what it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("source", &self.0.source).finish_non_exhaustive()
    }
}

/// Locks; what is guarded is whole even where a thread panicked.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
