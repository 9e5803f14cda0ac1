//! The one line that the supervisor writes at the end, on a pipe of its own.

use std::fmt;
use std::str::FromStr;

/// What became of the command; by then nothing of it is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// It ended by itself with this code.
    Code(i32),
    /// Somebody else killed it with this signal.
    Signal(i32),
    /// The control pipe was closed first, so the supervisor killed it.
    Killed,
    /// It was never started.
    NotStarted(String),
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::Killed => f.write_str("killed"),
            Self::NotStarted(why) => write!(f, "not-started {}", why.replace('\n', " ")),
        }
    }
}

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
            Some(("not-started", why)) => Ok(Self::NotStarted(why.to_owned())),
            None if line == "killed" => Ok(Self::Killed),
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
