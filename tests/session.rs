//! A client of the language server over the real program's standard input and output.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};

use crate::buffers::{Buffer, Buffers, uri};
use crate::language_models::ModelTurn;
use crate::world::World;

/// How long a test waits for a message before it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What kind of client a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    /// With Devika's own extension: events, saving, its own dialogs.
    Extension,
    /// With the extension and other language servers: one of them reports each line that holds the word
    /// `wrong`, and knows that `greet_all` is defined in lib/greet.py and used in main.py.
    Programming,
    /// Like [`Client::Programming`], and never answers what is asked of the other language servers.
    Unhelpful,
    /// Like [`Client::Extension`], with language models of its own.
    Modelled,
    /// Any client: workspace edits, file operations, progress, message requests.
    Plain,
    /// A client that can do next to nothing: somebody may change its buffers.
    Bare,
    /// A client that declares nothing at all.
    Nothing,
}

/// A session with the server.
pub struct Session {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    next: i64,
    client: Client,
    root: PathBuf,
    /// Messages that nobody has asked for yet.
    unread: VecDeque<Value>,
    pub buffers: Buffers,
    /// Answers to `window/showMessageRequest`: the title to choose.
    pub choose: Option<&'static str>,
    /// What the user types when an edit is about to arrive: path, and the text to append.
    pub types_before_edit: Option<(String, String)>,
    /// Whether the server may die: what is sent to it is lost then.
    is_mortal: bool,
    /// What the editor's language models do, in order.
    pub model_turns: VecDeque<ModelTurn>,
    /// What they were asked.
    pub asked: Vec<Value>,
}

impl Session {
    /// Starts the server in a world, and initializes the session.
    pub async fn start(world: &World, client: Client) -> Self {
        let mut session = Self::spawn(world, client);
        session.initialize().await;
        session
    }

    /// Starts the server only.
    pub fn spawn(world: &World, client: Client) -> Self {
        let (child, stdin, stdout) = server(world, None);
        Self {
            stdin,
            stdout,
            child,
            next: 0,
            client,
            root: world.root(),
            unread: VecDeque::new(),
            buffers: Buffers {
                utf16: matches!(client, Client::Plain | Client::Bare | Client::Nothing),
                ..Buffers::default()
            },
            choose: None,
            types_before_edit: None,
            is_mortal: false,
            model_turns: VecDeque::new(),
            asked: Vec::new(),
        }
    }

    /// Starts another server where the last one is gone, and opens in it what is open in the editor, as
    /// it is there. It dies after this many writes to the journal, where that is wanted.
    pub async fn restart(&mut self, world: &World, dies_at_write: Option<u64>) {
        (self.child, self.stdin, self.stdout) = server(world, dies_at_write);
        self.unread.clear();
        self.is_mortal = true;
        let id = self.ask_for_initialize().await;
        while self.next_or_gone().await.is_some_and(|message| !answers(&message, id)) {}
        self.notify("initialized", json!({})).await;
        let open: Vec<(String, Buffer)> =
            self.buffers.open.iter().map(|(uri, it)| (uri.clone(), it.clone())).collect();
        for (uri, Buffer { version, text, .. }) in open {
            let document =
                json!({ "uri": uri, "languageId": "plaintext", "version": version, "text": text });
            self.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
        }
    }

    /// The next message, and where it is a request, the answer is on its way; none where the server is
    /// gone.
    pub async fn next_or_gone(&mut self) -> Option<Value> {
        let message = tokio::time::timeout(PATIENCE, self.read())
            .await
            .unwrap_or_else(|_| panic!("nothing came for {PATIENCE:?}"))?;
        if message.get("method").is_some() && message.get("id").is_some() {
            self.answer(&message).await;
        }
        Some(message)
    }

    /// The process of the server.
    pub fn pid(&self) -> i32 {
        self.child.id().unwrap() as i32
    }

    pub async fn initialize(&mut self) -> Value {
        let id = self.ask_for_initialize().await;
        let reply = self.until(|message| answers(message, id)).await["result"].clone();
        assert!(reply.is_object(), "{reply}");
        self.notify("initialized", json!({})).await;
        reply
    }

