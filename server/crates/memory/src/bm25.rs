//! BM25 as sparse vectors: for stores that multiply with how rare a term is by themselves.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use crate::{Passage, tokens};

/// How soon more of the same term stops counting; the usual value, which FTS5 has, too.
const K1: f32 = 1.2;

/// How much the length of a passage counts against it; likewise.
const B: f32 = 0.75;

/// Terms of a passage of usual length. A store that holds sparse vectors cannot tell its average
/// before all are made; what is given here only sets how much length counts, and half or twice as
/// many change little.
pub const USUAL_TERMS: f32 = 160.0;

/// Numbers of terms and their weights, ordered by number, each number once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SparseVector {
    /// What terms there are.
    pub terms: Vec<u32>,
    /// What each counts.
    pub weights: Vec<f32>,
}

/// The part of BM25 that is a passage's own: `tf (k1 + 1) / (tf + k1 (1 - b + b length / average))`
/// for each term. `average` is the usual count of terms, see [`USUAL_TERMS`].
#[must_use]
pub fn of_passage(passage: &Passage, average: f32) -> SparseVector {
    let mut counts = BTreeMap::<u32, f32>::new();
    let mut length = 0.0;
    tokens::each_term_of(passage, &mut |term| {
        *counts.entry(number_of(term)).or_default() += 1.0;
        length += 1.0;
    });
    let norm = K1 * (1.0 - B + B * length / average.max(1.0));
    counts.into_iter().map(|(term, count)| (term, count * (K1 + 1.0) / (count + norm))).collect()
}

/// A query: each of its terms once, all alike.
#[must_use]
pub fn of_query(text: &str) -> SparseVector {
    let numbers = tokens::terms(text).into_iter().map(|term| (number_of(&term), 1.0));
    numbers.collect::<BTreeMap<u32, f32>>().into_iter().collect()
}

/// The number that stands for a term: the first four bytes of its SHA-256. Among a million terms
/// about one in 4,300 shares its number with another, which then counts for it.
#[must_use]
pub fn number_of(term: &str) -> u32 {
    let hash = Sha256::digest(term);
    u32::from_le_bytes([hash[0], hash[1], hash[2], hash[3]])
}

impl FromIterator<(u32, f32)> for SparseVector {
    fn from_iter<I: IntoIterator<Item = (u32, f32)>>(entries: I) -> Self {
        let (terms, weights) = entries.into_iter().unzip();
        Self { terms, weights }
    }
}

#[cfg(test)]
mod tests {
    use super::{SparseVector, USUAL_TERMS, number_of, of_passage, of_query};
    use crate::{Kind, Passage};

    fn passage(text: &str) -> Passage {
        Passage {
            project: "/p".to_owned(),
            shared: false,
            kind: Kind::Note,
            source: String::new(),
            title: String::new(),
            text: text.to_owned(),
            at: 0,
            expires: None,
        }
    }

    fn weight(vector: &SparseVector, term: &str) -> f32 {
        let place = vector.terms.iter().position(|number| *number == number_of(term)).unwrap();
        vector.weights[place]
    }

    #[test]
    fn a_term_of_a_passage_of_usual_length_counts_one() {
        let text = format!("rust {}", "go ".repeat(3));
        assert_eq!(weight(&of_passage(&passage(&text), 4.0), "rust"), 1.0);
    }

    #[test]
    fn more_of_a_term_counts_more_and_less_each_time() {
        let counts = |times: usize| {
            let text = "rust ".repeat(times) + &"go ".repeat(20 - times);
            weight(&of_passage(&passage(&text), 20.0), "rust")
        };
        assert!(counts(1) < counts(2) && counts(2) < counts(10));
        assert!(counts(2) - counts(1) > counts(10) - counts(9));
    }

    #[test]
    fn a_term_counts_less_in_a_long_passage() {
        let counts = |others: usize| {
            let text = format!("rust {}", "go ".repeat(others));
            weight(&of_passage(&passage(&text), USUAL_TERMS), "rust")
        };
        assert!(counts(10) > counts(1_000));
    }

    #[test]
    fn numbers_are_ordered_and_stand_once() {
        let vector = of_passage(&passage("one two three one two parseHTTP"), USUAL_TERMS);
        assert!(vector.terms.is_sorted_by(|one, next| one < next));
        assert_eq!((vector.terms.len(), vector.weights.len()), (6, 6));
    }

    #[test]
    fn a_query_has_each_of_its_terms_once() {
        let query = of_query("open file, open FILE");
        assert_eq!(query.weights, [1.0, 1.0]);
        assert!(query.terms.contains(&number_of("open")));
    }

    #[test]
    fn a_number_of_a_term_is_the_same_for_ever() {
        // A store keeps them: another number would lose every passage that was stored.
        assert_eq!(number_of("rust"), 0xc9e5_1f52);
    }
}
