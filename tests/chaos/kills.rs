//! Tasks that are killed at random moments and at points of the journal, while the user types, and
//! taken up again.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde_json::Value;

use super::census::{self, Wrongs};
use super::picture::Picture;
use super::project::{CHANGED, COMMITS, Project, TURNS};
use super::{Extent, median_and_max};

/// How long a task may take that nobody kills.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long what hangs on a killed process may take to die.
const DYING: Duration = Duration::from_secs(5);

/// Times that a task is killed, at the most.
pub(super) const MOST_KILLS: u32 = 3;

/// More writes to the journal than the task makes.
pub(super) const JOURNAL_POINTS: u64 = 44;

/// What came of all tasks.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) tasks: usize,
    pub(super) kills: usize,
    /// Turns whose answer was on its way when the process died: these are asked for again.
    pub(super) cut_turns: usize,
    pub(super) wrongs: Wrongs,
    /// From the start of the process that takes a task up to its first word of it.
    pub(super) to_resume: Vec<Duration>,
}

impl Outcome {
    /// Says what came of it.
    #[expect(clippy::print_stdout, reason = "it reports")]
    pub(super) fn report(self, seed: u64) {
        let Self { tasks, kills, cut_turns, wrongs, to_resume } = self;
        println!("seed {seed}: {tasks} tasks, killed {kills} times");
        println!("turns that were cut by a kill and asked again: {cut_turns}");
        for (what, found) in [
            ("lost or misplaced bytes", &wrongs.lost),
            ("doubled edits and commits", &wrongs.doubled_edits),
            ("doubled turns", &wrongs.doubled_turns),
            ("corrupt databases", &wrongs.corrupt_databases),
            ("stray locks", &wrongs.stray_locks),
            ("orphans", &wrongs.orphans),
            ("other faults", &wrongs.others),
        ] {
            println!("{what}: {}", found.len());
            found.iter().for_each(|one| println!("  {one}"));
        }
        if !to_resume.is_empty() {
            let (median, max) = median_and_max(to_resume);
            println!("time to resume: median {median} ms, max {max} ms");
        }
        assert_eq!(wrongs, Wrongs::default());
    }
}

/// How a process dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// The server alone, after this long.
    Alone(Duration),
    /// Everything that it started and that stayed in its group with it, after this long.
    Group(Duration),
    /// By itself, after this many writes to the journal.
    AtWrite(u64),
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_is_killed_at_any_moment_is_resumed_and_nothing_of_the_users_is_lost() {
    let outcome = torment(&Extent::from_env(8)).await;
    assert_eq!(outcome.wrongs, Wrongs::default());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; run by scripts/chaos"]
async fn kills() {
    let extent = Extent::from_env(300);
    torment(&extent).await.report(extent.seed);
}

async fn torment(extent: &Extent) -> Outcome {
    let mut outcome = Outcome::default();
    let mut rng = fastrand::Rng::with_seed(extent.seed);
    let whole = undisturbed().await;
    while outcome.tasks < extent.tasks && !extent.is_over() {
        // Each task has a seed of its own, by which it can be had again.
        let seed = rng.u64(..);
        one_task(seed, outcome.tasks, whole, &mut outcome).await;
        outcome.tasks += 1;
    }
    outcome
}

/// How long the task takes where nobody disturbs it.
async fn undisturbed() -> Duration {
    let project = Project::new().await;
    let began = Instant::now();
    let mut running = Running::start(&project, None, None);
    assert_eq!(running.end(), Some(0), "{}", running.said());
    began.elapsed()
}

async fn one_task(seed: u64, number: usize, whole: Duration, outcome: &mut Outcome) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut project = Project::new().await;
    let name = format!("task {number} (seed {seed})");
    let mut faults = Faults { name: &name, wrongs: &mut outcome.wrongs };
    let mut deaths: Vec<Death> =
        (0..rng.u32(1..=MOST_KILLS)).map(|_| death(&mut rng, whole)).collect();
    let mut settled: Option<Vec<String>> = None;
    loop {
        let death = deaths.pop();
        let asked = project.world.model.requests().len();
        let resumes = settled.is_some();
        let mut running = Running::start(&project, death, settled.is_some().then_some(1));
        let code = running.die_or_end(death);
        if resumes && let Some(first) = running.first_word {
            outcome.to_resume.push(first);
        }
        let now = census::settled_turns(&project.world);
        let asked = project.world.model.requests().len() - asked;
        let new = now.len() - settled.as_ref().map_or(0, Vec::len);
        outcome.cut_turns += faults.count_turns(asked, new, code.is_none());
        faults.extend(|w| &mut w.corrupt_databases, census::corrupt_databases(&project.world));
        match code {
            None => {
                outcome.kills += 1;
                faults.extend(|wrongs| &mut wrongs.orphans, orphans_after(&project, DYING));
                let listed = project.world.run(&["tasks"]).out;
                // Killed between its last word and its end.
                if listed.contains("completed") {
                    break;
                }
                settled = (!listed.is_empty()).then_some(now);
                if rng.bool() {
                    project.user_types(&mut rng);
                }
            }
            Some(0) => break,
            Some(code) => {
                faults.add(|w| &mut w.others, format!("ended with {code}: {}", running.said()));
                break;
            }
        }
    }
    faults.count_end(&project);
}

