//! Work trees of tasks' own beside the user's.

use std::{
    fs,
    path::{Path, PathBuf},
};

use devika_vcs::{CommitFile, End, Joining, Repository, VcsError};
use tempfile::TempDir;

use crate::world::{World, git, step};

/// Where Devika keeps the work trees.
struct Places(TempDir);

impl Places {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn of(&self, task: u32) -> PathBuf {
        self.0.path().join(format!("task-{task}"))
    }

    fn make(&self, world: &World, task: u32) -> PathBuf {
        world.open().worktree(&task.to_string(), &self.of(task), None).unwrap()
    }
}

fn open(root: &Path) -> Repository {
    Repository::open(root).unwrap().unwrap()
}

fn writes(root: &Path, path: &str, text: &str) -> CommitFile {
    let before = fs::read_to_string(root.join(path)).ok();
    fs::write(root.join(path), text).unwrap();
    CommitFile { path: path.to_owned(), before, after: Some(text.to_owned()) }
}

fn why(world: &World, places: &Places) -> String {
    match world.open().worktree("7", &places.of(7), None) {
        Err(VcsError::Worktree { why }) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_worktree_has_what_is_committed_and_the_users_one_stays_as_it_is() {
    let (world, places) = (World::with(&[("a", "1\n"), ("in/b", "1\n")]), Places::new());
    world.write("a", "mine\n");
    world.write("new", "mine\n");
    let before = (world.status(), git(&world.root(), &["branch", "--list"]));
    let root = places.make(&world, 7);
    assert_eq!(root.file_name(), world.root().file_name());
    assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "1\n");
    assert_eq!(fs::read_to_string(root.join("in/b")).unwrap(), "1\n");
    assert_eq!(git(&root, &["status", "--porcelain", "--branch"]), "## HEAD (no branch)");
    assert_eq!(open(&root).begin("topic").unwrap(), "devika/topic");
    open(&root).commit(&step([writes(&root, "a", "2\n")])).unwrap();
    assert_eq!(git(&root, &["status", "--porcelain", "--branch"]), "## devika/topic");
    let branches = before.1.replace("* main", "+ devika/topic\n* main");
    assert_eq!((world.status(), git(&world.root(), &["branch", "--list"])), (before.0, branches));
    assert_eq!(places.make(&world, 7), root, "it is found again");
    assert_eq!(git(&world.root(), &["fsck", "--strict"]), "");
}

#[test]
fn several_have_branches_of_their_own_although_they_are_about_the_same() {
    let (world, places) = (World::with(&[("a", "1\n")]), Places::new());
    let made = [1, 2, 3].map(|task| places.make(&world, task));
    // Often, because two may look for a name in the same moment.
    for round in 0..100 {
        let topic = format!("topic{round}");
        let names = std::thread::scope(|scope| {
            made.each_ref()
                .map(|root| scope.spawn(|| open(root).begin(&topic).unwrap()))
                .map(|it| it.join().unwrap())
        });
        let mut names = names.to_vec();
        names.sort();
        assert_eq!(names, ["", "-2", "-3"].map(|number| format!("devika/{topic}{number}")));
    }
}

#[test]
fn a_folder_of_the_repository_is_the_root_in_the_worktree_too() {
    let (world, places) = (World::with(&[("a", "1\n"), ("in/b", "1\n")]), Places::new());
    let part = Repository::open(&world.root().join("in")).unwrap().unwrap();
    let root = part.worktree("7", &places.of(7), None).unwrap();
    assert!(root.ends_with("in") && root.join("b").exists());
    world.write("out/c", "1\n");
    let other = Repository::open(&world.root().join("out")).unwrap().unwrap();
    let refused = other.worktree("8", &places.of(8), None).unwrap_err().to_string();
    assert!(refused.contains("the folder that is open is not committed"), "{refused}");
}

#[test]
fn the_users_linked_worktree_is_what_a_task_begins_at_and_stays() {
    let (world, places) = (World::with(&[("a", "1\n")]), Places::new());
    let linked = places.0.path().canonicalize().unwrap().join("linked");
    git(&world.root(), &["worktree", "add", "-qb", "theirs", linked.to_str().unwrap()]);
    fs::write(linked.join("a"), "2\n").unwrap();
    git(&linked, &["commit", "-qam", "Theirs"]);
    let root = open(&linked).worktree("7", &places.of(7), None).unwrap();
    assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "2\n");
    assert_eq!(open(&linked).remove_worktree(&places.of(7)), Ok(Vec::new()));
    assert_eq!(git(&linked, &["status", "--porcelain", "--branch"]), "## theirs");
}

#[test]
fn what_would_not_be_whole_is_refused_with_what_to_do() {
    let places = Places::new();
    assert!(why(&World::empty(), &places).starts_with("there is no commit yet"));

    let sparse = World::with(&[("in/a", "1\n"), ("out/b", "1\n")]);
    git(&sparse.root(), &["sparse-checkout", "set", "--no-sparse-index", "in"]);
    assert!(why(&sparse, &places).contains("git sparse-checkout disable"));

    let (part, whole) = (World::with(&[("part", "1\n")]), World::with(&[("a", "1\n")]));
    let address = part.root().display().to_string();
    let allow = ["-c", "protocol.file.allow=always"];
    git(&whole.root(), &[&allow[..], &["submodule", "add", "-q", &address, "sub"]].concat());
    assert!(why(&whole, &places).contains("submodules"));
    let inner = Repository::open(&whole.root().join("sub")).unwrap().unwrap();
    let refused = inner.worktree("7", &places.of(7), None).unwrap_err().to_string();
    assert!(refused.contains("is a submodule of another one"), "{refused}");
    assert!(!places.of(7).exists());
}

