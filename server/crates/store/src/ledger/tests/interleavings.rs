//! No interleaving of processes overspends a cap, passes a limit, or tries a provider out twice.

use std::collections::BTreeMap;

use devika_llm::{Admission, Call, Ended, Ledger, Spent, Ticket};
use devika_protocol::{Cap, Money, TaskId};
use proptest::prelude::*;

use super::{
    super::{Account, Caps},
    world::*,
};

const TASK_CAP: u64 = 400;
const DAY_CAP: u64 = 700;
/// In tokens.
const PROJECT_CAP: u64 = 600;
const CONCURRENCY: u32 = 3;
const TASKS: [(i64, &str); 3] = [(1, "/p"), (2, "/p"), (3, "/q")];

#[derive(Debug, Clone)]
enum Step {
    /// A process asks for a call of a task that costs so much.
    Admit { process: usize, task: usize, cost: u64 },
    /// One who waits asks again.
    AskAgain { which: usize },
    /// A call that is under way ends, having used so many hundredths of what was set aside.
    Settle { which: usize, how: How, hundredths: u64 },
    /// One who waits gives up.
    GiveUp { which: usize },
    /// A process dies, and another takes its place.
    Kill { process: usize },
    /// The clock goes on, or back.
    Pass { seconds: i64 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Answered,
    Failed,
    Slowed,
    Dropped,
}

/// A good day, on which money runs out, or a bad one of the provider.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    prop_oneof![steps_where(150, 1), steps_where(12, 24)]
}

/// Steps with calls of less than `cost`, of which `failed` fail for each three that are answered.
fn steps_where(cost: u64, failed: u32) -> impl Strategy<Value = Vec<Step>> {
    let how = prop_oneof![
        3 => Just(How::Answered), failed => Just(How::Failed), 1 => Just(How::Slowed),
        1 => Just(How::Dropped)
    ];
    let step = prop_oneof![
        8 => (0..2_usize, 0..3_usize, 0..cost)
            .prop_map(|(process, task, cost)| Step::Admit { process, task, cost }),
        4 => any::<usize>().prop_map(|which| Step::AskAgain { which }),
        8 => (any::<usize>(), how, 0..=100_u64)
            .prop_map(|(which, how, hundredths)| Step::Settle { which, how, hundredths }),
        1 => any::<usize>().prop_map(|which| Step::GiveUp { which }),
        1 => (0..2_usize).prop_map(|process| Step::Kill { process }),
        2 => prop_oneof![1 => -40..0_i64, 1 => 0..5_i64, 2 => 30..60_i64]
            .prop_map(|seconds| Step::Pass { seconds }),
    ];
    prop::collection::vec(step, 1..120)
}

/// A call as those who make it know it.
#[derive(Clone, Copy)]
struct Known {
    process: usize,
    task: usize,
    most: Spent,
}

/// Keeps the books without the ledger.
#[derive(Default)]
struct Oracle {
    running: BTreeMap<i64, Known>,
    waiting: BTreeMap<i64, Known>,
    /// By task.
    spent: [u64; 3],
    /// Whether the provider was said to rest, and has not answered since.
    rests: bool,
    probe: Option<i64>,
}

impl Oracle {
    fn used(&self, belongs: impl Fn(usize) -> bool) -> u64 {
        let set_aside = self.running.values().filter(|call| belongs(call.task));
        let spent = (0..3).filter(|task| belongs(*task)).map(|task| self.spent[task]);
        set_aside.map(|call| call.most.tokens).chain(spent).sum()
    }

    fn began(&mut self, id: i64, call: Known) {
        self.waiting.remove(&id);
        assert!(self.running.insert(id, call).is_none(), "a ticket is given once");
        if self.rests {
            assert_eq!(self.probe.replace(id), None, "one call tries it out");
        }
        assert!(self.running.len() <= CONCURRENCY as usize);
        for task in 0..3 {
            assert!(self.used(|other| other == task) <= TASK_CAP);
        }
        for project in ["/p", "/q"] {
            assert!(self.used(|task| TASKS[task].1 == project) <= PROJECT_CAP);
        }
        assert!(self.used(|_| true) <= DAY_CAP);
    }

    /// Charges the call; whether it tried the provider out.
    fn ended(&mut self, id: i64, spent: u64) -> bool {
        let call = self.running.remove(&id).unwrap();
        self.spent[call.task] += spent;
        self.probe.take_if(|probe| *probe == id).is_some()
    }
}

struct Play {
    world: World,
    processes: [Process; 2],
    born: u32,
    oracle: Oracle,
}

impl Play {
    fn new() -> Self {
        let world = World::with_caps(Caps {
            task: Cap { money: Some(Money(TASK_CAP)), tokens: None },
            day: Cap { money: Some(Money(DAY_CAP)), tokens: None },
            project: Cap { money: None, tokens: Some(PROJECT_CAP) },
        });
        let processes = [world.process("p0"), world.process("p1")];
        Self { world, processes, born: 2, oracle: Oracle::default() }
    }

