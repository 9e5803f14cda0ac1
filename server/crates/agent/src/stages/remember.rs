//! Remember: what a task leaves behind in memory, and what the user says to remember or to forget.
//!
//! A prompt that begins with “remember that” or “remember:” is a note and no work. So is an answer to a
//! question that ends with “remember this”. “Forget that …” and “forget: …” forget the notes that say
//! it, after asking.

use devika_memory::{Kind, Passage};
use devika_protocol::{AskKind, Event};

use crate::error::Stop;
use crate::knowledge::{Quote, ReadAndRemember, now, shared_terms};
use crate::ports::UserReply;
use crate::run::Run;
use crate::stages::known::{known, memory_failed, project};
use crate::stages::{recall, report};
use crate::trajectory::Mask;

/// Names a wish in the journal.
const WISH: &str = "wish";

/// Who notes are from.
const USER: &str = "you";

/// Characters of a passage that a task leaves behind.
const MAX_TEXT: usize = 2_000;

/// Notes that are forgotten at once at the most.
const MAX_FORGOTTEN: usize = 10;

/// What a prompt that is no work wants.
#[derive(Debug, PartialEq, Eq)]
enum Wish<'a> {
    Remember(&'a str),
    Forget(&'a str),
}

/// Carries out a prompt that only says to remember or to forget something; `None` where it is work, or
/// where there is no memory.
pub(crate) async fn carry_out_wish(run: &Run) -> Result<Option<Event>, Stop> {
    let Some(wish) = wish(&run.prompt) else { return Ok(None) };
    if memory(run).is_none() && !run.is_done(WISH).await? {
        return Ok(None);
    }
    match wish {
        Wish::Remember(text) => {
            let note = passage(run, Kind::Note, USER.to_owned(), "", text);
            let kept: Option<Result<(), String>> =
                known(run, WISH, async |knowledge| keep(run, &knowledge, note).await).await?;
            if let Some(Err(why)) = kept {
                return Err(Stop::Failed(format!("It is not remembered: {why}.")));
            }
            report::said(run, format!("Remembered: {text}")).await.map(Some)
        }
        Wish::Forget(text) => forget(run, text).await,
    }
}

/// Forgets the notes that say something, after asking; `None` where none does.
async fn forget(run: &Run, text: &str) -> Result<Option<Event>, Stop> {
    let failed = |why: String| Stop::Failed(format!("Nothing is forgotten: {why}."));
    let project = project(run);
    let notes: Option<Result<Vec<Quote>, String>> =
        known(run, WISH, async |knowledge| knowledge.notes(&project).await).await?;
    let mut notes = notes.transpose().map_err(failed)?.unwrap_or_default();
    let words = devika_memory::tokens::distinct_terms(text).len();
    notes.retain(|note| words > 0 && shared_terms(note, text) * 2 > words);
    notes.truncate(MAX_FORGOTTEN);
    if notes.is_empty() {
        return Ok(None);
    }
    let list: String = notes.iter().map(|note| format!("\n- {}", one(note))).collect();
    let question = format!("Forget these notes?{list}");
    if run.ask("forget", AskKind::Outside, &question).await? != UserReply::Allow {
        return Err(Stop::Denied);
    }
    let forgotten = known(run, "forgotten", async |knowledge| {
        for note in &notes {
            knowledge.forget(&project, note).await?;
        }
        Ok(())
    });
    let forgotten: Option<Result<(), String>> = forgotten.await?;
    forgotten.transpose().map_err(failed)?;
    report::said(run, format!("Forgotten:{list}")).await.map(Some)
}

/// What remembers, where there is a memory.
fn memory(run: &Run) -> Option<&ReadAndRemember> {
    run.settings.knowledge.as_deref().filter(|knowledge| knowledge.has_memory())
}

fn one(note: &Quote) -> String {
    let words: Vec<&str> =
        note.title.split_whitespace().chain(note.text.split_whitespace()).collect();
    words.join(" ")
}

/// Remembers what the user answered, where the answer says so at its end.
pub(crate) async fn answer(run: &Run, question: &str, answer: &str) {
    let Some(knowledge) = memory(run) else { return };
    if let Some(text) = to_be_remembered(answer) {
        let note = passage(run, Kind::Note, USER.to_owned(), question, text);
        if let Err(why) = keep(run, knowledge, note).await {
            memory_failed(run, &why);
        }
    }
}

/// Remembers how the task ended. That it cannot is told, and changes nothing.
pub(crate) async fn end(run: &Run, end: &Result<Event, Stop>) {
    let Some(knowledge) = memory(run) else { return };
    let done = match done(run).await {
        Ok(done) => done,
        // The journal fails, and the task's own end says so.
        Err(_) => return,
    };
    let Done { changed, told_of_pages } = done;
    let (kind, text) = match end {
        // What was told of a page would reach a planner as Devika's own words; memory has the page.
        Ok(Event::Completed { .. }) if changed.is_empty() && told_of_pages => return,
        Ok(Event::Completed { summary, .. }) if changed.is_empty() => {
            (Kind::Conversation, format!("User: {}\nDevika: {summary}", run.prompt.trim()))
        }
        Ok(Event::Completed { .. }) => (Kind::Outcome, changed),
        Err(Stop::Failed(why)) => (Kind::Outcome, format!("{changed}It failed: {why}")),
        _ => return,
    };
    let title = run.prompt.trim().lines().next().unwrap_or_default();
    let left = passage(run, kind, recall::source(run.task), title, &text);
    if let Err(why) = keep(run, knowledge, left).await {
        memory_failed(run, &why);
    }
}

/// What a task did.
struct Done {
    /// What it changed, and how that was checked; empty where it changed nothing.
    changed: String,
    /// Whether pages were quoted to its agents.
    told_of_pages: bool,
}

async fn done(run: &Run) -> Result<Done, Stop> {
    let mut told_of_pages = false;
    let (mut reply, mut files, mut commits, mut checks) =
        (String::new(), Vec::new(), Vec::new(), Vec::new());
    let mut line = String::new();
    for record in run.store.events(run.task).await? {
        match record.event {
            Event::Planned { plan } => reply = plan.reply,
            Event::PassagesUsed { .. } => told_of_pages = true,
            Event::EditApplied { path, .. } if !files.contains(&path) => files.push(path),
            Event::Committed { commit, subject, .. } => {
                commits.push(format!("{commit:.10} {subject}"));
            }
            Event::CommandStarted { line: started, .. } => line = started,
            Event::CommandFinished { exit, .. } => {
                checks.retain(|(known, _)| *known != line);
                checks.push((line.clone(), exit.is_success()));
            }
            _ => {}
        }
    }
    if files.is_empty() {
        return Ok(Done { changed: String::new(), told_of_pages });
    }
    let checks: Vec<String> = checks
        .into_iter()
        .map(|(line, passed)| format!("`{line}` {}", if passed { "passed" } else { "failed" }))
        .collect();
    let part = |name: &str, items: Vec<String>| match items.is_empty() {
        true => String::new(),
        false => format!("{name}: {}\n", items.join("; ")),
    };
    let parts = [part("Files", files), part("Commits", commits), part("Checks", checks)];
    Ok(Done { changed: format!("{reply}\n{}", parts.concat()), told_of_pages })
}

async fn keep(run: &Run, knowledge: &ReadAndRemember, passage: Passage) -> Result<(), String> {
    if let Some(provider) = (run.settings.key_in)(&passage.text) {
        return Err(format!("it holds the key of {provider}"));
    }
    knowledge.remember(vec![passage]).await
}

/// A passage of this project, without what looks like a key.
fn passage(run: &Run, kind: Kind, source: String, title: &str, text: &str) -> Passage {
    let mask = Mask::new();
    let covered = |text: &str| mask.cover(&text.chars().take(MAX_TEXT).collect::<String>());
    Passage {
        project: project(run),
        shared: false,
        kind,
        source,
        title: covered(title.trim()),
        text: covered(text.trim()),
        at: now(),
        expires: None,
    }
}

/// What a prompt wants that is a note, or about notes, and no work.
fn wish(prompt: &str) -> Option<Wish<'_>> {
    let prompt = prompt.trim();
    let prompt = after(prompt, &["please "]).unwrap_or(prompt);
    let remember = ["remember that ", "remember: ", "remember:"];
    let forget = ["forget that ", "forget: ", "forget:"];
    let text = |text: &str| !text.trim().is_empty();
    after(prompt, &remember)
        .filter(|it| text(it))
        .map(|it| Wish::Remember(it.trim()))
        .or_else(|| after(prompt, &forget).filter(|it| text(it)).map(|it| Wish::Forget(it.trim())))
}

