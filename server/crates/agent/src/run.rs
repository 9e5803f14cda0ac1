//! One task while it runs: what it works with, and its effects, each of which is in the journal
//! before it happens and again when it has happened. A task that is taken up again walks the same
//! road, and finds what was done already instead of doing it again.

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use devika_llm::{Answer, Delta, LanguageModel, ModelError, Notice, Request, Stop as ModelStop};
use devika_protocol::{
    Agent, AskId, AskKind, CapScope, Event, Mode, PauseReason, Stage, StopReason, TaskId,
    TaskState, TurnId, Usage,
};
use devika_sandbox::Runner;
use devika_store::{Entry, Store};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::approvals::Approvals;
use crate::asks::Asks;
use crate::error::Stop;
use crate::models::RoleModels;
use crate::ports::{Ask, Editor, ProposedEdit, UserReply, Workspace};
use crate::settings::Settings;
use crate::sight::{self, Sight};
use crate::{shrink, steer};

/// The kind of entries of the journal that [`Run::outside`] writes.
pub(crate) const OUTSIDE: &str = "outside";

/// One task while it runs.
pub(crate) struct Run {
    pub(crate) task: TaskId,
    pub(crate) prompt: String,
    pub(crate) mode: Mode,
    pub(crate) trusted: bool,
    /// The folder that the user has open, by which the project is known.
    pub(crate) project: PathBuf,
    /// Where the task works: there, or in a worktree of its own.
    pub(crate) workspace: Workspace,
    /// The user's editor, where the task works beside it; it is only read then.
    pub(crate) beside: Option<Arc<dyn Editor>>,
    pub(crate) models: RoleModels,
    pub(crate) runner: Arc<dyn Runner>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Store,
    pub(crate) asks: Asks,
    /// What an earlier run of this task has told already.
    pub(crate) told: Mutex<Vec<Event>>,
    /// Which run of this task it is, counted from 1.
    pub(crate) attempt: u32,
    pub(crate) turns: AtomicU32,
    /// Set when the user wants the task to pause.
    pub(crate) pause: CancellationToken,
    /// How many times the user had spoken when the last turn was asked.
    pub(crate) heard: AtomicUsize,
    /// What it sees of the workspace.
    pub(crate) sight: Sight,
    pub(crate) approvals: Approvals,
    /// Whether code is written by the second model, since the first came to the same failure twice.
    pub(crate) second: AtomicBool,
    /// Whether the user was told that memory fails; it is not asked again then.
    pub(crate) memory_failed: AtomicBool,
}

/// A model's answer as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredAnswer {
    /// `provider/model` that answered.
    #[serde(default)]
    pub(crate) model: String,
    pub(crate) text: String,
    pub(crate) stop: StopReason,
    pub(crate) usage: Usage,
    /// How many times the user had spoken when it was asked for.
    #[serde(default)]
    pub(crate) heard: usize,
}

