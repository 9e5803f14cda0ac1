//! Progress of tasks, as the editor's own progress display shows it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use devika_protocol::{Event, EventRecord, Plan, TaskId};
use tokio::sync::mpsc;
use tower_lsp::ls_types::notification::Progress;
use tower_lsp::ls_types::request::WorkDoneProgressCreate;
use tower_lsp::ls_types::{
    NumberOrString, ProgressParams, ProgressParamsValue, WorkDoneProgress, WorkDoneProgressBegin,
    WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport,
};

use super::narration::stage_words;
use super::outgoing::Outgoing;

/// The time between two reports of what a model streams: 10 a second are more than anybody reads.
const DELTA_EVERY: Duration = Duration::from_millis(100);

/// How long a client may take to accept a progress display.
const CREATE_TIME: Duration = Duration::from_secs(30);

/// Bytes of text a token has on average; the providers' own estimate for English and code.
const BYTES_PER_TOKEN: usize = 4;

const TITLE: &str = "Devika";

const TOKEN_PREFIX: &str = "devika-task-";

/// The task that a progress token is about.
pub(super) fn task_of(token: &NumberOrString) -> Option<TaskId> {
    let NumberOrString::String(token) = token else { return None };
    let (task, _) = token.strip_prefix(TOKEN_PREFIX)?.split_once('-')?;
    task.parse().ok().map(TaskId)
}

/// The progress displays of all running tasks.
pub(super) struct ProgressBoard {
    client: Outgoing,
    supported: bool,
    /// Counts the displays: a task that is resumed gets a new one.
    displays: u64,
    tasks: HashMap<TaskId, Display>,
}

struct Display {
    words: Words,
    reports: mpsc::UnboundedSender<WorkDoneProgress>,
}

impl ProgressBoard {
    pub(super) fn new(client: Outgoing, supported: bool) -> Self {
        Self { client, supported, displays: 0, tasks: HashMap::new() }
    }

    /// Shows an event. Waits for nothing: the client's answers are awaited elsewhere.
    pub(super) fn show(&mut self, record: &EventRecord) {
        if !self.supported {
            return;
        }
        if record.event.is_terminal() {
            if let Some(display) = self.tasks.remove(&record.task) {
                let end = WorkDoneProgressEnd { message: Some(ending(&record.event).to_owned()) };
                display.send(WorkDoneProgress::End(end));
            }
            return;
        }
        if !self.tasks.contains_key(&record.task) && begins(&record.event) {
            let display = self.begin(record.task);
            drop(self.tasks.insert(record.task, display));
        }
        if let Some(display) = self.tasks.get_mut(&record.task)
            && let Some(report) = display.words.after(&record.event, Instant::now())
        {
            display.send(WorkDoneProgress::Report(report));
        }
    }

    fn begin(&mut self, task: TaskId) -> Display {
        self.displays += 1;
        let token = NumberOrString::String(format!("{TOKEN_PREFIX}{task}-{}", self.displays));
        let (reports, receiver) = mpsc::unbounded_channel();
        drop(tokio::spawn(draw(self.client.clone(), token, receiver)));
        let display = Display { words: Words::default(), reports };
        display.send(WorkDoneProgress::Begin(WorkDoneProgressBegin {
            title: TITLE.to_owned(),
            cancellable: Some(true),
            message: Some(format!("task {task}")),
            percentage: None,
        }));
        display
    }
}

impl Display {
    fn send(&self, report: WorkDoneProgress) {
        // Nobody receives where the client did not accept the display.
        let _refused = self.reports.send(report);
    }
}

/// Whether a task that shows this event is one that begins, or begins again.
fn begins(event: &Event) -> bool {
    matches!(event, Event::Queued { .. } | Event::Started { .. })
}

/// Creates a display at the client, and draws what comes.
async fn draw(
    client: Outgoing,
    token: NumberOrString,
    mut reports: mpsc::UnboundedReceiver<WorkDoneProgress>,
) {
    let params = WorkDoneProgressCreateParams { token: token.clone() };
    if let Err(error) = client.request::<WorkDoneProgressCreate>(params, CREATE_TIME).await {
        tracing::warn!(%error, "the client shows no progress");
        return;
    }
    while let Some(report) = reports.recv().await {
        let value = ProgressParamsValue::WorkDone(report);
        client.notify::<Progress>(ProgressParams { token: token.clone(), value }).await;
    }
}

fn ending(event: &Event) -> &'static str {
    match event {
        Event::Completed { .. } => "completed",
        Event::Failed { .. } => "failed",
        Event::Paused { .. } => "paused",
        _ => "cancelled",
    }
}

/// What is said of one task.
#[derive(Debug, Default)]
struct Words {
    plan: Option<Plan>,
    /// What is being done, while a model streams.
    doing: String,
    finished: usize,
    streamed: usize,
    last_delta: Option<Instant>,
}

