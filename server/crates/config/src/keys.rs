//! The list of keys: name, type, and whether a workspace may set it. Everything else about keys is
//! drawn from this list; a test keeps `config.example.toml` equal to it.

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Text,
    Flag,
    Texts,
    /// A whole number in this range.
    Number(i64, i64),
    /// A duration such as `"30s"`, `"5m"`, or whole seconds.
    Duration,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Where a provider answers: http or https.
    Address,
    /// The name of an environment variable.
    Variable,
    /// A file or folder, absolute or below the user's home.
    Path,
    /// What must never be shown.
    Secret,
    /// The value of an HTTP header; a secret where its name says so.
    Header,
    /// A command line whose output is a secret.
    Command,
    /// An entry of the system's keyring: `true`, or `"service/user"`.
    Keyring,
    /// An amount in dollars.
    Money,
    /// An amount in dollars, or `"none"`.
    MoneyCap,
    /// A number of tokens, or `"none"`.
    TokenCap,
}

/// Whether a file in the workspace may set a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workspace {
    /// Never.
    No,
    /// To a smaller number or a shorter time.
    Less,
    /// To a word that comes later in the list of words.
    Later,
    /// To `false`.
    Off,
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Its table and name; `*` stands for any provider, header or model.
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) workspace: Workspace,
}

impl Key {
    /// Its table, and its name in there.
    fn split(&self) -> (&'static str, &'static str) {
        self.name.rsplit_once('.').unwrap_or(("", self.name))
    }
}

const fn key(name: &'static str, kind: Type, workspace: Workspace) -> Key {
    Key { name, kind, workspace }
}

use Type::{
    Address, Command, Duration, Flag, Header, Keyring, Money, MoneyCap, Number, Path, Secret, Text,
    Texts, TokenCap, Variable, Word,
};
use Workspace::{Later, Less, No, Off};

/// The words for protocols.
const KINDS: &[&str] = &["openai", "responses", "anthropic", "gemini", "ollama"];

