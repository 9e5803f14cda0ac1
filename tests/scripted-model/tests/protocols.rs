//! What a client of the scripted model sees, byte for byte, on every protocol.

use std::io::{Read, Write};
use std::net::TcpStream;

use scripted_model::{Fault, Gate, Protocol, Reply, ScriptedModel, Stop};
use serde_json::{Value, json};

/// Sends a request as HTTP/1.0, so that the answer ends with the connection.
fn send(model: &ScriptedModel, method: &str, path: &str, headers: &str, body: &str) -> String {
    let url = model.openai_url();
    let address = url.trim_start_matches("http://").trim_end_matches("/v1/");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{headers}\r\n{body}"
    )
    .expect("the server takes a request");
    let mut answer = Vec::new();
    // A scripted break shows as an error here; what came before it is the answer.
    drop(stream.read_to_end(&mut answer));
    String::from_utf8(answer).expect("the answer is text")
}

fn openai(stream: bool) -> Value {
    json!({
        "model": "m", "stream": stream, "stream_options": {"include_usage": true},
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Say hello"},
        ],
    })
}

fn ask_openai(model: &ScriptedModel, body: &Value) -> String {
    send(model, "POST", "/v1/chat/completions", "authorization: Bearer k\r\n", &body.to_string())
}

fn ask_anthropic(model: &ScriptedModel, stream: bool) -> String {
    let body = json!({
        "model": "m", "stream": stream, "max_tokens": 10, "system": "Be brief.",
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Say hello"}]}],
    });
    let headers = "x-api-key: k\r\nanthropic-version: 2023-06-01\r\n";
    send(model, "POST", "/v1/messages", headers, &body.to_string())
}

/// The events' names, or for unnamed ones the first few letters of what they carry.
fn events(answer: &str) -> Vec<&str> {
    let (_, body) = answer.split_once("\r\n\r\n").expect("headers end");
    body.split("\n\n").filter(|event| !event.is_empty()).collect()
}

#[test]
fn openai_streams_the_text_in_pieces_then_stop_usage_and_done() {
    let reply = Reply::text("Hello").chunks(3).usage(9, 4, 2);
    let model = ScriptedModel::start_blocking(vec![reply]);
    let answer = ask_openai(&model, &openai(true));
    let parsed: Vec<Value> = events(&answer)
        .iter()
        .filter_map(|event| serde_json::from_str(event.strip_prefix("data: ")?).ok())
        .collect();
    let pieces: Vec<&str> = parsed
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(pieces, ["", "Hel", "lo"]);
    assert_eq!(parsed[3]["choices"][0]["finish_reason"], "stop");
    assert_eq!(parsed[4]["usage"]["prompt_tokens_details"]["cached_tokens"], 4);
    assert_eq!(events(&answer).last(), Some(&"data: [DONE]"));
    model.finish();
}

#[test]
fn anthropic_streams_its_documented_sequence_of_events() {
    let model = ScriptedModel::start_blocking(vec![Reply::text("Hello").chunks(3)]);
    let answer = ask_anthropic(&model, true);
    let names: Vec<&str> = answer.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(
        names,
        [
            "message_start",
            "content_block_start",
            "ping",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ]
    );
    model.finish();
}

