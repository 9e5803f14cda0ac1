//! Commit messages. Their words come from a model: they are cut to size and freed of everything
//! that a terminal or git would take for more than text.

/// What git's own tools show without cutting.
const MAX_SUBJECT: usize = 72;

/// Bytes of subject and body together; what is beyond helps no reader.
const MAX_MESSAGE: usize = 10 * 1024;

/// The message as it is committed: subject, body, and the trailers as its last paragraph.
pub(crate) fn compose(message: &str, trailers: &[(String, String)]) -> String {
    let plain = plain(message);
    let (first, rest) = plain.split_once('\n').unwrap_or((&plain, ""));
    let first = first.split_whitespace().collect::<Vec<_>>().join(" ");
    let subject = shorten(if first.is_empty() { "Change files" } else { &first });
    // What the subject leaves out is not lost.
    let whole = if subject.ends_with('…') { first.as_str() } else { "" };
    let body = cut(rest.trim(), MAX_MESSAGE - MAX_SUBJECT);
    let trailers = trailers.iter().filter_map(|(key, value)| trailer(key, value));
    let trailers = trailers.collect::<Vec<_>>().join("\n");
    let paragraphs = [&subject, cut(whole, MAX_MESSAGE / 2), body.trim_end(), &trailers];
    let filled = paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty());
    filled.collect::<Vec<_>>().join("\n\n") + "\n"
}

fn trailer(key: &str, value: &str) -> Option<String> {
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let value = plain(value).split_whitespace().collect::<Vec<_>>().join(" ");
    (is_key && !value.is_empty()).then(|| format!("{key}: {value}"))
}

/// Cuts at a word, in characters.
fn shorten(subject: &str) -> String {
    if subject.chars().count() <= MAX_SUBJECT {
        return subject.to_owned();
    }
    let kept: String = subject.chars().take(MAX_SUBJECT - 1).collect();
    let end = kept.rfind(' ').filter(|end| *end > kept.len() / 2).unwrap_or(kept.len());
    format!("{}…", kept[..end].trim_end())
}

fn cut(text: &str, bytes: usize) -> &str {
    let fits = |(at, c): &(usize, char)| at + c.len_utf8() <= bytes;
    let end = text.char_indices().take_while(fits).last().map_or(0, |(at, c)| at + c.len_utf8());
    &text[..end]
}

/// Without escape sequences, control characters, and characters that reorder or hide text; line
/// ends are LF.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len().min(MAX_MESSAGE));
    let text = text.trim_start().replace("\r\n", "\n");
    let mut chars = text.chars().take(4 * MAX_MESSAGE).peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\n' => plain.push('\n'),
            '\t' | '\r' => plain.push(' '),
            c if c.is_control() || is_invisible(c) => {}
            c => plain.push(c),
        }
    }
    plain
}

/// Marks of direction and zero-width characters, tags (Unicode's "Trojan Source" set).
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

/// Skips what follows an escape: `[` up to a letter (colours, cursor), `]` up to a bell or the
/// string terminator (titles, links), else one character.
fn skip_escape(chars: &mut std::iter::Peekable<impl Iterator<Item = char>>) {
    match chars.next() {
        Some('[') => {
            chars.find(|c| matches!(c, '\u{40}'..='\u{7e}'));
        }
        Some(']') => {
            let end = chars.find(|c| matches!(c, '\u{7}' | '\u{1b}'));
            if end == Some('\u{1b}') {
                chars.next_if_eq(&'\\');
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::compose;

    fn trailers() -> Vec<(String, String)> {
        [("Devika-Task", "7"), ("Devika-Step", "1/2"), ("bad key:", "x"), ("Empty", "\n")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn trailers_are_a_paragraph_of_their_own() {
        assert_snapshot!(compose("Add greeting\n\nBecause.\nDevika-Task: 99", &trailers()), @r"
        Add greeting

        Because.
        Devika-Task: 99

        Devika-Task: 7
        Devika-Step: 1/2
        ");
    }

    #[test]
    fn a_terminal_gets_nothing_but_text() {
        let nasty = "\u{1b}[31mRed\u{1b}[0m \u{1b}]0;title\u{7}\u{202e}words\0\r\nbo\u{8}dy\t!";
        assert_snapshot!(compose(nasty, &[]), @r"
        Red words

        body !
        ");
    }

    #[test]
    fn a_long_subject_is_cut_at_a_word_and_kept_below() {
        let long = "Write the program that greets everybody who has ever lived in this town, twice";
        assert_snapshot!(compose(long, &[]), @r"
        Write the program that greets everybody who has ever lived in this…

        Write the program that greets everybody who has ever lived in this town, twice
        ");
    }

    #[test]
    fn no_message_is_a_message_and_fifty_megabytes_are_ten_kilobytes() {
        assert_eq!(compose(" \n", &[]), "Change files\n");
        let huge = compose(&format!("Subject\n\n{}", "é ".repeat(25_000_000)), &trailers());
        assert!(huge.len() < 11 * 1024 && huge.ends_with("Devika-Step: 1/2\n"));
    }
}
