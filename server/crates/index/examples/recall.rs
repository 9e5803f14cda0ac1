//! Measures how well the files that a commit changed are found by its message alone:
//! `recall REPOSITORY [COMMITS [ADDRESS MODEL]]`. Each of the last commits (200 by default) that changed one to ten
//! files is asked for in the project as it was before the commit. Printed is the mean share of the
//! changed files among the first 5 and 10 that each way finds: files that have most of the message's
//! words, the repository map alone, the memory's passages by their words, the last two fused, and the map
//! with the memory's first files in focus. Where the address of a server with OpenAI's protocol and its
//! embedding model are named, also the passages by their vectors alone, and by words and vectors.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use devika_config::{Provider, ProviderKind};
use devika_index::{Focus, Index};
use devika_llm::Embeddings;
use devika_memory::{
    Embedded, Embedder, Filter, Kind, Memory as _, Passage, Query, fuse, tokens::distinct_terms,
};
use git2::build::CheckoutBuilder;
use git2::{Commit, Delta, Repository, Sort};
use tokio_util::sync::CancellationToken;

/// What a commit asks for.
struct Case {
    message: String,
    before: git2::Oid,
    changed: HashSet<String>,
}

/// The sums of the shares among the first 5 and 10.
#[derive(Default)]
struct Score {
    five: f64,
    ten: f64,
}

