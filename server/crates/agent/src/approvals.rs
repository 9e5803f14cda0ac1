//! Which commands the user allows: a command line, in this workspace, with the scripts that it runs as
//! they were when the user was asked. What the task itself has written does not count as a change:
//! that is what the command is to check.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use devika_config::Approval;
use devika_edit::RelPath;
use devika_protocol::AskKind;
use devika_store::Entry;
use sha2::{Digest, Sha256};

use crate::context;
use crate::error::Stop;
use crate::ports::UserReply;
use crate::run::Run;
use crate::snapshot::Snapshot;

type Hash = [u8; 32];

/// Bytes of refused changes that a prompt quotes.
const MAX_REFUSED: usize = 6_000;

/// What a task knows of its approvals while it runs.
#[derive(Default)]
pub(crate) struct Approvals {
    /// Texts of files that the task has written, by their hash.
    written: Mutex<HashSet<Hash>>,
    /// How often an ask that was allowed once has been used.
    used: Mutex<HashMap<String, u32>>,
    denied: Mutex<Vec<String>>,
    /// Diffs of changes that the user refused in review.
    refused: Mutex<Vec<String>>,
    /// What the user said of hosts, for the whole task.
    hosts: Mutex<BTreeMap<String, bool>>,
}

impl Approvals {
    /// The task has written a file of this text.
    pub(crate) fn written(&self, text: &str) {
        lock(&self.written).insert(hash(text));
    }

    /// Approvals of a task that is taken up again: what it wrote before is its own, too.
    pub(crate) fn of_journal(entries: &[Entry]) -> Self {
        let approvals = Self::default();
        let applied = entries.iter().filter(|entry| entry.kind == "apply");
        for outcome in applied.filter_map(|entry| entry.outcome.as_ref()) {
            if let Some(text) = outcome["after"].as_str() {
                approvals.written(text);
            }
        }
        approvals
    }

    /// The command lines that the user did not allow.
    pub(crate) fn denied(&self) -> Vec<String> {
        lock(&self.denied).clone()
    }

    /// The user refused a change, which is told to the models.
    pub(crate) fn refuse(&self, diff: String) {
        let mut refused = lock(&self.refused);
        if !refused.contains(&diff) {
            refused.push(diff);
        }
    }

    /// Diffs of the changes that the user refused, the latest of them, as far as they fit into a prompt.
    pub(crate) fn refused(&self) -> String {
        let mut room = MAX_REFUSED;
        let refused = lock(&self.refused);
        let latest = refused.iter().rev().map_while(|diff| {
            room = room.checked_sub(diff.len())?;
            Some(diff.trim_end())
        });
        latest.collect::<Vec<_>>().join("\n")
    }

    /// The user allows the commands of this task to reach a host, or does not.
    pub(crate) fn answered_host(&self, host: &str, is_allowed: bool) {
        lock(&self.hosts).insert(host.to_owned(), is_allowed);
    }

    /// What the user said of hosts, for the whole task.
    pub(crate) fn hosts(&self) -> BTreeMap<String, bool> {
        lock(&self.hosts).clone()
    }

    fn is_own(&self, hash: &Hash) -> bool {
        lock(&self.written).contains(hash)
    }
}

/// Whether the user allows this command line; asks, unless they have answered for it already.
pub(crate) async fn is_allowed(run: &Run, line: &str) -> Result<bool, Stop> {
    if run.settings.commands.approve == Approval::Always {
        return Ok(true);
    }
    loop {
        let scripts = foreign_scripts(run, line);
        let is_allowed = is_allowed_with(run, line, &scripts).await?;
        // A script that has changed since the user was asked is not the one that they allowed.
        if !is_allowed || foreign_scripts(run, line) == scripts {
            return Ok(is_allowed);
        }
    }
}

