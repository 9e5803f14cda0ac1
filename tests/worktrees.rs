//! Tasks in worktrees of their own: beside the user's files, several at once, accepted or left at the end.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use scripted_model::{Gate, Reply};
use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::{Ran, World, code, decision, plan};

/// The request of the task that has this prompt, and of no other.
fn of(prompt: &str) -> String {
    format!("Task from the user:\n{prompt}")
}

/// Writes a file of that text, in one step.
fn writes(prompt: &str, path: &str, text: &str) -> [Reply; 2] {
    [
        plan(&format!("Write {path}"), &[path], &[]).when(of(prompt)),
        code(&format!("Add {path}"), &[(path, text)]).when(of(prompt)),
    ]
}

const PROMPT: &str = "Write a new file";

/// A project with work of the user's in every state, and a model that writes new.txt.
async fn world() -> World {
    let world = World::new(writes(PROMPT, "new.txt", "new\n").into()).await;
    dirty(&world);
    world
}

/// What a user may have that is not committed.
fn dirty(world: &World) {
    world.file("a.txt", "one\ntwo\nthree\n").file("b.txt", "b\n").committed();
    world.file("staged.txt", "staged\n").file("b.txt", "staged b\n");
    let repository = world.repository();
    let mut index = repository.index().unwrap();
    for path in ["staged.txt", "b.txt"] {
        index.add_path(Path::new(path)).unwrap();
    }
    index.write().unwrap();
    world.file("b.txt", "staged b, and more\n").file("mine.txt", "untracked\n");
    world.file("a.txt", "one\ntwo\nthree, mine\n");
}

/// Every byte that the user has: files, what is staged, and what is checked out.
fn users(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![world.root()];
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true if path.ends_with(".git") => {}
                true => folders.push(path),
                false => drop(files.insert(path.clone(), std::fs::read(path).unwrap())),
            }
        }
    }
    for name in ["index", "HEAD", "refs/heads/main"] {
        let path = world.root().join(".git").join(name);
        files.insert(path.clone(), std::fs::read(path).unwrap());
    }
    files
}

/// The folder of a task's worktree.
fn worktree(world: &World, task: i64) -> PathBuf {
    world.home().join(format!("state/worktrees/task-{task}/project"))
}

fn run_beside(world: &World, prompt: &str) -> Ran {
    world.run(&["run", "--worktree", "--yes", "--json", prompt])
}

fn branches(world: &World) -> Vec<String> {
    let repository = world.repository();
    let all = repository.branches(None).unwrap();
    all.map(|branch| branch.unwrap().0.name().unwrap().unwrap().to_owned()).collect()
}

