//! Words: of what is in focus, of paths and of names.

/// Words of English that say nothing about code.
const COMMON: [&str; 40] = [
    "the", "and", "for", "with", "that", "this", "from", "into", "not", "are", "was", "were",
    "has", "have", "had", "but", "when", "where", "which", "what", "how", "all", "any", "can",
    "should", "would", "could", "will", "its", "our", "you", "your", "please", "more", "than",
    "then", "also", "only", "make", "now",
];

/// Characters of a word at the least.
const SHORTEST: usize = 3;

/// The words of a text in small letters: names whole, and their parts by case and underscore.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for name in text.split(|sign: char| !sign.is_alphanumeric() && sign != '_') {
        let parts = parts(name);
        if parts.len() > 1 {
            words.push(name.to_lowercase());
        }
        words.extend(parts.into_iter().map(|part| stem(&part.to_lowercase())));
    }
    words.retain(|word| word.chars().count() >= SHORTEST && !COMMON.contains(&word.as_str()));
    words
}

/// The parts of a name: `readHTTPBody_now` has `read`, `HTTP`, `Body` and `now`.
fn parts(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    for run in name.split('_').filter(|run| !run.is_empty()) {
        let signs: Vec<(usize, char)> = run.char_indices().collect();
        let mut start = 0;
        for at in 1..signs.len() {
            let (before, (here, sign)) = (signs[at - 1].1, signs[at]);
            let next_is_small = signs.get(at + 1).is_some_and(|(_, next)| next.is_lowercase());
            let begins = sign.is_uppercase() && (!before.is_uppercase() || next_is_small);
            if begins {
                parts.push(&run[start..here]);
                start = here;
            }
        }
        parts.push(&run[start..]);
    }
    parts
}

/// A word without the ending of its plural, so that `indexes` in a sentence finds `index`.
fn stem(word: &str) -> String {
    let ends = |endings: &[&str]| endings.iter().any(|end| word.ends_with(end));
    let without = |count: usize| word.get(..word.len().saturating_sub(count)).unwrap_or(word);
    if word.len() <= SHORTEST || ends(&["ss", "us", "is"]) {
        word.to_owned()
    } else if ends(&["ies"]) {
        format!("{}y", without(3))
    } else if ends(&["xes", "sses", "shes", "ches"]) {
        without(2).to_owned()
    } else if ends(&["s"]) {
        without(1).to_owned()
    } else {
        word.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_are_words_whole_and_in_their_parts() {
        assert_eq!(
            words("fix readHTTPBody in src/file_walk.rs"),
            ["fix", "readhttpbody", "read", "http", "body", "src", "file_walk", "file", "walk"]
        );
    }

    #[test]
    fn plurals_and_words_that_say_nothing_make_no_difference() {
        assert_eq!(words("the indexes and the queries of classes"), ["index", "query", "class"]);
        assert_eq!(words("status is less than analysis"), ["status", "less", "analysis"]);
    }
}
