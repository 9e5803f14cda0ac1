//! Steps undone and redone, against an oracle that knows no texts: files are rows of slots there.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use async_trait::async_trait;
use devika_vcs::CommitRequest;
use tempfile::TempDir;

use super::*;
use crate::disk_editor::DiskEditor;
use crate::ports::{Ask, User, UserReply};

const PATHS: [&str; 4] = ["a.txt", "b.txt", "sub/c.txt", "sub/d.txt"];
const SLOTS: usize = 5;

struct Nobody;

#[async_trait]
impl User for Nobody {
    async fn ask(&self, _: &Ask) -> UserReply {
        UserReply::Absent
    }
}

/// A repository in a folder of its own.
struct World {
    _folder: TempDir,
    place: Workspace,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let git = git2::Repository::init(&root).unwrap();
        let mut config = git.config().unwrap();
        config.set_str("user.name", "Somebody").unwrap();
        config.set_str("user.email", "somebody@example.org").unwrap();
        let editor = Arc::new(DiskEditor::new(root.clone()));
        let place = "a terminal".to_owned();
        let place = Workspace { root, editor, user: Arc::new(Nobody), place };
        Self { _folder: folder, place }
    }

    fn git(&self) -> git2::Repository {
        git2::Repository::open(&self.place.root).unwrap()
    }

    /// The user commits all that is there.
    fn commit_all(&self) -> String {
        let git = self.git();
        let mut index = git.index().unwrap();
        index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).unwrap();
        index.update_all(["*"], None).unwrap();
        index.write().unwrap();
        let tree = git.find_tree(index.write_tree().unwrap()).unwrap();
        let who = git.signature().unwrap();
        let parent = git.head().ok().map(|head| head.peel_to_commit().unwrap());
        let parents = Vec::from_iter(&parent);
        git.commit(Some("HEAD"), &who, &who, "All", &tree, &parents).unwrap().to_string()
    }

    /// Devika commits this and nothing else.
    fn commit(&self, files: Vec<CommitFile>) -> Option<String> {
        if files.is_empty() {
            return None;
        }
        let git = open(&self.place.root).unwrap();
        let request = CommitRequest { files, message: "Step".to_owned(), trailers: Vec::new() };
        Some(git.commit(&request).unwrap().id)
    }

    fn write(&self, path: &str, text: Option<&str>) {
        let file = self.place.root.join(path);
        match text {
            Some(text) => {
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
            }
            None => fs::remove_file(file).unwrap(),
        }
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.place.root.join(path)).ok()
    }

    fn on_disk(&self) -> Texts {
        PATHS.iter().filter_map(|path| Some((*path, self.read(path)?))).collect()
    }

    fn in_head(&self) -> Texts {
        let git = open(&self.place.root).unwrap();
        let text = |path: &&'static str| Some((*path, git.text_in_head(path).unwrap()?));
        PATHS.iter().filter_map(text).collect()
    }

    /// Whether what is staged is what is committed.
    fn nothing_is_staged(&self) -> bool {
        let git = self.git();
        let tree = git.head().unwrap().peel_to_tree().unwrap();
        git.diff_tree_to_index(Some(&tree), None, None).unwrap().deltas().len() == 0
    }

    async fn walk(&self, commit: &str, way: Way) -> Vec<String> {
        let mut walked = Walked::default();
        let changed = open(&self.place.root).unwrap().changed_by(commit).unwrap();
        walk(&self.place, changed, way, &mut walked).await.unwrap();
        self.commit(walked.committed.files());
        walked.kept.into_iter().map(|kept| kept.path).collect()
    }
}

type Texts = BTreeMap<&'static str, String>;

/// A file of the oracle: who it is, and what its slots hold.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    id: u64,
    slots: [u64; SLOTS],
}

impl Row {
    fn text(&self) -> String {
        let slot = |(at, value): (usize, &u64)| {
            let fixed: String =
                (0..3).map(|line| format!("file {} slot {at} line {line}\n", self.id)).collect();
            format!("{fixed}file {} slot {at} holds {value}\n", self.id)
        };
        self.slots.iter().enumerate().map(slot).collect::<String>() + "end\n"
    }
}

type Rows = BTreeMap<&'static str, Row>;

