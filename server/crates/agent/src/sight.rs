//! What a task saw of its workspace. The journal keeps it with the act that follows, in the same
//! write, so that the task can be carried out again without the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use devika_edit::{FileEdit, RelPath};
use devika_store::Entry;
use serde::{Deserialize, Serialize};

use crate::ports::{CodeError, Editor, EditorError};
use crate::settings::Bounds;
use crate::snapshot::{ReadError, Snapshot};
use crate::stages::apply::StoredEdit;

/// Bytes of one file's text that are kept. A longer file is never quoted whole, and where it is
/// edited the edit holds its text.
const MAX_KEPT_FILE: usize = 256 * 1024;

/// Bytes of texts that are kept in one run of a task.
const MAX_KEPT: usize = 4 * 1024 * 1024;

/// Where an intent holds what was seen before it.
pub(crate) const FIELD: &str = "world";

/// What became known of a workspace since the act before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct World {
    /// Which run of the task saw it, counted from 1.
    pub(crate) run: u32,
    /// What the run works under; with its first act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bounds: Option<Bounds>,
    /// Paths that are in the list of files and were not before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) listed: Vec<String>,
    /// Paths that are in the list of files no longer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) gone: Vec<String>,
    /// Files that were looked at, where they are not as the task knew or made them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<Seen>,
    /// What the editor's language servers said of symbols, where they said something else before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) symbols: Vec<Symbol>,
}

/// The files that define or use a symbol, as the editor's language servers said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Symbol {
    pub(crate) name: String,
    pub(crate) paths: Vec<String>,
}

/// A file as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    /// Its path.
    pub(crate) path: String,
    /// What was there.
    pub(crate) was: Sighting,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Sighting {
    /// This text.
    Text(String),
    /// A text of so many bytes that is too long to be kept.
    Bytes(u64),
    /// Nothing.
    Absent,
    /// No text.
    Binary,
    /// A file that is too large to be read.
    Large,
    /// A folder, a device, or what the system does not let us read.
    Irregular,
}

impl Sighting {
    fn of(read: &Result<String, ReadError>) -> Self {
        match read {
            Ok(text) => Self::Text(text.clone()),
            Err(ReadError::Missing(_)) => Self::Absent,
            Err(ReadError::Binary(_)) => Self::Binary,
            Err(ReadError::TooLarge(_)) => Self::Large,
            Err(ReadError::NotAFile(_) | ReadError::Io(..)) => Self::Irregular,
        }
    }

    /// Tells sightings apart without keeping their texts.
    fn mark(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::Text(text) => text.hash(&mut hasher),
            other => std::mem::discriminant(other).hash(&mut hasher),
        }
        hasher.finish()
    }
}

/// Notices what a run of a task sees. Clones are the same.
#[derive(Debug, Clone)]
pub(crate) struct Sight(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    /// What the journal knows already.
    known: BTreeMap<String, u64>,
    /// The list of files as the journal knows it, and how long it could have been.
    listed: BTreeSet<String>,
    limit: usize,
    /// What the journal knows of symbols.
    symbols: BTreeMap<String, Vec<String>>,
    /// Paths that the task's own edits made or removed.
    own: BTreeSet<String>,
    /// Bytes of texts that were kept.
    kept: usize,
    /// Not in the journal yet.
    news: World,
    /// Whether this run is in the journal.
    told: bool,
}

impl Sight {
    /// The sight of run number `run` of a task; `entries` is what earlier runs put into the journal.
    pub(crate) fn new(run: u32, bounds: Bounds, entries: &[Entry]) -> Self {
        let mut state = State {
            known: BTreeMap::new(),
            listed: BTreeSet::new(),
            limit: 0,
            symbols: BTreeMap::new(),
            own: BTreeSet::new(),
            kept: 0,
            news: World { run, bounds: Some(bounds), ..World::default() },
            told: false,
        };
        entries.iter().for_each(|entry| state.recall(entry));
        Self(Arc::new(Mutex::new(state)))
    }

    /// A file was looked at.
    pub(crate) fn saw(&self, path: &RelPath, read: &Result<String, ReadError>) {
        let sighting = Sighting::of(read);
        let mark = sighting.mark();
        let mut state = self.state();
        if state.known.insert(path.to_string(), mark) != Some(mark) {
            let was = state.bounded(sighting);
            state.news.files.retain(|file| file.path != path.as_str());
            state.news.files.push(Seen { path: path.to_string(), was });
        }
    }

