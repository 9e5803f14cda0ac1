//! Edits through the client: what editors of different kinds are asked, and what is on disk then.

use std::path::PathBuf;
use std::sync::Arc;

use devika_agent::{Editor, EditorError};
use devika_edit::{FileEdit, RelPath};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tower_lsp::ls_types::Uri;

use super::editor::ClientEditor;
use super::test_client::{TestClient, no_engine};
use super::uri;

/// What Neovim declares: edits of every kind, and nothing of Devika's own.
fn plain() -> Value {
    json!({"workspace": {"applyEdit": true, "workspaceEdit": {
        "documentChanges": true, "resourceOperations": ["rename", "create", "delete"]
    }}})
}

/// What VS Code declares through the extension.
fn saving() -> Value {
    let mut capabilities = plain();
    capabilities["experimental"] = json!({"devika": {"save": true}});
    capabilities
}

/// What Eglot declares: no file operations.
fn without_operations() -> Value {
    json!({"workspace": {"applyEdit": true, "workspaceEdit": {"documentChanges": true}}})
}

struct World {
    _folder: tempfile::TempDir,
    root: PathBuf,
    client: TestClient,
}

impl World {
    async fn with(capabilities: Value, files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        for (path, text) in files {
            std::fs::write(root.join(path), text).unwrap();
        }
        let client = TestClient::initialized(no_engine("none"), &root, capabilities).await;
        Self { _folder: folder, root, client }
    }

    fn uri(&self, path: &str) -> Uri {
        uri::from_path(&self.root.join(path)).unwrap()
    }

    fn disk(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root.join(path)).ok()
    }

    async fn open(&mut self, path: &str, text: &str) {
        let document =
            json!({"uri": self.uri(path).as_str(), "languageId": "x", "version": 1, "text": text});
        self.client.notify("textDocument/didOpen", json!({"textDocument": document})).await;
        self.settle().await;
    }

    /// The client tells of its text; as after an edit, or when the user types.
    async fn changed(&mut self, path: &str, version: i32, text: &str) {
        let document = json!({"uri": self.uri(path).as_str(), "version": version});
        let params = json!({"textDocument": document, "contentChanges": [{"text": text}]});
        self.client.notify("textDocument/didChange", params).await;
        self.settle().await;
    }

    async fn user_saves(&mut self, path: &str, text: &str) {
        std::fs::write(self.root.join(path), text).unwrap();
        let document = json!({"uri": self.uri(path).as_str()});
        self.client.notify("textDocument/didSave", json!({"textDocument": document})).await;
    }

    /// Waits until the server has read what was sent.
    async fn settle(&mut self) {
        let answer = self.client.command("devika.task.begin", json!({})).await;
        assert!(answer["error"].is_object());
    }

    fn apply(&self, edit: FileEdit) -> JoinHandle<Result<(), EditorError>> {
        let editor = ClientEditor::new(Arc::clone(&self.client.session), self.root.clone());
        tokio::spawn(async move { editor.apply(&edit).await })
    }

    /// The client takes the next edit; its operations are returned.
    async fn takes_edit(&mut self) -> Value {
        let request = self.client.hear("workspace/applyEdit").await;
        self.client.answer(&request, json!({"applied": true})).await;
        request["params"]["edit"]["documentChanges"].clone()
    }

    /// The client saves what it is asked to: this text.
    async fn saves(&mut self, path: &str, text: &str) {
        let request = self.client.hear("devika/save").await;
        assert_eq!(request["params"], json!({"uris": [self.uri(path).as_str()]}));
        std::fs::write(self.root.join(path), text).unwrap();
        self.client.answer(&request, json!({"saved": [self.uri(path).as_str()]})).await;
    }
}

fn path(text: &str) -> RelPath {
    RelPath::new(text).unwrap()
}

fn create(at: &str, text: &str) -> FileEdit {
    FileEdit::Create { path: path(at), text: text.into() }
}

fn modify(at: &str, before: &str, after: &str) -> FileEdit {
    FileEdit::Modify { path: path(at), before: before.into(), after: after.into() }
}

