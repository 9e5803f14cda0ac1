//! The vector of what is looked for.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::Instant;

use super::{connections::locked, embedding::units_of, signs::Unit};
use crate::Embedder;

/// How long a search waits for its vector: words alone find much.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long searches go without vectors after the embedder failed.
const REST: Duration = Duration::from_secs(30);

/// Asks the embedder, and leaves it alone for a while where it fails.
pub(super) struct Asking {
    pub(super) embedder: Arc<dyn Embedder>,
    rests_until: Mutex<Option<Instant>>,
}

impl Asking {
    pub(super) fn new(embedder: Arc<dyn Embedder>) -> Self {
        Self { embedder, rests_until: Mutex::new(None) }
    }

    /// The vector of a text; none where there is none now.
    pub(super) async fn unit_of(&self, text: &str) -> Option<Unit> {
        let rests = *locked(&self.rests_until);
        if text.trim().is_empty() || rests.is_some_and(|until| Instant::now() < until) {
            return None;
        }
        match units_of(&*self.embedder, &[text.to_owned()], PATIENCE).await {
            Ok(mut units) => units.pop(),
            Err(why) => {
                let model = self.embedder.model();
                tracing::warn!(model, why, "memory is searched by words alone for a while");
                *locked(&self.rests_until) = Some(Instant::now() + REST);
                None
            }
        }
    }
}