/// All keys.
pub(crate) const KEYS: &[Key] = &[
    key("models.default", Text, No),
    key("models.planner", Text, No),
    key("models.coder", Text, No),
    key("models.patcher", Text, No),
    key("models.answer", Text, No),
    key("models.fast", Text, No),
    key("models.fallback", Texts, No),
    key("models.patience", Duration, Less),
    key("providers.*.kind", Word(KINDS), No),
    key("providers.*.base_url", Address, No),
    key("providers.*.key_env", Variable, No),
    key("providers.*.key_keyring", Keyring, No),
    key("providers.*.key_command", Command, No),
    key("providers.*.key", Secret, No),
    key("providers.*.default_model", Text, No),
    key("providers.*.headers.*", Header, No),
    key("providers.*.ca_file", Path, No),
    key("providers.*.proxy", Address, No),
    key("providers.*.connect_timeout", Duration, No),
    key("providers.*.first_token_timeout", Duration, No),
    key("providers.*.idle_timeout", Duration, No),
    key("providers.*.concurrency", Number(1, 1_000), No),
    key("providers.*.queue", Number(0, 100_000), No),
    key("providers.*.context_tokens", Number(1_024, 10_000_000), No),
    key("providers.*.output_tokens", Number(256, 1_000_000), No),
    key("providers.*.small", Flag, No),
    key("providers.*.prices.*.input", Money, No),
    key("providers.*.prices.*.cached", Money, No),
    key("providers.*.prices.*.cache_write", Money, No),
    key("providers.*.prices.*.output", Money, No),
    key("budget.task", MoneyCap, Less),
    key("budget.task_tokens", TokenCap, Less),
    key("budget.day", MoneyCap, Less),
    key("budget.day_tokens", TokenCap, Less),
    key("budget.project", MoneyCap, Less),
    key("budget.project_tokens", TokenCap, Less),
    key("tasks.mode", Word(&["auto", "review", "plan"]), Later),
    key("tasks.prompt_bytes", Number(1, 16 * 1024 * 1024), Less),
    key("tasks.queue", Number(0, 1_000), Less),
    key("tasks.parallel", Number(1, 64), Less),
    key("tasks.max_turns", Number(2, 10_000), Less),
    key("tasks.max_steps", Number(1, 100), Less),
    key("tasks.repair_rounds", Number(0, 10), Less),
    key("tasks.patch_rounds", Number(0, 20), Less),
    key("tasks.failing_step", Word(&["keep", "revert"]), No),
    key("tasks.keep_days", Number(0, 36_500), No),
    key("commands.approve", Word(&["always", "ask"]), Later),
    key("commands.time_limit", Duration, Less),
    key("commands.output_bytes", Number(1_024, 16 * 1024 * 1024), Less),
    key("commands.env_allow", Texts, No),
    key("sandbox.mode", Word(&["off", "on"]), Later),
    key("sandbox.fallback", Word(&["none", "landlock", "refuse"]), Later),
    key("sandbox.hosts", Texts, No),
    key("sandbox.private_hosts", Texts, No),
    key("sandbox.cpu_time", Duration, Less),
    key("sandbox.memory_mb", Number(16, 16 * 1024 * 1024), Less),
    key("sandbox.processes", Number(8, 1_000_000), Less),
    key("sandbox.file_mb", Number(1, 16 * 1024 * 1024), Less),
    key("sandbox.disk_mb", Number(1, 16 * 1024 * 1024), Less),
    key("git.mode", Word(&["current", "task-branch", "worktree"]), Later),
    key("git.trailers", Flag, No),
    key("git.assisted_by", Flag, No),
    key("git.message", Text, No),
    key("git.unsigned", Word(&["commit", "stop"]), Later),
    key("git.checks", Flag, No),
    key("git.file_kb", Number(1, 1024 * 1024), Less),
    key("git.licences", Texts, No),
    key("git.allowed_findings", Texts, No),
    key("git.accept", Word(&["merge", "squash", "rebase"]), No),
    key("git.remote", Text, No),
    key("git.protected", Texts, No),
    key("checkpoints.on", Flag, No),
    key("checkpoints.file_mb", Number(1, 1_024), No),
    key("checkpoints.keep_days", Number(1, 3_650), No),
    key("checkpoints.disk_percent", Number(1, 50), No),
    key("projects.folder", Path, No),
    key("projects.clone_mb", Number(1, 1024 * 1024), Less),
    key("projects.clone_time", Duration, Less),
    key("deploy.site_mb", Number(1, 16 * 1024), Less),
    key("deploy.time_limit", Duration, Less),
    key("deploy.netlify.key_env", Variable, No),
    key("deploy.netlify.key_keyring", Keyring, No),
    key("deploy.netlify.key_command", Command, No),
    key("deploy.netlify.key", Secret, No),
    key("deploy.netlify.base_url", Address, No),
    key("deploy.netlify.site", Text, No),
    key("deploy.netlify.folder", Text, No),
    key("publish.github.key_env", Variable, No),
    key("publish.github.key_keyring", Keyring, No),
    key("publish.github.key_command", Command, No),
    key("publish.github.key", Secret, No),
    key("publish.github.base_url", Address, No),
    key("publish.gitlab.key_env", Variable, No),
    key("publish.gitlab.key_keyring", Keyring, No),
    key("publish.gitlab.key_command", Command, No),
    key("publish.gitlab.key", Secret, No),
    key("publish.gitlab.base_url", Address, No),
    key("memory.on", Flag, Off),
    key("memory.kind", Word(&["embedded", "qdrant"]), No),
    key("memory.embeddings", Text, No),
    key("memory.page_days", Number(1, 36_500), No),
    key("memory.qdrant.url", Address, No),
    key("memory.qdrant.key_env", Variable, No),
    key("memory.qdrant.key_keyring", Keyring, No),
    key("memory.qdrant.key_command", Command, No),
    key("memory.qdrant.key", Secret, No),
    key("memory.qdrant.collection", Text, No),
    key("memory.qdrant.fallback", Word(&["file", "refuse"]), No),
    key("memory.qdrant.queue_mb", Number(1, 1024 * 1024), No),
    key("memory.qdrant.shards", Number(1, 1_000), No),
    key("memory.qdrant.replication", Number(1, 100), No),
    key("memory.qdrant.write_consistency", Number(1, 100), No),
    key("research.on", Flag, Off),
    key("research.engines", Texts, No),
    key("research.pages", Number(1, 20), Less),
    key("research.time_limit", Duration, Less),
    key("research.page_mb", Number(1, 1_024), Less),
    key("research.cache_age", Duration, No),
    key("research.cache_mb", Number(1, 1024 * 1024), No),
    key("research.private_hosts", Texts, No),
    key("research.proxy", Address, No),
    key("research.render", Flag, No),
    key("research.browser", Path, No),
    key("research.browser_idle", Duration, No),
    key("research.screenshots", Flag, No),
    key("research.duckduckgo.url", Address, No),
    key("research.bing.url", Address, No),
    key("research.google.url", Address, No),
    key("research.google.key_env", Variable, No),
    key("research.google.key_keyring", Keyring, No),
    key("research.google.key_command", Command, No),
    key("research.google.key", Secret, No),
    key("research.brave.url", Address, No),
    key("research.brave.key_env", Variable, No),
    key("research.brave.key_keyring", Keyring, No),
    key("research.brave.key_command", Command, No),
    key("research.brave.key", Secret, No),
    key("research.google.id", Text, No),
    key("research.searxng.url", Address, No),
    key("report.browser", Path, No),
    key("local.idle", Duration, No),
    key("local.threads", Number(1, 512), No),
    key("log.level", Text, No),
    key("log.files", Number(1, 1_000), No),
];

/// What stands at a path of names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Key(&'static Key),
    Table,
    Unknown,
}

