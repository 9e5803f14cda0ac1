//! What goes back to a model whose answer cannot be applied.

use std::fmt;

use crate::FileEdit;

/// The longest complaint, in characters: long enough for the nearest lines of a few blocks, short
/// enough for a small model's context.
const MAX_CHARS: usize = 1_900;

/// The longest complaint about one block, in characters.
const MAX_PROBLEM_CHARS: usize = 800;

/// Why an answer cannot be applied. Its text is for the model: what failed, the nearest lines with
/// their numbers, and what already succeeded in other files. Under 2,000 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    problems: Vec<String>,
    good: Vec<FileEdit>,
}

impl Complaint {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { problems: vec![problem.into()], good: Vec::new() }
    }

    pub(crate) fn about(problems: Vec<String>, good: Vec<FileEdit>) -> Self {
        Self { problems, good }
    }

    /// The edits of the other files, which are right. The text tells the model that they are kept
    /// and need not be sent again: apply them, or keep them until the rest is right.
    pub fn good_edits(&self) -> &[FileEdit] {
        &self.good
    }
}

impl std::error::Error for Complaint {}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.kept();
        let mut room = MAX_CHARS - kept.chars().count();
        for (index, problem) in self.problems.iter().enumerate() {
            let problem = shorten(problem, MAX_PROBLEM_CHARS);
            let length = problem.chars().count() + 60;
            if length > room {
                let left = self.problems.len() - index;
                write!(f, "\n\n(and {left} more that failed in a similar way)")?;
                break;
            }
            room -= length;
            if index > 0 {
                f.write_str("\n\n")?;
            }
            f.write_str(&problem)?;
        }
        f.write_str(&kept)
    }
}

impl Complaint {
    fn kept(&self) -> String {
        if self.good.is_empty() {
            return String::new();
        }
        let paths: Vec<String> =
            self.good.iter().map(|edit| format!("`{}`", edit.path())).collect();
        let paths = shorten(&paths.join(", "), 300);
        format!("\n\nThe changes of {paths} are right and kept: do not send them again.")
    }
}

/// At most `limit` characters of `text`, with a sign where some are left out.
pub(crate) fn shorten(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(2)).collect();
    short.push_str(" …");
    short
}