fn texts(rows: &Rows) -> Texts {
    rows.iter().map(|(path, row)| (*path, row.text())).collect()
}

/// What a step does to one file.
#[derive(Debug, Clone)]
enum Act {
    Fill { path: &'static str, slots: Vec<(usize, u64, u64)> },
    Make { path: &'static str, row: Row },
    Remove { path: &'static str, row: Row },
    Move { from: &'static str, to: &'static str },
}

impl Act {
    fn reversed(&self) -> Self {
        match self.clone() {
            Self::Fill { path, slots } => {
                let slots = slots.into_iter().map(|(at, old, new)| (at, new, old)).collect();
                Self::Fill { path, slots }
            }
            Self::Make { path, row } => Self::Remove { path, row },
            Self::Remove { path, row } => Self::Make { path, row },
            Self::Move { from, to } => Self::Move { from: to, to: from },
        }
    }

    /// Done to the rows; the file that stays as it is where the act does not fit them.
    fn done(&self, rows: &mut Rows) -> Result<(), &'static str> {
        match self {
            Self::Fill { path, slots } => {
                let row = rows.get_mut(path).ok_or(*path)?;
                let fits =
                    |(at, old, new): &(usize, u64, u64)| [*old, *new].contains(&row.slots[*at]);
                if !slots.iter().all(fits) {
                    return Err(path);
                }
                slots.iter().for_each(|(at, _, new)| row.slots[*at] = *new);
            }
            Self::Make { path, row } => match rows.get(path) {
                None => drop(rows.insert(path, row.clone())),
                Some(there) if there == row => {}
                Some(_) => return Err(path),
            },
            Self::Remove { path, row } => match rows.get(path) {
                Some(there) if there != row => return Err(path),
                _ => drop(rows.remove(path)),
            },
            Self::Move { from, to } => match (rows.contains_key(from), rows.contains_key(to)) {
                (true, false) => {
                    let row = rows.remove(from).ok_or(*from)?;
                    rows.insert(to, row);
                }
                (false, true) => {}
                _ => return Err(from),
            },
        }
        Ok(())
    }
}

/// The same numbers for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.roll(choices.len())]
    }
}

/// A task with its user, beside what the oracle says about them.
struct Story {
    world: World,
    dice: Dice,
    /// Numbers that nothing has had yet.
    fresh: u64,
    disk: Rows,
    head: Rows,
    steps: Vec<(String, Act)>,
}

impl Story {
    fn begin(seed: u64) -> Self {
        let (world, dice) = (World::new(), Dice(seed.wrapping_mul(0x9E37_79B9) + 1));
        let mut story =
            Self { world, dice, fresh: 0, disk: Rows::new(), head: Rows::new(), steps: Vec::new() };
        for path in &PATHS[..3] {
            let row = story.row();
            story.world.write(path, Some(&row.text()));
            story.disk.insert(path, row);
        }
        story.world.commit_all();
        story.head = story.disk.clone();
        story
    }

    fn number(&mut self) -> u64 {
        self.fresh += 1;
        self.fresh
    }

    fn row(&mut self) -> Row {
        Row { id: self.number(), slots: std::array::from_fn(|_| self.number()) }
    }

