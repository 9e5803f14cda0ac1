//! The adapters over real providers: genai for the wire formats, our own code for what counts as an
//! answer, what counts as which failure, and who is asked.

mod choose;
mod failure;
pub(crate) mod http;
mod list;
mod listen;
mod remote;
mod wire;
mod witness;

pub use choose::{Chosen, NoModel, choose};
pub use list::list_models;
pub use remote::connect;
