//! What is in a commit, and what of the user's is not.

use std::{fs, thread};

use devika_vcs::{Commit, LogEntry, Repository, VcsError};

use crate::world::{World, step};

#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_new_project_gets_its_first_commit_on_main() {
    let world = World::empty();
    let vcs = world.open();
    assert_eq!(vcs.begin("hello").unwrap(), "main");
    assert_eq!(vcs.head().unwrap(), None);
    let commit = vcs.commit(&step([world.devika_writes("src/hello.py", "print('hi')\n")])).unwrap();
    assert_eq!(
        commit,
        Commit { id: vcs.head().unwrap().unwrap(), branch: "main".to_owned(), ..Commit::default() }
    );
    assert_eq!(world.committed(), [("src/hello.py".to_owned(), "print('hi')\n".to_owned())]);
    assert_eq!(world.status(), [""; 0]);
    let entry =
        LogEntry { id: commit.id, subject: "Do the step".to_owned(), author: "Ada".to_owned() };
    assert_eq!(vcs.log(10).unwrap(), [entry]);
}

#[test]
fn an_existing_project_gets_a_task_branch_and_nothing_moves() {
    let world = World::with(&[("a", "1\n"), ("b", "1\n")]);
    world.write("a", "unstaged\n");
    world.write("b", "staged\n");
    world.add("b");
    world.write("c", "untracked\n");
    let (status, head) = (world.status(), world.open().head().unwrap());
    let vcs = world.open();
    assert_eq!(vcs.begin("Fix the bug").unwrap(), "devika/fix-the-bug");
    assert_eq!(vcs.current_branch().unwrap().as_deref(), Some("devika/fix-the-bug"));
    assert_eq!((world.status(), vcs.head().unwrap()), (status, head));
}

#[test]
fn a_branch_with_work_is_not_taken_by_another_task_and_an_unused_one_is() {
    let world = World::with(&[("a", "1\n")]);
    let vcs = world.open();
    assert_eq!(vcs.begin("slug").unwrap(), "devika/slug");
    world.git.set_head("refs/heads/main").unwrap();
    assert_eq!(vcs.begin("slug").unwrap(), "devika/slug");
    assert_eq!(vcs.begin("slug").unwrap(), "devika/slug");
    vcs.commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    assert_eq!(vcs.begin("slug").unwrap(), "devika/slug-2");
    vcs.commit(&step([world.devika_writes("a", "3\n")])).unwrap();
    assert_eq!(vcs.begin("slug").unwrap(), "devika/slug-3");
}

#[test]
fn a_branch_called_devika_is_in_nobodys_way() {
    let world = World::with(&[("a", "1\n")]);
    world
        .git
        .branch("devika", &world.git.head().unwrap().peel_to_commit().unwrap(), false)
        .unwrap();
    assert_eq!(world.open().begin("slug").unwrap(), "devika-slug");
}

#[test]
fn a_commit_in_the_middle_of_a_conflict_elsewhere_leaves_the_conflict() {
    let world = World::with(&[("a", "1\n"), ("b", "1\n")]);
    let mut index = world.git.index().unwrap();
    let entry = index.get_path("b".as_ref(), 0).unwrap();
    index.remove_path("b".as_ref()).unwrap();
    for stage in 1..=3_u16 {
        let side = git2::IndexEntry {
            flags: (entry.flags & !0x3000) | (stage << 12),
            path: entry.path.clone(),
            ..world.git.index().unwrap().iter().next().unwrap()
        };
        index.add(&side).unwrap();
    }
    index.write().unwrap();
    world.open().commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    index.read(true).unwrap();
    assert!(index.conflict_get("b".as_ref()).is_ok());
    assert_eq!(world.committed().len(), 2);
}

#[test]
fn staged_unstaged_and_untracked_work_of_the_user_is_not_swept_in() {
    let world = World::with(&[("a", "1\n"), ("b", "1\n"), ("c", "1\n"), ("d", "1\n")]);
    world.write("a", "unstaged\n");
    world.write("b", "staged\n");
    world.add("b");
    world.write("b", "staged, then changed\n");
    fs::remove_file(world.root().join("c")).unwrap();
    world.write("new", "untracked\n");
    world.write("new-staged", "staged\n");
    world.add("new-staged");
    let before = world.status();
    let staged = ["a", "b", "c", "new", "new-staged"].map(|path| world.staged(path));

    let files = [world.devika_writes("d", "2\n"), world.devika_writes("sub/e", "2\n")];
    world.open().commit(&step(files)).unwrap();

    assert_eq!(world.status(), before);
    assert_eq!(["a", "b", "c", "new", "new-staged"].map(|path| world.staged(path)), staged);
    let committed = [("a", "1\n"), ("b", "1\n"), ("c", "1\n"), ("d", "2\n"), ("sub/e", "2\n")];
    assert_eq!(world.committed(), committed.map(|(path, text)| (path.into(), text.into())));
}

