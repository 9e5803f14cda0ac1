//! Repositories of every kind, made and looked at by git itself.

use std::{fs, thread};

use devika_vcs::{CommitFile, Repository, VcsError};
use tempfile::TempDir;

use crate::world::{World, git, step};

/// A file that Devika makes below a root.
fn written(root: &std::path::Path, path: &str, text: &str) -> CommitFile {
    let before = fs::read_to_string(root.join(path)).ok();
    fs::write(root.join(path), text).unwrap();
    CommitFile { path: path.to_owned(), before, after: Some(text.to_owned()) }
}

#[test]
fn a_submodule_stays_at_its_commit_and_its_files_are_committed_in_it_alone() {
    let part = World::with(&[("part", "1\n")]);
    let world = World::with(&[("a", "1\n")]);
    let address = part.root().display().to_string();
    git(
        &world.root(),
        &["-c", "protocol.file.allow=always", "submodule", "add", "-q", &address, "sub"],
    );
    git(&world.root(), &["commit", "-qm", "Add the part"]);
    let link = git(&world.root(), &["rev-parse", "HEAD:sub"]);

    world.open().commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    assert_eq!(git(&world.root(), &["rev-parse", "HEAD:sub"]), link);
    assert_eq!(git(&world.root(), &["status", "--porcelain"]), "");

    let within = step([world.devika_writes("sub/part", "2\n")]);
    let expected = VcsError::Path { path: "sub/part".to_owned(), why: "it is in a submodule" };
    assert_eq!(world.open().commit(&within), Err(expected));

    let inner = Repository::open(&world.root().join("sub")).unwrap().unwrap();
    let file = CommitFile {
        path: "part".to_owned(),
        before: Some("1\n".to_owned()),
        after: Some("2\n".to_owned()),
    };
    inner.commit(&step([file])).unwrap();
    assert_eq!(git(&world.root().join("sub"), &["show", "HEAD:part"]), "2");
    assert_eq!(git(&world.root(), &["rev-parse", "HEAD:sub"]), link, "the user moves it on");
}

