//! What commits say, and what is looked for before they are made, resolved from the configuration.

use crate::values::Values;

/// The key of the template.
const MESSAGE: &str = "git.message";

/// The placeholders of a commit's message, by their names.
const PLACEHOLDERS: [(&str, Placeholder); 7] = [
    ("type", Placeholder::Type),
    ("subject", Placeholder::Subject),
    ("why", Placeholder::Why),
    ("sources", Placeholder::Sources),
    ("verification", Placeholder::Verification),
    ("task", Placeholder::Task),
    ("step", Placeholder::Step),
];

/// What a commit's message is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder {
    /// `feat`, `fix`, `docs` and the like.
    Type,
    /// What was done, in a line.
    Subject,
    /// What the plan says about the step.
    Why,
    /// The pages that it stands on.
    Sources,
    /// The commands that passed.
    Verification,
    /// The task's number.
    Task,
    /// Which step of how many: `1/2`.
    Step,
}

/// A commit's message with places to fill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitTemplate(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(Placeholder),
}

impl CommitTemplate {
    /// Reads a template such as `{type}: {subject}`; braces that stand for themselves are doubled.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let Some((name, after)) = rest.split_once('}').filter(|_| brace == "{") else {
                return Err(
                    "has a brace without its other one; one that is meant as text is doubled"
                        .to_owned(),
                );
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Place(placeholder(name)?));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        match pieces.contains(&Piece::Place(Placeholder::Subject)) {
            true => Ok(Self(pieces)),
            false => Err("lacks {subject}".to_owned()),
        }
    }

    /// The message with its places filled. A line of which nothing but an empty place is known is left
    /// out, and so are the empty lines around it but one.
    pub fn fill(&self, value: impl Fn(Placeholder) -> String) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Place(place) => value(*place),
        };
        let filled: String = self.0.iter().map(piece).collect();
        let mut message = String::with_capacity(filled.len());
        for line in filled.trim().lines() {
            if !(line.trim().is_empty() && message.ends_with("\n\n")) {
                message.push_str(line.trim_end());
                message.push('\n');
            }
        }
        message.truncate(message.trim_end().len());
        message
    }
}

fn placeholder(name: &str) -> Result<Placeholder, String> {
    let known = PLACEHOLDERS.iter().find(|(known, _)| *known == name);
    known.map(|(_, place)| *place).ok_or_else(|| {
        let names: Vec<String> =
            PLACEHOLDERS.iter().map(|(name, _)| format!("{{{name}}}")).collect();
        format!("has the placeholder {{{name}}}, which is none; there are {}", names.join(", "))
    })
}

/// What is looked for in what a step added, before it is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitChecks {
    /// Whether secrets, markers of conflicts and bytes that are no text are looked for.
    pub on: bool,
    /// Bytes that a step may add to a file.
    pub file_bytes: usize,
    /// Licences whose headers may be in files; where none are named, headers are not looked at.
    pub licences: Vec<String>,
    /// Findings that are none, by their hashes.
    pub allowed: Vec<String>,
}

/// What is done where a commit is to be signed and cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsigned {
    /// The task stops.
    Stop,
    /// It is committed without a signature, and the user is told.
    Commit,
}

pub(crate) fn message(values: &Values, wrong: &mut Vec<String>) -> CommitTemplate {
    let text = values.text(MESSAGE).unwrap_or_default();
    CommitTemplate::parse(&text).unwrap_or_else(|why| {
        wrong.push(format!("{}: `{MESSAGE}` {why}", values.place(MESSAGE)));
        CommitTemplate(Vec::new())
    })
}

pub(crate) fn checks(values: &Values) -> CommitChecks {
    let kilobytes = values.number("git.file_kb").and_then(|number| usize::try_from(number).ok());
    CommitChecks {
        on: values.flag("git.checks").unwrap_or(true),
        file_bytes: kilobytes.unwrap_or_default() << 10,
        licences: values.texts("git.licences"),
        allowed: values.texts("git.allowed_findings"),
    }
}

pub(crate) fn unsigned(values: &Values) -> Unsigned {
    match values.text("git.unsigned").as_deref() {
        Some("commit") => Unsigned::Commit,
        _ => Unsigned::Stop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, why: &str) -> String {
        CommitTemplate::parse(template).unwrap().fill(|place| match place {
            Placeholder::Type => "feat".to_owned(),
            Placeholder::Subject => "greet {why}".to_owned(),
            Placeholder::Why => why.to_owned(),
            Placeholder::Verification => "Verified: `true`".to_owned(),
            _ => String::new(),
        })
    }

    #[test]
    fn a_message_has_its_places_filled_and_no_gaps_where_nothing_is_known() {
        let template = "{type}: {subject}\n\n{why}\n\n{sources}\n\n{verification}\n{{{step}}}";
        insta::assert_snapshot!(filled(template, "Since it is polite."), @"
        feat: greet {why}

        Since it is polite.

        Verified: `true`
        {}
        ");
        assert_eq!(filled("{subject}\n\n{why}", ""), "greet {why}");
    }

    #[test]
    fn a_template_that_cannot_be_filled_says_what_is_wrong() {
        let why = |text| CommitTemplate::parse(text).unwrap_err();
        assert_eq!(
            why("{subject} {who}"),
            "has the placeholder {who}, which is none; there are {type}, {subject}, {why}, {sources}, {verification}, {task}, {step}"
        );
        assert_eq!(why("devika: {why}"), "lacks {subject}");
        assert!(why("{subject").starts_with("has a brace without its other one"));
        assert!(why("{subject} }").starts_with("has a brace without its other one"));
    }
}
