//! A provider's bad day, as the user lives through it.

use scripted_model::{Reply, ScriptedModel, Stop};

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

/// A world whose model is backed by another one, and with these further lines of configuration.
async fn with_fallback(
    first: Vec<Reply>,
    second: Vec<Reply>,
    lines: &str,
) -> (World, ScriptedModel) {
    let world = World::new(first).await;
    let other = ScriptedModel::start(second).await;
    let (url, other_url) = (world.model.openai_url(), other.openai_url());
    world.configure(&format!(
        "[models]\ndefault = \"scripted/model\"\nfallback = [\"other/model\"]\n\
         [providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\n\
         [providers.other]\nkind = \"openai\"\nbase_url = \"{other_url}\"\n{lines}"
    ));
    (world, other)
}

fn written() -> Reply {
    code("Add a", &[("a.py", "print(1)\n")])
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_model_cannot_answer_the_next_does_and_the_commit_names_it() {
    let refused = Reply::status(401, "Your key has expired").repeated();
    let (world, other) = with_fallback(vec![refused], vec![planned(), written()], "").await;
    let ran = world.run(&["run", "--yes", "--json", "Write a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(world.model.requests().len(), 1, "a key that was refused is not tried again");
    let events = ran.events();
    let fell: Vec<_> = events.iter().filter(|event| event["event"] == "fell_back").collect();
    assert_eq!((fell.len(), &fell[0]["to"]), (1, &serde_json::json!("other/model")), "{fell:?}");
    let finished = events.iter().find(|event| event["event"] == "turn_finished").unwrap();
    assert_eq!(finished["model"], "other/model");
    assert!(world.log()[0].0.contains("Assisted-by: other/model"), "{:?}", world.log());
    other.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_has_a_model_of_its_own() {
    let world = World::new(vec![planned()]).await;
    let other = ScriptedModel::start(vec![written()]).await;
    let (url, other_url) = (world.model.openai_url(), other.openai_url());
    world.configure(&format!(
        "[models]\ndefault = \"scripted/model\"\ncoder = \"other/coder\"\n\
         [providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\n\
         [providers.other]\nkind = \"openai\"\nbase_url = \"{other_url}\"\n"
    ));
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(world.log()[0].0.contains("Assisted-by: other/coder"), "{:?}", world.log());
    world.model.finish();
    other.finish();
}

/// A world whose model costs a dollar for a thousand tokens, with this budget.
async fn priced(replies: Vec<Reply>, budget: &str) -> World {
    let world = World::new(replies).await;
    let url = world.model.openai_url();
    world.configure(&format!(
        "[models]\ndefault = \"scripted/model\"\n[providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\n\
         output_tokens = 1000\ncontext_tokens = 8000\n\
         [providers.scripted.prices.\"*\"]\ninput = 1000\noutput = 1000\n[budget]\n{budget}"
    ));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_would_cross_its_cap_pauses_before_the_call_and_goes_on_with_a_raised_one() {
    let replies = vec![planned().usage(900, 0, 100), written().usage(900, 0, 100)];
    let world = priced(replies, "task = \"2.10\"\n").await;
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.out.contains("of $2.10") && ran.out.contains("--budget"), "{ran:?}");
    assert_eq!(world.model.requests().len(), 1, "the call that would cross it was not made");
    let still = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(still.code, Some(4), "{still:?}");
    let resumed = world.run(&["tasks", "resume", "1", "--yes", "--budget", "9"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    assert!(resumed.out.contains("$2.00"), "the planner's dollar and the coder's: {resumed:?}");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_user_is_warned_when_four_fifths_of_a_budget_are_used() {
    let replies = vec![planned().usage(900, 0, 100), written().usage(900, 0, 100)];
    let world = priced(replies, "task_tokens = 2700\ntask = \"none\"\nday = \"none\"\n").await;
    let ran = world.run(&["run", "--yes", "Write a.py"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.contains("the budget of the task is nearly used up"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_all_tasks_of_a_day_spend_is_capped_together() {
    let replies = [planned().usage(900, 0, 100), written().usage(900, 0, 100)];
    let world = priced(
        [replies.clone(), replies].concat(),
        "day_tokens = 3500\nday = \"none\"\ntask = \"none\"\n",
    )
    .await;
    assert_eq!(world.run(&["run", "--yes", "Write a.py"]).code, Some(0));
    let second = world.run(&["run", "--yes", "Write a.py again"]);
    assert_eq!(second.code, Some(4), "{second:?}");
    assert!(second.out.contains("budget of the day"), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_same_failure_twice_the_second_model_is_asked_with_more_of_the_project() {
    let wrong = || code("Add greet", &[("greet.py", "raise NameError('greet')\n")]);
    let right = code("Add greet", &[("greet.py", "def greet():\n    print('Hi')\n")]);
    let planned = plan("Write greet.py", &["greet.py"], &["python3 greet.py"]);
    let first = vec![planned, wrong(), wrong().when("First say in one line what is wrong")];
    let (world, other) = with_fallback(first, vec![right.when("Write the step anew")], "").await;
    world.file("shop.py", "import greet\n\nGREETING = greet.greet\n").committed();
    let ran = world.run(&["run", "--yes", "--json", "Write greet"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let request = other.requests().pop().unwrap();
    assert!(request.prompt().contains("GREETING = greet.greet"), "who calls it is shown");
    let told = ran.events().into_iter().filter(|event| event["event"] == "monologue");
    let told: Vec<_> = told.map(|event| event["text"].as_str().unwrap().to_owned()).collect();
    let words = "The same failure again: it is looked at in another way by other/model.";
    assert!(told.iter().any(|text| text == words), "{told:?}");
    let replayed = crate::replay::replay(&crate::replay::export(&world), &[]).await;
    assert_eq!(replayed.code, Some(0), "{replayed:?}");
    world.model.finish();
    other.finish();
}
