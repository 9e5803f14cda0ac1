//! A session from its first message to its last.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::connect::Connect;
use super::test_client::{TestClient, no_engine, no_setup};

fn root() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn initialize_tells_what_the_server_can_and_needs_no_engine() {
    let mut client = TestClient::start(no_engine("the disk is full"));
    let general = json!({"general": {"positionEncodings": ["utf-16", "utf-8"]}});
    let answer =
        client.request("initialize", json!({"processId": null, "capabilities": general})).await;
    let mut capabilities = answer["result"]["capabilities"].clone();
    let commands = capabilities["executeCommandProvider"]["commands"].take();
    assert_eq!(commands.as_array().unwrap().len(), 26);
    insta::assert_json_snapshot!(capabilities, @r#"
    {
      "positionEncoding": "utf-8",
      "textDocumentSync": {
        "openClose": true,
        "change": 2,
        "save": {
          "includeText": false
        }
      },
      "hoverProvider": true,
      "codeActionProvider": {
        "codeActionKinds": [
          "quickfix",
          "refactor.rewrite",
          "devika"
        ]
      },
      "executeCommandProvider": {
        "commands": null
      },
      "workspace": {
        "workspaceFolders": {
          "supported": true,
          "changeNotifications": true
        }
      }
    }
    "#);
}

#[tokio::test]
async fn a_session_ends_by_shutdown_and_exit_while_the_input_stays_open() {
    let mut client = TestClient::initialized(no_engine("none"), root().path(), json!({})).await;
    assert_eq!(client.request("shutdown", json!(null)).await["result"], json!(null));
    client.notify("exit", json!(null)).await;
    client.ended().await.unwrap();
}

#[tokio::test]
async fn a_session_ends_in_order_for_clients_that_send_empty_parameters() {
    let mut client = TestClient::initialized(no_engine("none"), root().path(), json!({})).await;
    assert_eq!(client.request("shutdown", json!({})).await["result"], json!(null));
    client.notify("exit", json!({})).await;
    client.ended().await.unwrap();
}

#[tokio::test]
async fn exit_may_follow_shutdown_at_once() {
    let mut client = TestClient::initialized(no_engine("none"), root().path(), json!({})).await;
    let both = [
        json!({"jsonrpc": "2.0", "id": 9, "method": "shutdown"}),
        json!({"jsonrpc": "2.0", "method": "exit"}),
    ];
    let bytes =
        both.map(|message| super::transport::framed(message.to_string().as_bytes())).concat();
    client.send_bytes(&bytes).await;
    client.ended().await.unwrap();
}

#[tokio::test]
async fn exit_without_shutdown_is_an_error_and_the_end_of_the_input_is_none() {
    let mut client = TestClient::initialized(no_engine("none"), root().path(), json!({})).await;
    client.notify("exit", json!(null)).await;
    assert!(client.ended().await.is_err());
    let client = TestClient::initialized(no_engine("none"), root().path(), json!({})).await;
    client.hang_up().await.unwrap();
}

#[tokio::test]
async fn an_engine_that_cannot_be_connected_is_told_once_and_tried_again_by_each_command() {
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    let connect = Connect::by(no_setup(), move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err("the state database is newer than this program".to_owned()) }
    });
    let root = root();
    let mut client = TestClient::initialized(connect, root.path(), json!({})).await;
    let shown = client.hear("window/showMessage").await;
    assert_eq!(
        shown["params"]["message"],
        "Devika cannot work yet: the state database is newer than this program"
    );
    for _ in 0..2 {
        let answer = client.command("devika.task.start", json!("write hello world")).await;
        assert_eq!(answer["error"]["code"], -32803);
        assert_eq!(answer["error"]["message"], "the state database is newer than this program");
    }
    assert_eq!(tries.load(Ordering::SeqCst), 3);
    assert!(client.passed.iter().all(|message| message["method"] != "window/showMessage"));
}

