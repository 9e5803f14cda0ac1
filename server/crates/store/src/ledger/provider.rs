//! How a provider has behaved, and what follows: the circuit breaker and the limit on calls at one
//! time.

use std::time::Duration;

use devika_llm::Ended;
use rusqlite::{Connection, OptionalExtension, params};

use super::calls::OpenCall;
use crate::StoreError;

/// After so many failures in a row a provider is left alone.
const FAILURES_IN_A_ROW: u32 = 5;

/// For how long at first, in milliseconds.
const FIRST_REST: i64 = 30_000;

/// For how long at the most: each call that tries it out in vain doubles the time.
const LONGEST_REST: i64 = 300_000;

/// What those are told to wait who come while a call tries the provider out.
const PROBE_WAIT: Duration = Duration::from_secs(1);

/// A provider, over all processes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Provider {
    /// In a row.
    pub(super) failures: u32,
    /// For how long it is left alone, in milliseconds; 0 while it is well.
    pub(super) rest: i64,
    /// Since when.
    pub(super) rested_at: i64,
    /// How many calls at one time it was found to bear; grows by fractions.
    pub(super) places: Option<f64>,
    /// How often it asked for fewer.
    pub(super) slowings: i64,
}

/// Whether a provider may be called.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Pass {
    Free,
    /// By one call that tries it out.
    Probe,
    Resting(Duration),
}

impl Provider {
    /// Whether it may be called; `is_probed` where a call tries it out already.
    pub(super) fn pass(&mut self, now: i64, is_probed: bool) -> Pass {
        if self.rest == 0 {
            return Pass::Free;
        }
        // Where the clock was set back the rest begins anew, for else it might last for years.
        self.rested_at = self.rested_at.min(now);
        let left = self.rested_at.saturating_add(self.rest).saturating_sub(now);
        match u64::try_from(left) {
            Ok(left @ 1..) => Pass::Resting(Duration::from_millis(left)),
            _ if is_probed => Pass::Resting(PROBE_WAIT),
            _ => Pass::Probe,
        }
    }

    /// Calls at one time, where so many are configured.
    pub(super) fn limit(&self, concurrency: u32) -> u32 {
        let concurrency = concurrency.max(1);
        self.places.map_or(concurrency, |places| concurrency.min(places as u32).max(1))
    }

    /// Learns from how a call ended; for how long the provider is left alone, where that begins.
    pub(super) fn learn(&mut self, call: &OpenCall, ended: &Ended, now: i64) -> Option<Duration> {
        match ended {
            Ended::Dropped(_) => return None,
            Ended::Failed(_) => return self.count_failure(call.probe, now),
            Ended::Answered(_) => self.bear_more(call),
            Ended::Slowed(_) => self.bear_less(call),
        }
        // While it rests, calls from before the rest prove nothing.
        if self.rest == 0 || call.probe {
            (self.failures, self.rest) = (0, 0);
        }
        None
    }

    fn count_failure(&mut self, probe: bool, now: i64) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        self.rest = match self.rest {
            0 if self.failures >= FAILURES_IN_A_ROW => FIRST_REST,
            rest @ 1.. if probe => (rest * 2).min(LONGEST_REST),
            _ => return None,
        };
        self.rested_at = now;
        Some(Duration::from_millis(self.rest.unsigned_abs()))
    }

    /// A whole place more after as many answers as there are places.
    fn bear_more(&mut self, call: &OpenCall) {
        let configured = f64::from(call.concurrency);
        if let Some(places) = self.places.filter(|places| *places < configured) {
            self.places = Some((places + 1.0 / places).min(configured));
        }
    }

    /// Half the places, once for all calls that were under way together: they were too many
    /// together.
    fn bear_less(&mut self, call: &OpenCall) {
        if call.slowings == self.slowings {
            let configured = f64::from(call.concurrency.max(1));
            let places = self.places.unwrap_or(configured).min(configured);
            self.places = Some((places / 2.0).max(1.0));
            self.slowings += 1;
        }
    }

    /// The provider of that name; made known where it is not.
    pub(super) fn load(connection: &Connection, name: &str) -> Result<Self, StoreError> {
        let known = connection
            .prepare_cached(
                "SELECT failures, rest, rested_at, places, slowings FROM providers WHERE name = ?1",
            )?
            .query_row([name], |row| {
                Ok(Self {
                    failures: row.get(0)?,
                    rest: row.get(1)?,
                    rested_at: row.get(2)?,
                    places: row.get(3)?,
                    slowings: row.get(4)?,
                })
            })
            .optional()?;
        match known {
            Some(provider) => Ok(provider),
            None => {
                let provider = Self::default();
                provider.save(connection, name)?;
                Ok(provider)
            }
        }
    }

    pub(super) fn save(&self, connection: &Connection, name: &str) -> Result<(), StoreError> {
        connection
            .prepare_cached(
                "INSERT OR REPLACE INTO providers
                 (name, failures, rest, rested_at, places, slowings)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                name,
                self.failures,
                self.rest,
                self.rested_at,
                self.places,
                self.slowings
            ])?;
        Ok(())
    }
}
