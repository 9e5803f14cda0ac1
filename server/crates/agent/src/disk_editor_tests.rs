//! What the editor of the file system promises.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

struct World {
    folder: tempfile::TempDir,
    root: PathBuf,
}

impl World {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project");
        fs::create_dir(&root).unwrap();
        for (path, text) in files {
            let file = root.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        Self { folder, root }
    }

    async fn apply(&self, edit: FileEdit) -> String {
        match DiskEditor::new(self.root.clone()).apply(&edit).await {
            Ok(()) => "applied".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Every file with its text, folders with a `/`.
    fn tree(&self) -> Vec<String> {
        fn walk(root: &Path, folder: &Path, tree: &mut Vec<String>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(root).unwrap().display().to_string();
                if path.is_dir() && !path.is_symlink() {
                    tree.push(format!("{name}/"));
                    walk(root, &path, tree);
                } else {
                    tree.push(format!("{name}: {:?}", fs::read_to_string(&path).unwrap()));
                }
            }
        }
        let mut tree = Vec::new();
        walk(&self.root, &self.root, &mut tree);
        tree.sort();
        tree
    }

    fn set_mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.root.join(path), Permissions::from_mode(mode)).unwrap();
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn create(at: &str, text: &str) -> FileEdit {
    FileEdit::Create { path: path(at), text: text.into() }
}

fn modify(at: &str, before: &str, after: &str) -> FileEdit {
    FileEdit::Modify { path: path(at), before: before.into(), after: after.into() }
}

fn delete(at: &str, before: &str) -> FileEdit {
    FileEdit::Delete { path: path(at), before: before.into() }
}

fn rename(from: &str, to: &str, before: &str, after: &str) -> FileEdit {
    FileEdit::Rename { from: path(from), to: path(to), before: before.into(), after: after.into() }
}

#[tokio::test]
async fn a_new_file_is_there_with_its_folders_and_the_usual_mode() {
    let world = World::with(&[]);
    assert_eq!(world.apply(create("src/app/main.py", "print()\r\n")).await, "applied");
    assert_eq!(world.tree(), ["src/", "src/app/", "src/app/main.py: \"print()\\r\\n\""]);
    let mode = |path: &str| world.root.join(path).metadata().unwrap().permissions().mode();
    fs::write(world.root.join("other"), "").unwrap();
    assert_eq!(mode("src/app/main.py"), mode("other"));
}

#[tokio::test]
async fn a_new_file_never_replaces_one() {
    let world = World::with(&[("a.py", "user's")]);
    assert_eq!(world.apply(create("a.py", "mine")).await, "`a.py` has changed meanwhile");
    assert_eq!(world.tree(), ["a.py: \"user's\""]);
}

#[tokio::test]
async fn a_changed_file_keeps_its_mode_and_the_bytes_are_those_given() {
    let world = World::with(&[("run.sh", "\u{feff}a\r\nb")]);
    world.set_mode("run.sh", 0o751);
    assert_eq!(world.apply(modify("run.sh", "\u{feff}a\r\nb", "\u{feff}a\r\nc")).await, "applied");
    assert_eq!(world.tree(), ["run.sh: \"\\u{feff}a\\r\\nc\""]);
    let mode = world.root.join("run.sh").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o751);
}

#[tokio::test]
async fn whoever_changed_the_file_meanwhile_wins() {
    for edit in [
        modify("a.py", "old", "new"),
        delete("a.py", "old"),
        rename("a.py", "b.py", "old", "new"),
        modify("gone.py", "old", "new"),
    ] {
        let world = World::with(&[("a.py", "the user's")]);
        let answer = world.apply(edit).await;
        assert!(answer.ends_with("has changed meanwhile"), "{answer}");
        assert_eq!(world.tree(), ["a.py: \"the user's\""]);
    }
}

