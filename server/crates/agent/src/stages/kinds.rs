//! What a task can be, and what of that a model is given to choose from.

use devika_protocol::Agent;
use devika_vcs::RemoteAddress;
use serde::{Deserialize, Serialize};

use crate::stages::research;
use crate::wording::{own_words, wants_no_change};

/// What kind of task it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// Files are created or changed.
    Code,
    /// The same, in a conversation.
    Feature,
    /// What is wrong is repaired.
    Bug,
    /// A question; nothing is changed.
    Answer,
    /// The project's program is run.
    Run,
    /// The project's checks are run.
    Test,
    /// The project is described in a document.
    Report,
    /// A page of the web is read or used, and a question answered from it.
    Page,
    /// The project is put on the web.
    Deploy,
    /// A repository is cloned and opened.
    Clone,
    /// A fact is missing that only the user knows.
    Ask,
}

impl Kind {
    /// The word for it in a model's answer.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Feature => "feature",
            Self::Bug => "bug",
            Self::Answer => "answer",
            Self::Run => "run",
            Self::Test => "test",
            Self::Report => "report",
            Self::Page => "page",
            Self::Deploy => "deploy",
            Self::Clone => "clone",
            Self::Ask => "ask",
        }
    }

    /// Whether files are planned and written.
    pub(crate) fn is_coding(self) -> bool {
        matches!(self, Self::Code | Self::Feature | Self::Bug)
    }

    /// The agent that writes its code.
    pub(crate) fn coder(self) -> Agent {
        match self {
            Self::Feature => Agent::Feature,
            Self::Bug => Agent::Patcher,
            _ => Agent::Coder,
        }
    }

    /// What it is for, in words for the model.
    fn purpose(self) -> &'static str {
        match self {
            Self::Code => "to create or change files",
            Self::Feature => "to create or change files",
            Self::Bug => "to repair what is wrong",
            Self::Answer => "for a question that changes nothing",
            Self::Run => "only to run the program as it is",
            Self::Test => "only to run the tests as they are",
            Self::Report => "for a document that describes the whole project",
            Self::Page => "to read the web page that the user names, or use it, and tell about it",
            Self::Deploy => "to put the project on the web",
            Self::Clone => "only to clone that repository",
            Self::Ask => "only where a fact is missing that the user alone knows",
        }
    }
}

