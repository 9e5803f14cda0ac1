//! The list of keys: name, type, default, and whether a workspace may set it. Everything else about
//! keys is drawn from this list; a test keeps `config.example.toml` equal to it.

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
}

/// A key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// Its table and name; `providers.*.x` stands for any provider.
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    pub(crate) workspace: Workspace,
}

const fn key(name: &'static str, kind: Type, workspace: Workspace) -> Key {
    Key { name, kind, workspace }
}

use Type::{Duration, Flag, Number, Text, Texts, Word};
use Workspace::{Later, Less, No};

/// All keys.
pub(crate) const KEYS: &[Key] = &[
    key("models.default", Text, No),
    key("providers.*.kind", Word(&["openai", "anthropic"]), No),
    key("providers.*.base_url", Text, No),
    key("providers.*.key_env", Text, No),
    key("providers.*.key", Text, No),
    key("providers.*.default_model", Text, No),
    key("providers.*.connect_timeout", Duration, No),
    key("providers.*.first_token_timeout", Duration, No),
    key("providers.*.idle_timeout", Duration, No),
    key("providers.*.context_tokens", Number(1_024, 10_000_000), No),
    key("providers.*.output_tokens", Number(256, 1_000_000), No),
    key("providers.*.small", Flag, No),
    key("tasks.mode", Word(&["auto", "review", "plan"]), Later),
    key("tasks.prompt_bytes", Number(1, 16 * 1024 * 1024), Less),
    key("tasks.queue", Number(0, 1_000), Less),
    key("tasks.max_turns", Number(2, 10_000), Less),
    key("tasks.max_steps", Number(1, 100), Less),
    key("tasks.repair_rounds", Number(0, 10), Less),
    key("tasks.patch_rounds", Number(0, 20), Less),
    key("commands.approve", Word(&["always", "ask"]), Later),
    key("commands.time_limit", Duration, Less),
    key("commands.output_bytes", Number(1_024, 16 * 1024 * 1024), Less),
    key("commands.env_allow", Texts, No),
    key("git.mode", Word(&["current", "task-branch"]), Later),
    key("git.trailers", Flag, No),
    key("git.assisted_by", Flag, No),
    key("projects.folder", Text, No),
    key("local.idle", Duration, No),
    key("local.threads", Number(1, 512), No),
    key("log.level", Text, No),
    key("log.files", Number(1, 1_000), No),
];

/// The key of that dotted name, a provider's name standing for `*`.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    let general = generalised(name);
    KEYS.iter().find(|key| key.name == general)
}

/// The name with `*` for the provider's.
pub(crate) fn generalised(name: &str) -> String {
    let mut parts: Vec<&str> = name.split('.').collect();
    if parts.len() == 3 && parts[0] == "providers" {
        parts[1] = "*";
    }
    parts.join(".")
}

/// The key whose name is nearest to a wrong one, where one is near.
pub(crate) fn nearest(name: &str) -> Option<String> {
    let general = generalised(name);
    let candidates = KEYS.iter().map(|key| key.name);
    let (distance, best) = candidates.map(|key| (distance(&general, key), key)).min()?;
    let provider = name.split('.').nth(1).unwrap_or("*");
    (distance <= general.len().div_ceil(2)).then(|| best.replace('*', provider))
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
        assert_eq!(nearest("tasks.patch_round").as_deref(), Some("tasks.patch_rounds"));
        assert_eq!(nearest("providers.mine.baseurl").as_deref(), Some("providers.mine.base_url"));
        assert_eq!(nearest("q"), None);
    }
}
