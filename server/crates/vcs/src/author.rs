//! Who makes the commits: the user.

use git2::Signature;

use crate::{Repository, VcsError};

/// Whose name the commits carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// As in `user.name`.
    pub name: String,
    /// As in `user.email`.
    pub email: String,
    /// Whether git's configuration names nobody, so that this is only a stand-in the user should
    /// be told of.
    pub is_default: bool,
}

impl Repository {
    /// The user of git's configuration, the repository's before their own; a stand-in where one of
    /// name and address is missing.
    ///
    /// # Errors
    /// [`VcsError::Other`] where the configuration cannot be read.
    pub fn author(&self) -> Result<Author, VcsError> {
        author_in(&self.git.config()?.snapshot()?)
    }

    pub(crate) fn signature(&self) -> Result<Signature<'static>, VcsError> {
        let author = self.author()?;
        Ok(Signature::now(&author.name, &author.email)?)
    }
}

/// The user of their own git configuration, whatever repository they are in.
///
/// # Errors
/// [`VcsError::Other`] where the configuration cannot be read.
pub fn user() -> Result<Author, VcsError> {
    author_in(&git2::Config::open_default()?.snapshot()?)
}

fn author_in(config: &git2::Config) -> Result<Author, VcsError> {
    let value = |name| config.get_string(name).ok().filter(|value| !value.trim().is_empty());
    Ok(match (value("user.name"), value("user.email")) {
        (Some(name), Some(email)) => Author { name, email, is_default: false },
        _ => Author {
            name: "Devika user".to_owned(),
            email: "devika@localhost".to_owned(),
            is_default: true,
        },
    })
}
