//! Devika is killed again and again, and loses nothing: the user's bytes stay where they are, nothing is
//! done or paid for twice, and nothing is left behind. The small forms run with the tests;
//! `scripts/chaos` runs the large ones, which say what they measured.

mod census;
mod editors;
mod ends;
mod faults;
mod kills;
mod picture;
mod project;
mod row;

use std::time::{Duration, Instant};

/// How much is tried.
struct Extent {
    tasks: usize,
    seed: u64,
    /// No further task is begun after this.
    until: Instant,
}

impl Extent {
    /// As the caller of `scripts/chaos` wants it; else `tasks`, from a seed that is always the same.
    fn from_env(tasks: usize) -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
        let minutes = number("DEVIKA_CHAOS_MINUTES").unwrap_or(60);
        Self {
            tasks: number("DEVIKA_CHAOS_TASKS").map_or(tasks, |tasks| tasks as usize),
            seed: number("DEVIKA_CHAOS_SEED").unwrap_or(1),
            until: Instant::now() + Duration::from_secs(60 * minutes),
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }
}

/// The median and the largest, in milliseconds.
fn median_and_max(mut times: Vec<Duration>) -> (u128, u128) {
    times.sort();
    let at = |index: usize| times.get(index).map_or(0, Duration::as_millis);
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}
