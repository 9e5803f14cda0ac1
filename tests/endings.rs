//! What the user does with a task's work: undo, redo, accept, discard. Their own work comes first.

use serde_json::json;

use crate::world::{World, code, plan_of};

/// A project on `main`, and a task of two steps done on its own branch.
pub async fn done() -> World {
    let world = World::new(vec![
        plan_of(&[("Greet", &["a.py"]), ("Part", &["b.py", "c.py", "d.py"])], &["python3 a.py"]),
        code("Greet louder", &[("a.py", "top = 1\nprint('HELLO')\nend = 1\n")]),
        code("Part", &[("b.py", "print('bye')\n"), ("c.py", "c\n"), ("d.py", "d\n")]),
    ])
    .await;
    world.file("a.py", "top = 1\nprint('hello')\nend = 1\n").file("mine.txt", "mine\n").committed();
    let ran = world.run(&["run", "--yes", "Greet and part"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    world
}

fn subjects(world: &World) -> Vec<String> {
    let subject = |(message, _): (String, Vec<String>)| message.lines().next().unwrap().to_owned();
    world.log().into_iter().map(subject).collect()
}

/// Somebody else commits to main, without touching the files here.
fn somebody_commits_to_main(world: &World) {
    let repository = world.repository();
    let main = repository.find_branch("main", git2::BranchType::Local).unwrap();
    let parent = main.get().peel_to_commit().unwrap();
    let mut tree = repository.treebuilder(Some(&parent.tree().unwrap())).unwrap();
    let blob = repository.blob(b"theirs\n").unwrap();
    tree.insert("theirs.txt", blob, 0o100_644).unwrap();
    let tree = repository.find_tree(tree.write().unwrap()).unwrap();
    let who = git2::Signature::now("Somebody", "somebody@example.org").unwrap();
    repository.commit(Some("refs/heads/main"), &who, &who, "Theirs", &tree, &[&parent]).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_undone_around_what_the_user_wrote_since_and_redone() {
    let world = done().await;
    world.file("a.py", "top = 1\nprint('HELLO')\nend = 1\n# mine\n");
    let ran = world.run(&["tasks", "undo", "1", "--step", "1"]);
    assert_eq!((ran.code, ran.out.trim()), (Some(0), "step 1 undone: a.py"), "{ran:?}");
    assert_eq!(world.read("a.py"), "top = 1\nprint('hello')\nend = 1\n# mine\n");
    assert!(world.has("b.py"), "the later step stays");
    assert_eq!(subjects(&world)[0], "Undo: feat: greet louder");
    let ran = world.run(&["tasks", "redo", "1", "--step", "1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("a.py"), "top = 1\nprint('HELLO')\nend = 1\n# mine\n");
    let repository = world.repository();
    let tree = repository.head().unwrap().peel_to_tree().unwrap();
    let blob = tree.get_name("a.py").unwrap().to_object(&repository).unwrap();
    let committed = blob.as_blob().unwrap().content().to_vec();
    assert_eq!(
        committed, b"top = 1\nprint('HELLO')\nend = 1\n",
        "the user's line is not committed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_user_has_changed_since_stays_and_is_named() {
    let world = done().await;
    world.file("a.py", "top = 1\nprint('My own')\nend = 1\n").file("b.py", "my own\n");
    let ran = world.run(&["tasks", "undo", "1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for line in
        ["`a.py` stays as it is: you have changed the same lines since", "`b.py` stays as it is"]
    {
        assert!(ran.out.contains(line), "{ran:?}");
    }
    assert_eq!(world.read("a.py"), "top = 1\nprint('My own')\nend = 1\n");
    assert_eq!((world.read("b.py"), world.has("c.py")), ("my own\n".to_owned(), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_task_is_on_the_branch_that_it_began_on() {
    let world = done().await;
    let tip = subjects(&world);
    world.file("mine.txt", "mine, uncommitted\n");
    let ran = world.run(&["tasks", "accept", "1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.branch(), "main");
    assert_eq!(subjects(&world), tip, "the branch has not moved, so its commits are simply there");
    assert_eq!(world.read("mine.txt"), "mine, uncommitted\n");
    let branches = world.repository().branches(None).unwrap().count();
    assert_eq!(branches, 1, "the task's branch is gone");
    let again = world.run(&["tasks", "accept", "1"]);
    assert_eq!(again.code, Some(2), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_to_the_branch_meanwhile_is_merged_in() {
    let world = done().await;
    let task_branch = world.branch();
    somebody_commits_to_main(&world);
    let repository = world.repository();
    assert_eq!(world.branch(), task_branch);
    let ran = world.run(&["tasks", "accept", "1", "--by", "squash"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("theirs.txt"), "theirs\n");
    assert_eq!(subjects(&world)[..2], ["Greet and part", "Theirs"]);
    let statuses = repository.statuses(None).unwrap();
    assert!(statuses.is_empty(), "files, staged files and the commit are the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_task_leaves_nothing_but_the_users_own_work() {
    let world = done().await;
    world.file("mine.txt", "mine, uncommitted\n");
    let ran = world.run(&["tasks", "discard", "1"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.branch(), "main");
    assert_eq!(subjects(&world).len(), 1);
    assert_eq!(world.read("a.py"), "top = 1\nprint('hello')\nend = 1\n");
    assert_eq!(
        (world.has("b.py"), world.read("mine.txt")),
        (false, "mine, uncommitted\n".to_owned())
    );
    let repository = world.repository();
    let kept = repository.find_reference("refs/devika/1/discarded").unwrap();
    assert!(kept.peel_to_commit().is_ok(), "the commits can still be found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_without_commits_has_nothing_to_undo() {
    let world = World::new(vec![]).await;
    world.file("a.py", "1\n").committed();
    world
        .model
        .push(crate::world::decision(json!({ "kind": "answer", "steps": [], "reply": "Yes." })));
    world.model.push(scripted_model::Reply::text("Yes."));
    assert_eq!(world.run(&["run", "--yes", "Is it good?"]).code, Some(0));
    let ran = world.run(&["tasks", "undo", "1"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("task 1 has committed nothing"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_are_made_anew_on_top_of_the_branch_where_the_user_wants_a_straight_line() {
    let world = done().await;
    somebody_commits_to_main(&world);
    let ran = world.run(&["tasks", "accept", "1", "--by", "rebase"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(subjects(&world)[..3], ["feat: part", "feat: greet louder", "Theirs"]);
    assert_eq!((world.branch(), world.read("theirs.txt")), ("main".into(), "theirs\n".into()));
    assert!(world.repository().statuses(None).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_diff_of_a_task_and_of_a_step_is_shown() {
    let world = done().await;
    let ran = world.run(&["tasks", "diff", "1", "1"]);
    assert!(ran.out.contains("-print('hello')\n+print('HELLO')"), "{ran:?}");
    assert!(!ran.out.contains("b.py"), "{ran:?}");
    let all = world.run(&["tasks", "diff", "1"]).out;
    assert!(all.contains("+++ b/a.py") && all.contains("+++ b/d.py"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protected_branch_gets_work_only_where_it_is_named() {
    let world = done().await;
    let repository = world.repository();
    // The task began on a branch that is released from.
    let main = repository.find_reference("refs/heads/main").unwrap().target().unwrap();
    repository.reference("refs/heads/release/1", main, true, "").unwrap();
    repository.reference_symbolic("refs/devika/1/from", "refs/heads/release/1", true, "").unwrap();
    let branch = world.branch();
    let ran = world.run(&["tasks", "accept", "1"]);
    assert_eq!((ran.code, world.branch()), (Some(2), branch), "{ran:?}");
    assert!(ran.err.contains("`release/1` is protected (`release/*` in git.protected)"), "{ran:?}");
    let ran = world.run(&["tasks", "accept", "1", "--onto", "release/1"]);
    assert_eq!((ran.code, world.branch()), (Some(0), "release/1".to_owned()), "{ran:?}");
}
