//! Whole turns over real HTTP, on both protocols: what the pipeline gets for what a server sends.
#![cfg(feature = "providers")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use devika_config::{Key, Provider, ProviderKind};
use devika_llm::{
    Answer, Delta, LanguageModel, Message, ModelError, Request, Role, Schema, Stop, connect,
    list_models,
};
use scripted_model::{Fault, Gate, Reply, ScriptedModel, Stop as Scripted};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const BOTH: [ProviderKind; 2] = [ProviderKind::OpenAi, ProviderKind::Anthropic];

fn provider(kind: ProviderKind, url: &str) -> Provider {
    let secret = "sk-canary".to_owned().into();
    Provider {
        name: "test".to_owned(),
        kind,
        base_url: url.to_owned(),
        key: Some(Key::fixed(secret, "environment variable TEST_KEY")),
        key_hint: Some("environment variable TEST_KEY".to_owned()),
        default_model: None,
        connect_timeout: Duration::from_secs(5),
        first_token_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(10),
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

/// A server with one reply that expects the key, and a model of it.
async fn model(kind: ProviderKind, reply: Reply) -> (ScriptedModel, Arc<dyn LanguageModel>) {
    let server = ScriptedModel::start(vec![reply]).await;
    server.require_key("sk-canary");
    server.forbid_secret("sk-canary");
    let model = connect(&provider(kind, &server.openai_url()), "claude-sonnet-4-5")
        .expect("the address is one");
    (server, model)
}

fn request() -> Request {
    Request {
        system: "Be brief.".to_owned(),
        messages: vec![Message { role: Role::User, text: "Say hello".to_owned() }],
        schema: None,
        max_tokens: 100,
    }
}

fn with_schema() -> Request {
    let json = json!({
        "type": "object", "properties": {"a": {"type": "string"}},
        "required": ["a"], "additionalProperties": false,
    });
    Request { schema: Some(Schema { name: "letter", json }), ..request() }
}

async fn turn(model: &dyn LanguageModel) -> Result<Answer, ModelError> {
    model.turn(&request(), &|_| {}).await
}

#[tokio::test]
async fn an_answer_arrives_piece_by_piece_and_then_as_a_whole() {
    for kind in BOTH {
        let reply = Reply::text("Grüße, 世界").chunks(3).reasoning("hm").usage(20, 5, 7);
        let (server, model) = model(kind, reply).await;
        let pieces = Mutex::new(Vec::new());
        let answer = model
            .turn(&request(), &|delta| {
                pieces.lock().unwrap().push(match delta {
                    Delta::Text(text) => text.to_owned(),
                    Delta::Reasoning(text) => format!("({text})"),
                    Delta::Notice(notice) => format!("{notice:?}"),
                });
            })
            .await;
        assert_eq!(pieces.into_inner().unwrap(), ["(hm)", "Grü", "ße,", " 世界"]);
        assert_eq!(
            answer,
            Ok(Answer {
                model: model.name().to_owned(),
                text: "Grüße, 世界".to_owned(),
                stop: Stop::Complete,
                input_tokens: 20,
                cached_tokens: 5,
                cache_written_tokens: 0,
                output_tokens: 7,
                cost: devika_protocol::Money::ZERO,
            })
        );
        server.finish();
    }
}

#[tokio::test]
async fn the_request_carries_what_was_asked_and_nothing_else() {
    for kind in BOTH {
        let (server, model) = model(kind, Reply::text("Hello")).await;
        turn(&*model).await.unwrap();
        let seen = &server.requests()[0];
        assert_eq!(seen.system, "Be brief.");
        assert_eq!(seen.messages[0].text, "Say hello");
        assert_eq!((seen.model.as_str(), seen.max_tokens), ("claude-sonnet-4-5", Some(100)));
        assert_eq!((seen.temperature, &seen.schema), (None, &None));
        server.finish();
    }
}

#[tokio::test]
async fn a_model_name_is_sent_as_it_was_configured() {
    for name in ["hf.co/team::coder-high", "gpt-5-mini", "qwen2.5-coder:7b-instruct"] {
        let server = ScriptedModel::start(vec![Reply::text("Hello")]).await;
        let provider = provider(ProviderKind::OpenAi, &server.openai_url());
        turn(&*connect(&provider, name).unwrap()).await.unwrap();
        let seen = &server.requests()[0];
        assert_eq!(seen.model, name);
        assert_eq!(seen.body.get("reasoning_effort"), None);
        server.finish();
    }
}

#[tokio::test]
async fn a_small_model_is_asked_at_a_low_temperature_and_without_a_key_none_is_sent() {
    let server = ScriptedModel::start(vec![Reply::text("Hello")]).await;
    let keyless =
        Provider { key: None, small: true, ..provider(ProviderKind::OpenAi, &server.openai_url()) };
    turn(&*connect(&keyless, "qwen").unwrap()).await.unwrap();
    let seen = &server.requests()[0];
    assert_eq!((seen.temperature, &seen.key), (Some(0.2), &None));
    server.finish();
}

#[tokio::test]
async fn a_schema_goes_into_the_providers_own_field() {
    for kind in BOTH {
        let (server, model) = model(kind, Reply::text(r#"{"a":"b"}"#).expect_schema()).await;
        model.turn(&with_schema(), &|_| {}).await.unwrap();
        assert_eq!(server.requests()[0].messages[0].text, "Say hello");
        server.finish();
    }
}

#[tokio::test]
async fn where_the_provider_takes_no_schema_the_prompt_says_it_and_the_next_turn_remembers() {
    for kind in BOTH {
        let refusal = Reply::status(400, "`response_format` json_schema is not supported");
        let (server, model) = model(kind, refusal).await;
        server.push(Reply::text(r#"{"a":"b"}"#));
        server.push(Reply::text(r#"{"a":"c"}"#));
        for _ in 0..2 {
            model.turn(&with_schema(), &|_| {}).await.unwrap();
        }
        let requests = server.requests();
        assert_eq!(requests.len(), 3);
        for seen in &requests[1..] {
            assert_eq!(seen.schema, None);
            assert!(seen.messages[0].text.contains(r#""required":["a"]"#));
        }
        server.finish();
    }
}

#[tokio::test]
async fn an_old_claude_is_told_the_schema_in_the_prompt() {
    let server = ScriptedModel::start(vec![Reply::text("{}")]).await;
    let provider = provider(ProviderKind::Anthropic, &server.anthropic_url());
    let model = connect(&provider, "claude-3-5-haiku-latest").unwrap();
    model.turn(&with_schema(), &|_| {}).await.unwrap();
    assert!(server.requests()[0].messages[0].text.contains("JSON schema"));
    server.finish();
}

#[tokio::test]
async fn missing_usage_is_estimated_upward() {
    for kind in BOTH {
        let (server, model) = model(kind, Reply::text("Hello").no_usage()).await;
        let answer = turn(&*model).await.unwrap();
        assert_eq!((answer.input_tokens, answer.output_tokens), (6, 2));
        server.finish();
    }
}

#[tokio::test]
async fn dropping_the_turn_closes_the_connection() {
    for kind in BOTH {
        let gate = Gate::new();
        let (server, model) = model(kind, Reply::text("Hello").chunks(1).gate(2, &gate)).await;
        let asking = tokio::spawn(async move { turn(&*model).await });
        gate.reached().await;
        asking.abort();
        gate.client_gone().await;
        server.finish();
    }
}

#[tokio::test]
async fn silence_is_a_stall_before_the_first_token_and_between_two() {
    for kind in BOTH {
        for after in [0, 2] {
            let reply = Reply::text("Hello").chunks(1).with_fault(Fault::Stall { after });
            let server = ScriptedModel::start(vec![reply]).await;
            let short = Duration::from_millis(150);
            let impatient = Provider {
                first_token_timeout: if after == 0 { short } else { Duration::from_secs(10) },
                idle_timeout: short,
                ..provider(kind, &server.openai_url())
            };
            let outcome = turn(&*connect(&impatient, "m").unwrap()).await;
            assert_eq!(
                outcome,
                Err(ModelError::Stalled { model: "test/m".to_owned(), seconds: 1 })
            );
            server.finish();
        }
    }
}

#[tokio::test]
async fn each_way_to_stop_is_told_apart() {
    for kind in BOTH {
        let (server, model) = model(kind, Reply::text("Hel").stop(Scripted::Length)).await;
        assert_eq!(turn(&*model).await.unwrap().stop, Stop::Length);
        server.finish();

        let (server, model) = self::model(kind, Reply::text("No").stop(Scripted::Refused)).await;
        assert!(matches!(turn(&*model).await, Err(ModelError::Refused { .. })));
        server.finish();

        let declined = Reply::text("I can't").chunks(2).stop(Scripted::Declined);
        let (server, model) = self::model(kind, declined).await;
        assert!(matches!(turn(&*model).await, Err(ModelError::Refused { .. })));
        server.finish();

        let (server, model) = self::model(kind, Reply::text("")).await;
        assert_broken(turn(&*model).await, "an empty answer");
        server.finish();
    }
}

fn assert_broken(outcome: Result<Answer, ModelError>, expected: &str) {
    match outcome {
        Err(ModelError::Broken { why, .. }) => assert!(why.contains(expected), "{why}"),
        other => panic!("not broken ({expected}): {other:?}"),
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_never_an_answer() {
    let faults = [
        (Fault::Close { after: 0 }, "without a stop"),
        (Fault::Close { after: 3 }, "without a stop"),
        (Fault::Close { after: 99 }, "without a stop"),
        (Fault::Abort { after: 3 }, ""),
        (Fault::BadJson { after: 3 }, "could not be read"),
        (Fault::EndlessLine { after: 3, bytes: 1 << 30 }, "longer than 1048576 bytes"),
    ];
    for kind in BOTH {
        for (fault, expected) in faults.clone() {
            let reply = Reply::text("Hello").chunks(1).with_fault(fault.clone());
            let (server, model) = model(kind, reply).await;
            let outcome = turn(&*model).await;
            assert!(outcome.as_ref().is_err_and(ModelError::is_transient), "{fault:?}");
            assert_broken(outcome, expected);
            server.finish();
        }
    }
}

#[tokio::test]
async fn an_error_event_discards_what_was_streamed() {
    let reply = |message: &str| {
        let message = message.to_owned();
        Reply::text("Hello").chunks(1).with_fault(Fault::ErrorEvent { after: 2, message })
    };
    let (server, model) = model(ProviderKind::Anthropic, reply("Overloaded")).await;
    assert_eq!(turn(&*model).await, Err(busy(529, "Overloaded", None)));
    server.finish();
    let (server, model) = self::model(ProviderKind::OpenAi, reply("it crashed")).await;
    assert_broken(turn(&*model).await, "it crashed");
    server.finish();
}

#[tokio::test]
async fn a_stop_without_the_end_mark_is_enough_for_openai_and_not_for_anthropic() {
    let reply = Reply::text("Hello").with_fault(Fault::NoEndMark);
    let (server, model) = model(ProviderKind::OpenAi, reply.clone()).await;
    assert_eq!(turn(&*model).await.unwrap().text, "Hello");
    server.finish();
    let (server, model) = self::model(ProviderKind::Anthropic, reply).await;
    assert_broken(turn(&*model).await, "without a stop");
    server.finish();
}

#[tokio::test]
async fn characters_torn_apart_by_the_network_arrive_whole() {
    for kind in BOTH {
        let (server, model) = model(kind, Reply::text("Grüße, 世界 🦀").chunks(1).torn(1)).await;
        assert_eq!(turn(&*model).await.unwrap().text, "Grüße, 世界 🦀");
        server.finish();
    }
}

fn busy(status: u16, message: &str, seconds: Option<u64>) -> ModelError {
    ModelError::Busy {
        provider: "test".to_owned(),
        status,
        message: message.to_owned(),
        retry_after: seconds.map(Duration::from_secs),
    }
}

#[tokio::test]
async fn each_http_error_is_told_by_what_to_do_next() {
    let (test, name) = ("test".to_owned(), "test/claude-sonnet-4-5".to_owned());
    let rejected = |status, message: &str| ModelError::Rejected {
        provider: "test".to_owned(),
        status,
        message: message.to_owned(),
    };
    let said = |message: &str| message.to_owned();
    let table = [
        (
            Reply::status(401, "invalid key sk-canary"),
            ModelError::Auth {
                provider: test.clone(),
                key_source: said("environment variable TEST_KEY"),
                message: said("invalid key [key]"),
            },
        ),
        (
            Reply::status(404, "model: claude-sonnet-4-5"),
            ModelError::UnknownModel {
                provider: test.clone(),
                model: said("claude-sonnet-4-5"),
                message: said("model: claude-sonnet-4-5"),
            },
        ),
        (
            Reply::status(400, "The model `x` does not exist"),
            ModelError::UnknownModel {
                provider: test,
                model: said("claude-sonnet-4-5"),
                message: said("The model `x` does not exist"),
            },
        ),
        (
            Reply::status(400, "prompt is too long: 9 tokens > 8 maximum"),
            ModelError::ContextOverflow {
                model: name.clone(),
                message: said("prompt is too long: 9 tokens > 8 maximum"),
            },
        ),
        (
            Reply::status_with_body(
                400,
                json!({"error": {"message": "blocked", "code": "content_filter"}}),
            ),
            ModelError::Refused { model: name, message: said("blocked") },
        ),
        (
            Reply::status(429, "slow down").header("retry-after", "7"),
            busy(429, "slow down", Some(7)),
        ),
        (
            Reply::status(429, "slow down").header("retry-after", "garbage"),
            busy(429, "slow down", None),
        ),
        (
            Reply::status_with_body(
                429,
                json!({"error": {"message": "pay", "type": "insufficient_quota"}}),
            ),
            rejected(429, "the account has no money left, and no waiting helps: pay"),
        ),
        (Reply::status(500, "oops"), busy(500, "oops", None)),
        (Reply::status(529, "Overloaded"), busy(529, "Overloaded", None)),
        (Reply::status_with_body(502, json!("bad gateway")), busy(502, "bad gateway", None)),
        (Reply::status(422, "what?"), rejected(422, "what?")),
        (Reply::status(404, "no such page"), rejected(404, "no such page")),
        (
            Reply::status(307, "").header("location", "http://evil.test/"),
            rejected(
                307,
                "it redirects to http://evil.test/; a key is not sent on, so set `base_url` to \
                 the right address",
            ),
        ),
    ];
    for kind in BOTH {
        for (reply, expected) in table.clone() {
            let (server, model) = model(kind, reply).await;
            assert_eq!(turn(&*model).await, Err(expected));
            server.finish();
        }
    }
}

#[tokio::test]
async fn a_long_message_is_cut() {
    let (server, model) = model(ProviderKind::OpenAi, Reply::status(422, "é".repeat(9999))).await;
    let Err(ModelError::Rejected { message, .. }) = turn(&*model).await else { panic!() };
    assert_eq!(message.chars().count(), 501);
    server.finish();
}

#[tokio::test]
async fn a_redirect_is_not_followed_with_the_key() {
    let elsewhere = ScriptedModel::start(vec![]).await;
    let target = format!("{}chat/completions", elsewhere.openai_url());
    let reply = Reply::status(307, "").header("location", &target);
    let (server, model) = model(ProviderKind::OpenAi, reply).await;
    assert!(matches!(turn(&*model).await, Err(ModelError::Rejected { status: 307, .. })));
    // A request would be a problem of a server without a script.
    elsewhere.finish();
    server.finish();
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_gets_no_key() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}/v1/", listener.local_addr().unwrap());
    let model = connect(&provider(ProviderKind::Anthropic, &address), "m").unwrap();
    let impostor = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 4096];
        let length = stream.read(&mut heard).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        heard.truncate(length);
        heard
    };
    let (outcome, heard) = tokio::join!(turn(&*model), impostor);
    assert!(matches!(outcome, Err(ModelError::Unreachable { .. })), "{outcome:?}");
    assert!(!String::from_utf8_lossy(&heard).contains("sk-canary"));
}

#[tokio::test]
async fn nobody_listening_is_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = format!("http://{free}/v1/");
    let provider = provider(ProviderKind::OpenAi, &address);
    let expected = ModelError::Unreachable {
        provider: "test".to_owned(),
        address,
        why: "Connection refused (os error 111)".to_owned(),
    };
    assert_eq!(turn(&*connect(&provider, "m").unwrap()).await, Err(expected.clone()));
    assert_eq!(list_models(&provider).await, Err(expected));
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_at_once() {
    let outcome = connect(&provider(ProviderKind::OpenAi, "localhost 11434"), "m").err();
    assert!(matches!(outcome, Some(ModelError::Unreachable { .. })), "{outcome:?}");
}

#[tokio::test]
async fn models_are_listed_with_the_key() {
    for kind in BOTH {
        let server = ScriptedModel::start(vec![]).await;
        server.set_models(&["models/gemini-pro", "b"]);
        server.require_key("sk-canary");
        let provider = provider(kind, &server.openai_url());
        let listed = list_models(&provider).await.unwrap();
        let names: Vec<&str> = listed.iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["gemini-pro", "b"]);
        server.require_key("another");
        assert!(matches!(list_models(&provider).await, Err(ModelError::Auth { .. })));
        server.finish();
    }
}