impl Score {
    fn add(&mut self, found: &[String], changed: &HashSet<String>) {
        let share = |first: usize| {
            let right = found.iter().take(first).filter(|path| changed.contains(*path)).count();
            right as f64 / changed.len() as f64
        };
        self.five += share(5);
        self.ten += share(10);
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let repository = Repository::open(arguments.next().ok_or("name a git repository")?)?;
    let most = arguments.next().map_or(Ok(200), |count| count.parse())?;
    let cases = cases(&repository, most)?;
    let vectors = match (arguments.next(), arguments.next()) {
        (Some(address), Some(model)) => Some(Arc::new(Vectors::by(address, &model)?)),
        _ => None,
    };
    let folder = tempfile::tempdir()?;
    let (measured, scores) = measure(&repository, &cases, folder.path(), vectors).await?;
    println!("{measured} commits; recall@5, recall@10");
    for (way, score) in scores {
        let mean = |sum: f64| sum / measured.max(1) as f64;
        println!("{way:28} {:.3} {:.3}", mean(score.five), mean(score.ten));
    }
    Ok(())
}

/// The last commits that say something and changed few files, the oldest first.
fn cases(repository: &Repository, most: usize) -> Result<Vec<Case>, git2::Error> {
    let mut walk = repository.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    walk.push_head()?;
    let mut cases = Vec::new();
    for id in walk {
        if let Some(case) = case(repository, &repository.find_commit(id?)?)? {
            cases.push(case);
            if cases.len() == most {
                break;
            }
        }
    }
    cases.reverse();
    Ok(cases)
}

fn case(repository: &Repository, commit: &Commit<'_>) -> Result<Option<Case>, git2::Error> {
    if commit.parent_count() != 1 {
        return Ok(None);
    }
    let parent = commit.parent(0)?;
    let (old, new) = (parent.tree()?, commit.tree()?);
    let changes = repository.diff_tree_to_tree(Some(&old), Some(&new), None)?;
    let changed: HashSet<String> = changes
        .deltas()
        .filter(|delta| matches!(delta.status(), Delta::Modified | Delta::Deleted))
        .filter_map(|delta| Some(delta.old_file().path()?.to_str()?.to_owned()))
        .collect();
    let message = commit.message().unwrap_or_default().to_owned();
    let speaks = distinct_terms(&message).len() >= 3;
    let case = Case { message, before: parent.id(), changed };
    Ok((speaks && (1..=10).contains(&case.changed.len())).then_some(case))
}

async fn measure(
    repository: &Repository,
    cases: &[Case],
    folder: &Path,
    vectors: Option<Arc<Vectors>>,
) -> Result<(usize, Vec<(&'static str, Score)>), Box<dyn Error>> {
    let root = folder.join("project");
    std::fs::create_dir(&root)?;
    let memory = Embedded::open(&folder.join("memory.db"), None).await?;
    let index = Index::open(&root, &folder.join("code.db"))?;
    let mut dense = match vectors {
        Some(vectors) => Some(Dense::open(folder, &root, vectors).await?),
        None => None,
    };
    let ways = [
        "words of the message (grep)",
        "repository map",
        "memory by words",
        "memory and map, fused",
        "map from the memory's files",
        "memory by vectors",
        "memory by words and vectors",
    ];
    let known = if dense.is_some() { ways.len() } else { ways.len() - 2 };
    let mut scores: Vec<(&str, Score)> =
        ways[..known].iter().map(|way| (*way, Score::default())).collect();
    let mut measured = 0;
    for case in cases {
        // Some of the history may be missing from a copy.
        if check_out(repository, case.before, &root).is_err() {
            continue;
        }
        measured += 1;
        index.refresh(&memory, |_| {}, &CancellationToken::new()).await?;
        let by_map: Vec<String> = index
            .rank(&Focus::of(&case.message), 50)
            .await?
            .into_iter()
            .map(|ranked| ranked.path)
            .collect();
        let by_words = by_memory(&memory, &root, &case.message).await?;
        let orders = [by_words.clone(), by_map.clone()];
        let orders = orders.each_ref().map(|order| order.iter().map(String::as_str).collect());
        let fused: Vec<String> =
            fuse(&orders).into_iter().map(|(path, _)| path.to_owned()).collect();
        let both = Focus {
            text: case.message.clone(),
            files: by_words.iter().take(10).cloned().collect(),
        };
        let by_both: Vec<String> =
            index.rank(&both, 50).await?.into_iter().map(|ranked| ranked.path).collect();
        let mut found =
            vec![by_grep(&index, &root, &case.message).await?, by_map, by_words, fused, by_both];
        if let Some(dense) = &mut dense {
            found.extend(dense.find(&root, &case.message).await?);
        }
        for ((_, score), found) in scores.iter_mut().zip(found) {
            score.add(&found, &case.changed);
        }
    }
    Ok((measured, scores))
}

fn check_out(repository: &Repository, id: git2::Oid, root: &Path) -> Result<(), git2::Error> {
    let mut checkout = CheckoutBuilder::new();
    checkout.target_dir(root).force().remove_untracked(true).update_index(false);
    repository.checkout_tree(repository.find_commit(id)?.as_object(), Some(&mut checkout))
}

/// The files of the passages that are found, the best passage first.
async fn by_memory(
    memory: &Embedded,
    root: &Path,
    message: &str,
) -> Result<Vec<String>, Box<dyn Error>> {
    let project = Some(root.to_string_lossy().into_owned());
    let filter = Filter { project, kinds: vec![Kind::Code], ..Filter::default() };
    let query = Query { text: message.to_owned(), filter, limit: 60 };
    Ok(paths(memory.search(&query).await?.iter().map(|found| &found.passage)))
}

/// The files of passages, each once.
fn paths<'a>(passages: impl Iterator<Item = &'a Passage>) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for Passage { source, .. } in passages {
        let path = source.rsplit_once("#L").map_or(source.as_str(), |(path, _)| path);
        if !paths.iter().any(|known| known == path) {
            paths.push(path.to_owned());
        }
    }
    paths
}

/// A second memory of the same project, with vectors.
struct Dense {
    memory: Embedded,
    index: Index,
    vectors: Arc<Vectors>,
}

impl Dense {
    async fn open(
        folder: &Path,
        root: &Path,
        vectors: Arc<Vectors>,
    ) -> Result<Self, Box<dyn Error>> {
        let embedder = Arc::clone(&vectors) as Arc<dyn Embedder>;
        let memory = Embedded::open(&folder.join("dense.db"), Some(embedder)).await?;
        Ok(Self { memory, index: Index::open(root, &folder.join("dense-code.db"))?, vectors })
    }