#[test]
fn both_protocols_answer_without_a_stream_too() {
    let replies = vec![Reply::text("A"), Reply::text("B").stop(Stop::Length)];
    let model = ScriptedModel::start_blocking(replies);
    assert!(ask_openai(&model, &openai(false)).contains(r#""content":"A""#));
    assert!(ask_anthropic(&model, false).contains(r#""stop_reason":"max_tokens""#));
    model.finish();
}

#[test]
fn a_request_is_seen_with_its_parts() {
    let model = ScriptedModel::start_blocking(vec![Reply::text("A"), Reply::text("B")]);
    ask_openai(&model, &openai(false));
    ask_anthropic(&model, false);
    for seen in model.requests() {
        assert_eq!(seen.key.as_deref(), Some("k"));
        assert_eq!(seen.system, "Be brief.");
        assert_eq!(seen.messages[0].text, "Say hello");
    }
    model.finish();
}

#[test]
fn a_reply_can_be_chosen_by_the_prompt() {
    let replies = vec![Reply::text("for goodbye").when("goodbye"), Reply::text("for all")];
    let model = ScriptedModel::start_blocking(replies);
    assert!(ask_openai(&model, &openai(false)).contains("for all"));
    let mut goodbye = openai(false);
    goodbye["messages"][1]["content"] = json!("Say goodbye");
    assert!(ask_openai(&model, &goodbye).contains("for goodbye"));
    model.finish();
}

#[test]
fn bad_requests_are_problems() {
    let model = ScriptedModel::start_blocking(vec![Reply::text("A").expect_schema()]);
    model.forbid_secret("hunter2");
    let body = json!({
        "model": "m", "stream": true,
        "messages": [{"role": "assistant", "content": "hunter2"}],
    });
    ask_openai(&model, &body);
    ask_openai(&model, &openai(true));
    assert_eq!(
        model.take_problems(),
        [
            "request 1: message 0 is of `assistant`, not of `user`",
            "request 1: the last message is not the user's",
            "request 1: a stream without stream_options.include_usage",
            "request 1: a secret is in the body",
            "request 1: no schema, where the script expects one",
            "request 2: the script has no reply for the prompt that ends with: Be brief.\nSay hello",
        ]
    );
    model.finish();
}

#[test]
fn a_wrong_key_is_refused_and_a_missing_one_is_a_problem() {
    let model = ScriptedModel::start_blocking(vec![]);
    model.require_key("right");
    assert!(ask_openai(&model, &openai(false)).starts_with("HTTP/1.0 401"));
    assert_eq!(model.problems(), [""; 0]);
    send(&model, "GET", "/v1/models", "", "");
    assert_eq!(model.take_problems(), ["a request without a key, where one is demanded"]);
}

#[test]
fn faults_come_as_scripted() {
    let faulty = |fault| Reply::text("Hello").chunks(1).with_fault(fault);
    let model = ScriptedModel::start_blocking(vec![
        Reply::status(429, "slow down").header("retry-after", "7"),
        faulty(Fault::Close { after: 2 }),
        faulty(Fault::Abort { after: 1 }),
        faulty(Fault::ErrorEvent { after: 0, message: "overloaded".to_owned() }),
        faulty(Fault::NoEndMark),
    ]);
    let ask = || ask_openai(&model, &openai(true));
    let refused = ask();
    assert!(refused.starts_with("HTTP/1.0 429") && refused.contains("retry-after: 7"), "{refused}");
    assert!(refused.contains(r#""message":"slow down""#), "{refused}");
    assert_eq!(events(&ask()).len(), 3);
    assert_eq!(events(&ask()).len(), 2);
    assert!(ask().contains("overloaded"));
    assert!(!ask().contains("[DONE]"));
    model.finish();
}

#[tokio::test]
async fn a_gate_holds_the_stream_and_tells_when_the_client_leaves() {
    let (held, left) = (Gate::new(), Gate::new());
    let model = ScriptedModel::start(vec![
        Reply::text("Hello").chunks(1).gate(2, &held),
        Reply::text("Hello").chunks(1).gate(2, &left),
    ])
    .await;

    std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask_openai(&model, &openai(true)));
        futures::executor::block_on(held.reached());
        assert!(!asking.is_finished());
        held.release();
        assert_eq!(events(&asking.join().unwrap()).len(), 9);
    });

    let url = model.openai_url();
    let mut client =
        TcpStream::connect(url.trim_start_matches("http://").trim_end_matches("/v1/")).unwrap();
    let body = openai(true).to_string();
    let length = body.len();
    write!(
        client,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    left.reached().await;
    drop(client);
    left.client_gone().await;
    model.finish();
}

/// Asks by Ollama's, Gemini's or the responses' protocol, with a request as small as they allow.
fn ask_natively(model: &ScriptedModel, protocol: Protocol, stream: bool) -> String {
    let said = json!([{"role": "user", "content": "Say hello"}]);
    let (path, body) = match protocol {
        Protocol::Ollama => {
            let asked = json!({
                "model": "m", "stream": stream, "messages": said, "truncate": false,
                "options": {"num_ctx": 9},
            });
            ("/api/chat".to_owned(), asked)
        }
        Protocol::Gemini => {
            let verb = if stream { "streamGenerateContent?alt=sse" } else { "generateContent" };
            let contents = json!([{"role": "user", "parts": [{"text": "Say hello"}]}]);
            (format!("/v1beta/models/m:{verb}"), json!({"contents": contents}))
        }
        _ => {
            let asked = json!({"model": "m", "stream": stream, "store": false, "input": said});
            ("/v1/responses".to_owned(), asked)
        }
    };
    send(model, "POST", &path, "", &body.to_string())
}

fn body_of(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").expect("headers end").1
}

#[test]
fn native_protocols_answer_without_a_stream_too() {
    let places = [
        (Protocol::Ollama, "/message/content"),
        (Protocol::Gemini, "/candidates/0/content/parts/0/text"),
        (Protocol::Responses, "/output/0/content/0/text"),
    ];
    for (protocol, place) in places {
        let model = ScriptedModel::start_blocking(vec![Reply::text("Hello")]);
        let answer = ask_natively(&model, protocol, false);
        let body: Value = serde_json::from_str(body_of(&answer)).unwrap();
        assert_eq!(body.pointer(place), Some(&json!("Hello")), "{body}");
        assert_eq!(model.requests()[0].messages[0].text, "Say hello");
        model.finish();
    }
}

#[test]
fn ollama_streams_a_line_a_piece_and_says_when_it_is_done() {
    let reply = Reply::text("Hello").chunks(3).reasoning("hm").usage(9, 0, 2);
    let model = ScriptedModel::start_blocking(vec![reply]);
    let answer = ask_natively(&model, Protocol::Ollama, true);
    assert!(answer.contains("content-type: application/x-ndjson"), "{answer}");
    let lines: Vec<Value> =
        body_of(&answer).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<&Value> = lines.iter().map(|line| &line["message"]["content"]).collect();
    assert_eq!(said, ["", "Hel", "lo", ""]);
    assert_eq!(lines[0]["message"]["thinking"], "hm");
    assert_eq!(lines[3]["done"], true);
    assert_eq!((&lines[3]["prompt_eval_count"], &lines[3]["eval_count"]), (&json!(9), &json!(2)));
    model.finish();
}

#[test]
fn gemini_puts_stop_and_usage_into_its_last_chunk() {
    let reply = Reply::text("Hello").reasoning("hm").usage(9, 4, 2).stop(Stop::Length);
    let model = ScriptedModel::start_blocking(vec![reply]);
    let answer = ask_natively(&model, Protocol::Gemini, true);
    let last = body_of(&answer).trim().rsplit("data: ").next().unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
    assert_eq!(
        last["usageMetadata"],
        json!({
            "promptTokenCount": 9, "candidatesTokenCount": 1, "totalTokenCount": 11,
            "cachedContentTokenCount": 4, "thoughtsTokenCount": 1,
        })
    );
    model.finish();
}

#[test]
fn responses_stream_their_documented_sequence_of_events() {
    let model = ScriptedModel::start_blocking(vec![Reply::text("Hello").chunks(3)]);
    let answer = ask_natively(&model, Protocol::Responses, true);
    let names: Vec<&str> = answer.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(
        names,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.output_text.delta",
            "response.output_text.delta",
            "response.output_text.done",
            "response.completed",
        ]
    );
    model.finish();
}

#[test]
fn what_a_provider_would_refuse_is_a_problem() {
    let model = ScriptedModel::start_blocking(vec![Reply::text("A").repeated()]);
    let said = json!([{"role": "user", "content": "Hi"}]);
    let ask = |path: &str, body: Value| send(&model, "POST", path, "", &body.to_string());
    ask("/mistral/v1/chat/completions", json!({"model": "m", "messages": said, "seed": 1}));
    ask("/api/chat", json!({"model": "m", "messages": said}));
    ask("/v1/responses", json!({"model": "m", "input": said}));
    let contents = json!([{"role": "user", "parts": [{"text": "Hi"}]}]);
    ask("/v1beta/models/m:generateContent?key=k", json!({"model": "m", "contents": contents}));
    assert_eq!(
        model.take_problems(),
        [
            "request 1: a field `seed`, which Mistral does not take",
            "request 2: no options.num_ctx: Ollama would cut the prompt at a length of its own",
            "request 2: truncate is not false: Ollama would cut the prompt",
            "request 3: store is not false: the provider keeps the conversation",
            "a key in the address, where logs keep it: key=k",
            "request 4: a field `model`, which Gemini does not take",
        ]
    );
}

#[test]
fn groq_and_mistral_report_usage_in_places_of_their_own() {
    let model = ScriptedModel::start_blocking(vec![Reply::text("A").usage(9, 4, 2).repeated()]);
    let body = openai(true).to_string();
    let answer = send(&model, "POST", "/groq/openai/v1/chat/completions", "", &body);
    assert!(answer.contains(r#""x_groq":{"id":"req_1","usage":{"prompt_tokens":9"#), "{answer}");
    let mut body = openai(true);
    body.as_object_mut().unwrap().remove("stream_options");
    let answer = send(&model, "POST", "/mistral/v1/chat/completions", "", &body.to_string());
    assert!(answer.contains(r#""finish_reason":"stop"}],"usage":{"prompt_tokens":9"#), "{answer}");
    drop(model);
}

#[test]
fn ollama_shows_the_context_of_the_models_it_has() {
    let model = ScriptedModel::start_blocking(vec![]);
    let shown = send(&model, "POST", "/api/show", "", r#"{"model":"scripted"}"#);
    assert!(shown.contains(r#""scripted.context_length":32768"#), "{shown}");
    let missing = send(&model, "POST", "/api/show", "", r#"{"model":"x"}"#);
    assert!(missing.starts_with("HTTP/1.0 404"), "{missing}");
    assert!(missing.contains(r#"{"error":"model 'x' not found"}"#), "{missing}");
}

#[test]
fn an_endless_script_starts_over() {
    let model = ScriptedModel::start_endless(vec![Reply::text("A"), Reply::text("B")]).unwrap();
    for expected in ["A", "B", "A"] {
        let content = format!(r#""content":"{expected}""#);
        assert!(ask_openai(&model, &openai(false)).contains(&content));
    }
}

#[test]
fn problems_and_requests_can_be_read_over_http() {
    let model = ScriptedModel::start_blocking(vec![]);
    ask_openai(&model, &openai(false));
    assert!(send(&model, "GET", "/script/requests", "", "").contains("Say hello"));
    assert!(send(&model, "GET", "/script/problems", "", "").contains("has no reply"));
    model.take_problems();
}

#[test]
fn a_script_file_needs_only_texts() {
    let script = r#"[
        {"text": "a"},
        {"text": "b", "chunk": 4, "when": "x", "stop": "length",
         "usage": {"input": 3, "cached": 1, "output": 2}},
        {"fault": {"kind": "status", "status": 529, "message": "busy"}}
    ]"#;
    let replies: Vec<Reply> = serde_json::from_str(script).unwrap();
    assert_eq!(replies.len(), 3);
    assert!(serde_json::from_str::<Reply>(r#"{"txt": "a"}"#).is_err());
}
