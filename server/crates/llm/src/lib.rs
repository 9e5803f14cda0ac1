//! Language models: the [`LanguageModel`] port, the policy around it, and (feature `providers`) the
//! adapters behind it.

mod ledger;
#[cfg(feature = "providers")]
pub mod local;
mod policy;
mod port;
#[cfg(feature = "providers")]
mod providers;

pub use ledger::{Admission, Call, Ended, Ledger, LedgerError, Settled, Spent, Ticket};
pub use policy::{Chain, Freed, Policed, Rates, Terms, cost};
pub use port::{
    Answer, Delta, LanguageModel, Limits, Message, ModelError, Notice, Request, Role, Schema, Stop,
};
#[cfg(feature = "providers")]
pub use providers::{
    Chosen, Embeddings, ListedModel, NoModel, choose, connect, is_on_this_machine, list_models,
    root_cause, web_client,
};
