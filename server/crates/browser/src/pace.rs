//! How often one host is visited.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Hosts that are remembered; beyond that, those whose turn is long over are forgotten.
const HOSTS: usize = 1000;

/// Gives visits to one host their turns.
pub(crate) struct Pace {
    /// Between two visits; up to half of it more, by chance.
    interval: Duration,
    /// The longest wait for a turn.
    patience: Duration,
    /// When each host may be visited next.
    next: Mutex<HashMap<String, Instant>>,
}

/// A host's turn would come only after this time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLong(pub(crate) Duration);

impl Pace {
    pub(crate) fn new(interval: Duration, patience: Duration) -> Self {
        Self { interval, patience, next: Mutex::default() }
    }

    /// Waits until a host may be visited.
    ///
    /// # Errors
    /// [`TooLong`] at once, where the wait would be longer than the patience.
    pub(crate) async fn turn(&self, host: &str) -> Result<(), TooLong> {
        let wait = self.take(host, Instant::now(), chance())?;
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Leaves a host alone for `time`, as it asked.
    pub(crate) fn rest(&self, host: &str, time: Duration) {
        let until = Instant::now() + time;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let at = next.entry(host.to_owned()).or_insert(until);
        *at = until.max(*at);
    }

    /// Takes the next turn, and says how long it is until then. `chance` is from 0 to 1.
    fn take(&self, host: &str, now: Instant, chance: f64) -> Result<Duration, TooLong> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if next.len() >= HOSTS {
            next.retain(|_, at| *at > now);
        }
        let at = next.get(host).map_or(now, |at| now.max(*at));
        let wait = at - now;
        if wait > self.patience {
            return Err(TooLong(wait));
        }
        next.insert(host.to_owned(), at + self.interval.mul_f64(1.0 + chance / 2.0));
        Ok(wait)
    }
}

/// A number from 0 to 1. The standard library's hash seeds are random enough for it.
fn chance() -> f64 {
    let random = RandomState::new().hash_one(0_u8) >> 32;
    random as f64 / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace() -> Pace {
        Pace::new(SECOND, 5 * SECOND)
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_is_visited_at_once_and_then_in_its_turn() {
        let (pace, start) = (pace(), Instant::now());
        pace.turn("docs.rs").await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
        pace.turn("docs.rs").await.unwrap();
        let waited = start.elapsed();
        assert!((SECOND..=2 * SECOND).contains(&waited), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn another_host_does_not_wait() {
        let (pace, start) = (pace(), Instant::now());
        pace.turn("docs.rs").await.unwrap();
        pace.turn("example.org").await.unwrap();
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[test]
    fn visits_that_come_together_get_turns_one_after_the_other() {
        let (pace, now) = (pace(), Instant::now());
        let waits: Vec<_> = (0..4).map(|_| pace.take("docs.rs", now, 0.5).unwrap()).collect();
        assert_eq!(waits, [0, 1250, 2500, 3750].map(Duration::from_millis));
    }

    #[test]
    fn chance_spreads_turns_over_half_an_interval() {
        for (chance, wanted) in [(0.0, 1000), (1.0, 1500)] {
            let (pace, now) = (pace(), Instant::now());
            pace.take("docs.rs", now, chance).unwrap();
            let wait = pace.take("docs.rs", now, chance).unwrap();
            assert_eq!(wait, Duration::from_millis(wanted));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_rest_gets_it() {
        let (pace, start) = (pace(), Instant::now());
        pace.rest("docs.rs", 3 * SECOND);
        pace.rest("docs.rs", SECOND);
        pace.turn("docs.rs").await.unwrap();
        let waited = start.elapsed();
        assert!((3 * SECOND..4 * SECOND).contains(&waited), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_is_far_away_is_not_waited_for() {
        let (pace, start) = (pace(), Instant::now());
        pace.rest("docs.rs", 60 * SECOND);
        assert_eq!(pace.turn("docs.rs").await, Err(TooLong(60 * SECOND)));
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[test]
    fn hosts_of_the_past_are_forgotten() {
        let (pace, now) = (pace(), Instant::now());
        for host in 0..HOSTS {
            pace.take(&host.to_string(), now, 0.0).unwrap();
        }
        pace.take("docs.rs", now + 2 * SECOND, 0.0).unwrap();
        assert_eq!(pace.next.lock().unwrap().len(), 1);
    }
}
