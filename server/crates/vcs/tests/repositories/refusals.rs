//! Where Devika keeps its hands off, and what it never runs.

use std::{fs, path::Path};

use devika_vcs::{Repository, VcsError};
use git2::RepositoryInitOptions;
use tempfile::TempDir;

use crate::world::{World, step};

fn refusal(root: &Path) -> VcsError {
    Repository::open(root).err().expect("the repository is refused")
}

#[test]
fn a_folder_without_a_repository_has_none() {
    let folder = TempDir::new().unwrap();
    assert!(Repository::open(folder.path()).unwrap().is_none());
}

#[test]
fn a_folder_that_the_repository_around_it_ignores_is_not_in_it() {
    let world = World::with(&[(".gitignore", "build/\n")]);
    world.write("build/new/a", "1\n");
    assert!(Repository::open(&world.root().join("build/new")).unwrap().is_none());
}

#[test]
fn a_bare_repository_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(git2::Repository::init_bare(folder.path()).unwrap());
    assert!(matches!(refusal(folder.path()), VcsError::Bare { .. }));
}

#[test]
fn a_broken_repository_is_refused_and_the_one_around_it_is_not_taken() {
    let world = World::with(&[("inner/a", "1\n")]);
    let inner = world.root().join("inner");
    fs::create_dir(inner.join(".git")).unwrap();
    assert!(matches!(refusal(&inner), VcsError::Broken { .. }));

    let alone = World::with(&[("a", "1\n")]);
    let id = alone.open().head().unwrap().unwrap();
    fs::remove_file(alone.root().join(".git/objects").join(&id[..2]).join(&id[2..])).unwrap();
    assert!(matches!(refusal(&alone.root()), VcsError::Broken { .. }));
}

#[test]
fn operations_of_the_user_come_first() {
    let states = [
        ("MERGE_HEAD", "merge"),
        ("CHERRY_PICK_HEAD", "cherry-pick"),
        ("BISECT_LOG", "bisect"),
        ("REVERT_HEAD", "revert"),
        ("rebase-merge/interactive", "rebase"),
    ];
    for (file, what) in states {
        let world = World::with(&[("a", "1\n")]);
        let vcs = world.open();
        world.write(&format!(".git/{file}"), &vcs.head().unwrap().unwrap());
        let expected = VcsError::InProgress { what };
        assert_eq!(refusal(&world.root()), expected);
        assert_eq!(vcs.begin("slug"), Err(expected.clone()));
        assert_eq!(vcs.commit(&step([world.devika_writes("a", "2\n")])), Err(expected));
    }
}

#[test]
fn a_work_tree_that_leads_away_is_refused() {
    let outside = TempDir::new().unwrap();
    for lead in [outside.path().canonicalize().unwrap(), "../..".into()] {
        let world = World::with(&[("a", "1\n")]);
        world.git.config().unwrap().set_str("core.worktree", lead.to_str().unwrap()).unwrap();
        let error = refusal(&world.root());
        assert!(matches!(error, VcsError::Foreign { .. }), "{}: {error}", lead.display());
    }
}

#[test]
fn a_git_file_that_leads_to_another_repository_is_refused() {
    let victim = World::with(&[("secret", "1\n")]);
    let folder = TempDir::new().unwrap();
    let lead = format!("gitdir: {}\n", victim.root().join(".git").display());
    fs::write(folder.path().join(".git"), lead).unwrap();
    assert!(matches!(refusal(folder.path()), VcsError::Foreign { .. }));
}

#[cfg(unix)]
#[test]
fn a_linked_git_folder_is_refused() {
    let victim = World::with(&[("secret", "1\n")]);
    let folder = TempDir::new().unwrap();
    std::os::unix::fs::symlink(victim.root().join(".git"), folder.path().join(".git")).unwrap();
    assert!(matches!(refusal(folder.path()), VcsError::Foreign { .. }));
}

#[test]
fn a_foreign_common_folder_is_refused() {
    let victim = World::with(&[("secret", "1\n")]);
    let world = World::with(&[("a", "1\n")]);
    let lead = victim.root().join(".git").display().to_string();
    fs::write(world.root().join(".git/commondir"), lead).unwrap();
    assert!(matches!(refusal(&world.root()), VcsError::Foreign { .. }));
}

#[test]
fn linked_worktrees_of_the_user_work() {
    let world = World::with(&[("a", "1\n")]);
    let folder = TempDir::new().unwrap();
    let path = folder.path().canonicalize().unwrap().join("linked");
    world.git.worktree("linked", &path, None).unwrap();
    let vcs = Repository::open(&path).unwrap().unwrap();
    assert_eq!(vcs.begin("slug").unwrap(), "devika/slug");
    fs::write(path.join("b"), "1\n").unwrap();
    let mut file = world.devika_writes("b", "1\n");
    file.before = None;
    assert_eq!(vcs.commit(&step([file])).unwrap().branch, "devika/slug");
    assert_eq!(world.open().current_branch().unwrap().as_deref(), Some("main"));
}

