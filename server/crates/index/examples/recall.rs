//! Measures how well the files that a commit changed are found by its message alone:
//! `recall REPOSITORY [COMMITS]`. Each of the last commits (200 by default) that changed one to ten
//! files is asked for in the project as it was before the commit. Printed is the mean share of the
//! changed files among the first 5 and 10 that each way finds: files that have most of the message's
//! words, the repository map alone, the memory's passages by their words, the last two fused, and the map
//! with the memory's first files in focus.
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::path::Path;

use devika_index::{Focus, Index};
use devika_memory::{Embedded, Filter, Kind, Memory as _, Query, fuse, tokens::distinct_terms};
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
    let folder = tempfile::tempdir()?;
    let (measured, scores) = measure(&repository, &cases, folder.path()).await?;
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
) -> Result<(usize, Vec<(&'static str, Score)>), Box<dyn Error>> {
    let root = folder.join("project");
    std::fs::create_dir(&root)?;
    let memory = Embedded::open(&folder.join("memory.db"), None).await?;
    let index = Index::open(&root, &folder.join("code.db"))?;
    let ways = [
        "words of the message (grep)",
        "repository map",
        "memory by words",
        "memory and map, fused",
        "map from the memory's files",
    ];
    let mut scores: Vec<(&str, Score)> = ways.map(|way| (way, Score::default())).into();
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
        let found =
            [by_grep(&index, &root, &case.message).await?, by_map, by_words, fused, by_both];
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
    let mut paths: Vec<String> = Vec::new();
    for found in memory.search(&query).await? {
        let source = found.passage.source;
        let path = source.rsplit_once("#L").map_or(source.as_str(), |(path, _)| path);
        if !paths.iter().any(|known| known == path) {
            paths.push(path.to_owned());
        }
    }
    Ok(paths)
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
