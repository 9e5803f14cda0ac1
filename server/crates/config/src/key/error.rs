//! Why a key cannot be had.

/// Why a key cannot be had. Never holds the key, nor what a program printed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The source works and has no key.
    #[error("there is no key in {source_name}. {fix}")]
    Missing {
        /// Where it was looked for.
        source_name: String,
        /// What to do.
        fix: String,
    },
    /// The source cannot be asked, or refuses.
    #[error("cannot read the key from {source_name}: {why}. {fix}")]
    Unreadable {
        /// Where it was looked for.
        source_name: String,
        /// What went wrong.
        why: String,
        /// What to do.
        fix: String,
    },
    /// The source did not answer in time: perhaps it waits for a password.
    #[error(
        "{source_name} did not give the key within {seconds} s; it cannot ask for a password here. \
         Unlock it first, then try again"
    )]
    TooSlow {
        /// Where it was looked for.
        source_name: String,
        /// How long it had.
        seconds: u64,
    },
}
