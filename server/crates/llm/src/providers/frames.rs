//! A response's body, event by event, with a cap on what one event may hold.

use std::collections::VecDeque;

use reqwest::Response;

pub(crate) use super::splitter::Framing;
use super::splitter::{SplitError, Splitter};

/// Bytes of a body at the most: a flood of signs of life ends as well.
const BODY_LIMIT: usize = 256 << 20;

/// Why there is no next event.
#[derive(Debug)]
pub(crate) enum FrameError {
    /// The connection broke.
    Transport(reqwest::Error),
    /// The body is larger than its cap.
    LongBody,
    /// Its bytes are no events.
    Split(SplitError),
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Transport(error) => error.fmt(f),
            Self::LongBody => write!(f, "its events are longer than {BODY_LIMIT} bytes"),
            Self::Split(error) => error.fmt(f),
        }
    }
}

impl From<SplitError> for FrameError {
    fn from(error: SplitError) -> Self {
        Self::Split(error)
    }
}

/// The events of a body.
#[derive(Debug)]
pub(crate) struct Frames {
    response: Response,
    framing: Framing,
    splitter: Splitter,
    ready: VecDeque<String>,
    /// Bytes that have come.
    bytes: usize,
    ended: bool,
}

impl Frames {
    pub(crate) fn new(response: Response, framing: Framing) -> Self {
        let (splitter, ready) = (Splitter::default(), VecDeque::new());
        Self { response, framing, splitter, ready, bytes: 0, ended: false }
    }

    /// The data of the next event; none where the body ended in good order. What stands after the
    /// last complete event is given as one.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, FrameError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            if self.bytes > BODY_LIMIT {
                return Err(FrameError::LongBody);
            }
            // What comes faster than it is read would keep the thread, and no deadline would count.
            tokio::task::consume_budget().await;
            match self.response.chunk().await.map_err(FrameError::Transport)? {
                Some(bytes) => {
                    self.bytes += bytes.len();
                    self.splitter.take(&bytes, self.framing, &mut self.ready)?;
                }
                None => {
                    self.ended = true;
                    self.splitter.end(self.framing, &mut self.ready)?;
                }
            }
        }
    }
}
