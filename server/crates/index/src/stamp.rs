//! How a file looked when it was read: a hint that it is unchanged, never a proof that it is not.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A file that changed this shortly before it was read may change again under the same stamp: some
/// file systems count time in steps of two seconds.
const UNSURE: Duration = Duration::from_secs(2);

/// Size and times of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    /// Bytes.
    pub(crate) size: u64,
    /// When its text changed, in nanoseconds since 1970 (UTC). Programs can set it.
    pub(crate) modified: i64,
    /// When anything of it changed, likewise; programs cannot set it. 0 where the system has none.
    pub(crate) changed: i64,
}

impl Stamp {
    pub(crate) fn of(meta: &Metadata) -> Self {
        let modified = meta.modified().map_or(0, nanoseconds);
        Self { size: meta.len(), modified, changed: changed(meta) }
    }

    /// Whether a file that looked like this at the time `read` has the text that was read for as long
    /// as it looks like this.
    pub(crate) fn is_sure(&self, read: SystemTime) -> bool {
        let unsure = i64::try_from(UNSURE.as_nanos()).unwrap_or(i64::MAX);
        self.changed != 0 && self.changed.max(self.modified) < nanoseconds(read) - unsure
    }

    /// When its text changed, in milliseconds since 1970 (UTC).
    pub(crate) fn modified_ms(&self) -> u64 {
        u64::try_from(self.modified / 1_000_000).unwrap_or(0)
    }
}

fn nanoseconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

#[cfg(unix)]
fn changed(meta: &Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt as _;
    meta.ctime().saturating_mul(1_000_000_000).saturating_add(meta.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> i64 {
    0
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::Stamp;

    const SECOND: i64 = 1_000_000_000;

    fn at(seconds: u64) -> std::time::SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn a_file_that_was_quiet_when_it_was_read_is_known_by_its_stamp() {
        let stamp = Stamp { size: 1, modified: 100 * SECOND, changed: 100 * SECOND };
        assert!(stamp.is_sure(at(103)));
        assert!(!stamp.is_sure(at(101)), "it may change again within the same step of time");
    }

    #[test]
    fn a_stamp_without_the_time_that_programs_cannot_set_is_no_hint() {
        let stamp = Stamp { size: 1, modified: 100 * SECOND, changed: 0 };
        assert!(!stamp.is_sure(at(1_000)));
    }
}
