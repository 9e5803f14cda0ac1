//! Characters that a person does not see.

/// The text without the characters that a person does not see and a model reads, and how many there
/// were: zero-width ones, those that turn the direction of writing, tags, and variations that draw
/// nothing. Soft hyphens go, too, and are not counted: they are for typesetting.
#[must_use]
pub fn without_hidden(text: &str) -> (String, usize) {
    let mut hidden = 0;
    let visible = text
        .chars()
        .filter(|c| {
            hidden += usize::from(is_hidden(*c));
            !is_hidden(*c) && *c != '\u{ad}'
        })
        .collect();
    (visible, hidden)
}

/// Whether a text has anything to leave out; most have not.
pub(super) fn has_hidden(text: &str) -> bool {
    !text.is_ascii() && text.chars().any(|c| is_hidden(c) || c == '\u{ad}')
}

fn is_hidden(c: char) -> bool {
    matches!(
        c,
        '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
            | '\u{e0100}'..='\u{e01ef}'
    )
}
