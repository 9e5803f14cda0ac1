//! Times as the user reads them.

use std::time::Duration;

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const HOUR_AND_MINUTE: &[BorrowedFormatItem<'_>] = format_description!("[hour]:[minute] UTC");
const DAY_TOO: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute] UTC");

/// When a wait that begins now is over.
pub(crate) fn after(wait: Duration) -> String {
    after_at(OffsetDateTime::now_utc(), wait)
}

fn after_at(now: OffsetDateTime, wait: Duration) -> String {
    if wait < Duration::from_secs(60) {
        return format!("in {} s", wait.as_secs().max(1));
    }
    // Rounded up to the next minute, so that the time it says is never too early.
    let then = now + wait + Duration::from_secs(59);
    let format = if then.date() == now.date() { HOUR_AND_MINUTE } else { DAY_TOO };
    match then.format(format) {
        Ok(text) => format!("at {text}"),
        Err(_) => format!("in {} min", wait.as_secs().div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_long_wait_ends_at_a_time_of_the_clock_and_a_short_one_in_seconds() {
        let told =
            |seconds| after_at(datetime!(2026-05-04 22:10:30 UTC), Duration::from_secs(seconds));
        assert_eq!(told(7), "in 7 s");
        assert_eq!(told(3600), "at 23:11 UTC");
        assert_eq!(told(7200), "at 2026-05-05 00:11 UTC");
    }
}
