//! The server on the wire: it lives through malformed frames, and ends when it should.

use serde_json::{Value, json};

use crate::session::{Client, Session};
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn malformed_frames_get_an_error_or_are_skipped_and_the_session_lives_on() {
    let world = World::new(Vec::new()).await;
    let mut editor = Session::start(&world, Client::Plain).await;
    let deep = "[".repeat(100_000);
    let frames: Vec<Vec<u8>> = vec![
        b"Content-Length: -5\r\n\r\n".to_vec(),
        b"junk without any meaning\r\n\r\n".to_vec(),
        b"content-length: 2\r\n\r\n{}".to_vec(),
        b"Content-Length: 4\r\n\r\n\xff\xfe\xfd\xfc".to_vec(),
        b"Content-Length: 5\r\n\r\n{bad}".to_vec(),
        b"Content-Length: 2\r\nContent-Type: x\r\nX-Third: y\r\n\r\n{}".to_vec(),
        format!("Content-Length: {}\r\n\r\n{deep}", deep.len()).into_bytes(),
        b"Content-Length: 2\r\n\r\n[]".to_vec(),
        b"Content-Length: 18446744073709551615\r\n\r\n".to_vec(),
        b"Content-Length: 999999999999\r\n\r\n".to_vec(),
        b"Content-Length:\r\n\r\n".to_vec(),
        b"\r\n\r\n\r\n".to_vec(),
        b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}".to_vec(),
        b"Content-Length: 4\r\n\r\nnull".to_vec(),
        b"Content-Length: 0\r\n\r\n".to_vec(),
    ];
    for frame in frames {
        editor.send_raw(&frame).await;
        let listed = editor.execute("devika.task.list", json!({})).await;
        assert_eq!(
            listed,
            Ok(json!([])),
            "after {}",
            String::from_utf8_lossy(&frame[..frame.len().min(60)])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_session_ends_with_exit() {
    let world = World::new(Vec::new()).await;
    let editor = Session::start(&world, Client::Plain).await;
    assert!(editor.exit().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_editor_goes_away_ends_too() {
    let world = World::new(Vec::new()).await;
    let editor = Session::start(&world, Client::Plain).await;
    editor.hang_up().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn position_encodings_are_negotiated() {
    let world = World::new(Vec::new()).await;
    let mut modern = Session::spawn(&world, Client::Extension);
    assert_eq!(modern.initialize().await["capabilities"]["positionEncoding"], "utf-8");
    let mut plain = Session::spawn(&world, Client::Plain);
    let encoding = plain.initialize().await["capabilities"]["positionEncoding"].clone();
    assert!(encoding.is_null() || encoding == "utf-16", "{encoding}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_says_what_it_can_do() {
    let world = World::new(Vec::new()).await;
    let mut editor = Session::spawn(&world, Client::Extension);
    let reply = editor.initialize().await;
    let commands = &reply["capabilities"]["executeCommandProvider"]["commands"];
    for name in ["start", "cancel", "list", "show", "reply", "approve", "resume"] {
        assert!(
            commands.as_array().unwrap().contains(&json!(format!("devika.task.{name}"))),
            "{commands}"
        );
    }
    assert_eq!(reply["serverInfo"]["name"], "devika");
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_come_and_go_and_with_several_the_task_names_its_own() {
    let world = World::new(Vec::new()).await;
    let other = tempfile::tempdir().unwrap();
    let uri = crate::buffers::uri(&other.path().canonicalize().unwrap());
    let folder = json!({ "uri": uri, "name": "other" });
    let mut editor = Session::start(&world, Client::Plain).await;
    let change = json!({ "event": { "added": [folder], "removed": [] } });
    editor.notify("workspace/didChangeWorkspaceFolders", change).await;
    let error = editor.execute("devika.task.start", json!({ "prompt": "x" })).await.unwrap_err();
    assert!(error["message"].as_str().unwrap().contains("root"), "{error}");
    let change = json!({ "event": { "added": [], "removed": [folder] } });
    editor.notify("workspace/didChangeWorkspaceFolders", change).await;
    editor.execute("devika.task.start", json!({ "prompt": "x" })).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_request_is_an_error_and_an_unknown_notification_is_ignored() {
    let world = World::new(Vec::new()).await;
    let mut editor = Session::start(&world, Client::Plain).await;
    editor.notify("$/unheardOf", json!({})).await;
    editor.notify("$/setTrace", json!({ "value": "verbose" })).await;
    editor.notify("workspace/didChangeConfiguration", json!({ "settings": {} })).await;
    let error = editor.request("devika/unheardOf", Value::Null).await.unwrap_err();
    assert_eq!(error["code"], -32601);
}
