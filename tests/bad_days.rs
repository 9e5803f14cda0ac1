//! A provider's bad day, as the user lives through it.

use scripted_model::{Reply, Stop};

use crate::world::{World, code, plan};

fn planned() -> Reply {
    plan("Change a.py", &["a.py"], &["python3 a.py"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_cut_off_is_continued_where_it_stopped() {
    let begun = "Commit: Add a\n\nFile: `a.py`\n```python\nprint('one')\nprint('tw";
    let world = World::new(vec![
        planned(),
        Reply::text(begun).stop(Stop::Length),
        Reply::text("```python\nprint('two')\nprint('three')\n```\n")
            .when("Your answer was cut off"),
    ])
    .await;
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("a.py"), "print('one')\nprint('two')\nprint('three')\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_ends_leaves_no_half_a_file() {
    let cut = "File: `a.py`\n```python\nprint('one')\nprint('tw";
    let world = World::new(vec![planned(), Reply::text(cut).stop(Stop::Length).repeated()]).await;
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("cut off"), "{ran:?}");
    assert!(!world.has("a.py"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_that_is_too_large_is_sent_once_more_without_its_largest_file() {
    let overflow = Reply::status(400, "This model's maximum context length is 8192 tokens");
    let world = World::new(vec![
        planned(),
        overflow,
        code("Change a", &[("a.py", "print('b')\n")]).when("File: `big.py` is left out"),
    ])
    .await;
    world.file("a.py", "print('a')\n").file("big.py", &"x = 1\n".repeat(4_000)).committed();
    let ran = world.run(&["run", "--yes", "Change a.py so that it fits big.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.read("a.py"), "print('b')\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_too_large_is_named_with_a_way_out() {
    let overflow = Reply::status(400, "This model's maximum context length is 8192 tokens");
    let world = World::new(vec![planned(), overflow.repeated()]).await;
    world.file("a.py", "print('a')\n").committed();
    let ran = world.run(&["run", "--yes", "Change a.py"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for words in ["too large", "`a.py`", "context_tokens"] {
        assert!(ran.out.contains(words), "{words} is missing: {ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_asks_for_an_hour_pauses_the_task_with_the_time() {
    let wait = Reply::status(429, "Quota used up").header("retry-after", "3600");
    let world = World::new(vec![planned(), wait, code("Add a", &[("a.py", "print(1)\n")])]).await;
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.out.contains("UTC") && ran.out.contains("devika tasks resume 1"), "{ran:?}");
    let resumed = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert_eq!(world.model.requests().len(), 3, "the planner is not paid twice");
    world.model.finish();
}
