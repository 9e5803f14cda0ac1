//! Who gets the places at a provider.

use std::collections::HashMap;

use devika_protocol::TaskId;

use super::calls::OpenCall;

/// A call that wants a place: its task, and its number, which is lower the longer it waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) task: TaskId,
    pub(super) number: i64,
}

/// Whether `mine` gets one of `limit` places, where these are all other calls to the provider. Each
/// place that is free goes to the task with the fewest running calls, and within that to the call
/// that waits longest.
pub(super) fn is_next(mine: Wish, others: &[&OpenCall], limit: u32) -> bool {
    let mut running: HashMap<TaskId, u32> = HashMap::new();
    let mut wishes = vec![mine];
    for call in others {
        if call.running {
            *running.entry(call.task).or_default() += 1;
        } else {
            wishes.push(Wish { task: call.task, number: call.id });
        }
    }
    let free = limit.saturating_sub(running.values().sum());
    for _ in 0..free {
        let places = |task| running.get(&task).copied().unwrap_or_default();
        let next = wishes.iter().copied().min_by_key(|wish| (places(wish.task), wish.number));
        let Some(next) = next.filter(|next| *next != mine) else { return true };
        wishes.retain(|wish| *wish != next);
        *running.entry(next.task).or_default() += 1;
    }
    false
}
