//! What the raw frames of a stream show and genai's events do not.

use std::sync::{Mutex, MutexGuard, PoisonError};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};

/// Reads the frames as they pass: the stop of a stream that ends without its end mark, as some
/// servers of OpenAI's protocol send it, and a refusal that comes in a field of its own.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    stop: Option<String>,
    refusal: String,
}

impl Witness {
    /// The stop reason of OpenAI's protocol, once it was sent.
    pub(crate) fn stop(&self) -> Option<String> {
        self.seen().stop.clone()
    }

    /// The words of a refusal, where there were any.
    pub(crate) fn refusal(&self) -> Option<String> {
        Some(self.seen().refusal.clone()).filter(|words| !words.is_empty())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChatFrameSink for Witness {
    fn on_frame(&self, _: &FrameCtx, frame: RawFrameRef<'_>) {
        // Parsing each frame twice would be waste: only those that can matter are.
        let may_stop = frame.data.contains("\"finish_reason\"")
            && !frame.data.contains("\"finish_reason\":null");
        if !may_stop && !frame.data.contains("\"refusal\":\"") {
            return;
        }
        let Some(value) = frame.json() else { return };
        let choice = &value["choices"][0];
        let mut seen = self.seen();
        if let Some(reason) = choice["finish_reason"].as_str().filter(|reason| !reason.is_empty()) {
            seen.stop = Some(reason.to_owned());
        }
        if let Some(words) = choice["delta"]["refusal"].as_str() {
            seen.refusal.push_str(words);
        }
    }
}
