//! A memory in a folder of its own, and an embedder whose vectors follow from the words.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use devika_memory::{Embedded, Embedder, Filter, Kind, Memory, Passage, Query};
use tempfile::TempDir;

pub(crate) const PROJECT: &str = "/home/ada/engine";
pub(crate) const OTHER: &str = "/home/ada/loom";

pub(crate) struct World {
    pub(crate) folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("memory.db")
    }

    /// A memory that finds by words.
    pub(crate) async fn memory(&self) -> Embedded {
        Embedded::open(&self.file(), None).await.unwrap()
    }

    pub(crate) async fn memory_with(&self, embedder: &Arc<Senses>) -> Embedded {
        let embedder: Arc<dyn Embedder> = embedder.clone();
        Embedded::open(&self.file(), Some(embedder)).await.unwrap()
    }

    pub(crate) fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }

    /// A number that a query on the file gives.
    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.sql().query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

/// A note of the project; a builder for others.
pub(crate) fn note(text: &str) -> Passage {
    Passage {
        project: PROJECT.to_owned(),
        shared: false,
        kind: Kind::Note,
        source: "note".to_owned(),
        title: String::new(),
        text: text.to_owned(),
        at: 1_000,
        expires: None,
    }
}

pub(crate) fn code(source: &str, text: &str) -> Passage {
    Passage { kind: Kind::Code, source: source.to_owned(), ..note(text) }
}

pub(crate) fn of_project() -> Filter {
    Filter { project: Some(PROJECT.to_owned()), ..Filter::default() }
}

/// The texts that are found for a text, best first.
pub(crate) async fn found(memory: &Embedded, text: &str) -> Vec<String> {
    found_among(memory, text, of_project()).await
}

pub(crate) async fn found_among(memory: &Embedded, text: &str, filter: Filter) -> Vec<String> {
    let query = Query { text: text.to_owned(), filter, limit: 10 };
    let found = memory.search(&query).await.unwrap();
    found.into_iter().map(|found| found.passage.text).collect()
}

/// Has a vector for each text: the sum of one for each word, where some words mean the same.
pub(crate) struct Senses {
    pub(crate) model: String,
    state: Mutex<State>,
}

struct State {
    dimension: usize,
    failure: Option<String>,
    /// A text that is refused wherever it is among others.
    refused: Option<String>,
    asked: Vec<String>,
}

impl Senses {
    pub(crate) fn new(model: &str) -> Arc<Self> {
        let state = State { dimension: 128, failure: None, refused: None, asked: Vec::new() };
        Arc::new(Self { model: model.to_owned(), state: Mutex::new(state) })
    }

    pub(crate) fn set_dimension(&self, dimension: usize) {
        self.state.lock().unwrap().dimension = dimension;
    }

    pub(crate) fn fail(&self, why: Option<&str>) {
        self.state.lock().unwrap().failure = why.map(str::to_owned);
    }

    pub(crate) fn refuse(&self, text: Option<&str>) {
        self.state.lock().unwrap().refused = text.map(str::to_owned);
    }

    /// What it was asked to embed so far, each request once.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.state.lock().unwrap().asked)
    }
}

#[async_trait]
impl Embedder for Senses {
    fn model(&self) -> &str {
        &self.model
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let mut state = self.state.lock().unwrap();
        state.asked.extend_from_slice(texts);
        if let Some(why) = &state.failure {
            return Err(why.clone());
        }
        if texts.iter().any(|text| state.refused.as_ref() == Some(text)) {
            return Err("a text is refused".to_owned());
        }
        Ok(texts.iter().map(|text| vector_of(text, state.dimension)).collect())
    }
}

/// Words that mean the same have the same vector.
const SENSES: &[(&str, &str)] = &[("car", "automobile"), ("quick", "fast"), ("cat", "feline")];

fn vector_of(text: &str, dimension: usize) -> Vec<f32> {
    let mut vector = vec![0.001; dimension];
    for word in text.split_whitespace() {
        let sense = SENSES.iter().find(|(_, other)| *other == word).map_or(word, |(one, _)| *one);
        let mut state = sense.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        for number in &mut vector {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *number += if state & 1 == 0 { 1.0 } else { -1.0 };
        }
    }
    vector
}
