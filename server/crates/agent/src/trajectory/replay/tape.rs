//! The tape: the recorded acts in order. Whatever the pipeline asks of the outside is compared with
//! the next act, and answered from it.

use std::collections::BTreeMap;
use std::io::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};

use devika_edit::{RelPath, unified};
use devika_llm::Request;
use devika_protocol::{Agent, AskKind};
use devika_store::{Store, StoreError};
use serde_json::json;

use super::scratch::Scratch;
use crate::ports::CodeError;
use crate::run::StoredAnswer;
use crate::stages::apply::StoredEdit;
use crate::stages::verify::StoredOutcome;
use crate::steer;
use crate::trajectory::{Act, Asked, Trajectory, What, step_of};

/// Where a task is not what was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// Which act it is, in words.
    pub what: String,
    /// What was recorded and what is now, as a unified diff; empty where words say it all.
    pub diff: String,
}

/// Why the tape gives no more answers in this run of the task.
#[derive(Debug, Clone)]
pub(super) enum End {
    /// The task goes another way.
    Diverged(Divergence),
    /// What comes next was done in a later run of the task.
    RunOver,
    /// The step up to which it was to be played.
    Reached,
    /// The recording ends. Holds what the task wanted then, where it is past the last act.
    Over(Option<String>),
    /// The folder cannot be made what the task saw.
    Folder(String),
}

/// Tells the pipeline to stop.
pub(super) struct Halt;

/// The recorded acts in order.
pub(super) struct Tape {
    scratch: Scratch,
    /// The recorded workspace's root.
    root: String,
    /// The step at whose beginning the tape stops.
    until: Option<u32>,
    /// Where the played task is, which is the newest one.
    store: Store,
    state: Mutex<State>,
}

struct State {
    acts: Vec<Act>,
    /// The next act.
    at: usize,
    /// The acts up to which the user's words were said.
    spoken: usize,
    run: u32,
    turns: u32,
    commands: u32,
    end: Option<End>,
    /// What the editor's language servers said last of symbols.
    symbols: BTreeMap<String, Vec<String>>,
    /// The first request that is another, where that does not end it.
    noted: Option<Divergence>,
}

impl Tape {
    /// A tape that plays in `scratch`, to the beginning of step `until` or to its end. Only one that
    /// plays to its end is strict about what the requests say.
    pub(super) fn new(
        trajectory: &Trajectory,
        scratch: Scratch,
        until: Option<u32>,
        store: Store,
    ) -> Self {
        let state = State {
            acts: trajectory.acts.clone(),
            at: 0,
            spoken: 0,
            run: 1,
            turns: 0,
            commands: 0,
            end: None,
            symbols: BTreeMap::new(),
            noted: None,
        };
        let root = trajectory.header.root.clone();
        Self { scratch, root, until, store, state: Mutex::new(state) }
    }

    /// Begins the run that the next act belongs to.
    pub(super) fn begin_run(&self) -> Result<(), Error> {
        let mut state = self.state();
        state.end = None;
        if let Some(act) = state.next() {
            state.run = act.run;
        }
        self.show_next(&mut state)
    }

    /// Says to the played task what the user said before the next act.
    pub(super) async fn speak(&self) {
        let words = self.state().unspoken();
        if words.is_empty() {
            return;
        }
        if let Err(error) = self.say(&words).await {
            self.state().halt(End::Folder(error.to_string()));
        }
    }

    async fn say(&self, words: &[String]) -> Result<(), StoreError> {
        for task in self.store.tasks(&[], 1).await? {
            for text in words {
                steer::say(&self.store, task.id, text).await?;
            }
        }
        Ok(())
    }

    /// Why it stopped.
    pub(super) fn end(&self) -> Option<End> {
        self.state().end.clone()
    }

    /// The first act that is left, in words, and the run it belongs to.
    pub(super) fn left(&self) -> Option<(String, u32)> {
        let mut state = self.state();
        self.skip_done_edits(&mut state);
        let act = state.next()?;
        Some((state.words(act), act.run))
    }

