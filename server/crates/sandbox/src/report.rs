//! The one line that the supervisor writes at the end, on a pipe of its own.

use std::fmt;
use std::str::FromStr;

use crate::port::Limit;

/// What became of the command; by then nothing of it is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// It ended by itself with this code.
    Code(i32),
    /// Somebody else killed it with this signal.
    Signal(i32),
    /// The control pipe was closed first, so the supervisor killed it.
    Killed,
    /// It went over a limit, so the supervisor killed it.
    Limit(Limit),
    /// It listens on a port, as a server that has started does, so the supervisor killed it.
    Ready,
    /// It was never started.
    NotStarted(String),
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Killed => f.write_str("killed"),
            Self::Limit(limit) => {
                let word = LIMITS.iter().find(|(_, known)| known == limit).map(|(word, _)| word);
                write!(f, "limit {}", word.unwrap_or(&""))
            }
            Self::Ready => f.write_str("ready"),
            Self::NotStarted(why) => write!(f, "not-started {}", why.replace('\n', " ")),
        }
    }
}

/// The limits by the words that stand for them in a report.
const LIMITS: [(&str, Limit); 5] = [
    ("cpu-time", Limit::CpuTime),
    ("memory", Limit::Memory),
    ("processes", Limit::Processes),
    ("file-size", Limit::FileSize),
    ("disk", Limit::Disk),
];

/// The line is not a report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAReport;

impl FromStr for Report {
    type Err = NotAReport;

    fn from_str(line: &str) -> Result<Self, NotAReport> {
        let number = |text: &str| text.parse().map_err(|_| NotAReport);
        match line.split_once(' ') {
            Some(("code", code)) => Ok(Self::Code(number(code)?)),
            Some(("signal", signal)) => Ok(Self::Signal(number(signal)?)),
            Some(("limit", word)) => LIMITS
                .iter()
                .find(|(known, _)| *known == word)
                .map_or(Err(NotAReport), |(_, limit)| Ok(Self::Limit(*limit))),
            Some(("not-started", why)) => Ok(Self::NotStarted(why.to_owned())),
            None if line == "killed" => Ok(Self::Killed),
            None if line == "ready" => Ok(Self::Ready),
            _ => Err(NotAReport),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_as_it_was_written() {
        let reports = [
            Report::Code(3),
            Report::Signal(9),
            Report::Killed,
            Report::Ready,
            Report::Limit(Limit::CpuTime),
            Report::Limit(Limit::Memory),
            Report::Limit(Limit::Processes),
            Report::Limit(Limit::FileSize),
            Report::Limit(Limit::Disk),
            Report::NotStarted("no such file".into()),
        ];
        for report in reports {
            assert_eq!(report.to_string().parse(), Ok(report));
        }
    }

    #[test]
    fn anything_else_is_no_report() {
        assert_eq!("thread panicked".parse::<Report>(), Err(NotAReport));
    }
}