#[tokio::test]
async fn a_file_is_deleted_and_renamed() {
    let world = World::with(&[("a.py", "a"), ("b.py", "b")]);
    world.set_mode("b.py", 0o700);
    assert_eq!(world.apply(delete("a.py", "a")).await, "applied");
    assert_eq!(world.apply(rename("b.py", "lib/c.py", "b", "c")).await, "applied");
    assert_eq!(world.tree(), ["lib/", "lib/c.py: \"c\""]);
    let mode = world.root.join("lib/c.py").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn a_rename_never_replaces_a_file() {
    let world = World::with(&[("a.py", "a"), ("b.py", "b")]);
    assert_eq!(world.apply(rename("a.py", "b.py", "a", "c")).await, "`b.py` has changed meanwhile");
    assert_eq!(world.tree(), ["a.py: \"a\"", "b.py: \"b\""]);
}

#[tokio::test]
async fn links_that_lead_out_of_the_workspace_are_not_followed() {
    let world = World::with(&[("real/a.py", "a")]);
    let outside = world.folder.path().canonicalize().unwrap().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("a.py"), "a").unwrap();
    symlink(&outside, world.root.join("out")).unwrap();
    symlink(outside.join("a.py"), world.root.join("a.py")).unwrap();
    symlink(world.root.join("real"), world.root.join("in")).unwrap();
    for edit in [
        create("out/new.py", "new"),
        create("out/sub/new.py", "new"),
        modify("out/a.py", "a", "b"),
        modify("a.py", "a", "b"),
        delete("a.py", "a"),
        rename("real/a.py", "out/b.py", "a", "b"),
    ] {
        let answer = world.apply(edit.clone()).await;
        assert!(answer.starts_with("cannot write"), "{edit:?}: {answer}");
    }
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(outside.join("a.py")).unwrap(), "a");
    assert_eq!(world.apply(modify("in/a.py", "a", "b")).await, "applied");
    assert_eq!(fs::read_to_string(world.root.join("real/a.py")).unwrap(), "b");
}

#[tokio::test]
async fn what_is_read_only_stays_as_it_is_and_the_user_is_told() {
    let world = World::with(&[("locked.py", "a"), ("shut/a.py", "a")]);
    world.set_mode("locked.py", 0o444);
    world.set_mode("shut", 0o555);
    let file = "the file is read-only; make it writable and try again";
    let folder = "its folder is read-only; make it writable and try again";
    for (edit, why) in [
        (modify("locked.py", "a", "b"), format!("cannot write `locked.py`: {file}")),
        (modify("shut/a.py", "a", "b"), format!("cannot write `shut/a.py`: {folder}")),
        (create("shut/b.py", "b"), format!("cannot write `shut/b.py`: {folder}")),
        (create("shut/sub/b.py", "b"), format!("cannot write `shut/sub/b.py`: {folder}")),
        (delete("shut/a.py", "a"), format!("cannot write `shut/a.py`: {folder}")),
    ] {
        assert_eq!(world.apply(edit).await, why);
    }
    world.set_mode("shut", 0o755);
    assert_eq!(world.tree(), ["locked.py: \"a\"", "shut/", "shut/a.py: \"a\""]);
}

#[tokio::test]
async fn folders_made_for_a_file_that_cannot_be_written_are_removed() {
    let world = World::with(&[("a", "a file")]);
    let long = format!("new/{}", "x".repeat(300));
    let answer = world.apply(create(&long, "text")).await;
    assert!(answer.contains("name too long"), "{answer}");
    let answer = world.apply(create("a/b.py", "text")).await;
    assert!(answer.contains("is a file, not a folder"), "{answer}");
    assert_eq!(world.tree(), ["a: \"a file\""]);
}

#[test]
fn a_full_disk_is_called_by_its_name() {
    let error = io_refused(&path("a.py"), &io::Error::from(ErrorKind::StorageFull));
    assert_eq!(
        error.to_string(),
        "cannot write `a.py`: the disk is full; make room, then resume (no storage space)"
    );
}

#[tokio::test]
async fn what_a_killed_process_left_beside_a_file_gives_way() {
    let world = World::with(&[("sub/a.py", "a")]);
    let left = world.root.join("sub").join(draft_name(&path("sub/a.py")));
    fs::write(left, "half of the t").unwrap();
    assert_eq!(world.apply(modify("sub/a.py", "a", "b")).await, "applied");
    assert_eq!(world.tree(), ["sub/", "sub/a.py: \"b\""]);
}

#[tokio::test]
async fn a_rename_that_a_kill_cut_in_two_is_completed() {
    let world = World::with(&[("a.py", "a"), ("b.py", "b")]);
    let (from, to) = (path("a.py"), path("b.py"));
    let rename = FileEdit::Rename { from, to, before: "a".into(), after: "b".into() };
    assert_eq!(world.apply(rename).await, "applied");
    assert_eq!(world.tree(), ["b.py: \"b\""]);
}
