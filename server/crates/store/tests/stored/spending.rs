//! Real processes share one ledger.

use std::{
    io::{self, BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use devika_llm::{Admission, Call, Ended, Ledger, Spent, Ticket};
use devika_protocol::{Cap, CapScope, CapUse, Money, TaskId};
use devika_store::{Account, Caps, ProviderState, Spending, Store, StoreLedger};
use tempfile::TempDir;

/// Names the file to the child, which is this test binary again.
const FILE: &str = "DEVIKA_STORE_TEST_LEDGER";
const CAP: u64 = 1_000;

fn child(test: &str, file: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--include-ignored"]).env(FILE, file);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// The child's lines, up to the one that begins with `word`; the number after that.
fn said(lines: &mut Lines<BufReader<ChildStdout>>, word: &str) -> u64 {
    let number = |line: io::Result<String>| line.ok()?.strip_prefix(word)?.trim().parse().ok();
    lines.find_map(number).unwrap()
}

fn lines_of(child: &mut Child) -> Lines<BufReader<ChildStdout>> {
    BufReader::new(child.stdout.take().unwrap()).lines()
}

fn ledger(store: &Store, task: i64) -> StoreLedger {
    let project = Cap { money: Some(Money(CAP)), tokens: None };
    store.ledger(TaskId(task), "/project", Caps { project, ..Caps::default() })
}

fn call(cost: u64) -> Call {
    Call {
        provider: "cloud".to_owned(),
        model: "large".to_owned(),
        tokens: cost,
        cost: Money(cost),
        concurrency: 1,
        queue: 8,
        waiting: None,
    }
}

fn spent(cost: u64) -> Spent {
    Spent { tokens: cost, cost: Money(cost) }
}

/// The ticket, once there is a place; none where the money is used up.
async fn admitted(ledger: &StoreLedger, mut call: Call) -> Option<Ticket> {
    loop {
        match ledger.admit(&call).await.unwrap() {
            Admission::Go { ticket, .. } => return Some(ticket),
            Admission::Wait { ticket } => call.waiting = Some(ticket),
            Admission::OverBudget { .. } => return None,
            other => panic!("{other:?}"),
        }
        tokio::task::yield_now().await;
    }
}

/// Makes calls until the money is used up; what they cost.
async fn spend_all(store: &Store, task: i64) -> u64 {
    let ledger = ledger(store, task);
    let mut sum = 0;
    for cost in (5..=11).cycle() {
        let Some(ticket) = admitted(&ledger, call(cost)).await else { break };
        ledger.settle(ticket, &Ended::Answered(spent(cost - 4))).await.unwrap();
        sum += cost - 4;
    }
    sum
}

/// Run in the child only.
#[tokio::test]
#[ignore = "the part of the other process"]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn spends_with_others() {
    let Ok(file) = std::env::var(FILE) else { return };
    let store = Store::open(Path::new(&file)).unwrap();
    println!("\nready 1");
    io::stdin().read_line(&mut String::new()).unwrap();
    println!("\nspent {}", spend_all(&store, i64::from(std::process::id())).await);
}

#[tokio::test]
async fn three_processes_at_once_spend_what_one_may_and_no_more() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("devika.db");
    let store = Store::open(&file).unwrap();
    let mut children = [(); 2].map(|()| child("spending::spends_with_others", &file));
    let mut lines = children.each_mut().map(lines_of);
    for lines in &mut lines {
        said(lines, "ready");
    }
    // Whoever reads begins.
    drop(children.each_mut().map(|child| child.stdin.take()));
    let mut sum = spend_all(&store, 1).await;
    for (child, lines) in children.iter_mut().zip(&mut lines) {
        sum += said(lines, "spent");
        lines.for_each(drop);
        assert!(child.wait().unwrap().success());
    }
    let project = store.spent(Account::Project("/project".to_owned())).await.unwrap();
    assert_eq!((project.spent, project.set_aside), (spent(sum), spent(0)));
    // What is left is less than the dearest call that was asked for.
    assert!((CAP - 11..=CAP).contains(&sum), "{sum}");
}

/// Run in the child only: begins a call that never ends.
#[tokio::test]
#[ignore = "the part of the killed process"]
#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn calls_until_it_is_killed() {
    let Ok(file) = std::env::var(FILE) else { return };
    let store = Store::open(Path::new(&file)).unwrap();
    let Ticket(id) = admitted(&ledger(&store, 1), call(600)).await.unwrap();
    println!("\ncalls {id}");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn kill_9_gives_the_place_back_and_not_the_money() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("devika.db");
    let mut child = child("spending::calls_until_it_is_killed", &file);
    said(&mut lines_of(&mut child), "calls");
    let store = Store::open(&file).unwrap();
    let ledger = ledger(&store, 2);
    let Admission::Wait { ticket } = ledger.admit(&call(400)).await.unwrap() else {
        panic!("the place is taken")
    };
    let state = |running, waiting| ProviderState {
        provider: "cloud".to_owned(),
        resting_until: None,
        failures: 0,
        limit: None,
        running,
        waiting,
    };
    assert_eq!(store.provider_states().await.unwrap(), [state(1, 1)]);
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(store.provider_states().await.unwrap(), [state(0, 1)]);
    let used = CapUse::Money { used: Money(1001), cap: Money(CAP) };
    let too_much = Call { waiting: Some(ticket), ..call(401) };
    let refusal = Admission::OverBudget { scope: CapScope::Project, used };
    assert_eq!(ledger.admit(&too_much).await.unwrap(), refusal);
    assert!(matches!(ledger.admit(&call(400)).await.unwrap(), Admission::Go { .. }));
    let of_killed = store.spent(Account::Task(TaskId(1))).await.unwrap();
    assert_eq!(of_killed, Spending { calls: 1, spent: spent(600), set_aside: spent(0) });
}
