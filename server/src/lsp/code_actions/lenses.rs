//! The same offers as lines of their own above what they are about, in clients that ask for them with
//! `initializationOptions.codeLens`: comments to Devika, and notes of what is still to be done.

use tower_lsp::ls_types::{CodeLens, Command, Position, Range, Uri};

use super::of_place;
use super::place::Place;
use super::{Offer, comment};
use crate::lsp::session::State;

/// Lenses of a document at the most.
const MOST: usize = 100;

/// The lenses of a document, from its first line to its last.
pub(in crate::lsp) fn lenses(state: &State, uri: &Uri) -> Vec<CodeLens> {
    let Some(document) = state.documents.get(uri) else { return Vec::new() };
    let lines = (0..).zip(document.text.lines());
    let telling =
        lines.filter(|(_, line)| comment::is_to_devika(line) || comment::is_left_open(line));
    let lens = |(line, _): (u32, &str)| {
        let start = Position::new(line, 0);
        let range = Range::new(start, start);
        let place = Place::of(state, uri, range)?;
        let offer = of_place::about_line(&place, &state.stories).into_iter().next()?;
        Some(CodeLens { range, command: Some(command(offer)), data: None })
    };
    telling.filter_map(lens).take(MOST).collect()
}

fn command(offer: Offer) -> Command {
    Command::new(offer.title, offer.command.as_str().to_owned(), Some(vec![offer.argument]))
}
