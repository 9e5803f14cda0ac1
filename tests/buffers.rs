//! An editor's open documents, as a client of the language server keeps them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

/// An open document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    pub version: i64,
    pub text: String,
    pub dirty: bool,
}

/// The open documents, by URI.
#[derive(Debug, Default)]
pub struct Buffers {
    pub open: BTreeMap<String, Buffer>,
    pub utf16: bool,
}

/// The `file:` URI of a path without special characters.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// The path of a `file:` URI without special characters.
pub fn path(uri: &str) -> &Path {
    Path::new(uri.strip_prefix("file://").unwrap())
}

impl Buffers {
    /// Applies a workspace edit as an editor does: created and changed documents are open and
    /// unsaved afterwards. `false` where a version does not fit. Returns the changed documents.
    pub fn apply(&mut self, edit: &Value) -> Option<Vec<String>> {
        let mut changed = Vec::new();
        for change in edit["documentChanges"].as_array().unwrap() {
            match change["kind"].as_str() {
                Some("create") => {
                    let uri = change["uri"].as_str().unwrap().to_owned();
                    std::fs::create_dir_all(path(&uri).parent().unwrap()).unwrap();
                    std::fs::write(path(&uri), "").unwrap();
                    self.open.insert(uri, Buffer { version: 0, text: String::new(), dirty: true });
                }
                Some("delete") => {
                    let uri = change["uri"].as_str().unwrap();
                    std::fs::remove_file(path(uri)).unwrap();
                    self.open.remove(uri);
                }
                Some("rename") => {
                    let (from, to) =
                        (change["oldUri"].as_str().unwrap(), change["newUri"].as_str().unwrap());
                    std::fs::rename(path(from), path(to)).unwrap();
                    if let Some(buffer) = self.open.remove(from) {
                        self.open.insert(to.to_owned(), buffer);
                    }
                }
                _ => {
                    let uri = change["textDocument"]["uri"].as_str().unwrap().to_owned();
                    let buffer = self.open.entry(uri.clone()).or_insert_with(|| Buffer {
                        version: 0,
                        text: std::fs::read_to_string(path(&uri)).unwrap(),
                        dirty: false,
                    });
                    let version = &change["textDocument"]["version"];
                    if version.as_i64().is_some_and(|version| version != buffer.version) {
                        return None;
                    }
                    let utf16 = self.utf16;
                    let mut edits: Vec<_> = change["edits"].as_array().unwrap().iter().collect();
                    // From the end to the beginning, so that earlier positions stay right.
                    edits.sort_by_key(|edit| {
                        std::cmp::Reverse(offset(&buffer.text, &edit["range"]["start"], utf16))
                    });
                    for edit in edits {
                        let start = offset(&buffer.text, &edit["range"]["start"], utf16);
                        let end = offset(&buffer.text, &edit["range"]["end"], utf16);
                        buffer.text.replace_range(start..end, edit["newText"].as_str().unwrap());
                    }
                    buffer.version += 1;
                    buffer.dirty = true;
                    changed.push(uri);
                }
            }
        }
        Some(changed)
    }

    /// Writes a document to disk; one that is not open is there already.
    pub fn save(&mut self, uri: &str) {
        let Some(buffer) = self.open.get_mut(uri) else { return };
        std::fs::write(path(uri), &buffer.text).unwrap();
        buffer.dirty = false;
    }
}

fn offset(text: &str, position: &Value, utf16: bool) -> usize {
    let line = position["line"].as_u64().unwrap() as usize;
    let character = position["character"].as_u64().unwrap() as usize;
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    if !utf16 {
        return (start + character).min(text.len());
    }
    let mut units = 0;
    for (index, c) in text[start..].char_indices() {
        if units >= character {
            return start + index;
        }
        units += c.len_utf16();
    }
    text.len()
}
