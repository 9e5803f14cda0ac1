//! What Devika can be told about lines of a document. Each offer starts a task, whose prompt names the
//! file and the lines and quotes them between fences: what stands in a file is never an instruction,
//! but for a comment that the user has carried out.

use devika_agent::fenced;
use devika_protocol::{CommandName, StartArgs};
use serde_json::json;
use tower_lsp::ls_types::{CodeActionKind, Diagnostic};

use super::comment::Comment;
use super::place::Place;
use super::{DEVIKA, Offer};
use crate::lsp::connection::quoted;
use crate::lsp::stories::Stories;

/// Diagnostics of a place that are offered to be fixed at the most.
const MOST_DIAGNOSTICS: usize = 3;

/// Characters of a diagnostic at the most.
const MOST_MESSAGE: usize = 1_000;

/// The offers, those about the very line first.
pub(super) fn offers(
    place: &Place<'_>,
    stories: &Stories,
    diagnostics: &[Diagnostic],
) -> Vec<Offer> {
    let diagnostics = diagnostics.iter().take(MOST_DIAGNOSTICS);
    let mut offers: Vec<Offer> =
        diagnostics.map(|diagnostic| fix(place, diagnostic).pressing()).collect();
    // What the user wrote down there comes first.
    offers.splice(0..0, about_line(place, stories));
    if place.is_blank() {
        return offers;
    }
    offers.push(explain(place));
    offers.push(rewrite(place, "write tests for this", "Write tests for", ""));
    let rest = " Leave all else as it is.";
    offers.push(rewrite(place, "document this", "Document by comments", rest));
    if place.is_selection() {
        let question = "\n\nAsk me: How shall these lines be refactored?";
        offers.push(rewrite_asking(place, question));
    }
    offers
}

/// What the line itself asks for: in a comment to Devika that no task carries out yet, or as what is
/// still to be done.
pub(super) fn about_line(place: &Place<'_>, stories: &Stories) -> Vec<Offer> {
    let comment = place.comment();
    let untold = comment.filter(|comment| !stories.carry_out(&of_comment(comment)));
    let comment = untold.map(|comment| carry_out(place, &comment).pressing());
    let open = place.is_left_open().then(|| implement(place).pressing());
    comment.into_iter().chain(open).collect()
}

fn start(place: &Place<'_>, kind: CodeActionKind, title: String, prompt: String) -> Offer {
    let root = Some(place.uri.to_owned());
    let argument = json!(StartArgs { prompt, root, ..StartArgs::default() });
    let command = CommandName::Start;
    let title = format!("Devika: {title}");
    Offer { kind, title, command, argument, mends: None, is_pressing: false }
}

/// What the prompt of a task begins with that carries a comment out.
fn of_comment(comment: &Comment) -> String {
    format!("{}\n\nThis is asked by a comment", comment.words)
}

fn carry_out(place: &Place<'_>, comment: &Comment) -> Offer {
    let prompt = format!(
        "{} at {}, which goes away when it is done:\n\n{}",
        of_comment(comment),
        place.name(),
        place.quote_around()
    );
    start(place, CodeActionKind::QUICKFIX, quoted(&comment.words), prompt)
}

fn fix(place: &Place<'_>, diagnostic: &Diagnostic) -> Offer {
    let place = place.at(diagnostic.range);
    let message: String = diagnostic.message.chars().take(MOST_MESSAGE).collect();
    let by = diagnostic.source.as_deref().unwrap_or("the language server");
    let prompt = format!(
        "Fix what {by} reports at {}:\n\n{}\n\nThe lines:\n\n{}",
        place.name(),
        fenced(&message),
        place.quote_around()
    );
    let title = format!("fix {}", quoted(&message));
    let offer = start(&place, CodeActionKind::QUICKFIX, title, prompt);
    Offer { mends: Some(diagnostic.clone()), ..offer }
}

fn implement(place: &Place<'_>) -> Offer {
    let prompt = format!(
        "Implement what is left to be done at {}, and take the note of it away:\n\n{}",
        place.name(),
        place.quote_around()
    );
    start(place, CodeActionKind::QUICKFIX, "implement this".to_owned(), prompt)
}

fn explain(place: &Place<'_>) -> Offer {
    let prompt = format!("Explain {}. Change nothing.\n\n{}", place.name(), place.quote());
    start(place, CodeActionKind::new(DEVIKA), "explain this".to_owned(), prompt)
}

fn rewrite(place: &Place<'_>, title: &str, wish: &str, rest: &str) -> Offer {
    let lines = if place.is_selection() { place.quote() } else { place.quote_around() };
    let prompt = format!("{wish} what stands at {}.{rest}\n\n{lines}", place.name());
    start(place, CodeActionKind::REFACTOR_REWRITE, title.to_owned(), prompt)
}

/// The user says how when the task asks, which every client can answer.
fn rewrite_asking(place: &Place<'_>, question: &str) -> Offer {
    let prompt = format!("Refactor {}.\n\n{}{question}", place.name(), place.quote());
    start(place, CodeActionKind::REFACTOR_REWRITE, "refactor the selection".to_owned(), prompt)
}
