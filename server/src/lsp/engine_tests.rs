//! A session with an engine: what a client sees of its tasks, and what it can do about them.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use devika_agent::{Engine, Models, RoleModels, Settings, Wanted};
use devika_llm::{Answer, Delta, LanguageModel, Limits, ModelError, Request};
use devika_sandbox::PlainRunner;
use devika_store::Store;
use serde_json::{Value, json};

use super::connect::Connect;
use super::test_client::{TestClient, no_setup};

/// A model that says one word and then thinks for ever.
struct Thinker;

#[async_trait]
impl LanguageModel for Thinker {
    fn name(&self) -> &'static str {
        "test/thinker"
    }

    fn limits(&self) -> Limits {
        Limits { context: 100_000, output: 1000, small: false }
    }

    async fn turn(
        &self,
        _: &Request,
        on_delta: &(dyn for<'a> Fn(Delta<'a>) + Send + Sync),
    ) -> Result<Answer, ModelError> {
        on_delta(Delta::Text("hello"));
        std::future::pending().await
    }
}

/// Has the thinker, or nothing.
struct OneModel(bool);

#[async_trait]
impl Models for OneModel {
    async fn models(
        &self,
        _: &Wanted<'_>,
        _: &(dyn Fn(String) + Send + Sync),
    ) -> Result<RoleModels, String> {
        if self.0 {
            Ok(RoleModels::new(Arc::new(Thinker)))
        } else {
            Err("There is no model: set a key.".to_owned())
        }
    }
}

fn settings(leases: PathBuf) -> Settings {
    let defaults = devika_config::load(&devika_config::Sources::default()).unwrap().config;
    Settings {
        tasks: devika_config::Tasks { prompt_bytes: 1000, ..defaults.tasks },
        commands: devika_config::Commands {
            approve: devika_config::Approval::Ask,
            ..defaults.commands
        },
        git: defaults.git,
        checkpoints: defaults.checkpoints,
        command_env: [].into(),
        signing_env: [].into(),
        reports: leases.join("reports"),
        printer: None,
        outside: devika_agent::Outside::default(),
        knowledge: None,
        worktrees: leases.join("worktrees"),
        leases,
        key_in: Arc::new(|_| None),
    }
}

struct World {
    folder: tempfile::TempDir,
    client: TestClient,
    uri: String,
}

impl World {
    async fn with(has_model: bool, capabilities: Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("project")).unwrap();
        Self::over(folder, has_model, capabilities).await
    }

    /// A session over the folder, and the state, of an earlier one.
    async fn over(folder: tempfile::TempDir, has_model: bool, capabilities: Value) -> Self {
        Self::with_options(folder, has_model, capabilities, Value::Null).await
    }

    async fn with_options(
        folder: tempfile::TempDir,
        has_model: bool,
        capabilities: Value,
        options: Value,
    ) -> Self {
        let root = folder.path().join("project");
        let (leases, state) = (folder.path().join("leases"), folder.path().join("devika.db"));
        let connect = Connect::by(no_setup(), move |_| {
            let (settings, state) = (settings(leases.clone()), state.clone());
            async move {
                let store = Store::open(&state).map_err(|error| error.to_string())?;
                let runner = Arc::new(PlainRunner::new(Vec::new()));
                Ok(Engine::new(store, Arc::new(OneModel(has_model)), runner, settings))
            }
        });
        let client = TestClient::with_options(connect, &root, capabilities, options).await;
        let uri = super::uri::from_path(&root.join("a.py")).unwrap().as_str().to_owned();
        Self { folder, client, uri }
    }

    async fn start(&mut self) -> i64 {
        let answer = self.client.command("devika.task.start", json!("write hello world")).await;
        answer["result"]["task"].as_i64().unwrap_or_else(|| panic!("{answer}"))
    }

    async fn code_actions(&mut self) -> Vec<Value> {
        let zero = json!({"line": 0, "character": 0});
        let params = json!({
            "textDocument": {"uri": self.uri},
            "range": {"start": zero, "end": zero},
            "context": {"diagnostics": []}
        });
        let answer = self.client.request("textDocument/codeAction", params).await;
        answer["result"].as_array().unwrap().clone()
    }

    async fn lenses(&mut self) -> Vec<Value> {
        let params = json!({"textDocument": {"uri": self.uri}});
        let answer = self.client.request("textDocument/codeLens", params).await;
        answer["result"].as_array().unwrap().clone()
    }

    /// Waits until the client is told to ask for its lenses again.
    async fn renewal(&mut self) {
        let told = self.client.hear("workspace/codeLens/refresh").await;
        self.client.answer(&told, Value::Null).await;
    }

    async fn event(&mut self, kind: &str) -> Value {
        self.client.until(|message| message["params"]["event"] == kind).await["params"].clone()
    }

    async fn message(&mut self, start: &str) -> String {
        let message = self
            .client
            .until(|message| {
                let text = message["params"]["message"].as_str();
                message["method"] == "window/showMessage"
                    && text.is_some_and(|text| text.starts_with(start))
            })
            .await;
        message["params"]["message"].as_str().unwrap().to_owned()
    }
}

