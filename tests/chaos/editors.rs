//! The language server is killed under an editor with unsaved text, started again, and goes on. The
//! editor lives: it opens in the new server what is open in it, as it is there.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::Extent;
use super::census::{self, Wrongs};
use super::kills::{Faults, JOURNAL_POINTS, MOST_KILLS, Outcome};
use super::project::Project;
use crate::session::{Client, Session};

/// The files that the user has open from the beginning: one that the task changes, and two that it does
/// not.
const OPEN: [&str; 3] = ["shared.txt", "mine.txt", "untracked.txt"];

/// Files that the task makes, of which the editor that applies its edits has a buffer.
const MADE: [&str; 3] = ["a.txt", "sub/b.txt", "c.txt"];

/// What Devika writes, by where it writes it.
const WRITTEN: [(&str, &str); 4] =
    [("shared.txt", "\nDevika\n"), ("a.txt", "a\n"), ("sub/b.txt", "b\n"), ("c.txt", "c\n")];

/// The user types before one message in so many.
const TYPES: u32 = 12;

/// And saves before one in so many.
const SAVES: u32 = 60;

/// How the server dies.
#[derive(Debug, Clone, Copy)]
enum Death {
    /// By `kill -9`, after this long.
    After(Duration),
    /// By itself, after this many writes to the journal.
    AtWrite(u64),
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_under_unsaved_text_goes_on_and_nothing_of_it_is_lost() {
    let outcome = torment(&Extent::from_env(4)).await;
    assert_eq!(outcome.wrongs, Wrongs::default());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; run by scripts/chaos"]
async fn editors() {
    let extent = Extent::from_env(300);
    torment(&extent).await.report(extent.seed);
}

async fn torment(extent: &Extent) -> Outcome {
    let mut outcome = Outcome::default();
    let mut rng = fastrand::Rng::with_seed(extent.seed);
    let whole = undisturbed(&mut outcome).await;
    while outcome.tasks < extent.tasks && !extent.is_over() {
        let seed = rng.u64(..);
        let name = format!("session {} (seed {seed})", outcome.tasks);
        let mut rng = fastrand::Rng::with_seed(seed);
        let deaths = (0..rng.u32(1..=MOST_KILLS)).map(|_| death(&mut rng, whole)).collect();
        one_task(&name, rng, deaths, &mut outcome).await;
        outcome.tasks += 1;
    }
    outcome
}

/// How long the task takes where nobody kills the server.
async fn undisturbed(outcome: &mut Outcome) -> Duration {
    let began = Instant::now();
    let rng = fastrand::Rng::with_seed(0);
    one_task("the undisturbed session", rng, Vec::new(), outcome).await;
    began.elapsed()
}

fn death(rng: &mut fastrand::Rng, whole: Duration) -> Death {
    match rng.bool() {
        true => Death::After(whole.mul_f64(rng.f64() * 1.1)),
        false => Death::AtWrite(rng.u64(1..=JOURNAL_POINTS)),
    }
}

/// How one server ended.
enum End {
    Killed,
    Completed,
    /// What it told instead.
    Otherwise(Value),
}

async fn one_task(
    name: &str,
    mut rng: fastrand::Rng,
    mut deaths: Vec<Death>,
    outcome: &mut Outcome,
) {
    let mut project = Project::new().await;
    let mut faults = Faults { name, wrongs: &mut outcome.wrongs };
    let mut editor = Session::spawn(&project.world, Client::Extension);
    let mut settled: Option<Vec<String>> = None;
    let mut is_open = false;
    loop {
        let asked = project.world.model.requests().len();
        let death = deaths.pop();
        let at_write = match death {
            Some(Death::AtWrite(write)) => Some(write),
            _ => None,
        };
        editor.restart(&project.world, at_write).await;
        let killer = killer(&editor, death);
        if !std::mem::replace(&mut is_open, true) {
            for path in OPEN {
                editor.open(path).await;
            }
        }
        let began = Instant::now();
        let resumes = settled.is_some();
        match resumes {
            true => editor.begin("devika.task.resume", json!({ "task": 1 })).await,
            false => {
                let prompt = json!({ "prompt": "Do the work in three steps" });
                editor.begin("devika.task.start", prompt).await;
            }
        }
        let mut first_word = None;
        let end = until_the_end(&mut editor, &mut project, &mut rng, &mut || {
            first_word.get_or_insert_with(|| began.elapsed());
        })
        .await;
        killer.abort();
        outcome.to_resume.extend(first_word.filter(|_| resumes));
        let now = census::settled_turns(&project.world);
        let asked = project.world.model.requests().len() - asked;
        let new = now.len() - settled.as_ref().map_or(0, Vec::len);
        let is_killed = matches!(end, End::Killed);
        outcome.cut_turns += faults.count_turns(asked, new, is_killed);
        faults.extend(|w| &mut w.corrupt_databases, census::corrupt_databases(&project.world));
        match end {
            End::Killed => {
                outcome.kills += 1;
                let listed = project.world.run(&["tasks"]).out;
                // Killed between its last word and the editor's hearing it.
                if listed.contains("completed") {
                    break;
                }
                settled = (!listed.is_empty()).then_some(now);
                if rng.bool() {
                    type_somewhere(&mut editor, &mut project, &mut rng).await;
                }
            }
            End::Completed => break,
            End::Otherwise(told) => {
                faults.add(|wrongs| &mut wrongs.others, told.to_string());
                break;
            }
        }
    }
    faults.extend(|wrongs| &mut wrongs.lost, not_on_disk(&project));
    save_all(&mut editor).await;
    drop(editor);
    faults.count_end(&project);
}

/// Kills the server when its time has come.
fn killer(editor: &Session, death: Option<Death>) -> tokio::task::JoinHandle<()> {
    let pid = Pid::from_raw(editor.pid());
    tokio::spawn(async move {
        if let Some(Death::After(moment)) = death {
            tokio::time::sleep(moment).await;
            // The editor has not waited for it, so the number is still its own.
            kill(pid, Signal::SIGKILL).unwrap();
        }
    })
}

/// Answers the server, types and saves, until the task has ended or the server is gone.
async fn until_the_end(
    editor: &mut Session,
    project: &mut Project,
    rng: &mut fastrand::Rng,
    heard: &mut dyn FnMut(),
) -> End {
    while let Some(message) = editor.next_or_gone().await {
        if message.get("error").is_some() {
            return End::Otherwise(message);
        }
        if message["method"] != "devika/event" {
            continue;
        }
        heard();
        let event = &message["params"];
        match event["event"].as_str().unwrap() {
            "completed" => return End::Completed,
            "failed" | "paused" | "cancelled" => return End::Otherwise(event.clone()),
            "asked" => {
                let yes = json!({ "task": 1, "ask": event["ask"], "allow": true });
                editor.begin("devika.task.approve", yes).await;
            }
            _ => {}
        }
        if rng.u32(..TYPES) == 0 {
            type_somewhere(editor, project, rng).await;
        }
        if rng.u32(..SAVES) == 0 {
            save_all(editor).await;
        }
    }
    End::Killed
}

/// The user types at the end of something that is open, and does not save it.
async fn type_somewhere(editor: &mut Session, project: &mut Project, rng: &mut fastrand::Rng) {
    let paths: Vec<&str> =
        OPEN.into_iter().chain(MADE).filter(|path| editor.is_open(path)).collect();
    let Some(path) = rng.choice(paths) else { return };
    let typed = format!("typed {}\n", rng.u16(..));
    editor.type_at_end(path, &typed).await;
    project.wanted.files.get_mut(path).unwrap().push_str(&typed);
}

async fn save_all(editor: &mut Session) {
    for path in OPEN.into_iter().chain(MADE) {
        if editor.is_open(path) {
            editor.save(path).await;
        }
    }
}

/// What Devika wrote and did not get to the disk, before the user saves anything.
fn not_on_disk(project: &Project) -> Vec<String> {
    let is_missing = |(path, text): &(&str, &str)| {
        !(project.world.has(path) && project.world.read(path).contains(text))
    };
    let missing = WRITTEN.into_iter().filter(is_missing);
    missing.map(|(path, _)| format!("{path} is committed and was not saved")).collect()
}
