//! What the behaviours are told with.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use devika_memory::{Embedder, Filter, Found, Kind, Memory, Passage, Query};

/// An empty memory of its own, for one test.
pub(crate) trait Place {
    /// The memory.
    fn memory(&self) -> &dyn Memory;

    /// Waits until what was remembered has vectors, where they are made in the background.
    async fn settle(&self) {}

    /// Takes away what the test has left.
    async fn tidy(self);
}

/// A note of project `p` that never expires.
pub(crate) fn note(text: &str) -> Passage {
    Passage {
        project: "p".to_owned(),
        shared: false,
        kind: Kind::Note,
        source: "note".to_owned(),
        title: String::new(),
        text: text.to_owned(),
        at: 1_000,
        expires: None,
    }
}

/// Code of project `p`.
pub(crate) fn code(source: &str, text: &str) -> Passage {
    Passage { kind: Kind::Code, source: source.to_owned(), ..note(text) }
}

/// What project `p` may find.
pub(crate) fn of_p() -> Filter {
    Filter { project: Some("p".to_owned()), ..Filter::default() }
}

/// What project `p` finds, up to ten.
pub(crate) async fn found(memory: &dyn Memory, text: &str) -> Vec<Found> {
    found_by(memory, text, of_p()).await
}

/// What is found with a filter, up to ten.
pub(crate) async fn found_by(memory: &dyn Memory, text: &str, filter: Filter) -> Vec<Found> {
    let query = Query { text: text.to_owned(), filter, limit: 10 };
    memory.search(&query).await.expect("the memory is there")
}

/// The texts of what was found, in their order.
pub(crate) fn texts(found: &[Found]) -> Vec<&str> {
    found.iter().map(|found| found.passage.text.as_str()).collect()
}

/// All sources that a filter chooses, in alphabetical order.
pub(crate) async fn sources(memory: &dyn Memory, filter: &Filter) -> Vec<String> {
    let all = memory.page(filter, None, 1_000).await.expect("the memory is there");
    let mut sources: Vec<_> = all.into_iter().map(|passage| passage.source).collect();
    sources.sort();
    sources
}

/// Remembers, which must succeed.
pub(crate) async fn remember(memory: &dyn Memory, passages: impl IntoIterator<Item = Passage>) {
    memory.remember(passages.into_iter().collect()).await.expect("the memory is there");
}

/// Now, in milliseconds since 1970 (UTC).
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    since.as_millis() as u64
}

/// An embedder that knows three topics by a few words each.
pub(crate) fn topics() -> Arc<dyn Embedder> {
    Arc::new(Topics)
}

/// An embedder that never answers with a vector.
pub(crate) fn broken_embedder() -> Arc<dyn Embedder> {
    Arc::new(Broken)
}

struct Topics;

const TOPICS: [&[&str]; 3] = [
    &["car", "automobile", "vehicle", "drive"],
    &["fruit", "apple", "banana", "pear"],
    &["sea", "ocean", "water", "wave"],
];

#[async_trait]
impl Embedder for Topics {
    fn model(&self) -> &str {
        "test/topics"
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        Ok(texts.iter().map(|text| vector(text)).collect())
    }
}

fn vector(text: &str) -> Vec<f32> {
    let text = text.to_lowercase();
    let hits = |words: &[&str]| words.iter().filter(|word| text.contains(**word)).count();
    // The last number keeps a text without a topic from having no direction.
    TOPICS.iter().map(|words| hits(words) as f32).chain([0.1]).collect()
}

struct Broken;

#[async_trait]
impl Embedder for Broken {
    fn model(&self) -> &str {
        "test/broken"
    }

    async fn embed(&self, _: &[String]) -> Result<Vec<Vec<f32>>, String> {
        Err("the provider cannot be reached".to_owned())
    }
}
