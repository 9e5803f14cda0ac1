//! Checkpoints: what the work tree held, whatever the user's git is like, and nothing of theirs touched.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

use devika_vcs::{Checkpoint, CheckpointLimits, Repository, Touched, VcsError};

use crate::world::{World, git};

const LIMITS: CheckpointLimits = CheckpointLimits {
    file_bytes: 1_000,
    keep: Duration::from_secs(24 * 60 * 60),
    disk_percent: 50,
};

fn make(root: &Path, number: u32) -> Checkpoint {
    Repository::open(root).unwrap().unwrap().checkpoint("7", number, LIMITS).unwrap()
}

/// What git itself finds in a checkpoint: mode and path of each file.
fn files(root: &Path, name: &str) -> Vec<String> {
    let listed = git(root, &["ls-tree", "-r", &format!("refs/devika/7/{name}")]);
    let line = |line: &str| {
        let (about, path) = line.split_once('\t').unwrap();
        format!("{} {path}", about.split(' ').next().unwrap())
    };
    listed.lines().map(line).collect()
}

fn text(root: &Path, name: &str, path: &str) -> String {
    git(root, &["show", &format!("refs/devika/7/{name}:{path}")])
}

#[test]
fn holds_what_is_tracked_changed_and_new_but_nothing_ignored_or_huge() {
    let world = World::with(&[("a.txt", "a\n"), ("b.txt", "b\n"), (".gitignore", "*.log\n")]);
    world.write("a.txt", "changed\n");
    fs::remove_file(world.root().join("b.txt")).unwrap();
    world.write("new/c.txt", "c\n");
    world.write("x.log", "noise\n");
    world.write("huge.txt", &"x".repeat(1_001));
    let made = make(&world.root(), 1);
    assert_eq!(
        files(&world.root(), "1"),
        ["100644 .gitignore", "100644 a.txt", "100644 new/c.txt"]
    );
    assert_eq!(text(&world.root(), "1", "a.txt"), "changed");
    assert_eq!(made.left_out, ["huge.txt (larger than `checkpoints.file_mb`)"]);
}

#[test]
fn touches_neither_index_nor_head_nor_stash_nor_branches() {
    let world = World::with(&[("a.txt", "a\n"), ("b.txt", "b\n")]);
    let root = world.root();
    world.write("a.txt", "staged\n");
    world.add("a.txt");
    world.write("b.txt", "stashed\n");
    git(&root, &["stash", "push", "b.txt"]);
    world.write("a.txt", "unstaged\n");
    let theirs = || {
        let seen = ["symbolic-ref HEAD", "branch -a", "stash list", "status --porcelain", "tag"]
            .map(|line| git(&root, &line.split(' ').collect::<Vec<_>>()));
        (seen, fs::read(root.join(".git/index")).unwrap())
    };
    let before = theirs();
    make(&root, 1);
    assert_eq!(theirs(), before);
    assert_eq!(git(&root, &["fsck", "--strict"]), "");
}

#[test]
fn the_same_number_again_is_the_same_checkpoint() {
    let world = World::with(&[("a.txt", "a\n")]);
    let first = make(&world.root(), 1);
    assert_eq!(make(&world.root(), 1), first);
    assert_eq!(world.open().checkpoints("7").unwrap(), [first]);
}

#[test]
fn where_the_user_worked_on_after_a_crash_both_states_are_kept() {
    let world = World::with(&[("a.txt", "a\n")]);
    let first = make(&world.root(), 1);
    world.write("a.txt", "typed\n");
    let again = make(&world.root(), 1);
    assert_eq!((first.name.as_str(), again.name.as_str()), ("1", "1.2"));
    assert_eq!(text(&world.root(), "1", "a.txt"), "a");
    assert_eq!(text(&world.root(), "1.2", "a.txt"), "typed");
}

#[test]
fn what_looks_as_it_did_and_is_not_is_noticed() {
    let world = World::with(&[("a.txt", "one\n")]);
    make(&world.root(), 1);
    // The same length, within the same moment.
    world.write("a.txt", "two\n");
    make(&world.root(), 2);
    world.write("a.txt", "six\n");
    make(&world.root(), 3);
    assert_eq!(
        ["1", "2", "3"].map(|name| text(&world.root(), name, "a.txt")),
        ["one", "two", "six"]
    );
}

#[test]
fn links_and_rights_are_kept_and_links_are_not_followed() {
    let world = World::with(&[("run.sh", "#!/bin/sh\n")]);
    let root = world.root();
    fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "s\n").unwrap();
    symlink(outside.path(), root.join("out")).unwrap();
    make(&root, 1);
    assert_eq!(files(&root, "1"), ["120000 out", "100755 run.sh"]);
    assert_eq!(text(&root, "1", "out"), outside.path().display().to_string());
}

