//! A request that is too large for its model: made smaller once, by leaving out quoted files, the
//! largest first, those of earlier messages before those of the last one.

use devika_llm::Request;

use crate::context;

/// The share of its size that a request is brought down to.
const TARGET: f64 = 0.5;

/// A file quoted in a message.
struct Quote {
    message: usize,
    path: String,
    /// Where its block lies in the message, in bytes.
    start: usize,
    end: usize,
}

impl Quote {
    fn len(&self) -> usize {
        self.end - self.start
    }
}

/// The request with quoted files left out, named so that the model can ask for them, until it has
/// half its size; `None` where it quotes none.
pub(crate) fn shrink(request: &Request) -> Option<Request> {
    let mut quotes: Vec<Quote> = quotes(request);
    let last = request.messages.len().saturating_sub(1);
    // Taken from the end: the first to go stands last.
    quotes.sort_by_key(|quote| (quote.message != last, quote.len()));
    let whole = context::tokens_of(request);
    let mut smaller = request.clone();
    let mut left_out = Vec::new();
    let mut saved = 0;
    while let Some(quote) = quotes.pop() {
        if (whole.saturating_sub(saved as u64 / 4) as f64) <= whole as f64 * TARGET {
            break;
        }
        saved += quote.len();
        left_out.push(quote);
    }
    if left_out.is_empty() {
        return None;
    }
    // From the end of each message, so that the places of those before stay right.
    left_out.sort_by_key(|quote| std::cmp::Reverse(quote.start));
    for quote in left_out {
        let text = &mut smaller.messages[quote.message].text;
        text.replace_range(quote.start..quote.end, &context::left_out(&quote.path));
    }
    Some(smaller)
}

/// The largest part of a request in words, for the user to do something about.
pub(crate) fn largest_part(request: &Request) -> String {
    let tokens = |bytes: usize| bytes.div_ceil(4);
    let largest = quotes(request).into_iter().max_by_key(Quote::len);
    match largest {
        Some(quote) => {
            format!(
                "the largest part is the file `{}` with about {} tokens",
                quote.path,
                tokens(quote.len())
            )
        }
        None => format!("without any file it has about {} tokens", context::tokens_of(request)),
    }
}

/// The files that a request quotes, as [`context::quote`] writes them.
fn quotes(request: &Request) -> Vec<Quote> {
    let messages = request.messages.iter().enumerate();
    messages.flat_map(|(at, message)| quotes_in(at, &message.text)).collect()
}

fn quotes_in(message: usize, text: &str) -> Vec<Quote> {
    let mut quotes = Vec::new();
    let mut open: Option<(String, usize, String)> = None;
    let mut named: Option<(String, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, bare) = (at, line.trim_end_matches('\n'));
        at += line.len();
        if let Some((path, begin, fence)) = &open {
            if bare == fence {
                quotes.push(Quote {
                    message,
                    path: path.clone(),
                    start: *begin,
                    end: start + bare.len(),
                });
                open = None;
            }
        } else if let Some((path, begin)) = named.take()
            && bare.starts_with("```")
            && bare.bytes().all(|byte| byte == b'`')
        {
            open = Some((path, begin, bare.to_owned()));
        } else if let Some(path) =
            bare.strip_prefix("File: `").and_then(|rest| rest.strip_suffix('`'))
        {
            named = Some((path.to_owned(), start));
        }
    }
    quotes
}

#[cfg(test)]
mod tests {
    use devika_llm::{Message, Role};

    use super::*;

    fn request(texts: &[String]) -> Request {
        let message = |text: &String| Message { role: Role::User, text: text.clone() };
        Request {
            system: "Be brief.".to_owned(),
            messages: texts.iter().map(message).collect(),
            schema: None,
            max_tokens: 100,
        }
    }

    fn file(path: &str, lines: usize) -> String {
        format!("File: `{path}`\n```\n{}```", "x = 1\n".repeat(lines))
    }

    #[test]
    fn the_largest_files_of_earlier_messages_go_first_and_stay_named() {
        let first = format!("Task.\n\n{}\n\n{}", file("big.py", 100), file("small.py", 2));
        let request = request(&[first, format!("{}\n\nNow write it.", file("last.py", 80))]);
        let smaller = shrink(&request).unwrap();
        assert_eq!(
            smaller.messages[0].text,
            format!("Task.\n\nFile: `big.py` is left out: too long.\n\n{}", file("small.py", 2))
        );
        assert_eq!(smaller.messages[1], request.messages[1]);
    }

    #[test]
    fn a_request_without_files_cannot_be_made_smaller() {
        let long = "Write a program. ".repeat(500);
        let request =
            request(&[format!("{long}\n\nFile: `x.py`\n```python\nthe whole content\n```")]);
        assert_eq!(shrink(&request), None);
    }

    #[test]
    fn a_file_that_quotes_fences_is_left_out_whole() {
        let quoted = format!("File: `a.md`\n````\n```\n{}```\n````\n\nEnd.", "text\n".repeat(50));
        let smaller = shrink(&request(&[quoted])).unwrap();
        assert_eq!(smaller.messages[0].text, "File: `a.md` is left out: too long.\n\nEnd.");
    }

    #[test]
    fn the_user_is_told_which_file_is_too_large() {
        assert_eq!(
            largest_part(&request(&[file("big.py", 100)])),
            "the largest part is the file `big.py` with about 156 tokens"
        );
    }
}