fn of_task<'a>(task: i64, name: &'a str) -> impl Fn(&Value) -> bool + 'a {
    move |message| {
        let told = &message["params"];
        message["method"] == "devika/event" && told["event"] == name && told["task"] == task
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_work_at_once_beside_the_users_files_and_both_are_accepted() {
    let gates = [Gate::default(), Gate::default()];
    let prompts = ["The first task", "The second task"];
    let [plan_c, code_c] = writes(prompts[0], "c.txt", "c\n");
    let [plan_d, code_d] = writes(prompts[1], "d.txt", "d\n");
    let world = World::new(vec![
        plan_c.chunks(5).gate(1, &gates[0]),
        code_c,
        plan_d.chunks(5).gate(1, &gates[1]),
        code_d,
    ])
    .await;
    dirty(&world);
    let before = users(&world);
    let mut editor = Session::start(&world, Client::Extension).await;
    for (prompt, gate) in prompts.iter().zip(&gates) {
        let start = json!({ "prompt": prompt, "git": "worktree" });
        editor.execute("devika.task.start", start).await.unwrap();
        gate.reached().await;
    }
    // Both are in the midst of their plans now.
    gates.iter().for_each(Gate::release);
    let mut named = Vec::new();
    for task in [1, 2] {
        let done = editor.until(of_task(task, "completed")).await["params"].clone();
        named.push(done["branch"].as_str().unwrap().to_owned());
        let summary = done["summary"].as_str().unwrap();
        assert!(
            summary.contains(&format!("`{}`, in a worktree", named[task as usize - 1])),
            "{summary}"
        );
    }
    named.sort();
    assert_eq!(named, ["devika/the-work", "devika/the-work-2"]);
    assert_eq!(users(&world), before);
    for task in ["1", "2"] {
        let ran = world.run(&["tasks", "accept", task]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    assert_eq!((world.read("c.txt"), world.read("d.txt")), ("c\n".into(), "d\n".into()));
    assert_eq!((world.branch(), branches(&world)), ("main".to_owned(), vec!["main".to_owned()]));
    // What the user had is as it was, staged or not.
    let after = users(&world);
    for (path, bytes) in
        before.iter().filter(|(path, _)| !path.starts_with(world.root().join(".git")))
    {
        assert_eq!(&after[path], bytes, "{}", path.display());
    }
    let repository = world.repository();
    let status = |path: &str| repository.status_file(Path::new(path)).unwrap();
    use git2::Status;
    assert_eq!(status("staged.txt"), Status::INDEX_NEW);
    assert_eq!(status("b.txt"), Status::INDEX_MODIFIED | Status::WT_MODIFIED);
    assert_eq!((status("a.txt"), status("mine.txt")), (Status::WT_MODIFIED, Status::WT_NEW));
    assert_eq!((status("c.txt"), status("d.txt")), (Status::CURRENT, Status::CURRENT));
    assert!(!worktree(&world, 1).exists() && !worktree(&world, 2).exists());
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_killed_after_any_journal_write_goes_on_in_its_worktree() {
    // The model would answer each turn again; it counts how often it is asked.
    let replies = || {
        let code = code("Add new.txt", &[("new.txt", "new\n")]).when("Do this now");
        vec![code.repeated(), plan("Write new.txt", &["new.txt"], &[]).repeated()]
    };
    for point in 1.. {
        let world = World::new(replies()).await;
        dirty(&world);
        let before = users(&world);
        let ran = world
            .devika(&["run", "--worktree", "--yes", PROMPT])
            .env("DEVIKA_CRASH_AFTER", point.to_string())
            .output()
            .unwrap();
        if ran.status.code() == Some(0) {
            assert!(point > 15, "a task writes more often into the journal: {point}");
            return;
        }
        assert_eq!(ran.status.code(), None, "point {point}: {ran:?}");
        let resumed = world.run(&["tasks", "resume", "1", "--yes", "--json"]);
        assert_eq!(resumed.code, Some(0), "point {point}: {resumed:?}");
        assert_eq!(users(&world), before, "point {point}");
        assert_eq!(world.model.requests().len(), 2, "point {point}: a turn was paid for twice");
        let own = git2::Repository::open(worktree(&world, 1)).unwrap();
        let mut walk = own.revwalk().unwrap();
        walk.push_head().unwrap();
        assert_eq!(walk.count(), 2, "point {point}: the user's commit and the step's");
        assert!(own.statuses(None).unwrap().is_empty(), "point {point}");
        assert_eq!(branches(&world), ["devika/the-work", "main"], "point {point}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_committed_in_the_worktree_outlives_a_discarded_task() {
    let world = world().await;
    let before = users(&world);
    assert_eq!(run_beside(&world, PROMPT).code, Some(0));
    let notes = worktree(&world, 1).join("notes.txt");
    std::fs::write(&notes, "notes\n").unwrap();
    let ran = world.run(&["tasks", "discard", "1", "--json"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = ran.events().pop().unwrap();
    assert_eq!(told["event"], "discarded");
    let place = worktree(&world, 1).parent().unwrap().display().to_string();
    assert_eq!(told["worktree"], json!(place), "it is named");
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "notes\n");
    assert_eq!(users(&world), before);
    // Once nothing is left in it that is not committed, the next task finds it and sweeps it away.
    std::fs::remove_file(&notes).unwrap();
    world.model.push(decision(json!({ "kind": "answer", "reply": "Yes." })));
    world.model.push(Reply::text("Yes."));
    assert_eq!(run_beside(&world, "Is it good?").code, Some(0));
    assert!(!worktree(&world, 1).exists());
    assert!(!worktree(&world, 2).exists(), "a task that has committed nothing leaves none");
    assert_eq!(users(&world), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_task_leaves_neither_branch_nor_worktree_and_its_commits_can_be_found() {
    let world = world().await;
    let before = users(&world);
    assert_eq!(run_beside(&world, PROMPT).code, Some(0));
    assert_eq!(world.run(&["tasks", "discard", "1"]).code, Some(0));
    assert_eq!((branches(&world), worktree(&world, 1).exists()), (vec!["main".to_owned()], false));
    assert_eq!(users(&world), before);
    let repository = world.repository();
    let kept = repository.revparse_single("refs/devika/1/discarded:new.txt").unwrap();
    assert_eq!(kept.as_blob().unwrap().content(), b"new\n");
    assert_eq!(world.run(&["tasks", "accept", "1"]).code, Some(2), "it has ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_undone_and_redone_in_the_worktree() {
    let world = world().await;
    let before = users(&world);
    assert_eq!(run_beside(&world, PROMPT).code, Some(0));
    let file = worktree(&world, 1).join("new.txt");
    assert_eq!(world.run(&["tasks", "undo", "1"]).code, Some(0));
    assert!(!file.exists());
    assert_eq!(world.run(&["tasks", "redo", "1", "--step", "1"]).code, Some(0));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "new\n");
    assert_eq!(users(&world), before);
    let diff = world.run(&["tasks", "diff", "1"]);
    assert!(diff.out.contains("+++ b/new.txt"), "{diff:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accepted_work_is_merged_with_what_both_have_changed_meanwhile() {
    let world = World::new(writes(PROMPT, "a.txt", "ONE\ntwo\nthree\n").into()).await;
    dirty(&world);
    assert_eq!(run_beside(&world, PROMPT).code, Some(0));
    // The user commits to their branch, and goes on with other lines of the same file.
    let repository = world.repository();
    let main = repository.head().unwrap().peel_to_commit().unwrap();
    let mut tree = repository.treebuilder(Some(&main.tree().unwrap())).unwrap();
    tree.insert("theirs.txt", repository.blob(b"theirs\n").unwrap(), 0o100_644).unwrap();
    let tree = repository.find_tree(tree.write().unwrap()).unwrap();
    let who = git2::Signature::now("A User", "user@example.org").unwrap();
    repository.commit(Some("HEAD"), &who, &who, "Theirs", &tree, &[&main]).unwrap();
    let mut index = repository.index().unwrap();
    world.file("theirs.txt", "theirs\n");
    index.add_path(Path::new("theirs.txt")).unwrap();
    index.write().unwrap();
    let ran = world.run(&["tasks", "accept", "1", "--by", "squash"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("a.txt"), "ONE\ntwo\nthree, mine\n");
    let committed = repository.revparse_single("HEAD:a.txt").unwrap();
    assert_eq!(committed.as_blob().unwrap().content(), b"ONE\ntwo\nthree\n");
    let subjects: Vec<String> =
        world.log().into_iter().map(|(text, _)| text.lines().next().unwrap().to_owned()).collect();
    assert_eq!(subjects, [PROMPT, "Theirs", "Begin"]);
    assert_eq!(world.read("theirs.txt"), "theirs\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_meets_the_users_own_lines_is_not_accepted_and_nothing_changes() {
    let world = World::new(writes(PROMPT, "a.txt", "one\ntwo\nTHREE\n").into()).await;
    dirty(&world);
    assert_eq!(run_beside(&world, PROMPT).code, Some(0));
    let before = users(&world);
    let ran = world.run(&["tasks", "accept", "1"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("`a.txt`: you have changed the same lines since"), "{ran:?}");
    assert_eq!(users(&world), before);
    world
        .repository()
        .set_head_detached(world.repository().head().unwrap().target().unwrap())
        .unwrap();
    let ran = world.run(&["tasks", "accept", "1"]);
    assert!(ran.err.contains("began on `main`, which is not checked out"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_open_and_unsaved_is_told_to_the_model_and_never_edited() {
    let world = World::new(writes(PROMPT, "a.txt", "ONE\ntwo\nthree\n").into()).await;
    world.file("a.txt", "one\ntwo\nthree\n").committed();
    let mut editor = Session::start(&world, Client::Extension).await;
    editor.open("a.txt").await;
    editor.type_at_end("a.txt", "four, unsaved\n").await;
    let start = json!({ "prompt": PROMPT, "git": "worktree" });
    editor.execute("devika.task.start", start).await.unwrap();
    editor.event("completed").await;
    let planner = world.model.requests()[0].prompt();
    assert!(planner.contains("What the user is changing meanwhile"), "{planner}");
    assert!(planner.contains("+four, unsaved"), "{planner}");
    assert_eq!(editor.text("a.txt"), "one\ntwo\nthree\nfour, unsaved\n");
    assert_eq!(world.read("a.txt"), "one\ntwo\nthree\n");
    let own = std::fs::read_to_string(worktree(&world, 1).join("a.txt")).unwrap();
    assert_eq!(own, "ONE\ntwo\nthree\n");
    // It comes into the buffer when the user takes it.
    editor.execute("devika.task.accept", json!({ "task": 1 })).await.unwrap();
    editor.event("accepted").await;
    assert_eq!(editor.text("a.txt"), "ONE\ntwo\nthree\nfour, unsaved\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_can_be_no_worktree_the_task_is_refused_or_works_in_an_empty_folder() {
    let world = World::new(writes(PROMPT, "new.txt", "new\n").into()).await;
    world.file("a.txt", "a\n");
    let ran = run_beside(&world, PROMPT);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("is not a git repository"), "{ran:?}");
    git2::Repository::init(world.root()).unwrap();
    let ran = run_beside(&world, PROMPT);
    assert!(ran.err.contains("there is no commit yet that it could begin at"), "{ran:?}");
    // Where all tasks are to have worktrees, there is nothing to be kept apart in an empty folder.
    std::fs::remove_dir_all(world.root().join(".git")).unwrap();
    std::fs::remove_file(world.root().join("a.txt")).unwrap();
    let config = std::fs::read_to_string(world.home().join("config.toml")).unwrap();
    world.configure(&format!("{config}[git]\nmode = \"worktree\"\n"));
    let ran = world.run(&["run", "--yes", PROMPT]);
    assert_eq!((ran.code, world.read("new.txt")), (Some(0), "new\n".to_owned()), "{ran:?}");
    assert!(!worktree(&world, 1).exists());
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn commands_run_in_the_worktree_and_read_the_history_that_they_cannot_write() {
    let line = "test \"$(basename \"$(dirname \"$PWD\")\")\" = task-1 && git log -1 --format=%s && ! git branch planted && echo made > made.log";
    let world = World::new(vec![
        plan("Write new.txt", &["new.txt"], &[line]),
        code("Add new", &[("new.txt", "new\n")]),
    ])
    .await;
    world.file(".gitignore", "*.log\n").file("a.txt", "a\n").committed();
    let ran = run_beside(&world, PROMPT);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(branches(&world), ["devika/the-work", "main"]);
    assert!(worktree(&world, 1).join("made.log").exists() && !world.has("made.log"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_command_destroyed_in_the_worktree_is_restored_there_and_nowhere_else() {
    let world = World::new(vec![
        plan("Write new.txt", &["new.txt"], &["rm -f a.txt; test -f new.txt"]),
        code("Add new", &[("new.txt", "new\n")]),
    ])
    .await;
    dirty(&world);
    let before = users(&world);
    assert_eq!(run_beside(&world, PROMPT).code, Some(0));
    assert!(!worktree(&world, 1).join("a.txt").exists());
    let restored = world.run(&["tasks", "restore", "1", "1", "--path", "a.txt"]);
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let read = |path: &str| std::fs::read_to_string(worktree(&world, 1).join(path)).unwrap();
    assert_eq!((read("a.txt"), read("new.txt")), ("one\ntwo\nthree\n".into(), "new\n".into()));
    assert_eq!(users(&world), before);
}