    async fn ask_for_initialize(&mut self) -> i64 {
        let root = uri(&self.root);
        let params = json!({
            "processId": null,
            "clientInfo": { "name": format!("{:?} editor", self.client) },
            "rootUri": root,
            "workspaceFolders": [{ "uri": root, "name": "project" }],
            "capabilities": capabilities(self.client),
            "initializationOptions": { "trusted": true },
        });
        self.ask("initialize", params).await
    }

    pub async fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params })).await;
    }

    /// Sends a request and waits for its answer.
    pub async fn request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.ask(method, params).await;
        let reply = self.until(|message| answers(message, id)).await;
        match reply.get("error") {
            Some(error) => Err(error.clone()),
            None => Ok(reply["result"].clone()),
        }
    }

    /// Sends a request, and does not wait for its answer; its id.
    async fn ask(&mut self, method: &str, params: Value) -> i64 {
        self.next += 1;
        let id = self.next;
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await;
        id
    }

    /// Has the server execute a command, and does not wait for its answer.
    pub async fn begin(&mut self, command: &str, argument: Value) {
        let params = json!({ "command": command, "arguments": [argument] });
        self.ask("workspace/executeCommand", params).await;
    }

    pub async fn execute(&mut self, command: &str, argument: Value) -> Result<Value, Value> {
        self.request(
            "workspace/executeCommand",
            json!({ "command": command, "arguments": [argument] }),
        )
        .await
    }

    /// Waits for an event of this name.
    pub async fn event(&mut self, name: &str) -> Value {
        self.until(|message| {
            message["method"] == "devika/event" && message["params"]["event"] == name
        })
        .await["params"]
            .clone()
    }

    /// Waits for a notification or request of this method.
    pub async fn message(&mut self, method: &str) -> Value {
        self.until(|message| message["method"] == method).await["params"].clone()
    }

    /// Waits for the first message, read or still to come, that fits. The server's requests are
    /// answered on the way.
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(index) = self.unread.iter().position(&fits) {
            return self.unread.remove(index).unwrap();
        }
        loop {
            let message = self.receive().await;
            if message.get("method").is_some() && message.get("id").is_some() {
                self.answer(&message).await;
            }
            if fits(&message) {
                return message;
            }
            self.unread.push_back(message);
        }
    }

    /// Forgets the messages that nobody has asked for, as long sessions must.
    pub fn forget_unread(&mut self) {
        self.unread.clear();
    }

    /// The next message, whatever it is.
    pub async fn receive(&mut self) -> Value {
        tokio::time::timeout(PATIENCE, self.read())
            .await
            .unwrap_or_else(|_| panic!("nothing came for {PATIENCE:?}; unread: {:#?}", self.unread))
            .expect("the server went away")
    }

    /// The next message; none where the server is gone.
    async fn read(&mut self) -> Option<Value> {
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line).await.unwrap() == 0 {
                return None;
            }
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = Some(value.parse().unwrap());
            }
        }
        let mut body = vec![0; length?];
        self.stdout.read_exact(&mut body).await.ok()?;
        Some(serde_json::from_slice(&body).unwrap())
    }

    pub async fn send(&mut self, message: Value) {
        let body = message.to_string();
        self.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await;
    }

    pub async fn send_raw(&mut self, bytes: &[u8]) {
        let sent = match self.stdin.write_all(bytes).await {
            Ok(()) => self.stdin.flush().await,
            lost => lost,
        };
        assert!(self.is_mortal || sent.is_ok(), "the server went away");
    }

    /// Closes the server's standard input.
    pub async fn hang_up(mut self) -> std::process::ExitStatus {
        drop(self.stdin);
        tokio::time::timeout(Duration::from_secs(2), self.child.wait())
            .await
            .expect("ends within 2 s")
            .unwrap()
    }

    /// The orderly end.
    pub async fn exit(mut self) -> std::process::ExitStatus {
        self.request("shutdown", Value::Null).await.unwrap();
        self.notify("exit", Value::Null).await;
        tokio::time::timeout(Duration::from_secs(2), self.child.wait())
            .await
            .expect("ends within 2 s")
            .unwrap()
    }

    async fn answer(&mut self, request: &Value) {
        let params = &request["params"];
        let result = match request["method"].as_str().unwrap() {
            "devika/diagnostics" | "devika/symbols" if self.client == Client::Unhelpful => return,
            "workspace/applyEdit" => self.apply(&params["edit"]).await,
            "devika/save" => {
                for uri in params["uris"].as_array().unwrap() {
                    self.buffers.save(uri.as_str().unwrap());
                }
                json!({ "saved": params["uris"] })
            }
            "devika/lm" => match self.model_turn(params).await {
                Some(reply) => reply,
                None => return,
            },
            "window/showDocument" => json!({ "success": true }),
            "devika/openFolder" => json!({ "opened": true }),
            "devika/diagnostics" => json!({ "errors": self.errors() }),
            "devika/symbols" => self.symbols(&params["query"]),
            "devika/references" => {
                json!({ "places": [{ "uri": uri(&self.root.join("main.py")), "line": 0 }] })
            }
            "window/showMessageRequest" => {
                self.choose.map_or(Value::Null, |title| json!({ "title": title }))
            }
            _ => Value::Null,
        };
        let id = &request["id"];
        self.send(json!({ "jsonrpc": "2.0", "id": id, "result": result })).await;
    }

    fn errors(&self) -> Vec<Value> {
        let lines = self.buffers.open.iter().flat_map(|(uri, buffer)| {
            let lines = buffer.text.lines().enumerate();
            lines.filter(|(_, line)| line.contains("wrong")).map(move |(line, text)| {
                json!({ "uri": uri, "line": line, "message": format!("{text} is wrong"), "source": "Checker" })
            })
        });
        lines.collect()
    }

    fn symbols(&self, query: &Value) -> Value {
        let place = json!({ "name": "greet_all", "uri": uri(&self.root.join("lib/greet.py")), "line": 0, "character": 4 });
        let symbols = if query == "greet_all" { vec![place] } else { Vec::new() };
        json!({ "symbols": symbols })
    }

    async fn apply(&mut self, edit: &Value) -> Value {
        if let Some((path, text)) = self.types_before_edit.take() {
            self.type_at_end(&path, &text).await;
        }
        match self.buffers.apply(edit) {
            None => {
                json!({ "applied": false, "failureReason": "the document has another version" })
            }
            Some(changed) => {
                for uri in changed {
                    self.tell_change(&uri).await;
                }
                json!({ "applied": true })
            }
        }
    }

    async fn tell_change(&mut self, uri: &str) {
        let buffer = &self.buffers.open[uri];
        let known = buffer.version > 1;
        let (method, document) = if known {
            let document = json!({ "uri": uri, "version": buffer.version });
            (
                "textDocument/didChange",
                json!({ "textDocument": document, "contentChanges": [{ "text": buffer.text }] }),
            )
        } else {
            let document = json!({ "uri": uri, "languageId": "plaintext", "version": buffer.version, "text": buffer.text });
            ("textDocument/didOpen", json!({ "textDocument": document }))
        };
        self.notify(method, document).await;
    }

    /// Opens a file of the project.
    pub async fn open(&mut self, path: &str) {
        let uri = uri(&self.root.join(path));
        let text = std::fs::read_to_string(self.root.join(path)).unwrap();
        let buffer = Buffer { version: 1, text: text.clone(), dirty: false };
        self.buffers.open.insert(uri.clone(), buffer);
        let document = json!({ "uri": uri, "languageId": "plaintext", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document })).await;
    }

    /// Types at the end of an open file, without saving.
    pub async fn type_at_end(&mut self, path: &str, text: &str) {
        let uri = uri(&self.root.join(path));
        let buffer = self.buffers.open.get_mut(&uri).unwrap();
        let line = buffer.text.matches('\n').count();
        buffer.text.push_str(text);
        buffer.version += 1;
        buffer.dirty = true;
        let end = json!({ "line": line, "character": 0 });
        let change = json!({ "range": { "start": end, "end": end }, "text": text });
        let document = json!({ "uri": uri, "version": buffer.version });
        self.notify(
            "textDocument/didChange",
            json!({ "textDocument": document, "contentChanges": [change] }),
        )
        .await;
    }

    /// Types at the start of an open file, without saving.
    pub async fn type_at_start(&mut self, path: &str, text: &str) {
        let uri = uri(&self.root.join(path));
        let buffer = self.buffers.open.get_mut(&uri).unwrap();
        buffer.text.insert_str(0, text);
        buffer.version += 1;
        buffer.dirty = true;
        self.tell_change(&uri).await;
    }

    /// Types over a part of an open file, without saving.
    pub async fn type_over(&mut self, path: &str, part: &str, text: &str) {
        let uri = uri(&self.root.join(path));
        let buffer = self.buffers.open.get_mut(&uri).unwrap();
        assert!(buffer.text.contains(part), "{:?}", buffer.text);
        buffer.text = buffer.text.replacen(part, text, 1);
        buffer.version += 1;
        buffer.dirty = true;
        self.tell_change(&uri).await;
    }

    /// Loads an open file again that was changed on disk.
    pub async fn reload(&mut self, path: &str) {
        let uri = uri(&self.root.join(path));
        let text = std::fs::read_to_string(self.root.join(path)).unwrap();
        let buffer = self.buffers.open.get_mut(&uri).unwrap();
        buffer.text = text;
        buffer.version += 1;
        self.tell_change(&uri).await;
    }

    /// Saves an open file, as a person does.
    pub async fn save(&mut self, path: &str) {
        let uri = uri(&self.root.join(path));
        self.buffers.save(&uri);
        self.notify("textDocument/didSave", json!({ "textDocument": { "uri": uri } })).await;
    }

    /// Whether a file is open.
    pub fn is_open(&self, path: &str) -> bool {
        self.buffers.open.contains_key(&uri(&self.root.join(path)))
    }

    /// The text of an open file.
    pub fn text(&self, path: &str) -> &str {
        &self.buffers.open[&uri(&self.root.join(path))].text
    }
}