async fn outcome(applied: JoinHandle<Result<(), EditorError>>) -> String {
    match applied.await.unwrap() {
        Ok(()) => "applied".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn files_that_are_not_open_are_written_to_disk_where_nobody_saves_on_request() {
    for capabilities in [plain(), without_operations(), json!({})] {
        let mut world =
            World::with(capabilities, &[("a.py", "old\n"), ("b.py", "b"), ("c.py", "c")]).await;
        assert_eq!(outcome(world.apply(create("new/n.py", "new\n"))).await, "applied");
        assert_eq!(outcome(world.apply(modify("a.py", "old\n", "new\n"))).await, "applied");
        let delete = FileEdit::Delete { path: path("b.py"), before: "b".into() };
        assert_eq!(outcome(world.apply(delete)).await, "applied");
        let rename = FileEdit::Rename {
            from: path("c.py"),
            to: path("d.py"),
            before: "c".into(),
            after: "d".into(),
        };
        assert_eq!(outcome(world.apply(rename)).await, "applied");
        let disk = ["new/n.py", "a.py", "b.py", "c.py", "d.py"].map(|path| world.disk(path));
        let expected = [Some("new\n"), Some("new\n"), None, None, Some("d")];
        assert_eq!(disk, expected.map(|text| text.map(ToOwned::to_owned)));
        world.settle().await;
        assert!(
            world.client.passed.iter().all(|message| message["method"] != "workspace/applyEdit")
        );
    }
}

#[tokio::test]
async fn an_open_document_changes_in_its_buffer_and_the_task_waits_until_the_user_saves() {
    let mut world = World::with(plain(), &[("a.py", "one\ntwo\n")]).await;
    world.open("a.py", "one\ntwo\n").await;
    let applied = world.apply(modify("a.py", "one\ntwo\n", "one\n2\n"));
    let changes = world.takes_edit().await;
    let expected = json!([{
        "textDocument": {"uri": world.uri("a.py").as_str(), "version": 1},
        "edits": [{
            "range": {"start": {"line": 1, "character": 0}, "end": {"line": 1, "character": 3}},
            "newText": "2"
        }]
    }]);
    assert_eq!(changes, expected);
    world.changed("a.py", 2, "one\n2\n").await;
    let hint = world.client.until(|message| message["params"]["type"] == 2).await;
    assert_eq!(
        hint["params"]["message"],
        "Devika changed `a.py` in the editor: save it, and the task goes on."
    );
    assert!(!applied.is_finished());
    world.user_saves("a.py", "one\n2\n").await;
    assert_eq!(outcome(applied).await, "applied");
}

#[tokio::test]
async fn what_the_user_types_before_they_save_is_kept() {
    let mut world = World::with(plain(), &[("a.py", "one\n")]).await;
    world.open("a.py", "one\n").await;
    let applied = world.apply(modify("a.py", "one\n", "1\n"));
    world.takes_edit().await;
    world.changed("a.py", 2, "1\n").await;
    world.changed("a.py", 3, "1\ntyped\n").await;
    world.user_saves("a.py", "1\ntyped\n").await;
    assert_eq!(outcome(applied).await, "applied");
}

#[tokio::test]
async fn a_buffer_closed_without_being_saved_ends_the_waiting() {
    let mut world = World::with(plain(), &[("a.py", "one\n")]).await;
    world.open("a.py", "one\n").await;
    let applied = world.apply(modify("a.py", "one\n", "1\n"));
    world.takes_edit().await;
    world.changed("a.py", 2, "1\n").await;
    world.client.until(|message| message["params"]["type"] == 2).await;
    let document = json!({"uri": world.uri("a.py").as_str()});
    world.client.notify("textDocument/didClose", json!({"textDocument": document})).await;
    assert_eq!(outcome(applied).await, "cannot write `a.py`: it was closed without being saved");
}

#[tokio::test]
async fn an_edit_that_the_user_undoes_is_not_taken_as_done() {
    let mut world = World::with(plain(), &[("a.py", "one\n")]).await;
    world.open("a.py", "one\n").await;
    let applied = world.apply(modify("a.py", "one\n", "1\n"));
    world.takes_edit().await;
    world.changed("a.py", 2, "1\n").await;
    world.client.until(|message| message["params"]["type"] == 2).await;
    world.changed("a.py", 3, "one\n").await;
    assert_eq!(outcome(applied).await, "cannot write `a.py`: the edit was undone in the editor");
}

#[tokio::test]
async fn a_client_that_saves_on_request_creates_fills_and_saves_the_file() {
    let mut world = World::with(saving(), &[]).await;
    let applied = world.apply(create("a.py", "print()\n"));
    let changes = world.takes_edit().await;
    assert_eq!(
        (&changes[0]["kind"], &changes[1]["edits"][0]["newText"]),
        (&json!("create"), &json!("print()\n"))
    );
    world.saves("a.py", "print()\n").await;
    assert_eq!(outcome(applied).await, "applied");
}

#[tokio::test]
async fn a_client_that_says_saved_and_saved_something_else_is_not_believed() {
    let mut world = World::with(saving(), &[("a.py", "one\n")]).await;
    let applied = world.apply(modify("a.py", "one\n", "1\n"));
    assert_eq!(world.takes_edit().await[0]["textDocument"]["version"], json!(null));
    world.saves("a.py", "").await;
    assert_eq!(
        outcome(applied).await,
        "cannot write `a.py`: the editor said it is saved, and the disk has another text"
    );
}

#[tokio::test]
async fn a_document_that_the_user_changed_is_left_to_them() {
    let mut world = World::with(plain(), &[("a.py", "one\n")]).await;
    world.open("a.py", "the user's\n").await;
    for edit in [
        modify("a.py", "one\n", "1\n"),
        FileEdit::Delete { path: path("a.py"), before: "one\n".into() },
        create("a.py", "new\n"),
    ] {
        assert_eq!(outcome(world.apply(edit)).await, "`a.py` has changed meanwhile");
    }
    assert_eq!(world.disk("a.py").as_deref(), Some("one\n"));
}

#[tokio::test]
async fn an_edit_that_the_client_refuses_is_told_with_its_reason() {
    let mut world = World::with(plain(), &[("a.py", "one\n")]).await;
    world.open("a.py", "one\n").await;
    let applied = world.apply(modify("a.py", "one\n", "1\n"));
    let request = world.client.hear("workspace/applyEdit").await;
    world
        .client
        .answer(&request, json!({"applied": false, "failureReason": "read-only buffer"}))
        .await;
    assert_eq!(
        outcome(applied).await,
        "cannot write `a.py`: the editor did not apply the edit: read-only buffer"
    );
}

#[tokio::test]
async fn an_edit_refused_because_the_user_typed_meanwhile_is_tried_again() {
    let mut world = World::with(plain(), &[("a.py", "one\n")]).await;
    world.open("a.py", "one\n").await;
    let applied = world.apply(modify("a.py", "one\n", "1\n"));
    let request = world.client.hear("workspace/applyEdit").await;
    world.changed("a.py", 2, "one\ntyped\n").await;
    world.client.answer(&request, json!({"applied": false})).await;
    assert_eq!(outcome(applied).await, "`a.py` has changed meanwhile");
}

#[tokio::test]
async fn an_edit_that_typing_made_void_is_tried_again_although_the_client_says_applied() {
    let mut world = World::with(plain(), &[("a.py", "one\n")]).await;
    world.open("a.py", "one\n").await;
    let applied = world.apply(modify("a.py", "one\n", "1\n"));
    let request = world.client.hear("workspace/applyEdit").await;
    world.changed("a.py", 2, "one\ntyped\n").await;
    world.client.answer(&request, json!({"applied": true})).await;
    world.user_saves("a.py", "one\ntyped\n").await;
    assert_eq!(outcome(applied).await, "`a.py` has changed meanwhile");
}

#[tokio::test]
async fn an_open_file_with_unsaved_changes_is_not_deleted_from_under_them() {
    let mut world = World::with(plain(), &[("a.py", "saved\n")]).await;
    world.open("a.py", "unsaved\n").await;
    let delete = FileEdit::Delete { path: path("a.py"), before: "unsaved\n".into() };
    assert_eq!(
        outcome(world.apply(delete)).await,
        "cannot write `a.py`: it has unsaved changes in the editor; save it, then resume the task"
    );
    assert_eq!(world.disk("a.py").as_deref(), Some("saved\n"));
}
