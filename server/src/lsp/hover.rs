//! Over a line that a task of this session wrote: which task, step, model, and why.

use tower_lsp::ls_types::{
    Hover, HoverContents, HoverParams, MarkupContent, MarkupKind, TextDocumentPositionParams,
};

use super::authorship::Origin;
use super::connection::quoted;
use super::session::Session;

/// What is to be said of a place; nothing at once where no task of this session wrote anything.
pub(super) fn at(session: &Session, params: &HoverParams) -> Option<Hover> {
    if session.authorships.is_empty() {
        return None;
    }
    let TextDocumentPositionParams { text_document, position } =
        &params.text_document_position_params;
    let (root, path, text) = {
        let state = session.state();
        let root = state.roots.of(&text_document.uri)?;
        let document = state.documents.get(&text_document.uri)?;
        (root.clone(), document.below(&root)?, document.text.clone())
    };
    let origin = session.authorships.of_line(&root, &path, &text, position.line)?;
    // Plain: what a model thought must not become a link or an image here.
    let value = words(&origin);
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::PlainText, value });
    Some(Hover { contents, range: None })
}

fn words(origin: &Origin) -> String {
    let Origin { task, prompt, model, what, why, .. } = origin;
    let mut text = format!("Devika, task {task} {}\n{what}\nby {model}", quoted(prompt));
    if !why.is_empty() {
        text.push_str(&format!("\n{}", quoted(why)));
    }
    text
}

#[cfg(test)]
mod tests {
    use devika_protocol::TaskId;

    use super::*;

    #[test]
    fn a_line_tells_its_task_step_model_and_reason() {
        let origin = Origin {
            task: TaskId(7),
            step: 2,
            prompt: "add a --json flag".to_owned(),
            model: "ollama/qwen2.5-coder".to_owned(),
            what: "step 2/3: print JSON".to_owned(),
            why: "The parser is there already.".to_owned(),
        };
        insta::assert_snapshot!(words(&origin), @r"
        Devika, task 7 “add a --json flag”
        step 2/3: print JSON
        by ollama/qwen2.5-coder
        “The parser is there already.”
        ");
    }
}
