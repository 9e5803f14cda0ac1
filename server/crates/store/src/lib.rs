//! What Devika must not forget: tasks, events, the journal, messages, usage, trust, the audit log,
//! and the ledger of calls to models, in one SQLite file per user.
//!
//! One thread owns the connection. It takes all operations that wait, carries them out in **one**
//! transaction, commits, broadcasts the events, and then answers the callers; so what a caller was
//! told, and what a client was shown, is committed.
//!
//! A write that is awaited is on the disk (`synchronous=FULL`) when the answer comes, together with
//! everything written before it. What nobody waits for ([`Store::append`]) is committed at once, and
//! so survives the end of the process, but is forced to the disk only by the next awaited write. So
//! is what the ledger writes, for which callers do wait.

mod approvals;
mod audit;
mod error;
mod events;
mod health;
mod holder;
mod journal;
mod ledger;
mod migrate;
mod open;
mod projects;
mod records;
mod store;
mod stream;
mod tasks;
mod text;
mod writer;

#[cfg(test)]
mod full_tests;

pub use audit::{AuditRow, Break, Verified};
pub use error::StoreError;
pub use health::Health;
pub use journal::Entry;
pub use ledger::{Account, Caps, ProviderState, Spending, StoreLedger};
pub use open::OpenOptions;
pub use projects::{Carried, Project};
pub use records::Message;
pub use store::Store;
pub use stream::EventStream;
pub use tasks::NewTask;