/// What comes after one of these beginnings, whatever its letters' case.
fn after<'a>(text: &'a str, beginnings: &[&str]) -> Option<&'a str> {
    let begins =
        |with: &&&str| text.get(..with.len()).is_some_and(|it| it.eq_ignore_ascii_case(with));
    beginnings.iter().find(begins).map(|with| &text[with.len()..])
}

/// What of an answer is to be remembered: all before “remember this” at its end.
fn to_be_remembered(answer: &str) -> Option<&str> {
    let bare = answer.trim_end_matches([' ', '\n', '.', '!', ')', ']']);
    let ends = ["remember this", "remember that", "remember it"];
    let end = ends.iter().find(|end| {
        let start = bare.len().checked_sub(end.len());
        start.and_then(|start| bare.get(start..)).is_some_and(|it| it.eq_ignore_ascii_case(end))
    })?;
    let text = &bare[..bare.len() - end.len()];
    let text = text.trim_end_matches(|c: char| c.is_whitespace() || "(,;:[-–".contains(c));
    let text = text.strip_suffix("please").unwrap_or(text).trim_end_matches([' ', ',', '(']);
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_remembered_is_told_from_work() {
        assert_eq!(
            wish("Remember that the port is 7341."),
            Some(Wish::Remember("the port is 7341."))
        );
        assert_eq!(wish("please remember: use tabs"), Some(Wish::Remember("use tabs")));
        assert_eq!(wish("Forget that the port is 7341"), Some(Wish::Forget("the port is 7341")));
        for work in [
            "Remember to close the file in a.py",
            "Forget the old parser and write a new one",
            "Write a note that says remember that",
            "remember: ",
        ] {
            assert_eq!(wish(work), None, "{work}");
        }
    }

    #[test]
    fn an_answer_is_remembered_where_it_says_so_at_its_end() {
        let note = |answer| to_be_remembered(answer);
        assert_eq!(note("Port 7341 (remember this)"), Some("Port 7341"));
        assert_eq!(note("Tabs. Please, remember that."), Some("Tabs. Please"));
        assert_eq!(note("Tabs, please remember it!"), Some("Tabs"));
        assert_eq!(note("I do not remember"), None);
        assert_eq!(note("remember this"), None);
    }
}
