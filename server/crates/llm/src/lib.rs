//! Language models: the [`LanguageModel`] port, patience around it, and (feature `providers`) the
//! adapters behind it.

#[cfg(feature = "providers")]
pub mod local;
mod port;
#[cfg(feature = "providers")]
mod providers;
mod retry;

pub use port::{
    Answer, Delta, LanguageModel, Limits, Message, ModelError, Request, Role, Schema, Stop,
};
#[cfg(feature = "providers")]
pub use providers::{Chosen, NoModel, choose, connect, list_models};
pub use retry::Retrying;
