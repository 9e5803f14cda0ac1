//! What a commit says: conventional (<https://www.conventionalcommits.org>), or as the user has it.

use devika_config::{CommitTemplate, Placeholder};
use devika_protocol::Agent;

use crate::stages::{checks, tests_kept};

/// Types of conventional commits, and first words of subjects that tell of them.
const TYPES: [(&str, &[&str]); 11] = [
    ("fix", &["fix", "fixes", "repair", "correct", "mend", "resolve", "prevent", "handle"]),
    ("refactor", &["refactor", "rename", "move", "extract", "simplify", "split", "restructure"]),
    ("docs", &["document", "explain"]),
    ("test", &["test", "cover"]),
    ("perf", &["optimize", "optimise", "accelerate"]),
    ("style", &["format", "reformat"]),
    ("chore", &["bump", "upgrade", "pin"]),
    ("build", &[]),
    ("ci", &[]),
    ("revert", &["revert"]),
    ("feat", &[]),
];

/// What is known of a step that is committed.
pub(super) struct Telling<'a> {
    /// The coder's words, or the plan's.
    pub(super) subject: &'a str,
    /// What the plan says about it.
    pub(super) why: &'a str,
    /// The pages that it stands on.
    pub(super) sources: &'a [String],
    /// The commands that passed.
    pub(super) verified: &'a [String],
    /// The agent that wrote it.
    pub(super) agent: Agent,
    /// The files that it changes.
    pub(super) files: &'a [String],
    /// The task's number.
    pub(super) task: String,
    /// Which step of how many.
    pub(super) step: &'a str,
}

impl Telling<'_> {
    /// The message.
    pub(super) fn fill(&self, template: &CommitTemplate) -> String {
        let (kind, subject) = self.kind_and_subject();
        template.fill(|place| match place {
            Placeholder::Type => kind.clone(),
            Placeholder::Subject => subject.clone(),
            Placeholder::Why if self.why == self.subject => String::new(),
            Placeholder::Why => self.why.to_owned(),
            Placeholder::Sources => list("Sources:", self.sources.iter().cloned()),
            Placeholder::Verification => {
                list("Verified by:", self.verified.iter().map(|line| format!("`{line}`")))
            }
            Placeholder::Task => self.task.clone(),
            Placeholder::Step => self.step.to_owned(),
        })
    }

    /// The type and the subject without it; what the coder says itself counts.
    fn kind_and_subject(&self) -> (String, String) {
        let subject = self.subject.trim();
        if let Some((before, rest)) = subject.split_once(": ")
            && is_kind(before)
        {
            return (before.to_owned(), rest.trim().to_owned());
        }
        let first = subject.split_whitespace().next().unwrap_or_default().to_lowercase();
        let told = TYPES.iter().find(|(_, words)| words.contains(&first.as_str()));
        let kind = match told {
            _ if checks::are_prose(self.files) => "docs",
            _ if !self.files.is_empty()
                && self.files.iter().all(|file| tests_kept::is_test(file)) =>
            {
                "test"
            }
            Some((kind, _)) => kind,
            None if self.agent == Agent::Patcher => "fix",
            None => "feat",
        };
        (kind.to_owned(), lower(subject))
    }
}

/// Whether it is a type, with a scope and a mark or without: `feat(api)!`.
fn is_kind(text: &str) -> bool {
    let text = text.strip_suffix('!').unwrap_or(text);
    let kind = match text.split_once('(') {
        Some((kind, scope)) if scope.ends_with(')') => kind,
        Some(_) => return false,
        None => text,
    };
    kind == UNFINISHED || TYPES.iter().any(|(known, _)| *known == kind)
}

/// The type of what still fails its check.
pub(super) const UNFINISHED: &str = "wip";

/// With a small first letter, unless it begins a name such as `HTTP`.
fn lower(subject: &str) -> String {
    let mut letters = subject.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain([second]).chain(letters).collect()
        }
        _ => subject.to_owned(),
    }
}

/// Lines under a heading; nothing where there are none.
fn list(heading: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: String = lines.map(|line| format!("\n- {line}")).collect();
    if lines.is_empty() { lines } else { format!("{heading}{lines}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(subject: &str, files: &[&str], agent: Agent) -> String {
        let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
        let telling = Telling {
            subject,
            why: "Greet whoever is there",
            sources: &["Docs <https://example.org>".to_owned()],
            verified: &["python3 -m unittest".to_owned()],
            agent,
            files: &files,
            task: "7".to_owned(),
            step: "1/2",
        };
        let template = "{type}: {subject}\n\n{why}\n\n{sources}\n\n{verification}";
        telling.fill(&CommitTemplate::parse(template).unwrap())
    }

    #[test]
    fn a_commit_says_what_why_on_what_grounds_and_what_passed() {
        insta::assert_snapshot!(told("Greet the user", &["a.py"], Agent::Coder), @r"
        feat: greet the user

        Greet whoever is there

        Sources:
        - Docs <https://example.org>

        Verified by:
        - `python3 -m unittest`
        ");
    }

    #[test]
    fn the_type_is_told_by_the_coder_the_files_the_words_and_the_agent() {
        let subject = |subject, files: &[&str], agent| {
            told(subject, files, agent).lines().next().unwrap_or_default().to_owned()
        };
        let coder = |text, files: &[&str]| subject(text, files, Agent::Coder);
        assert_eq!(coder("fix(api)!: Drop it", &["a.py"]), "fix(api)!: Drop it");
        assert_eq!(coder("Note: this is new", &["a.py"]), "feat: note: this is new");
        assert_eq!(coder("Explain the flags", &["README.md"]), "docs: explain the flags");
        assert_eq!(coder("Add tests", &["test_a.py", "web/a.spec.ts"]), "test: add tests");
        assert_eq!(coder("Rename it", &["a.py"]), "refactor: rename it");
        assert_eq!(coder("HTTP over TLS", &["a.py"]), "feat: HTTP over TLS");
        assert_eq!(subject("Return the sum", &["a.py"], Agent::Patcher), "fix: return the sum");
    }
}
