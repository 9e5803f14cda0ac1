//! What an index does as a project changes.

use std::fs;
use std::sync::Mutex;

use devika_index::{Change, Index, IndexError, LeftOut, Limits, Progress, Refreshed, Stats};
use tokio_util::sync::CancellationToken;

use crate::world::{Remembered, World, age, refresh};

const A: &str = "pub fn open_door() {}\n";
const B: &str = "fn walk() { open_door(); }\n";

fn one(source: &str, title: &str) -> Vec<(String, String)> {
    vec![(source.to_owned(), title.to_owned())]
}

#[tokio::test]
async fn a_new_project_is_given_to_the_memory_file_by_file() {
    let world = World::of(&[("a.rs", A), ("src/b.rs", B), ("notes.md", "# Doors\n\nThey open.\n")]);
    let done = world.refresh().await;
    assert_eq!(done, Refreshed { files: 3, changed: 3, is_complete: true, ..Refreshed::default() });
    assert_eq!(world.memory.of("a.rs"), one("a.rs#L1-L1", "open_door"));
    assert_eq!(world.memory.of("src/b.rs"), one("src/b.rs#L1-L1", "walk"));
    assert_eq!(world.memory.of("notes.md"), one("notes.md#L1-L3", ""));
    let stats = world.index.stats().await.unwrap();
    assert_eq!(stats, Stats { files: 3, lines: 5, passages: 3, symbols: 2, ..Stats::default() });
}

#[tokio::test]
async fn nothing_is_given_again_where_nothing_changed() {
    let world = World::of(&[("a.rs", A), ("src/b.rs", B)]);
    world.refresh().await;
    world.memory.given();
    for _ in 0..2 {
        assert_eq!(world.refresh().await.changed, 0);
    }
    assert_eq!(world.memory.given(), Vec::<String>::new());
}

#[tokio::test]
async fn what_changed_came_and_went_is_noticed() {
    let world = World::of(&[("a.rs", A), ("b.rs", B), ("c.rs", "fn c() {}\n")]);
    world.refresh().await;
    world.memory.given();
    world.write("a.rs", "\n\npub fn open_gate() {}\n");
    world.remove("b.rs");
    world.write("d.rs", "fn d() {}\n");
    let done = world.refresh().await;
    assert_eq!((done.changed, done.gone), (2, 1));
    assert_eq!(world.memory.given(), ["a.rs", "b.rs", "d.rs"]);
    assert_eq!(world.memory.of("a.rs"), one("a.rs#L3-L3", "open_gate"));
    assert_eq!(world.memory.paths(), ["a.rs", "c.rs", "d.rs"]);
    assert_eq!(world.index.symbols("open_door").await.unwrap().definitions, []);
}

#[tokio::test]
async fn a_change_that_keeps_size_and_time_is_noticed() {
    let world = World::of(&[("a.rs", "fn a() { 1 }\n")]);
    let path = world.root().join("a.rs");
    age(&path);
    world.refresh().await;
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    world.write("a.rs", "fn b() { 2 }\n");
    fs::File::options().write(true).open(&path).unwrap().set_modified(before).unwrap();
    assert_eq!(world.refresh().await.changed, 1);
    assert_eq!(world.memory.of("a.rs"), one("a.rs#L1-L1", "b"));
}

#[tokio::test]
async fn a_file_that_only_looks_changed_is_not_given_again() {
    let world = World::of(&[("a.rs", A)]);
    world.refresh().await;
    world.memory.given();
    age(&world.root().join("a.rs"));
    let done = world.refresh().await;
    assert_eq!((done.changed, done.same), (0, 1));
    assert_eq!(world.memory.given(), Vec::<String>::new());
}

#[tokio::test]
async fn a_checkout_gives_again_what_differs_between_the_branches() {
    let world = World::of(&[("a.rs", A), ("b.rs", B)]);
    let repository = git2::Repository::init(world.root()).unwrap();
    let first = commit(&repository, None);
    world.write("b.rs", "fn run() {}\n");
    world.write("c.rs", "fn c() {}\n");
    commit(&repository, Some(first));
    world.refresh().await;
    world.memory.given();
    let mut force = git2::build::CheckoutBuilder::new();
    force.force().remove_untracked(true);
    let tree = repository.find_commit(first).unwrap();
    repository.reset(tree.as_object(), git2::ResetType::Hard, Some(&mut force)).unwrap();
    world.refresh().await;
    assert_eq!(world.memory.given(), ["b.rs", "c.rs"]);
    assert_eq!(world.memory.of("b.rs"), one("b.rs#L1-L1", "walk"));
    assert_eq!(world.memory.paths(), ["a.rs", "b.rs"]);
}

/// Commits everything, and says which commit that is.
fn commit(repository: &git2::Repository, parent: Option<git2::Oid>) -> git2::Oid {
    let mut index = repository.index().unwrap();
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
    index.write().unwrap();
    let tree = repository.find_tree(index.write_tree().unwrap()).unwrap();
    let author = git2::Signature::now("A", "a@example.org").unwrap();
    let parents: Vec<_> = parent.iter().map(|id| repository.find_commit(*id).unwrap()).collect();
    let parents: Vec<_> = parents.iter().collect();
    repository.commit(Some("HEAD"), &author, &author, "m", &tree, &parents).unwrap()
}

