//! What a task is told from outside of its project, by the web or by memory: asked once, and kept in
//! the journal, so that neither a task that is taken up again nor a replay asks again.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use devika_protocol::Event;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::error::Stop;
use crate::knowledge::ReadAndRemember;
use crate::run::Run;

/// What came of asking under `key`, once; `None` where the journal does not know it and there is
/// nobody to ask.
pub(super) async fn known<T, F>(
    run: &Run,
    key: &str,
    ask: impl FnOnce(Arc<ReadAndRemember>) -> F,
) -> Result<Option<T>, Stop>
where
    T: Serialize + DeserializeOwned,
    F: Future<Output = T>,
{
    let knowledge = run.settings.knowledge.clone();
    if knowledge.is_none() && !run.is_done(key).await? {
        return Ok(None);
    }
    let nobody =
        || Stop::Failed(format!("The journal's entry `{key}` has gone. Start the task anew."));
    let answer =
        run.outside(key, json!({}), async |_| Ok(ask(knowledge.ok_or_else(nobody)?).await));
    answer.await.map(Some)
}

/// Asks the memory, unless it has failed this task before: then nothing is known.
pub(super) async fn recalled<T: Default>(
    run: &Run,
    ask: impl Future<Output = Result<T, String>>,
) -> T {
    if run.memory_failed.load(Ordering::Relaxed) {
        return T::default();
    }
    ask.await.unwrap_or_else(|why| {
        memory_failed(run, &why);
        T::default()
    })
}

/// Tells that the memory fails, once a run of the task, which goes on without it.
pub(super) fn memory_failed(run: &Run, why: &str) {
    if !run.memory_failed.swap(true, Ordering::Relaxed) {
        let text = format!("Memory does not serve, and the task goes on without it: {why}.");
        run.tell(Event::Warning { text });
    }
}

/// The name of the project in memory.
pub(super) fn project(run: &Run) -> String {
    run.project()
}
