//! What reads bytes that anybody may have written: each reader with what must hold whatever they are. By
//! libFuzzer (`cargo fuzz run NAME`), and over the corpora with mutations of them by the tests.

use std::cell::OnceCell;
use std::collections::{BTreeMap, VecDeque};

use devika_agent::Trajectory;
use devika_config::Sources;
use devika_edit::{Files, RelPath, parse, resolve};

#[path = "llm.rs"]
mod llm;
#[path = "lsp.rs"]
mod lsp;

/// What the client sends: messages are JSON, no more bytes come out than went in, and each refusal is for
/// bytes of its own.
pub fn framer(bytes: &[u8]) {
    let Some((size, bytes)) = bytes.split_first() else { return };
    let (messages, refused) = lsp::read(bytes.chunks(usize::from(*size) + 1));
    assert!(messages.iter().map(Vec::len).sum::<usize>() <= bytes.len());
    assert!(refused <= bytes.len() + 1);
    for message in messages {
        serde_json::from_slice::<serde_json::Value>(&message).unwrap();
    }
}

/// What a model writes: edits stay in the project, and a complaint is short enough to go back.
pub fn edits(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match parse(&text).and_then(|answer| resolve(&answer, &Project::new())) {
        Ok(edits) => {
            for edit in edits {
                assert!(
                    !edit.path().as_str().split('/').any(|part| part == ".." || part == ".git")
                );
                let known = edit.before().map_or(0, str::len);
                // Indentation is carried over to each line of a block.
                assert!(edit.after().map_or(0, str::len) <= known + 64 * (bytes.len() + 64));
            }
        }
        Err(complaint) => assert!(complaint.to_string().chars().count() < 2_000),
    }
}

/// What a provider streams: the same events however the network cuts it, and no more than was sent.
pub fn stream(bytes: &[u8]) {
    let Some((size, bytes)) = bytes.split_first() else { return };
    for framing in [llm::Framing::ServerSent, llm::Framing::Lines] {
        let read = |size: usize| {
            let mut ready = VecDeque::new();
            let outcome = llm::split(bytes.chunks(size), framing, &mut ready);
            (ready, outcome)
        };
        let (ready, outcome) = read(usize::from(*size) + 1);
        assert!(ready.iter().map(String::len).sum::<usize>() <= bytes.len());
        assert_eq!((ready, outcome), read(bytes.len().max(1)));
    }
}

/// What stands in a configuration, the user's and a project's.
pub fn config(bytes: &[u8]) {
    thread_local!(static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() });
    FOLDER.with(|folder| {
        let file = folder.get_or_init(|| tempfile::tempdir().unwrap()).path().join("config.toml");
        std::fs::write(&file, bytes).unwrap();
        let user = Sources { user_file: Some(file.clone()), ..Sources::default() };
        let project = Sources { workspace_file: Some(file), ..Sources::default() };
        for sources in [user, project] {
            if let Err(error) = devika_config::load(&sources) {
                assert!(!error.to_string().is_empty());
            }
        }
    });
}

/// A file that says it is a recorded task: what is read can be written, and read again.
pub fn trajectory(bytes: &[u8]) {
    let Ok(read) = Trajectory::read(bytes) else { return };
    let mut written = Vec::new();
    read.write(&mut written, &|text| text.to_owned()).unwrap();
    let again = Trajectory::read(&written[..]).unwrap();
    assert_eq!((read.prompt(), read.steps()), (again.prompt(), again.steps()));
}

/// A project of two files.
struct Project(BTreeMap<&'static str, &'static str>);

impl Project {
    fn new() -> Self {
        Self(BTreeMap::from([
            ("a.py", "def a():\n    return 1\n\n\ndef b():\n    return 2\n"),
            ("sub/b.txt", "one\r\ntwo\r\nthree"),
        ]))
    }
}

impl Files for Project {
    fn read(&self, path: &RelPath) -> Result<Option<String>, String> {
        Ok(self.0.get(path.as_str()).map(|text| (*text).to_owned()))
    }

    fn find_by_name(&self, name: &str) -> Vec<RelPath> {
        let paths = self.0.keys().filter_map(|path| RelPath::new(path).ok());
        paths.filter(|path| path.file_name() == name).collect()
    }
}
