//! One generated case: files, an edit of one of them, and what a model makes of it.

use std::collections::BTreeMap;

use crate::random::Random;

/// Real-looking files in several languages, manners and indentations.
pub(crate) const SOURCES: [(&str, &str); 8] = [
    ("app/inventory.py", include_str!("sources/inventory.py")),
    ("src/cart.ts", include_str!("sources/cart.ts")),
    ("cache/cache.go", include_str!("sources/cache.go")),
    ("src/parser.rs", include_str!("sources/parser.rs")),
    ("web/page.html", include_str!("sources/page.html")),
    ("docs/guide.md", include_str!("sources/guide.md")),
    ("deploy/service.yaml", include_str!("sources/service.yaml")),
    ("src/bank/Account.java", include_str!("sources/Account.java")),
];

/// What must come out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// These files.
    Applied(BTreeMap<String, String>),
    /// A complaint: the case is ambiguous, or stale.
    Refused,
    /// These files, or a complaint: the answer alone does not settle the case.
    AppliedOrRefused(BTreeMap<String, String>),
}

/// A case of a corpus.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) kind: String,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) answer: String,
    pub(crate) expected: Expected,
}

/// A part of an edited region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Keep(usize),
    Drop(usize),
    New(String),
}

/// An edit of some lines of a file.
pub(crate) struct Edit {
    pub(crate) lines: Vec<String>,
    pub(crate) pieces: Vec<Piece>,
}

impl Edit {
    /// A random edit of a random region of `text`: lines changed, inserted or removed, with some
    /// lines of context.
    pub(crate) fn random(text: &str, random: &mut Random) -> Self {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        loop {
            let size = random.below(10) + 3;
            let start = random.below(lines.len().saturating_sub(size).max(1));
            let end = (start + size).min(lines.len());
            let solid = |index: &usize| lines[*index].trim().len() > 6;
            let candidates: Vec<usize> = (start..end).filter(solid).collect();
            if candidates.len() < 2 {
                continue;
            }
            let at = candidates[random.below(candidates.len())];
            let pieces = pieces(&lines, start..end, at, random);
            return Self { lines, pieces };
        }
    }

    /// The file after the edit.
    pub(crate) fn after(&self) -> String {
        let old: Vec<usize> = self.pieces.iter().filter_map(Piece::line).collect();
        let mut after: Vec<String> = self.lines[..old[0]].to_vec();
        after.extend(self.pieces.iter().filter_map(|piece| match piece {
            Piece::Keep(line) => Some(self.lines[*line].clone()),
            Piece::New(text) => Some(text.clone()),
            Piece::Drop(_) => None,
        }));
        after.extend_from_slice(&self.lines[old[old.len() - 1] + 1..]);
        after.iter().map(|line| format!("{line}\n")).collect()
    }

    /// How many places of the file have the lines that the edit shows, white space aside.
    pub(crate) fn places(&self) -> usize {
        let key = |text: &str| text.split_whitespace().collect::<String>();
        let all: Vec<String> =
            self.lines.iter().map(|line| key(line)).filter(|line| !line.is_empty()).collect();
        let shown: Vec<String> = (self.pieces.iter().filter_map(Piece::line))
            .map(|line| key(&self.lines[line]))
            .filter(|line| !line.is_empty())
            .collect();
        all.windows(shown.len()).filter(|window| *window == shown).count()
    }

    /// Indices of pieces that are kept and have only kept pieces beside them, within the region.
    pub(crate) fn quiet(&self) -> Vec<usize> {
        let kept = |index: usize| matches!(self.pieces.get(index), Some(Piece::Keep(_)));
        (1..self.pieces.len()).filter(|i| kept(i - 1) && kept(*i) && kept(i + 1)).collect()
    }

    pub(crate) fn text(&self, line: usize) -> &str {
        &self.lines[line]
    }
}

impl Piece {
    pub(crate) fn line(&self) -> Option<usize> {
        match self {
            Self::Keep(line) | Self::Drop(line) => Some(*line),
            Self::New(_) => None,
        }
    }
}

fn pieces(
    lines: &[String],
    region: std::ops::Range<usize>,
    at: usize,
    random: &mut Random,
) -> Vec<Piece> {
    let what = random.below(4);
    let length = if what == 2 { 1 + random.below(2) } else { 1 };
    let mut pieces = Vec::new();
    for line in region {
        let depth = lines[line].len() - lines[line].trim_start().len();
        let (indent, body) = lines[line].split_at(depth);
        let inside = (at..at + length).contains(&line);
        match what {
            0 | 1 if line == at => {
                pieces.push(Piece::Drop(line));
                pieces.push(Piece::New(format!("{indent}{}", changed(body, random))));
            }
            2 if inside => pieces.push(Piece::Drop(line)),
            3 if line == at => {
                pieces.push(Piece::Keep(line));
                for _ in 0..=random.below(3) {
                    let fresh = format!("record_{}(step)", random.below(1_000));
                    pieces.push(Piece::New(format!("{indent}{fresh}")));
                }
            }
            _ => pieces.push(Piece::Keep(line)),
        }
    }
    pieces
}

/// `body` with one of its longer words replaced.
fn changed(body: &str, random: &mut Random) -> String {
    let words: Vec<&str> = body
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.len() > 3)
        .collect();
    match words.len() {
        0 => format!("{body} extra"),
        count => body.replacen(words[random.below(count)], "replacement", 1),
    }
}
