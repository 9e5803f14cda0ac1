//! What a coder is shown, and how a conversation that goes round in circles is left.

use serde_json::json;

use crate::doubles::lock;
use crate::world::{World, code, decision, plan};

const BLOCK: &str = "File: `client.py`\n```\nprint(\"as it was\")\n```";

#[tokio::test]
async fn a_file_that_the_opening_quotes_is_not_quoted_again() {
    let world = World::new();
    world.file("client.py", "print(\"as it was\")\n");
    world.committed();
    world.says([plan(&[]), code("print(7341)")]);
    world.run("Have client.py print 7341").await;
    let requests = world.requests();
    assert_eq!(requests[0].matches(BLOCK).count(), 1, "the planner's:\n{}", requests[0]);
    assert_eq!(requests[1].matches(BLOCK).count(), 1, "the coder's:\n{}", requests[1]);
}

#[tokio::test]
async fn a_file_that_a_step_has_changed_is_quoted_as_it_is_now() {
    let world = World::new();
    world.file("client.py", "print(\"as it was\")\n");
    world.committed();
    let steps = json!({ "steps": [
        { "text": "Count in it", "files": ["client.py"] },
        { "text": "Have others count", "files": ["a.py", "b.py", "c.py", "d.py"] },
    ] });
    world.says([decision(steps), code("print(1)"), code("print(2)")]);
    world.run("Have client.py count").await;
    let last = world.requests().pop().unwrap();
    assert!(last.contains("The files now:\n\nFile: `client.py`\n```\nprint(1)"), "{last}");
}

#[tokio::test]
async fn a_coder_that_says_the_same_again_is_asked_anew_without_what_it_said() {
    let world = World::new();
    let nothing = "I have done it.".to_owned();
    world.says([plan(&[]), nothing.clone(), nothing.clone(), code("print(7341)")]);
    world.run("Write a client").await;
    let requests = world.requests();
    let said: Vec<usize> = requests.iter().map(|text| text.matches(&nothing).count()).collect();
    assert_eq!(said, [0, 0, 1, 0], "how often each request holds the useless answer");
    assert!(requests[3].starts_with(&requests[1]), "from the beginning");
    assert!(requests[3].contains("An answer that was given twice cannot be used:"));
    assert_eq!(world.read("client.py"), "print(7341)\n");
}

#[tokio::test]
async fn a_coder_that_says_nothing_else_fails_the_task_after_a_bounded_number_of_turns() {
    let world = World::new();
    world.says([plan(&[])]).says(vec!["I have done it.".to_owned(); 99]);
    let ended = world.run("Write a client").await;
    assert!(
        ended.summary().contains("gave no answer that could be applied"),
        "{}",
        ended.summary()
    );
    assert!(lock(&world.model.answers).len() > 80, "few turns were taken");
}

/// A file of twelve lines.
fn long() -> String {
    (0..12).map(|n| format!("print({n})\n")).collect()
}

#[tokio::test]
async fn a_file_of_which_the_coder_wrote_only_the_words_of_the_form_stays_as_it_is() {
    let world = World::new();
    world.file("other.py", &long());
    world.committed();
    let form = "\nFile: `other.py`\n```\nthe whole content of other.py\n```\n";
    world.says([plan(&[]), code("print(7341)") + form]);
    world.run("Write a client").await;
    assert_eq!(
        (world.read("client.py"), world.read("other.py")),
        ("print(7341)\n".to_owned(), long())
    );
}

#[tokio::test]
async fn a_file_of_which_the_coder_left_out_nearly_all_goes_back_to_it() {
    let world = World::new();
    world.file("client.py", &long());
    world.committed();
    let right = long().replace("print(3)", "print(7341)");
    world.says([plan(&[]), code("print(3)"), code(right.trim_end())]);
    world.run("Have client.py print 7341").await;
    assert!(world.requests()[2].contains("`client.py` would lose 11 of its 12 lines."));
    assert_eq!(world.read("client.py"), right);
}

#[tokio::test]
async fn a_coder_that_insists_may_leave_out_nearly_all_of_a_file() {
    let world = World::new();
    world.file("client.py", &long());
    world.committed();
    world.says([plan(&[]), code("print(3)"), code("print(3)")]);
    world.run("Have client.py print nothing but 3").await;
    assert_eq!(world.read("client.py"), "print(3)\n");
}
