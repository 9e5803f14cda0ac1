//! A recorded task goes on from one of its steps, with another model.

use crate::replay::{export, replay, two_steps, world};
use crate::world::code;

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_goes_on_from_a_step_with_another_model_and_can_be_replayed_itself() {
    let world = world().await;
    two_steps(&world).await;
    let file = export(&world);
    world
        .model
        .push(code("Add b, differently", &[("b.py", "print('other')\n")]).when("step 2 of 2"));
    let folder = world.home().join("fork");
    let ran = world.run(&[
        "replay",
        file.to_str().unwrap(),
        "--from",
        "2",
        "--model",
        "scripted/other",
        "--yes",
        "--json",
        "-C",
        folder.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains(&folder.display().to_string()), "{ran:?}");
    assert_eq!(ran.event_names().last().unwrap(), "completed");
    assert_eq!(std::fs::read_to_string(folder.join("a.py")).unwrap(), "print('a')\n");
    assert_eq!(std::fs::read_to_string(folder.join("b.py")).unwrap(), "print('other')\n");
    assert_eq!(world.model.requests().len(), 4, "three for the task, one for the fork");
    let repository = git2::Repository::open(&folder).unwrap();
    let mut walk = repository.revwalk().unwrap();
    walk.push_head().unwrap();
    let subjects: Vec<String> = walk
        .map(|id| {
            repository.find_commit(id.unwrap()).unwrap().summary().unwrap().unwrap().to_owned()
        })
        .collect();
    assert_eq!(
        subjects,
        ["feat: add b, differently", "feat: add a", "Begin with the files of the trajectory"]
    );

    let again = world.home().join("fork.jsonl");
    assert_eq!(world.run(&["tasks", "export", "2", again.to_str().unwrap()]).code, Some(0));
    let ran = replay(&again, &[]).await;
    assert!(ran.out.ends_with("commands: the same\n"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_uses_recorded_answers_to_requests_that_this_version_words_otherwise_and_says_so() {
    let world = world().await;
    two_steps(&world).await;
    let file = export(&world);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("You are Devika", "You were Devika")).unwrap();
    world.model.push(code("Add b", &[("b.py", "b = 1\n")]).when("step 2 of 2"));
    let projects = world.home().join("projects");
    let ran = world.run(&["replay", file.to_str().unwrap(), "--from", "2", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.err.contains("note: turn 1 (planner), `plan/0/0`: the request is another"),
        "{ran:?}"
    );
    assert_eq!(std::fs::read_to_string(projects.join("task-from-2/b.py")).unwrap(), "b = 1\n");

    let none = world.run(&["replay", file.to_str().unwrap(), "--from", "3", "--yes"]);
    assert_eq!(none.code, Some(2), "{none:?}");
    assert!(none.err.contains("step 3 was not begun in this trajectory; it has 2"), "{none:?}");
    let full = world.root().display().to_string();
    let full = world.run(&["replay", file.to_str().unwrap(), "--from", "2", "-C", &full]);
    assert!(full.code == Some(2) && full.err.contains("is not empty"), "{full:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_allowed_elsewhere_is_asked_again_in_a_fork() {
    let world = world().await;
    two_steps(&world).await;
    let file = export(&world);
    let folder = world.home().join("fork");
    let ran = world.run(&[
        "replay",
        file.to_str().unwrap(),
        "--from",
        "2",
        "-C",
        folder.to_str().unwrap(),
    ]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("Run this command in"), "{ran:?}");
}