/// [`is_allowed`], where these are the scripts that it runs.
async fn is_allowed_with(run: &Run, line: &str, scripts: &[(RelPath, Hash)]) -> Result<bool, Stop> {
    let project = run.project();
    let fingerprint = fingerprint(&project, line, scripts);
    if run.store.is_approved(&project, &fingerprint).await? {
        return Ok(true);
    }
    let key = match scripts.is_empty() {
        true => format!("allow/{line}"),
        false => format!("allow/{line}@{}", &fingerprint[..16]),
    };
    for time in 0.. {
        let key = if time == 0 { key.clone() } else { format!("{key}#{time}") };
        match run.ask(&key, AskKind::Command, &question(run, line)).await? {
            UserReply::AllowOnce if !use_once(run, &key) => {}
            UserReply::Allow | UserReply::AllowOnce => break,
            UserReply::AllowAlways => {
                run.store.approve(&project, &fingerprint, line).await?;
                break;
            }
            _ => {
                let mut denied = lock(&run.approvals.denied);
                if !denied.iter().any(|known| known == line) {
                    denied.push(line.to_owned());
                }
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn question(run: &Run, line: &str) -> String {
    format!("Run this command in {}?\n{line}", run.workspace.root.display())
}

/// Uses up what was allowed once; `false` where it was used before.
fn use_once(run: &Run, key: &str) -> bool {
    let mut used = lock(&run.approvals.used);
    let count = used.entry(key.to_owned()).or_default();
    *count += 1;
    *count == 1
}

/// The files that a command line runs or is steered by, with their hashes, without those that this
/// task wrote as they are.
fn foreign_scripts(run: &Run, line: &str) -> Vec<(RelPath, Hash)> {
    let snapshot = run.workspace.editor.snapshot();
    let scripts = scripts(&snapshot, line).into_iter();
    scripts.filter(|(_, hash)| !run.approvals.is_own(hash)).collect()
}

fn scripts(snapshot: &Snapshot, line: &str) -> Vec<(RelPath, Hash)> {
    let mut paths = context::mentioned(line, &context::paths(snapshot));
    let program = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    for word in line.split([' ', ';', '&', '|']).map(program) {
        let steering = steering_files(&word).iter().filter_map(|name| RelPath::new(name).ok());
        paths.extend(steering);
    }
    paths.sort();
    paths.dedup();
    let read = |path: RelPath| snapshot.read(&path).ok().map(|text| (path, hash(&text)));
    paths.into_iter().filter_map(read).collect()
}

/// The files of a project that say what a program does.
fn steering_files(program: &str) -> &'static [&'static str] {
    match program {
        "npm" | "npx" | "yarn" | "pnpm" => &["package.json"],
        "make" => &["Makefile", "makefile", "GNUmakefile"],
        "cargo" => &["Cargo.toml", "build.rs"],
        "go" => &["go.mod"],
        "mvn" => &["pom.xml"],
        "gradle" | "gradlew" => &["build.gradle", "build.gradle.kts"],
        "cmake" => &["CMakeLists.txt"],
        "pytest" => &["conftest.py", "pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"],
        "tox" => &["tox.ini"],
        _ => &[],
    }
}

fn fingerprint(project: &str, line: &str, scripts: &[(RelPath, Hash)]) -> String {
    let mut digest = Sha256::new();
    let mut part = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    };
    part(project.as_bytes());
    part(line.as_bytes());
    for (path, hash) in scripts {
        part(path.as_str().as_bytes());
        part(hash);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts_of(files: &[(&str, &str)], line: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        let root = folder.path().canonicalize().unwrap();
        let snapshot = Snapshot::new(root, [].into());
        scripts(&snapshot, line).into_iter().map(|(path, _)| path.to_string()).collect()
    }

    #[test]
    fn an_approval_holds_the_scripts_that_a_command_runs() {
        let files = [("run.sh", "ls"), ("package.json", "{}"), ("a.py", "")];
        assert_eq!(scripts_of(&files, "sh ./run.sh && python3 a.py"), ["a.py", "run.sh"]);
        assert_eq!(scripts_of(&files, "cd web; npm test"), ["package.json"]);
        assert_eq!(scripts_of(&files, "ls"), [""; 0]);
    }

    #[test]
    fn another_line_place_or_script_is_another_approval() {
        let path = RelPath::new("a.py").unwrap();
        let of = |project, line, text| fingerprint(project, line, &[(path.clone(), hash(text))]);
        let allowed = of("/p", "python3 a.py", "1");
        assert_eq!(allowed, of("/p", "python3 a.py", "1"));
        for other in [
            of("/q", "python3 a.py", "1"),
            of("/p", "python3 a.py x", "1"),
            of("/p", "python3 a.py", "2"),
            fingerprint("/p", "python3 a.py", &[]),
        ] {
            assert_ne!(allowed, other);
        }
    }
}