#[test]
fn a_tracked_folder_that_was_swapped_for_a_link_is_not_looked_into() {
    let world = World::with(&[("lib/a.txt", "a\n")]);
    let root = world.root();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.txt"), "theirs\n").unwrap();
    fs::remove_dir_all(root.join("lib")).unwrap();
    symlink(outside.path(), root.join("lib")).unwrap();
    make(&root, 1);
    assert_eq!(files(&root, "1"), ["120000 lib"]);
}

#[test]
fn a_repository_without_a_commit_has_checkpoints() {
    let world = World::empty();
    world.write("a.txt", "a\n");
    make(&world.root(), 1);
    assert_eq!(files(&world.root(), "1"), ["100644 a.txt"]);
    assert_eq!(git(&world.root(), &["log", "--format=%P", "refs/devika/7/1"]), "");
}

#[test]
fn a_linked_worktree_has_its_own_state_in_its_checkpoints() {
    let world = World::with(&[("a.txt", "main\n")]);
    let other = tempfile::tempdir().unwrap();
    let linked = other.path().canonicalize().unwrap().join("linked");
    git(&world.root(), &["worktree", "add", "-q", &linked.display().to_string()]);
    fs::write(linked.join("a.txt"), "linked\n").unwrap();
    make(&world.root(), 1);
    make(&linked, 2);
    assert_eq!(text(&world.root(), "1", "a.txt"), "main");
    assert_eq!(text(&world.root(), "2", "a.txt"), "linked");
}

#[test]
fn submodules_stay_what_they_are_and_other_repositories_are_named() {
    let inner = World::with(&[("lib.c", "int x;\n")]);
    let world = World::with(&[("a.txt", "a\n")]);
    let root = world.root();
    let from = inner.root().display().to_string();
    git(&root, &["-c", "protocol.file.allow=always", "submodule", "add", "-q", &from, "sub"]);
    Repository::init(&{
        let nested = root.join("nested");
        fs::create_dir(&nested).unwrap();
        fs::write(nested.join("n.txt"), "n\n").unwrap();
        nested
    })
    .unwrap();
    let made = make(&root, 1);
    assert_eq!(files(&root, "1"), ["100644 .gitmodules", "100644 a.txt", "160000 sub"]);
    assert_eq!(made.left_out, ["nested (a repository of its own)"]);
}

#[test]
fn tells_which_submodules_are_no_longer_what_they_were_inside() {
    let inner = World::with(&[("lib.c", "int x;\n")]);
    let world = World::with(&[("a.txt", "a\n")]);
    let root = world.root();
    let from = inner.root().display().to_string();
    git(&root, &["-c", "protocol.file.allow=always", "submodule", "add", "-q", &from, "sub"]);
    let touched = || world.open().touched_since_checkpoint(LIMITS.file_bytes).unwrap().submodules;
    make(&root, 1);
    assert_eq!(touched(), [""; 0]);
    world.write("sub/lib.c", "int y;\n");
    assert_eq!(touched(), ["sub"]);
    make(&root, 2);
    assert_eq!(touched(), [""; 0], "it was so before the second");
    world.write("sub/lib.c", "int yy;\n");
    assert_eq!(touched(), ["sub"], "it is another change");
    world.write("sub/lib.c", "int x;\n");
    git(
        &root.join("sub"),
        &["-c", "user.name=A", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "on"],
    );
    assert_eq!(touched(), ["sub"], "it is at another commit");
    make(&root, 3);
    assert_eq!(files(&root, "3"), ["100644 .gitmodules", "100644 a.txt", "160000 sub"]);
    let at = git(&root.join("sub"), &["rev-parse", "HEAD"]);
    assert_eq!(git(&root, &["rev-parse", "refs/devika/7/3:sub"]), at);
}

#[test]
fn what_a_sparse_checkout_leaves_out_is_kept_as_the_index_has_it() {
    let world = World::with(&[("in/a.txt", "a\n"), ("out/b.txt", "b\n")]);
    let root = world.root();
    git(&root, &["sparse-checkout", "set", "--no-sparse-index", "in"]);
    assert!(!root.join("out").exists());
    make(&root, 1);
    assert_eq!(files(&root, "1"), ["100644 in/a.txt", "100644 out/b.txt"]);
}

