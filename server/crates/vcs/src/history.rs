//! Commits that are there.

use git2::{Revwalk, message_trailers_strs};

use crate::{Commit, Repository, VcsError};

/// How far back a step's commit is looked for. A crash happens right after a commit; only what the
/// user committed since can come between.
const SEARCHED: usize = 500;

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The commit's full id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// The author's name.
    pub author: String,
}

impl Repository {
    /// The commit of that task's step, told by its trailers `Devika-Task` and `Devika-Step`, among
    /// the last 500 of HEAD: whether a step was committed before a crash.
    ///
    /// # Errors
    /// [`VcsError::Other`]; then it is not known.
    pub fn find(&self, task: &str, step: &str) -> Result<Option<Commit>, VcsError> {
        let Some(walk) = self.walk_from_head()? else { return Ok(None) };
        for id in walk.take(SEARCHED) {
            let id = id?;
            let commit = self.git.find_commit(id)?;
            if commit.message().is_ok_and(|message| is_step(message, task, step)) {
                let branch = self.read_head()?.branch();
                return Ok(Some(Commit { id: id.to_string(), branch, ..Commit::default() }));
            }
        }
        Ok(None)
    }

    /// The last `n` commits of HEAD, newest first.
    ///
    /// # Errors
    /// [`VcsError::Other`].
    pub fn log(&self, n: usize) -> Result<Vec<LogEntry>, VcsError> {
        let Some(walk) = self.walk_from_head()? else { return Ok(Vec::new()) };
        walk.take(n)
            .map(|id| {
                let commit = self.git.find_commit(id?)?;
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                Ok(LogEntry {
                    id: commit.id().to_string(),
                    subject: text(commit.summary_bytes().unwrap_or_default()),
                    author: text(commit.author().name_bytes()),
                })
            })
            .collect()
    }

    fn walk_from_head(&self) -> Result<Option<Revwalk<'_>>, VcsError> {
        if self.read_head()?.commit.is_none() {
            return Ok(None);
        }
        let mut walk = self.git.revwalk()?;
        walk.push_head()?;
        Ok(Some(walk))
    }
}

fn is_step(message: &str, task: &str, step: &str) -> bool {
    // Most commits are not Devika's; looking for the word is quicker than parsing.
    message.contains("Devika-Task:")
        && message_trailers_strs(message).is_ok_and(|trailers| {
            let has = |key, value| trailers.iter().any(|trailer| trailer == (key, value));
            has("Devika-Task", task) && has("Devika-Step", step)
        })
}