impl Run {
    /// Tells the clients. What an earlier run of the task has told is not told again.
    pub(crate) fn tell(&self, event: Event) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match told.iter().position(|past| *past == event) {
            Some(index) => drop(told.remove(index)),
            None => self.store.append(self.task, event),
        }
    }

    /// Tells the clients what still waits, also where an earlier run has told it: who listens now may not
    /// have heard it then.
    fn tell_again(&self, event: Event) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = told.iter().position(|past| *past == event) {
            told.remove(index);
        }
        self.store.append(self.task, event);
    }

    /// The name that the project is kept under: what is allowed, trusted and remembered there.
    pub(crate) fn project(&self) -> String {
        self.project.display().to_string()
    }

    /// How many rounds there are of something that may be tried `a_run` times in one run. The rounds
    /// of earlier runs are in the journal, and a task that is resumed gets new ones.
    pub(crate) fn rounds(&self, a_run: u32) -> u32 {
        a_run.saturating_mul(self.attempt)
    }

    /// Tells the clients that a stage begins.
    pub(crate) fn enter(&self, stage: Stage, step: Option<u32>, round: u32) {
        self.tell(Event::StageStarted { stage, step, round });
    }

    /// Does something once: what the journal says was done under `key` is returned, not redone.
    pub(crate) async fn once<T, F>(
        &self,
        key: &str,
        kind: &str,
        intent: serde_json::Value,
        act: impl FnOnce(Entry) -> F,
    ) -> Result<T, Stop>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = Result<T, Stop>>,
    {
        if self.pause.is_cancelled() && !self.is_done(key).await? {
            return Err(steer::paused(self.task));
        }
        let mut intent = intent;
        let world = self.sight.news().map(|world| json!(world));
        if let Some(world) = &world {
            intent[sight::FIELD] = world.clone();
        }
        let entry = self.store.intend(self.task, key, kind, intent).await?;
        // A file that is replayed can put an entry under any key: what was known passes for no permission.
        if entry.kind != kind {
            return Err(Stop::Failed(format!(
                "The journal's entry `{key}` is another act ({}). Start the task anew.",
                entry.kind
            )));
        }
        // An entry of an earlier run is returned as that run wrote it; the news wait for the next.
        if world.is_some() && entry.intent.get(sight::FIELD) == world.as_ref() {
            self.sight.told();
        }
        if let Some(outcome) = entry.outcome {
            return serde_json::from_value(outcome).map_err(|error| {
                Stop::Failed(format!(
                    "The journal's entry `{key}` cannot be read ({error}). Start the task anew."
                ))
            });
        }
        let id = entry.id;
        let outcome = act(entry).await?;
        self.store.settle(id, json!(outcome)).await?;
        Ok(outcome)
    }

    /// [`Self::once`], for what nobody can do again from the journal alone: what is found, or done,
    /// outside of the editor, the model and the sandbox. A replay is told what came of it.
    pub(crate) async fn outside<T, F>(
        &self,
        key: &str,
        intent: serde_json::Value,
        act: impl FnOnce(Entry) -> F,
    ) -> Result<T, Stop>
    where
        T: Serialize + DeserializeOwned,
        F: Future<Output = Result<T, Stop>>,
    {
        self.once(key, OUTSIDE, intent, act).await
    }

    /// Whether the journal has what came of something.
    pub(crate) async fn is_done(&self, key: &str) -> Result<bool, Stop> {
        let entry = self.store.entry(self.task, key).await?;
        Ok(entry.is_some_and(|entry| entry.outcome.is_some()))
    }

    /// Whether something was begun, and nobody knows what came of it: an earlier run ended meanwhile.
    pub(crate) async fn is_begun(&self, key: &str) -> Result<bool, Stop> {
        let entry = self.store.entry(self.task, key).await?;
        Ok(entry.is_some_and(|entry| entry.outcome.is_none()))
    }

    /// How many times the user had spoken when the last turn was asked.
    pub(crate) fn heard(&self) -> usize {
        self.heard.load(Ordering::Relaxed)
    }

    /// What came of something that was done under `key`, as text; `None` where it was not done.
    pub(crate) async fn outcome(&self, key: &str) -> Result<Option<String>, Stop> {
        let entries = self.store.entries(self.task).await?;
        let entry = entries.into_iter().find(|entry| entry.key == key);
        Ok(entry.and_then(|entry| entry.outcome?.as_str().map(str::to_owned)))
    }

    /// Asks the model, or returns what it answered before. What the user has said meanwhile is added.
    pub(crate) async fn turn(
        &self,
        key: &str,
        agent: Agent,
        request: &Request,
    ) -> Result<StoredAnswer, Stop> {
        let steered = steer::steered(self, request).await?;
        let (request, heard) =
            steered.as_ref().map_or((request, 0), |(request, heard)| (request, *heard));
        let limits = self.model(agent).limits();
        let mut intent = json!({
            "agent": agent,
            "model": self.model(agent).name(),
            "system": request.system,
            "messages": request.messages.iter().map(|m| &m.text).collect::<Vec<_>>(),
            "max_tokens": request.max_tokens,
            "limits": { "context": limits.context, "output": limits.output, "small": limits.small },
        });
        if self.second.load(Ordering::Relaxed) && self.models.second_of(agent).is_some() {
            intent["second"] = json!(true);
        }
        let answer = self
            .once(key, "turn", intent, async |entry| {
                let answer = self.ask_model(TurnId(entry.id), agent, request).await?;
                Ok(StoredAnswer { heard, ..answer })
            })
            .await?;
        self.heard.fetch_max(answer.heard, Ordering::Relaxed);
        Ok(answer)
    }

    async fn ask_model(
        &self,
        turn: TurnId,
        agent: Agent,
        request: &Request,
    ) -> Result<StoredAnswer, Stop> {
        if self.turns.fetch_add(1, Ordering::Relaxed) >= self.settings.tasks.max_turns {
            return Err(Stop::Failed(format!(
                "Gave up after {} turns (`tasks.max_turns`). Say more precisely what is wanted, or choose a larger model.",
                self.settings.tasks.max_turns
            )));
        }
        self.tell(Event::TurnStarted {
            turn,
            agent,
            model: self.model(agent).name().to_owned(),
            prompt_tokens: crate::context::tokens_of(request),
        });
        let on_delta = |delta: Delta<'_>| {
            let piece =
                |text: &str, reasoning| Event::TurnDelta { turn, text: text.to_owned(), reasoning };
            self.store.append(
                self.task,
                match delta {
                    Delta::Text(text) => piece(text, false),
                    Delta::Reasoning(text) => piece(text, true),
                    Delta::Notice(notice) => told_of(turn, notice),
                },
            );
        };
        let began = Instant::now();
        let model = self.model(agent);
        let mut answer = model.turn(request, &on_delta).await;
        if matches!(answer, Err(ModelError::ContextOverflow { .. }))
            && let Some(smaller) = shrink::shrink(request)
        {
            let text =
                "The prompt is too large for the model: the largest files are left out of it.";
            self.tell(Event::Warning { text: text.to_owned() });
            answer = model.turn(&smaller, &on_delta).await;
        }
        let answer = answer.map_err(|error| {
            self.tell(Event::TurnFailed { turn, error: error.to_string() });
            stop_for(self.task, &error, request)
        })?;
        let answer = StoredAnswer::from(answer);
        self.store.add_usage(self.task, &answer.model, answer.usage).await?;
        self.tell(Event::TurnFinished {
            turn,
            stop: answer.stop,
            usage: answer.usage,
            millis: began.elapsed().as_millis() as u64,
            model: answer.model.clone(),
        });
        Ok(answer)
    }

    /// The model that plays a role, for now.
    pub(crate) fn model(&self, agent: Agent) -> &dyn LanguageModel {
        let second = self.models.second_of(agent);
        second
            .filter(|_| self.second.load(Ordering::Relaxed))
            .unwrap_or_else(|| self.models.of(agent))
    }

    /// Has code written by the second model from now on, or by the first again; returns the second's
    /// name where there is one.
    pub(crate) fn turn_to_second(&self, is_wanted: bool) -> Option<&str> {
        self.second.store(is_wanted, Ordering::Relaxed);
        self.models.second_of(Agent::Patcher).filter(|_| is_wanted).map(LanguageModel::name)
    }

    /// Asks the user, or returns what they answered before. Waits until there is an answer, by the
    /// client's own dialog or by command.
    pub(crate) async fn ask(
        &self,
        key: &str,
        kind: AskKind,
        text: &str,
    ) -> Result<UserReply, Stop> {
        self.ask_of(key, kind, text, kind == AskKind::Finding).await
    }

    /// [`Self::ask`] whether edits may be applied, of which the user may refuse parts.
    pub(crate) async fn ask_of_edits(
        &self,
        key: &str,
        text: &str,
        edits: Vec<ProposedEdit>,
    ) -> Result<UserReply, Stop> {
        let kind = AskKind::Edits;
        let intent = json!({ "kind": kind, "text": text, "edits": edits });
        self.put(key, intent, Question { kind, text, unforeseen: false, edits }).await
    }

    /// [`Self::ask`], and whether it is what the user could not foresee.
    pub(crate) async fn ask_of(
        &self,
        key: &str,
        kind: AskKind,
        text: &str,
        unforeseen: bool,
    ) -> Result<UserReply, Stop> {
        let intent = json!({ "kind": kind, "text": text });
        self.put(key, intent, Question { kind, text, unforeseen, edits: Vec::new() }).await
    }

    async fn put(
        &self,
        key: &str,
        intent: serde_json::Value,
        question: Question<'_>,
    ) -> Result<UserReply, Stop> {
        let Question { kind, text, unforeseen, edits } = question;
        let answer: String = self
            .once(key, "ask", intent, async |entry: Entry| {
                let id = AskId(entry.id);
                let text = text.to_owned();
                let ask = Ask { task: self.task, id, kind, text, unforeseen, edits };
                let reply = match self.wait_for_user(&ask).await? {
                    // A check that lacks its host fails, which the work may survive.
                    UserReply::Absent if kind == AskKind::Host && !unforeseen => UserReply::Deny,
                    UserReply::Absent => return Err(nobody_there(&ask)),
                    reply => reply,
                };
                self.tell(reply.told(id));
                Ok(reply.kept())
            })
            .await?;
        Ok(match (kind, answer.as_str()) {
            (AskKind::Question, _) => UserReply::Answer(answer),
            (_, word) => UserReply::of_word(word),
        })
    }

    async fn wait_for_user(&self, ask: &Ask) -> Result<UserReply, Stop> {
        let _withdrawn = Withdraw(&self.asks, self.task);
        let by_command = self.asks.put(self.project.clone(), ask.clone());
        // Told only now: an answer may come as soon as it is.
        self.tell_again(Event::Asked { ask: ask.id, kind: ask.kind, text: ask.text.clone() });
        self.store.set_state(self.task, TaskState::Waiting).await?;
        let reply = tokio::select! {
            reply = self.workspace.user.ask(ask) => reply,
            Ok(reply) = by_command => reply,
            () = self.pause.cancelled() => return Err(steer::paused(self.task)),
        };
        self.store.set_state(self.task, TaskState::Running).await?;
        Ok(reply)
    }
}