#[test]
fn what_a_filter_changes_on_its_way_is_left_to_git() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    let world = World::with(&[
        (
            ".gitattributes",
            "*.bin filter=lfs diff=lfs merge=lfs -text\n*.sec filter=crypt\n*.u16 working-tree-encoding=UTF-16\n",
        ),
        ("a", "1\n"),
        ("old.bin", pointer),
    ]);
    let why = |path| match world.open().commit(&step([world.devika_writes(path, "new\n")])) {
        Err(VcsError::Path { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let by_lfs = "git LFS keeps what is in it, and Devika runs no filters";
    assert_eq!((why("old.bin"), why("new.bin")), (by_lfs, by_lfs));
    assert!(why("a.sec").contains("a filter changes it"));
    assert!(why("a.u16").contains("another encoding"));
    world.open().commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    assert_eq!(git(&world.root(), &["cat-file", "blob", "HEAD:old.bin"]), pointer.trim_end());
}

#[test]
fn line_endings_are_stored_as_the_attributes_say() {
    let world = World::with(&[(".gitattributes", "*.txt text\n*.bat eol=crlf\n*.raw -text\n")]);
    world.git.config().unwrap().set_str("core.autocrlf", "true").unwrap();
    let files = ["a.txt", "a.bat", "a.raw", "a.none"];
    let request = step(files.map(|path| world.devika_writes(path, "1\r\n2\r\n")));
    world.open().commit(&request).unwrap();
    let stored = files.map(|path| {
        let object = world.git.revparse_single(&format!("HEAD:{path}")).unwrap();
        object.as_blob().unwrap().content().to_vec()
    });
    let (lf, crlf) = (b"1\n2\n".to_vec(), b"1\r\n2\r\n".to_vec());
    assert_eq!(stored, [lf.clone(), lf.clone(), crlf, lf]);
    assert_eq!(git(&world.root(), &["status", "--porcelain"]), "", "git sees them unchanged");
}

#[test]
fn a_sparse_checkout_stays_sparse_and_loses_nothing() {
    let world = World::with(&[("in/a", "1\n"), ("out/b", "1\n"), ("c", "1\n")]);
    git(&world.root(), &["sparse-checkout", "set", "--no-sparse-index", "in"]);
    assert!(!world.root().join("out").exists());
    world.open().begin("sparse").unwrap();
    world.open().commit(&step([world.devika_writes("in/a", "2\n")])).unwrap();
    assert_eq!(git(&world.root(), &["show", "HEAD:out/b"]), "1");
    assert_eq!(git(&world.root(), &["status", "--porcelain"]), "");
    assert_eq!(git(&world.root(), &["ls-files", "-t"]), "H c\nH in/a\nS out/b");
}

#[test]
fn an_index_with_whole_folders_in_it_is_refused_with_what_to_do() {
    let world = World::with(&[("in/a", "1\n"), ("out/b", "1\n")]);
    git(&world.root(), &["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);
    let request = step([world.devika_writes("in/a", "2\n")]);
    let before = world.open().head().unwrap();
    assert_eq!(world.open().begin("task"), Err(VcsError::SparseIndex));
    let why = world.open().commit(&request).unwrap_err().to_string();
    assert!(why.contains("git sparse-checkout reapply --no-sparse-index"), "{why}");
    assert_eq!(world.open().head().unwrap(), before);
    git(&world.root(), &["sparse-checkout", "reapply", "--no-sparse-index"]);
    world.open().commit(&request).unwrap();
}

#[test]
fn the_users_own_linked_worktree_has_its_own_branch_and_index() {
    let world = World::with(&[("a", "1\n")]);
    let place = TempDir::new().unwrap();
    let linked = place.path().canonicalize().unwrap().join("linked");
    git(&world.root(), &["worktree", "add", "-qb", "theirs", linked.to_str().unwrap()]);
    let main = world.open().head().unwrap();
    let repository = Repository::open(&linked).unwrap().unwrap();
    assert_eq!(repository.begin("task").unwrap(), "devika/task");
    repository.commit(&step([written(&linked, "a", "2\n")])).unwrap();
    assert_eq!(git(&linked, &["status", "--porcelain", "--branch"]), "## devika/task");
    assert_eq!(world.open().head().unwrap(), main, "the main work tree stays where it is");
    assert_eq!(world.status(), [""; 0]);
}

#[test]
fn a_shallow_clone_is_committed_to() {
    let world = World::with(&[("a", "1\n")]);
    world.write("a", "2\n");
    world.add("a");
    world.user_commits("Second");
    let place = TempDir::new().unwrap();
    let root = place.path().canonicalize().unwrap().join("shallow");
    let address = format!("file://{}", world.root().display());
    git(place.path(), &["clone", "-q", "--depth", "1", &address, root.to_str().unwrap()]);
    let repository = Repository::open(&root).unwrap().unwrap();
    repository.begin("task").unwrap();
    repository.commit(&step([written(&root, "a", "3\n")])).unwrap();
    assert_eq!(git(&root, &["rev-list", "--count", "HEAD"]), "2");
    assert_eq!(
        repository.find("7", "1/2").unwrap().map(|made| made.branch),
        Some("devika/task".to_owned())
    );
    assert!(git(&root, &["fsck", "--connectivity-only"]).is_empty());
}

#[test]
fn a_detached_head_gets_a_task_branch_or_is_moved_where_the_user_wants_none() {
    let world = World::with(&[("a", "1\n")]);
    git(&world.root(), &["checkout", "-q", "--detach"]);
    assert_eq!(world.open().current_branch().unwrap(), None);
    let made = world.open().commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    assert_eq!(
        (made.branch.as_str(), git(&world.root(), &["rev-parse", "HEAD"])),
        ("HEAD", made.id)
    );
    assert_eq!(world.open().begin("task").unwrap(), "devika/task");
}

#[test]
fn a_rebase_that_stopped_comes_first() {
    let world = World::with(&[("a", "1\n")]);
    git(&world.root(), &["checkout", "-qb", "theirs"]);
    world.write("a", "theirs\n");
    git(&world.root(), &["commit", "-qam", "Theirs"]);
    git(&world.root(), &["checkout", "-q", "main"]);
    world.write("a", "ours\n");
    git(&world.root(), &["commit", "-qam", "Ours"]);
    let stopped = std::process::Command::new("git")
        .args(["rebase", "-q", "theirs"])
        .current_dir(world.root())
        .output()
        .unwrap();
    assert!(!stopped.status.success());
    let expected = VcsError::InProgress { what: "rebase" };
    assert_eq!(Repository::open(&world.root()).err(), Some(expected));
    git(&world.root(), &["rebase", "--abort"]);
    assert!(Repository::open(&world.root()).unwrap().is_some());
}

#[test]
fn another_programs_lock_is_waited_for() {
    let world = World::with(&[("a", "1\n")]);
    let lock = world.root().join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let request = step([world.devika_writes("a", "2\n")]);
    let root = world.root();
    let committing =
        thread::spawn(move || Repository::open(&root).unwrap().unwrap().commit(&request).map(drop));
    fs::remove_file(&lock).unwrap();
    assert_eq!(committing.join().unwrap(), Ok(()));
}

#[test]
fn a_lock_that_was_left_behind_is_named_and_stays() {
    let world = World::with(&[("a", "1\n")]);
    let lock = world.root().join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let refused = world.open().commit(&step([world.devika_writes("a", "2\n")])).unwrap_err();
    assert_eq!(refused, VcsError::Locked { path: lock.clone() });
    assert!(refused.to_string().ends_with("if none runs, delete the file"), "{refused}");
    assert!(lock.exists());
}
