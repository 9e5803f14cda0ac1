//! What a look at one thing found.

use std::time::Duration;

use devika_protocol::{Check, Verdict};

/// What a look at one thing found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    verdict: Verdict,
    text: String,
    mend: Option<String>,
}

impl Finding {
    /// It is as it should be.
    pub(crate) fn ok(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Ok, text: text.into(), mend: None }
    }

    /// Devika works, but the user should know.
    pub(crate) fn warning(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Warning, text: text.into(), mend: None }
    }

    /// What is needed does not work.
    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Self { verdict: Verdict::Failed, text: text.into(), mend: None }
    }

    /// With the one command line that mends it.
    pub(crate) fn mended_by(self, command: impl Into<Option<String>>) -> Self {
        Self { mend: command.into(), ..self }
    }

    /// As a check of that name, which took so long.
    pub(crate) fn named(self, name: String, took: Duration) -> Check {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        Check { name, verdict: self.verdict, text: self.text, mend: self.mend, millis }
    }
}