impl Words {
    /// The report after an event; none where it changes nothing, or too soon after another.
    fn after(&mut self, event: &Event, now: Instant) -> Option<WorkDoneProgressReport> {
        let message = match event {
            Event::Queued { ahead: 0, .. } => "queued".to_owned(),
            Event::Queued { ahead: 1, .. } => "queued, after another task".to_owned(),
            Event::Queued { ahead, .. } => format!("queued, after {ahead} other tasks"),
            Event::StageStarted { stage, step, round } => {
                self.doing = match step.and_then(|step| self.step(step)) {
                    Some(step) => format!("{step} (round {round})"),
                    None => stage_words(*stage).to_owned(),
                };
                self.doing.clone()
            }
            Event::Monologue { text, .. } => text.clone(),
            Event::Planned { plan } => {
                self.plan = Some(plan.clone());
                format!("plan: {}", plan.focus)
            }
            Event::StepFinished { .. } => {
                self.finished += 1;
                self.doing.clone()
            }
            Event::TurnStarted { .. } => {
                self.streamed = 0;
                return None;
            }
            Event::TurnDelta { text, .. } => {
                self.streamed += text.len();
                if self.last_delta.is_some_and(|last| now.duration_since(last) < DELTA_EVERY) {
                    return None;
                }
                self.last_delta = Some(now);
                format!("{} · {} tokens", self.doing, self.streamed.div_ceil(BYTES_PER_TOKEN))
            }
            Event::CommandStarted { line, .. } => format!("running {line}"),
            Event::Asked { .. } => "waiting for your answer".to_owned(),
            Event::Answered { .. } => self.doing.clone(),
            _ => return None,
        };
        let percentage = self.percentage();
        Some(WorkDoneProgressReport { cancellable: Some(true), message: Some(message), percentage })
    }

    fn step(&self, step: u32) -> Option<String> {
        let steps = &self.plan.as_ref()?.steps;
        let text = &steps.get(usize::try_from(step).ok()?.checked_sub(1)?)?.text;
        Some(format!("step {step}/{}: {text}", steps.len()))
    }

    fn percentage(&self) -> Option<u32> {
        let all = self.plan.as_ref()?.steps.len();
        u32::try_from((self.finished * 100).checked_div(all)?.min(100)).ok()
    }
}

#[cfg(test)]
mod tests {
    use devika_protocol::{Agent, Stage, Step, TurnId};

    use super::*;

    fn said(words: &mut Words, event: Event, at: Instant) -> Option<(String, Option<u32>)> {
        let report = words.after(&event, at)?;
        Some((report.message.unwrap(), report.percentage))
    }

    fn plan() -> Plan {
        let step = |text: &str| Step { text: text.into(), files: vec![] };
        let steps = vec![step("write the program"), step("write the test")];
        Plan { reply: String::new(), focus: "hello".into(), steps, verify: vec![] }
    }

    #[test]
    fn a_task_says_which_step_it_is_at() {
        let (mut words, now) = (Words::default(), Instant::now());
        let stage = |stage, step| Event::StageStarted { stage, step, round: 1 };
        let events = [
            stage(Stage::Plan, None),
            Event::Planned { plan: plan() },
            stage(Stage::Code, Some(1)),
            Event::StepFinished { step: 1 },
            stage(Stage::Code, Some(2)),
            Event::Monologue { agent: Agent::Coder, text: "One assertion will do.".into() },
            stage(Stage::Commit, None),
        ];
        let said: Vec<String> = events
            .into_iter()
            .filter_map(|event| said(&mut words, event, now))
            .map(|(message, percentage)| format!("{message} {percentage:?}"))
            .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        planning None
        plan: hello Some(0)
        step 1/2: write the program (round 1) Some(0)
        step 1/2: write the program (round 1) Some(50)
        step 2/2: write the test (round 1) Some(50)
        One assertion will do. Some(50)
        committing Some(50)
        ");
    }

    #[test]
    fn a_stream_is_reported_ten_times_a_second_at_most() {
        let (mut words, start) = (Words::default(), Instant::now());
        let delta =
            || Event::TurnDelta { turn: TurnId(1), text: "12345678".into(), reasoning: false };
        let reports = (0..1000)
            .filter_map(|n| said(&mut words, delta(), start + Duration::from_millis(n)))
            .collect::<Vec<_>>();
        assert_eq!(reports.len(), 10);
        assert_eq!(reports[9], (" · 1802 tokens".to_owned(), None));
    }

    #[test]
    fn a_token_names_its_task() {
        let task = |token: &str| task_of(&NumberOrString::String(token.into()));
        assert_eq!(task("devika-task-7-2"), Some(TaskId(7)));
        assert_eq!(task("rust-analyzer/7"), None);
        assert_eq!(task_of(&NumberOrString::Number(7)), None);
    }
}
