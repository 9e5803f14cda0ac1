//! A store, with a task in it.

use std::path::PathBuf;

use devika_protocol::{Event, EventRecord, GitMode, Mode, TaskId, TurnId};
use devika_store::{NewTask, Store};
use tempfile::TempDir;

pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) task: TaskId,
}

impl World {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&folder.path().join("devika.db")).unwrap();
        let task = store.create_task(task_in("/project")).await.unwrap();
        Self { folder, store, task }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("devika.db")
    }
}

pub(crate) fn task_in(project: &str) -> NewTask {
    NewTask {
        project: project.to_owned(),
        prompt: "Write hello world".to_owned(),
        mode: Mode::Auto,
        model: Some("anthropic/claude".to_owned()),
        git: Some(GitMode::Worktree),
    }
}

pub(crate) fn reply(text: impl ToString) -> Event {
    Event::Reply { text: text.to_string() }
}

pub(crate) fn delta(text: impl ToString) -> Event {
    Event::TurnDelta { turn: TurnId(1), text: text.to_string(), reasoning: false }
}

/// The words of the events.
pub(crate) fn words<'a>(records: impl IntoIterator<Item = &'a EventRecord>) -> Vec<String> {
    let word = |record: &EventRecord| match &record.event {
        Event::Reply { text } => text.clone(),
        Event::TurnDelta { text, .. } => format!("~{text}"),
        other => format!("{other:?}"),
    };
    records.into_iter().map(word).collect()
}
