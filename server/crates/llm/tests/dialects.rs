//! What each dialect sends, and what it makes of what it hears.
#![cfg(feature = "providers")]

mod world;

use std::sync::Mutex;

use devika_config::{Provider, ProviderKind};
use devika_llm::{
    Answer, Delta, ListedModel, Message, ModelError, Request, Role, Schema, connect, list_models,
};
use scripted_model::{Fault, Protocol, Reply, ScriptedModel, Seen};
use serde_json::{Value, json};
use world::{provider, request};

async fn turn(provider: &Provider, request: &Request) -> Result<Answer, ModelError> {
    let model = provider.default_model.as_deref().unwrap_or("m");
    connect(provider, model).expect("the address is one").turn(request, &|_| {}).await
}

/// What the server saw of one turn.
async fn seen(dialect: Protocol, change: impl Fn(&mut Provider), request: &Request) -> Seen {
    let server = ScriptedModel::start(vec![Reply::text("{}")]).await;
    let mut provider = provider(dialect, &server);
    change(&mut provider);
    turn(&provider, request).await.expect("the server answers");
    let seen = server.requests().remove(0);
    server.finish();
    seen
}

fn with_schema() -> Request {
    let json = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    Request { schema: Some(Schema { name: "letter", json }), ..request() }
}

#[tokio::test]
async fn text_and_reasoning_come_apart_in_every_dialect() {
    for dialect in Protocol::ALL {
        let reply = Reply::text("Hello").chunks(3).reasoning("{\"hm\":").usage(20, 5, 7);
        let server = ScriptedModel::start(vec![reply]).await;
        let pieces = Mutex::new(Vec::new());
        let note = |delta: Delta<'_>| {
            pieces.lock().unwrap().push(match delta {
                Delta::Text(text) => text.to_owned(),
                Delta::Reasoning(text) => format!("({text})"),
                Delta::Notice(notice) => format!("{notice:?}"),
            });
        };
        let model = connect(&provider(dialect, &server), "m").unwrap();
        let answer = model.turn(&request(), &note).await.unwrap();
        assert_eq!(pieces.into_inner().unwrap(), ["({\"hm\":)", "Hel", "lo"], "{dialect:?}");
        assert_eq!(answer.text, "Hello", "{dialect:?}");
        assert_eq!((answer.input_tokens, answer.output_tokens), (20, 7), "{dialect:?}");
        // Ollama does not say in a usual answer what its cache held.
        let cached = if dialect == Protocol::Ollama { 0 } else { 5 };
        assert_eq!(answer.cached_tokens, cached, "{dialect:?}");
        server.finish();
    }
}

#[tokio::test]
async fn tokens_that_anthropic_writes_into_its_cache_are_counted() {
    let reply = Reply::text("Hello").usage(20, 5, 7).cache_written(9);
    let server = ScriptedModel::start(vec![reply]).await;
    let answer = turn(&provider(Protocol::Anthropic, &server), &request()).await.unwrap();
    let tokens = (answer.input_tokens, answer.cached_tokens, answer.cache_written_tokens);
    assert_eq!(tokens, (20, 5, 9));
    server.finish();
}

#[tokio::test]
async fn every_dialect_says_the_same_in_its_own_fields() {
    for dialect in Protocol::ALL {
        let conversation = Request {
            messages: vec![
                Message { role: Role::User, text: "One".to_owned() },
                Message { role: Role::Assistant, text: "Two".to_owned() },
                Message { role: Role::User, text: "Three".to_owned() },
            ],
            ..with_schema()
        };
        let seen = seen(dialect, |provider| provider.small = true, &conversation).await;
        let texts: Vec<&str> = seen.messages.iter().map(|message| message.text.as_str()).collect();
        // A model that Anthropic does not name so takes no schema but in the prompt.
        let told = dialect == Protocol::Anthropic;
        assert_eq!(texts[..2], ["One", "Two"], "{dialect:?}");
        assert!(texts[2].starts_with("Three") && texts[2].contains("schema") == told);
        assert_eq!(seen.schema.is_some(), !told, "{dialect:?}");
        assert_eq!(seen.system, "Be brief.", "{dialect:?}");
        assert_eq!((seen.model.as_str(), seen.stream), ("m", true), "{dialect:?}");
        assert_eq!((seen.max_tokens, seen.temperature), (Some(100), Some(0.2)), "{dialect:?}");
        assert_eq!(seen.key.as_deref(), Some("sk-canary"), "{dialect:?}");
    }
}

/// The body of one turn.
async fn body(dialect: Protocol) -> String {
    format!("{:#}", seen(dialect, |_| {}, &with_schema()).await.body)
}

