//! How far embedding is: what those who wait for it, and the worker that does it, know of each other.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::watch;

/// What happened so far.
#[derive(Debug, Clone, Default)]
struct State {
    /// The number of the last request to embed what there is.
    asked: u64,
    /// The number of the last request that is fulfilled.
    done: u64,
    /// How often the embedder failed, and why at last.
    failures: u64,
    why: String,
}

/// How far embedding is.
pub(super) struct Progress {
    state: watch::Sender<State>,
    /// Whether the embedder makes vectors of another length than those in the file.
    misfit: AtomicBool,
}

impl Progress {
    /// What is in the file is to be embedded.
    pub(super) fn new() -> Arc<Self> {
        let state = watch::Sender::new(State { asked: 1, ..State::default() });
        Arc::new(Self { state, misfit: AtomicBool::new(false) })
    }

    /// Has what was remembered embedded.
    pub(super) fn ask(&self) {
        self.state.send_modify(|state| state.asked += 1);
    }

    /// Tells that the embedder's vectors have another length than those in the file.
    pub(super) fn found_misfit(&self) {
        if !self.misfit.swap(true, Ordering::Relaxed) {
            self.ask();
        }
    }

    /// Whether that was told since this was asked last.
    pub(super) fn take_misfit(&self) -> bool {
        self.misfit.swap(false, Ordering::Relaxed)
    }

    /// Waits until all that was remembered so far has its vector, or the embedder fails: why.
    pub(super) async fn wait(&self) -> Result<(), String> {
        let mut states = self.state.subscribe();
        let before = states.borrow_and_update().clone();
        let is_over = |now: &State| now.done >= before.asked || now.failures > before.failures;
        match states.wait_for(is_over).await {
            Ok(now) if now.done >= before.asked => Ok(()),
            Ok(now) => Err(now.why.clone()),
            Err(_) => Err("embedding has stopped".to_owned()),
        }
    }

    /// The next request after number `done`.
    pub(super) async fn next_request(&self, done: u64) -> u64 {
        let mut states = self.state.subscribe();
        let next = states.wait_for(|state| state.asked > done).await.map(|state| state.asked);
        next.unwrap_or(done)
    }

    /// All requests up to number `done` are fulfilled.
    pub(super) fn fulfilled(&self, done: u64) {
        self.state.send_modify(|state| state.done = done);
    }

    /// A batch has no vectors.
    pub(super) fn failed(&self, why: &str) {
        self.state.send_modify(|state| {
            state.failures += 1;
            why.clone_into(&mut state.why);
        });
    }
}