#[test]
fn in_a_file_with_uncommitted_work_only_devikas_lines_are_committed() {
    let world = World::with(&[("a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n")]);
    world.write("a", "staged\n2\n3\n4\n5\n6\n7\n8\n9\n");
    world.add("a");
    world.write("a", "staged\n2\n3\nunstaged\n5\n6\n7\n8\n9\n");
    let file = world.devika_writes("a", "staged\n2\n3\nunstaged\n5\n6\n7\n8\nDevika\n");
    world.open().commit(&step([file])).unwrap();
    assert_eq!(world.committed()[0].1, "1\n2\n3\n4\n5\n6\n7\n8\nDevika\n");
    assert_eq!(world.staged("a").unwrap(), "staged\n2\n3\n4\n5\n6\n7\n8\nDevika\n");
    assert_eq!(world.status(), ["MM a"]);
}

#[test]
fn where_the_users_uncommitted_lines_are_devikas_nothing_is_committed() {
    let world = World::with(&[("a", "1\n"), ("b", "1\n")]);
    world.write("a", "user\n");
    let files = [world.devika_writes("b", "Devika\n"), world.devika_writes("a", "Devika\n")];
    let (status, head) = (world.status(), world.open().head().unwrap());
    let error = world.open().commit(&step(files)).unwrap_err();
    assert_eq!(error, VcsError::Overlap { path: "a".to_owned() });
    assert_eq!((world.status(), world.open().head().unwrap()), (status, head));
}

#[test]
fn staged_lines_that_meet_devikas_stay_staged() {
    let world = World::with(&[("a", "1\n")]);
    world.write("a", "staged\n");
    world.add("a");
    world.write("a", "1\n");
    world.open().commit(&step([world.devika_writes("a", "Devika\n")])).unwrap();
    assert_eq!(world.committed()[0].1, "Devika\n");
    assert_eq!(world.staged("a").unwrap(), "staged\n");
}

#[test]
fn a_deleted_file_and_a_folder_left_empty_are_gone() {
    let world = World::with(&[("keep", "1\n"), ("sub/deep/gone", "1\n")]);
    world.open().commit(&step([world.devika_deletes("sub/deep/gone")])).unwrap();
    assert_eq!(world.committed(), [("keep".to_owned(), "1\n".to_owned())]);
    assert_eq!(world.git.head().unwrap().peel_to_tree().unwrap().len(), 1);
    assert_eq!(world.status(), [""; 0]);
}

#[test]
fn a_staged_deletion_of_the_user_stays() {
    let world = World::with(&[("a", "1\n")]);
    let mut index = world.git.index().unwrap();
    index.remove_path("a".as_ref()).unwrap();
    index.write().unwrap();
    world.open().commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    assert_eq!(world.committed()[0].1, "2\n");
    assert_eq!(world.staged("a"), None);
}

