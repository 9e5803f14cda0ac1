//! What texts are found by: terms, alike for prose and code. An identifier is found by its parts and
//! as a whole, however it is spelled: `parseHTTPRequest` and `parse_http_request` have the same terms.

use std::borrow::Cow;

use crate::{Kind, Passage};

/// What is longer than this is no word that anybody looks for: an encoded file, a key. In bytes.
const LONGEST: usize = 64;

/// An identifier of more parts than this is a hash or an encoded text; its parts say nothing.
const MOST_PARTS: usize = 12;

/// English words that nearly every text has. They are no terms, within identifiers neither; a whole
/// identifier (`to_string`) is one whatever its parts are. Sorted.
const STOP_WORDS: &[&str] = &[
    "a", "about", "after", "all", "also", "an", "and", "any", "are", "as", "at", "be", "been",
    "before", "but", "by", "can", "could", "did", "do", "does", "done", "each", "for", "from",
    "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its",
    "just", "may", "me", "more", "most", "my", "no", "not", "of", "on", "once", "only", "or",
    "our", "out", "over", "own", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too",
    "under", "up", "very", "was", "we", "were", "what", "when", "where", "which", "while", "who",
    "why", "will", "with", "would", "you", "your",
];

/// The terms of a text in their order, with repetitions.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    each_term(text, &mut |term| found.push(term.to_owned()));
    found
}

/// The terms of a text in their order, each once.
#[must_use]
pub fn distinct_terms(text: &str) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    let mut found = terms(text);
    found.retain(|term| seen.insert(term.clone()));
    found
}

/// The terms that a passage is found by: those of its source, of its title twice, since it says what
/// the passage is about, and of its text.
pub fn each_term_of(passage: &Passage, take: &mut impl FnMut(&str)) {
    for text in [place_of(passage), &passage.title, &passage.title, &passage.text] {
        each_term(text, take);
    }
}

/// The source without the lines of code, which nobody looks for, and which change with every line that
/// is added above.
fn place_of(passage: &Passage) -> &str {
    match passage.source.rsplit_once("#L") {
        Some((path, _)) if passage.kind == Kind::Code => path,
        _ => &passage.source,
    }
}

/// Gives the terms of a text in their order to `take`.
pub fn each_term(text: &str, take: &mut impl FnMut(&str)) {
    let mut splitter = Splitter::default();
    for word in text.split(|sign: char| !is_of_word(sign)).filter(|word| !word.is_empty()) {
        splitter.split(word, take);
    }
}

/// Letters and digits of all scripts, the underscore, and marks that are put over letters.
fn is_of_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_' || is_mark(sign)
}

/// Marks of their own that combine with the letter before; they are left out of terms.
fn is_mark(sign: char) -> bool {
    matches!(sign, '\u{300}'..='\u{36f}')
}

/// Scripts that put no space between words: what is found there is each two signs that meet.
fn is_unspaced(sign: char) -> bool {
    matches!(sign, '\u{e00}'..='\u{eff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// What a sign is for the boundaries of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Unspaced,
    Between,
}

fn class_of(sign: char) -> Class {
    match sign {
        'a'..='z' => Class::Lower,
        'A'..='Z' => Class::Upper,
        '0'..='9' => Class::Digit,
        '_' => Class::Between,
        _ if is_unspaced(sign) => Class::Unspaced,
        _ if sign.is_uppercase() => Class::Upper,
        _ if sign.is_numeric() => Class::Digit,
        _ => Class::Lower,
    }
}

/// Cuts words into terms; keeps its room from one word to the next.
#[derive(Default)]
struct Splitter {
    /// The word in lower case, without underscores and marks.
    whole: String,
    /// Where its parts end.
    ends: Vec<usize>,
    /// Scratch for pairs of signs.
    pair: String,
}

impl Splitter {
    fn split(&mut self, word: &str, take: &mut impl FnMut(&str)) {
        if word.len() > 4 * LONGEST && !word.chars().any(is_unspaced) {
            return;
        }
        self.fold(word);
        let mut from = 0;
        let parts = self.ends.len();
        for index in 0..parts {
            let end = self.ends[index];
            let part = &self.whole[from..end];
            from = end;
            if part.starts_with(is_unspaced) {
                each_pair(part, &mut self.pair, take);
            } else if parts == 1 || (parts <= MOST_PARTS && says_something(part)) {
                take_word(part, take);
            }
        }
        if parts > 1 && self.whole.len() <= LONGEST && !self.whole.contains(is_unspaced) {
            take(&self.whole);
        }
    }

    /// Fills `whole` and `ends`.
    fn fold(&mut self, word: &str) {
        self.whole.clear();
        self.ends.clear();
        let mut before = Class::Between;
        let mut signs = word.chars().filter(|sign| !is_mark(*sign)).peekable();
        while let Some(sign) = signs.next() {
            let class = class_of(sign);
            let next = signs.peek().copied().map_or(Class::Between, class_of);
            if begins_part(before, class, next) {
                self.end_part();
            }
            if class != Class::Between {
                // The final form of the Greek sigma is one with the usual one.
                let lower = sign.to_lowercase().filter(|sign| sign.is_alphanumeric());
                self.whole.extend(lower.map(|sign| if sign == 'ς' { 'σ' } else { sign }));
            }
            before = class;
        }
        self.end_part();
    }

    fn end_part(&mut self) {
        if self.whole.len() > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(self.whole.len());
        }
    }
}

/// Whether a part begins at a sign of `class`: `fooBar`, `HTTPServer` at its `S`, `utf8`, `foo_bar`.
fn begins_part(before: Class, class: Class, next: Class) -> bool {
    match (before, class) {
        (Class::Upper, Class::Upper) => next == Class::Lower,
        (Class::Upper, Class::Lower) => false,
        (before, class) => before != class,
    }
}