/// What stands at `path`, a provider's name standing for `*`.
pub(crate) fn shape(path: &[&str]) -> Shape {
    let name = generalised(path);
    let below = |key: &&Key| key.name.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'));
    if let Some(key) = KEYS.iter().find(|key| key.name == name) {
        Shape::Key(key)
    } else if KEYS.iter().any(|key| below(&key)) {
        Shape::Table
    } else {
        Shape::Unknown
    }
}

/// The key of that dotted name.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    match shape(&name.split('.').collect::<Vec<_>>()) {
        Shape::Key(key) => Some(key),
        Shape::Table | Shape::Unknown => None,
    }
}

/// Whether the user chooses the names in a table: of providers, and in there of headers and of
/// models with their prices.
pub(crate) fn is_free(table: &[&str]) -> bool {
    matches!(table, ["providers"] | ["providers", _, "headers" | "prices"])
}

/// The dotted name with `*` for the names that the user chooses. A part that holds a dot is quoted,
/// as in TOML.
fn generalised(path: &[&str]) -> String {
    let part = |(at, part): (usize, &&str)| match part {
        _ if is_free(&path[..at]) => "*".to_owned(),
        part if part.contains('.') => format!("\"{part}\""),
        part => (*part).to_owned(),
    };
    path.iter().enumerate().map(part).collect::<Vec<_>>().join(".")
}

/// What to write instead of an unknown key: the nearest one, or else what there is.
pub(crate) fn instead_of_key(path: &[&str]) -> String {
    let Some((name, table)) = path.split_last() else { return String::new() };
    let general = generalised(table);
    let shown = |key: &Key| {
        let part = |(at, part): (usize, &'static str)| match part {
            "*" => table.get(at).copied().unwrap_or("NAME"),
            part => part,
        };
        key.name.split('.').enumerate().map(part).collect::<Vec<_>>().join(".")
    };

    let here: Vec<&Key> = KEYS.iter().filter(|key| key.split().0 == general).collect();
    if let Some(near) = nearest(name, here.iter().map(|key| key.split().1)) {
        let meant = here.iter().filter(|key| key.split().1 == near).map(|key| shown(key));
        return did_you_mean(meant);
    }
    let elsewhere: Vec<String> =
        KEYS.iter().filter(|key| key.split().1 == *name).map(shown).collect();
    if !elsewhere.is_empty() {
        return did_you_mean(elsewhere);
    }
    let mut there: Vec<&str> = here.iter().map(|key| key.split().1).collect();
    // Its tables, after the keys.
    let prefix = format!("{general}.");
    let below = KEYS.iter().filter_map(|key| key.name.strip_prefix(&prefix)?.split_once('.'));
    there.extend(below.map(|(table, _)| table).filter(|table| *table != "*"));
    there.dedup();
    match there.is_empty() {
        true => instead_of_table(name),
        false => format!("; there are: {}", there.join(", ")),
    }
}

/// What to write instead of an unknown table.
pub(crate) fn instead_of_table(name: &str) -> String {
    let mut tables: Vec<&str> = KEYS.iter().filter_map(|key| key.name.split('.').next()).collect();
    tables.dedup();
    match nearest(name, tables.iter().copied()) {
        Some(near) => did_you_mean([format!("[{near}]")]),
        None => format!("; the tables are: {}", tables.join(", ")),
    }
}

fn did_you_mean(names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    format!("; did you mean {}?", names.join(" or "))
}

/// The nearest of `names`, where at most a third of the letters are wrong.
pub(crate) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (distance, near) = names.map(|known| (distance(name, known), known)).min()?;
    (distance <= name.chars().count().div_ceil(3)).then_some(near)
}

/// The number of letters to insert, delete or change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let changed = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_finds_the_one_that_was_meant() {
        assert_eq!(
            instead_of_key(&["tasks", "patch_round"]),
            "; did you mean `tasks.patch_rounds`?"
        );
        assert_eq!(
            instead_of_key(&["providers", "mine", "baseurl"]),
            "; did you mean `providers.mine.base_url`?"
        );
    }

    #[test]
    fn a_key_in_the_wrong_table_finds_its_own() {
        assert_eq!(
            instead_of_key(&["mode"]),
            "; did you mean `tasks.mode` or `sandbox.mode` or `git.mode`?"
        );
        assert_eq!(
            instead_of_key(&["log", "time_limit"]),
            "; did you mean `commands.time_limit` or `deploy.time_limit` or `research.time_limit`?"
        );
        assert_eq!(
            instead_of_key(&["kind"]),
            "; did you mean `providers.NAME.kind` or `memory.kind`?"
        );
    }

    #[test]
    fn where_nothing_is_near_the_keys_are_listed() {
        assert_eq!(
            instead_of_key(&["git", "zzzz"]),
            "; there are: mode, trailers, assisted_by, message, unsigned, checks, file_kb, licences, allowed_findings, accept, remote, protected"
        );
        assert_eq!(instead_of_table("comands"), "; did you mean `[commands]`?");
        assert_eq!(
            instead_of_table("zzzz"),
            "; the tables are: models, providers, budget, tasks, commands, sandbox, git, checkpoints, projects, deploy, publish, memory, research, report, local, log"
        );
    }
}
