//! The adapters over real providers: what goes over the wire, what counts as an answer, what counts
//! as which failure, and who is asked.

mod choose;
mod embed;
mod failure;
mod frames;
pub(crate) mod http;
mod key;
mod list;
mod listen;
mod reading;
mod remote;
mod splitter;
mod tokens;
mod wait;
mod wire;
mod words;

pub use choose::{Chosen, NoModel, choose};
pub use embed::Embeddings;
pub use http::{is_on_this_machine, root_cause, web_client};
pub use list::{ListedModel, list_models};
pub use remote::connect;
