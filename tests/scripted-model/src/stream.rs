//! A streamed body: events in order, with the waits and breaks that the script asks for.

use std::collections::VecDeque;
use std::io;

use axum::body::{Body, Bytes};
use futures::stream;

use crate::{Fault, Gate, Reply};

/// What the body does next.
#[derive(Debug)]
enum Act {
    Send(Bytes),
    Hold(Gate),
    Stall,
    Abort,
}

/// The events of one protocol, from which a body is made.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// Before the first piece of text.
    pub(crate) opening: Vec<String>,
    /// One for each piece of text.
    pub(crate) pieces: Vec<String>,
    /// The stop.
    pub(crate) stop: String,
    /// What comes after the stop, as the usage.
    pub(crate) closing: Vec<String>,
    /// The protocol's end mark.
    pub(crate) end_mark: String,
    /// The protocol's error event, where the script asks for one.
    pub(crate) error: String,
    /// A piece of text whose JSON is cut off.
    pub(crate) bad_json: &'static str,
    /// What a line of an event begins with.
    pub(crate) line_start: &'static str,
}

/// The body that sends `events` in the way `reply` wants.
pub(crate) fn body(events: Events, reply: &Reply) -> Body {
    let acts = tear(acts(events, reply), reply.tear);
    let gate = reply.gate.as_ref().map(|(_, gate)| gate.clone());
    let course = Course { acts, watch: ClientWatch { gate, finished: false } };
    Body::from_stream(stream::unfold(course, Course::next))
}

fn acts(events: Events, reply: &Reply) -> VecDeque<Act> {
    let break_at = break_point(reply.fault.as_ref());
    let hold_at = reply.gate.as_ref();
    let mut acts = VecDeque::from([Act::Send(events.opening.concat().into())]);
    for at in 0..=events.pieces.len() {
        if let Some((_, gate)) = hold_at.filter(|(after, _)| *after == at) {
            acts.push_back(Act::Hold(gate.clone()));
        }
        let last = at == events.pieces.len();
        if let Some(fault) = reply.fault.as_ref()
            && break_at.is_some_and(|after| after == at || (last && after > at))
        {
            acts.extend(break_off(fault, &events, at));
            return acts;
        }
        if let Some(piece) = events.pieces.get(at) {
            acts.push_back(Act::Send(piece.clone().into()));
        }
    }
    let mut closing = events.stop.clone();
    if matches!(reply.fault, Some(Fault::DuplicateStop)) {
        closing.push_str(&events.stop);
    }
    closing.push_str(&events.closing.concat());
    if !matches!(reply.fault, Some(Fault::NoEndMark)) {
        closing.push_str(&events.end_mark);
    }
    acts.push_back(Act::Send(closing.into()));
    acts
}

fn break_point(fault: Option<&Fault>) -> Option<usize> {
    match fault? {
        Fault::Close { after }
        | Fault::CloseMidEvent { after }
        | Fault::Abort { after }
        | Fault::AbortMidBytes { after }
        | Fault::Stall { after }
        | Fault::ErrorEvent { after, .. }
        | Fault::BadJson { after }
        | Fault::EndlessLine { after, .. } => Some(*after),
        Fault::Status { .. } | Fault::NoEndMark | Fault::DuplicateStop | Fault::SignInPage => None,
    }
}

fn break_off(fault: &Fault, events: &Events, at: usize) -> Vec<Act> {
    match fault {
        Fault::Abort { .. } => vec![Act::Abort],
        Fault::Stall { .. } => vec![Act::Stall],
        Fault::ErrorEvent { .. } => vec![Act::Send(events.error.clone().into())],
        Fault::BadJson { .. } => vec![Act::Send(events.bad_json.into())],
        Fault::EndlessLine { bytes, .. } => endless_line(events.line_start, *bytes),
        Fault::CloseMidEvent { .. } => {
            let event = next_event(events, at);
            vec![Act::Send(event[..event.len() / 2].to_vec().into())]
        }
        Fault::AbortMidBytes { .. } => {
            let event = next_event(events, at);
            vec![Act::Send(event[..middle_of_a_character(event)].to_vec().into()), Act::Abort]
        }
        _ => Vec::new(),
    }
}

/// The event that would come now.
fn next_event(events: &Events, at: usize) -> &[u8] {
    events.pieces.get(at).unwrap_or(&events.stop).as_bytes()
}

/// The place after the first byte of the first character that has several, else the middle.
fn middle_of_a_character(event: &[u8]) -> usize {
    event.iter().position(|byte| *byte >= 0xC0).map_or(event.len() / 2, |at| at + 1)
}

fn endless_line(start: &'static str, bytes: usize) -> Vec<Act> {
    const BLOCK: usize = 64 << 10;
    let block = Bytes::from(vec![b'x'; BLOCK]);
    let blocks = (0..bytes.div_ceil(BLOCK)).map(|_| Act::Send(block.clone()));
    std::iter::once(Act::Send(Bytes::from_static(start.as_bytes()))).chain(blocks).collect()
}

/// Cuts what is sent into writes of `size` bytes, without regard to characters.
fn tear(acts: VecDeque<Act>, size: usize) -> VecDeque<Act> {
    if size == 0 {
        return acts;
    }
    let torn = acts.into_iter().flat_map(|act| match act {
        Act::Send(bytes) => bytes
            .chunks(size)
            .map(|part| Act::Send(Bytes::copy_from_slice(part)))
            .collect::<Vec<_>>(),
        other => vec![other],
    });
    torn.collect()
}

struct Course {
    acts: VecDeque<Act>,
    watch: ClientWatch,
}

impl Course {
    async fn next(mut self) -> Option<(io::Result<Bytes>, Self)> {
        loop {
            match self.acts.pop_front() {
                None => {
                    self.watch.finished = true;
                    return None;
                }
                Some(Act::Send(bytes)) => {
                    // Gives the connection the time to write what it has, so that each piece
                    // reaches the client on its own.
                    tokio::task::yield_now().await;
                    return Some((Ok(bytes), self));
                }
                Some(Act::Hold(gate)) => gate.hold().await,
                Some(Act::Stall) => std::future::pending().await,
                Some(Act::Abort) => {
                    // An error discards what is not written yet.
                    tokio::task::yield_now().await;
                    self.watch.finished = true;
                    return Some((Err(io::Error::other("scripted break")), self));
                }
            }
        }
    }
}

/// Tells the gate when the body is dropped before its end, which is the client's going away.
struct ClientWatch {
    gate: Option<Gate>,
    finished: bool,
}

impl Drop for ClientWatch {
    fn drop(&mut self) {
        if let Some(gate) = self.gate.as_ref().filter(|_| !self.finished) {
            gate.mark_client_gone();
        }
    }
}