#[tokio::test]
async fn what_a_new_rule_ignores_is_forgotten() {
    let world = World::of(&[("a.rs", A), ("out/b.rs", B)]);
    world.refresh().await;
    world.write(".gitignore", "/out\n");
    assert_eq!(world.refresh().await.gone, 1);
    assert_eq!(world.memory.paths(), ["a.rs"]);
}

#[tokio::test]
async fn odd_files_are_left_out_and_counted() {
    let limits = Limits { code_bytes: 4_000, text_bytes: 2_000, ..Limits::default() };
    let world = World::with(&[("a.rs", A), ("server.pem", "x"), ("app.min.js", "x")], limits);
    world.write("image.rs", [b'a', 0, 1]);
    world.write("long.rs", "fn a() {}\n".repeat(1_000));
    world.write("made.rs", "// @generated by a tool\nfn a() {}\n");
    let hole = fs::File::create(world.root().join("hole.txt")).unwrap();
    hole.set_len(1 << 40).unwrap();
    world.refresh().await;
    assert_eq!(world.memory.paths(), ["a.rs"]);
    let left_out = world.index.stats().await.unwrap().left_out;
    assert_eq!(
        left_out.into_iter().collect::<Vec<_>>(),
        [(LeftOut::Binary, 1), (LeftOut::Generated, 2), (LeftOut::Huge, 2), (LeftOut::Secret, 1)]
    );
}

#[tokio::test]
async fn a_file_that_becomes_a_secret_is_forgotten() {
    let world = World::of(&[("a.rs", A)]);
    world.refresh().await;
    world.write("a.rs", format!("const KEY: &str = \"{} PRIVATE KEY-----\";\n", "-----BEGIN"));
    world.refresh().await;
    assert_eq!(world.memory.paths(), Vec::<String>::new());
}

#[tokio::test]
async fn a_saved_file_is_found_at_once_without_a_refresh() {
    let world = World::of(&[("a.rs", A), ("b.rs", B)]);
    world.refresh().await;
    world.write("a.rs", "pub fn open_gate() {}\n");
    let change = world.index.changed(&world.memory, "a.rs", None).await.unwrap();
    assert_eq!(change, Change::Indexed);
    assert_eq!(world.memory.of("a.rs"), one("a.rs#L1-L1", "open_gate"));
    assert_eq!(world.index.symbols("open_gate").await.unwrap().definitions[0].path, "a.rs");
    let again = world.index.changed(&world.memory, "a.rs", None).await.unwrap();
    assert_eq!(again, Change::Same);
}

#[tokio::test]
async fn a_large_file_that_changes_again_and_again_is_indexed_as_if_it_were_new() {
    let function = |n: usize| {
        let body: String = (0..12).map(|m| format!("    step{m}(x + {n});\n")).collect();
        format!("/// Does {n}.\npub fn f{n}(x: u32) {{\n{body}}}\n\n")
    };
    let mut text: String = (0..300).map(function).collect();
    let world = World::of(&[("a.rs", &text)]);
    world.refresh().await;
    let edits = [
        ("pub fn f0(", "/// Once more.\npub fn first(a: &str) {}\n\npub fn f0("),
        ("pub fn f150(x: u32) {", "pub fn hundred_and_fifty(x: u64) {"),
        ("    step3(x + 299);\n", ""),
        ("/// Does 7.\n", "struct Seven {\n"),
    ];
    for (from, to) in edits {
        text = text.replacen(from, to, 1);
        world.index.changed(&world.memory, "a.rs", Some(&text)).await.unwrap();
        let anew = World::of(&[("a.rs", &text)]);
        anew.refresh().await;
        assert_eq!(world.memory.of("a.rs"), anew.memory.of("a.rs"), "{to}");
        let focus = devika_index::Focus::default();
        let maps = (world.index.map(&focus, 4_000).await, anew.index.map(&focus, 4_000).await);
        assert_eq!(maps.0.unwrap(), maps.1.unwrap(), "{to}");
        for name in ["first", "f0", "f150", "hundred_and_fifty", "f299", "Seven"] {
            let symbols = (world.index.symbols(name).await, anew.index.symbols(name).await);
            assert_eq!(symbols.0.unwrap(), symbols.1.unwrap(), "{name} after {to}");
        }
    }
}

#[tokio::test]
async fn the_text_of_an_editor_counts_until_the_file_says_something_else() {
    let world = World::of(&[("a.rs", A)]);
    world.refresh().await;
    let typed = "pub fn typed() {}\n";
    world.index.changed(&world.memory, "a.rs", Some(typed)).await.unwrap();
    assert_eq!(world.memory.text("a.rs"), typed.trim_end());
    world.refresh().await;
    assert_eq!(world.memory.text("a.rs"), A.trim_end());
}