    /// How many turns and commands were played.
    pub(super) fn counts(&self) -> (u32, u32) {
        let state = self.state();
        (state.turns, state.commands)
    }

    /// The run that is played.
    pub(super) fn run(&self) -> u32 {
        self.state().run
    }

    /// The first request that was another, where the tape is not strict.
    pub(super) fn noted(&self) -> Option<Divergence> {
        self.state().noted.clone()
    }

    /// A turn: the recorded answer to this request.
    pub(super) fn turn(&self, agent: Agent, request: &Request) -> Result<StoredAnswer, Halt> {
        let mut state = self.state();
        let found = format!("a turn of the {}", word(agent));
        let act = self.expect(&mut state, &found)?;
        let What::Turn { request: asked, answer } = &act.what else {
            return Err(state.another(&found));
        };
        if asked.agent != agent {
            return Err(state.another(&found));
        }
        let diff =
            unified("request", Some(&told(asked)), Some(&self.normal(&text_of(request)))).text;
        if !diff.is_empty() {
            let what = format!("{}: the request is another", state.words(&act));
            let divergence = Divergence { what, diff };
            if self.until.is_none() {
                return Err(state.halt(End::Diverged(divergence)));
            }
            state.noted.get_or_insert(divergence);
        }
        let Some(answer) = answer.clone() else { return Err(state.halt_unanswered()) };
        state.turns += 1;
        self.advance(&mut state)?;
        Ok(answer)
    }

    /// A question: the recorded answer to it.
    pub(super) fn ask(&self, kind: AskKind, text: &str) -> Result<String, Halt> {
        let mut state = self.state();
        let found = format!("the question {text:?}");
        let act = self.expect(&mut state, &found)?;
        let What::Ask { kind: recorded, text: asked, answer } = &act.what else {
            return match &act.what {
                // Allowed for good, in the database of whoever recorded it.
                What::Command { line, .. } if kind == AskKind::Command && text.ends_with(line) => {
                    Ok("yes".to_owned())
                }
                _ if kind == AskKind::Finding => Ok("yes".to_owned()),
                _ => Err(state.another(&found)),
            };
        };
        let diff = unified("question", Some(asked), Some(&self.normal(text))).text;
        // Whom a trust question names as the model is not known of a trajectory without a turn.
        if *recorded != kind || (!diff.is_empty() && kind != AskKind::Trust) {
            let what = format!("{}: another is asked", state.words(&act));
            return Err(state.halt(End::Diverged(Divergence { what, diff })));
        }
        let Some(answer) = answer.clone() else { return Err(state.halt_unanswered()) };
        self.advance(&mut state)?;
        Ok(answer)
    }

    /// A command: its recorded outcome.
    pub(super) fn command(&self, line: &str) -> Result<StoredOutcome, Halt> {
        let mut state = self.state();
        let found = format!("the command `{line}`");
        let act = self.expect(&mut state, &found)?;
        match &act.what {
            What::Command { line: recorded, outcome } if recorded == line => {
                let Some(outcome) = outcome.clone() else { return Err(state.halt_unanswered()) };
                state.commands += 1;
                self.advance(&mut state)?;
                Ok(outcome)
            }
            _ => Err(state.another(&found)),
        }
    }

    /// Whether the editor's language servers are asked next. Where the tape stops they are not, so
    /// that the journal of the played task holds no answer that was not recorded.
    pub(super) fn has_errors(&self) -> bool {
        let mut state = self.state();
        self.skip_done_edits(&mut state);
        let Some(act) = state.next() else { return false };
        let (now, What::Errors { asked, .. }) = (self.is_now(&state, act), &act.what) else {
            return false;
        };
        if now && !asked {
            state.halt_unanswered();
            return false;
        }
        now && state.end.is_none()
    }