/// What [`Run::put`] puts to the user.
struct Question<'a> {
    kind: AskKind,
    text: &'a str,
    unforeseen: bool,
    edits: Vec<ProposedEdit>,
}

/// Forgets a pending ask however the wait for it ends, cancellation included.
struct Withdraw<'a>(&'a Asks, TaskId);

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        self.0.withdraw(self.1);
    }
}

fn nobody_there(ask: &Ask) -> Stop {
    let task = ask.task;
    let how = match ask.kind {
        AskKind::Question => format!("`devika tasks resume {task} --answer \"…\"`"),
        AskKind::Finding => format!("`devika tasks resume {task} --yes` to commit it"),
        _ => format!("`devika tasks resume {task} --yes` to allow it"),
    };
    Stop::Paused(
        PauseReason::Question,
        format!(
            "{}\nNobody is there to answer. Go on with {how}, or from an editor with `devika.task.resume`.",
            ask.text
        ),
    )
}

/// What the user is told of the way to an answer.
fn told_of(turn: TurnId, notice: &Notice) -> Event {
    let millis = |wait: &std::time::Duration| wait.as_millis().try_into().unwrap_or(u64::MAX);
    match notice {
        Notice::Retry { model, error, wait } => Event::TurnRetried {
            turn,
            model: model.clone(),
            error: error.to_string(),
            wait_millis: millis(wait),
        },
        Notice::Fallback { from, to, error } => {
            Event::FellBack { turn, from: from.clone(), to: to.clone(), error: error.to_string() }
        }
        Notice::Down { provider, wait } => {
            Event::ProviderDown { provider: provider.clone(), wait_millis: millis(wait) }
        }
        Notice::Budget { scope, used } => Event::BudgetWarning { scope: *scope, used: *used },
    }
}