#[test]
fn files_are_kept_as_they_are_on_disk_whatever_filters_do() {
    let world = World::with(&[(".gitattributes", "*.txt text eol=crlf\n*.bin filter=lfs\n")]);
    let root = world.root();
    git(&root, &["config", "filter.lfs.clean", "cat"]);
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n";
    world.write("a.txt", "one\r\ntwo\r\n");
    world.write("pointer.bin", pointer);
    git(&root, &["add", "."]);
    world.user_commits("Add");
    make(&root, 1);
    let blob = |path: &str| {
        let object = world.git.revparse_single(&format!("refs/devika/7/1:{path}")).unwrap();
        String::from_utf8(object.as_blob().unwrap().content().to_vec()).unwrap()
    };
    assert_eq!((blob("a.txt"), blob("pointer.bin")), ("one\r\ntwo\r\n".into(), pointer.into()));
}

#[test]
fn a_shallow_clone_has_checkpoints() {
    let world = World::with(&[("a.txt", "a\n")]);
    world.write("a.txt", "b\n");
    world.add("a.txt");
    world.user_commits("More");
    let other = tempfile::tempdir().unwrap();
    let shallow = other.path().canonicalize().unwrap().join("shallow");
    let from = format!("file://{}", world.root().display());
    git(&world.root(), &["clone", "-q", "--depth", "1", &from, &shallow.display().to_string()]);
    make(&shallow, 1);
    assert_eq!(files(&shallow, "1"), ["100644 a.txt"]);
}

#[test]
fn in_the_midst_of_a_merge_there_are_checkpoints_too() {
    let world = World::with(&[("a.txt", "a\n")]);
    fs::write(
        world.root().join(".git/MERGE_HEAD"),
        format!("{}\n", world.open().head().unwrap().unwrap()),
    )
    .unwrap();
    assert_eq!(Repository::open(&world.root()).err(), Some(VcsError::InProgress { what: "merge" }));
    let busy = Repository::open_busy(&world.root()).unwrap().unwrap();
    assert_eq!(busy.checkpoint("7", 1, LIMITS).unwrap().name, "1");
}

#[test]
fn a_root_below_the_work_tree_is_kept_by_its_paths_in_it() {
    let world = World::with(&[("part/a.txt", "a\n"), ("partly/b.txt", "b\n"), ("c.txt", "c\n")]);
    make(&world.root().join("part"), 1);
    assert_eq!(files(&world.root(), "1"), ["100644 part/a.txt"]);
}

#[test]
fn two_roots_in_one_work_tree_do_not_get_into_each_others_way() {
    let world = World::with(&[("one/a.txt", "a\n"), ("two/b.txt", "b\n")]);
    let [one, two] = ["one", "two"].map(|part| world.root().join(part));
    make(&one, 1);
    make(&two, 2);
    world.write("one/a.txt", "changed\n");
    let repository = Repository::open(&one).unwrap().unwrap();
    let touched = repository.touched_since_checkpoint(LIMITS.file_bytes).unwrap();
    assert_eq!(touched, Touched { changed: vec!["a.txt".to_owned()], ..Touched::default() });
}

#[test]
fn what_git_ignores_and_tracks_all_the_same_is_kept() {
    let world = World::with(&[("kept.log", "k\n"), (".gitignore", "*.log\n")]);
    world.write("kept.log", "changed\n");
    make(&world.root(), 1);
    assert_eq!(text(&world.root(), "1", "kept.log"), "changed");
}

#[test]
fn tells_which_tracked_files_are_no_longer_what_they_were() {
    let world = World::with(&[("a.txt", "a\n"), ("b.txt", "b\n"), ("c.txt", "c\n")]);
    world.write("untracked.txt", "u\n");
    make(&world.root(), 1);
    world.write("a.txt", "formatted\n");
    fs::remove_file(world.root().join("b.txt")).unwrap();
    world.write("untracked.txt", "made anew\n");
    world.write("d.txt", "d\n");
    let touched = world.open().touched_since_checkpoint(LIMITS.file_bytes).unwrap();
    let [a, b] = ["a.txt", "b.txt"].map(str::to_owned);
    assert_eq!(touched, Touched { changed: vec![a], removed: vec![b], submodules: Vec::new() });
}

