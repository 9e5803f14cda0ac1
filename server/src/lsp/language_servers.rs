//! What the editor's other language servers know, asked through the client: a language server cannot
//! speak to another one itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use devika_agent::CodeError;
use devika_edit::RelPath;
use devika_protocol::{
    DIAGNOSTICS_METHOD, DiagnosticsArgs, DiagnosticsReply, PlaceArgs, PlacesReply, Problem,
    REFERENCES_METHOD, SYMBOLS_METHOD, SymbolsArgs, SymbolsReply,
};
use tower_lsp::ls_types::Uri;
use tower_lsp::ls_types::request::Request;

use super::outgoing::Unanswered;
use super::session::Session;
use super::uri;

/// How long the language servers must be silent.
const SETTLE: Duration = Duration::from_millis(700);

/// How long the client may wait for that.
const LIMIT: Duration = Duration::from_secs(8);

/// How long the client's own answer may take beyond.
const SLACK: Duration = Duration::from_secs(4);

/// Symbols of one name whose uses are looked up at the most.
const SYMBOLS: usize = 3;

enum Diagnostics {}

impl Request for Diagnostics {
    type Params = DiagnosticsArgs;
    type Result = DiagnosticsReply;
    const METHOD: &'static str = DIAGNOSTICS_METHOD;
}

enum Symbols {}

impl Request for Symbols {
    type Params = SymbolsArgs;
    type Result = SymbolsReply;
    const METHOD: &'static str = SYMBOLS_METHOD;
}

enum References {}

impl Request for References {
    type Params = PlaceArgs;
    type Result = PlacesReply;
    const METHOD: &'static str = REFERENCES_METHOD;
}

/// The errors in files of `root`, once the language servers have looked at `paths`; `None` where the
/// client does not answer.
pub(super) async fn errors(
    session: &Arc<Session>,
    root: &Path,
    paths: &[RelPath],
) -> Option<Vec<CodeError>> {
    let millis = |time: Duration| u32::try_from(time.as_millis()).unwrap_or(u32::MAX);
    let uris = paths.iter().filter_map(|path| session.uri(root, path));
    let args = DiagnosticsArgs {
        uris: uris.map(|uri| uri.to_string()).collect(),
        settle_millis: millis(SETTLE),
        limit_millis: millis(LIMIT),
    };
    let reply = ask::<Diagnostics>(session, args, LIMIT + SLACK).await?;
    Some(reply.errors.into_iter().filter_map(|problem| error_in(root, problem)).collect())
}

/// The files of `root` that define or use a symbol of exactly this name.
pub(super) async fn files_with(session: &Arc<Session>, root: &Path, symbol: &str) -> Vec<RelPath> {
    let args = SymbolsArgs { query: symbol.to_owned() };
    let Some(reply) = ask::<Symbols>(session, args, SLACK).await else { return Vec::new() };
    let mut files = Vec::new();
    let mut add = |uri: &str| {
        let path = path_in(root, uri);
        files.extend(path.filter(|path| !files.contains(path)));
    };
    for found in reply.symbols.iter().filter(|found| found.name == symbol).take(SYMBOLS) {
        add(&found.place.uri);
        let place = PlaceArgs {
            uri: found.place.uri.clone(),
            line: found.place.line,
            character: found.character,
        };
        let uses = ask::<References>(session, place, SLACK).await.unwrap_or_default();
        uses.places.iter().for_each(|place| add(&place.uri));
    }
    files
}

/// The client's answer. One that comes too late, or never, costs its time once in a session.
async fn ask<R>(session: &Session, params: R::Params, limit: Duration) -> Option<R::Result>
where
    R: Request,
    R::Params: Send + 'static,
    R::Result: Send + 'static,
{
    if session.state().too_late.contains(R::METHOD) {
        return None;
    }
    match session.client.request::<R>(params, limit).await {
        Ok(reply) => Some(reply),
        Err(error) => {
            tracing::warn!(%error, method = R::METHOD, "nothing is known of the code");
            if matches!(error, Unanswered::Late(_)) {
                session.state().too_late.insert(R::METHOD);
            }
            None
        }
    }
}

fn error_in(root: &Path, problem: Problem) -> Option<CodeError> {
    let Problem { uri, line, message, source } = problem;
    let path = path_in(root, &uri)?.to_string();
    Some(CodeError { path, line: line + 1, message, source })
}

/// The file of a URI, where it is one of `root`.
fn path_in(root: &Path, text: &str) -> Option<RelPath> {
    let path = uri::to_path(&text.parse::<Uri>().ok()?)?;
    RelPath::below(root, &uri::canonical(&path)).ok()
}
