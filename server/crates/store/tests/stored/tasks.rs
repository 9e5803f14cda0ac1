//! Tasks, messages, usage, trust, chosen models.

use devika_protocol::{GitMode, Mode, Money, TaskId, TaskState, TaskSummary, Usage};
use devika_store::Store;

use crate::world::{World, task_in};

#[tokio::test]
async fn a_task_is_kept_as_it_was_asked() {
    let World { store, task, .. } = World::new().await;
    let created = store.task(task).await.unwrap().unwrap().created;
    let expected = TaskSummary {
        id: task,
        project: "/project".to_owned(),
        prompt: "Write hello world".to_owned(),
        mode: Mode::Auto,
        model: Some("anthropic/claude".to_owned()),
        state: TaskState::Queued,
        created,
        git: Some(GitMode::Worktree),
    };
    assert_eq!(store.task(task).await.unwrap(), Some(expected));
    assert_eq!(store.task(TaskId(99)).await.unwrap(), None);
    assert!(store.set_state(TaskId(99), TaskState::Running).await.is_err());
}

#[tokio::test]
async fn tasks_are_listed_newest_first_by_project() {
    let store = Store::in_memory().unwrap();
    for project in ["/a", "/b", "/a", "/c"] {
        store.create_task(task_in(project)).await.unwrap();
    }
    let list = async |projects: &[&str], limit| {
        let projects: Vec<String> = projects.iter().map(ToString::to_string).collect();
        let tasks = store.tasks(&projects, limit).await.unwrap();
        tasks.iter().map(|task| task.id.0).collect::<Vec<_>>()
    };
    assert_eq!(list(&[], 50).await, [4, 3, 2, 1]);
    assert_eq!(list(&["/a"], 50).await, [3, 1]);
    assert_eq!(list(&["/a", "/c"], 2).await, [4, 3]);
    assert_eq!(list(&["/nowhere"], 50).await, [0; 0]);
}

#[tokio::test]
async fn usage_adds_up_and_absurd_usage_does_not_overflow() {
    let World { store, task, .. } = World::new().await;
    assert_eq!(store.usage(task).await.unwrap(), Usage::default());
    let turn = Usage { input: 600, cached: 100, output: 50, cost: Money(7) };
    store.add_usage(task, "a/b", turn).await.unwrap();
    store.add_usage(task, "a/c", turn).await.unwrap();
    let sum = Usage { input: 1200, cached: 200, output: 100, cost: Money(14) };
    assert_eq!(store.usage(task).await.unwrap(), sum);
    let absurd = Usage { input: u64::MAX, cached: 0, output: 0, cost: Money::ZERO };
    store.add_usage(task, "a/b", absurd).await.unwrap();
    store.add_usage(task, "a/b", absurd).await.unwrap();
    assert_eq!(store.usage(task).await.unwrap().input, 1200 + 2 * u64::from(u32::MAX));
}

#[tokio::test]
async fn the_conversation_is_the_projects_and_survives() {
    let world = World::new().await;
    let other = world.store.create_task(task_in("/other")).await.unwrap();
    world.store.add_message(world.task, "user", "Hello").await.unwrap();
    world.store.add_message(other, "user", "Elsewhere").await.unwrap();
    world.store.add_message(world.task, "planner", "Hi").await.unwrap();
    let file = world.file();
    drop(world.store);
    let messages = Store::open(&file).unwrap().messages("/project").await.unwrap();
    let said: Vec<_> = messages.iter().map(|m| (m.role.as_str(), m.text.as_str())).collect();
    assert_eq!(said, [("user", "Hello"), ("planner", "Hi")]);
}

#[tokio::test]
async fn trust_is_given_and_taken_back() {
    let World { store, .. } = World::new().await;
    assert!(!store.is_trusted("/project").await.unwrap());
    store.trust("/project", true).await.unwrap();
    assert!(store.is_trusted("/project").await.unwrap());
    assert!(!store.is_trusted("/project/sub").await.unwrap());
    store.trust("/project", false).await.unwrap();
    assert!(!store.is_trusted("/project").await.unwrap());
}

#[tokio::test]
async fn the_model_last_chosen_for_a_project_is_remembered() {
    let world = World::new().await;
    world.store.choose_model("/project", Some("box/small")).await.unwrap();
    world.store.choose_model("/project", Some("cloud/large")).await.unwrap();
    let file = world.file();
    drop(world.store);
    let store = Store::open(&file).unwrap();
    assert_eq!(store.chosen_model("/project").await.unwrap().as_deref(), Some("cloud/large"));
    assert_eq!(store.chosen_model("/other").await.unwrap(), None);
    store.choose_model("/project", None).await.unwrap();
    assert_eq!(store.chosen_model("/project").await.unwrap(), None);
}

#[tokio::test]
async fn hosts_are_allowed_for_good_in_one_project_and_beside_commands() {
    let store = Store::in_memory().unwrap();
    store.approve("/a", "c0ffee", "make").await.unwrap();
    for host in ["b.org:443", "a.org:443", "b.org:443"] {
        store.approve_host("/a", host).await.unwrap();
    }
    assert_eq!(store.approved_hosts("/a").await.unwrap(), ["a.org:443", "b.org:443"]);
    assert_eq!(store.approved_hosts("/b").await.unwrap(), [""; 0]);
    assert!(!store.is_approved("/a", "a.org:443").await.unwrap());
}
