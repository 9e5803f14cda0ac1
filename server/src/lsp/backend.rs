//! The methods of the protocol. Each touches the state before its first await, and none waits for
//! a task or for the client.

use std::sync::Arc;

use devika_protocol::{LmChunk, LmModels};
use serde_json::Value;
use tower_lsp::LanguageServer;
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::ls_types::*;

use super::documents::Documents;
use super::negotiated::Negotiated;
use super::roots::Roots;
use super::session::Session;
use super::{code_actions, commands, hover, progress};
use crate::doctor::Examination;

/// Forwards the methods of the protocol.
pub(super) struct Backend {
    session: Arc<Session>,
}

impl Backend {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self { session }
    }

    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// `window/workDoneProgress/cancel`, which the library's trait leaves out.
    pub(super) async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        let (Some(task), Some(engine)) =
            (progress::task_of(&params.token), self.session.connected.get())
        else {
            return;
        };
        if let Err(error) = engine.cancel(task).await {
            self.session.client.show_later(MessageType::ERROR, format!("Devika: {error}"));
        }
    }

    /// `$/setTrace`, which the library's trait leaves out.
    pub(super) async fn set_trace(&self, params: SetTraceParams) {
        self.session.state().verbose = params.value == TraceValue::Verbose;
    }

    /// `devika/lm/models`: what language models the editor has.
    pub(super) async fn lm_models(&self, told: LmModels) {
        self.session.language_models.told(told);
    }

    /// `devika/lm/chunk`: a piece of an answer of one of them.
    pub(super) async fn lm_chunk(&self, chunk: LmChunk) {
        self.session.language_models.heard(chunk);
    }
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let mut negotiated = Negotiated::with(&params.capabilities);
        let given = params.initialization_options.as_ref();
        let (config, trusted) = (config(given)?, switch(given, "trusted")?);
        let lenses = switch(given, "codeLens")?;
        negotiated.renews_lenses &= lenses;
        {
            let mut state = self.session.state();
            state.verbose = params.trace == Some(TraceValue::Verbose);
            state.negotiated = negotiated;
            state.place = params.client_info.as_ref().map(|client| client.name.clone());
            state.config = config;
            state.trusted = trusted;
            state.roots = roots(&params);
            state.documents = Documents::new(negotiated.encoding);
        }
        Ok(InitializeResult {
            capabilities: capabilities(negotiated, lenses),
            server_info: Some(ServerInfo {
                name: "devika".to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        let session = Arc::clone(&self.session);
        // The user is told where it fails; the next command tries again.
        drop(tokio::spawn(async move {
            if session.engine().await.is_ok() {
                Examination::at_start(&session.place()).log().await;
            }
        }));
    }

    async fn shutdown(&self) -> Result<()> {
        if let Some(engine) = self.session.connected.get().cloned() {
            drop(tokio::spawn(async move { engine.shutdown().await }));
        }
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.session.touch(|documents| documents.open(params.text_document));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let VersionedTextDocumentIdentifier { uri, version } = params.text_document;
        self.session.touch(|documents| documents.change(&uri, version, params.content_changes));
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {
        // The text is known; whoever waits for the disk looks at it again.
        self.session.touch(|_| {});
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.session.touch(|documents| documents.close(&params.text_document.uri));
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.session.configure(&params.settings);
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let mut state = self.session.state();
        for folder in &params.event.removed {
            state.roots.remove(&folder.uri);
        }
        for folder in &params.event.added {
            state.roots.add(&folder.uri);
        }
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        Ok(Some(code_actions::actions(&self.session, &params)))
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        Ok(Some(code_actions::lenses(&self.session.state(), &params.text_document.uri)))
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        Ok(hover::at(&self.session, &params))
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let answer = commands::execute(&self.session, &params.command, &params.arguments).await;
        if !self.session.negotiated().devika.events {
            self.session.client.hold_back();
        }
        answer.map(Some)
    }
}

/// What the server can do for this client; `lenses` where it wants them.
fn capabilities(negotiated: Negotiated, lenses: bool) -> ServerCapabilities {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        save: Some(SaveOptions { include_text: Some(false) }.into()),
        ..TextDocumentSyncOptions::default()
    };
    let folders = WorkspaceFoldersServerCapabilities {
        supported: Some(true),
        change_notifications: Some(OneOf::Left(true)),
    };
    ServerCapabilities {
        position_encoding: Some(negotiated.encoding.kind()),
        text_document_sync: Some(sync.into()),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(code_actions::kinds()),
            ..CodeActionOptions::default()
        })),
        code_lens_provider: lenses.then_some(CodeLensOptions { resolve_provider: Some(false) }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands::names(),
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(folders),
            ..WorkspaceServerCapabilities::default()
        }),
        ..ServerCapabilities::default()
    }
}

/// The open folders; of a client that knows no workspace folders, its one root.
fn roots(params: &InitializeParams) -> Roots {
    let mut roots = Roots::default();
    #[expect(deprecated, reason = "clients without workspace folders send nothing else")]
    let root = params.root_uri.as_ref();
    match params.workspace_folders.as_deref() {
        Some(folders) if !folders.is_empty() => {
            folders.iter().for_each(|folder| roots.add(&folder.uri))
        }
        _ => root.into_iter().for_each(|uri| roots.add(uri)),
    }
    roots
}

/// A key of `initializationOptions` that is off unless it is set: `trusted`, whether the client vouches
/// for the workspace, and `codeLens`, whether it shows offers above their lines.
fn switch(given: Option<&Value>, name: &str) -> Result<bool> {
    match option(given, name) {
        Value::Null => Ok(false),
        Value::Bool(on) => Ok(on),
        other => Err(Error::invalid_params(format!(
            "initializationOptions.{name} must be true or false, and is {other}"
        ))),
    }
}

/// `initializationOptions.config`: configuration over the user's file.
fn config(given: Option<&Value>) -> Result<Value> {
    match option(given, "config") {
        config @ (Value::Null | Value::Object(_)) => Ok(config),
        other => Err(Error::invalid_params(format!(
            "initializationOptions.config must be an object, and is {other}"
        ))),
    }
}

/// A key of `initializationOptions`; the keys of others are of no concern.
fn option(given: Option<&Value>, name: &str) -> Value {
    given.and_then(|given| given.get(name)).cloned().unwrap_or_default()
}
