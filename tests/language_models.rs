//! The editor's own language models as a provider: the server asks the client for each turn.

use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::{World, code, plan};

/// What a language model of the editor does when it is asked.
#[derive(Debug)]
pub enum ModelTurn {
    /// Streams these pieces, and answers with all of them.
    Says(Vec<String>),
    /// Answers with a failure of this kind, in these words.
    Fails(&'static str, &'static str),
    /// Streams this, and then nothing.
    Hangs(&'static str),
}

impl Session {
    /// The answer of a language model; none where it hangs.
    pub async fn model_turn(&mut self, params: &Value) -> Option<Value> {
        self.asked.push(params.clone());
        let turn = self.model_turns.pop_front().expect("a model of the editor is asked once more");
        let (pieces, reply) = match turn {
            ModelTurn::Says(pieces) => {
                let reply = json!({ "outcome": "answered", "text": pieces.concat() });
                (pieces, Some(reply))
            }
            ModelTurn::Fails(reason, message) => {
                let reply = json!({ "outcome": "failed", "reason": reason, "message": message });
                (Vec::new(), Some(reply))
            }
            ModelTurn::Hangs(piece) => (vec![piece.to_owned()], None),
        };
        for text in pieces {
            self.notify("devika/lm/chunk", json!({ "id": params["id"], "text": text })).await;
        }
        reply
    }
}

/// No key, and nothing on this machine that could be asked.
const NOTHING_ELSE: &str = "[providers.ollama]\nbase_url = \"http://127.0.0.1:1/\"\n\
                            [providers.lmstudio]\nbase_url = \"http://127.0.0.1:1/v1/\"\n";

/// A world without any model but the editor's; `config` is the user's configuration.
async fn world(config: &str) -> World {
    let world = World::new(Vec::new()).await;
    world.configure(config);
    world
}

/// An editor with two models of its own, which do this when they are asked.
async fn editor(world: &World, turns: Vec<ModelTurn>) -> Session {
    let mut editor = Session::start(world, Client::Modelled).await;
    editor.model_turns = turns.into();
    let models = json!([
        { "id": "claude-sonnet-5-preview", "family": "claude-sonnet-5", "inputTokens": 90_000 },
        { "id": "gpt-4.1-2025", "family": "gpt-4.1", "inputTokens": 111_000 },
    ]);
    editor.notify("devika/lm/models", json!({ "models": models })).await;
    editor
}

/// An answer in pieces of so many characters.
fn says(text: &str, characters: usize) -> ModelTurn {
    let letters: Vec<char> = text.chars().collect();
    ModelTurn::Says(letters.chunks(characters).map(|piece| piece.iter().collect()).collect())
}

/// The two turns of a small task.
fn hello() -> Vec<ModelTurn> {
    let planned = plan("Write a.txt", &["a.txt"], &[]).text;
    vec![says(&planned, 20), says(&code("Add a", &[("a.txt", "a\n")]).text, 9)]
}

async fn start(editor: &mut Session) {
    editor.execute("devika.task.start", json!({ "prompt": "Write a" })).await.unwrap();
}

/// The whole answer that was streamed to the client in the first turn of task 1.
async fn streamed(editor: &mut Session) -> String {
    let mut text = String::new();
    loop {
        let told = editor
            .until(|message| {
                ["turn_delta", "turn_finished"]
                    .iter()
                    .any(|name| message["params"]["event"] == *name)
            })
            .await;
        match told["params"]["text"].as_str() {
            Some(piece) => text.push_str(piece),
            None => return text,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_is_done_by_the_editors_model_without_any_key() {
    let world = world("[models]\ndefault = \"editor/claude-sonnet-5\"\n").await;
    let mut editor = editor(&world, hello()).await;
    start(&mut editor).await;
    let began = editor.event("turn_started").await;
    assert_eq!(began["model"], "editor/claude-sonnet-5-preview");
    assert_eq!(streamed(&mut editor).await, plan("Write a.txt", &["a.txt"], &[]).text);
    let done = editor.event("completed").await;
    assert_eq!(world.read("a.txt"), "a\n");
    assert_eq!(world.log().len(), 1);
    let usage = &done["usage"];
    assert!(usage["input"].as_u64().unwrap() > 100, "what nobody counts is estimated: {usage}");
    assert_eq!(usage["cost"], 0, "the editor's plan pays");
    let [planning, coding] = editor.asked.as_slice() else { panic!("{:?}", editor.asked) };
    assert_eq!(planning["model"], "claude-sonnet-5-preview");
    let last = |asked: &Value| {
        let messages = asked["messages"].as_array().unwrap();
        let last = messages.last().unwrap();
        (last["role"].clone(), last["text"].as_str().unwrap().contains("by this JSON schema:"))
    };
    assert_eq!(last(planning), (json!("user"), true), "a schema is told in the prompt");
    assert_eq!(last(coding), (json!("user"), false));
    assert_ne!(planning["id"], coding["id"]);
    assert!(!planning["system"].as_str().unwrap().is_empty());
    assert!(editor.exit().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_key_and_no_local_model_a_task_gets_what_the_editors_plan_includes() {
    let world = world(NOTHING_ELSE).await;
    let mut editor = editor(&world, hello()).await;
    let offered = editor.execute("devika.model.list", json!({})).await.unwrap();
    let mut own = offered.as_array().unwrap().clone();
    own.retain(|offer| offer["provider"] == "editor");
    let facts = own.iter().map(|offer| (&offer["model"], &offer["context"], &offer["current"]));
    insta::assert_json_snapshot!(facts.collect::<Vec<_>>(), @r#"
    [
      [
        "claude-sonnet-5-preview",
        90000,
        false
      ],
      [
        "gpt-4.1-2025",
        111000,
        true
      ]
    ]
    "#);
    assert!(own.iter().all(|offer| offer["price"].is_null()), "a plan is not said to be free");
    let checks = editor.execute("devika.doctor", json!({})).await.unwrap();
    let mut checks = checks.as_array().unwrap().clone();
    checks.retain(|check| ["editor's models", "model"].iter().any(|name| check["name"] == *name));
    let checks: Vec<_> = checks.iter().map(|check| (&check["verdict"], &check["text"])).collect();
    insta::assert_json_snapshot!(checks, @r#"
    [
      [
        "ok",
        "2 that a task can name as `editor/MODEL`: claude-sonnet-5-preview, gpt-4.1-2025"
      ],
      [
        "ok",
        "editor/gpt-4.1-2025: the editor has it, and there is no key and no local model"
      ]
    ]
    "#);
    assert_eq!(editor.asked.len(), 0, "a doctor asks no turn that the user would have to allow");
    start(&mut editor).await;
    assert_eq!(editor.event("turn_started").await["model"], "editor/gpt-4.1-2025");
    editor.event("completed").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_a_task_cancels_the_request_to_the_editor() {
    let world = world("[models]\ndefault = \"editor\"\n").await;
    let mut editor = editor(&world, vec![ModelTurn::Hangs("I thi")]).await;
    start(&mut editor).await;
    assert_eq!(editor.event("turn_delta").await["text"], "I thi");
    editor.execute("devika.task.cancel", json!({ "task": 1 })).await.unwrap();
    let cancelled = editor.message("$/cancelRequest").await;
    assert_eq!(cancelled["id"], editor.asked[0]["id"]);
    editor.event("cancelled").await;
    let error = json!({ "code": -32800, "message": "cancelled" });
    editor.send(json!({ "jsonrpc": "2.0", "id": cancelled["id"], "error": error })).await;
    assert!(editor.exit().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_time_mends_is_tried_again() {
    let world = world("[models]\ndefault = \"editor\"\n").await;
    let mut turns = vec![
        ModelTurn::Fails("busy", "Sorry, you have been rate-limited."),
        ModelTurn::Fails("broken", "net::ERR_CONNECTION_RESET"),
    ];
    turns.extend(hello());
    let mut editor = editor(&world, turns).await;
    start(&mut editor).await;
    editor.event("completed").await;
    assert_eq!(editor.asked.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_waiting_mends_fails_the_task_with_what_to_do() {
    let cases = [
        ("consent", "The user denied it"),
        ("quota", "You have used up your premium requests"),
        ("refused", "off_topic"),
        ("gone", "the editor does not have it any more"),
    ];
    let mut told = Vec::new();
    for (reason, message) in cases {
        let world = world("[models]\ndefault = \"editor\"\n").await;
        let mut editor = editor(&world, vec![ModelTurn::Fails(reason, message)]).await;
        start(&mut editor).await;
        told.push(editor.event("failed").await["reason"].as_str().unwrap().to_owned());
        assert_eq!(editor.asked.len(), 1, "{reason} is not tried again");
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    editor was not asked: the editor does not let Devika use its language models (The user denied it). Allow it: in VS Code's Accounts menu, under “Manage Language Model Access”; then resume the task
    editor answered 402: the plan's quota is used up, and no waiting helps: You have used up your premium requests
    editor/gpt-4.1-2025 declined to answer: off_topic
    editor was not asked: the editor does not have it any more (gpt-4.1-2025). Choose another model with “Devika: Choose Model”, then resume the task
    ");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_with_a_key_stands_in_where_the_plans_quota_is_used_up() {
    let world =
        World::new(vec![plan("Write a.txt", &["a.txt"], &[]), code("Add a", &[("a.txt", "a\n")])])
            .await;
    let url = world.model.openai_url();
    world.configure(&format!(
        "[models]\ndefault = \"editor\"\nfallback = [\"scripted/model\"]\n\
         [providers.scripted]\nkind = \"openai\"\nbase_url = \"{url}\"\n"
    ));
    let quota = || ModelTurn::Fails("quota", "You have used up your premium requests");
    let mut editor = editor(&world, vec![quota(), quota()]).await;
    start(&mut editor).await;
    editor.event("completed").await;
    assert_eq!(world.read("a.txt"), "a\n");
    world.model.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_editor_that_goes_away_leaves_a_task_that_only_such_an_editor_resumes() {
    let world = world("[models]\ndefault = \"editor\"\n").await;
    let mut first = editor(&world, vec![hello().remove(0), ModelTurn::Hangs("Commit: A")]).await;
    start(&mut first).await;
    first.event("planned").await;
    first.until(|message| message["params"]["text"] == "Commit: A").await;
    first.hang_up().await;

    let told = world.run(&["tasks", "resume", "1", "--yes"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    let words = told.out + &told.err;
    assert!(words.contains("Run or resume the task in VS Code with Devika's extension"), "{words}");

    let mut second = editor(&world, vec![hello().remove(1)]).await;
    second.execute("devika.task.resume", json!({ "task": 1 })).await.unwrap();
    second.event("completed").await;
    assert_eq!(world.read("a.txt"), "a\n");
    assert_eq!(second.asked.len(), 1, "the plan is not asked for again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_of_the_editors_model_is_replayed_without_the_editor() {
    let world = world("[models]\ndefault = \"editor\"\n").await;
    let mut editor = editor(&world, hello()).await;
    start(&mut editor).await;
    editor.event("completed").await;
    assert!(editor.exit().await.success());
    let file = crate::replay::export(&world);
    let ran = crate::replay::replay(&file, &[]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "replayed 2 turns, 0 commands: the same\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_the_editor_does_not_have_cannot_be_chosen() {
    let world = world(NOTHING_ELSE).await;
    let mut editor = editor(&world, Vec::new()).await;
    let chosen = editor.execute("devika.model.select", json!({ "model": "editor/gpt-4.1" })).await;
    assert_eq!(chosen, Ok(Value::Null));
    let unknown = editor.execute("devika.model.select", json!({ "model": "editor/gpt-9" })).await;
    let plain = Session::start(&world, Client::Extension)
        .await
        .execute("devika.model.select", json!({ "model": "editor/gpt-4.1" }))
        .await;
    let words = |outcome: Result<Value, Value>| outcome.unwrap_err()["message"].clone();
    insta::assert_json_snapshot!([words(unknown), words(plain)], @r#"
    [
      "the editor has no model `gpt-9`; it has claude-sonnet-5-preview, gpt-4.1-2025",
      "`editor/gpt-4.1` is a model of the editor, and there is no editor here that lets its own models be asked. Run or resume the task in VS Code with Devika's extension, or choose another model: `devika models use PROVIDER/MODEL` for this folder, `models.default` of the configuration, or the editor's setting `devika.model`, where that named it"
    ]
    "#);
}
