//! The documents that are open in the editor, as the editor sees them.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use devika_agent::Snapshot;
use devika_edit::RelPath;
use tower_lsp::ls_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};

use super::positions::Encoding;
use super::uri;

/// One open document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Document {
    /// As the client names it; edits are sent under this name.
    pub(super) uri: Uri,
    /// Counted up by the client.
    pub(super) version: i32,
    /// Unsaved changes included.
    pub(super) text: String,
    /// Where it is on disk, its folder's links resolved; none for untitled documents, notebook
    /// cells and all else that is no file.
    path: Option<PathBuf>,
}

impl Document {
    /// Its path under a canonical root; none for what is elsewhere, or what Devika may not write.
    pub(super) fn below(&self, root: &Path) -> Option<RelPath> {
        RelPath::below(root, self.path.as_deref()?).ok()
    }
}

/// All open documents.
#[derive(Debug, Default)]
pub(super) struct Documents {
    encoding: Encoding,
    open: HashMap<Uri, Document>,
    /// Texts that documents are about to have, and whether they had them.
    awaited: HashMap<PathBuf, (String, bool)>,
}

impl Documents {
    /// No documents; positions will be counted in `encoding`.
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, ..Self::default() }
    }

    pub(super) fn open(&mut self, item: TextDocumentItem) {
        let path = uri::to_path(&item.uri).map(|path| uri::canonical(&path));
        let document =
            Document { uri: item.uri.clone(), version: item.version, text: item.text, path };
        Self::compare(&mut self.awaited, &document);
        drop(self.open.insert(item.uri, document));
    }

    pub(super) fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
    ) {
        let Some(document) = self.open.get_mut(uri) else {
            tracing::warn!(uri = uri.as_str(), "a document changed that was never opened");
            return;
        };
        for change in changes {
            match change.range {
                Some(range) => {
                    let bytes = self.encoding.bytes(&document.text, range);
                    document.text.replace_range(bytes, &change.text);
                }
                None => document.text = change.text,
            }
        }
        document.version = version;
        Self::compare(&mut self.awaited, document);
    }

    /// Watches for the moment a document has this text: what comes after it was built on it.
    pub(super) fn await_text(&mut self, file: PathBuf, text: String) {
        drop(self.awaited.insert(file, (text, false)));
    }

    /// Whether the document had the text that is awaited.
    pub(super) fn had_text(&self, file: &Path) -> bool {
        self.awaited.get(file).is_some_and(|(_, had)| *had)
    }

    /// Watches no more.
    pub(super) fn forget_text(&mut self, file: &Path) {
        drop(self.awaited.remove(file));
    }

    fn compare(awaited: &mut HashMap<PathBuf, (String, bool)>, document: &Document) {
        let awaited = document.path.as_ref().and_then(|path| awaited.get_mut(path));
        if let Some((text, had)) = awaited {
            *had |= document.text == *text;
        }
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        drop(self.open.remove(uri));
    }

    /// The open document that the client names so.
    pub(super) fn get(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(uri)
    }

    /// The open document of a file under `root`, which is canonical.
    pub(super) fn find(&self, root: &Path, path: &RelPath) -> Option<&Document> {
        let path = path.under(root);
        let by_name = self.open.values().find(|document| document.path.as_deref() == Some(&path));
        by_name.or_else(|| {
            let path = uri::canonical(&path);
            self.open.values().find(|document| document.path.as_deref() == Some(&path))
        })
    }

    /// An immutable view of the files under `root`, which is canonical, with the open ones as they
    /// are in the editor. Documents that Devika may not write are not among the open ones.
    pub(super) fn snapshot(&self, root: &Path) -> Snapshot {
        let files = self
            .open
            .values()
            .filter_map(|document| Some((document.below(root)?, document.text.clone())));
        Snapshot::new(root.to_path_buf(), files.collect::<BTreeMap<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use tower_lsp::ls_types::{Position, Range};

    use super::*;

    fn opened(uri: &str, text: &str) -> Documents {
        let mut documents = Documents::new(Encoding::Utf16);
        let uri = uri.parse().unwrap();
        documents.open(TextDocumentItem::new(uri, "python".into(), 1, text.into()));
        documents
    }

    fn edit(range: [u32; 4], text: &str) -> TextDocumentContentChangeEvent {
        let [line, character, end_line, end_character] = range;
        let range =
            Range::new(Position::new(line, character), Position::new(end_line, end_character));
        TextDocumentContentChangeEvent { range: Some(range), range_length: None, text: text.into() }
    }

    #[test]
    fn changes_of_one_notification_build_on_each_other() {
        let mut documents = opened("file:///project/a.py", "\u{feff}one\r\ntwo 😀!\r\n");
        let uri: Uri = "file:///project/a.py".parse().unwrap();
        documents.change(
            &uri,
            7,
            vec![edit([1, 6, 1, 7], "?"), edit([0, 1, 0, 4], "1"), edit([9, 0, 9, 0], "end")],
        );
        let path = RelPath::new("a.py").unwrap();
        let document = documents.find(Path::new("/project"), &path).unwrap();
        assert_eq!((document.version, document.text.as_str()), (7, "\u{feff}1\r\ntwo 😀?\r\nend"));
    }

    #[test]
    fn a_change_without_a_range_is_the_whole_text() {
        let mut documents = opened("file:///project/a.py", "old");
        let uri: Uri = "file:///project/a.py".parse().unwrap();
        let whole =
            TextDocumentContentChangeEvent { range: None, range_length: None, text: "new".into() };
        documents.change(&uri, 2, vec![whole]);
        let snapshot = documents.snapshot(Path::new("/project"));
        assert_eq!(snapshot.read(&RelPath::new("a.py").unwrap()).unwrap(), "new");
    }

    #[test]
    fn only_files_of_the_root_are_in_its_snapshot() {
        let mut documents = opened("untitled:a.py", "untitled");
        for uri in ["file:///elsewhere/a.py", "vscode-notebook-cell:/project/a.py#1"] {
            let item =
                TextDocumentItem::new(uri.parse().unwrap(), "python".into(), 1, "other".into());
            documents.open(item);
        }
        let snapshot = documents.snapshot(Path::new("/project"));
        assert!(snapshot.read(&RelPath::new("a.py").unwrap()).is_err());
    }

    #[test]
    fn a_closed_document_is_read_from_disk_again() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::write(root.join("a.py"), "saved").unwrap();
        let uri = uri::from_path(&root.join("a.py")).unwrap();
        let mut documents = opened(uri.as_str(), "unsaved");
        let path = RelPath::new("a.py").unwrap();
        assert_eq!(documents.snapshot(&root).read(&path).unwrap(), "unsaved");
        documents.close(&uri);
        assert_eq!(documents.snapshot(&root).read(&path).unwrap(), "saved");
    }
}
