//! A trajectory as a file: JSON lines, of which the first says what it is and the last that nothing
//! is missing.

use std::io::{BufRead, Read as _, Write};

use devika_edit::RelPath;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::stages::verify;

use super::{Act, Header, Trajectory, TrajectoryError, What, WriteError};

/// The name of the format.
const FORMAT: &str = "devika-trajectory";

/// Its version; raised when an older Devika could not read a file any more.
const VERSION: u32 = 1;

/// Bytes of a line at the most: one act, with all the files it saw (4 MiB) and its request.
const MAX_LINE: u64 = 32 * 1024 * 1024;

/// Bytes of a file at the most.
const MAX_FILE: u64 = 256 * 1024 * 1024;

/// Acts at the most; a task has tens.
const MAX_ACTS: usize = 10_000;

/// Fields that hold one of our own words, which may be a user's name as well.
const FIXED: [&str; 7] = ["format", "act", "agent", "kind", "mode", "state", "stop"];

#[derive(Debug, Serialize, Deserialize)]
struct First {
    format: String,
    version: u32,
}

#[derive(Debug, Serialize, Deserialize)]
struct Last {
    end: usize,
}

impl Trajectory {
    /// Writes it as JSON lines. Every text in it goes through `redact`, which should leave its length
    /// in bytes as it is, or the task may not be the same in a replay: which files fit into a request
    /// is counted.
    ///
    /// # Errors
    /// [`WriteError::Io`].
    pub fn write(
        &self,
        out: &mut dyn Write,
        redact: &dyn Fn(&str) -> String,
    ) -> Result<(), WriteError> {
        let cuts = Cuts::of(&self.acts, redact);
        let redact = &|text: &str| redact(&cuts.cover(text));
        let mut first = json!({ "format": FORMAT, "version": VERSION });
        if let (Some(first), Value::Object(header)) = (first.as_object_mut(), json!(self.header)) {
            first.extend(header);
        }
        line(out, first, redact)?;
        for act in &self.acts {
            line(out, json!(act), redact)?;
        }
        line(out, json!(Last { end: self.acts.len() }), redact)?;
        Ok(out.flush()?)
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`TrajectoryError`].
    pub fn read(input: impl BufRead) -> Result<Self, TrajectoryError> {
        let mut lines = Lines { input: input.take(MAX_FILE + 1), count: 0 };
        let header = header(&lines.next()?.ok_or(TrajectoryError::Foreign)?)?;
        let mut acts = Vec::new();
        while let Some(line) = lines.next()? {
            match serde_json::from_str::<Last>(&line) {
                Ok(last) if last.end == acts.len() => return Ok(Self { header, acts }),
                Ok(_) => return Err(lines.damaged("lines before it are missing")),
                Err(_) => {}
            }
            let act: Act =
                serde_json::from_str(&line).map_err(|error| lines.damaged(&error.to_string()))?;
            check(&act).map_err(|why| lines.damaged(&why))?;
            acts.push(act);
            if acts.len() > MAX_ACTS {
                return Err(TrajectoryError::TooLarge { what: "its acts", limit: MAX_ACTS as u64 });
            }
        }
        Err(TrajectoryError::Truncated { lines: lines.count })
    }
}

/// The ends of long outputs that models were shown. A cut may go through a key, which nothing would
/// know as one in the rest: so the output is covered first, and cut then, as in a replay.
struct Cuts(Vec<(String, String)>);

impl Cuts {
    fn of(acts: &[Act], redact: &dyn Fn(&str) -> String) -> Self {
        let cut = |act: &Act| match &act.what {
            What::Command { outcome: Some(outcome), .. } => {
                let shown = verify::shown(&outcome.output);
                (shown != outcome.output).then(|| {
                    let covered = verify::shown(&redact(&outcome.output));
                    (shown.trim_end().to_owned(), covered.trim_end().to_owned())
                })
            }
            _ => None,
        };
        Self(acts.iter().filter_map(cut).filter(|(shown, covered)| shown != covered).collect())
    }

    fn cover(&self, text: &str) -> String {
        let whole = text.to_owned();
        self.0.iter().fold(whole, |text, (shown, covered)| text.replace(shown, covered))
    }
}

fn line(
    out: &mut dyn Write,
    mut value: Value,
    redact: &dyn Fn(&str) -> String,
) -> std::io::Result<()> {
    redact_all(&mut value, redact);
    serde_json::to_writer(&mut *out, &value)?;
    out.write_all(b"\n")
}

/// Redacts every text, whatever field it is in, so that no field can be forgotten; but for those
/// that hold one of our own words.
fn redact_all(value: &mut Value, redact: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = redact(text),
        Value::Array(items) => items.iter_mut().for_each(|item| redact_all(item, redact)),
        Value::Object(fields) => {
            let free = fields.iter_mut().filter(|(name, _)| !FIXED.contains(&name.as_str()));
            free.for_each(|(_, field)| redact_all(field, redact));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn header(line: &str) -> Result<Header, TrajectoryError> {
    let first: First = serde_json::from_str(line).map_err(|_| TrajectoryError::Foreign)?;
    if first.format != FORMAT {
        return Err(TrajectoryError::Foreign);
    }
    if first.version > VERSION {
        return Err(TrajectoryError::Newer { found: first.version, known: VERSION });
    }
    serde_json::from_str(line)
        .map_err(|error| TrajectoryError::Damaged { line: 1, why: error.to_string() })
}

/// Every path in it is one that a task may write: a trajectory may come from anybody.
fn check(act: &Act) -> Result<(), String> {
    let world = act.world.iter().flat_map(|world| {
        let files = world.files.iter().map(|file| &file.path);
        let symbols = world.symbols.iter().flat_map(|symbol| &symbol.paths);
        files.chain(&world.listed).chain(&world.gone).chain(symbols)
    });
    let edits = match &act.what {
        What::Edit { edit, done } => {
            let both = std::iter::once(edit).chain(done);
            both.flat_map(|edit| edit.from.iter().chain([&edit.path])).collect()
        }
        _ => Vec::new(),
    };
    for path in world.chain(edits) {
        RelPath::new(path).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Reads lines, each bounded.
struct Lines<R> {
    input: std::io::Take<R>,
    count: usize,
}

impl<R: BufRead> Lines<R> {
    /// The next whole line; `None` where the file ends, in the middle of a line too.
    fn next(&mut self) -> Result<Option<String>, TrajectoryError> {
        let mut bytes = Vec::new();
        let read = (&mut self.input).take(MAX_LINE + 1).read_until(b'\n', &mut bytes)?;
        if self.input.limit() == 0 {
            return Err(TrajectoryError::TooLarge { what: "its bytes", limit: MAX_FILE });
        }
        if read as u64 > MAX_LINE {
            return Err(TrajectoryError::TooLarge { what: "one line's bytes", limit: MAX_LINE });
        }
        if bytes.pop() != Some(b'\n') {
            // Something that never had a line's end is not a trajectory that was cut off.
            let foreign = self.count == 0;
            return if foreign { Err(TrajectoryError::Foreign) } else { Ok(None) };
        }
        self.count += 1;
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| match self.count {
            1 => TrajectoryError::Foreign,
            _ => self.damaged("it is no text"),
        })
    }

    fn damaged(&self, why: &str) -> TrajectoryError {
        TrajectoryError::Damaged { line: self.count, why: why.to_owned() }
    }
}
