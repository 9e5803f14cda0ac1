//! What tasks use outside of this machine, besides models: a host of web sites, and servers of git
//! repositories. Both speak HTTP by the client that providers are asked with, and nothing else here
//! needs a crate of its own.

mod clone;
mod git_server;
mod netlify;

use std::sync::Arc;

use devika_agent::Outside;
use devika_config::{Config, Paths};

use clone::HttpCloner;
use netlify::Netlify;

/// What a configuration says of it.
pub(crate) fn of(config: &Config, paths: &Paths) -> Outside {
    Outside {
        deployer: Some(Arc::new(Netlify::new(config.deploy.clone()))),
        cloner: Some(Arc::new(HttpCloner::new(config.clones))),
        projects: config.projects_folder(paths),
    }
}
