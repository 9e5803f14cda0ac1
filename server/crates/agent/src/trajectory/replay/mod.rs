//! Carries a recorded task out again: the real engine and pipeline, over doubles that answer from
//! the recording. No command is executed and nothing is sent.

mod doubles;
mod scratch;
mod tape;

use std::path::Path;
use std::sync::Arc;

use devika_protocol::{Event, Mode, TaskId, TaskState};
use devika_store::{Entry, Store};

pub use tape::Divergence;

use self::doubles::{RecordedEditor, RecordedModels, RecordedRunner, RecordedUser};
use self::scratch::Scratch;
use self::tape::{End, Tape};
use super::{Before, ReplayError, Trajectory, What, step_of};
use crate::disk_editor::DiskEditor;
use crate::engine::{Engine, StartTask};
use crate::error::EngineError;
use crate::outside::Outside;
use crate::ports::Workspace;
use crate::run::OUTSIDE;
use crate::settings::Settings;

/// What came of carrying a task out again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// The same as recorded.
    Same {
        /// How many turns there were.
        turns: u32,
        /// How many commands.
        commands: u32,
    },
    /// It went another way.
    Diverged(Divergence),
}

/// The part of a task before a step, carried out again: its files and commits are in the folder.
#[derive(Debug)]
pub struct Prefix {
    pub(crate) prompt: String,
    pub(crate) mode: Mode,
    pub(crate) entries: Vec<Entry>,
    /// The first request that this Devika makes in other words; the recorded answer was used.
    pub noted: Option<Divergence>,
}

/// How far the recording was played.
struct Played {
    store: Store,
    task: TaskId,
    tape: Arc<Tape>,
    /// How the last run of the task ended.
    end: Event,
}

impl Trajectory {
    /// Carries the task out again in a folder that is gone afterwards, and says where it first goes
    /// another way. `settings` are those of a task, except for what was recorded.
    ///
    /// # Errors
    /// [`ReplayError::Folder`], [`ReplayError::Engine`].
    pub async fn replay(&self, settings: &Settings) -> Result<Replay, ReplayError> {
        let made = tempfile::tempdir().and_then(|folder| {
            let root = folder.path().canonicalize()?;
            Ok((folder, root))
        });
        let (_folder, root) = made.map_err(|error| ReplayError::Folder {
            folder: "a new temporary folder".to_owned(),
            why: error.to_string(),
        })?;
        let played = self.play(&root, settings, None).await?;
        if let Some(divergence) = self.divergence(&played).await? {
            return Ok(Replay::Diverged(divergence));
        }
        let (turns, commands) = played.tape.counts();
        Ok(Replay::Same { turns, commands })
    }

