//! What the caller gets for what can go wrong, in every dialect: one table, each cell of which is a
//! turn over a real socket.
#![cfg(feature = "providers")]

mod world;

use std::time::Duration;

use devika_config::Provider;
use devika_llm::{Answer, ModelError, Stop, connect};
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt, stream};
use scripted_model::{Fault, Protocol, Reply, ScriptedModel, Stop as Scripted};
use serde_json::json;
use world::{provider, request};

const DIALECTS: [Protocol; 9] = Protocol::ALL;

/// How long the impatient wait.
const SHORT: Duration = Duration::from_millis(300);

/// Text with characters of two, three and four bytes.
const TEXT: &str = "Grüße, 世界 🦀";

/// A row: what goes wrong, and how a dialect says it; none where it cannot.
type Row = (&'static str, fn(Protocol) -> Option<Reply>);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_has_one_outcome_in_every_dialect() {
    let mut rows = vec![
        ("connect refused", DIALECTS.map(|dialect| nobody(dialect).boxed())),
        ("bad certificate", DIALECTS.map(|dialect| impostor(dialect).boxed())),
    ];
    for (name, reply) in
        [status_rows(), wait_rows(), stream_rows(), answer_rows()].into_iter().flatten()
    {
        rows.push((name, DIALECTS.map(|dialect| cell(dialect, reply(dialect)).boxed())));
    }
    insta::assert_snapshot!(table(rows).await, @r#"
                      OpenAi         Responses      Anthropic      Gemini         Mistral        Groq           LmStudio       OpenRouter     Ollama
    connect refused   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻
    bad certificate   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻   Unreachable↻
    400               Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected
    401               Auth           Auth           Auth           Auth           Auth           Auth           Auth           Auth           Auth
    402               Rejected money Rejected money Rejected money Rejected money Rejected money Rejected money Rejected money Rejected money Rejected money
    403               Auth           Auth           Auth           Auth           Auth           Auth           Auth           Auth           Auth
    404 address       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected
    404 model         Unknown        Unknown        Unknown        Unknown        Unknown        Unknown        Unknown        Unknown        Unknown pull
    408               Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻
    409               Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻
    413               Overflow       Overflow       Overflow       Overflow       Overflow       Overflow       Overflow       Overflow       Overflow
    422               Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected
    429               Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻
    429 no money      Rejected money Rejected money Rejected money Rejected money Rejected money Rejected money Rejected money Rejected money Rejected money
    498               Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻
    500               Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻
    503               Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻
    529               Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻
    redirect          Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected       Rejected
    sign-in page      Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    context overflow  Overflow       Overflow       Overflow       Overflow       Overflow       Overflow       Overflow       Overflow       Overflow
    wait 7            Busy↻ 7s       Busy↻ 7s       Busy↻ 7s       Busy↻ 7s       Busy↻ 7s       Busy↻ 7s       Busy↻ 7s       Busy↻ 7s       Busy↻ 7s
    wait date         Busy↻ 30s      Busy↻ 30s      Busy↻ 30s      Busy↻ 30s      Busy↻ 30s      Busy↻ 30s      Busy↻ 30s      Busy↻ 30s      Busy↻ 30s
    wait ms           Busy↻ 1.5s     Busy↻ 1.5s     Busy↻ 1.5s     Busy↻ 1.5s     Busy↻ 1.5s     Busy↻ 1.5s     Busy↻ 1.5s     Busy↻ 1.5s     Busy↻ 1.5s
    wait reset        Busy↻ 9s       Busy↻ 9s       Busy↻ 9s       Busy↻ 9s       Busy↻ 9s       Busy↻ 9s       Busy↻ 9s       Busy↻ 9s       Busy↻ 9s
    wait garbage      Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻          Busy↻
    wait in words     Busy↻ 7.66s    Busy↻ 7.66s    Busy↻ 7.66s    Busy↻ 7.66s    Busy↻ 7.66s    Busy↻ 7.66s    Busy↻ 7.66s    Busy↻ 7.66s    Busy↻ 7.66s
    all is well       whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3
    split UTF-8       whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3
    close at once     Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    close             Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    close before stop Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    close mid-event   Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    cut               Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    cut mid-bytes     Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    malformed event   Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    endless line      Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    stall at first    Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻
    stall             Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻       Stalled↻
    error event       Broken↻        Broken↻        Busy↻          Busy↻          Broken↻        Broken↻        Broken↻        Busy↻          Broken↻
    no end mark       whole 5+3      –              Broken↻        –              whole 5+3      whole 5+3      whole 5+3      whole 5+3      –
    duplicate stop    whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3      whole 5+3
    max_tokens        length 5+2     length 5+2     length 5+2     length 5+2     length 5+2     length 5+2     length 5+2     length 5+2     length 5+2
    content filter    Refused        Refused        Refused        Refused        Refused        Refused        Refused        Refused        –
    refusal           Refused        Refused        Refused        Refused        Refused        Refused        Refused        Refused        –
    stop for failure  Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    empty answer      Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻        Broken↻
    usage missing     whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7
    usage negative    whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7
    usage nothing     whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7
    usage 10^15       whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7      whole 6+7
    "#);
}

fn status_rows() -> Vec<Row> {
    fn status(code: u16) -> Option<Reply> {
        Some(Reply::status(code, "no").header("location", "http://127.0.0.1:1/"))
    }
    vec![
        ("400", |_| status(400)),
        ("401", |_| status(401)),
        ("402", |_| status(402)),
        ("403", |_| status(403)),
        ("404 address", |_| status(404)),
        ("404 model", |dialect| Some(unknown_model(dialect))),
        ("408", |_| status(408)),
        ("409", |_| status(409)),
        ("413", |_| status(413)),
        ("422", |_| status(422)),
        ("429", |_| status(429)),
        ("429 no money", |_| Some(Reply::status(429, "insufficient_quota"))),
        ("498", |_| status(498)),
        ("500", |_| status(500)),
        ("503", |_| status(503)),
        ("529", |_| status(529)),
        ("redirect", |_| status(307)),
        ("sign-in page", |_| Some(broken(Fault::SignInPage))),
        ("context overflow", |dialect| Some(overflow(dialect))),
    ]
}

fn wait_rows() -> Vec<Row> {
    fn wait(name: &str, value: &str) -> Option<Reply> {
        let busy = Reply::status(429, "slow down").header(name, value);
        Some(busy.header("date", "Wed, 21 Oct 2015 07:28:00 GMT"))
    }
    vec![
        ("wait 7", |_| wait("retry-after", "7")),
        ("wait date", |_| wait("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")),
        ("wait ms", |_| wait("retry-after-ms", "1500")),
        ("wait reset", |_| wait("x-ratelimit-reset", "9")),
        ("wait garbage", |_| wait("retry-after", "soon")),
        ("wait in words", |_| Some(Reply::status(429, "Please try again in 7.66s."))),
    ]
}

fn stream_rows() -> Vec<Row> {
    vec![
        ("all is well", |_| Some(Reply::text(TEXT).chunks(1).reasoning("hm"))),
        ("split UTF-8", |_| Some(Reply::text(TEXT).chunks(1).torn(1))),
        ("close at once", |_| Some(broken(Fault::Close { after: 0 }))),
        ("close", |_| Some(broken(Fault::Close { after: 3 }))),
        ("close before stop", |_| Some(broken(Fault::Close { after: 99 }))),
        ("close mid-event", |_| Some(broken(Fault::CloseMidEvent { after: 2 }))),
        ("cut", |_| Some(broken(Fault::Abort { after: 3 }))),
        ("cut mid-bytes", |_| Some(broken(Fault::AbortMidBytes { after: 2 }))),
        ("malformed event", |_| Some(broken(Fault::BadJson { after: 3 }))),
        ("endless line", |_| Some(broken(Fault::EndlessLine { after: 3, bytes: 1 << 30 }))),
        ("stall at first", |_| Some(broken(Fault::Stall { after: 0 }))),
        ("stall", |_| Some(broken(Fault::Stall { after: 3 }))),
        ("error event", |_| Some(broken(Fault::ErrorEvent { after: 3, message: "no".to_owned() }))),
        ("no end mark", |dialect| has_end_mark(dialect).then(|| broken(Fault::NoEndMark))),
        ("duplicate stop", |_| Some(broken(Fault::DuplicateStop))),
    ]
}

fn answer_rows() -> Vec<Row> {
    fn stop(stop: Scripted) -> Option<Reply> {
        Some(Reply::text("I can't").chunks(2).stop(stop))
    }
    vec![
        ("max_tokens", |_| stop(Scripted::Length)),
        // Ollama has neither.
        ("content filter", |dialect| {
            stop(Scripted::Refused).filter(|_| dialect != Protocol::Ollama)
        }),
        ("refusal", |dialect| stop(Scripted::Declined).filter(|_| dialect != Protocol::Ollama)),
        ("stop for failure", |_| stop(Scripted::Failed)),
        ("empty answer", |_| Some(Reply::text(""))),
        ("usage missing", |_| Some(Reply::text(TEXT).no_usage())),
        ("usage negative", |_| Some(Reply::text(TEXT).usage(-5, -5, -5))),
        ("usage nothing", |_| Some(Reply::text(TEXT).usage(0, 0, 0))),
        ("usage 10^15", |_| {
            Some(Reply::text(TEXT).usage(1_000_000_000_000_000, 0, 1_000_000_000_000_000))
        }),
    ]
}

fn broken(fault: Fault) -> Reply {
    Reply::text(TEXT).chunks(1).with_fault(fault)
}

fn has_end_mark(dialect: Protocol) -> bool {
    !matches!(dialect, Protocol::Responses | Protocol::Gemini | Protocol::Ollama)
}

/// An unknown model in each provider's own words.
fn unknown_model(dialect: Protocol) -> Reply {
    match dialect {
        Protocol::OpenAi | Protocol::Responses => {
            Reply::status(404, "The model `m` does not exist or you do not have access to it.")
        }
        Protocol::Anthropic => Reply::status(404, "model: m"),
        Protocol::Gemini => Reply::status(404, "models/m is not found for API version v1beta"),
        Protocol::Mistral => Reply::status(400, "Invalid model: m"),
        Protocol::Groq => Reply::status(404, "The model `m` does not exist"),
        Protocol::LmStudio => Reply::status(404, "Model \"m\" not found"),
        Protocol::OpenRouter => Reply::status(400, "m is not a valid model ID"),
        Protocol::Ollama => Reply::status(404, "model 'm' not found"),
    }
}

/// A prompt that is too long in each provider's own words.
fn overflow(dialect: Protocol) -> Reply {
    let coded = |status, message: &str| {
        let error = json!({"message": message, "code": "context_length_exceeded"});
        Reply::status_with_body(status, json!({"error": error}))
    };
    match dialect {
        Protocol::OpenAi => coded(400, "This model's maximum context length is 9 tokens."),
        Protocol::Responses => coded(400, "Your input exceeds the context window of this model."),
        Protocol::Anthropic => Reply::status(400, "prompt is too long: 9 tokens > 8 maximum"),
        Protocol::Gemini => Reply::status(
            400,
            "The input token count (9) exceeds the maximum number of tokens allowed (8).",
        ),
        Protocol::Mistral => Reply::status(
            400,
            "Prompt contains 9 tokens, too large for model with 8 maximum context length",
        ),
        Protocol::Groq => {
            Reply::status(413, "Request too large for model `m`: Limit 8, Requested 9")
        }
        Protocol::LmStudio => {
            Reply::status(400, "Trying to keep the first 9 tokens when context the overflows.")
        }
        Protocol::OpenRouter => {
            Reply::status(400, "This endpoint's maximum context length is 8 tokens.")
        }
        Protocol::Ollama => Reply::status(400, "the input length exceeds the context length"),
    }
}

/// Turns at once: each has a server of its own, with a thread and half a dozen files.
const AT_ONCE: usize = 32;

/// A row a fault and a column a dialect.
async fn table(rows: Vec<(&str, [BoxFuture<'static, String>; DIALECTS.len()])>) -> String {
    let (names, cells): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let cells = stream::iter(cells.into_iter().flatten()).buffered(AT_ONCE);
    let cells: Vec<String> = cells.collect().await;
    let line = |name: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!("{cell:<15}")).collect();
        format!("{name:<18}{cells}").trim_end().to_owned()
    };
    let mut lines = vec![line("", &DIALECTS.map(|dialect| format!("{dialect:?}")))];
    lines.extend(names.iter().zip(cells.chunks(DIALECTS.len())).map(|(name, row)| line(name, row)));
    lines.join("\n")
}

/// Nobody listens.
async fn nobody(dialect: Protocol) -> String {
    let server = ScriptedModel::start(vec![]).await;
    let provider = provider(dialect, &server);
    drop(server);
    told(&ask(&provider).await)
}

/// Somebody answers who cannot prove to be the provider.
async fn impostor(dialect: Protocol) -> String {
    let server = ScriptedModel::start_tls(vec![]);
    let outcome = ask(&provider(dialect, &server)).await;
    assert_eq!(server.requests().len(), 0, "no key left this machine");
    told(&outcome)
}

async fn ask(provider: &Provider) -> Result<Answer, ModelError> {
    let model = connect(provider, "m").expect("the address is one");
    model.turn(&request(), &|_| {}).await
}

async fn cell(dialect: Protocol, reply: Option<Reply>) -> String {
    let Some(reply) = reply else { return "–".to_owned() };
    let stalls =
        |at: fn(usize) -> bool| matches!(reply.fault, Some(Fault::Stall { after }) if at(after));
    let (no_first, no_next) = (stalls(|after| after == 0), stalls(|after| after > 0));
    let server = ScriptedModel::start(vec![reply]).await;
    server.require_key("sk-canary");
    server.forbid_secret("sk-canary");
    let mut provider = provider(dialect, &server);
    if no_first {
        provider.first_token_timeout = SHORT;
    }
    if no_next {
        provider.idle_timeout = SHORT;
    }
    let outcome = ask(&provider).await;
    assert_eq!(server.requests().len(), 1, "{outcome:?}");
    told(&outcome)
}

/// The outcome in a word: the answer with its tokens, or the variant of the error.
fn told(outcome: &Result<Answer, ModelError>) -> String {
    let error = match outcome {
        Ok(answer) => return told_answer(answer),
        Err(error) => error,
    };
    assert!(!error.to_string().contains("sk-canary"), "{error}");
    let wait = match error {
        ModelError::Busy { retry_after: Some(wait), .. } => format!(" {:?}", wait),
        ModelError::Rejected { message, .. } if message.contains("no money") => " money".to_owned(),
        ModelError::UnknownModel { message, .. } if message.contains("`ollama pull m`") => {
            " pull".to_owned()
        }
        _ => String::new(),
    };
    let variant = format!("{error:?}");
    let variant = variant.split(' ').next().unwrap_or_default();
    let again = if error.is_transient() { "↻" } else { "" };
    format!("{}{again}{wait}", short(variant))
}

fn told_answer(answer: &Answer) -> String {
    let whole = match (answer.text.as_str(), answer.stop) {
        (TEXT, Stop::Complete) => "whole",
        ("I can't", Stop::Length) => "length",
        ("I can't", Stop::Complete) => "said",
        other => panic!("an answer nobody gave: {other:?}"),
    };
    format!("{whole} {}+{}", answer.input_tokens, answer.output_tokens)
}

fn short(variant: &str) -> &str {
    match variant {
        "ContextOverflow" => "Overflow",
        "UnknownModel" => "Unknown",
        other => other,
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused_unless_it_is_trusted_by_name() {
    for dialect in DIALECTS {
        let server = ScriptedModel::start_tls(vec![Reply::text(TEXT)]);
        let strict = provider(dialect, &server);
        let outcome = ask(&strict).await;
        let Err(ModelError::Unreachable { why, .. }) = &outcome else {
            panic!("{dialect:?}: {outcome:?}")
        };
        assert!(why.to_lowercase().contains("certificate"), "{why}");
        assert!(server.requests().is_empty(), "no key left this machine");

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, server.certificate().unwrap()).unwrap();
        let trusting = Provider { ca_file: Some(file), ..strict };
        let outcome = ask(&trusting).await;
        assert_eq!(outcome.unwrap().text, TEXT);
        server.finish();
    }
}

#[tokio::test]
async fn a_redirect_takes_the_key_nowhere_in_any_dialect() {
    for dialect in DIALECTS {
        let elsewhere = ScriptedModel::start(vec![]).await;
        let redirect = Reply::status(307, "").header("location", &elsewhere.url(dialect));
        let server = ScriptedModel::start(vec![redirect]).await;
        let provider = provider(dialect, &server);
        let outcome = ask(&provider).await;
        assert!(matches!(&outcome, Err(ModelError::Rejected { status: 307, .. })), "{outcome:?}");
        // A request would be a problem of a server without a script.
        elsewhere.finish();
        server.finish();
    }
}