#[tokio::test]
async fn a_request_to_mistral_has_no_field_that_it_refuses() {
    insta::assert_snapshot!(body(Protocol::Mistral).await, @r#"
    {
      "model": "m",
      "messages": [
        {
          "role": "system",
          "content": "Be brief."
        },
        {
          "role": "user",
          "content": "Say hello"
        }
      ],
      "stream": true,
      "max_tokens": 100,
      "response_format": {
        "type": "json_schema",
        "json_schema": {
          "name": "letter",
          "strict": true,
          "schema": {
            "type": "object",
            "properties": {
              "a": {
                "type": "string"
              }
            },
            "required": [
              "a"
            ],
            "additionalProperties": false
          }
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_request_for_responses_keeps_nothing_at_the_provider() {
    insta::assert_snapshot!(body(Protocol::Responses).await, @r#"
    {
      "model": "m",
      "input": [
        {
          "role": "user",
          "content": "Say hello"
        }
      ],
      "stream": true,
      "store": false,
      "max_output_tokens": 100,
      "prompt_cache_key": "devika-213c22ed7234eb11",
      "instructions": "Be brief.",
      "text": {
        "format": {
          "type": "json_schema",
          "name": "letter",
          "strict": true,
          "schema": {
            "type": "object",
            "properties": {
              "a": {
                "type": "string"
              }
            },
            "required": [
              "a"
            ],
            "additionalProperties": false
          }
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_request_to_gemini() {
    insta::assert_snapshot!(body(Protocol::Gemini).await, @r#"
    {
      "systemInstruction": {
        "parts": [
          {
            "text": "Be brief."
          }
        ]
      },
      "contents": [
        {
          "role": "user",
          "parts": [
            {
              "text": "Say hello"
            }
          ]
        }
      ],
      "generationConfig": {
        "maxOutputTokens": 100,
        "responseMimeType": "application/json",
        "responseJsonSchema": {
          "type": "object",
          "properties": {
            "a": {
              "type": "string"
            }
          },
          "required": [
            "a"
          ],
          "additionalProperties": false
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_gemini_is_asked_for_its_thoughts_where_it_has_some() {
    for (model, asked) in [("gemini-2.5-flash", true), ("gemini-2.0-flash", false)] {
        let named = |provider: &mut Provider| provider.default_model = Some(model.to_owned());
        let seen = seen(Protocol::Gemini, named, &request()).await;
        assert_eq!(seen.model, model);
        let thoughts = &seen.body["generationConfig"]["thinkingConfig"]["includeThoughts"];
        assert_eq!(thoughts == true, asked, "{model}");
    }
}

#[tokio::test]
async fn a_request_to_ollama_sets_the_length_of_the_context() {
    insta::assert_snapshot!(body(Protocol::Ollama).await, @r#"
    {
      "model": "m",
      "messages": [
        {
          "role": "system",
          "content": "Be brief."
        },
        {
          "role": "user",
          "content": "Say hello"
        }
      ],
      "stream": true,
      "options": {
        "num_ctx": 8000,
        "num_predict": 100
      },
      "truncate": false,
      "shift": false,
      "format": {
        "type": "object",
        "properties": {
          "a": {
            "type": "string"
          }
        },
        "required": [
          "a"
        ],
        "additionalProperties": false
      }
    }
    "#);
}

#[tokio::test]
async fn anthropic_caches_the_system_text_and_an_opening_that_is_long_enough() {
    let marked = |value: &Value| value[0]["cache_control"]["type"] == "ephemeral";
    for (length, expected) in [(100, false), (4000, true)] {
        let opening = Message { role: Role::User, text: "x".repeat(length) };
        let request = Request { messages: vec![opening], ..request() };
        let seen = seen(Protocol::Anthropic, |_| {}, &request).await;
        assert!(marked(&seen.body["system"]));
        assert_eq!(marked(&seen.body["messages"][0]["content"]), expected);
    }
}

#[tokio::test]
async fn openai_itself_gets_a_cache_key_of_the_system_text_through_a_proxy() {
    let server =
        ScriptedModel::start(vec![Reply::text("a"), Reply::text("b"), Reply::text("c")]).await;
    let provider = Provider {
        base_url: "http://api.openai.com/v1/".to_owned(),
        proxy: Some(server.openai_url()),
        ..provider(Protocol::OpenAi, &server)
    };
    let another = Request { system: "Be long.".to_owned(), ..request() };
    for request in [&request(), &request(), &another] {
        turn(&provider, request).await.unwrap();
    }
    let requests = server.requests();
    let keys: Vec<&Value> = requests.iter().map(|seen| &seen.body["prompt_cache_key"]).collect();
    assert_eq!(keys[0], "devika-213c22ed7234eb11");
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
    assert_eq!(requests[0].body["max_completion_tokens"], 100);
    assert_eq!(requests[0].body.get("max_tokens"), None);
    server.finish();
}

#[tokio::test]
async fn others_of_openais_protocol_get_none_of_its_own_fields() {
    let seen = seen(Protocol::OpenAi, |_| {}, &request()).await;
    let fields: Vec<&String> = seen.body.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["model", "messages", "stream", "stream_options", "max_tokens"]);
}

#[tokio::test]
async fn headers_of_the_user_are_added_and_replace_ours() {
    let headers = |provider: &mut Provider| {
        provider.headers = [("X-Team", "blue"), ("Authorization", "Bearer gateway")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec();
    };
    let seen = seen(Protocol::OpenAi, headers, &request()).await;
    assert_eq!(seen.headers["x-team"], "blue");
    assert_eq!(seen.key.as_deref(), Some("gateway"));
}

#[tokio::test]
async fn what_a_header_of_the_user_carries_is_not_repeated() {
    let server = ScriptedModel::start(vec![Reply::status(422, "bad token gateway-token")]).await;
    let headers = vec![("x-gateway".to_owned(), "gateway-token".to_owned())];
    let provider = Provider { headers, ..provider(Protocol::OpenAi, &server) };
    let error = turn(&provider, &request()).await.unwrap_err();
    assert_eq!(error.to_string(), "openai answered 422: bad token [header]");
}

#[tokio::test]
async fn addresses_of_openais_protocol_at_gemini_and_ollama_still_work() {
    for (dialect, folder) in [(Protocol::Gemini, "openai/"), (Protocol::Ollama, "v1/")] {
        seen(dialect, |provider| provider.base_url.push_str(folder), &request()).await;
    }
}

#[tokio::test]
async fn a_file_of_certificates_that_is_none_is_told_by_name() {
    let server = ScriptedModel::start_tls(vec![]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "not a certificate").unwrap();
    let provider = Provider { ca_file: Some(file), ..provider(Protocol::OpenAi, &server) };
    let Err(ModelError::Unreachable { why, .. }) = turn(&provider, &request()).await else {
        panic!("a certificate was found")
    };
    assert!(why.starts_with("`ca_file` ") && why.ends_with("it holds no certificate"), "{why}");
}

#[tokio::test]
async fn a_model_that_ollama_lacks_comes_with_the_command_that_gets_it() {
    let server = ScriptedModel::start(vec![Reply::status(404, "model 'm' not found")]).await;
    let error = turn(&provider(Protocol::Ollama, &server), &request()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ollama has no model `m`: model 'm' not found. Get it with `ollama pull m`. `devika models` \
         lists what there is."
    );
}

#[tokio::test]
async fn a_page_where_a_model_should_be_is_told_as_such() {
    let page = Reply::text("").with_fault(Fault::SignInPage);
    let server = ScriptedModel::start(vec![page]).await;
    let error = turn(&provider(Protocol::OpenAi, &server), &request()).await.unwrap_err();
    assert!(error.to_string().contains("does a sign-in page stand in the way?"), "{error}");
}

#[tokio::test]
async fn lists_tell_the_limits_where_the_provider_does() {
    let mut told = Vec::new();
    for dialect in Protocol::ALL {
        let server = ScriptedModel::start(vec![]).await;
        server.set_models(&["a", "b"]);
        server.set_model_limits(32_768, 4096);
        server.require_key("sk-canary");
        let listed = list_models(&provider(dialect, &server)).await.unwrap();
        let [ListedModel { name, context, output }, _] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!(name, "a");
        told.push(format!("{dialect:?}: {context:?}, {output:?}"));
        server.finish();
    }
    insta::assert_snapshot!(told.join("\n"), @r#"
    OpenAi: None, None
    Responses: None, None
    Anthropic: None, None
    Gemini: Some(32768), Some(4096)
    Mistral: Some(32768), None
    Groq: Some(32768), Some(4096)
    LmStudio: Some(32768), None
    OpenRouter: Some(32768), Some(4096)
    Ollama: Some(32768), None
    "#);
}

#[tokio::test]
async fn a_list_that_asks_for_a_key_says_so_in_every_dialect() {
    for dialect in Protocol::ALL {
        let server = ScriptedModel::start(vec![]).await;
        server.require_key("another");
        let outcome = list_models(&provider(dialect, &server)).await;
        assert!(matches!(outcome, Err(ModelError::Auth { .. })), "{dialect:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn each_kind_speaks_its_own_protocol() {
    let kinds = [
        (ProviderKind::Responses, Protocol::Responses),
        (ProviderKind::Gemini, Protocol::Gemini),
        (ProviderKind::Ollama, Protocol::Ollama),
        (ProviderKind::Local, Protocol::OpenAi),
    ];
    for (kind, expected) in kinds {
        let seen = seen(expected, |provider| provider.kind = kind, &request()).await;
        assert_eq!(seen.protocol, expected);
    }
}
