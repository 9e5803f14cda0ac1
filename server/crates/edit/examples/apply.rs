//! Scores any corpus of model answers: reads lines `{"id", "files": {path: text}, "answer"}`, writes
//! lines `{"id", "result": "apply" | "refuse", "files": {path: text}, "complaint"}` with all files
//! as they are afterwards.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use devika_edit::{FileEdit, Files, RelPath, parse, resolve};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    id: Value,
    files: BTreeMap<String, String>,
    answer: String,
}

#[derive(Serialize)]
struct Outcome {
    id: Value,
    result: &'static str,
    files: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    complaint: Option<String>,
}

struct Project<'a>(&'a BTreeMap<String, String>);

impl Files for Project<'_> {
    fn read(&self, path: &RelPath) -> Result<Option<String>, String> {
        Ok(self.0.get(path.as_str()).cloned())
    }

    fn find_by_name(&self, name: &str) -> Vec<RelPath> {
        let paths = self.0.keys().filter_map(|path| RelPath::new(path).ok());
        paths.filter(|path| path.file_name() == name).collect()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        serde_json::to_writer(&mut out, &outcome(serde_json::from_str(&line)?))?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

fn outcome(case: Case) -> Outcome {
    let edits = parse(&case.answer).and_then(|answer| resolve(&answer, &Project(&case.files)));
    let mut files = case.files;
    match edits {
        Err(complaint) => {
            Outcome { id: case.id, result: "refuse", files, complaint: Some(complaint.to_string()) }
        }
        Ok(edits) => {
            for edit in &edits {
                apply(&mut files, edit);
            }
            Outcome { id: case.id, result: "apply", files, complaint: None }
        }
    }
}

fn apply(files: &mut BTreeMap<String, String>, edit: &FileEdit) {
    match edit {
        FileEdit::Delete { path, .. } => {
            files.remove(path.as_str());
        }
        FileEdit::Rename { from, .. } => {
            files.remove(from.as_str());
        }
        FileEdit::Create { .. } | FileEdit::Modify { .. } => {}
    }
    if let Some(text) = edit.after() {
        files.insert(edit.path().as_str().to_owned(), text.to_owned());
    }
}