#[test]
fn an_untracked_file_is_committed_whole_and_the_user_is_told() {
    let world = World::with(&[("a", "1\n")]);
    world.write("mine", "user\n");
    let commit = world.open().commit(&step([world.devika_writes("mine", "user\nDevika\n")]));
    assert_eq!(commit.unwrap().adopted, ["mine"]);
    assert_eq!(world.status(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn programs_stay_executable() {
    let world = World::with(&[("plain", "1\n")]);
    world.write("run", "1\n");
    let run = world.root().join("run");
    fs::set_permissions(&run, fs::Permissions::from_mode(0o755)).unwrap();
    world.add("run");
    world.user_commits("Add a program");
    let new = world.devika_writes("new", "1\n");
    fs::set_permissions(world.root().join("new"), fs::Permissions::from_mode(0o700)).unwrap();
    let files = [world.devika_writes("run", "2\n"), world.devika_writes("plain", "2\n"), new];
    world.open().commit(&step(files)).unwrap();
    let tree = world.git.head().unwrap().peel_to_tree().unwrap();
    let mode = |name| tree.get_name(name).unwrap().filemode();
    assert_eq!([mode("run"), mode("plain"), mode("new")], [0o100755, 0o100644, 0o100755]);
    assert_eq!(world.status(), [""; 0]);
}

#[test]
fn crlf_on_disk_is_lf_in_the_commit_where_git_converts() {
    let world = World::with(&[("a", "1\n2\n")]);
    world.git.config().unwrap().set_str("core.autocrlf", "true").unwrap();
    world.write("a", "1\r\n2\r\n");
    let files = [world.devika_writes("a", "1\r\n3\r\n"), world.devika_writes("b", "1\r\n")];
    world.open().commit(&step(files)).unwrap();
    assert_eq!(
        world.committed(),
        [("a", "1\n3\n"), ("b", "1\n")].map(|(a, b)| (a.into(), b.into()))
    );
    assert_eq!(world.status(), [""; 0]);
}

#[test]
fn ignored_files_are_left_out_and_named() {
    let world = World::with(&[(".gitignore", "*.log\n"), ("a", "1\n")]);
    let files = [world.devika_writes("x.log", "1\n"), world.devika_writes("a", "2\n")];
    assert_eq!(world.open().commit(&step(files)).unwrap().ignored, ["x.log"]);
    assert_eq!(
        world.open().commit(&step([world.devika_writes("x.log", "2\n")])),
        Err(VcsError::Nothing { ignored: vec!["x.log".to_owned()] })
    );
}

#[test]
fn a_commit_is_found_again_by_task_and_step() {
    let world = World::with(&[("a", "1\n")]);
    let vcs = world.open();
    let commit = vcs.commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    world.write("a", "3\n");
    world.add("a");
    world.user_commits("Talk of it\n\nDevika-Task: 9\nDevika-Step: 1/2\n\nin passing");
    assert_eq!(vcs.find("7", "1/2").unwrap().map(|found| found.id), Some(commit.id));
    assert_eq!(vcs.find("7", "2/2"), Ok(None));
    assert_eq!(vcs.find("9", "1/2"), Ok(None));
    assert_eq!(World::empty().open().find("7", "1/2"), Ok(None));
}

#[test]
fn a_commit_made_again_after_a_crash_adds_nothing() {
    let world = World::with(&[("a", "1\n")]);
    let request = step([world.devika_writes("a", "2\n")]);
    world.open().commit(&request).unwrap();
    assert_eq!(world.open().commit(&request), Err(VcsError::Nothing { ignored: Vec::new() }));
    assert_eq!(world.status(), [""; 0]);
}

#[test]
fn commits_of_others_at_the_same_time_are_all_kept() {
    let world = World::with(&[("a", "1\n")]);
    let files = ["p", "q"].map(|name| {
        (0..20).map(|n| world.devika_writes(&format!("{name}{n}"), "1\n")).collect::<Vec<_>>()
    });
    let root = world.root();
    thread::scope(|scope| {
        for files in files {
            let root = &root;
            scope.spawn(move || {
                let vcs = Repository::open(root).unwrap().unwrap();
                for file in files {
                    let request = step([file]);
                    while let Err(error) = vcs.commit(&request) {
                        let again =
                            matches!(error, VcsError::Locked { .. } | VcsError::Moved { .. });
                        assert!(again, "{error}");
                    }
                }
            });
        }
    });
    assert_eq!(world.committed().len(), 41);
    assert_eq!(world.status(), [""; 0]);
    assert_eq!(world.open().log(100).unwrap().len(), 41);
}

#[test]
fn a_root_within_a_bigger_repository_commits_below_itself_only() {
    let world = World::with(&[("app/a", "1\n"), ("other", "1\n")]);
    let vcs = Repository::open(&world.root().join("app")).unwrap().unwrap();
    let mut file = world.devika_writes("app/a", "2\n");
    file.path = "a".to_owned();
    vcs.commit(&step([file])).unwrap();
    assert_eq!(world.committed()[0], ("app/a".to_owned(), "2\n".to_owned()));
    let mut outside = world.devika_writes("other", "2\n");
    outside.path = "../other".to_owned();
    assert!(matches!(vcs.commit(&step([outside])), Err(VcsError::Path { .. })));
}

#[test]
fn a_detached_head_moves_and_no_branch_does() {
    let world = World::with(&[("a", "1\n")]);
    let main = world.git.head().unwrap().target().unwrap();
    world.git.set_head_detached(main).unwrap();
    let commit = world.open().commit(&step([world.devika_writes("a", "2\n")])).unwrap();
    assert_eq!(commit.branch, "HEAD");
    assert_eq!(world.git.find_reference("refs/heads/main").unwrap().target(), Some(main));
    assert_eq!(world.open().current_branch().unwrap(), None);
}

#[test]
fn what_the_user_staged_of_a_file_that_devika_just_made_stays_staged() {
    let world = World::with(&[("a", "1\n")]);
    let made = world.devika_writes("new", "Devika\n");
    world.write("new", "user\nDevika\n");
    world.add("new");
    world.open().commit(&step([made])).unwrap();
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    assert_eq!(world.committed(), [file("a", "1\n"), file("new", "Devika\n")]);
    assert_eq!(world.staged("new").as_deref(), Some("user\nDevika\n"));
}

#[test]
fn a_file_that_is_renamed_takes_none_of_the_users_uncommitted_lines_along() {
    let world = World::with(&[("old", "1\n2\n3\n")]);
    world.write("old", "staged\n1\n2\n3\n");
    world.add("old");
    world.write("old", "staged\n1\n2\n3\nunstaged\n");
    let gone = world.devika_deletes("old");
    let mut new = world.devika_writes("new", "staged\n1\nDevika\n3\nunstaged\n");
    new.before.clone_from(&gone.before);
    let commit = world.open().commit(&step([gone, new])).unwrap();
    assert_eq!(world.committed(), [("new".to_owned(), "1\nDevika\n3\n".to_owned())]);
    assert_eq!(world.staged("new").as_deref(), Some("staged\n1\nDevika\n3\n"));
    assert_eq!(commit.adopted, [""; 0]);
}
