//! Patience: which failures pass, and how long to wait for that.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::ModelError;

/// Requests a turn makes of one model at the most.
pub(crate) const ATTEMPTS: u32 = 4;

/// Requests where the model said nothing for its whole time limit, which is minutes.
const ATTEMPTS_AFTER_SILENCE: u32 = 2;

/// The upper end of the first wait; it doubles from one to the next.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The longest wait of our own.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// How long to wait after the failure of `attempt`, counted from 1; `None` gives up. The provider's own
/// wish counts, up to `patience`; else the wait is random below an end that doubles, so that many
/// clients do not return at once.
pub(crate) fn wait_after(error: &ModelError, attempt: u32, patience: Duration) -> Option<Duration> {
    let attempts = match error {
        ModelError::Stalled { .. } => ATTEMPTS_AFTER_SILENCE,
        _ if error.is_transient() => ATTEMPTS,
        _ => 0,
    };
    if attempt >= attempts {
        return None;
    }
    match error {
        ModelError::Busy { retry_after: Some(asked), .. } => (*asked <= patience).then_some(*asked),
        _ => Some(random_below(longest(attempt))),
    }
}

fn longest(attempt: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_WAIT)
}

/// A random duration below `limit`. The standard library's hash seeds are random enough to spread
/// clients out.
fn random_below(limit: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    limit.mul_f64(random as f64 / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_eight_seconds() {
        let seconds: Vec<f32> = (1..=7).map(|attempt| longest(attempt).as_secs_f32()).collect();
        assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
    }

    #[test]
    fn a_wait_stays_below_its_end() {
        for _ in 0..1_000 {
            assert!(random_below(FIRST_WAIT) <= FIRST_WAIT);
        }
    }
}
