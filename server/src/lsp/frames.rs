//! From bytes to JSON-RPC messages: strict about what goes on, forgiving about where it goes on.
//!
//! A frame that cannot be used is refused with the error its sender is told, and reading goes on at
//! the next plausible header. That header cannot be mistaken for text inside a message: a line
//! `Content-Length: 12` with a real line end after it never occurs in valid JSON, where strings
//! escape their line ends.

use super::bodies::{INVALID_REQUEST, PARSE_ERROR, check_body, refused};

/// Bytes of a header block at the most.
pub(super) const MAX_HEADER_BYTES: usize = 8 * 1024;

/// Bytes of a message's body at the most.
pub(super) const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// Bytes that a `Content-Length` line can have: the name, blanks, and the digits of 2^64.
const LENGTH_LINE_BYTES: usize = 64;

const LENGTH_NAME: &str = "content-length";

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// A body that is one well-formed JSON-RPC message.
    Message(Vec<u8>),
    /// A frame that is left out.
    Refused {
        /// JSON-RPC's code for what is wrong with it.
        code: i64,
        /// The body of the error that answers it.
        answer: Vec<u8>,
    },
}

/// Reads frames out of bytes that come in pieces.
#[derive(Debug, Default)]
pub(super) struct Frames {
    buffer: Vec<u8>,
    /// Up to where the buffer was searched for a header.
    searched: usize,
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    /// A header block begins here.
    #[default]
    Header,
    /// A body of this length begins here.
    Body(usize),
    /// Nothing is known until the next plausible header.
    Lost,
}

impl Frames {
    /// Takes the next piece.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame, where it is complete.
    pub(super) fn next(&mut self) -> Option<Frame> {
        loop {
            let step = match self.state {
                State::Header => self.read_header(),
                State::Body(length) => self.read_body(length),
                State::Lost => self.find_header(),
            };
            match step {
                Step::Frame(frame) => return Some(frame),
                Step::GoOn => {}
                Step::NeedMore => return None,
            }
        }
    }

    /// What is to be said when the input ends here.
    pub(super) fn end(&self) -> Option<Frame> {
        match self.state {
            State::Body(length) => Some(refused(
                PARSE_ERROR,
                &format!("the input ended after {} of {length} bytes of a body", self.buffer.len()),
            )),
            _ => None,
        }
    }

    fn read_header(&mut self) -> Step {
        let blank = self.buffer.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.consume(blank);
        let Some(end) = block_end(&self.buffer) else {
            if self.buffer.len() <= MAX_HEADER_BYTES {
                return Step::NeedMore;
            }
            return self.lose(
                1,
                INVALID_REQUEST,
                &format!("the header block is longer than the limit of {MAX_HEADER_BYTES} bytes"),
            );
        };
        if end > MAX_HEADER_BYTES {
            return self.lose(
                1,
                INVALID_REQUEST,
                &format!("the header block is longer than the limit of {MAX_HEADER_BYTES} bytes"),
            );
        }
        match content_length(&self.buffer[..end]) {
            Ok(length) => {
                self.consume(end);
                self.state = State::Body(length);
                Step::GoOn
            }
            // Both lengths may be wrong, so that nothing in this block is a place to go on.
            Err(HeaderError::TwoLengths) => self.lose(
                end,
                INVALID_REQUEST,
                "two different Content-Length headers in one header block",
            ),
            Err(HeaderError::TooLong) => self.lose(
                end,
                INVALID_REQUEST,
                &format!("the body is longer than the limit of {MAX_BODY_BYTES} bytes"),
            ),
            Err(HeaderError::Malformed(why)) => self.lose(1, INVALID_REQUEST, why),
        }
    }

