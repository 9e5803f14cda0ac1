//! An LSP client in memory, for tests: it reads every message in order, and answers what it is told
//! to answer.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{
    AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf,
};
use tokio::task::JoinHandle;

use super::connect::Connect;
use super::session::Session;
use super::transport::framed;
use super::{connection_point, converse};
use crate::setup::Setup;

/// How long anything may take before a test calls it lost.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct TestClient {
    pub(super) session: Arc<Session>,
    writer: WriteHalf<DuplexStream>,
    reader: BufReader<ReadHalf<DuplexStream>>,
    server: JoinHandle<anyhow::Result<()>>,
    last_id: i64,
    /// What came while something else was waited for.
    pub(super) passed: Vec<Value>,
}

/// What a process is started with that has no place for files of its own.
pub(super) fn no_setup() -> Setup {
    Setup::with_env([("DEVIKA_HOME".to_owned(), "/dev/null/devika".to_owned())].into())
}

/// Connects no engine, with this error.
pub(super) fn no_engine(why: &'static str) -> Connect {
    Connect::by(no_setup(), move |_| async move { Err(why.to_owned()) })
}

impl TestClient {
    /// A client of a server that was just started.
    pub(super) fn start(connect: Connect) -> Self {
        let (near, far) = tokio::io::duplex(1024 * 1024);
        let (input, output) = tokio::io::split(far);
        let (session, service, socket) = connection_point(connect);
        let served = Arc::clone(&session);
        let server =
            tokio::spawn(async move { converse(input, output, &served, service, socket).await });
        let (reader, writer) = tokio::io::split(near);
        let reader = BufReader::new(reader);
        Self { session, writer, reader, server, last_id: 0, passed: Vec::new() }
    }

    /// A client that said what it can and which folder is open.
    pub(super) async fn initialized(
        connect: Connect,
        root: &std::path::Path,
        capabilities: Value,
    ) -> Self {
        Self::with_options(connect, root, capabilities, Value::Null).await
    }

    /// One that gave `initializationOptions` too.
    pub(super) async fn with_options(
        connect: Connect,
        root: &std::path::Path,
        capabilities: Value,
        options: Value,
    ) -> Self {
        let mut client = Self::start(connect);
        let root = super::uri::from_path(root).unwrap();
        let folders = json!([{"uri": root.as_str(), "name": "project"}]);
        let params = json!({
            "processId": null,
            "capabilities": capabilities,
            "initializationOptions": options,
            "workspaceFolders": folders
        });
        let answer = client.request("initialize", params).await;
        assert!(answer["error"].is_null(), "{answer}");
        client.notify("initialized", json!({})).await;
        client
    }

    pub(super) async fn send_bytes(&mut self, bytes: &[u8]) {
        self.writer.write_all(bytes).await.unwrap();
    }

    async fn send(&mut self, message: Value) {
        self.send_bytes(&framed(message.to_string().as_bytes())).await;
    }

    pub(super) async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params})).await;
    }

    /// Sends a request without waiting for its answer.
    pub(super) async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.last_id += 1;
        let id = json!(self.last_id);
        let mut message = json!({"jsonrpc": "2.0", "id": id, "method": method});
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(message).await;
        id
    }

    /// Sends a request and returns its whole answer.
    pub(super) async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params).await;
        self.until(|message| message["id"] == id && message["method"].is_null()).await
    }

    pub(super) async fn command(&mut self, command: &str, argument: Value) -> Value {
        let params = json!({"command": command, "arguments": [argument]});
        self.request("workspace/executeCommand", params).await
    }

    pub(super) async fn answer(&mut self, request: &Value, result: Value) {
        self.send(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).await;
    }

    /// The next request or notification of this method.
    pub(super) async fn hear(&mut self, method: &str) -> Value {
        self.until(|message| message["method"] == method).await
    }

    pub(super) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.passed.iter().position(&wanted) {
            return self.passed.remove(at);
        }
        loop {
            let message = self.read().await.expect("the server ended the session");
            if wanted(&message) {
                return message;
            }
            self.passed.push(message);
        }
    }

    /// The next message; none when the server has ended.
    pub(super) async fn read(&mut self) -> Option<Value> {
        tokio::time::timeout(PATIENCE, self.read_frame()).await.expect("the server says nothing")
    }

    async fn read_frame(&mut self) -> Option<Value> {
        let mut header = String::new();
        self.reader.read_line(&mut header).await.unwrap();
        let length = header.strip_prefix("Content-Length: ")?.trim().parse().unwrap();
        self.reader.read_line(&mut header).await.unwrap();
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body).await.unwrap();
        Some(serde_json::from_slice(&body).unwrap())
    }

    /// Closes the client's side and waits for the server to end.
    pub(super) async fn hang_up(mut self) -> anyhow::Result<()> {
        self.writer.shutdown().await.unwrap();
        self.ended().await
    }

    /// Waits for the server to end by itself.
    pub(super) async fn ended(self) -> anyhow::Result<()> {
        tokio::time::timeout(PATIENCE, self.server).await.expect("the server goes on").unwrap()
    }
}
