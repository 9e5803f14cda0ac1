//! Keys that change while Devika runs, and keys that cannot be had.
#![cfg(all(feature = "providers", unix))]
#![expect(clippy::unwrap_used, reason = "a test may panic, and its helpers with it")]

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

use devika_config::{Provider, Sources, load};
use devika_llm::{Answer, LanguageModel, Message, ModelError, Request, Role, connect, list_models};
use scripted_model::{Reply, ScriptedModel};
use tempfile::TempDir;

/// A user's files, and a server that wants a key.
struct World {
    folder: TempDir,
    server: ScriptedModel,
}

impl World {
    async fn new() -> Self {
        let server = ScriptedModel::start(vec![]).await;
        Self { folder: tempfile::tempdir().unwrap(), server }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.file(name), text).unwrap();
        std::fs::set_permissions(self.file(name), PermissionsExt::from_mode(0o600)).unwrap();
    }

    /// The configuration of a provider at the server, with this line about its key.
    fn configure(&self, key: &str) {
        let address = self.server.openai_url();
        let table = format!("[providers.mine]\nkind = \"openai\"\nbase_url = \"{address}\"\n{key}");
        self.write("config.toml", &table);
    }

    fn provider(&self) -> Provider {
        let user_file = Some(self.file("config.toml"));
        let loaded = load(&Sources { user_file, ..Sources::default() }).unwrap();
        loaded.config.providers.into_iter().next().unwrap()
    }

    fn model(&self) -> Arc<dyn LanguageModel> {
        connect(&self.provider(), "m").unwrap()
    }

    /// The keys that came with requests for an answer, oldest first.
    fn keys_seen(&self) -> Vec<Option<String>> {
        self.server.requests().into_iter().map(|seen| seen.key).collect()
    }
}

async fn ask(model: &Arc<dyn LanguageModel>) -> Result<Answer, ModelError> {
    let request = Request {
        system: String::new(),
        messages: vec![Message { role: Role::User, text: "Say hello".to_owned() }],
        schema: None,
        max_tokens: 100,
    };
    model.turn(&request, &|_| {}).await
}

/// The same turn goes through; the user notices nothing.
#[tokio::test]
async fn a_key_that_was_replaced_in_the_file_is_used_without_a_restart() {
    let world = World::new().await;
    world.configure("key = \"sk-old\"");
    world.server.require_key("sk-old");
    world.server.push(Reply::text("one"));
    world.server.push(Reply::text("two"));
    let model = world.model();
    assert_eq!(ask(&model).await.unwrap().text, "one");

    world.configure("key = \"sk-new\"");
    world.server.require_key("sk-new");
    assert_eq!(ask(&model).await.unwrap().text, "two");
    world.server.finish();
}

#[tokio::test]
async fn a_key_that_a_command_prints_anew_is_used_by_all_who_hold_the_old_one() {
    let world = World::new().await;
    world.write("key", "sk-old");
    world.configure(&format!(
        "key_command = \"cat {}; echo run >> {}\"",
        world.file("key").display(),
        world.file("runs").display()
    ));
    world.server.require_key("sk-old");
    let provider = world.provider();
    let models = ["a", "b"].map(|name| connect(&provider, name).unwrap());
    for _ in 0..4 {
        world.server.push(Reply::text("x"));
    }
    for model in &models {
        ask(model).await.unwrap();
    }

    world.write("key", "sk-new");
    world.server.require_key("sk-new");
    let (first, second) = tokio::join!(ask(&models[0]), ask(&models[1]));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    let runs = std::fs::read_to_string(world.file("runs")).unwrap();
    assert_eq!(runs, "run\nrun\n", "once at first, once for the refusal");
    world.server.finish();
}

#[tokio::test]
async fn a_key_that_is_refused_and_was_not_replaced_is_not_sent_again() {
    let world = World::new().await;
    world.configure("key = \"sk-old\"");
    world.server.push(Reply::status(401, "no such key"));
    let refused = ask(&world.model()).await.unwrap_err();
    let said = refused.to_string();
    assert!(said.starts_with("mine refused the key (providers.mine.key in "), "{said}");
    assert_eq!(world.keys_seen(), [Some("sk-old".to_owned())]);
    world.server.finish();
}

#[tokio::test]
async fn where_the_key_cannot_be_had_nothing_is_sent() {
    let world = World::new().await;
    world.configure("key_command = \"false\"");
    let turn = ask(&world.model()).await.unwrap_err();
    let list = list_models(&world.provider()).await.unwrap_err();
    for error in [turn, list] {
        let said = error.to_string();
        assert!(matches!(error, ModelError::NoKey { .. }), "{said}");
        assert!(said.starts_with("mine was not asked: cannot read the key from "), "{said}");
        assert!(said.ends_with("Run it in a terminal to see why"), "{said}");
    }
    assert_eq!(world.keys_seen(), []);
}

/// As gateways want it: the scripted server would take the usual header for a key.
#[tokio::test]
async fn a_header_of_ones_own_can_carry_the_key_and_then_no_other_does() {
    let world = World::new().await;
    world.configure(
        "key_command = \"echo sk-mine\"\nheaders = { api-key = \"{key}\", X-Team = \"blue\" }",
    );
    world.server.push(Reply::text("one"));
    ask(&world.model()).await.unwrap();
    let seen = world.server.requests().remove(0);
    assert_eq!(seen.key, None, "no authorization");
    assert_eq!(seen.headers.get("api-key").map(String::as_str), Some("sk-mine"));
    assert_eq!(seen.headers.get("x-team").map(String::as_str), Some("blue"));
    world.server.finish();
}
