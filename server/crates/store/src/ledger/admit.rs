//! Admitting a call.

use devika_llm::{Admission, Call, Ticket};
use rusqlite::Connection;

use super::{
    Asker,
    account::{self, Capped},
    calls::{self, OpenCall},
    places::{self, Wish},
    provider::{Pass, Provider},
    watch::day_at,
};
use crate::StoreError;

/// Decides whether a call may be made, and stores what follows.
pub(super) fn admit(
    connection: &Connection,
    asker: &Asker,
    call: &Call,
) -> Result<Admission, StoreError> {
    let now = (asker.watch.now)();
    let mut others = calls::all(connection)?;
    let queued = take_queued(&mut others, asker, call.waiting);
    let others = calls::without_the_dead(connection, others, &asker.watch, now)?;
    let day = day_at(now, account::latest_day(connection, &others)?.as_deref());
    let mut wanted = OpenCall::of(asker, call, &day, now);
    wanted.id = queued.unwrap_or_default();

    let mut capped = account::capped(connection, asker, &day, &others)?;
    let at_provider: Vec<&OpenCall> =
        others.iter().filter(|other| other.provider == call.provider).collect();
    let mut provider = Provider::load(connection, &call.provider)?;
    let known = provider.clone();
    let admission = decide(&wanted, call.queue, &mut provider, &capped, &at_provider, now);
    if provider != known {
        provider.save(connection, &call.provider)?;
    }
    match admission {
        Decision::Go { probe } => {
            (wanted.running, wanted.probe, wanted.slowings) = (true, probe, provider.slowings);
            let ticket = wanted.save(connection)?;
            let mut warnings = Vec::new();
            for capped in &mut capped {
                warnings.extend(capped.warn_once(connection, &wanted)?);
            }
            Ok(Admission::Go { ticket, warnings })
        }
        Decision::Wait => Ok(Admission::Wait { ticket: wanted.save(connection)? }),
        Decision::Refuse(refusal) => {
            if queued.is_some() {
                wanted.remove(connection)?;
            }
            Ok(refusal)
        }
    }
}

/// Takes the place in the queue that the asker already has out of the others'.
fn take_queued(others: &mut Vec<OpenCall>, asker: &Asker, ticket: Option<Ticket>) -> Option<i64> {
    let Ticket(id) = ticket?;
    let is_it = |other: &OpenCall| other.id == id && other.task == asker.task && !other.running;
    let position = others.iter().position(is_it)?;
    Some(others.remove(position).id)
}

enum Decision {
    Go { probe: bool },
    Wait,
    Refuse(Admission),
}

/// `others` are all other calls to the provider.
fn decide(
    wanted: &OpenCall,
    queue: u32,
    provider: &mut Provider,
    capped: &[Capped],
    others: &[&OpenCall],
    now: i64,
) -> Decision {
    let probe = match provider.pass(now, others.iter().any(|other| other.probe)) {
        Pass::Resting(wait) => return Decision::Refuse(Admission::Resting { wait }),
        pass => pass == Pass::Probe,
    };
    let crossed = capped.iter().find_map(|one| one.over_budget(wanted));
    if let Some(over_budget) = crossed {
        return Decision::Refuse(over_budget);
    }
    // One that does not wait yet comes after all that do.
    let number = if wanted.id == 0 { i64::MAX } else { wanted.id };
    let wish = Wish { task: wanted.task, number };
    if places::is_next(wish, others, provider.limit(wanted.concurrency)) {
        return Decision::Go { probe };
    }
    let waiting = others.iter().filter(|other| !other.running).count();
    if wanted.id == 0 && waiting >= queue as usize {
        return Decision::Refuse(Admission::QueueFull);
    }
    Decision::Wait
}
