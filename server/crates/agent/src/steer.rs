//! What the user says and wants while a task is under way: more words for it, or a pause.

use devika_llm::Request;
use devika_protocol::{Event, PauseReason, Plan, Step, TaskId};
use devika_store::{Store, StoreError};
use serde_json::json;

use crate::error::Stop;
use crate::run::Run;
use crate::stages::decision::one_line;

/// The kind of the journal's entries that hold the user's words.
pub(crate) const KIND: &str = "steer";

/// Keeps the user's words for the next turn of a task, whichever process asks it.
pub(crate) async fn say(store: &Store, task: TaskId, text: &str) -> Result<(), StoreError> {
    let intent = json!({ "text": text });
    for number in store.entries_of_kind(task, KIND).await?.len() + 1.. {
        let entry = store.intend(task, &format!("{KIND}/{number}"), KIND, intent.clone()).await?;
        // Another client may have taken the number in this moment.
        if entry.outcome.is_none() && entry.intent == intent {
            store.settle(entry.id, json!({})).await?;
            break;
        }
    }
    store.add_message(task, "user", text).await?;
    store.append(task, Event::Steered { text: text.to_owned() });
    Ok(())
}

/// Everything that the user has said since the task began, in order.
async fn said(run: &Run) -> Result<Vec<String>, Stop> {
    let entries = run.store.entries_of_kind(run.task, KIND).await?.into_iter();
    Ok(entries.filter_map(|entry| Some(entry.intent["text"].as_str()?.to_owned())).collect())
}

/// The request with what the user has said meanwhile at its end, and how many times they have spoken;
/// `None` where they have not.
pub(crate) async fn steered(
    run: &Run,
    request: &Request,
) -> Result<Option<(Request, usize)>, Stop> {
    let said = said(run).await?;
    if said.is_empty() {
        return Ok(None);
    }
    let mut request = request.clone();
    if let Some(last) = request.messages.last_mut() {
        for text in &said {
            last.text.push_str(&format!("\n\nThe user adds: {}", text.trim()));
        }
    }
    Ok(Some((request, said.len())))
}

/// What no turn has heard: it came after the last one.
pub(crate) async fn unheard(run: &Run) -> Result<Vec<String>, Stop> {
    Ok(said(run).await?.split_off(run.heard()))
}

/// A step for what the user said after the last turn of a plan that is carried out; `None` where they
/// have said nothing, or where the plan is as long as plans may be.
pub(crate) async fn further_step(run: &Run, plan: &Plan) -> Result<Option<Step>, Stop> {
    if plan.steps.len() >= run.settings.tasks.max_steps {
        return Ok(None);
    }
    let key = format!("more/{}", plan.steps.len());
    let unheard = unheard(run).await?;
    if unheard.is_empty() && run.store.entry(run.task, &key).await?.is_none() {
        return Ok(None);
    }
    let texts: Vec<String> = run.once(&key, "more", json!({}), async |_| Ok(unheard)).await?;
    let mut files: Vec<String> = Vec::new();
    for file in plan.steps.iter().flat_map(|step| &step.files) {
        if !files.contains(file) {
            files.push(file.clone());
        }
    }
    Ok(Some(Step { text: one_line(&texts.join("; ")), files }))
}

/// The end of a task that the user pauses.
pub(crate) fn paused(task: TaskId) -> Stop {
    Stop::Paused(
        PauseReason::User,
        format!(
            "You paused this task. Go on with `devika tasks resume {task}`, or from an editor with `devika.task.resume`."
        ),
    )
}
