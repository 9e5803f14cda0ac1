//! How much of a project is read.

/// How much of a project is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file in a known language at most; larger ones are left out.
    pub code_bytes: u64,
    /// Bytes of any other text at most: tables and dumps find little and fill the memory.
    pub text_bytes: u64,
    /// Files at most, first by path.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { code_bytes: 1024 * 1024, text_bytes: 256 * 1024, files: 200_000 }
    }
}
