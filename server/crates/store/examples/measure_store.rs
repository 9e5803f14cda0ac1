//! Measures the store on this machine's disk: `cargo run --example measure_store -- FILE`, where FILE
//! does not exist yet. Prints milliseconds.

use std::{error::Error, path::PathBuf, time::Instant};

use devika_protocol::{Event, Mode};
use devika_store::{NewTask, Store};
use serde_json::json;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = PathBuf::from(std::env::args().nth(1).ok_or("name a file that does not exist")?);
    let report = |what: &str, count: u32, since: Instant| {
        let millis = since.elapsed().as_secs_f64() * 1e3;
        println!("{what:<42} {:>9.3} ms each, {millis:>9.2} ms in all", millis / f64::from(count));
    };

    let since = Instant::now();
    let store = Store::open(&file)?;
    report("open a new file", 1, since);
    let since = Instant::now();
    let task = store
        .create_task(NewTask {
            project: "/project".to_owned(),
            prompt: "Write hello world".to_owned(),
            mode: Mode::Auto,
            model: None,
        })
        .await?;
    report("create a task", 1, since);

    let event = || Event::Reply { text: "A line of an answer to the user.".to_owned() };
    let since = Instant::now();
    for _ in 0..200 {
        store.append_and_wait(task, event()).await?;
    }
    report("an event waited for", 200, since);
    let since = Instant::now();
    for _ in 0..100_000 {
        store.append(task, event());
    }
    store.flush().await?;
    report("an event not waited for", 100_000, since);
    let since = Instant::now();
    for step in 0..100 {
        let entry = store.intend(task, &format!("step/{step}"), "commit", json!({})).await?;
        store.settle(entry.id, json!({"commit": "0123456789abcdef"})).await?;
    }
    report("a journal write", 200, since);

    let since = Instant::now();
    let mut stream = store.subscribe();
    for _ in 0..200 {
        store.append(
            task,
            Event::TurnDelta {
                turn: devika_protocol::TurnId(1),
                text: "token".to_owned(),
                reasoning: false,
            },
        );
        stream.next().await;
    }
    report("a live event from teller to listener", 200, since);

    let since = Instant::now();
    drop((store, stream));
    report("close", 1, since);
    let since = Instant::now();
    let store = Store::open(&file)?;
    report("open an existing file", 1, since);

    let since = Instant::now();
    for step in 0..6 {
        let entry = store.intend(task, &format!("hello/{step}"), "turn", json!({})).await?;
        for _ in 0..7 {
            store.append(task, event());
        }
        store.settle(entry.id, json!({})).await?;
    }
    report("a small task: 12 journal writes, 42 events", 1, since);
    Ok(())
}
