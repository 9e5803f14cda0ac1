//! Limits that the system does not keep for a whole tree: looked after a few times a second.

use std::fs;
use std::io;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::{SysconfVar, sysconf};

use super::listening::is_listened_on;
use crate::port::Limit;
use crate::report::Report;
use crate::spec::TreeLimits;
use crate::supervise::Event;

/// Between two looks. A process that fills memory gets through some 200 MB in that time.
const PAUSE: Duration = Duration::from_millis(50);

/// Looks at all processes of this sandbox.
pub(super) struct Watch {
    limits: TreeLimits,
    /// How long a port must be listened on to count as a server's.
    settle: Option<Duration>,
    /// The port on which we listen ourselves.
    own_port: Option<u16>,
    listening_since: Option<Instant>,
    page: u64,
    ticks_a_second: u64,
}

/// What all processes together use.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Use {
    processes: usize,
    bytes: u64,
    ticks: u64,
    written: u64,
}

impl Watch {
    pub(super) fn new(
        limits: TreeLimits,
        ready_millis: Option<u64>,
        own_port: Option<u16>,
    ) -> Self {
        let number = |name, or: u64| {
            sysconf(name).ok().flatten().and_then(|n| u64::try_from(n).ok()).unwrap_or(or)
        };
        Self {
            limits,
            settle: ready_millis.map(Duration::from_millis),
            own_port,
            listening_since: None,
            page: number(SysconfVar::PAGE_SIZE, 4096),
            ticks_a_second: number(SysconfVar::CLK_TCK, 100).max(1),
        }
    }

    /// Begins to look; tells the first reason to end the command.
    pub(super) fn start(mut self, events: Sender<Event>) -> io::Result<()> {
        thread::Builder::new().spawn(move || {
            loop {
                thread::sleep(PAUSE);
                if let Some(report) = self.look() {
                    // A failure means that the command has ended.
                    events.send(Event::Seen(report)).ok();
                    return;
                }
            }
        })?;
        Ok(())
    }

    fn look(&mut self) -> Option<Report> {
        let used = self.usage();
        let over = if used.processes > self.limits.processes {
            Limit::Processes
        } else if used.bytes > self.limits.memory_bytes {
            Limit::Memory
        } else if used.ticks / self.ticks_a_second > self.limits.cpu_seconds {
            Limit::CpuTime
        } else if used.written > self.limits.disk_bytes {
            Limit::Disk
        } else {
            return self.has_settled().then_some(Report::Ready);
        };
        Some(Report::Limit(over))
    }

    fn has_settled(&mut self) -> bool {
        let Some(settle) = self.settle else { return false };
        if !is_listened_on(self.own_port) {
            self.listening_since = None;
            return false;
        }
        self.listening_since.get_or_insert_with(Instant::now).elapsed() >= settle
    }

    /// All processes but this one; of this one only what counts for those that it has reaped.
    fn usage(&self) -> Use {
        let mut sum = Use::default();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok())
            else {
                continue;
            };
            let read = |name| fs::read(entry.path().join(name)).ok();
            sum.ticks += read("stat").and_then(|stat| ticks_in(&stat)).unwrap_or_default();
            sum.written += read("io").and_then(|io| written_in(&io)).unwrap_or_default();
            if pid != 1 {
                sum.processes += 1;
                let pages = read("statm").and_then(|statm| private_pages(&statm));
                sum.bytes += pages.unwrap_or_default() * self.page;
            }
        }
        sum
    }
}

/// Ticks of processor time in a line of `/proc/PID/stat`: its own and of the children that it has
/// waited for. The name, in parentheses, may hold any bytes (proc(5)).
fn ticks_in(stat: &[u8]) -> Option<u64> {
    let after_name = stat.iter().rposition(|byte| *byte == b')')? + 1;
    let rest = str::from_utf8(stat.get(after_name..)?).ok()?;
    // Fields 14 to 17 of the line; the first here is field 3.
    rest.split_ascii_whitespace().skip(11).take(4).map(|word| word.parse::<u64>().ok()).sum()
}

/// Pages that are not of a file, in a line of `/proc/PID/statm`: `SIZE RESIDENT SHARED …`.
fn private_pages(statm: &[u8]) -> Option<u64> {
    let mut words = str::from_utf8(statm).ok()?.split_ascii_whitespace().skip(1);
    let mut next = || words.next()?.parse::<u64>().ok();
    Some(next()?.saturating_sub(next()?))
}

/// Bytes in `/proc/PID/io` that went, or will go, to a disk: its own and of the children that it has
/// waited for.
fn written_in(io: &[u8]) -> Option<u64> {
    let text = str::from_utf8(io).ok()?;
    let field =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    let written: u64 = field("write_bytes:")?;
    Some(written.saturating_sub(field("cancelled_write_bytes:")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_a_name_with_parentheses() {
        let stat = b"7 (a) b) S 1 7 7 0 -1 4194304 1 2 3 4 10 20 300 4000 20 0 1 0";
        assert_eq!(ticks_in(stat), Some(4330));
    }

    #[test]
    fn memory_is_what_is_resident_and_of_no_file() {
        assert_eq!(private_pages(b"9000 500 200 7 0 100 0"), Some(300));
    }

    #[test]
    fn what_is_written_and_removed_before_it_reached_a_disk_does_not_count() {
        let io =
            b"rchar: 1\nwchar: 900\nread_bytes: 5\nwrite_bytes: 700\ncancelled_write_bytes: 200\n";
        assert_eq!(written_in(io), Some(500));
    }
}
