//! Ends of tasks - accepted, discarded, undone - that are killed at random moments and asked for again.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::Extent;
use super::census::{self, Wrongs};
use super::kills::{Faults, Outcome};
use super::picture::Picture;
use super::project::Project;
use crate::world::World;

/// What a user may do with a task that is done.
const ENDS: [&str; 3] = ["accept", "discard", "undo"];

/// Where a task worked, by what `devika run` is told.
const PLACES: [&[&str]; 2] = [&[], &["--worktree"]];

/// Times that one end is killed, at the most.
const MOST_KILLS: u32 = 3;

/// What an end comes to where nobody disturbs it.
struct Undisturbed {
    code: Option<i32>,
    took: Duration,
    after: After,
}

/// All that an end may change.
#[derive(Debug, PartialEq, Eq)]
struct After {
    picture: Picture,
    commits: usize,
    branches: Vec<String>,
    has_worktree: bool,
}

impl After {
    fn of(world: &World) -> Self {
        let repository = world.repository();
        let all = repository.branches(None).unwrap();
        let name = |branch: Result<(git2::Branch<'_>, _), _>| {
            branch.unwrap().0.name().unwrap().unwrap().to_owned()
        };
        Self {
            picture: Picture::of(&world.root()),
            commits: world.log().len(),
            branches: all.map(name).collect(),
            has_worktree: world.home().join("state/worktrees/task-1/project").exists(),
        }
    }

    /// Each difference, for a person to read.
    fn differences(&self, wanted: &Self) -> Vec<String> {
        let mut found = self.picture.differences(&wanted.picture);
        let rest =
            |it: &Self| format!("{} commits, {:?}", it.commits, (&it.branches, it.has_worktree));
        let (is, should) = (rest(self), rest(wanted));
        if is != should {
            found.push(format!("{is} instead of {should}"));
        }
        found
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_killed_at_any_moment_is_asked_for_again_and_is_as_if_nothing_had_been() {
    let outcome = torment(&Extent::from_env(6)).await;
    assert_eq!(outcome.wrongs, Wrongs::default());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; run by scripts/chaos"]
async fn ends() {
    let extent = Extent::from_env(300);
    torment(&extent).await.report(extent.seed);
}

async fn torment(extent: &Extent) -> Outcome {
    let mut outcome = Outcome::default();
    let mut rng = fastrand::Rng::with_seed(extent.seed);
    let mut known = BTreeMap::new();
    while outcome.tasks < extent.tasks && !extent.is_over() {
        let number = outcome.tasks;
        let (end, place) = (ENDS[number % ENDS.len()], PLACES[number / ENDS.len() % PLACES.len()]);
        let wanted = match known.entry((end, place)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(undisturbed(end, place).await),
        };
        let seed = rng.u64(..);
        one_end(seed, end, place, wanted, &mut outcome).await;
        outcome.tasks += 1;
    }
    outcome
}

/// A project with a task that is done.
async fn done(place: &[&str]) -> Project {
    let project = Project::new().await;
    let prompt = ["Do the work in three steps"];
    let ran = project.world.run(&[&["run", "--yes"], place, &prompt].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    project
}

async fn undisturbed(end: &str, place: &[&str]) -> Undisturbed {
    let project = done(place).await;
    let began = Instant::now();
    let ran = project.world.run(&["tasks", end, "1"]);
    Undisturbed { code: ran.code, took: began.elapsed(), after: After::of(&project.world) }
}

async fn one_end(
    seed: u64,
    end: &str,
    place: &[&str],
    wanted: &Undisturbed,
    outcome: &mut Outcome,
) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let project = done(place).await;
    let world = &project.world;
    let name = format!("{end} of {place:?} (seed {seed})");
    let mut faults = Faults { name: &name, wrongs: &mut outcome.wrongs };
    for _ in 0..rng.u32(1..=MOST_KILLS) {
        let moment = wanted.took.mul_f64(rng.f64() * 1.1);
        outcome.kills += usize::from(is_killed(world.devika(&["tasks", end, "1"]), moment));
        faults.extend(|w| &mut w.corrupt_databases, census::corrupt_databases(world));
    }
    // It may have ended before it was killed: then there is nothing left to end.
    if !is_told(world, end) {
        let ran = world.run(&["tasks", end, "1"]);
        if ran.code != wanted.code || !is_told(world, end) {
            faults.add(|w| &mut w.others, format!("{ran:?}"));
        }
    }
    faults.extend(|w| &mut w.lost, After::of(world).differences(&wanted.after));
    faults.extend(|w| &mut w.stray_locks, census::stray_locks(world));
}

/// Whether the task is known to have ended so.
fn is_told(world: &World, end: &str) -> bool {
    let names = world.run(&["tasks", "show", "1", "--json"]).event_names();
    let told = if end == "undo" { "undone".to_owned() } else { format!("{end}ed") };
    names.contains(&told)
}

/// Whether it was killed after this long, since it had not ended before.
fn is_killed(mut command: Command, after: Duration) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}
