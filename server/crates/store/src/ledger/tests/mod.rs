//! What the ledger grants, refuses and remembers.

mod breaker;
mod budget;
mod interleavings;
mod queue;
mod world;