    /// What the editor's language servers found wrong.
    pub(super) fn errors(&self) -> Result<Option<Vec<CodeError>>, Halt> {
        let mut state = self.state();
        let found = "what the language servers say";
        let act = self.expect(&mut state, found)?;
        let What::Errors { errors, .. } = act.what else { return Err(state.another(found)) };
        self.advance(&mut state)?;
        Ok(errors)
    }

    /// Whether an act is one of this run, before the step up to which it is played.
    fn is_now(&self, state: &State, act: &Act) -> bool {
        !self.is_past(act) && act.run <= state.run
    }

    fn is_past(&self, act: &Act) -> bool {
        self.until.is_some_and(|until| step_of(&act.key).is_some_and(|step| step >= until))
    }

    /// The files with a symbol, as the editor's language servers said last.
    pub(super) fn files_with(&self, symbol: &str) -> Vec<RelPath> {
        let state = self.state();
        let paths = state.symbols.get(symbol).into_iter().flatten();
        paths.filter_map(|path| RelPath::new(path).ok()).collect()
    }

    /// An edit is about to be applied: the file becomes what the user made of it meanwhile.
    pub(super) fn edit(&self, edit: &StoredEdit) -> Result<(), Halt> {
        let mut state = self.state();
        let found = format!("an edit of `{}`", edit.path);
        let act = self.expect(&mut state, &found)?;
        let What::Edit { edit: recorded, done } = &act.what else {
            return Err(state.another(&found));
        };
        if recorded != edit && done.as_ref() != Some(edit) {
            let diff = unified(&edit.path, recorded.after.as_deref(), edit.after.as_deref()).text;
            let what = format!("{}: the edit is another", state.words(&act));
            return Err(state.halt(End::Diverged(Divergence { what, diff })));
        }
        let Some(done) = done else { return Err(state.halt_unanswered()) };
        if recorded == edit {
            let changed = self.scratch.change_before(edit, done);
            changed.map_err(|error| state.halt(End::Folder(error.to_string())))?;
        }
        Ok(())
    }

    /// The edit is applied.
    pub(super) fn edited(&self) -> Result<(), Halt> {
        self.advance(&mut self.state())
    }

    /// The next act, where there is one for this run.
    fn expect(&self, state: &mut State, found: &str) -> Result<Act, Halt> {
        if state.end.is_some() {
            return Err(Halt);
        }
        if !found.starts_with("an edit") {
            self.skip_done_edits(state);
        }
        let Some(act) = state.next().cloned() else {
            return Err(state.halt(End::Over(Some(found.to_owned()))));
        };
        if self.is_past(&act) {
            return Err(state.halt(End::Reached));
        }
        if act.run > state.run {
            return Err(state.halt(End::RunOver));
        }
        Ok(act)
    }

    /// The act is done; the folder becomes what the task saw before the next one.
    fn advance(&self, state: &mut State) -> Result<(), Halt> {
        state.at = state.next_index().map_or(state.acts.len(), |index| index + 1);
        self.show_next(state).map_err(|error| state.halt(End::Folder(error.to_string())))
    }

    fn show_next(&self, state: &mut State) -> Result<(), Error> {
        let last = state.next_index().unwrap_or(state.acts.len().saturating_sub(1));
        let State { acts, symbols, at, run, .. } = state;
        let coming = acts.get(*at..=last).unwrap_or_default();
        let now = coming.iter().filter(|act| act.run == *run);
        for world in now.filter_map(|act| act.world.as_ref()) {
            self.scratch.show(world)?;
            let said = world.symbols.iter().map(|it| (it.name.clone(), it.paths.clone()));
            symbols.extend(said);
        }
        Ok(())
    }

    /// An edit that changes nothing does not come to the editor.
    fn skip_done_edits(&self, state: &mut State) {
        while let Some(What::Edit { edit, .. }) = state.next().map(|act| &act.what)
            && self.scratch.is_done(edit)
        {
            state.at = state.next_index().map_or(state.acts.len(), |index| index + 1);
        }
    }

