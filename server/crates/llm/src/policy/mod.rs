//! The policy around a model: every call is admitted and accounted for, each failure has one reaction,
//! and where a model cannot answer the next of the chain does.

mod chain;
mod estimate;
mod open_call;
mod policed;
mod prices;
mod retry;
#[cfg(test)]
mod tests;

pub use chain::Chain;
pub use policed::{Policed, Terms};
pub use prices::{UNKNOWN, price};
