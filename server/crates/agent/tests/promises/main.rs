//! A random user beside a random agent: the user types, formats, deletes, stages, commits and switches
//! branches before, while and after the agent changes, commits, is stopped and goes on. After each action
//! the promises are checked: what the user typed is where they typed it, what they staged is staged, and
//! nothing that they did not commit is committed.
//!
//! The real engine over the real file system and real repositories; model, runner and user are doubles.
//! `DEVIKA_CHAOS_SEED` and `DEVIKA_CHAOS_TASKS` make it another and a longer test.

#![expect(clippy::unwrap_used, reason = "a test may panic, and its helpers with it")]

mod agent;
mod scene;
mod user;
mod world;

use world::World;

/// Tasks of the test.
const TASKS: u64 = 60;

/// Tasks in one project, before another one is begun.
const TASKS_A_PROJECT: u64 = 6;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::print_stdout, reason = "the seed and the extent are to be seen")]
async fn whatever_user_and_agent_do_beside_each_other_nothing_of_the_users_is_lost() {
    let seed = number("DEVIKA_CHAOS_SEED").unwrap_or(1);
    let tasks = number("DEVIKA_CHAOS_TASKS").unwrap_or(TASKS);
    let mut rng = fastrand::Rng::with_seed(seed);
    let (mut actions, mut ends) = (0, std::collections::BTreeMap::<String, usize>::new());
    for _ in 0..tasks.div_ceil(TASKS_A_PROJECT) {
        let seed = rng.u64(..);
        let world = World::new(seed);
        for _ in 0..TASKS_A_PROJECT {
            *ends.entry(world.one_task().await).or_default() += 1;
        }
        actions += world.actions();
    }
    println!("seed {seed}: {tasks} tasks, {actions} actions of user and agent; ends: {ends:?}");
    // Where all tasks end in the same way, little was tried.
    assert!(ends.contains_key("completed") && ends.len() > 1, "{ends:?}");
}