    /// A text as it was in the recorded workspace.
    fn normal(&self, text: &str) -> String {
        text.replace(&self.scratch.root().display().to_string(), &self.root)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Where the next act is that the pipeline asks somebody for; the others it does itself.
    fn next_index(&self) -> Option<usize> {
        let asks = |act: &Act| {
            !matches!(
                act.what,
                What::Branch { .. }
                    | What::Commit { .. }
                    | What::Conversation { .. }
                    | What::Outside { .. }
                    | What::Steer { .. }
                    | What::Other {}
            )
        };
        (self.at..self.acts.len()).find(|index| asks(&self.acts[*index]))
    }

    fn next(&self) -> Option<&Act> {
        self.next_index().map(|index| &self.acts[index])
    }

    /// What the user said before the next act and was not said yet. What came after all that could hear
    /// it is left out: here it would come before the end.
    fn unspoken(&mut self) -> Vec<String> {
        let up_to = self.next_index().unwrap_or(self.acts.len());
        let hears =
            |act: &Act| matches!(act.what, What::Turn { .. }) || act.key.starts_with("more/");
        let heard = self.acts.iter().rposition(hears).unwrap_or(0).min(up_to);
        let said = self.acts.get(self.spoken..heard).unwrap_or_default();
        let words = said.iter().filter_map(|act| match &act.what {
            What::Steer { text } => Some(text.clone()),
            _ => None,
        });
        let words = words.collect();
        self.spoken = self.spoken.max(up_to);
        words
    }

    fn halt(&mut self, end: End) -> Halt {
        self.end.get_or_insert(end);
        Halt
    }

    /// The recording holds no outcome of the act: the task went no further, in this run at least.
    fn halt_unanswered(&mut self) -> Halt {
        self.at = self.next_index().map_or(self.acts.len(), |index| index + 1);
        let end = if self.next().is_some() { End::RunOver } else { End::Over(None) };
        self.halt(end)
    }

    fn another(&mut self, found: &str) -> Halt {
        let expected = self.next().map(|act| self.words(act)).unwrap_or_default();
        let what = format!("{expected}: instead comes {found}");
        self.halt(End::Diverged(Divergence { what, diff: String::new() }))
    }

    fn words(&self, act: &Act) -> String {
        let what = match &act.what {
            What::Turn { request, .. } => {
                format!("turn {} ({})", self.turns + 1, word(request.agent))
            }
            What::Ask { .. } => "a question".to_owned(),
            What::Command { line, .. } => format!("command {} (`{line}`)", self.commands + 1),
            What::Edit { edit, .. } => format!("an edit of `{}`", edit.path),
            What::Errors { .. } => "what the language servers say".to_owned(),
            What::Branch { .. } => "the branch".to_owned(),
            What::Commit { .. } => "a commit".to_owned(),
            What::Conversation { .. }
            | What::Outside { .. }
            | What::Steer { .. }
            | What::Other {} => "an act".to_owned(),
        };
        format!("{what}, `{}`", act.key)
    }
}

fn word(agent: Agent) -> String {
    json!(agent).as_str().unwrap_or_default().to_owned()
}

/// A recorded request as one text.
fn told(asked: &Asked) -> String {
    request_text(&asked.system, asked.messages.iter().map(String::as_str), asked.max_tokens)
}

fn text_of(request: &Request) -> String {
    let messages = request.messages.iter().map(|message| message.text.as_str());
    request_text(&request.system, messages, request.max_tokens)
}

fn request_text<'a>(
    system: &str,
    messages: impl Iterator<Item = &'a str>,
    max_tokens: u32,
) -> String {
    let messages: String = messages
        .enumerate()
        .map(|(index, text)| format!("== message {}\n{text}\n", index + 1))
        .collect();
    format!("== system, answer of at most {max_tokens} tokens\n{system}\n{messages}")
}
