//! Workspace edits of one file, as LSP writes them.

use std::collections::HashMap;

use tower_lsp::ls_types::{
    CreateFile, CreateFileOptions, DeleteFile, DocumentChangeOperation, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, Position, Range, RenameFile, RenameFileOptions,
    ResourceOp, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};

/// Changes a document that must have `version`; a file that is not open has none.
pub(super) fn change(uri: Uri, version: Option<i32>, edits: Vec<TextEdit>) -> WorkspaceEdit {
    let changes = DocumentChanges::Edits(vec![document_edit(uri, version, edits)]);
    WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
}

/// [`change`] for a client that takes no versions.
pub(super) fn unversioned_change(uri: Uri, edits: Vec<TextEdit>) -> WorkspaceEdit {
    WorkspaceEdit::new(HashMap::from([(uri, edits)]))
}

/// Creates a file, which must not exist.
pub(super) fn create(uri: Uri, text: &str) -> WorkspaceEdit {
    let options = CreateFileOptions { overwrite: Some(false), ignore_if_exists: Some(false) };
    let create = CreateFile { uri: uri.clone(), options: Some(options), annotation_id: None };
    let nowhere = Range::new(Position::new(0, 0), Position::new(0, 0));
    let fill = vec![TextEdit::new(nowhere, text.to_owned())];
    operations(vec![
        DocumentChangeOperation::Op(ResourceOp::Create(create)),
        DocumentChangeOperation::Edit(document_edit(uri, None, fill)),
    ])
}

/// Moves a file to a path that must not exist, and changes it there.
pub(super) fn rename(from: Uri, to: Uri, edits: Vec<TextEdit>) -> WorkspaceEdit {
    let options = RenameFileOptions { overwrite: Some(false), ignore_if_exists: Some(false) };
    let rename = RenameFile {
        old_uri: from,
        new_uri: to.clone(),
        options: Some(options),
        annotation_id: None,
    };
    let mut all = vec![DocumentChangeOperation::Op(ResourceOp::Rename(rename))];
    if !edits.is_empty() {
        all.push(DocumentChangeOperation::Edit(document_edit(to, None, edits)));
    }
    operations(all)
}

/// Deletes a file.
pub(super) fn delete(uri: Uri) -> WorkspaceEdit {
    let delete = DeleteFile { uri, options: None, annotation_id: None };
    operations(vec![DocumentChangeOperation::Op(ResourceOp::Delete(delete))])
}

fn operations(all: Vec<DocumentChangeOperation>) -> WorkspaceEdit {
    WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(all)),
        ..WorkspaceEdit::default()
    }
}

fn document_edit(uri: Uri, version: Option<i32>, edits: Vec<TextEdit>) -> TextDocumentEdit {
    TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
        edits: edits.into_iter().map(OneOf::Left).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_is_created_and_filled_in_one_edit() {
        let uri: Uri = "file:///project/a.py".parse().unwrap();
        let edit = serde_json::to_string(&create(uri, "print()\n")).unwrap();
        insta::assert_snapshot!(edit, @r#"{"documentChanges":[{"kind":"create","uri":"file:///project/a.py","options":{"overwrite":false,"ignoreIfExists":false}},{"textDocument":{"uri":"file:///project/a.py","version":null},"edits":[{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"newText":"print()\n"}]}]}"#);
    }
}
