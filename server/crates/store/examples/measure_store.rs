//! Measures the store on this machine's disk: `cargo run --example measure_store -- FILE`, where FILE
//! does not exist yet. Prints milliseconds.

use std::{error::Error, path::PathBuf, time::Instant};

use devika_llm::{Admission, Call, Ended, Ledger, Spent};
use devika_protocol::{Cap, Event, Mode, Money, TaskId};
use devika_store::{Caps, NewTask, Store};
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
            git: None,
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

    let mut millis = turns_of_the_ledger(&store, task).await?;
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| millis[(millis.len() as f64 * share) as usize];
    println!(
        "the ledger's part of a turn: median {:.3} ms, p90 {:.3} ms, p99 {:.3} ms",
        at(0.5),
        at(0.9),
        at(0.99)
    );

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

/// Milliseconds that admitting and settling take together, for each of many calls under all caps.
async fn turns_of_the_ledger(store: &Store, task: TaskId) -> Result<Vec<f64>, Box<dyn Error>> {
    let cap = Cap { money: Some(Money(u64::MAX)), tokens: Some(u64::MAX) };
    let ledger = store.ledger(task, "/project", Caps { task: cap, day: cap, project: cap });
    let call = Call {
        provider: "cloud".to_owned(),
        model: "large".to_owned(),
        tokens: 10_000,
        cost: Money(30_000_000),
        concurrency: 4,
        queue: 8,
        waiting: None,
    };
    let spent = Spent { tokens: 4_000, cost: Money(12_000_000) };
    let mut millis = Vec::new();
    for _ in 0..5_000 {
        let since = Instant::now();
        let Admission::Go { ticket, .. } = ledger.admit(&call).await? else {
            return Err("the call was refused".into());
        };
        ledger.settle(ticket, &Ended::Answered(spent)).await?;
        millis.push(since.elapsed().as_secs_f64() * 1e3);
    }
    Ok(millis)
}
