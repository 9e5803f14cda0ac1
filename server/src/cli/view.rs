//! How a task looks in a terminal: the plan as a checklist that ticks, a live line for the moment,
//! and a line for each fact. Drawn from events alone.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use devika_protocol::{ChangeKind, CommandExit, Event, EventRecord, Money, Stage, Usage};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal;
use crate::words;

/// Lines of a command's output that are shown.
const OUTPUT_LINES: usize = 15;

/// Shows events.
pub(super) enum View {
    /// One JSON object a line.
    Json,
    /// One line a fact.
    Plain,
    /// A checklist and a live line below the facts.
    Live(Box<Live>),
}

/// The live part of a terminal's view.
pub(super) struct Live {
    root: PathBuf,
    bars: MultiProgress,
    steps: Vec<Item>,
    now: ProgressBar,
    pieces: u64,
}

/// A step in the checklist.
struct Item {
    bar: ProgressBar,
    text: String,
    done: bool,
}

impl Item {
    fn draw(&self) {
        let mark = if self.done { "x" } else { " " };
        self.bar.set_style(style(&format!("  [{mark}] {{msg}}")));
        self.bar.tick();
    }
}

/// The live part of the terminal, for whoever has to write where it is drawn.
#[derive(Clone, Default)]
pub(super) struct Screen(Option<MultiProgress>);

impl Screen {
    /// Asks on the terminal; nothing is drawn until the user has answered.
    pub(super) async fn ask(&self, question: &str) -> Option<String> {
        if let Some(bars) = &self.0 {
            // A terminal that cannot be cleared shows a line too many.
            let _uncleared = bars.clear();
            bars.set_draw_target(ProgressDrawTarget::hidden());
        }
        let answer = terminal::ask(question).await;
        if let Some(bars) = &self.0 {
            bars.set_draw_target(ProgressDrawTarget::stderr());
        }
        answer
    }
}

impl View {
    /// The live part, where there is one.
    pub(super) fn screen(&self) -> Screen {
        match self {
            Self::Live(live) => Screen(Some(live.bars.clone())),
            Self::Json | Self::Plain => Screen(None),
        }
    }

    /// For a task that runs: live where standard error is a terminal.
    pub(super) fn new(root: &Path, json: bool) -> Self {
        if json || !std::io::stderr().is_terminal() {
            return Self::plain(json);
        }
        let bars = MultiProgress::new();
        let now = bars.add(ProgressBar::new_spinner());
        now.enable_steady_tick(Duration::from_millis(100));
        Self::Live(Box::new(Live {
            root: root.to_path_buf(),
            bars,
            steps: Vec::new(),
            now,
            pieces: 0,
        }))
    }

    /// For a task of the past.
    pub(super) fn plain(json: bool) -> Self {
        if json { Self::Json } else { Self::Plain }
    }

    /// Shows an event.
    pub(super) fn show(&mut self, record: &EventRecord) {
        match self {
            Self::Json => match serde_json::to_string(record) {
                Ok(line) => terminal::say(&line),
                Err(error) => tracing::error!(%error, "an event cannot be printed"),
            },
            Self::Plain => {
                if let Some(text) = words(&record.event) {
                    terminal::say(&text);
                }
            }
            Self::Live(live) => live.show(&record.event),
        }
    }
}

impl Live {
    fn show(&mut self, event: &Event) {
        match event {
            Event::Started { worktree: Some(folder), .. } => self.root = PathBuf::from(folder),
            Event::Planned { plan } => {
                for step in &plan.steps {
                    let bar = self.bars.insert_before(&self.now, ProgressBar::new(1));
                    let text = format!("{}  ({})", step.text, step.files.join(", "));
                    bar.set_message(text.clone());
                    let item = Item { bar, text, done: false };
                    item.draw();
                    self.steps.push(item);
                }
            }
            Event::StepFinished { step } => {
                if let Some(item) = self.steps.get_mut(*step as usize - 1) {
                    item.done = true;
                    item.draw();
                }
            }
            Event::StageStarted { stage, step, round } => {
                self.now.set_message(moment(*stage, *step, *round))
            }
            Event::TurnStarted { model, prompt_tokens, .. } => {
                self.pieces = 0;
                self.now.set_message(format!("{model} reads about {prompt_tokens} tokens"));
            }
            Event::TurnDelta { .. } => {
                self.pieces += 1;
                self.now.set_message(format!("the model writes ({} pieces)", self.pieces));
            }
            Event::Progress { text } => self.now.set_message(text.clone()),
            Event::CommandStarted { line, .. } => self.now.set_message(format!("running {line}")),
            Event::Asked { .. } => self.now.set_message("waiting for you"),
            _ => {}
        }
        if event.is_terminal() {
            self.finish();
        }
        // The checklist shows the plan and what is done of it.
        let is_drawn = matches!(event, Event::Planned { .. } | Event::StepFinished { .. });
        if let Some(text) = words(event).filter(|_| !is_drawn) {
            self.bars.suspend(|| terminal::say(&text));
        }
        if matches!(event, Event::Completed { branch: Some(_), .. }) {
            terminal::say(&format!("The files are in {}", self.root.display()));
        }
    }

