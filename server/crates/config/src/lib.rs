//! The configuration: layers of raw keys, resolved once into a checked [`Config`].
//!
//! Layers, later ones win: defaults, the user's file, the environment, the command line or the
//! client's options. A file in the workspace can only tighten. The crate reads the files it is
//! given and no environment: the caller captures it.

mod config;
mod error;
mod file;
mod keys;
mod layer;
mod load;
mod paths;
mod provider;
mod providers;
mod user_file;
mod value;
mod values;
mod written;

pub use config::{Approval, Commands, Config, FailingStep, Git, GitMode, Local, Log, Tasks};
pub use error::ConfigError;
pub use load::{Loaded, Sources, load};
pub use paths::Paths;
pub use provider::{Key, Provider, ProviderKind};
pub use user_file::{EXAMPLE, write_user_file};
