//! Whether a line of SEARCH is a line of the file with a small slip in it.

use std::collections::HashSet;

use super::keys::plain;

/// How like two lines are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Like {
    /// They say different things.
    Different,
    /// They resemble each other; enough for context, not for a line that is to change.
    Weak,
    /// The same but for a slip of the pen.
    Slip,
    /// The same but for white space and typography.
    Same,
}

/// A line as words and signs, without white space.
pub(super) struct Tokens {
    words: Vec<String>,
}

impl Tokens {
    pub(super) fn of(line: &str) -> Self {
        Self { words: tokens(line) }
    }

    /// How much the line says: 1 for a whole statement, little for a bracket.
    pub(super) fn weight(&self) -> f32 {
        let letters: usize =
            self.words.iter().filter(|word| is_word(word)).map(|word| word.chars().count()).sum();
        (letters as f32 / 8.0).clamp(0.2, 1.0)
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }
}

/// Compares a line of SEARCH with one of the file, whose words are `vocabulary`: a word that the
/// file has elsewhere is no slip for another.
pub(super) fn likeness(search: &Tokens, real: &Tokens, vocabulary: &HashSet<&str>) -> Like {
    let (s, f) = (without_end(&search.words), without_end(&real.words));
    if search.words == real.words {
        return Like::Same;
    }
    if !same_values(s, f) {
        return Like::Different;
    }
    if s == f || is_slip(s, f, vocabulary) || has_a_comment_more(s, f) {
        return Like::Slip;
    }
    if resemblance(s, f) >= 0.6 { Like::Weak } else { Like::Different }
}

/// Words (letters, digits, `_`) and single signs.
pub(super) fn tokens(line: &str) -> Vec<String> {
    let line = plain(line);
    let mut found: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in line.chars() {
        let word_char = c.is_alphanumeric() || c == '_';
        match found.last_mut() {
            Some(last) if word_char && in_word => last.push(c),
            _ if c.is_whitespace() => {}
            _ => found.push(c.to_string()),
        }
        in_word = word_char;
    }
    found
}

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphanumeric() || c == '_')
}

/// Without the comma or semicolon at the end that models forget or add.
fn without_end(words: &[String]) -> &[String] {
    match words {
        [start @ .., last] if !start.is_empty() && (last == ";" || last == ",") => start,
        all => all,
    }
}

/// Whether both have the same numbers and operators in the same order: another value is another
/// statement, not a slip.
fn same_values(s: &[String], f: &[String]) -> bool {
    let values = |words: &[String]| -> Vec<String> {
        words
            .iter()
            .filter(|word| {
                word.chars().any(|c| c.is_ascii_digit())
                    || matches!(word.as_str(), "<" | ">" | "+" | "*" | "!" | "%" | "&" | "|" | "^")
                    || matches!(
                        word.as_str(),
                        "true"
                            | "false"
                            | "True"
                            | "False"
                            | "not"
                            | "and"
                            | "or"
                            | "null"
                            | "None"
                    )
            })
            .map(|word| word.chars().filter(|c| !c.is_alphabetic() || word.len() < 6).collect())
            .collect()
    };
    let comment = f.iter().skip(s.len()).any(|word| word == "#" || word == "/");
    values(s) == values(&f[..if comment { s.len() } else { f.len() }])
}

/// The same words and signs but for one or two words with a letter wrong, or one sign too many or
/// too few.
fn is_slip(s: &[String], f: &[String], vocabulary: &HashSet<&str>) -> bool {
    if s.len() == f.len() {
        let mut wrong = 0;
        for (word, real) in s.iter().zip(f) {
            if word != real {
                wrong += 1;
                if !is_misspelt(word, real, vocabulary) {
                    return false;
                }
            }
        }
        return wrong <= 1 + s.len() / 6;
    }
    let (long, short) = if s.len() > f.len() { (s, f) } else { (f, s) };
    long.len() == short.len() + 1
        && short.len() >= 3
        && (0..long.len()).any(|skip| {
            is_minor_sign(&long[skip])
                && long[..skip] == short[..skip]
                && long[skip + 1..] == short[skip..]
        })
}

fn is_minor_sign(token: &str) -> bool {
    matches!(token, "(" | ")" | "[" | "]" | "{" | "}" | ":" | ";" | "," | "'" | "\"" | "." | "`")
}

/// Whether `word` is `real` with a letter missing, added, wrong or two swapped, and no word of its
/// own. Words of the same ending with another beginning (get, set) are words of their own.
fn is_misspelt(word: &str, real: &str, vocabulary: &HashSet<&str>) -> bool {
    if !is_word(word) || !is_word(real) {
        return false;
    }
    let length = real.chars().count();
    if word.eq_ignore_ascii_case(real) {
        return length >= 2 && !vocabulary.contains(word);
    }
    if length >= 3 && !vocabulary.contains(word) && has_letters_swapped(word, real) {
        return true;
    }
    let allowed = if length >= 8 { 2 } else { 1 };
    length >= 4
        && !vocabulary.contains(word)
        && word.chars().next().map(|c| c.to_ascii_lowercase())
            == real.chars().next().map(|c| c.to_ascii_lowercase())
        && !differs_in_a_letter_name(word, real)
        && distance(word, real) <= allowed
}

/// Whether two letters beside each other are swapped, and nothing else is wrong.
fn has_letters_swapped(word: &str, real: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    word.len() == real.len() && sorted(word) == sorted(real) && distance(word, real) == 1
}

/// Whether the one letter in which the words differ is a name of its own: `point_a`, `pointB`.
fn differs_in_a_letter_name(word: &str, real: &str) -> bool {
    let (word, real): (Vec<char>, Vec<char>) = (word.chars().collect(), real.chars().collect());
    let mut wrong = word.iter().zip(&real).enumerate().filter(|(_, (a, b))| a != b);
    let (Some((at, (a, b))), None) = (wrong.next(), wrong.next()) else { return false };
    if word.len() != real.len() {
        return false;
    }
    let ends = |next: Option<&char>| next.is_none_or(|c| *c == '_' || c.is_uppercase());
    let begins = word[at - 1] == '_' || (a.is_uppercase() && b.is_uppercase());
    begins && ends(word.get(at + 1))
}

/// Whether the file's line is SEARCH's and a comment behind it.
fn has_a_comment_more(s: &[String], f: &[String]) -> bool {
    s.len() >= 2
        && f.len() > s.len() + 1
        && f[..s.len()] == *s
        && (f[s.len()] == "#" || (f[s.len()] == "/" && f[s.len() + 1] == "/"))
}

/// Letters missing, added, wrong or swapped (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let wrong = usize::from(a[i - 1] != b[j - 1]);
            let mut best =
                (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + wrong);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

/// The share of words and signs that both have, in order: 0 to 1.
pub(super) fn resemblance(s: &[String], f: &[String]) -> f32 {
    if s.is_empty() || f.is_empty() {
        return 0.0;
    }
    let most = 2.0 * s.len().min(f.len()) as f32 / (s.len() + f.len()) as f32;
    if most < 0.4 || s.len() + f.len() > 2_000 {
        return 0.0;
    }
    let ops = similar::capture_diff_slices(similar::Algorithm::Myers, s, f);
    similar::diff_ratio(&ops, s.len(), f.len())
}
