//! What tasks use outside of this machine, besides models: a host of web sites, servers of git
//! repositories, and forges. All speak HTTP by the client that providers are asked with, and nothing else here
//! needs a crate of its own.

mod answer;
mod clone;
mod forge;
mod git_server;
mod netlify;

use std::sync::Arc;

use devika_agent::Outside;
use devika_config::{Config, Paths};

use clone::HttpCloner;
use forge::Forges;
use netlify::Netlify;

/// What a configuration says of it.
pub(crate) fn of(config: &Config, paths: &Paths) -> Outside {
    Outside {
        deployer: Some(Arc::new(Netlify::new(config.deploy.clone()))),
        publisher: Some(Arc::new(Forges::new(config.publish.clone()))),
        cloner: Some(Arc::new(HttpCloner::new(config.clones))),
        projects: config.projects_folder(paths),
    }
}

/// A text as a part of a path or a query.
fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
            char::from(byte).to_string()
        }
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
