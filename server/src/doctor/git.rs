//! In whose name commits will be made, and whether they can be made here.

use std::path::PathBuf;

use devika_vcs::{Author, Repository, VcsError};

use super::Finding;

pub(super) async fn look(root: Option<PathBuf>) -> Finding {
    let looked = tokio::task::spawn_blocking(move || author(root)).await;
    match looked {
        Ok(Ok(author)) if author.is_default => Finding::warning(
            "none, so that commits will be by a stand-in; git also wants an address",
        )
        .mended_by(
            "git config --global user.name \"YOUR NAME\" && \
                     git config --global user.email YOU@EXAMPLE.ORG"
                .to_owned(),
        ),
        Ok(Ok(author)) => Finding::ok(format!("{} <{}>", author.name, author.email)),
        Ok(Err(error)) => Finding::failed(error.to_string()),
        Err(error) => Finding::failed(format!("git cannot be asked: {error}")),
    }
}

fn author(root: Option<PathBuf>) -> Result<Author, VcsError> {
    match root.map(|root| Repository::open(&root)).transpose()?.flatten() {
        Some(repository) => repository.author(),
        None => devika_vcs::user(),
    }
}
