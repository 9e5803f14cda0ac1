//! Which model a person gets, for what is configured and running on their machine.
#![cfg(feature = "providers")]

use std::collections::BTreeMap;
use std::time::Duration;

use devika_config::{Key, Provider, ProviderKind};
use devika_llm::{NoModel, choose};
use scripted_model::{Protocol, ScriptedModel};

fn provider(name: &str) -> Provider {
    Provider {
        name: name.to_owned(),
        kind: ProviderKind::OpenAi,
        // Nobody listens on port 1.
        base_url: "http://127.0.0.1:1/v1/".to_owned(),
        key: None,
        key_hint: None,
        default_model: None,
        connect_timeout: Duration::from_secs(1),
        first_token_timeout: Duration::from_secs(1),
        idle_timeout: Duration::from_secs(1),
        context_tokens: 8000,
        output_tokens: 1000,
        small: false,
        headers: Vec::new(),
        ca_file: None,
        proxy: None,
        concurrency: 1,
        queue: 10,
        prices: BTreeMap::new(),
    }
}

fn with_key(name: &str) -> Provider {
    let variable = format!("environment variable {}_API_KEY", name.to_uppercase());
    let key = Key::fixed("k".to_owned().into(), variable.clone());
    Provider {
        key: Some(key),
        key_hint: Some(variable),
        default_model: Some("best".to_owned()),
        ..provider(name)
    }
}

fn without_key(name: &str) -> Provider {
    Provider { key: None, ..with_key(name) }
}

/// The servers of this machine, as configured: none answers.
fn machine() -> Vec<Provider> {
    let local =
        Provider { kind: ProviderKind::Local, base_url: String::new(), ..provider("local") };
    vec![provider("ollama"), provider("lmstudio"), local]
}

/// `provider/model` and the reason.
async fn chosen(
    providers: &[Provider],
    default_model: Option<&str>,
    requested: Option<&str>,
    installed: bool,
) -> Result<(String, String), NoModel> {
    let chosen = choose(providers, default_model, requested, &|| installed).await?;
    Ok((format!("{}/{}", chosen.provider.name, chosen.model), chosen.why))
}

fn named(name: &str, why: &str) -> Result<(String, String), NoModel> {
    Ok((name.to_owned(), why.to_owned()))
}

#[tokio::test]
async fn what_is_asked_for_comes_first() {
    let providers = [with_key("anthropic"), with_key("groq")];
    let outcome = chosen(&providers, Some("anthropic/a"), Some("groq/meta/llama"), true).await;
    assert_eq!(outcome, named("groq/meta/llama", "it was asked for"));
}

#[tokio::test]
async fn a_provider_alone_means_its_default_model() {
    let outcome = chosen(&[with_key("groq")], None, Some("groq"), true).await;
    assert_eq!(outcome, named("groq/best", "it was asked for"));
}

#[tokio::test]
async fn then_the_configured_default() {
    let providers = [with_key("anthropic"), with_key("groq")];
    let outcome = chosen(&providers, Some("groq/x"), None, true).await;
    assert_eq!(outcome, named("groq/x", "it is `models.default` of the configuration"));
}

#[tokio::test]
async fn then_the_first_key() {
    let providers = [with_key("mistral"), without_key("anthropic"), with_key("openai")];
    let outcome = chosen(&providers, None, None, true).await;
    let why = "its key was found: environment variable OPENAI_API_KEY";
    assert_eq!(outcome, named("openai/best", why));
}

#[tokio::test]
async fn then_ollama_with_a_coding_model_by_its_own_protocol_and_by_openais() {
    let protocols =
        [(ProviderKind::Ollama, Protocol::Ollama), (ProviderKind::OpenAi, Protocol::OpenAi)];
    for (kind, protocol) in protocols {
        let server = ScriptedModel::start(vec![]).await;
        server.set_models(&["nomic-embed-text", "llama3", "qwen2.5-coder:7b"]);
        let mut providers = machine();
        providers[0].kind = kind;
        providers[0].base_url = server.url(protocol);
        let outcome = chosen(&providers, None, None, true).await;
        let why = format!("it answers at {}", server.url(protocol));
        assert_eq!(outcome, named("ollama/qwen2.5-coder:7b", &why));
    }
}

#[tokio::test]
async fn a_server_that_hangs_does_not_hold_up_the_choice() {
    // It takes connections and never answers.
    let deaf = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut providers = machine();
    providers[0].base_url = format!("http://{}/v1/", deaf.local_addr().unwrap());
    let outcome =
        tokio::time::timeout(Duration::from_secs(3), chosen(&providers, None, None, true)).await;
    let expected = named("local/qwen2.5-coder-1.5b-instruct", "it is installed on this machine");
    assert_eq!(outcome.unwrap(), expected);
}

#[tokio::test]
async fn without_anything_the_three_ways_are_told() {
    let outcome = chosen(&machine(), None, None, false).await;
    insta::assert_snapshot!(outcome.unwrap_err(), @r"
    there is no model to ask. Three ways to get one:
      1. set a key: ANTHROPIC_API_KEY, OPENAI_API_KEY, GEMINI_API_KEY, MISTRAL_API_KEY or GROQ_API_KEY
      2. start Ollama or LM Studio on this machine, with a model pulled
      3. run `devika models pull local` for a small model that needs neither (1.1 GB)
    ");
}

#[tokio::test]
async fn a_misspelt_provider_is_told_the_nearest() {
    let providers = [with_key("anthropic"), with_key("openai")];
    let outcome = chosen(&providers, None, Some("antropic/claude"), false).await;
    insta::assert_snapshot!(outcome.unwrap_err(), @"there is no provider `antropic`. Did you mean `anthropic`? Configured are: anthropic, openai.");
}

#[tokio::test]
async fn a_missing_key_is_named() {
    let outcome = chosen(&[without_key("openai")], None, Some("openai/gpt"), false).await;
    insta::assert_snapshot!(outcome.unwrap_err(), @"openai has no key: it is read from environment variable OPENAI_API_KEY");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_named() {
    let outcome = chosen(&machine(), None, Some("ollama"), false).await;
    insta::assert_snapshot!(outcome.unwrap_err(), @"which model of ollama? It was asked, but: cannot reach ollama at http://127.0.0.1:1/v1/: Connection refused (os error 111). Is it running, and is the address right? Name one as `ollama/MODEL`.");
}

#[tokio::test]
async fn the_local_model_is_pulled_first() {
    let outcome = chosen(&machine(), None, Some("local"), false).await;
    assert_eq!(outcome, Err(NoModel::LocalMissing));
}
