//! Ports to what lies outside of this machine: hosts of web sites, and servers of repositories.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use devika_vcs::{Cloned, RemoteAddress};
use serde::{Deserialize, Serialize};

use crate::publisher::Publisher;

/// What tasks may use outside of this machine, after asking.
#[derive(Clone, Default)]
pub struct Outside {
    /// Puts projects on the web, where there is something that can.
    pub deployer: Option<Arc<dyn Deployer>>,
    /// Publishes branches, where there is something that can.
    pub publisher: Option<Arc<dyn Publisher>>,
    /// Clones repositories, where there is something that can.
    pub cloner: Option<Arc<dyn Cloner>>,
    /// Where repositories are cloned to.
    pub projects: PathBuf,
}

/// Puts folders on the web.
#[async_trait]
pub trait Deployer: Send + Sync {
    /// Who it is: `Netlify`.
    fn name(&self) -> &str;

    /// The site that the user names, by its name or its id.
    fn site(&self) -> Option<&str>;

    /// The folder that the user names, relative to the project's root.
    fn folder(&self) -> Option<&str>;

    /// Bytes of a site at the most.
    fn most_bytes(&self) -> u64;

    /// Makes sure that there is a token and that the host takes it.
    ///
    /// # Errors
    /// [`DeployError`].
    async fn check(&self) -> Result<(), DeployError>;

    /// The site of this name or id.
    ///
    /// # Errors
    /// [`DeployError::Gone`] where there is none.
    async fn find_site(&self, site: &str) -> Result<Site, DeployError>;

    /// The user's site of this name, which is made where there is none yet.
    ///
    /// # Errors
    /// [`DeployError`]; where the answer is lost, asking again does not make a second one.
    async fn make_site(&self, name: &str) -> Result<Site, DeployError>;

    /// The id of the deploy that was uploaded to a site under this title.
    ///
    /// # Errors
    /// [`DeployError`].
    async fn find_deploy(&self, site: &Site, title: &str) -> Result<Option<String>, DeployError>;

    /// Uploads files under a title; the id of the deploy.
    ///
    /// # Errors
    /// [`DeployError`].
    async fn upload(
        &self,
        site: &Site,
        title: &str,
        files: Vec<SiteFile>,
    ) -> Result<String, DeployError>;

    /// Waits until a deploy is on the web, and says its state as it changes; the address.
    ///
    /// # Errors
    /// [`DeployError`]; the site is then as it was.
    async fn ready(
        &self,
        site: &Site,
        deploy: &str,
        on_state: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<String, DeployError>;
}

/// A site on the web.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: String,
}

/// A file of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteFile {
    /// Relative to the site's root, with `/`.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Why something is not on the web, by what the caller does. Texts are whole sentences that say what
/// to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeployError {
    /// Make another one, or tell the user: there is no such site.
    #[error("{0}")]
    Gone(String),
    /// Tell the user.
    #[error("{0}")]
    Refused(String),
    /// Try again after a while.
    #[error("{why}")]
    Later {
        /// Why.
        why: String,
        /// After how long.
        wait: Duration,
    },
}

/// Clones repositories.
#[async_trait]
pub trait Cloner: Send + Sync {
    /// What it keeps to, for the user to know: `at most 1000 MB, within 15 minutes`.
    fn bounds(&self) -> String;

    /// Clones a repository into a folder that it makes, and says how far it has come. Where that fails
    /// or the future is dropped, the folder is removed.
    ///
    /// # Errors
    /// Why there is no clone and what to do, as a sentence.
    async fn clone(
        &self,
        address: &RemoteAddress,
        folder: &Path,
        on_progress: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Cloned, String>;
}
