//! Ending a call.

use devika_llm::{Ended, Settled, Spent, Ticket};
use rusqlite::Connection;

use super::{Asker, account, calls, provider::Provider};
use crate::StoreError;

/// Gives the call's place back, counts what it used, and learns about its provider. A call that is
/// not there any more was settled before, by its maker or because that was taken for dead.
pub(super) fn settle(
    connection: &Connection,
    asker: &Asker,
    ticket: Ticket,
    ended: &Ended,
) -> Result<Settled, StoreError> {
    let Some(call) = calls::find(connection, asker.task, ticket)? else {
        return Ok(Settled::default());
    };
    call.remove(connection)?;
    if !call.running {
        return Ok(Settled::default());
    }
    account::charge(connection, &call, spent_of(ended))?;
    let known = Provider::load(connection, &call.provider)?;
    let mut provider = known.clone();
    let resting = provider.learn(&call, ended, (asker.watch.now)());
    if provider != known {
        provider.save(connection, &call.provider)?;
    }
    Ok(Settled { resting })
}

fn spent_of(ended: &Ended) -> Spent {
    match ended {
        Ended::Answered(spent)
        | Ended::Failed(spent)
        | Ended::Slowed(spent)
        | Ended::Dropped(spent) => *spent,
    }
}
