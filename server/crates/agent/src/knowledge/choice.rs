//! Which of many passages answer a query, by their words alone.

use std::collections::{HashMap, HashSet};

use devika_memory::{Passage, tokens};

/// Passages of one page at the most: several sources say more than one.
const OF_ONE_PAGE: usize = 3;

/// The share of a query's words that has to be in what is remembered for the web not to be asked.
const ENOUGH: f32 = 0.7;

/// The passages that fit the queries best, best first.
pub(super) fn best(passages: Vec<Passage>, queries: &[String], limit: usize) -> Vec<Passage> {
    let wanted: HashSet<String> =
        queries.iter().flat_map(|query| tokens::distinct_terms(query)).collect();
    let terms: Vec<HashSet<String>> = passages.iter().map(terms_of).collect();
    // A word that all passages have says nothing about one of them.
    let rarity = |term: &String| {
        let with = terms.iter().filter(|terms| terms.contains(term)).count() as f32;
        (1.0 + (terms.len() as f32 - with + 0.5) / (with + 0.5)).ln()
    };
    let weights: HashMap<&String, f32> = wanted.iter().map(|term| (term, rarity(term))).collect();
    let score = |terms: &HashSet<String>| -> f32 {
        weights.iter().filter(|(term, _)| terms.contains(**term)).map(|(_, weight)| weight).sum()
    };
    let mut scored: Vec<(f32, usize, Passage)> = terms
        .iter()
        .zip(passages)
        .enumerate()
        .map(|(index, (terms, passage))| (score(terms), index, passage))
        .filter(|(score, ..)| *score > 0.0)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut of_page: HashMap<String, usize> = HashMap::new();
    let mut kept = Vec::new();
    for (_, _, passage) in scored {
        let count = of_page.entry(passage.source.clone()).or_default();
        *count += 1;
        if *count <= OF_ONE_PAGE && kept.len() < limit {
            kept.push(passage);
        }
    }
    kept
}

/// Whether passages together speak of nearly all that a query asks for.
pub(super) fn cover(passages: &[Passage], query: &str) -> bool {
    let wanted = tokens::distinct_terms(query);
    let there: HashSet<String> = passages.iter().flat_map(terms_of).collect();
    let found = wanted.iter().filter(|term| there.contains(*term)).count();
    !wanted.is_empty() && found as f32 >= ENOUGH * wanted.len() as f32
}

fn terms_of(passage: &Passage) -> HashSet<String> {
    tokens::distinct_terms(&format!("{}\n{}", passage.title, passage.text)).into_iter().collect()
}

/// A page's Markdown cut at its headings into pieces of at most `most` characters, each with the
/// headings above it.
pub(super) fn pieces(markdown: &str, most: usize) -> Vec<(String, String)> {
    let mut pieces = Vec::new();
    let mut headings: Vec<(usize, String)> = Vec::new();
    let mut piece = String::new();
    let mut in_fence = false;
    let title = |headings: &[(usize, String)]| {
        headings.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" > ")
    };
    let mut finish = |piece: &mut String, headings: &[(usize, String)]| {
        let text = std::mem::take(piece);
        if !text.trim().is_empty() {
            pieces.push((title(headings), text.trim_end().to_owned()));
        }
    };
    for line in markdown.lines() {
        in_fence ^= line.trim_start().starts_with("```");
        let level = line.chars().take_while(|c| *c == '#').count();
        let is_heading = !in_fence && (1..=6).contains(&level) && line[level..].starts_with(' ');
        if is_heading {
            finish(&mut piece, &headings);
            headings.retain(|(above, _)| *above < level);
            headings.push((level, line[level..].trim().to_owned()));
            continue;
        }
        if piece.len() + line.len() > most && !piece.is_empty() {
            finish(&mut piece, &headings);
        }
        let cut = line.floor_char_boundary(most.min(line.len()));
        piece.push_str(&line[..cut]);
        piece.push('\n');
    }
    finish(&mut piece, &headings);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_at_its_headings_and_code_stays_whole() {
        let page = "# A\nintro\n## B\ntext\n```sh\n# no heading\n```\n# C\nend\n";
        assert_eq!(
            pieces(page, 200),
            [
                ("A".to_owned(), "intro".to_owned()),
                ("A > B".to_owned(), "text\n```sh\n# no heading\n```".to_owned()),
                ("C".to_owned(), "end".to_owned()),
            ]
        );
        assert_eq!(pieces("one\ntwo\nthree\n", 7).len(), 3, "long parts are cut between lines");
    }
}