    /// What vectors alone find, and words and vectors together.
    async fn find(
        &mut self,
        root: &Path,
        message: &str,
    ) -> Result<[Vec<String>; 2], Box<dyn Error>> {
        self.index.refresh(&self.memory, |_| {}, &CancellationToken::new()).await?;
        self.memory.wait_until_embedded().await?;
        let by_vectors = self.by_vectors(root, message).await?;
        Ok([by_vectors, by_memory(&self.memory, root, message).await?])
    }

    async fn by_vectors(&self, root: &Path, message: &str) -> Result<Vec<String>, Box<dyn Error>> {
        let asked = self.vectors.embed(&[message.to_owned()]).await?.remove(0);
        let project = Some(root.to_string_lossy().into_owned());
        let filter = Filter { project, kinds: vec![Kind::Code], ..Filter::default() };
        let mut near = Vec::new();
        let mut after = None;
        loop {
            let page = self.memory.page(&filter, after, 1_000).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id());
            for passage in page {
                near.extend(self.vectors.likeness(&passage, &asked).map(|like| (like, passage)));
            }
        }
        near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        Ok(paths(near.iter().take(60).map(|(_, passage)| passage)))
    }
}

/// Vectors by a server, kept by their texts.
struct Vectors {
    embeddings: Embeddings,
    known: Mutex<HashMap<String, Vec<f32>>>,
}

impl Vectors {
    fn by(base_url: String, model: &str) -> Result<Self, Box<dyn Error>> {
        let provider = Provider {
            name: "server".to_owned(),
            kind: ProviderKind::OpenAi,
            base_url,
            key: None,
            key_hint: None,
            default_model: None,
            connect_timeout: Duration::from_secs(5),
            first_token_timeout: Duration::from_secs(300),
            idle_timeout: Duration::from_secs(300),
            context_tokens: 512,
            output_tokens: 0,
            small: true,
            headers: Vec::new(),
            ca_file: None,
            proxy: None,
            concurrency: 1,
            queue: 10,
            prices: BTreeMap::new(),
        };
        let embeddings = Embeddings::new(&provider, model)?;
        Ok(Self { embeddings, known: Mutex::default() })
    }

    /// How like a passage is to what was asked: the cosine, since all vectors have the length 1.
    fn likeness(&self, passage: &Passage, asked: &[f32]) -> Option<f32> {
        let text = format!("{}\n{}", passage.title, passage.text);
        let known = self.known.lock().ok()?;
        let vector = known.get(text.trim_start_matches('\n'))?;
        Some(vector.iter().zip(asked).map(|(one, other)| one * other).sum())
    }
}

#[async_trait]
impl Embedder for Vectors {
    fn model(&self) -> &str {
        self.embeddings.name()
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, String> {
        let vectors = self.embeddings.embed(texts).await.map_err(|error| error.to_string())?;
        if let Ok(mut known) = self.known.lock() {
            known.extend(texts.iter().cloned().zip(vectors.iter().cloned()));
        }
        Ok(vectors)
    }
}

/// The files that have most of the message's words, and of those that have as many, those that have
/// them most often: what a person finds who looks for each word.
async fn by_grep(index: &Index, root: &Path, message: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let words = distinct_terms(message);
    let mut counts: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
    // The same files as the others have.
    for ranked in index.rank(&Focus::default(), usize::MAX).await? {
        let text = std::fs::read(root.join(&ranked.path))?;
        let text = String::from_utf8_lossy(&text).to_lowercase();
        let each: Vec<usize> =
            words.iter().map(|word| text.matches(word.as_str()).count()).collect();
        let distinct = each.iter().filter(|count| **count > 0).count();
        counts.entry((distinct, each.iter().sum())).or_default().push(ranked.path);
    }
    Ok(counts.into_values().rev().flatten().take(50).collect())
}
