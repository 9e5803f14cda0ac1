//! What faulty frames do to a session: each is answered or passed over, and the session lives on.

use serde_json::{Value, json};

use super::bodies::MAX_JSON_DEPTH;
use super::frames::{Frame, Frames, MAX_BODY_BYTES, MAX_HEADER_BYTES};
use super::test_client::{TestClient, no_engine};
use super::transport::framed;

/// The errors that answer a faulty frame and the good request behind it.
async fn told(frame: &[u8]) -> Vec<(i64, String)> {
    let mut client = TestClient::start(no_engine("no engine is needed"));
    client.send_bytes(frame).await;
    let answer = client.request("initialize", json!({"processId": null, "capabilities": {}})).await;
    assert_eq!(answer["result"]["serverInfo"]["name"], "devika", "{answer}");
    client.passed.iter().map(code_and_words).collect()
}

fn code_and_words(message: &Value) -> (i64, String) {
    let error = &message["error"];
    (error["code"].as_i64().unwrap(), error["message"].as_str().unwrap().to_owned())
}

fn nested(depth: usize) -> Vec<u8> {
    let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
    framed(format!(r#"{{"jsonrpc":"2.0","method":"$/x","params":{open}{close}}}"#).as_bytes())
}

#[tokio::test]
async fn after_a_faulty_frame_the_next_good_request_is_answered() {
    let note = r#"{"jsonrpc":"2.0","method":"$/x"}"#;
    let bytes = |text: &str| text.as_bytes().to_vec();
    let cases: [(&str, Vec<u8>, &[i64]); 21] = [
        ("negative length", bytes("Content-Length: -5\r\n\r\nhello"), &[-32600]),
        ("length that is no number", bytes("Content-Length: many\r\n\r\n"), &[-32600]),
        ("junk", bytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), &[-32600]),
        ("junk without a line end", bytes("\x00\x01junk"), &[-32600]),
        ("lower-case header", bytes(&format!("content-length: 32\r\n\r\n{note}")), &[]),
        ("bad UTF-8", framed(b"{\"jsonrpc\":\"2.0\",\"method\":\"\xff\"}"), &[-32700]),
        (
            "bad UTF-8 that no type reads",
            framed(b"{\"jsonrpc\":\"2.0\",\"method\":\"shutdown\",\"id\":1,\"odd\":\"\xff\"}"),
            &[-32700],
        ),
        ("bad JSON", framed(b"{\"jsonrpc\": nonsense}"), &[-32700]),
        (
            "third header",
            bytes(&format!("Content-Length: 32\r\nContent-Type: x\r\nX-More: y\r\n\r\n{note}")),
            &[],
        ),
        ("deep nesting", nested(100_000), &[-32600]),
        ("batch", framed(format!("[{note}]").as_bytes()), &[-32600]),
        ("huge length", bytes("Content-Length: 1000000000000\r\n\r\n"), &[-32600]),
        ("length 2^64-1", bytes("Content-Length: 18446744073709551615\r\n\r\n"), &[-32600]),
        (
            "length beyond 64 bits",
            bytes("Content-Length: 99999999999999999999999\r\n\r\n"),
            &[-32600],
        ),
        ("two lengths", bytes("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"), &[-32600]),
        ("no length", bytes("Content-Type: application/json\r\n\r\n{}"), &[-32600]),
        ("LF-only line ends", bytes(&format!("Content-Length: 32\n\n{note}")), &[]),
        ("truncated body", bytes("Content-Length: 500\r\n\r\n{\"jsonrpc\":"), &[-32700]),
        ("empty body", bytes("Content-Length: 0\r\n\r\n"), &[-32700]),
        ("no JSON-RPC", framed(b"{\"hello\":1}"), &[-32600]),
        ("endless header", vec![b'x'; MAX_HEADER_BYTES + 1], &[-32600]),
    ];
    for (name, frame, expected) in cases {
        let codes: Vec<i64> = told(&frame).await.into_iter().map(|(code, _)| code).collect();
        assert_eq!(codes, expected, "{name}");
    }
}

#[tokio::test]
async fn a_limit_that_was_crossed_is_named() {
    let (_, words) = told(b"Content-Length: 1000000000000\r\n\r\n").await.remove(0);
    assert_eq!(words, format!("the body is longer than the limit of {MAX_BODY_BYTES} bytes"));
    let (_, words) = told(&nested(MAX_JSON_DEPTH + 1)).await.remove(0);
    assert_eq!(words, format!("the message is nested deeper than the limit of {MAX_JSON_DEPTH}"));
    assert_eq!(told(&nested(MAX_JSON_DEPTH)).await, []);
}

#[tokio::test]
async fn a_faulty_request_is_answered_under_its_own_id() {
    let mut client = TestClient::start(no_engine("no engine is needed"));
    client.send_bytes(&framed(br#"{"id": 5, "method": "initialize"}"#)).await;
    let answer = client.read().await.unwrap();
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(5), &json!(-32600)));
}

#[tokio::test]
async fn a_body_that_ends_with_the_input_is_told_and_ends_the_session() {
    let mut client = TestClient::start(no_engine("no engine is needed"));
    client.send_bytes(b"Content-Length: 500\r\n\r\n{\"jsonrpc\":").await;
    client.hang_up().await.unwrap();
}

#[test]
fn frames_are_the_same_in_whatever_pieces_they_come() {
    let body = br#"{"jsonrpc":"2.0","method":"m","params":{"text":"Content-Length: 7\r\n\r\n"}}"#;
    let mut input = b"junk\r\n\r\n".to_vec();
    input.extend_from_slice(&framed(body));
    input.extend_from_slice(b"Content-Length: 9\r\n\r\n{\"trunca");
    input.extend_from_slice(&framed(body));
    let read = |pieces: usize| {
        let mut frames = Frames::default();
        let mut all = Vec::new();
        for piece in input.chunks(pieces) {
            frames.push(piece);
            while let Some(frame) = frames.next() {
                all.push(matches!(&frame, Frame::Message(read) if read == body));
            }
        }
        all
    };
    for pieces in (1..40).chain([input.len()]) {
        assert_eq!(read(pieces), [false, true, false, true], "in pieces of {pieces}");
    }
}
