//! What stands where the model, the runner, the user and the editor stand: all answer from the tape.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use devika_edit::{FileEdit, RelPath};
use devika_llm::{Answer, Delta, LanguageModel, ModelError, Request, Stop};
use devika_protocol::{Agent, AskKind, CommandExit, CommandLimit, StopReason};
use devika_sandbox::{Command, Exit, Limit, Outcome, RunError, Runner};

use super::tape::Tape;
use crate::disk_editor::DiskEditor;
use crate::models::{Models, RoleModels, Wanted};
use crate::ports::{Ask, CodeError, Editor, EditorError, User, UserReply};
use crate::snapshot::Snapshot;
use crate::stages::apply::StoredEdit;
use crate::trajectory::{Act, Asked, Limits, What};

/// What the pipeline is told where the tape stops; nobody reads it.
const HALTED: &str = "the recording goes no further here";

/// The models of a recorded task.
pub(super) struct RecordedModels {
    tape: Arc<Tape>,
    roles: BTreeMap<Agent, Asked>,
    second: Option<Asked>,
}

impl RecordedModels {
    /// Each role has the name and the limits that its first turn was recorded with.
    pub(super) fn new(tape: Arc<Tape>, acts: &[Act]) -> Self {
        let (mut roles, mut second) = (BTreeMap::new(), None);
        for act in acts {
            if let What::Turn { request, .. } = &act.what {
                if request.second {
                    second.get_or_insert_with(|| request.clone());
                } else {
                    roles.entry(request.agent).or_insert_with(|| request.clone());
                }
            }
        }
        Self { tape, roles, second }
    }

    fn role(&self, agent: Agent) -> Arc<RecordedModel> {
        let first = self.roles.get(&agent).or_else(|| self.roles.values().next());
        let name = first.map_or("recorded/model", |asked| &asked.model).to_owned();
        let limits =
            first.map_or(Limits { context: 8_192, output: 2_048, small: false }, |a| a.limits);
        Arc::new(RecordedModel { tape: Arc::clone(&self.tape), agent, name, limits })
    }
}

#[async_trait]
impl Models for RecordedModels {
    async fn models(
        &self,
        _wanted: &Wanted<'_>,
        _say: &(dyn Fn(String) + Send + Sync),
    ) -> Result<RoleModels, String> {
        let mut models = RoleModels::new(self.role(Agent::Planner));
        if let Some(asked) = self.second.clone() {
            let Asked { agent, model: name, limits, .. } = asked;
            let tape = Arc::clone(&self.tape);
            models = models.with_second(Arc::new(RecordedModel { tape, agent, name, limits }));
        }
        let with = |models: RoleModels, agent| models.with(agent, self.role(agent));
        Ok(Agent::ALL.into_iter().fold(models, with))
    }
}

/// The model that played a role.
struct RecordedModel {
    tape: Arc<Tape>,
    agent: Agent,
    name: String,
    limits: Limits,
}

#[async_trait]
impl LanguageModel for RecordedModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn limits(&self) -> devika_llm::Limits {
        let Limits { context, output, small } = self.limits;
        devika_llm::Limits { context, output, small }
    }

    async fn turn(
        &self,
        request: &Request,
        _on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        let answer = self.tape.turn(self.agent, request).map_err(|_| ModelError::Rejected {
            provider: self.name.clone(),
            status: 0,
            message: HALTED.to_owned(),
        })?;
        self.tape.speak().await;
        Ok(Answer {
            model: answer.model,
            text: answer.text,
            stop: match answer.stop {
                StopReason::Complete => Stop::Complete,
                StopReason::Length => Stop::Length,
            },
            input_tokens: answer.usage.input,
            cached_tokens: answer.usage.cached,
            cache_written_tokens: 0,
            output_tokens: answer.usage.output,
            cost: answer.usage.cost,
        })
    }
}

/// Runs nothing.
pub(super) struct RecordedRunner(pub(super) Arc<Tape>);

#[async_trait]
impl Runner for RecordedRunner {
    async fn run(
        &self,
        command: &Command,
        _on_output: &(dyn for<'a> Fn(&'a str) + Send + Sync),
    ) -> Result<Outcome, RunError> {
        let outcome = self
            .0
            .command(&command.line)
            .map_err(|_| RunError::Lost { line: command.line.clone(), why: HALTED.to_owned() })?;
        self.0.speak().await;
        let exit = match outcome.exit {
            CommandExit::Code(code) => Exit::Code(code),
            CommandExit::Signal(signal) => Exit::Signal(signal),
            CommandExit::TimedOut => Exit::TimedOut,
            CommandExit::Limit(limit) => Exit::Limit(limit_of(limit)),
            CommandExit::Ready => Exit::Ready,
        };
        Ok(Outcome {
            exit,
            output: outcome.output,
            duration: Duration::from_millis(outcome.millis),
            refused_hosts: outcome.refused_hosts,
            slipped: Vec::new(),
        })
    }
}

fn limit_of(limit: CommandLimit) -> Limit {
    match limit {
        CommandLimit::CpuTime => Limit::CpuTime,
        CommandLimit::Memory => Limit::Memory,
        CommandLimit::Processes => Limit::Processes,
        CommandLimit::FileSize => Limit::FileSize,
        CommandLimit::Disk => Limit::Disk,
    }
}

/// Gives the recorded answers.
pub(super) struct RecordedUser(pub(super) Arc<Tape>);

#[async_trait]
impl User for RecordedUser {
    async fn ask(&self, ask: &Ask) -> UserReply {
        let answer = self.0.ask(ask.kind, &ask.text);
        self.0.speak().await;
        match (answer, ask.kind) {
            (Err(_), _) => UserReply::Absent,
            (Ok(answer), AskKind::Question) => UserReply::Answer(answer),
            (Ok(word), _) => UserReply::of_word(&word),
        }
    }
}

/// Edits the scratch folder.
pub(super) struct RecordedEditor {
    pub(super) tape: Arc<Tape>,
    pub(super) disk: DiskEditor,
}

#[async_trait]
impl Editor for RecordedEditor {
    fn snapshot(&self) -> Snapshot {
        self.disk.snapshot()
    }

    async fn apply(&self, edit: &FileEdit) -> Result<(), EditorError> {
        let halted = |_| EditorError::Refused { path: edit.path().clone(), why: HALTED.to_owned() };
        self.tape.edit(&StoredEdit::from(edit)).map_err(halted)?;
        self.disk.apply(edit).await?;
        self.tape.edited().map_err(halted)?;
        self.tape.speak().await;
        Ok(())
    }

    fn has_language_servers(&self) -> bool {
        self.tape.has_errors()
    }

    async fn errors(&self, _paths: &[RelPath]) -> Option<Vec<CodeError>> {
        // Where the tape stops, the next act ends the run.
        let errors = self.tape.errors().ok().flatten();
        self.tape.speak().await;
        errors
    }

    async fn files_with(&self, symbol: &str) -> Vec<RelPath> {
        self.tape.files_with(symbol)
    }
}