    /// Carries the task out again in `folder`, which is empty and canonical, up to the beginning of
    /// a step, counted from 1.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub async fn replay_until(
        &self,
        step: u32,
        folder: &Path,
        settings: &Settings,
    ) -> Result<Prefix, ReplayError> {
        if step == 0 || step > self.steps() {
            return Err(ReplayError::NoStep { step, steps: self.steps() });
        }
        let mut settings = settings.clone();
        // The number of a task names it in one database only.
        settings.git.trailers = false;
        let played = self.play(folder, &settings, Some(step)).await?;
        let lost = |why: String| Err(ReplayError::Lost { step, why });
        match played.tape.end() {
            Some(End::Reached) => {}
            Some(End::Diverged(divergence)) => return lost(divergence.what),
            Some(End::Over(Some(more))) => return lost(format!("they end, and {more} comes")),
            _ => return lost(reason(&played.end)),
        }
        let entries = played.store.entries(played.task).await.map_err(EngineError::from)?;
        let is_before = |entry: &Entry| step_of(&entry.key).is_none_or(|of| of < step);
        let before = entries.into_iter().filter(is_before);
        Ok(Prefix {
            prompt: self.header.prompt.clone(),
            mode: self.header.mode,
            entries: before.filter_map(carry_over).collect(),
            noted: played.tape.noted(),
        })
    }

    /// Plays all runs of the task, each in an engine of its own, over one journal.
    async fn play(
        &self,
        folder: &Path,
        settings: &Settings,
        until: Option<u32>,
    ) -> Result<Played, ReplayError> {
        let failed = |why: &dyn std::fmt::Display| ReplayError::Folder {
            folder: folder.display().to_string(),
            why: why.to_string(),
        };
        let leases = tempfile::tempdir().map_err(|error| failed(&error))?;
        let scratch = Scratch::begin(folder, self)?;
        let store = Store::in_memory().map_err(EngineError::from)?;
        let tape = Arc::new(Tape::new(self, scratch, until, store.clone()));
        let mut settings = settings.bound_by(&self.header.bounds);
        settings.leases = leases.path().to_path_buf();
        settings.reports = leases.path().join("reports");
        settings.printer = None;
        // Nothing is run.
        settings.checkpoints.on = false;
        settings.knowledge = None;
        settings.outside = Outside::default();
        settings.tasks.prompt_bytes = usize::MAX;
        let mut task = None;
        loop {
            tape.begin_run().map_err(|error| failed(&error))?;
            if task.is_some() {
                tape.speak().await;
            }
            let models = RecordedModels::new(Arc::clone(&tape), &self.acts);
            let runner = RecordedRunner(Arc::clone(&tape));
            let engine =
                Engine::new(store.clone(), Arc::new(models), Arc::new(runner), settings.clone());
            let workspace = Workspace {
                root: folder.to_path_buf(),
                editor: Arc::new(RecordedEditor {
                    tape: Arc::clone(&tape),
                    disk: DiskEditor::new(folder.to_path_buf()),
                }),
                user: Arc::new(RecordedUser(Arc::clone(&tape))),
                place: "a replay".to_owned(),
            };
            let (id, end) = self.one_run(&engine, task, workspace).await?;
            task = Some(id);
            if let Some(End::Folder(why)) = tape.end() {
                return Err(failed(&why));
            }
            if !goes_on(&tape, &end) {
                return Ok(Played { store, task: id, tape, end });
            }
        }
    }

    /// Starts the task, or takes it up again, and waits for its terminal event.
    async fn one_run(
        &self,
        engine: &Engine,
        task: Option<TaskId>,
        workspace: Workspace,
    ) -> Result<(TaskId, Event), ReplayError> {
        let mut events = engine.subscribe();
        let task = match task {
            Some(task) => engine.resume(task, workspace, None).await.map(|()| task)?,
            None => {
                let was_asked = self.acts.iter().any(|act| act.key == "trust");
                let request = StartTask {
                    prompt: self.header.prompt.clone(),
                    mode: Some(self.header.mode),
                    model: None,
                    git: None,
                    trusted: !was_asked,
                };
                engine.start_after(&Before::of(self), request, workspace).await?
            }
        };
        let end = loop {
            match events.next().await {
                Some(record) if is_terminal(&record.event) => break record.event,
                Some(_) => {}
                None => {
                    let reason = "the engine stopped".to_owned();
                    break Event::Failed { reason };
                }
            }
        };
        engine.shutdown().await;
        Ok((task, end))
    }

    /// Where the played task went another way.
    async fn divergence(&self, played: &Played) -> Result<Option<Divergence>, ReplayError> {
        let told = |what: String| Some(Divergence { what, diff: String::new() });
        let reason = reason(&played.end);
        let was_completed = self.header.state == TaskState::Completed;
        let had_ended = was_completed || self.header.state == TaskState::Failed;
        match (played.tape.end(), played.tape.left()) {
            (Some(End::Diverged(divergence)), _) => return Ok(Some(divergence)),
            (Some(End::Over(Some(more))), _) if had_ended => {
                return Ok(told(format!(
                    "the recorded task had ended, and this one goes on with {more}"
                )));
            }
            (None, Some((left, _))) => {
                return Ok(told(format!("{left}: does not come; the task ended: {reason}")));
            }
            (None, None) if was_completed && !matches!(played.end, Event::Completed { .. }) => {
                return Ok(told(format!(
                    "the recorded task was completed; this one ended: {reason}"
                )));
            }
            _ => {}
        }
        for act in &self.acts {
            if let What::Commit { subject: Some(recorded) } = &act.what {
                let entry = played.store.entry(played.task, &act.key).await;
                let outcome = entry.map_err(EngineError::from)?.and_then(|entry| entry.outcome);
                let now = outcome.as_ref().and_then(|made| made["subject"].as_str());
                if now != Some(recorded) {
                    let now = now.unwrap_or("none");
                    return Ok(told(format!(
                        "the commit `{}`: recorded is \"{recorded}\", now it is \"{now}\"",
                        act.key
                    )));
                }
            }
        }
        Ok(None)
    }
}

/// Whether a later run of the task was recorded, which can be played now.
fn goes_on(tape: &Tape, end: &Event) -> bool {
    let later = tape.left().is_some_and(|(_, run)| run > tape.run());
    let resumable = matches!(end, Event::Failed { .. } | Event::Paused { .. });
    later && resumable && matches!(tape.end(), None | Some(End::RunOver))
}

fn is_terminal(event: &Event) -> bool {
    matches!(
        event,
        Event::Completed { .. } | Event::Failed { .. } | Event::Cancelled {} | Event::Paused { .. }
    )
}

fn reason(end: &Event) -> String {
    match end {
        Event::Completed { .. } => "it was completed".to_owned(),
        Event::Failed { reason } => reason.clone(),
        Event::Paused { text, .. } => text.clone(),
        _ => "it was cancelled".to_owned(),
    }
}

/// What is done holds for the task that goes on from there. What somebody allowed on another machine
/// does not: a command is asked about again, in its place in the journal. Nor does what was done outside
/// of it, under whatever key a file has it.
fn carry_over(mut entry: Entry) -> Option<Entry> {
    entry.outcome.as_ref()?;
    if entry.kind == OUTSIDE {
        return None;
    }
    if entry.kind == "ask" && entry.intent["kind"] == "trust" {
        return None;
    }
    if entry.kind == "ask" && (entry.intent["kind"] == "command" || entry.intent["kind"] == "host")
    {
        entry.outcome = None;
    }
    Some(entry)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_allowed_or_done_elsewhere_holds_nowhere_else() {
        let entry = |key: &str, kind: &str, asked: &str| Entry {
            id: 1,
            key: key.to_owned(),
            kind: kind.to_owned(),
            intent: json!({ "kind": asked }),
            outcome: Some(json!("yes")),
        };
        assert_eq!(carry_over(entry("allow/make", "ask", "command")).unwrap().outcome, None);
        assert_eq!(carry_over(entry("before/0/hosts1", "ask", "host")).unwrap().outcome, None);
        assert_eq!(carry_over(entry("trust", "ask", "trust")), None);
        assert_eq!(carry_over(entry("allow/make", OUTSIDE, "command")), None);
        assert!(carry_over(entry("question/0", "ask", "question")).unwrap().outcome.is_some());
    }
}