    fn ledger(&self, process: usize, task: usize) -> super::super::StoreLedger {
        let (task, project) = TASKS[task];
        self.world.ledger_in(&self.processes[process], task, project)
    }

    async fn ask(&mut self, call: Known, waiting: Option<i64>) {
        let wanted = Call {
            concurrency: CONCURRENCY,
            waiting: waiting.map(Ticket),
            ..super::world::call(call.most.tokens)
        };
        let admission = self.ledger(call.process, call.task).admit(&wanted).await.unwrap();
        if let Some(id) = waiting {
            self.oracle.waiting.remove(&id);
        }
        match admission {
            Admission::Go { ticket, .. } => self.oracle.began(ticket.0, call),
            Admission::Wait { ticket } => {
                self.oracle.waiting.insert(ticket.0, call);
            }
            Admission::Resting { .. } => assert!(self.oracle.rests),
            Admission::QueueFull | Admission::OverBudget { .. } => {}
        }
    }

    async fn settle(&mut self, id: i64, how: How, hundredths: u64) {
        let call = self.oracle.running[&id];
        let used = call.most.tokens * hundredths / 100;
        let ended = match how {
            How::Answered => Ended::Answered(spent(used)),
            How::Failed => Ended::Failed(spent(used)),
            How::Slowed => Ended::Slowed(spent(used)),
            How::Dropped => Ended::Dropped(spent(used)),
        };
        let ledger = self.ledger(call.process, call.task);
        let settled = ledger.settle(Ticket(id), &ended).await.unwrap();
        match (self.oracle.ended(id, used), how) {
            (true, How::Answered | How::Slowed) => self.oracle.rests = false,
            (true, How::Failed) => assert!(settled.resting.is_some()),
            _ => {}
        }
        self.oracle.rests |= settled.resting.is_some();
    }

    fn kill(&mut self, process: usize) {
        self.world.kill(&self.processes[process]);
        self.processes[process] = self.world.process(&format!("p{}", self.born));
        self.born += 1;
        let lost = self.oracle.running.iter().filter(|(_, call)| call.process == process);
        let lost: Vec<_> = lost.map(|(id, call)| (*id, call.most.tokens)).collect();
        for (id, most) in lost {
            self.oracle.ended(id, most);
        }
        self.oracle.waiting.retain(|_, call| call.process != process);
    }

    async fn carry_out(&mut self, step: Step) {
        match step {
            Step::Admit { process, task, cost } => {
                self.ask(Known { process, task, most: spent(cost) }, None).await;
            }
            Step::AskAgain { which } => {
                if let Some((id, call)) = nth(&self.oracle.waiting, which) {
                    self.ask(call, Some(id)).await;
                }
            }
            Step::Settle { which, how, hundredths } => {
                if let Some((id, _)) = nth(&self.oracle.running, which) {
                    self.settle(id, how, hundredths).await;
                }
            }
            Step::GiveUp { which } => {
                if let Some((id, call)) = nth(&self.oracle.waiting, which) {
                    self.oracle.waiting.remove(&id);
                    let ledger = self.ledger(call.process, call.task);
                    ledger.settle(Ticket(id), &DROPPED).await.unwrap();
                }
            }
            Step::Kill { process } => self.kill(process),
            Step::Pass { seconds } => self.world.pass(seconds * SECOND),
        }
    }

    /// Settles what is open; then the ledger's books and the oracle's are the same.
    async fn close(&mut self) {
        while let Some((id, _)) = nth(&self.oracle.running, 0) {
            self.settle(id, How::Answered, 100).await;
        }
        // Whoever asks next counts what the dead have left, even where it gets nothing.
        self.ask(Known { process: 0, task: 0, most: spent(0) }, None).await;
        for (index, (task, _)) in TASKS.into_iter().enumerate() {
            let account = Account::Task(TaskId(task));
            let spending = self.world.spent(&self.processes[0], account).await;
            assert_eq!(spending.spent, spent(self.oracle.spent[index]));
        }
        let all = self.world.spent(&self.processes[1], Account::Today).await;
        assert_eq!(all.spent, spent(self.oracle.spent.iter().sum()));
        assert_eq!(all.set_aside, spent(0));
    }
}

fn nth(calls: &BTreeMap<i64, Known>, which: usize) -> Option<(i64, Known)> {
    let place = which.checked_rem(calls.len())?;
    calls.iter().nth(place).map(|(id, call)| (*id, *call))
}

proptest! {
    // Each case opens files.
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_interleaving_of_processes_overspends(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut play = Play::new();
            for step in steps {
                play.carry_out(step).await;
            }
            play.close().await;
        });
    }
}