/// The kinds in one sentence for the model.
pub(crate) fn described(kinds: &[Kind]) -> String {
    let one = |kind: &Kind| format!("\"{}\" {}", kind.word(), kind.purpose());
    kinds.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The kinds that a model may choose from, for what the user says. A small model chooses among few:
/// those beyond code, answer and ask are offered to it only where the user's words name them.
pub(crate) fn offered(prompt: &str, follows_up: bool, small: bool) -> Vec<Kind> {
    let own = &own_words(prompt);
    if wants_no_change(prompt) {
        let page = (!research::addresses(own).is_empty()).then_some(Kind::Page);
        return [Kind::Answer].into_iter().chain(page).chain([Kind::Ask]).collect();
    }
    let words = Words::of(own);
    let mut kinds = match follows_up {
        false => vec![Kind::Code],
        true if !small || words.any(&BUG) => vec![Kind::Feature, Kind::Bug],
        true => vec![Kind::Feature],
    };
    kinds.push(Kind::Answer);
    if !small || words.begin_with(&RUN) {
        kinds.push(Kind::Run);
    }
    if !small || words.begin_with(&RUN) || words.begin_with(&TEST) {
        kinds.push(Kind::Test);
    }
    if !small || words.any(&["report", "document", "documentation"]) {
        kinds.push(Kind::Report);
    }
    if !small || words.ask_to_deploy() {
        kinds.push(Kind::Deploy);
    }
    if !research::addresses(own).is_empty() && (!small || words.begin_with(&READ)) {
        kinds.push(Kind::Page);
    }
    if RemoteAddress::find_in(own).is_some() && (!small || words.begin_with(&CLONE)) {
        kinds.push(Kind::Clone);
    }
    kinds.push(Kind::Ask);
    kinds
}

/// Whether the user wants a text for people: the first word that names a text or a program decides.
pub(crate) fn wants_document(prompt: &str) -> bool {
    let words = Words::of(&own_words(prompt));
    let named =
        |word: &&String| TEXTS.contains(&word.as_str()) || PROGRAMS.contains(&word.as_str());
    let decides = words.0.iter().find(named);
    words.begin_with(&WRITE) && decides.is_some_and(|word| TEXTS.contains(&word.as_str()))
}

const WRITE: [&str; 6] = ["write", "draft", "compose", "create", "make", "prepare"];
const TEXTS: [&str; 16] = [
    "letter", "essay", "article", "readme", "story", "poem", "speech", "memo", "summary",
    "minutes", "tutorial", "guide", "email", "blog", "text", "document",
];
const PROGRAMS: [&str; 18] = [
    "program",
    "script",
    "function",
    "class",
    "tool",
    "app",
    "application",
    "parser",
    "generator",
    "server",
    "test",
    "tests",
    "code",
    "module",
    "command",
    "library",
    "page",
    "site",
];
const RUN: [&str; 6] = ["run", "rerun", "start", "launch", "execute", "try"];
const TEST: [&str; 4] = ["test", "tests", "check", "verify"];
const DEPLOY: [&str; 5] = ["deploy", "redeploy", "publish", "host", "ship"];
const READ: [&str; 13] = [
    "read",
    "open",
    "visit",
    "browse",
    "look",
    "summarize",
    "summarise",
    "fetch",
    "explain",
    "go",
    "use",
    "search",
    "click",
];
const CLONE: [&str; 2] = ["clone", "checkout"];
const BUG: [&str; 14] = [
    "bug", "bugs", "fix", "repair", "mend", "wrong", "broken", "fails", "failing", "fail", "error",
    "crash", "crashes", "debug",
];

/// What people say before they say what they want.
const COURTESIES: [&str; 16] = [
    "please", "now", "then", "can", "could", "would", "will", "you", "ok", "okay", "and", "so",
    "just", "let's", "let", "us",
];

/// The words of a prompt, in lower case.
struct Words(Vec<String>);

impl Words {
    fn of(prompt: &str) -> Self {
        let words = prompt.split(|c: char| !(c.is_alphanumeric() || c == '\''));
        Self(words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect())
    }

    fn any(&self, these: &[&str]) -> bool {
        self.0.iter().any(|word| these.contains(&word.as_str()))
    }

    /// Whether the project is to be put on the web: “deploy it”, “put it on Netlify”.
    fn ask_to_deploy(&self) -> bool {
        let names_place = || self.any(&["netlify", "online", "web", "internet"]);
        self.begin_with(&DEPLOY) || self.begin_with(&["put", "bring", "upload"]) && names_place()
    }

    /// Whether one of these is the first word after those of courtesy.
    fn begin_with(&self, these: &[&str]) -> bool {
        let first = self.0.iter().find(|word| !COURTESIES.contains(&word.as_str()));
        first.is_some_and(|word| these.contains(&word.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(kinds: &[Kind]) -> String {
        kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_small_model_chooses_among_what_the_words_of_the_user_can_mean() {
        let first = |prompt| words(&offered(prompt, false, true));
        assert_eq!(first("Write hello world in Python, with a test"), "code answer ask");
        assert_eq!(first("Please run it"), "code answer run test ask");
        assert_eq!(first("Test the parser"), "code answer test ask");
        assert_eq!(first("Write a report of this project"), "code answer report ask");
        assert_eq!(first("Read https://a.example/ and tell me"), "code answer page ask");
        assert_eq!(first("Please deploy it"), "code answer deploy ask");
        assert_eq!(first("Put it on Netlify"), "code answer deploy ask");
        assert_eq!(first("Write a script that deploys to Netlify"), "code answer ask");
        assert_eq!(first("Clone https://example.org/a/b"), "code answer clone ask");
        assert_eq!(first("Write a page that links to https://example.org/a"), "code answer ask");
        assert_eq!(first("Clone the list before it is sorted"), "code answer ask");
        let next = |prompt| words(&offered(prompt, true, true));
        assert_eq!(next("Make it greet in French"), "feature answer ask");
        assert_eq!(next("It crashes, repair it"), "feature bug answer ask");
    }

    #[test]
    fn where_nothing_is_to_be_changed_only_answering_is_left() {
        for small in [true, false] {
            let kinds = offered("Explain line 3 of `a.py`. Change nothing.", true, small);
            assert_eq!(words(&kinds), "answer ask");
        }
    }

    #[test]
    fn what_is_quoted_in_a_prompt_chooses_nothing() {
        let prompt = "Mend this:\n```\n# clone https://example.org/a/b, change nothing\n```";
        assert_eq!(words(&offered(prompt, false, true)), "code answer ask");
    }

    #[test]
    fn a_text_is_told_from_a_program_that_has_to_do_with_texts() {
        for text in
            ["Write a letter to my landlord", "Please draft a README", "Compose a short poem"]
        {
            assert!(wants_document(text), "{text}");
        }
        for other in
            ["Write a program that prints a poem", "Write hello world in Python", "Read the essay"]
        {
            assert!(!wants_document(other), "{other}");
        }
    }

    #[test]
    fn a_large_model_chooses_among_all() {
        assert_eq!(
            words(&offered("Go on", true, false)),
            "feature bug answer run test report deploy ask"
        );
        assert_eq!(
            words(&offered("Begin", false, false)),
            "code answer run test report deploy ask"
        );
        assert_eq!(
            words(&offered("Hol dir https://example.org/a/b", false, false)),
            "code answer run test report deploy page clone ask"
        );
    }

    #[test]
    fn each_kind_is_described_by_the_word_that_the_answer_has_for_it() {
        assert_eq!(
            described(&[Kind::Code, Kind::Answer, Kind::Ask]),
            "\"code\" to create or change files; \"answer\" for a question that changes nothing; \"ask\" only where a fact is missing that the user alone knows"
        );
        let as_json = serde_json::to_value(Kind::Feature).unwrap();
        assert_eq!(as_json, Kind::Feature.word());
    }
}