    /// The files were listed, at most `limit` of them.
    pub(crate) fn listed(&self, paths: &[RelPath], limit: usize) {
        let mut state = self.state();
        if limit < state.limit {
            return;
        }
        state.limit = limit;
        let now: BTreeSet<String> = paths.iter().map(RelPath::to_string).collect();
        let State { listed, own, news, .. } = &mut *state;
        let others = |path: &&String| !own.contains(*path);
        for path in now.difference(listed).filter(others) {
            news.gone.retain(|gone| gone != path);
            news.listed.push(path.clone());
        }
        for path in listed.difference(&now).filter(others) {
            news.listed.retain(|listed| listed != path);
            news.gone.push(path.clone());
        }
        *listed = now;
    }

    /// The editor was asked for the files with a symbol.
    fn found(&self, name: &str, paths: &[RelPath]) {
        let mut state = self.state();
        let paths: Vec<String> = paths.iter().map(RelPath::to_string).collect();
        if state.symbols.insert(name.to_owned(), paths.clone()).as_ref() != Some(&paths) {
            state.news.symbols.push(Symbol { name: name.to_owned(), paths });
        }
    }

    /// What is to be written into the journal with the next act.
    pub(crate) fn news(&self) -> Option<World> {
        let state = self.state();
        let nothing = World { run: state.news.run, ..World::default() };
        (!state.told || state.news != nothing).then(|| state.news.clone())
    }

    /// The news are in the journal.
    pub(crate) fn told(&self) {
        let mut state = self.state();
        state.told = true;
        state.news = World { run: state.news.run, ..World::default() };
    }

    /// The task itself changed a file; what it is now is known from the edit.
    fn changed(&self, edit: &FileEdit) {
        let mut state = self.state();
        if let FileEdit::Rename { from, .. } = edit {
            state.expect(from.as_str(), None);
        }
        state.expect(edit.path().as_str(), edit.after());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn expect(&mut self, path: &str, text: Option<&str>) {
        let sighting = text.map_or(Sighting::Absent, |text| Sighting::Text(text.to_owned()));
        self.known.insert(path.to_owned(), sighting.mark());
        self.own.insert(path.to_owned());
        self.news.files.retain(|file| file.path != path);
    }

    /// Keeps what a text costs within the bounds.
    fn bounded(&mut self, sighting: Sighting) -> Sighting {
        match sighting {
            Sighting::Text(text)
                if text.len() > MAX_KEPT_FILE || self.kept + text.len() > MAX_KEPT =>
            {
                Sighting::Bytes(text.len() as u64)
            }
            Sighting::Text(text) => {
                self.kept += text.len();
                Sighting::Text(text)
            }
            other => other,
        }
    }

    /// Takes over what an earlier run knew at this entry.
    fn recall(&mut self, entry: &Entry) {
        if let Some(world) = world_of(entry) {
            for path in &world.gone {
                self.listed.remove(path);
            }
            self.listed.extend(world.listed);
            for symbol in world.symbols {
                self.symbols.insert(symbol.name, symbol.paths);
            }
            for file in world.files {
                self.known.insert(file.path, file.was.mark());
            }
        }
        if let Some(edit) = made_by(entry) {
            if let Some(from) = &edit.from {
                self.expect(from, None);
            }
            self.expect(&edit.path, edit.after.as_deref());
        }
    }
}

/// What the journal holds of the workspace with an entry.
pub(crate) fn world_of(entry: &Entry) -> Option<World> {
    serde_json::from_value(entry.intent.get(FIELD)?.clone()).ok()
}

/// The edit that an entry says was made.
fn made_by(entry: &Entry) -> Option<StoredEdit> {
    let outcome = entry.outcome.as_ref().filter(|_| entry.kind == "apply")?;
    serde_json::from_value(outcome.clone()).ok()
}

/// The files as the task knew them when it wrote the entry of that key, by path; none where there was no
/// file. What it never looked at, and what was too long to be kept, is not among them.
pub(crate) fn texts_at(entries: &[Entry], key: &str) -> BTreeMap<String, Option<String>> {
    let mut texts = BTreeMap::new();
    for entry in entries {
        for Seen { path, was } in world_of(entry).into_iter().flat_map(|world| world.files) {
            match was {
                Sighting::Text(text) => drop(texts.insert(path, Some(text))),
                Sighting::Absent => drop(texts.insert(path, None)),
                _ => drop(texts.remove(&path)),
            }
        }
        if entry.key == key {
            break;
        }
        if let Some(edit) = made_by(entry) {
            texts.extend(edit.from.map(|from| (from, None)));
            texts.insert(edit.path, edit.after);
        }
    }
    texts
}

/// An editor whose snapshots are noticed.
pub(crate) struct Watched {
    pub(crate) editor: Arc<dyn Editor>,
    pub(crate) sight: Sight,
}

#[async_trait]
impl Editor for Watched {
    fn snapshot(&self) -> Snapshot {
        self.editor.snapshot().noticed_by(self.sight.clone())
    }