/// Whether a part of an identifier is worth finding: a single Latin letter or digit is not.
fn says_something(part: &str) -> bool {
    part.len() > 1
}

fn take_word(word: &str, take: &mut impl FnMut(&str)) {
    if word.len() <= LONGEST && STOP_WORDS.binary_search(&word).is_err() {
        take(&singular(word));
    }
}

/// The word without an English plural's ending, so that *queries* finds *query*. No more is taken
/// off: stems that are no words join what is not related.
fn singular(word: &str) -> Cow<'_, str> {
    let ends = |with: &[&str]| with.iter().any(|end| word.ends_with(end));
    let length = word.len();
    if length < 4 || !word.is_ascii() || ends(&["ss", "us", "is"]) || !word.ends_with('s') {
        Cow::Borrowed(word)
    } else if length > 4 && word.ends_with("ies") {
        Cow::Owned(format!("{}y", &word[..length - 3]))
    } else if ends(&["sses", "xes"]) {
        Cow::Borrowed(&word[..length - 2])
    } else {
        Cow::Borrowed(&word[..length - 1])
    }
}

/// Each two signs that meet; a sign that is alone, alone.
fn each_pair(part: &str, pair: &mut String, take: &mut impl FnMut(&str)) {
    let mut signs = part.chars().peekable();
    let mut is_first = true;
    while let Some(sign) = signs.next() {
        pair.clear();
        pair.push(sign);
        match signs.peek() {
            Some(next) => pair.push(*next),
            None if !is_first => return,
            None => {}
        }
        is_first = false;
        take(pair);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{STOP_WORDS, distinct_terms, each_term_of, terms};
    use crate::{Kind, Passage};

    fn joined(text: &str) -> String {
        terms(text).join(" ")
    }

    #[test]
    fn an_identifier_is_found_by_its_parts_and_as_a_whole() {
        assert_eq!(joined("parseHTTPRequest"), "parse http request parsehttprequest");
        assert_eq!(joined("parse_http_request"), joined("parseHTTPRequest"));
        assert_eq!(joined("MAX_BATCH"), "max batch maxbatch");
        assert_eq!(joined("__init__"), "init");
        assert_eq!(joined("sha256sum"), "sha 256 sum sha256sum");
        assert_eq!(joined("x1 utf8"), "x1 utf utf8");
        assert_eq!(joined("to_string"), "string tostring");
    }

    #[test]
    fn a_path_or_an_address_is_found_by_its_pieces() {
        assert_eq!(joined("src/embedded/search.rs#L3-L9"), "src embedded search rs l3 l9");
        assert_eq!(joined("std::fs::OpenOptions"), "std fs open option openoptions");
    }

    #[test]
    fn words_that_every_text_has_are_no_terms() {
        assert_eq!(joined("How do I open the files of a task?"), "open file task");
        assert!(STOP_WORDS.is_sorted());
    }

    #[test]
    fn a_plural_finds_its_singular() {
        assert_eq!(joined("tokens classes queries indexes"), "token class query index");
        assert_eq!(joined("status analysis Bus pass ties"), "status analysis bus pass tie");
    }

    #[test]
    fn letters_of_all_scripts_count() {
        assert_eq!(joined("Größe ΣΊΣΥΦΟΣ Привет"), "größe σίσυφοσ привет");
        assert_eq!(joined("検索結果 x 木"), "検索 索結 結果 x 木");
        assert_eq!(joined("cafe\u{301}"), "cafe");
    }

    #[test]
    fn what_nobody_types_is_no_term() {
        assert_eq!(joined(&"a".repeat(65)), "");
        let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        assert_eq!(joined(hash), hash);
        assert_eq!(joined(&format!("{hash}{hash}{hash}{hash}{hash}")), "");
    }

    #[test]
    fn a_passage_is_found_by_source_title_and_text() {
        let passage = Passage {
            project: "/p".to_owned(),
            shared: false,
            kind: Kind::Code,
            source: "src/a.rs#L3-L9".to_owned(),
            title: "open".to_owned(),
            text: "fn".to_owned(),
            at: 0,
            expires: None,
        };
        let mut found = Vec::new();
        each_term_of(&passage, &mut |term| found.push(term.to_owned()));
        assert_eq!(found.join(" "), "src rs open open fn");
    }

    #[test]
    fn distinct_terms_keep_their_order() {
        assert_eq!(distinct_terms("b b_c c bC d"), ["b", "bc", "c", "d"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn terms_are_short_letters_and_digits_in_lower_case(text in any::<String>()) {
            for term in terms(&text) {
                prop_assert!(!term.is_empty() && term.len() <= 64);
                prop_assert!(term.chars().all(char::is_alphanumeric), "{term:?}");
                let lower: String = term.chars().flat_map(char::to_lowercase).collect();
                prop_assert_eq!(&lower, &term);
            }
        }

        #[test]
        fn spelling_makes_no_difference(parts in prop::collection::vec("[a-z]{2,8}", 1..6)) {
            let snake = parts.join("_");
            let camel: String = parts
                .iter()
                .map(|part| part[..1].to_uppercase() + &part[1..])
                .collect();
            prop_assert_eq!(terms(&snake), terms(&camel));
            prop_assert_eq!(terms(&snake), terms(&snake.to_uppercase()));
        }

        #[test]
        fn a_text_has_the_terms_of_its_pieces(one in any::<String>(), other in any::<String>()) {
            let mut both = terms(&one);
            both.extend(terms(&other));
            prop_assert_eq!(terms(&format!("{one} {other}")), both);
        }
    }
}