#[tokio::test]
async fn a_file_that_is_gone_or_none_of_the_projects_is_forgotten() {
    let world = World::of(&[("a.rs", A), (".gitignore", "target\n"), ("target/t.rs", B)]);
    world.refresh().await;
    world.remove("a.rs");
    for path in ["a.rs", "target/t.rs", ".env", "../outside.rs", "/etc/passwd", "missing.rs"] {
        let change = world.index.changed(&world.memory, path, Some("fn a() {}")).await.unwrap();
        assert_eq!(change, Change::Forgotten, "{path}");
    }
    assert_eq!(world.memory.paths(), Vec::<String>::new());
    assert_eq!(world.index.stats().await.unwrap().files, 0);
}

#[tokio::test]
async fn progress_is_told_up_to_the_last_file() {
    let files: Vec<(String, String)> =
        (0..600).map(|at| (format!("f{at:03}.rs"), format!("fn f{at}() {{}}\n"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let world = World::of(&files);
    let told = Mutex::new(Vec::new());
    let tell = |progress: Progress| told.lock().unwrap().push((progress.done, progress.of));
    world.index.refresh(&world.memory, tell, &CancellationToken::new()).await.unwrap();
    assert_eq!(*told.lock().unwrap(), [(256, 600), (512, 600), (600, 600)]);
}

#[tokio::test]
async fn a_refresh_that_is_cancelled_goes_on_where_it_was() {
    let files: Vec<(String, String)> =
        (0..900).map(|at| (format!("f{at:03}.rs"), format!("fn f{at}() {{}}\n"))).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let world = World::of(&files);
    let cancel = CancellationToken::new();
    let done =
        spawnable(world.index.refresh(&world.memory, |_| cancel.cancel(), &cancel)).await.unwrap();
    assert!(!done.is_complete);
    let before = world.memory.given();
    assert!(before.len() < 900, "{}", before.len());
    assert!(world.refresh().await.is_complete);
    let after = world.memory.given();
    assert_eq!((before.len() + after.len(), world.memory.paths().len()), (900, 900));
}

/// What a task on another thread may do.
fn spawnable<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test]
async fn two_processes_that_refresh_at_once_share_the_work() {
    let world = World::of(&[("a.rs", A), ("b.rs", B)]);
    let another = world.another();
    let (one, two) = tokio::join!(world.refresh(), refresh(&another, &world.memory));
    assert_eq!(one.changed + two.changed, 2);
    assert_eq!(world.memory.given(), ["a.rs", "b.rs"]);
}

#[tokio::test]
async fn a_refresh_that_waits_for_another_process_can_be_cancelled() {
    let world = World::of(&[("a.rs", A)]);
    let mut lock = world.file().into_os_string();
    lock.push(".lock");
    let held = fs::File::create(lock).unwrap();
    held.lock().unwrap();
    let cancel = CancellationToken::new();
    let waits = world.index.refresh(&world.memory, |_| {}, &cancel);
    let (done, ()) = tokio::join!(waits, async { cancel.cancel() });
    assert_eq!(done.unwrap(), Refreshed::default());
}

#[tokio::test]
async fn another_memory_or_one_that_lost_its_passages_is_given_everything() {
    let world = World::of(&[("a.rs", A), ("b.rs", B)]);
    world.refresh().await;
    let server = Remembered::new("a server");
    refresh(&world.index, &server).await;
    assert_eq!(server.given(), ["a.rs", "b.rs"]);
    server.lose();
    refresh(&world.index, &server).await;
    assert_eq!(server.given(), ["a.rs", "b.rs"]);
}

#[tokio::test]
async fn a_memory_that_fails_is_told_and_given_the_same_later() {
    let world = World::of(&[("a.rs", A)]);
    world.refresh().await;
    world.write("a.rs", "fn other() {}\n");
    world.memory.fail(true);
    let error = world.index.changed(&world.memory, "a.rs", None).await.unwrap_err();
    assert!(matches!(error, IndexError::Memory(_)), "{error}");
    world.memory.fail(false);
    // Even where the file says again what it said before: the memory may have got half of it.
    world.write("a.rs", A);
    world.memory.given();
    world.refresh().await;
    assert_eq!(world.memory.given(), ["a.rs"]);
}

#[tokio::test]
async fn symbols_are_found_with_those_who_refer_to_them() {
    let world = World::of(&[("a.rs", A), ("b.rs", B), ("c.rs", "fn open_doors() {}\n")]);
    world.refresh().await;
    let answer = world.index.symbols("open_door").await.unwrap();
    let places: Vec<_> = answer
        .definitions
        .iter()
        .map(|found| (found.path.as_str(), found.symbol.line, found.symbol.signature.as_str()))
        .collect();
    assert_eq!(places, [("a.rs", 1, "pub fn open_door()")]);
    assert_eq!(answer.mentioned_in, ["b.rs"]);
}

#[tokio::test]
async fn a_project_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let index = Index::open(&folder.path().join("none"), &folder.path().join("code.db")).unwrap();
    let memory = Remembered::new("here");
    let error = index.refresh(&memory, |_| {}, &CancellationToken::new()).await.unwrap_err();
    assert!(matches!(error, IndexError::Project { .. }), "{error}");
}
