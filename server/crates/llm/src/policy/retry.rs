//! Trying again: which failures, how often, after how long.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use crate::ModelError;

/// The upper end of the first wait; it doubles from one to the next.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The upper end of the longest wait of our own.
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// How often a turn is tried again after silence: each time has cost the whole limit of silence.
const STALLS: u32 = 1;

/// The tries of one turn.
#[derive(Debug)]
pub(crate) struct Tries {
    attempts: u32,
    patience: Duration,
    failed: u32,
    stalled: u32,
}

impl Tries {
    pub(crate) fn new(attempts: u32, patience: Duration) -> Self {
        Self { attempts, patience, failed: 0, stalled: 0 }
    }

    /// How long to wait after a failure before the next try; `None` gives up.
    pub(crate) fn wait_after(&mut self, error: &ModelError) -> Option<Duration> {
        self.failed += 1;
        self.stalled += u32::from(matches!(error, ModelError::Stalled { .. }));
        if !error.is_transient() || self.failed >= self.attempts || self.stalled > STALLS {
            return None;
        }
        match error {
            ModelError::Busy { retry_after: Some(asked), .. } if !asked.is_zero() => {
                (*asked <= self.patience).then_some(*asked)
            }
            _ => Some(random_up_to(longest_wait(self.failed))),
        }
    }
}

/// The upper end of the wait after so many failures.
fn longest_wait(failed: u32) -> Duration {
    let doublings = failed.saturating_sub(1).min(16);
    FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}

/// A random duration up to `limit`, the whole range alike, so that many clients do not return at
/// once. The standard library's hash seeds are random enough to spread them out.
fn random_up_to(limit: Duration) -> Duration {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    limit.mul_f64(random as f64 / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn busy(retry_after: Option<Duration>) -> ModelError {
        let (provider, message) = ("test".to_owned(), "slow down".to_owned());
        ModelError::Busy { provider, status: 429, message, retry_after }
    }

    proptest! {
        #[test]
        fn a_wait_of_our_own_stays_within_its_bounds(failed in 1_u32..1000) {
            let longest = longest_wait(failed);
            prop_assert!((FIRST_WAIT..=LONGEST_WAIT).contains(&longest), "{longest:?}");
            prop_assert!(longest <= longest_wait(failed + 1));
            prop_assert!(random_up_to(longest) <= longest);
        }

        #[test]
        fn what_the_provider_asks_for_is_waited_to_the_letter_or_not_at_all(
            millis in 1_u64..1_000_000, patience in 0_u64..1_000_000
        ) {
            let asked = Duration::from_millis(millis);
            let mut tries = Tries::new(4, Duration::from_millis(patience));
            let waited = tries.wait_after(&busy(Some(asked)));
            prop_assert_eq!(waited, (millis <= patience).then_some(asked));
        }
    }

    #[test]
    fn waits_are_spread_over_their_whole_range() {
        let second = Duration::from_secs(1);
        let waits: Vec<_> = (0..1000).map(|_| random_up_to(second)).collect();
        let below = waits.iter().filter(|wait| **wait < second / 2).count();
        assert!((300..700).contains(&below), "{below} of 1000 in the lower half");
    }

    #[test]
    fn to_be_asked_back_at_once_is_no_reason_to_hurry() {
        let waited: Duration = (0..100)
            .filter_map(|_| Tries::new(4, LONGEST_WAIT).wait_after(&busy(Some(Duration::ZERO))))
            .sum();
        assert!(waited > Duration::ZERO);
    }
}
