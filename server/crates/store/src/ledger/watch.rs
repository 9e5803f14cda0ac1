//! What the ledger sees of the world outside: the time, and which processes live.

use std::sync::Arc;

use time::{Date, OffsetDateTime};

use crate::holder;

/// The clock, the processes, and which of them this one is. Tests have their own.
#[derive(Clone)]
pub(super) struct Watch {
    /// The time in Unix milliseconds. May jump, forth and back.
    pub(super) now: Arc<dyn Fn() -> i64 + Send + Sync>,
    /// Whether the process of that name still runs.
    pub(super) is_alive: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// This process.
    pub(super) holder: String,
}

impl Watch {
    pub(super) fn real() -> Self {
        let (now, is_alive) = (Arc::new(unix_millis), Arc::new(holder::is_alive));
        Self { now, is_alive, holder: holder::current() }
    }
}

/// The system's time.
pub(super) fn unix_millis() -> i64 {
    let millis = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
    i64::try_from(millis).unwrap_or(i64::MAX)
}

/// The day to charge at that time, `YYYY-MM-DD` by UTC, where `latest` was charged last.
///
/// A clock that is set back over midnight stays at the day that has begun, so that nobody gets a
/// second day's budget for it. One that was far ahead and is put right is believed: else no new day
/// would begin until the wrong one has come.
pub(super) fn day_at(now: i64, latest: Option<&str>) -> String {
    let today = OffsetDateTime::from_unix_timestamp(now.div_euclid(1000))
        .map_or(Date::MIN, OffsetDateTime::date);
    let tomorrow = today.next_day().unwrap_or(Date::MAX).to_string();
    if latest == Some(tomorrow.as_str()) { tomorrow } else { today.to_string() }
}

#[cfg(test)]
mod tests {
    use super::day_at;

    #[test]
    fn a_clock_that_is_set_back_over_midnight_begins_no_other_day() {
        const NOON: i64 = 1_767_268_800_000;
        assert_eq!(day_at(NOON, None), "2026-01-01");
        assert_eq!(day_at(NOON, Some("2025-12-31")), "2026-01-01");
        assert_eq!(day_at(NOON, Some("2026-01-02")), "2026-01-02");
        assert_eq!(day_at(NOON, Some("2036-01-01")), "2026-01-01");
    }
}