fn titles(actions: &[Value]) -> Vec<&str> {
    let titles = actions.iter().map(|action| action["title"].as_str().unwrap());
    titles.map(|title| title.split(" “").next().unwrap()).collect()
}

fn events() -> Value {
    json!({"experimental": {"devika": {"events": true, "asks": true}}})
}

#[tokio::test]
async fn a_client_with_nothing_of_its_own_is_told_how_a_task_ended() {
    let mut world = World::with(false, json!({})).await;
    let task = world.start().await;
    assert_eq!(
        world.message("Devika: task").await,
        format!(
            "Devika: task {task} failed. There is no model: set a key.\nTry again with `devika.task.resume` {{\"task\": {task}}}."
        )
    );
    let list = world.client.command("devika.task.list", json!({})).await;
    assert_eq!(
        (&list["result"][0]["id"], &list["result"][0]["state"]),
        (&json!(task), &json!("failed"))
    );
    let show = world.client.command("devika.task.show", json!({"task": task})).await;
    assert_eq!(show["result"]["events"][0]["event"], "queued");
}

#[tokio::test]
async fn events_come_in_order_and_live_ones_among_them() {
    let mut world = World::with(true, events()).await;
    let task = world.start().await;
    world.event("asked").await;
    world.client.command("devika.task.approve", json!({"task": task, "allow": true})).await;
    assert_eq!(world.event("turn_delta").await["text"], "hello");
    world.client.command("devika.task.cancel", json!({})).await;
    world.event("cancelled").await;
    let seen = world.client.passed.iter().filter(|message| message["method"] == "devika/event");
    let numbers: Vec<i64> =
        seen.map(|message| message["params"]["seq"].as_i64().unwrap()).collect();
    assert!(numbers.is_sorted() && numbers[0] == 1, "{numbers:?}");
}

#[tokio::test]
async fn an_approval_can_be_given_by_code_action_and_a_running_task_cancelled() {
    let mut world = World::with(true, json!({})).await;
    assert_eq!(world.code_actions().await, Vec::<Value>::new());
    let task = world.start().await;
    let asked = world.message("Devika asks").await;
    assert!(
        asked.ends_with(&format!(
            "Answer with `devika.task.approve` {{\"task\": {task}, \"allow\": true}}."
        )),
        "{asked}"
    );
    let actions = world.code_actions().await;
    let expected = [
        format!("Devika: allow trusting this folder (task {task}):"),
        format!("Devika: deny trusting this folder (task {task}):"),
        format!("Devika: pause task {task}"),
        format!("Devika: cancel task {task}"),
    ];
    assert_eq!(titles(&actions), expected);
    let allow = json!({"command": actions[0]["command"], "arguments": actions[0]["arguments"]});
    assert_eq!(
        world.client.request("workspace/executeCommand", allow).await["result"],
        json!(null)
    );
    assert_eq!(
        titles(&world.code_actions().await),
        [format!("Devika: pause task {task}"), format!("Devika: cancel task {task}")]
    );
}

#[tokio::test]
async fn a_client_that_puts_choices_to_the_user_is_asked_for_one() {
    let mut world = World::with(true, json!({"window": {"showMessage": {}}})).await;
    let task = world.start().await;
    let choice = world.client.hear("window/showMessageRequest").await;
    assert_eq!(choice["params"]["actions"], json!([{"title": "Allow"}, {"title": "Deny"}]));
    world.client.answer(&choice, json!({"title": "Deny"})).await;
    world
        .client
        .until(|message| message["params"]["message"] == format!("task {task}: cancelled"))
        .await;
}

#[tokio::test]
async fn progress_is_shown_and_cancels_the_task() {
    let capabilities = json!({
        "window": {"workDoneProgress": true},
        "experimental": {"devika": {"events": true, "asks": true}}
    });
    let mut world = World::with(true, capabilities).await;
    world.start().await;
    let create = world.client.hear("window/workDoneProgress/create").await;
    let token = create["params"]["token"].clone();
    assert!(token.is_string());
    world.client.answer(&create, json!(null)).await;
    let begin = world.client.hear("$/progress").await["params"].clone();
    assert_eq!((&begin["token"], &begin["value"]["kind"]), (&token, &json!("begin")));
    world.client.notify("window/workDoneProgress/cancel", json!({"token": token})).await;
    world.event("cancelled").await;
    let end = world.client.until(|message| message["params"]["value"]["kind"] == "end").await;
    assert_eq!(end["params"]["value"]["message"], "cancelled");
}