    fn read_body(&mut self, length: usize) -> Step {
        let within = self.buffer.len().min(length);
        if let Some(start) = plausible_header(&self.buffer[..within], self.searched) {
            return self.lose(
                start,
                PARSE_ERROR,
                &format!(
                    "a body of {length} bytes was announced, and a header follows after {start}"
                ),
            );
        }
        self.searched = within.saturating_sub(LENGTH_LINE_BYTES);
        if self.buffer.len() < length {
            return Step::NeedMore;
        }
        let frame = check_body(&self.buffer[..length]);
        if is_json(&frame) {
            self.consume(length);
            self.state = State::Header;
        } else {
            // The length may have been wrong, and the next header begun within this body.
            self.consume(length.saturating_sub(LENGTH_LINE_BYTES));
            self.state = State::Lost;
        }
        Step::Frame(frame)
    }

    fn find_header(&mut self) -> Step {
        if let Some(start) = plausible_header(&self.buffer, 0) {
            self.consume(start);
            self.state = State::Header;
            return Step::GoOn;
        }
        self.consume(self.buffer.len().saturating_sub(LENGTH_LINE_BYTES));
        Step::NeedMore
    }

    /// Refuses what is being read, drops `skip` bytes and looks for the next header behind them.
    fn lose(&mut self, skip: usize, code: i64, why: &str) -> Step {
        self.consume(skip);
        self.state = State::Lost;
        Step::Frame(refused(code, why))
    }

    fn consume(&mut self, count: usize) {
        self.buffer.drain(..count);
        self.searched = 0;
    }
}

enum Step {
    Frame(Frame),
    GoOn,
    NeedMore,
}

enum HeaderError {
    Malformed(&'static str),
    TwoLengths,
    TooLong,
}

/// Where the body begins: behind the first empty line. Line ends may be LF alone.
fn block_end(bytes: &[u8]) -> Option<usize> {
    let mut line = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' {
            if matches!(&bytes[line..at], b"" | b"\r") {
                return Some(at + 1);
            }
            line = at + 1;
        }
    }
    None
}

/// The one length that a header block tells. All other headers are of no concern.
fn content_length(block: &[u8]) -> Result<usize, HeaderError> {
    let block = std::str::from_utf8(block)
        .map_err(|_| HeaderError::Malformed("the header block is not text"))?;
    let mut length = None;
    for line in block.lines().filter(|line| !line.is_empty()) {
        let (name, value) =
            line.split_once(':').ok_or(HeaderError::Malformed("a header line has no colon"))?;
        if !name.trim().eq_ignore_ascii_case(LENGTH_NAME) {
            continue;
        }
        let value = value.trim();
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(HeaderError::Malformed("Content-Length is not a number of bytes"));
        }
        // More digits than fit are a length over the limit, not a malformed one.
        let value = value.parse::<usize>().unwrap_or(usize::MAX);
        if length.is_some_and(|other| other != value) {
            return Err(HeaderError::TwoLengths);
        }
        length = Some(value);
    }
    match length {
        None => Err(HeaderError::Malformed("the header block has no Content-Length")),
        Some(length) if length > MAX_BODY_BYTES => Err(HeaderError::TooLong),
        Some(length) => Ok(length),
    }
}

/// Where a `Content-Length: digits` line with its line end begins, looked for from `from` on.
fn plausible_header(bytes: &[u8], from: usize) -> Option<usize> {
    let ends = bytes.iter().enumerate().skip(from).filter(|(_, byte)| **byte == b'\n');
    ends.map(|(at, _)| at).find_map(|end| length_line_before(&bytes[..end]))
}

/// Where the `Content-Length: digits` that these bytes end with begins.
fn length_line_before(bytes: &[u8]) -> Option<usize> {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let trim = |mut end: usize, keep: fn(&u8) -> bool| {
        while end > 0 && keep(&bytes[end - 1]) {
            end -= 1;
        }
        end
    };
    let digits = trim(bytes.len(), u8::is_ascii_digit);
    if digits == bytes.len() {
        return None;
    }
    let colon =
        trim(digits, |byte| *byte == b' ').checked_sub(1).filter(|at| bytes[*at] == b':')?;
    let start = colon.checked_sub(LENGTH_NAME.len())?;
    bytes[start..colon].eq_ignore_ascii_case(LENGTH_NAME.as_bytes()).then_some(start)
}

fn is_json(frame: &Frame) -> bool {
    !matches!(frame, Frame::Refused { code: PARSE_ERROR, .. })
}