    /// Something that the agent could do now; only where what it touches is committed, since a step
    /// that meets the user's uncommitted lines pauses instead.
    fn act(&mut self) -> Option<Act> {
        let path = self.dice.of(&PATHS);
        let Some(row) = self.disk.get(path).cloned() else {
            let row = self.row();
            return (!self.head.contains_key(path)).then_some(Act::Make { path, row });
        };
        let committed = self.head.get(path)?.clone();
        let free = *PATHS
            .iter()
            .find(|path| !self.disk.contains_key(*path) && !self.head.contains_key(*path))
            .unwrap_or(&path);
        match self.dice.roll(6) {
            0 if row == committed => Some(Act::Remove { path, row }),
            1 if row == committed && free != path => Some(Act::Move { from: path, to: free }),
            _ if row.id != committed.id => None,
            _ => {
                let at = self.dice.roll(SLOTS);
                let both = [at, (at + 2) % SLOTS];
                let same = both.into_iter().filter(|at| row.slots[*at] == committed.slots[*at]);
                let slots: Vec<_> = same
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|at| (at, row.slots[at], self.number()))
                    .collect();
                (!slots.is_empty()).then_some(Act::Fill { path, slots })
            }
        }
    }

    /// The agent does a step and commits it.
    fn step(&mut self) {
        let Some(act) = self.act() else { return };
        let before = texts(&self.disk);
        act.done(&mut self.disk).unwrap();
        act.done(&mut self.head).unwrap();
        let after = texts(&self.disk);
        let mut files = Vec::new();
        for path in PATHS {
            let (before, after) = (before.get(path).cloned(), after.get(path).cloned());
            if before != after {
                self.world.write(path, after.as_deref());
                files.push(CommitFile { path: path.to_owned(), before, after });
            }
        }
        let commit = self.world.commit(files).unwrap();
        self.steps.push((commit, act));
    }

    /// The user types, deletes or commits.
    fn user(&mut self) {
        let path = self.dice.of(&PATHS);
        match (self.dice.roll(8), self.disk.contains_key(path)) {
            (0, _) => {
                self.world.commit_all();
                self.head = self.disk.clone();
            }
            (1, true) => {
                self.disk.remove(path);
                self.world.write(path, None);
            }
            (_, true) => {
                let (at, value) = (self.dice.roll(SLOTS), self.number());
                let row = self.disk.get_mut(path).unwrap();
                row.slots[at] = value;
                let text = row.text();
                self.world.write(path, Some(&text));
            }
            (_, false) => {}
        }
    }

    /// Any step is undone or redone.
    async fn turn(&mut self, seed: u64) {
        let (commit, act) = self.steps[self.dice.roll(self.steps.len())].clone();
        let way = self.dice.of(&[Way::Undo, Way::Redo]);
        let act = if way == Way::Undo { act.reversed() } else { act };
        let expected = act.done(&mut self.disk).err();
        if expected.is_none() {
            // What does not fit the committed text is left for the user to commit.
            let _left = act.done(&mut self.head);
        }
        let kept = self.world.walk(&commit, way).await;
        assert_eq!(kept.first().map(String::as_str), expected, "seed {seed}: {way:?} {act:?}");
    }

    fn check(&self, seed: u64) {
        assert_eq!(self.world.on_disk(), texts(&self.disk), "seed {seed}: the files");
        assert_eq!(self.world.in_head(), texts(&self.head), "seed {seed}: the commit");
        assert!(self.world.nothing_is_staged(), "seed {seed}");
    }
}

#[tokio::test]
async fn any_step_is_undone_and_redone_in_any_order_as_an_oracle_says() {
    let mut turns = 0;
    for seed in 0..10 {
        let mut story = Story::begin(seed);
        for _ in 0..12 {
            story.step();
            if story.dice.roll(2) == 0 {
                story.user();
            }
        }
        story.check(seed);
        for _ in 0..16 {
            if story.steps.is_empty() {
                break;
            }
            if story.dice.roll(4) == 0 {
                story.user();
            }
            story.turn(seed).await;
            story.check(seed);
            turns += 1;
        }
    }
    assert!(turns > 100, "only {turns}");
}

