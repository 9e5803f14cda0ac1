//! A point in a streamed answer at which the server waits for the test.

use std::sync::Arc;

use tokio::sync::watch;

/// Holds a stream at one place until the test releases it. Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate {
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    reached: watch::Sender<bool>,
    released: watch::Sender<bool>,
    gone: watch::Sender<bool>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        let state = State {
            reached: watch::Sender::new(false),
            released: watch::Sender::new(false),
            gone: watch::Sender::new(false),
        };
        Self { state: Arc::new(state) }
    }

    /// Resolves once the stream stands at the gate: all before it was written.
    pub async fn reached(&self) {
        wait_for(&self.state.reached).await;
    }

    /// Lets the stream go on.
    pub fn release(&self) {
        self.state.released.send_replace(true);
    }

    /// Resolves once the client has closed its connection while the answer was unfinished.
    pub async fn client_gone(&self) {
        wait_for(&self.state.gone).await;
    }

    pub(crate) async fn hold(&self) {
        self.state.reached.send_replace(true);
        wait_for(&self.state.released).await;
    }

    pub(crate) fn mark_client_gone(&self) {
        self.state.gone.send_replace(true);
    }
}

async fn wait_for(flag: &watch::Sender<bool>) {
    // The sender lives in `self`, so the channel cannot close while this waits.
    let _seen = flag.subscribe().wait_for(|set| *set).await.map(|set| *set);
}
