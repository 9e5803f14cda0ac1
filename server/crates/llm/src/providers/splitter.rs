//! Bytes that come in pieces, cut into lines and those into events. Pure, and by itself: it reads what
//! anybody may send.

use std::collections::VecDeque;

/// Bytes of one event at the most. The largest that providers send repeat a whole answer, which is
/// far below it; a line that never ends would otherwise fill the memory.
const EVENT_LIMIT: usize = 1 << 20;

/// How events are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events: `data:` lines, and an empty line after each event.
    ServerSent,
    /// One JSON object a line.
    Lines,
}

/// Why bytes are no events.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SplitError {
    /// An event is larger than its cap.
    LongEvent,
    /// A line is no UTF-8.
    NotText,
}

impl std::fmt::Display for SplitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LongEvent => write!(f, "an event is longer than {EVENT_LIMIT} bytes"),
            Self::NotText => f.write_str("a line of it is no UTF-8"),
        }
    }
}

/// Cuts bytes into lines, and lines into events.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// The beginning of a line whose end has not come.
    line: Vec<u8>,
    /// The data of an event whose end has not come.
    data: String,
    /// Bytes since the last event, comments included.
    unread: usize,
}

impl Splitter {
    /// Takes the next bytes, and puts the events that are complete by then into `ready`.
    pub(super) fn take(
        &mut self,
        bytes: &[u8],
        framing: Framing,
        ready: &mut VecDeque<String>,
    ) -> Result<(), SplitError> {
        let mut lines = bytes.split(|byte| *byte == b'\n').peekable();
        while let Some(part) = lines.next() {
            self.unread += part.len();
            if self.unread > EVENT_LIMIT {
                return Err(SplitError::LongEvent);
            }
            self.line.extend_from_slice(part);
            // The last part has no line end behind it.
            if lines.peek().is_some() {
                self.unread += 1;
                self.end_line(framing, ready)?;
            }
        }
        Ok(())
    }

    /// Takes the end of the bytes.
    pub(super) fn end(
        &mut self,
        framing: Framing,
        ready: &mut VecDeque<String>,
    ) -> Result<(), SplitError> {
        self.end_line(framing, ready)?;
        self.dispatch(ready);
        Ok(())
    }

    fn end_line(
        &mut self,
        framing: Framing,
        ready: &mut VecDeque<String>,
    ) -> Result<(), SplitError> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line).map_err(|_| SplitError::NotText)?;
        let line = line.strip_suffix('\r').unwrap_or(line);
        match framing {
            Framing::Lines => {
                self.data.push_str(line.trim());
                self.dispatch(ready);
            }
            Framing::ServerSent if line.is_empty() => self.dispatch(ready),
            Framing::ServerSent => {
                // Comments and the other fields say nothing that the data does not.
                if let Some(data) = line.strip_prefix("data:") {
                    if !self.data.is_empty() {
                        self.data.push('\n');
                    }
                    self.data.push_str(data.trim());
                }
            }
        }
        Ok(())
    }

    fn dispatch(&mut self, ready: &mut VecDeque<String>) {
        if !self.data.is_empty() {
            self.unread = 0;
            ready.push_back(std::mem::take(&mut self.data));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of bytes that arrive in parts of every size.
    fn events(bytes: &[u8], framing: Framing) -> Vec<String> {
        let mut found = Vec::new();
        for size in 1..=bytes.len() {
            let (mut splitter, mut ready) = (Splitter::default(), VecDeque::new());
            for part in bytes.chunks(size) {
                splitter.take(part, framing, &mut ready).unwrap();
            }
            splitter.end(framing, &mut ready).unwrap();
            found.push(Vec::from(ready));
        }
        found.dedup();
        assert_eq!(found.len(), 1, "the same events however they arrive");
        found.remove(0)
    }

    #[test]
    fn events_are_the_same_however_the_network_cuts_them() {
        let stream = ": hm\r\n\r\nevent: a\r\ndata: é1\r\ndata:2\r\n\r\ndata: 3\n\n\n\ndata: cut";
        assert_eq!(events(stream.as_bytes(), Framing::ServerSent), ["é1\n2", "3", "cut"]);
        let lines = "{\"a\":\"世\"}\n\n{}\r\n{";
        assert_eq!(events(lines.as_bytes(), Framing::Lines), ["{\"a\":\"世\"}", "{}", "{"]);
    }

    #[test]
    fn an_event_is_too_long_in_one_line_and_in_many() {
        let (mut splitter, mut ready) = (Splitter::default(), VecDeque::new());
        let block = vec![b'x'; EVENT_LIMIT / 2];
        assert!(splitter.take(&block, Framing::ServerSent, &mut ready).is_ok());
        assert!(splitter.take(&block, Framing::ServerSent, &mut ready).is_ok());
        let outcome = splitter.take(b"x", Framing::ServerSent, &mut ready);
        assert!(matches!(outcome, Err(SplitError::LongEvent)));

        for start in ["data: ", ": a comment "] {
            let mut splitter = Splitter::default();
            let line = format!("{start}{}\n", "y".repeat(1 << 10));
            let outcome = (0..2000)
                .try_for_each(|_| splitter.take(line.as_bytes(), Framing::ServerSent, &mut ready));
            assert!(matches!(outcome, Err(SplitError::LongEvent)));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let (mut splitter, mut ready) = (Splitter::default(), VecDeque::new());
        let outcome = splitter.take(b"data: \xff\n", Framing::ServerSent, &mut ready);
        assert!(matches!(outcome, Err(SplitError::NotText)));
    }
}
