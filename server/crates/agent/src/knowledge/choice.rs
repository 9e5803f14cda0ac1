//! Which of many passages answer a query, by their words alone.

use std::collections::{HashMap, HashSet};

use devika_memory::tokens;

use super::Quote;

/// The share of a query's words that one page has to have for the web not to be asked.
const ENOUGH: f32 = 0.7;

/// Words of queries that say what kind of page is wanted, and not what about. Sorted.
const FILLERS: &[&str] = &[
    "best",
    "current",
    "doc",
    "docs",
    "documentation",
    "example",
    "examples",
    "find",
    "guide",
    "latest",
    "manual",
    "new",
    "official",
    "page",
    "reference",
    "search",
    "tutorial",
    "use",
    "using",
    "web",
];

/// The quotes that fit some words best, best first, of which so many are from one source at the most.
pub(crate) fn best(
    quotes: Vec<Quote>,
    about: &str,
    limit: usize,
    of_one_source: usize,
) -> Vec<Quote> {
    let wanted = terms_of_query(about);
    let terms: Vec<HashSet<String>> = quotes.iter().map(terms_of).collect();
    // A word that all of them have says nothing about one.
    let rarity = |term: &String| {
        let with = terms.iter().filter(|terms| terms.contains(term)).count() as f32;
        (1.0 + (terms.len() as f32 - with + 0.5) / (with + 0.5)).ln()
    };
    let weights: Vec<(&String, f32)> = wanted.iter().map(|term| (term, rarity(term))).collect();
    let score = |terms: &HashSet<String>| -> f32 {
        weights.iter().filter(|(term, _)| terms.contains(*term)).map(|(_, weight)| weight).sum()
    };
    let mut scored: Vec<(f32, Quote)> = terms.iter().map(score).zip(quotes).collect();
    scored.retain(|(score, _)| *score > 0.0);
    // Stable: what came first stays first among equals.
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    spread(scored.into_iter().map(|(_, quote)| quote), limit, of_one_source)
}

/// The first quotes, each once, of which so many are from one source at the most.
pub(crate) fn spread(
    quotes: impl IntoIterator<Item = Quote>,
    limit: usize,
    of_one_source: usize,
) -> Vec<Quote> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Quote> = Vec::new();
    for quote in quotes {
        let is_there = kept.iter().any(|k| (&k.source, &k.text) == (&quote.source, &quote.text));
        let count = counts.entry(quote.source.clone()).or_default();
        if !is_there && *count < of_one_source && kept.len() < limit {
            *count += 1;
            kept.push(quote);
        }
    }
    kept
}

/// Whether one source speaks of nearly all that a query asks for.
pub(crate) fn cover(quotes: &[Quote], query: &str) -> bool {
    let wanted = terms_of_query(query);
    let mut of_source: HashMap<&str, HashSet<String>> = HashMap::new();
    for quote in quotes {
        of_source.entry(&quote.source).or_default().extend(terms_of(quote));
    }
    let found = |terms: &HashSet<String>| wanted.iter().filter(|t| terms.contains(*t)).count();
    let most = of_source.values().map(found).max().unwrap_or(0);
    !wanted.is_empty() && most as f32 >= ENOUGH * wanted.len() as f32
}

/// How many words a quote shares with a text.
pub(crate) fn shared_terms(quote: &Quote, text: &str) -> usize {
    let terms = terms_of(quote);
    terms_of_query(text).iter().filter(|term| terms.contains(*term)).count()
}

/// What a query asks for; all its words, where they are all fillers.
fn terms_of_query(query: &str) -> Vec<String> {
    let all = tokens::distinct_terms(query);
    let is_filler = |term: &String| FILLERS.binary_search(&term.as_str()).is_ok();
    let asked: Vec<String> = all.iter().filter(|term| !is_filler(term)).cloned().collect();
    if asked.is_empty() { all } else { asked }
}

fn terms_of(quote: &Quote) -> HashSet<String> {
    tokens::distinct_terms(&format!("{}\n{}", quote.title, quote.text)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quote(source: &str, text: &str) -> Quote {
        Quote { source: source.to_owned(), title: String::new(), text: text.to_owned(), at: 0 }
    }

    #[test]
    fn the_passage_that_has_the_rare_words_comes_first_and_one_without_any_not_at_all() {
        let quotes = vec![
            quote("a", "The widget is a widget"),
            quote("b", "The widget listens on a port"),
            quote("c", "Nothing of the kind"),
        ];
        let sources = |quotes: Vec<Quote>| -> Vec<String> {
            quotes.into_iter().map(|quote| quote.source).collect()
        };
        assert_eq!(sources(best(quotes, "widget port", 5, 3)), ["b", "a"]);
        let many = (0..9).map(|n| quote("a", &format!("widget {n}"))).collect();
        assert_eq!(best(many, "widget", 9, 3).len(), 3, "no page crowds the others out");
    }

    #[test]
    fn what_is_remembered_is_enough_where_one_page_has_nearly_all_words() {
        let about_port = quote("a", "The Acme widget listens on port 7341");
        let of_two = [quote("a", "The Acme widget"), quote("b", "A default port")];
        assert!(cover(&[about_port], "acme widget port documentation"));
        assert!(!cover(&of_two, "acme widget default port"), "two pages that have half each");
        assert!(!cover(&[], "acme"));
    }

    #[test]
    fn the_fillers_are_in_the_order_that_they_are_looked_up_in() {
        assert!(FILLERS.is_sorted());
    }
}