#[tokio::test]
async fn a_lens_is_gone_while_its_task_runs_and_back_when_that_ends() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("project")).unwrap();
    let renews = json!({"workspace": {"codeLens": {"refreshSupport": true}}});
    let wanted = json!({"codeLens": true});
    let mut world = World::with_options(folder, true, renews, wanted).await;
    let text = "# devika: write hello world\n";
    let document = json!({"uri": world.uri, "languageId": "python", "version": 1, "text": text});
    world.client.notify("textDocument/didOpen", json!({"textDocument": document})).await;

    let before = world.lenses().await;
    assert_eq!(before[0]["command"]["title"], "Devika: “write hello world”");
    let start = &before[0]["command"]["arguments"][0];
    world.client.command("devika.task.start", start.clone()).await;
    for _queued_and_started in 0..2 {
        world.renewal().await;
    }
    assert_eq!(world.lenses().await, Vec::<Value>::new());
    world.client.command("devika.task.cancel", Value::Null).await;
    world.renewal().await;
    assert_eq!(world.lenses().await, before);
}

#[tokio::test]
async fn what_the_engine_refuses_is_the_arguments_fault() {
    let mut world = World::with(true, events()).await;
    for (command, argument, told) in [
        ("devika.task.start", json!(" "), "the prompt is empty"),
        ("devika.task.start", json!("x".repeat(1001)), "the prompt has 1001 bytes"),
        ("devika.task.show", json!({"task": 99}), "there is no task 99"),
        ("devika.task.resume", json!({"task": 99}), "there is no task 99"),
        ("devika.task.cancel", json!({}), "no task runs in the open folders"),
    ] {
        let answer = world.client.command(command, argument).await;
        assert_eq!(answer["error"]["code"], -32602);
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(told), "{message}");
    }
}

#[tokio::test]
async fn the_end_of_the_session_stops_the_tasks() {
    let mut world = World::with(true, events()).await;
    let task = world.start().await;
    world.event("asked").await;
    world.client.command("devika.task.approve", json!({"task": task, "allow": true})).await;
    world.event("turn_delta").await;
    let engine = world.client.session.connected.get().unwrap().clone();
    world.client.hang_up().await.unwrap();
    let view = engine.show(devika_protocol::TaskId(task)).await.unwrap();
    assert_eq!(view.summary.state, devika_protocol::TaskState::Interrupted);
}

#[tokio::test]
async fn an_interrupted_task_is_offered_to_the_next_session_and_taken_up() {
    let mut world = World::with(true, events()).await;
    let task = world.start().await;
    world.event("asked").await;
    world.client.command("devika.task.approve", json!({"task": task, "allow": true})).await;
    world.event("turn_delta").await;
    let World { folder, client, .. } = world;
    client.hang_up().await.unwrap();

    let mut capabilities = events();
    capabilities["window"] = json!({"showMessage": {}});
    let mut world = World::over(folder, true, capabilities).await;
    let offer = world.client.hear("window/showMessageRequest").await;
    assert_eq!(
        offer["params"]["message"],
        format!("Devika: task {task} was interrupted: “write hello world” Resume?")
    );
    assert_eq!(titles(&world.code_actions().await), [format!("Devika: resume task {task}:")]);
    world.client.answer(&offer, json!({"title": "Resume"})).await;
    assert_eq!(world.event("started").await["resumed"], true);
    assert_eq!(world.event("turn_delta").await["text"], "hello");
    assert_eq!(
        titles(&world.code_actions().await),
        [format!("Devika: pause task {task}"), format!("Devika: cancel task {task}")]
    );
}

#[tokio::test]
async fn a_client_without_choices_is_told_how_to_take_an_interrupted_task_up() {
    let mut world = World::with(true, events()).await;
    let task = world.start().await;
    world.event("asked").await;
    let World { folder, client, .. } = world;
    client.hang_up().await.unwrap();
    let mut world = World::over(folder, true, json!({})).await;
    assert_eq!(
        world.message("Devika: task").await,
        format!(
            "Devika: task {task} was interrupted: “write hello world” Resume it with `devika.task.resume` {{\"task\": {task}}}."
        )
    );
}