/// What a failed turn means for the task: what time or the user can mend pauses it.
fn stop_for(task: TaskId, error: &ModelError, request: &Request) -> Stop {
    match error {
        ModelError::ContextOverflow { .. } => Stop::Failed(format!(
            "{error}. It had about {} tokens; {}. Name fewer or smaller files, or choose a model with a larger context (`context_tokens` of the provider says how large it is).",
            crate::context::tokens_of(request),
            shrink::largest_part(request)
        )),
        ModelError::OverBudget { scope, .. } => {
            let how = match scope {
                CapScope::Task => format!(
                    "`devika tasks resume {task} --budget AMOUNT` (dollars, or tokens as `500000t`)"
                ),
                CapScope::Day => "tomorrow (UTC), or with a raised `budget.day`".to_owned(),
                CapScope::Project => "a raised `budget.project`".to_owned(),
            };
            Stop::Paused(
                PauseReason::Budget,
                format!("{error}. What is done is kept. Go on with {how}."),
            )
        }
        ModelError::Busy { retry_after: Some(wait), .. } | ModelError::Resting { wait, .. } => {
            Stop::Paused(
                PauseReason::Provider,
                format!(
                    "{error}. It can be asked again {}. Go on then with `devika tasks resume {task}`, or now with another model.",
                    crate::clock::after(*wait)
                ),
            )
        }
        other => Stop::Failed(other.to_string()),
    }
}

impl From<Answer> for StoredAnswer {
    fn from(answer: Answer) -> Self {
        Self {
            model: answer.model,
            text: answer.text,
            stop: match answer.stop {
                ModelStop::Complete => StopReason::Complete,
                ModelStop::Length => StopReason::Length,
            },
            usage: Usage {
                input: answer.input_tokens,
                cached: answer.cached_tokens,
                output: answer.output_tokens,
                cost: answer.cost,
            },
            heard: 0,
        }
    }
}