    async fn apply(&self, edit: &FileEdit) -> Result<(), EditorError> {
        self.editor.apply(edit).await?;
        self.sight.changed(edit);
        Ok(())
    }

    async fn save(&self, path: &RelPath) -> Result<(), EditorError> {
        self.editor.save(path).await
    }

    fn has_language_servers(&self) -> bool {
        self.editor.has_language_servers()
    }

    async fn errors(&self, paths: &[RelPath]) -> Option<Vec<CodeError>> {
        self.editor.errors(paths).await
    }

    async fn files_with(&self, symbol: &str) -> Vec<RelPath> {
        let paths = self.editor.files_with(symbol).await;
        self.sight.found(symbol, &paths);
        paths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    fn sight(entries: &[Entry]) -> Sight {
        let sight = Sight::new(1, Bounds::default(), entries);
        sight.told();
        sight
    }

    #[test]
    fn a_file_is_kept_once_and_again_only_where_somebody_else_changed_it() {
        let sight = sight(&[]);
        let read = |text: &str| sight.saw(&path("a.txt"), &Ok(text.to_owned()));
        read("one");
        let seen = sight.news().unwrap().files;
        let text = Sighting::Text("one".to_owned());
        assert_eq!(seen, [Seen { path: "a.txt".to_owned(), was: text }]);
        sight.told();
        read("one");
        assert_eq!(sight.news(), None);
        sight.changed(&FileEdit::Modify {
            path: path("a.txt"),
            before: "one".to_owned(),
            after: "two".to_owned(),
        });
        read("two");
        assert_eq!(sight.news(), None, "what the task wrote is in its edit");
        read("three");
        assert_eq!(sight.news().unwrap().files.len(), 1);
    }

    #[test]
    fn a_long_file_is_kept_as_its_length() {
        let sight = sight(&[]);
        sight.saw(&path("a.txt"), &Ok("x".repeat(MAX_KEPT_FILE + 1)));
        let seen = sight.news().unwrap().files;
        assert_eq!(seen[0].was, Sighting::Bytes(MAX_KEPT_FILE as u64 + 1));
    }

    #[test]
    fn the_list_of_files_is_kept_as_what_changed_in_it() {
        let sight = sight(&[]);
        sight.listed(&[path("a"), path("b")], 400);
        sight.told();
        sight.changed(&FileEdit::Create { path: path("mine"), text: String::new() });
        sight.listed(&[path("b"), path("c"), path("mine")], 400);
        sight.listed(&[path("b")], 1);
        let news = sight.news().unwrap();
        assert_eq!((news.listed, news.gone), (vec!["c".to_owned()], vec!["a".to_owned()]));
    }

    #[test]
    fn a_resumed_run_keeps_nothing_that_an_earlier_one_kept() {
        let seen = sight(&[]);
        seen.listed(&[path("a.txt")], 400);
        seen.saw(&path("a.txt"), &Ok("one".to_owned()));
        let entry = Entry {
            id: 1,
            key: "plan/0/0".to_owned(),
            kind: "turn".to_owned(),
            intent: serde_json::json!({ FIELD: seen.news() }),
            outcome: None,
        };
        let resumed = sight(&[entry]);
        resumed.listed(&[path("a.txt")], 400);
        resumed.saw(&path("a.txt"), &Ok("one".to_owned()));
        assert_eq!(resumed.news(), None);
    }
}