    /// Takes the live part down and leaves the checklist as it stands.
    fn finish(&self) {
        let _uncleared = self.bars.clear();
        self.bars.set_draw_target(ProgressDrawTarget::hidden());
        for item in &self.steps {
            let mark = if item.done { "x" } else { " " };
            terminal::say(&format!("  [{mark}] {}", item.text));
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn moment(stage: Stage, step: Option<u32>, round: u32) -> String {
    let what = match stage {
        Stage::Decision | Stage::Plan => "planning",
        Stage::Research => "reading",
        Stage::Code => "writing code",
        Stage::Apply => "applying edits",
        Stage::Verify => "checking",
        Stage::Patch => "repairing",
        Stage::Commit => "committing",
        Stage::Clone => "fetching the repository",
        Stage::Deploy => "putting it on the web",
        Stage::Report => "reporting",
    };
    let step = step.map(|step| format!("step {step}: ")).unwrap_or_default();
    let again = if round > 1 { format!(", round {round}") } else { String::new() };
    format!("{step}{what}{again}")
}

/// An event in words, or `None` where it says nothing to a reader.
fn words(event: &Event) -> Option<String> {
    Some(match event {
        Event::Queued { ahead, .. } if *ahead > 0 => format!("Queued behind {ahead} other tasks"),
        Event::Started { worktree: Some(folder), resumed: false } => {
            format!("Works in a worktree of its own: {folder}")
        }
        Event::Started { resumed: true, .. } => "Resumed".to_owned(),
        Event::Monologue { text, .. } if !text.is_empty() => format!("  ~ {text}"),
        Event::Reply { text } => text.clone(),
        Event::Planned { plan } => {
            let step = |(index, step): (usize, &devika_protocol::Step)| {
                format!("  [ ] {}. {}  ({})", index + 1, step.text, step.files.join(", "))
            };
            plan.steps.iter().enumerate().map(step).collect::<Vec<_>>().join("\n")
        }
        Event::StepFinished { step } => format!("  [x] step {step}"),
        Event::EditApplied { path, change, added, removed, .. } => {
            let sign = match change {
                ChangeKind::Created => "new",
                ChangeKind::Modified => "changed",
                ChangeKind::Deleted => "deleted",
                ChangeKind::Renamed => "renamed",
            };
            format!("  {sign} {path}  +{added} -{removed}")
        }
        Event::CommandStarted { line, .. } => format!("  $ {line}"),
        Event::CommandFinished { exit, output, millis, .. } => {
            format!("{}  {} after {millis} ms", indented(output), ending(*exit))
        }
        Event::Committed { commit, branch, subject, .. } => {
            format!("  commit {commit:.8} on {branch}: {subject}")
        }
        Event::TurnRetried { model, error, wait_millis, .. } => {
            let seconds = *wait_millis as f64 / 1000.0;
            format!("  note: {error}; asking {model} again in {seconds:.1} s")
        }
        Event::FellBack { to, error, .. } => format!("  note: {error}; asking {to} instead"),
        Event::ProviderDown { provider, wait_millis } => {
            format!(
                "  note: {provider} keeps failing; it is left alone for {} s",
                wait_millis / 1000
            )
        }
        Event::BudgetWarning { scope, used } => {
            format!("  note: the budget of the {} is nearly used up: {used}", scope.word())
        }
        Event::TurnFailed { error, .. } => format!("  the turn failed: {error}"),
        Event::Complaint { text, .. } => {
            format!("  asking again: {}", text.lines().next().unwrap_or_default())
        }
        Event::Steered { text } => format!("  you add: {text}"),
        Event::Made { place, .. } => format!("  made {place}"),
        Event::Undone { step, redo, paths, kept, .. } => {
            let diffs: String = kept.iter().filter_map(|kept| kept.diff.as_deref()).collect();
            let told = words::undone(*step, *redo, paths, kept);
            if diffs.is_empty() { told } else { format!("{told}\nNot made:\n{}", diffs.trim_end()) }
        }
        Event::Accepted { branch, commit, worktree } => {
            format!("{} ({commit:.8})", words::accepted(branch, worktree.as_deref()))
        }
        Event::Discarded { branch, worktree } => words::discarded(branch, worktree.as_deref()),
        Event::Searched { query, found } => format!("  searched {query:?}: {found} found"),
        Event::PageRead { address, title, .. } => format!("  read {title} <{address}>"),
        Event::PassagesUsed { sources, .. } => format!("  uses {}", sources.join(", ")),
        Event::Warning { text } => format!("  note: {text}"),
        Event::Answered { answer, .. } => format!("  answered: {answer}"),
        Event::Completed { usage, branch, .. } => {
            let branch =
                branch.as_ref().map(|name| format!(" on branch {name}")).unwrap_or_default();
            format!("Done{branch}. {}", tokens(*usage))
        }
        Event::Failed { reason } => format!("Failed: {reason}"),
        Event::Cancelled {} => {
            "Cancelled. What was committed stays; nothing else was kept running.".to_owned()
        }
        Event::Paused { text, .. } => format!("Paused: {text}"),
        _ => return None,
    })
}

fn tokens(usage: Usage) -> String {
    let cost = match usage.cost {
        Money::ZERO => String::new(),
        cost => format!(" {cost}."),
    };
    format!(
        "{} tokens read ({} from the cache), {} written.{cost}",
        usage.input, usage.cached, usage.output
    )
}

fn ending(exit: CommandExit) -> String {
    match exit {
        CommandExit::Code(0) => "passed".to_owned(),
        CommandExit::Code(code) => format!("failed with code {code}"),
        CommandExit::Signal(signal) => format!("ended by signal {signal}"),
        CommandExit::TimedOut => "stopped: too slow".to_owned(),
        CommandExit::Limit(limit) => format!("stopped: limit of {limit}"),
        CommandExit::Ready => "started; stopped again".to_owned(),
    }
}

fn indented(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let shown = &lines[lines.len().saturating_sub(OUTPUT_LINES)..];
    shown.iter().map(|line| format!("    {line}\n")).collect()
}