#[tokio::test]
async fn a_whole_task_undone_is_the_state_before_it_and_redone_the_state_after_it() {
    for seed in 100..104 {
        let mut story = Story::begin(seed);
        let before = story.world.on_disk();
        (0..15).for_each(|_| story.step());
        let after = story.world.on_disk();
        for (commit, _) in story.steps.iter().rev() {
            assert_eq!(story.world.walk(commit, Way::Undo).await, Vec::<String>::new());
        }
        assert_eq!((story.world.on_disk(), story.world.in_head()), (before.clone(), before));
        for (commit, _) in &story.steps {
            assert_eq!(story.world.walk(commit, Way::Redo).await, Vec::<String>::new());
        }
        assert_eq!((story.world.on_disk(), story.world.in_head()), (after.clone(), after));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_script_that_a_step_removed_comes_back_as_one_that_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.write("a.txt", Some("#!/bin/sh\n"));
    let file = world.place.root.join("a.txt");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    world.commit_all();
    world.write("a.txt", None);
    let commit = world.commit_all();
    world.walk(&commit, Way::Undo).await;
    let git = world.git();
    let tree = git.head().unwrap().peel_to_tree().unwrap();
    let committed = tree.get_name("a.txt").unwrap().filemode();
    let mode = file.metadata().unwrap().permissions().mode() & 0o100;
    assert_eq!((mode, committed), (0o100, 0o100_755));
}

#[tokio::test]
async fn a_file_that_a_step_renamed_gets_its_name_back_with_what_the_user_wrote_in_it() {
    let world = World::new();
    let text = "one\ntwo\nthree\nfour\nfive\n";
    world.write("a.txt", Some(text));
    world.commit_all();
    world.write("a.txt", None);
    world.write("b.txt", Some(&text.replace("one", "ONE")));
    let commit = world.commit_all();
    world.write("b.txt", Some(&format!("{}mine\n", text.replace("one", "ONE"))));
    assert_eq!(world.walk(&commit, Way::Undo).await, Vec::<String>::new());
    assert_eq!(world.on_disk(), Texts::from([("a.txt", format!("{text}mine\n"))]));
    assert_eq!(
        world.in_head(),
        Texts::from([("a.txt", text.to_owned())]),
        "theirs is not committed"
    );
}

#[tokio::test]
async fn a_rename_that_a_crash_left_half_done_is_finished_and_another_file_of_that_name_stays() {
    for (there, kept) in [("one\n", None), ("another\n", Some("b.txt"))] {
        let world = World::new();
        world.write("a.txt", Some("one\n"));
        world.commit_all();
        world.write("a.txt", None);
        world.write("b.txt", Some("one\n"));
        let commit = world.commit_all();
        world.write("a.txt", Some(there));
        assert_eq!(world.walk(&commit, Way::Undo).await, Vec::from_iter(kept));
        assert_eq!(world.read("a.txt").as_deref(), Some(there));
        assert_eq!(world.read("b.txt").is_some(), kept.is_some());
    }
}

#[tokio::test]
async fn a_change_that_meets_the_users_lines_is_shown_and_not_written_into_their_file() {
    let world = World::new();
    world.write("a.txt", Some("old\n"));
    world.commit_all();
    world.write("a.txt", Some("new\n"));
    let commit = world.commit_all();
    world.write("a.txt", Some("mine\n"));
    let mut walked = Walked::default();
    let changed = open(&world.place.root).unwrap().changed_by(&commit).unwrap();
    walk(&world.place, changed, Way::Undo, &mut walked).await.unwrap();
    let diff = "--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-new\n+old\n".to_owned();
    let why = "you have changed the same lines since";
    assert_eq!(walked.kept, [kept("a.txt", why, Some(diff))]);
    assert_eq!(world.read("a.txt").as_deref(), Some("mine\n"));
    assert!(walked.committed.files().is_empty());
}

#[tokio::test]
async fn binary_files_stay_and_line_endings_of_the_work_tree_too() {
    let world = World::new();
    world.write("a.txt", Some("a\nb\n"));
    world.write("b.txt", Some("\0binary"));
    world.commit_all();
    world.write("a.txt", Some("a\nB\n"));
    world.write("b.txt", Some("\0other"));
    let commit = world.commit_all();
    world.write("a.txt", Some("a\r\nB\r\n"));
    assert_eq!(world.walk(&commit, Way::Undo).await, ["b.txt"]);
    assert_eq!(world.read("a.txt").as_deref(), Some("a\r\nb\r\n"));
    assert_eq!(world.read("b.txt").as_deref(), Some("\0other"));
}

#[tokio::test]
async fn changes_that_belong_together_are_made_all_or_not_at_all() {
    let world = World::new();
    world.write("a.txt", Some("a\n"));
    world.write("b.txt", Some("b\n"));
    world.commit_all();
    let state = |path: &str, text: &str| {
        Some(FileState { path: path.to_owned(), text: text.to_owned(), executable: false })
    };
    world.write("b.txt", Some("mine\n"));
    let files = ["a", "b"].map(|name| ChangedFile {
        before: state(&format!("{name}.txt"), &format!("{name}\n")),
        after: state(&format!("{name}.txt"), "theirs\n"),
    });
    let mut walked = Walked::default();
    assert!(walk_whole(&world.place, files.to_vec(), &mut walked).await.is_err());
    assert_eq!(world.read("a.txt").as_deref(), Some("a\n"));
    assert_eq!(world.read("b.txt").as_deref(), Some("mine\n"));
}
