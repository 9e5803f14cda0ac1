//! The configuration: layers of raw keys, resolved once into a checked [`Config`].
//!
//! Layers, later ones win: defaults, the user's file, the environment, the command line or the
//! client's options. A file in the workspace can only tighten. The crate reads the files it is
//! given and no environment: the caller captures it.

mod budget;
mod built_in;
mod checkpoints;
mod commits;
mod config;
mod deploy;
mod error;
mod file;
mod headers;
mod key;
mod keys;
mod layer;
mod load;
mod memory;
mod models;
mod paths;
mod provider;
mod providers;
mod publish;
mod redact;
mod research;
mod shapes;
mod stamp;
mod user_file;
mod value;
mod values;
mod written;

pub use budget::Budget;
pub use checkpoints::Checkpoints;
pub use commits::{CommitChecks, CommitTemplate, Placeholder, Unsigned};
pub use config::{
    Approval, Clones, Commands, Config, FailingStep, Git, Local, Log, Sandbox, SandboxFallback,
    Tasks,
};
pub use deploy::{Deploy, Netlify};
pub use error::ConfigError;
pub use file::GitState;
pub use key::{Key, KeyError};
pub use load::{Loaded, Sources, load};
pub use memory::{Memory, MemoryKind, Qdrant};
pub use models::Models;
pub use paths::Paths;
pub use provider::{Provider, ProviderKind};
pub use publish::{Forge, Publish};
pub use redact::{Redactor, find_in, tokens};
pub use research::{Engine, Research};
pub use shapes::{KeyShape, holds_key, key_shapes, secret_places};
pub use stamp::{Stamp, stamp};
pub use user_file::{EXAMPLE, write_user_file};