#[test]
fn what_a_crash_left_half_made_is_made_anew() {
    let (world, places) = (World::with(&[("a", "1\n")]), Places::new());
    let root = places.make(&world, 7);
    // As after a crash before the mark, with half of the files.
    let own = world.root().join(".git/worktrees/devika-7");
    fs::remove_file(own.join("devika-task")).unwrap();
    fs::remove_file(root.join("a")).unwrap();
    git(&world.root(), &["branch", "devika/begins-7"]);
    assert_eq!(places.make(&world, 7), root);
    assert_eq!(git(&root, &["status", "--porcelain", "--branch"]), "## HEAD (no branch)");
    assert_eq!(git(&world.root(), &["branch", "--list"]), "* main");
}

#[test]
fn a_worktree_that_the_user_removed_is_made_again_on_the_tasks_branch() {
    let (world, places) = (World::with(&[("a", "1\n")]), Places::new());
    let root = places.make(&world, 7);
    open(&root).begin("topic").unwrap();
    open(&root).commit(&step([writes(&root, "a", "2\n")])).unwrap();
    fs::remove_dir_all(places.of(7)).unwrap();
    let again = world.open().worktree("7", &places.of(7), Some("devika/topic")).unwrap();
    assert_eq!(fs::read_to_string(again.join("a")).unwrap(), "2\n");
    assert_eq!(git(&again, &["status", "--porcelain", "--branch"]), "## devika/topic");
    // And not where the branch is checked out already.
    let twice = world.open().worktree("8", &places.of(8), Some("devika/topic")).unwrap_err();
    assert!(twice.to_string().contains("already checked out"), "{twice}");
}

#[test]
fn a_folder_that_the_repository_has_forgotten_is_kept() {
    let (world, places) = (World::with(&[("a", "1\n")]), Places::new());
    let root = places.make(&world, 7);
    fs::write(root.join("a"), "2\n").unwrap();
    fs::remove_dir_all(world.root().join(".git/worktrees/devika-7")).unwrap();
    assert!(why(&world, &places).contains("the repository no longer knows it"));
    assert_eq!(fs::read_to_string(root.join("a")).unwrap(), "2\n");
}

#[test]
fn a_worktree_is_removed_where_all_of_it_is_committed_and_kept_where_not() {
    let (world, places) = (World::with(&[("a", "1\n"), (".gitignore", "made\n")]), Places::new());
    let root = places.make(&world, 7);
    for (path, text, kept) in [("a", "2\n", "a"), ("new", "1\n", "new")] {
        writes(&root, path, text);
        assert_eq!(world.open().remove_worktree(&places.of(7)), Ok(vec![kept.to_owned()]));
        git(&root, &["stash", "-qu"]);
    }
    git(&root, &["commit", "-q", "--allow-empty", "-m", "On no branch"]);
    let kept = world.open().remove_worktree(&places.of(7)).unwrap();
    assert!(kept[0].ends_with("which is on no branch"), "{kept:?}");
    git(&root, &["checkout", "-q", "--detach", "main"]);
    writes(&root, "made", "what git ignores\n");
    assert_eq!(world.open().remove_worktree(&places.of(7)), Ok(Vec::new()));
    assert!(!places.of(7).exists());
    assert_eq!(
        git(&world.root(), &["worktree", "list", "--porcelain"]).matches("worktree ").count(),
        1
    );
    assert_eq!(world.open().remove_worktree(&places.of(7)), Ok(Vec::new()), "it was gone");
}

#[test]
fn what_was_committed_in_a_worktree_lands_beside_what_the_user_has_staged() {
    let (world, places) =
        (World::with(&[("a", "1\n"), ("b", "1\n2\n3\n"), ("old", "1\n2\n3\n4\n")]), Places::new());
    world.open().remember_origin("7").unwrap();
    let root = places.make(&world, 7);
    let own = open(&root);
    let branch = own.begin("topic").unwrap();
    fs::remove_file(root.join("old")).unwrap();
    let moved = "1\n2\n3\n4\n".to_owned();
    own.commit(&step([
        writes(&root, "b", "1\n2\nDevika\n"),
        CommitFile { path: "old".to_owned(), before: Some(moved.clone()), after: None },
        writes(&root, "moved", &moved),
    ]))
    .unwrap();
    world.write("a", "staged\n");
    world.write("b", "mine\n2\n3\n");
    world.add("a");
    world.add("b");
    let origin = own.origin("7").unwrap().unwrap();
    let id = own.joined(&origin, Joining::Squash, "All of it", &[]).unwrap();
    let theirs = world.open();
    let paths: Vec<_> = theirs
        .changed_up_to(&id)
        .unwrap()
        .files
        .into_iter()
        .map(|it| it.after.unwrap().path)
        .collect();
    assert_eq!(paths, ["b", "moved"]);
    // The files are the caller's to change.
    world.write("b", "mine\n2\nDevika\n");
    fs::rename(world.root().join("old"), world.root().join("moved")).unwrap();
    let cut_off = || theirs.cut_off("7", End::Accepted, &origin, &branch).unwrap();
    assert_eq!(cut_off(), None, "nothing has come to the branch yet");
    theirs.land("7", "main", &id).unwrap();
    assert_eq!(cut_off(), Some(id.clone()), "who died here is gone on with");
    assert_eq!(git(&world.root(), &["rev-parse", "main"]), id);
    assert_eq!(world.staged("b").as_deref(), Some("mine\n2\nDevika\n"));
    assert_eq!(world.status(), ["M  a", "M  b"]);
    assert_eq!(theirs.land("7", "other", &id), Err(VcsError::Moved { branch: "other".to_owned() }));
    own.commit(&step([writes(&root, "a", "newer\n")])).unwrap();
    assert_eq!(cut_off(), None, "the task's branch has got other work since");
}
