//! A project's state as a ZIP file.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use devika_memory::{Filter, Memory as _, Passage, PassageId};
use devika_store::Carried;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::Complaint;
use crate::memory::ConfiguredMemory;

/// Passages that are read at once.
const PAGE: usize = 256;

/// Bytes that a part of the file may unpack to; what unpacks to more was not made by Devika.
const MAX_PART: u64 = 1 << 30;

/// The tasks with all that belongs to them.
const TASKS: &str = "tasks.json";

/// The passages, one JSON object a line.
const MEMORY: &str = "memory.jsonl";

/// What is remembered of a project.
pub(super) async fn passages_of(
    memory: &ConfiguredMemory,
    project: &str,
) -> anyhow::Result<Vec<Passage>> {
    let filter = Filter { project: Some(project.to_owned()), ..Filter::default() };
    let (mut passages, mut after) = (Vec::<Passage>::new(), None::<PassageId>);
    loop {
        let page = memory.page(&filter, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id());
        // What others share is theirs.
        passages.extend(page.into_iter().filter(|passage| passage.project == project));
    }
    Ok(passages)
}

/// Writes a new file that only the user can read.
pub(super) fn write(
    path: &Path,
    project: &str,
    carried: &Carried,
    passages: &[Passage],
) -> anyhow::Result<()> {
    let file = private(path).map_err(|error| {
        Complaint::usage(format!("cannot make {}: {error}. Name a new file", path.display()))
    })?;
    let written = (|| -> anyhow::Result<()> {
        let (mut zip, options) = (ZipWriter::new(file), SimpleFileOptions::default());
        zip.start_file(TASKS, options)?;
        serde_json::to_writer(
            &mut zip,
            &serde_json::json!({ "project": project, "carried": carried }),
        )?;
        zip.start_file(MEMORY, options)?;
        for passage in passages {
            serde_json::to_writer(&mut zip, passage)?;
            zip.write_all(b"\n")?;
        }
        Ok(zip.finish()?.sync_all()?)
    })();
    if written.is_err() {
        // Half a file is none; the error that is told is the one that matters.
        let _unmade = std::fs::remove_file(path);
    }
    written.with_context(|| format!("cannot write {}", path.display()))
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Reads what was written, for the project with this root.
pub(super) fn read(path: &Path, root: &str) -> anyhow::Result<(Carried, Vec<Passage>)> {
    let wrong = |why: &dyn std::fmt::Display| {
        Complaint::usage(format!(
            "{} is not what `devika projects export` writes: {why}",
            path.display()
        ))
    };
    let file = File::open(path)
        .map_err(|error| Complaint::usage(format!("cannot read {}: {error}", path.display())))?;
    let mut zip = ZipArchive::new(file).map_err(|error| wrong(&error))?;
    let mut part = |name: &str| -> anyhow::Result<String> {
        let part = zip.by_name(name).map_err(|error| wrong(&error))?;
        let mut text = String::new();
        let read = part.take(MAX_PART + 1).read_to_string(&mut text);
        match read.map_err(|error| wrong(&error))? as u64 > MAX_PART {
            true => Err(wrong(&"it is too large")),
            false => Ok(text),
        }
    };
    #[derive(serde::Deserialize)]
    struct Tasks {
        carried: Carried,
    }
    let tasks: Tasks = serde_json::from_str(&part(TASKS)?).map_err(|error| wrong(&error))?;
    let mut passages = Vec::new();
    for line in part(MEMORY)?.lines() {
        let passage: Passage = serde_json::from_str(line).map_err(|error| wrong(&error))?;
        passages.push(Passage { project: root.to_owned(), ..passage });
    }
    Ok((tasks.carried, passages))
}