#[tokio::test]
async fn a_command_that_cannot_be_understood_says_what_is_wrong() {
    let root = root();
    let mut client = TestClient::initialized(no_engine("none"), root.path(), json!({})).await;
    let mut told = Vec::new();
    for (command, argument) in [
        ("devika.task.begin", json!({})),
        ("devika.task.start", json!({"prompt": true})),
        ("devika.task.start", json!({"prompt": "x", "root": "file:///elsewhere"})),
        ("devika.task.show", json!({})),
    ] {
        let answer = client.command(command, argument).await;
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
        told.push(
            answer["error"]["message"]
                .as_str()
                .unwrap()
                .split("; the folders")
                .next()
                .unwrap()
                .to_owned(),
        );
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    there is no command `devika.task.begin`; there are devika.task.start, devika.task.cancel, devika.task.list, devika.task.show, devika.task.reply, devika.task.approve, devika.task.resume, devika.task.steer, devika.task.pause, devika.task.undo, devika.task.redo, devika.task.checkpoints, devika.task.restore, devika.task.accept, devika.task.discard, devika.task.push, devika.task.pullRequest, devika.task.diff, devika.doctor, devika.model.list, devika.model.select, devika.task.open, devika.memory.search, devika.memory.remember, devika.memory.forget, devika.memory.stats
    devika.task.start: `prompt`: invalid type: boolean `true`, expected a string
    `root` is `file:///elsewhere`, which is in no open folder
    devika.task.show: missing field `task`
    ");
}

#[tokio::test]
async fn a_task_needs_an_open_folder_and_folders_may_come_and_go() {
    let root = root();
    let uri = super::uri::from_path(root.path()).unwrap();
    let folder = json!([{"uri": uri.as_str(), "name": "project"}]);
    let mut client = TestClient::initialized(no_engine("connected"), root.path(), json!({})).await;
    client
        .notify(
            "workspace/didChangeWorkspaceFolders",
            json!({"event": {"added": [], "removed": folder}}),
        )
        .await;
    let answer = client.command("devika.task.start", json!("write hello world")).await;
    assert_eq!(
        answer["error"]["message"],
        "no folder is open: open the project's folder in the editor, then start the task again"
    );
    client
        .notify(
            "workspace/didChangeWorkspaceFolders",
            json!({"event": {"added": folder, "removed": []}}),
        )
        .await;
    let answer = client.command("devika.task.start", json!("write hello world")).await;
    assert_eq!(answer["error"]["message"], "connected");
}

#[tokio::test]
async fn a_wrong_initialization_option_is_named() {
    let mut client = TestClient::start(no_engine("none"));
    let params =
        json!({"processId": null, "capabilities": {}, "initializationOptions": {"trusted": "yes"}});
    let answer = client.request("initialize", params).await;
    assert_eq!(
        answer["error"]["message"],
        "initializationOptions.trusted must be true or false, and is \"yes\""
    );
}

#[tokio::test]
async fn lenses_are_there_only_for_who_asks_for_them() {
    for (options, lenses) in
        [(json!({}), json!(null)), (json!({"codeLens": true}), json!({"resolveProvider": false}))]
    {
        let mut client = TestClient::start(no_engine("none"));
        let params =
            json!({"processId": null, "capabilities": {}, "initializationOptions": options});
        let answer = client.request("initialize", params).await;
        assert_eq!(answer["result"]["capabilities"]["codeLensProvider"], lenses);
    }
}

#[tokio::test]
async fn a_request_can_be_cancelled_while_the_engine_is_connected() {
    let connect = Connect::by(no_setup(), |_| std::future::pending());
    let root = root();
    let mut client = TestClient::initialized(connect, root.path(), json!({})).await;
    let params = json!({"command": "devika.task.list", "arguments": []});
    let id = client.ask("workspace/executeCommand", params).await;
    client.notify("$/cancelRequest", json!({"id": id})).await;
    let answer = client.until(|message| message["id"] == id).await;
    assert_eq!(answer["error"]["code"], -32800);
}

#[tokio::test]
async fn twenty_thousand_changes_arrive_in_order() {
    let root = root();
    let mut client = TestClient::initialized(no_engine("none"), root.path(), json!({})).await;
    let uri = super::uri::from_path(&root.path().join("a.py")).unwrap();
    let document = json!({"uri": uri.as_str(), "languageId": "python", "version": 0, "text": ""});
    client.notify("textDocument/didOpen", json!({"textDocument": document})).await;
    for version in 1..=20_000 {
        let change = json!({"text": format!("version {version}")});
        let document = json!({"uri": uri.as_str(), "version": version});
        let params = json!({"textDocument": document, "contentChanges": [change]});
        client.notify("textDocument/didChange", params).await;
    }
    assert_eq!(client.request("shutdown", json!(null)).await["result"], json!(null));
    let canonical = root.path().canonicalize().unwrap();
    let path = devika_edit::RelPath::new("a.py").unwrap();
    let document = client.session.document(&canonical, &path).unwrap();
    assert_eq!((document.version, document.text.as_str()), (20_000, "version 20000"));
}