#[test]
fn submodules_of_the_user_work() {
    let world = World::with(&[("a", "1\n")]);
    let workdir = world.root().join("sub");
    let mut options = RepositoryInitOptions::new();
    options.workdir_path(&workdir).no_dotgit_dir(true).mkpath(true).initial_head("main");
    drop(git2::Repository::init_opts(world.root().join(".git/modules/sub"), &options).unwrap());
    fs::write(workdir.join(".git"), "gitdir: ../.git/modules/sub\n").unwrap();
    let vcs = Repository::open(&workdir).unwrap().unwrap();
    let mut file = world.devika_writes("sub/x", "1\n");
    file.path = "x".to_owned();
    assert_eq!(vcs.commit(&step([file])).unwrap().branch, "main");
}

#[test]
fn a_lock_left_in_the_repository_is_named_and_kept() {
    let world = World::with(&[("a", "1\n")]);
    let lock = world.root().join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let file = world.devika_writes("a", "2\n");
    let head = world.open().head().unwrap();
    let error = world.open().commit(&step([file])).unwrap_err();
    assert_eq!(error, VcsError::Locked { path: lock.clone() });
    assert!(error.to_string().contains("index.lock"));
    assert!(lock.exists());
    assert_eq!(world.open().head().unwrap(), head);
}

#[test]
fn a_branch_that_is_locked_leaves_staged_files_as_they_were() {
    let world = World::with(&[("a", "1\n")]);
    fs::write(world.root().join(".git/refs/heads/main.lock"), "").unwrap();
    let file = world.devika_writes("a", "2\n");
    let error = world.open().commit(&step([file])).unwrap_err();
    assert!(matches!(error, VcsError::Locked { .. }), "{error}");
    assert_eq!(world.staged("a").unwrap(), "1\n");
}

#[cfg(unix)]
#[test]
fn a_repository_of_another_user_is_refused_with_the_way_to_allow_it() {
    let world = World::with(&[("a", "1\n")]);
    for path in [world.root(), world.root().join(".git")] {
        // Only the superuser can give files away; others cannot see this case.
        if std::os::unix::fs::chown(&path, Some(65534), None).is_err() {
            return;
        }
    }
    let error = refusal(&world.root());
    assert_eq!(error, VcsError::Owner { path: world.root() });
    assert!(error.to_string().contains("safe.directory"));
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let world = World::with(&[("a", "1\n")]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(std::env::temp_dir(), world.root().join("link")).unwrap();
    for path in ["../x", "/etc/x", ".git/config", "sub/.GIT/hooks/x", "link/x", "", "a/b"] {
        let mut file = world.devika_writes("y", "1\n");
        file.path = path.to_owned();
        let error = world.open().commit(&step([file])).unwrap_err();
        assert!(matches!(error, VcsError::Path { .. }), "{path}: {error}");
    }
}

#[test]
fn who_has_no_name_gets_a_stand_in_and_is_told() {
    let world = World::empty();
    world.git.config().unwrap().set_str("user.email", "").unwrap();
    let author = world.open().author().unwrap();
    assert_eq!((author.name.as_str(), author.is_default), ("Devika user", true));
}

/// Programs that a repository may name, each of which would leave a trace.
#[cfg(unix)]
#[test]
fn no_program_that_the_repository_names_is_run() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::with(&[("a", "1\n")]);
    let trace = world.root().join(".git/trace");
    let program = world.root().join(".git/canary");
    fs::write(&program, format!("#!/bin/sh\necho ran >> {}\ncat\n", trace.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let hooks = [
        "pre-commit",
        "commit-msg",
        "post-commit",
        "post-checkout",
        "post-index-change",
        "reference-transaction",
    ];
    fs::create_dir_all(world.root().join(".git/hooks")).unwrap();
    for hook in hooks {
        fs::copy(&program, world.root().join(".git/hooks").join(hook)).unwrap();
    }
    let mut config = world.git.config().unwrap();
    let canary = program.to_str().unwrap();
    let keys = [
        "core.fsmonitor",
        "filter.canary.clean",
        "filter.canary.smudge",
        "filter.canary.process",
        "diff.external",
        "diff.canary.textconv",
        "merge.canary.driver",
        "gpg.program",
        "core.editor",
    ];
    for key in keys {
        config.set_str(key, canary).unwrap();
    }
    config.set_bool("commit.gpgsign", true).unwrap();
    world.write(".gitattributes", "* diff=canary merge=canary\n*.c filter=canary\n");

    let vcs = world.open();
    vcs.begin("slug").unwrap();
    vcs.commit(&step([world.devika_writes("a", "2\n"), world.devika_writes("b", "1\n")])).unwrap();
    let filtered = vcs.commit(&step([world.devika_writes("c.c", "1\n")]));
    assert!(matches!(filtered, Err(VcsError::Path { .. })), "{filtered:?}");
    vcs.find("7", "1/2").unwrap();
    vcs.log(10).unwrap();

    assert!(!trace.exists());
    let committed = world.committed();
    assert_eq!(committed, [("a", "2\n"), ("b", "1\n")].map(|(a, b)| (a.into(), b.into())));
}