#[test]
fn what_is_no_text_comes_back_to_the_byte() {
    let world = World::with(&[("a.txt", "a\n")]);
    let root = world.root();
    let bytes = [0, 159, 146, 150, 13, 10];
    fs::create_dir(root.join("img")).unwrap();
    fs::write(root.join("img/x.bin"), bytes).unwrap();
    fs::set_permissions(root.join("img/x.bin"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("a.txt", root.join("link")).unwrap();
    let made = make(&root, 1);
    fs::remove_dir_all(root.join("img")).unwrap();
    fs::remove_file(root.join("link")).unwrap();
    fs::write(root.join("link"), "no link\n").unwrap();
    fs::write(root.join("new.bin"), [0, 1]).unwrap();
    let repository = world.open();
    for path in ["img/x.bin", "link", "new.bin"] {
        repository.put_back(&made, path).unwrap();
    }
    assert_eq!(fs::read(root.join("img/x.bin")).unwrap(), bytes);
    assert_eq!(root.join("img/x.bin").metadata().unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(fs::read_link(root.join("link")).unwrap(), Path::new("a.txt"));
    assert!(!root.join("new.bin").exists());
}

#[test]
fn nothing_is_put_back_through_a_link_or_out_of_the_folder() {
    let world = World::with(&[("lib/a.txt", "a\n")]);
    let root = world.root();
    let made = make(&root, 1);
    let outside = tempfile::tempdir().unwrap();
    fs::remove_dir_all(root.join("lib")).unwrap();
    symlink(outside.path(), root.join("lib")).unwrap();
    let repository = world.open();
    for path in ["lib/a.txt", "../a.txt", ".git/config", "/etc/hosts"] {
        let refused = repository.put_back(&made, path);
        assert!(matches!(refused, Err(VcsError::Checkpoint(_))), "{path}: {refused:?}");
    }
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn old_checkpoints_are_removed_when_a_new_one_is_made_and_where_tasks_began_is_not() {
    let world = World::with(&[("a.txt", "a\n")]);
    world.open().remember_origin("7").unwrap();
    make(&world.root(), 1);
    let limits = CheckpointLimits { keep: Duration::ZERO, ..LIMITS };
    // Times of commits are in seconds.
    let stale = |name: &str| {
        let commit = world.git.revparse_single(name).unwrap().into_commit().unwrap();
        let old =
            git2::Signature::new("Devika", "d@localhost", &git2::Time::new(1_000, 0)).unwrap();
        let id = commit.amend(None, Some(&old), Some(&old), None, None, None).unwrap();
        world.git.reference(name, id, true, "older").unwrap();
    };
    stale("refs/devika/7/1");
    world.write("a.txt", "b\n");
    world.open().checkpoint("8", 1, limits).unwrap();
    let references = git(&world.root(), &["for-each-ref", "--format=%(refname)", "refs/devika"]);
    assert_eq!(references, "refs/devika/7/base\nrefs/devika/7/from\nrefs/devika/8/1");
}

#[test]
fn where_there_is_no_room_the_oldest_of_other_tasks_go_and_then_nothing_is_kept() {
    let world = World::with(&[("a.txt", "a\n")]);
    world.write("b.txt", "b\n");
    make(&world.root(), 1);
    world.write("c.txt", "c\n");
    let none = CheckpointLimits { disk_percent: 0, ..LIMITS };
    let refused = world.open().checkpoint("8", 1, none);
    assert_eq!(refused, Err(VcsError::NoRoom { room: 0 }));
    assert_eq!(world.open().checkpoints("7").unwrap(), []);
    assert_eq!(world.open().checkpoints("8").unwrap(), []);
}

#[test]
fn what_git_has_removed_meanwhile_is_kept_anew() {
    let world = World::with(&[("a.txt", "a\n")]);
    let root = world.root();
    world.write("new.txt", "new\n");
    make(&root, 1);
    git(&root, &["update-ref", "-d", "refs/devika/7/1"]);
    git(&root, &["reflog", "expire", "--expire=now", "--all"]);
    git(&root, &["gc", "-q", "--prune=now"]);
    make(&root, 2);
    assert_eq!(text(&root, "2", "new.txt"), "new");
    assert_eq!(git(&root, &["fsck", "--strict"]), "");
}

#[test]
fn what_a_killed_devika_left_half_written_is_no_obstacle() {
    let world = World::with(&[("a.txt", "a\n")]);
    let git_folder = world.root().join(".git");
    make(&world.root(), 1);
    let mut own = fs::read_dir(git_folder.join("devika")).unwrap();
    let own = own.next().unwrap().unwrap().path();
    fs::write(&own, "half").unwrap();
    let lock = own.with_extension("lock");
    fs::write(&lock, "").unwrap();
    fs::write(git_folder.join("devika-lock"), "").unwrap();
    world.write("a.txt", "changed\n");
    make(&world.root(), 2);
    assert_eq!(text(&world.root(), "2", "a.txt"), "changed");
    assert!(!lock.exists());
}