fn death(rng: &mut fastrand::Rng, whole: Duration) -> Death {
    let moment = whole.mul_f64(rng.f64() * 1.1);
    match rng.u8(..3) {
        0 => Death::Alone(moment),
        1 => Death::Group(moment),
        _ => Death::AtWrite(rng.u64(1..=JOURNAL_POINTS)),
    }
}

fn orphans_after(project: &Project, patience: Duration) -> Vec<String> {
    let until = Instant::now() + patience;
    loop {
        let orphans = census::orphans(&project.world);
        if orphans.is_empty() || Instant::now() > until {
            return orphans;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What is wrong, with the task that shows it.
pub(super) struct Faults<'a> {
    pub(super) name: &'a str,
    pub(super) wrongs: &'a mut Wrongs,
}

impl Faults<'_> {
    pub(super) fn add(&mut self, kind: impl Fn(&mut Wrongs) -> &mut Vec<String>, text: String) {
        kind(self.wrongs).push(format!("{}: {text}", self.name));
    }

    pub(super) fn extend(
        &mut self,
        kind: impl Fn(&mut Wrongs) -> &mut Vec<String>,
        texts: Vec<String>,
    ) {
        texts.into_iter().for_each(|text| self.add(&kind, text));
    }

    /// Counts the turns of one process: what was settled before is not asked again, whatever else is.
    /// The answers that were on their way when it died.
    pub(super) fn count_turns(&mut self, asked: usize, new: usize, is_killed: bool) -> usize {
        if asked > new + usize::from(is_killed) {
            let text = format!("{asked} requests for {new} answers that were kept");
            self.add(|wrongs| &mut wrongs.doubled_turns, text);
        }
        asked.saturating_sub(new)
    }

    /// Counts what can be told once the task has come to its end.
    pub(super) fn count_end(&mut self, project: &Project) {
        let world = &project.world;
        let differences = Picture::of(&world.root()).differences(&project.wanted);
        self.extend(|wrongs| &mut wrongs.lost, differences);
        self.extend(|wrongs| &mut wrongs.stray_locks, census::stray_locks(world));
        self.extend(|wrongs| &mut wrongs.orphans, orphans_after(project, DYING));
        let commits = world.log().len() - 1;
        if commits != COMMITS {
            self.add(|wrongs| &mut wrongs.doubled_edits, format!("{commits} commits"));
        }
        let turns = census::settled_turns(world).len();
        if turns != TURNS {
            self.add(|wrongs| &mut wrongs.doubled_turns, format!("{turns} turns"));
        }
        self.extend(|wrongs| &mut wrongs.doubled_edits, told_twice(project));
    }
}

/// Edits and commits that were told more than once, or not at all.
fn told_twice(project: &Project) -> Vec<String> {
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for event in project.world.run(&["tasks", "show", "1", "--json"]).events() {
        let what = match event["event"].as_str().unwrap() {
            "edit_applied" => event["path"].as_str().unwrap().to_owned(),
            "committed" => format!("commit of step {}", event["step"]),
            "completed" => "completed".to_owned(),
            _ => continue,
        };
        *told.entry(what).or_default() += 1;
    }
    // A rename is told of the new path.
    let edits = CHANGED.iter().filter(|path| **path != "old.txt").map(|path| (*path).to_owned());
    let commits = (1..=COMMITS).map(|step| format!("commit of step {step}"));
    let wanted: BTreeMap<String, usize> =
        edits.chain(commits).chain(["completed".to_owned()]).map(|what| (what, 1)).collect();
    if told == wanted { Vec::new() } else { vec![format!("{told:?}")] }
}

/// Devika at work on the task.
struct Running {
    child: Child,
    /// How long its first word of the task took.
    first_word: Option<Duration>,
    words: mpsc::Receiver<Duration>,
    reader: Option<std::thread::JoinHandle<Vec<Value>>>,
    errors: Option<ChildStderr>,
}

impl Running {
    /// Begins the task, or takes it up again.
    fn start(project: &Project, death: Option<Death>, task: Option<u32>) -> Self {
        let mut command = match task {
            Some(task) => {
                let task = task.to_string();
                project.world.devika(&["tasks", "resume", &task, "--yes", "--json"])
            }
            None => project.world.devika(&["run", "--yes", "--json", "Do the work in three steps"]),
        };
        if let Some(Death::AtWrite(write)) = death {
            command.env("DEVIKA_CRASH_AFTER", write.to_string());
        }
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let began = Instant::now();
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (sender, words) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let lines = stdout.lines().map_while(Result::ok);
            let events = lines.filter_map(|line| serde_json::from_str(&line).ok());
            let first = |_: &Value| sender.send(began.elapsed()).unwrap_or_default();
            events.inspect(first).collect()
        });
        let errors = child.stderr.take();
        Self { child, first_word: None, words, reader: Some(reader), errors }
    }

    /// Lets it die so, where it does not end before. Its exit code; none where it died.
    fn die_or_end(&mut self, death: Option<Death>) -> Option<i32> {
        if let Some(Death::Alone(after) | Death::Group(after)) = death {
            let until = Instant::now() + after;
            while Instant::now() < until {
                if let Some(status) = self.child.try_wait().unwrap() {
                    return status.code();
                }
                std::thread::sleep(Duration::from_millis(1));
            }
            // It has not been waited for, so the number is still its own.
            let pid = Pid::from_raw(self.child.id().cast_signed());
            match death {
                Some(Death::Group(_)) => killpg(pid, Signal::SIGKILL).unwrap(),
                _ => kill(pid, Signal::SIGKILL).unwrap(),
            }
        }
        self.end()
    }

    /// Waits until it has ended. Its exit code; none where it was killed, and also where it has taken
    /// longer than it may.
    fn end(&mut self) -> Option<i32> {
        let until = Instant::now() + PATIENCE;
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                self.child.kill().unwrap();
                panic!("the task hangs: {}", self.said());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        self.first_word = self.words.recv().ok();
        self.child.wait().unwrap().code()
    }

    /// What it told, and complained of.
    fn said(&mut self) -> String {
        let mut complaints = String::new();
        if let Some(mut errors) = self.errors.take() {
            errors.read_to_string(&mut complaints).unwrap();
        }
        let events = self.reader.take().map(|reader| reader.join().unwrap()).unwrap_or_default();
        let end = events.last().map(Value::to_string).unwrap_or_default();
        format!("{complaints}{end}")
    }
}
