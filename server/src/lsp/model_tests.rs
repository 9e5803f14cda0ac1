//! Choosing a model from an editor: what is refused, and what is said then.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use devika_agent::{Engine, Models, RoleModels, Settings, Wanted};
use devika_sandbox::PlainRunner;
use devika_store::Store;
use serde_json::{Value, json};

use super::connect::Connect;
use super::test_client::TestClient;
use crate::setup::Setup;

/// No task runs in these tests.
struct NoModels;

#[async_trait]
impl Models for NoModels {
    async fn models(
        &self,
        _: &Wanted<'_>,
        _: &(dyn Fn(String) + Send + Sync),
    ) -> Result<RoleModels, String> {
        Err("there is no model".to_owned())
    }
}

/// A machine with a key for Groq and nothing else.
fn machine(home: &Path) -> Setup {
    let env = [("DEVIKA_HOME", home.display().to_string()), ("GROQ_API_KEY", "k".to_owned())];
    Setup::with_env(env.map(|(name, value)| (name.to_owned(), value)).into())
}

fn engine(home: &Path) -> Engine {
    let defaults = devika_config::load(&devika_config::Sources::default()).unwrap().config;
    let settings = Settings {
        tasks: defaults.tasks,
        commands: defaults.commands,
        git: defaults.git,
        checkpoints: defaults.checkpoints,
        command_env: [].into(),
        signing_env: [].into(),
        reports: home.join("reports"),
        printer: None,
        outside: devika_agent::Outside::default(),
        knowledge: None,
        leases: home.join("leases"),
        worktrees: home.join("worktrees"),
        key_in: Arc::new(|_| None),
    };
    let store = Store::in_memory().unwrap();
    Engine::new(store, Arc::new(NoModels), Arc::new(PlainRunner::new(Vec::new())), settings)
}

/// A client with this folder open, and the engine it works with.
async fn client(folder: &Path) -> (TestClient, Engine) {
    let engine = engine(folder);
    let connected = engine.clone();
    let connect = Connect::by(machine(folder), move |_| {
        let engine = connected.clone();
        async move { Ok(engine) }
    });
    (TestClient::initialized(connect, folder, json!({})).await, engine)
}

async fn select(client: &mut TestClient, argument: Value) -> Result<Value, String> {
    let answer = client.command("devika.model.select", argument).await;
    match answer["error"]["message"].as_str() {
        Some(message) => Err(message.to_owned()),
        None => Ok(answer["result"].clone()),
    }
}

#[tokio::test]
async fn the_choice_is_remembered_by_its_whole_name_and_can_be_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let (mut client, engine) = client(&root).await;
    assert_eq!(select(&mut client, json!({"model": "groq"})).await, Ok(Value::Null));
    let chosen = engine.chosen_model(&root).await.unwrap();
    assert_eq!(chosen.as_deref(), Some("groq/llama-3.3-70b-versatile"));
    assert_eq!(select(&mut client, json!({"model": null})).await, Ok(Value::Null));
    assert_eq!(engine.chosen_model(&root).await.unwrap(), None);
}

#[tokio::test]
async fn what_cannot_be_asked_cannot_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let (mut client, _engine) = client(folder.path()).await;
    let mut told = Vec::new();
    let outside = json!({"model": "groq/x", "root": "file:///elsewhere"});
    for argument in [
        json!({"model": "openai/gpt"}),
        json!({"model": "grok/x"}),
        outside,
        json!({"modell": "a/b"}),
    ] {
        told.push(select(&mut client, argument).await.unwrap_err());
    }
    let told = told.join("\n").replace(&folder.path().display().to_string(), "/FOLDER");
    insta::assert_snapshot!(told, @r"
    openai has no key: it is read from environment variable OPENAI_API_KEY
    there is no provider `grok`. Did you mean `groq`? Configured are: anthropic, openai, gemini, mistral, groq, ollama, lmstudio, local, editor.
    `root` is `file:///elsewhere`, which is in no open folder; the folders are `file:///FOLDER`
    devika.model.select: unknown field `modell`, expected `model` or `root`
    ");
}
