//! Language models: the [`LanguageModel`] port, and (feature `providers`) the adapters behind it.

mod port;

pub use port::{
    Answer, Delta, LanguageModel, Limits, Message, ModelError, Request, Role, Schema, Stop,
};
