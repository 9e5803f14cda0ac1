//! Tasks in a row in one process: what each of them takes stays the same, and nothing of them is kept.

use std::time::{Duration, Instant};

use scripted_model::ScriptedModel;
use serde_json::json;

use super::Extent;
use crate::session::{Client, Session};
use crate::world::{World, code, decision};

/// Tasks after which everything that is made once is made.
const WARM: usize = 10;

/// The server's process at one moment.
#[derive(Debug, Clone, Copy)]
struct Size {
    /// Memory that it has to itself, in KiB.
    memory: u64,
    handles: usize,
    threads: usize,
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_tasks_in_a_row_leave_no_handle_open_and_no_task_in_memory() {
    let sizes = in_a_row(&Extent { tasks: 60, ..Extent::from_env(60) }).await;
    let (early, late) = (sizes[WARM].1, sizes.last().unwrap().1);
    assert_eq!(late.handles, early.handles, "{sizes:?}");
    // Until some 500 tasks the database's pages and the last 1,024 events fill what there is for them,
    // 25 KiB a task; a task that is kept as well holds its prompts and its events besides.
    let grown = late.memory.saturating_sub(early.memory);
    assert!(grown < 50 * 80, "grew by {grown} KiB over 50 tasks: {sizes:?}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; run by scripts/chaos"]
#[expect(clippy::print_stdout, reason = "it reports")]
async fn row() {
    let sizes = in_a_row(&Extent::from_env(1_000)).await;
    let part = sizes.len().min(100);
    println!("{} tasks in a row in one process", sizes.len());
    for (name, part) in [("first", &sizes[..part]), ("last", &sizes[sizes.len() - part..])] {
        let median = |value: &dyn Fn(&(Duration, Size)) -> u128| {
            let mut values: Vec<u128> = part.iter().map(value).collect();
            values.sort_unstable();
            values[values.len() / 2]
        };
        println!(
            "{name} {}: started after {} µs, {} KiB of memory, {} handles, {} threads",
            part.len(),
            median(&|(start, _)| start.as_micros()),
            median(&|(_, size)| size.memory.into()),
            median(&|(_, size)| size.handles as u128),
            median(&|(_, size)| size.threads as u128),
        );
    }
}

/// Carries out tasks one after the other, each a commit. For each the time until its start is answered,
/// and how large the server is after it.
async fn in_a_row(extent: &Extent) -> Vec<(Duration, Size)> {
    let mut world = World::new(Vec::new()).await;
    world.model = ScriptedModel::start_endless(replies()).unwrap();
    let url = world.model.openai_url();
    world.configure(&format!(
        "[models]\ndefault = \"scripted/model\"\n[commands]\napprove = \"always\"\n[budget]\nday = \"none\"\n[providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\n"
    ));
    world.file("a.txt", "begin\n").committed();
    let mut session = Session::start(&world, Client::Extension).await;
    let mut sizes = Vec::new();
    while sizes.len() < extent.tasks && !extent.is_over() {
        let began = Instant::now();
        let started = session.execute("devika.task.start", json!({ "prompt": "Write a.txt anew" }));
        let task = started.await.unwrap()["task"].clone();
        let start = began.elapsed();
        let end = session
            .until(|message| {
                let event = &message["params"]["event"];
                message["method"] == "devika/event"
                    && message["params"]["task"] == task
                    && ["completed", "failed", "paused", "cancelled"].iter().any(|it| event == it)
            })
            .await;
        assert_eq!(end["params"]["event"], "completed", "{end}");
        session.forget_unread();
        sizes.push((start, size_of(session.pid())));
    }
    let commits = world.log().len() - 1;
    assert_eq!(commits, sizes.len());
    session.exit().await;
    sizes
}

/// For twenty tasks, after which they begin anew. Each changes the file, and has a branch of its own.
fn replies() -> Vec<scripted_model::Reply> {
    let task = |number: usize| {
        let plan = decision(json!({
            "focus": format!("the text number {number}"),
            "steps": [{ "text": "Write a.txt", "files": ["a.txt"] }],
            "verify": [],
        }));
        [plan, code("Write a", &[("a.txt", &format!("text {number}\n"))])]
    };
    (1..=20).flat_map(task).collect()
}

fn size_of(process: i32) -> Size {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let number = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap()
    };
    Size {
        memory: number("RssAnon:"),
        handles: std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().count(),
        threads: number("Threads:") as usize,
    }
}