/// Whether a message is the answer to the request of that id.
fn answers(message: &Value, id: i64) -> bool {
    message["id"] == id && message.get("method").is_none()
}

/// A server's process, which dies after this many writes to the journal, where that is wanted.
fn server(
    world: &World,
    dies_at_write: Option<u64>,
) -> (Child, ChildStdin, BufReader<ChildStdout>) {
    let mut command = tokio::process::Command::from(world.devika(&["lsp"]));
    if let Some(write) = dies_at_write {
        command.env("DEVIKA_CRASH_AFTER", write.to_string());
    }
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    (child, stdin, BufReader::new(stdout))
}

fn capabilities(client: Client) -> Value {
    let edits = json!({
        "documentChanges": true,
        "resourceOperations": ["create", "rename", "delete"],
        "failureHandling": "abort",
    });
    match client {
        Client::Extension => json!({
            "general": { "positionEncodings": ["utf-8", "utf-16"] },
            "workspace": { "applyEdit": true, "workspaceEdit": edits },
            "experimental": { "devika": {
                "events": true, "save": true, "asks": true, "folders": true,
            } },
        }),
        Client::Modelled => json!({
            "workspace": { "applyEdit": true, "workspaceEdit": edits },
            "experimental": { "devika": {
                "events": true, "save": true, "asks": true, "models": true,
            } },
        }),
        Client::Programming | Client::Unhelpful => json!({
            "general": { "positionEncodings": ["utf-8", "utf-16"] },
            "workspace": { "applyEdit": true, "workspaceEdit": edits },
            "experimental": { "devika": {
                "events": true, "save": true, "asks": true, "diagnostics": true, "navigation": true,
            } },
        }),
        Client::Plain => json!({
            "workspace": { "applyEdit": true, "workspaceEdit": edits },
            "window": { "workDoneProgress": true, "showMessage": {}, "showDocument": { "support": true } },
        }),
        Client::Bare => json!({ "workspace": { "applyEdit": true } }),
        Client::Nothing => json!({}),
    }
}
