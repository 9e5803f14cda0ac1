//! Why the index cannot serve.

use std::path::PathBuf;

use devika_memory::MemoryError;

/// Why the index cannot serve. What is kept of a project stays as it was after the last batch.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The project cannot be read.
    #[error("the project at {} cannot be read: {why}", root.display())]
    Project {
        /// Its root.
        root: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The file that the index is kept in cannot be read or written.
    #[error("the code index in {} failed: {why}; remove the file, and it is made anew", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What SQLite or the system said.
        why: String,
    },
    /// The file belongs to another program; it is left alone.
    #[error("{} is no code index of Devika; name another file for it", file.display())]
    Foreign {
        /// The file.
        file: PathBuf,
    },
    /// The program is ending.
    #[error("the code index was not asked to its end, since the program is ending")]
    Ending,
    /// The memory that passages go to failed.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}
