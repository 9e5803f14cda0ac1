//! Vectors of texts, by each protocol, from a server that is asked over HTTP.
#![cfg(feature = "providers")]
#![expect(clippy::unwrap_used, reason = "a test may panic, and its helpers with it")]

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use devika_config::{Key, Provider, ProviderKind};
use devika_llm::{Embeddings, ModelError};
use serde_json::{Value, json};

/// What came in: path, key as it was sent, body.
type Came = (String, String, Value);

/// A server that embeds a text as its length and its first letter, in any protocol.
#[derive(Clone, Default)]
struct Server {
    came: Arc<Mutex<Vec<Came>>>,
    /// Answered first, one a request.
    script: Arc<Mutex<VecDeque<(u16, Value)>>>,
    /// Texts longer than this are refused.
    longest: Option<usize>,
    at: Option<SocketAddr>,
}

impl Server {
    async fn start(self) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { at: Some(listener.local_addr().unwrap()), ..self };
        let answering = server.clone();
        let app = Router::new().fallback(move |request: Request| {
            let server = answering.clone();
            async move { server.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    fn answering(self, script: impl IntoIterator<Item = (u16, Value)>) -> Self {
        self.script.lock().unwrap().extend(script);
        self
    }

    async fn answer(&self, request: Request) -> Response {
        let path = request.uri().path().to_owned();
        let key = ["authorization", "x-goog-api-key"];
        let key = key.iter().find_map(|name| request.headers().get(*name));
        let key = key.map_or("", |key| key.to_str().unwrap()).to_owned();
        let body = axum::body::to_bytes(request.into_body(), 64 << 20).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        self.came.lock().unwrap().push((path.clone(), key, body.clone()));
        let scripted = self.script.lock().unwrap().pop_front();
        let (status, answer) = scripted.unwrap_or_else(|| self.embedded(&path, &body));
        (StatusCode::from_u16(status).unwrap(), answer.to_string()).into_response()
    }

    fn embedded(&self, path: &str, body: &Value) -> (u16, Value) {
        let is_gemini = path.ends_with("batchEmbedContents");
        let texts = if is_gemini { &body["requests"] } else { &body["input"] };
        let text = |entry: &Value| {
            let text = if is_gemini { &entry["content"]["parts"][0]["text"] } else { entry };
            text.as_str().unwrap().to_owned()
        };
        let texts: Vec<_> = texts.as_array().unwrap().iter().map(text).collect();
        if texts.iter().any(|text| self.longest.is_some_and(|longest| text.len() > longest)) {
            return (400, json!({"error": {"message": "maximum context length exceeded"}}));
        }
        let vectors = texts.iter().map(|text| vector(text));
        (
            200,
            match path {
                _ if is_gemini => {
                    json!({"embeddings": vectors.map(|v| json!({"values": v})).collect::<Vec<_>>()})
                }
                "/api/embed" => json!({"embeddings": vectors.collect::<Vec<_>>()}),
                _ => {
                    // In no order at all, as far as anybody was promised.
                    let entry = |(at, v)| json!({"index": at, "embedding": v});
                    json!({"data": vectors.enumerate().map(entry).rev().collect::<Vec<_>>()})
                }
            },
        )
    }

    fn provider(&self, kind: ProviderKind, folder: &str) -> Provider {
        Provider {
            name: "test".to_owned(),
            kind,
            base_url: format!("http://{}/{folder}", self.at.unwrap()),
            key: Some(Key::fixed("sk-canary".to_owned().into(), "a test")),
            key_hint: None,
            default_model: None,
            connect_timeout: Duration::from_secs(30),
            first_token_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(30),
            context_tokens: 8000,
            output_tokens: 1000,
            small: false,
            headers: Vec::new(),
            ca_file: None,
            proxy: None,
            concurrency: 4,
            queue: 10,
            prices: BTreeMap::new(),
        }
    }

    fn openai(&self) -> Embeddings {
        Embeddings::new(&self.provider(ProviderKind::OpenAi, "v1/"), "m").unwrap()
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

/// What the server makes of a text.
fn vector(text: &str) -> Vec<f32> {
    vec![text.len() as f32, text.bytes().next().map_or(0.0, f32::from), 0.5]
}

fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

/// What a model makes of two texts, and what the server saw of it.
async fn two(kind: ProviderKind, folder: &str) -> Came {
    let server = Server::default().start().await;
    let model = Embeddings::new(&server.provider(kind, folder), "m").unwrap();
    let vectors = model.embed(&texts(["fn a() {}", "ocean"])).await.unwrap();
    assert_eq!(vectors, [vector("fn a() {}"), vector("ocean")]);
    assert_eq!(model.name(), "test/m");
    server.came().remove(0)
}

#[tokio::test]
async fn each_protocol_is_asked_in_its_own_words() {
    let both = json!({"model": "m", "input": ["fn a() {}", "ocean"]});
    let bearer = || "Bearer sk-canary".to_owned();
    for kind in [ProviderKind::OpenAi, ProviderKind::Responses] {
        assert_eq!(two(kind, "v1").await, ("/v1/embeddings".to_owned(), bearer(), both.clone()));
    }
    assert_eq!(two(ProviderKind::Ollama, "v1/").await, ("/api/embed".to_owned(), bearer(), both));
    let of = |text: &str| json!({"model": "models/m", "content": {"parts": [{"text": text}]}});
    assert_eq!(
        two(ProviderKind::Gemini, "v1beta/").await,
        (
            "/v1beta/models/m:batchEmbedContents".to_owned(),
            "sk-canary".to_owned(),
            json!({"requests": [of("fn a() {}"), of("ocean")]})
        )
    );
}

#[tokio::test]
async fn many_texts_are_sent_in_several_requests_and_come_back_in_their_order() {
    let server = Server::default().start().await;
    let texts: Vec<_> = (0..500).map(|n| "x".repeat(n * 3)).collect();
    let vectors = server.openai().embed(&texts).await.unwrap();
    assert_eq!(vectors, texts.iter().map(|text| vector(text)).collect::<Vec<_>>());
    let came = server.came().into_iter();
    let sizes: Vec<_> = came.map(|(_, _, body)| body["input"].as_array().unwrap().len()).collect();
    assert!(sizes.iter().all(|size| (1..=32).contains(size)), "{sizes:?}");
    assert_eq!(server.openai().embed(&[]).await.unwrap(), Vec::<Vec<f32>>::new());
}

#[tokio::test]
async fn what_may_succeed_later_is_tried_again() {
    let busy = json!({"error": {"message": "slow down, try again in 1ms"}});
    let server = Server::default().answering([(429, busy.clone()), (503, busy)]).start().await;
    let vectors = server.openai().embed(&texts(["a"])).await.unwrap();
    assert_eq!(vectors, [vector("a")]);
    assert_eq!(server.came().len(), 3);
}

#[tokio::test]
async fn a_provider_that_stays_busy_is_given_up() {
    let busy = || (429, json!({"error": {"message": "slow down, try again in 1ms"}}));
    let server = Server::default().answering((0..9).map(|_| busy())).start().await;
    let given_up = server.openai().embed(&texts(["a"])).await.unwrap_err();
    assert!(matches!(given_up, ModelError::Busy { status: 429, .. }), "{given_up}");
    assert_eq!(server.came().len(), 4);
}

#[tokio::test]
async fn what_no_waiting_helps_is_told_at_once_without_the_key() {
    let said = json!({"error": {"message": "Incorrect API key provided: sk-canary"}});
    let server = Server::default().answering([(401, said)]).start().await;
    let refused = server.openai().embed(&texts(["a"])).await.unwrap_err();
    assert!(matches!(refused, ModelError::Auth { .. }), "{refused}");
    assert!(!refused.to_string().contains("sk-canary"), "{refused}");
    assert_eq!(server.came().len(), 1);
}

#[tokio::test]
async fn of_what_is_longer_than_the_model_takes_the_beginning_counts() {
    let server = Server { longest: Some(1_000), ..Server::default() }.start().await;
    let all = ["short".to_owned(), "y".repeat(3_000), "z".repeat(900)];
    let vectors = server.openai().embed(&all).await.unwrap();
    let begun = "y".repeat(750);
    assert_eq!(vectors, [vector("short"), vector(&begun), vector(&all[2])]);

    let server = Server { longest: Some(10), ..Server::default() }.start().await;
    let too_long = server.openai().embed(&texts(["eleven letters"])).await.unwrap_err();
    assert!(matches!(too_long, ModelError::ContextOverflow { .. }), "{too_long}");
}

#[tokio::test]
async fn vectors_that_cannot_be_right_are_none() {
    let data = |vectors: &[&[f32]]| {
        let entry = |vector: &&[f32]| json!({"embedding": vector});
        json!({"data": vectors.iter().map(entry).collect::<Vec<_>>()})
    };
    let cases = [
        (data(&[&[1.0]]), "1 vectors came for 2 texts"),
        (data(&[&[1.0], &[1.0, 2.0]]), "its vectors have 1 numbers, and now one has 2"),
        (data(&[&[1.0], &[]]), "not a list of vectors"),
        (json!({"data": [{"embedding": ["a"]}, {"embedding": [1]}]}), "not a list of vectors"),
        (json!({"data": "AAAA"}), "not a list of vectors"),
        (json!("<html>"), "not a list of vectors"),
    ];
    for (answer, why) in cases {
        let server = Server::default().answering([(200, answer.clone())]).start().await;
        let broken = server.openai().embed(&texts(["a", "b"])).await.unwrap_err();
        assert!(matches!(broken, ModelError::Rejected { status: 200, .. }), "{broken}");
        assert!(broken.to_string().contains(why), "{answer}: {broken}");
    }
}

#[tokio::test]
async fn a_length_that_changes_from_one_call_to_the_next_is_noticed() {
    let server = Server::default().start().await;
    let model = server.openai();
    model.embed(&texts(["a"])).await.unwrap();
    let longer = json!({"data": [{"index": 0, "embedding": [1, 2, 3, 4]}]});
    let _server = server.answering([(200, longer)]);
    let broken = model.embed(&texts(["a"])).await.unwrap_err();
    assert!(broken.to_string().contains("have 3 numbers, and now one has 4"), "{broken}");
}

#[tokio::test]
async fn a_provider_without_embeddings_is_refused_with_who_has_some() {
    let server = Server::default().start().await;
    let provider = server.provider(ProviderKind::Anthropic, "v1/");
    let refused = Embeddings::new(&provider, "claude").err().unwrap();
    assert!(refused.to_string().contains("offers no embeddings; name a model of OpenAI"));
}
