//! What can be done at a place, in any client and without a plugin: about what stands there (fix,
//! explain, implement, test, document, refactor, carry out a comment), and about the tasks of its
//! folder (allow, deny, answer, pause, cancel, resume, undo, accept, discard, read).
//!
//! Nothing here waits, opens or reads anything: clients ask at every move of the cursor.

mod comment;
mod lenses;
mod of_place;
mod of_tasks;
mod place;

use devika_protocol::CommandName;
use serde_json::Value;
use tower_lsp::ls_types::{
    CodeAction, CodeActionContext, CodeActionKind, CodeActionOrCommand, CodeActionParams,
    CodeActionTriggerKind, Command, Diagnostic,
};

pub(super) use self::lenses::lenses;
use self::place::Place;
use super::session::Session;

/// The kind of what is about tasks. Not `source`, which clients show in a menu of its own, and run on
/// save where somebody configures that.
const DEVIKA: &str = "devika";

/// The kinds there are, as they are announced to the client.
pub(super) fn kinds() -> Vec<CodeActionKind> {
    vec![CodeActionKind::QUICKFIX, CodeActionKind::REFACTOR_REWRITE, CodeActionKind::new(DEVIKA)]
}

/// Something that can be done.
struct Offer {
    kind: CodeActionKind,
    title: String,
    command: CommandName,
    argument: Value,
    /// What it mends.
    mends: Option<Diagnostic>,
    /// Whether it is worth a sign in the margin, or only to be found by those who look for it.
    is_pressing: bool,
}

impl Offer {
    /// An offer about a task.
    fn of_task(command: CommandName, title: String, argument: Value) -> Self {
        let kind = CodeActionKind::new(DEVIKA);
        Self { kind, title, command, argument, mends: None, is_pressing: false }
    }

    fn pressing(self) -> Self {
        Self { is_pressing: true, ..self }
    }

    /// As the client takes it.
    fn written(self, with_kind: bool) -> CodeActionOrCommand {
        let name = self.command.as_str().to_owned();
        let command = Command::new(self.title.clone(), name, Some(vec![self.argument]));
        if !with_kind {
            return CodeActionOrCommand::Command(command);
        }
        CodeActionOrCommand::CodeAction(CodeAction {
            title: self.title,
            kind: Some(self.kind),
            diagnostics: self.mends.map(|diagnostic| vec![diagnostic]),
            command: Some(command),
            ..CodeAction::default()
        })
    }
}

/// What the client asks for.
struct Asked<'c> {
    only: &'c [CodeActionKind],
    /// Whether nobody asked, and the cursor has moved.
    by_itself: bool,
}

impl<'c> Asked<'c> {
    /// None where nothing may be offered: what is asked by itself, by kind, is carried out on save.
    fn of(context: &'c CodeActionContext) -> Option<Self> {
        let only = context.only.as_deref().unwrap_or_default();
        let by_itself = context.trigger_kind == Some(CodeActionTriggerKind::AUTOMATIC);
        (only.is_empty() || !by_itself).then_some(Self { only, by_itself })
    }

    fn wants(&self, offer: &Offer) -> bool {
        let kind = offer.kind.as_str();
        let within = |wanted: &CodeActionKind| {
            let rest = kind.strip_prefix(wanted.as_str());
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.starts_with('.') || wanted.as_str().is_empty()
            })
        };
        (self.only.is_empty() || self.only.iter().any(within))
            && (offer.is_pressing || !self.by_itself)
    }
}

/// What can be done at a place.
pub(super) fn actions(session: &Session, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
    let Some(asked) = Asked::of(&params.context) else { return Vec::new() };
    let state = session.state();
    let uri = &params.text_document.uri;
    let place = Place::of(&state, uri, params.range);
    let mut offers = Vec::new();
    let root = state.roots.of(uri).or_else(|| state.roots.choose(None).ok());
    if let (Some(engine), Some(root)) = (session.connected.get(), &root) {
        offers.extend(of_tasks::offers(engine, &state, root, place.as_ref()));
    }
    if let Some(place) = &place {
        offers.extend(of_place::offers(place, &state.stories, &params.context.diagnostics));
    }
    let with_kind = state.negotiated.action_kinds;
    let wanted = offers.into_iter().filter(|offer| asked.wants(offer));
    wanted.map(|offer| offer.written(with_kind)).collect()
}
