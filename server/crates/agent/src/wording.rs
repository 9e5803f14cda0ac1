//! What of a prompt is the user's own words, and what is quoted in it.

/// The prompt without what it quotes between fences: what the user wants, and where, is said by the
/// rest. An address or a word of a file's text that a prompt quotes is none that the user named.
pub(crate) fn own_words(prompt: &str) -> String {
    let mut own = String::new();
    let mut fence: Option<usize> = None;
    for line in prompt.lines() {
        let marks = line.trim_start().bytes().take_while(|byte| *byte == b'`').count();
        match fence {
            Some(open) if marks >= open && line.trim().len() == marks => fence = None,
            Some(_) => {}
            None if marks >= 3 => fence = Some(marks),
            None => {
                own.push_str(line);
                own.push('\n');
            }
        }
    }
    own
}

/// What the user wants to be asked before anything is planned: the last line of their own words,
/// where it says `Ask me: `.
pub(crate) fn asks_first(prompt: &str) -> Option<String> {
    let own = own_words(prompt);
    let question = own.trim_end().lines().next_back()?.strip_prefix("Ask me: ")?.trim();
    (!question.is_empty()).then(|| question.to_owned())
}

/// Whether the user says that nothing is to be changed, so that only answering is left.
pub(crate) fn wants_no_change(prompt: &str) -> bool {
    own_words(prompt).to_lowercase().contains("change nothing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_prompt_quotes_is_not_the_users_words() {
        let prompt = "Document this:\n\n````\nsee https://x.example\n```\nfix\n````\n\nBriefly.";
        assert_eq!(own_words(prompt), "Document this:\n\n\nBriefly.\n");
        assert_eq!(own_words("It is `so`:\n```\nnever ends"), "It is `so`:\n");
    }

    #[test]
    fn a_question_of_the_last_line_comes_first() {
        let question = |prompt| asks_first(prompt);
        assert_eq!(question("Refactor it.\n\nAsk me: How?\n").as_deref(), Some("How?"));
        assert_eq!(question("Ask me: How?\nThen do it."), None);
        assert_eq!(question("Refactor it.\n```\nAsk me: How?\n```"), None, "a file says so");
    }

    #[test]
    fn who_wants_nothing_changed_says_so_in_their_own_words() {
        assert!(wants_no_change("Explain it. Change nothing."));
        assert!(!wants_no_change("Mend it.\n```\n# change nothing here\n```"));
    }
}
