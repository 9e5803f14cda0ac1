//! Values that fit their keys.

use std::path::Path;
use std::time::Duration;

use devika_protocol::Money;
use secrecy::SecretString;

use crate::keys::Type;
use crate::written::Written;

/// A checked value and where it was written.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub(crate) value: Checked,
    pub(crate) place: String,
    /// Its key, in parts.
    pub(crate) path: Vec<String>,
}

/// A value of the type that its key wants.
#[derive(Debug, Clone)]
pub(crate) enum Checked {
    /// A text, a word, an address, the name of a variable, a path, or a command line.
    Text(String),
    Flag(bool),
    Texts(Vec<String>),
    Number(i64),
    Duration(Duration),
    Secret(SecretString),
    Money(Money),
    /// A cap that is none.
    NoCap,
}

/// What lifts a cap.
const NONE: &str = "none";

/// The longest time that can be set: a week.
const LONGEST: u64 = 7 * 24 * 3_600;

/// The value, if it fits.
pub(crate) fn fit(kind: Type, value: Written) -> Option<Checked> {
    match (kind, value) {
        (Type::Flag, Written::Flag(flag)) => Some(Checked::Flag(flag)),
        (Type::Texts, Written::Texts(texts)) => Some(Checked::Texts(texts)),
        (Type::Number(least, most), Written::Number(number)) => {
            (least..=most).contains(&number).then_some(Checked::Number(number))
        }
        (Type::Keyring, Written::Flag(true)) => Some(Checked::Flag(true)),
        (Type::MoneyCap | Type::TokenCap, Written::Text(text)) if text == NONE => {
            Some(Checked::NoCap)
        }
        (Type::Money | Type::MoneyCap, written) => money(written),
        (Type::TokenCap, Written::Number(number)) => {
            (number >= 0).then_some(Checked::Number(number))
        }
        (Type::Duration, Written::Number(seconds)) => duration(seconds, 1),
        (Type::Duration, Written::Text(text)) => duration_in(&text),
        (Type::Secret, Written::Text(text)) => {
            // Copied keys often bring a blank along.
            let text = text.trim();
            (!text.is_empty()).then(|| Checked::Secret(text.into()))
        }
        (kind, Written::Text(text)) => fits_as_text(kind, &text).then_some(Checked::Text(text)),
        _ => None,
    }
}

fn fits_as_text(kind: Type, text: &str) -> bool {
    match kind {
        Type::Text => !text.is_empty(),
        Type::Command => !text.trim().is_empty(),
        Type::Keyring => is_keyring_entry(text),
        Type::Header => is_header_value(text),
        Type::Word(words) => words.contains(&text),
        Type::Address => is_address(text),
        Type::Variable => {
            let mut letters = text.chars();
            letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
                && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        }
        Type::Path => text == "~" || text.starts_with("~/") || Path::new(text).is_absolute(),
        _ => false,
    }
}

/// An amount, read digit by digit.
fn money(written: Written) -> Option<Checked> {
    let text = match written {
        Written::Text(text) | Written::Fraction(text) => text,
        Written::Number(number) => number.to_string(),
        _ => return None,
    };
    text.parse().ok().map(Checked::Money)
}

/// Whether both parts are there, and neither is taken for an option by the keyring's program.
fn is_keyring_entry(text: &str) -> bool {
    let is_name = |part: &str| {
        !part.is_empty() && !part.starts_with('-') && !part.contains(|c: char| c.is_control())
    };
    text.split_once('/').is_some_and(|(service, user)| is_name(service) && is_name(user))
}

/// Whether a header can hold it: one line of visible ASCII.
fn is_header_value(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Whether paths can be put behind it, and it can be shown: no password, no parameters.
fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty()
            && !host.contains('@')
            && !rest.contains(|c: char| c.is_whitespace() || c.is_control() || "?#".contains(c))
    })
}

fn duration_in(text: &str) -> Option<Checked> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let seconds = match unit.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return None,
    };
    duration(digits.parse().ok()?, seconds)
}

fn duration(count: i64, seconds: i64) -> Option<Checked> {
    let total = u64::try_from(count.checked_mul(seconds)?).ok()?;
    (1..=LONGEST).contains(&total).then(|| Checked::Duration(Duration::from_secs(total)))
}

/// What a value must be; never what it was, which may be a secret in the wrong place.
pub(crate) fn describe(kind: Type) -> String {
    match kind {
        Type::Text => "a text in quotes, not empty".to_owned(),
        Type::Flag => "true or false".to_owned(),
        Type::Texts => "a list of texts".to_owned(),
        Type::Number(least, most) => format!("a whole number from {least} to {most}"),
        Type::Duration => "a time such as \"30s\", \"5m\" or \"1h\", or whole seconds; from a \
                           second to a week"
            .to_owned(),
        Type::Word(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            format!("one of {}", words.join(", "))
        }
        Type::Address => "an address that begins with http:// or https://, without user name, \
                          password, `?` or `#`"
            .to_owned(),
        Type::Variable => {
            "the name of an environment variable, such as \"MY_API_KEY\", not the key itself"
                .to_owned()
        }
        Type::Path => "an absolute path, or one that begins with ~/".to_owned(),
        Type::Secret => "a key in quotes, not empty".to_owned(),
        Type::Header => "a text in quotes: one line of plain characters, not empty".to_owned(),
        Type::Command => "a command line in quotes, such as \"pass show anthropic\"".to_owned(),
        Type::Keyring => "true, or an entry such as \"devika/anthropic\"".to_owned(),
        Type::Money => "an amount in dollars, such as 3, 0.25 or \"0.25\"".to_owned(),
        Type::MoneyCap => "an amount in dollars, such as 5 or \"2.50\", or \"none\"".to_owned(),
        Type::TokenCap => "a whole number of tokens, or \"none\"".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(kind: Type, text: &str) -> bool {
        fit(kind, Written::Text(text.to_owned())).is_some()
    }

    #[test]
    fn times_are_a_number_with_a_unit_or_whole_seconds() {
        let seconds = |value| match fit(Type::Duration, value) {
            Some(Checked::Duration(time)) => Some(time.as_secs()),
            _ => None,
        };
        let text = |text: &str| seconds(Written::Text(text.to_owned()));
        assert_eq!(["30s", "5 m", "2h"].map(text), [Some(30), Some(300), Some(7_200)]);
        assert_eq!(["0s", "8000h", "5", "s", "-1s", "1.5h", "5d", ""].map(text), [None; 8]);
        assert_eq!(text("99999999999999999999s"), None);
        assert_eq!([0, 90, i64::MAX].map(|n| seconds(Written::Number(n))), [None, Some(90), None]);
    }

    #[test]
    fn an_address_can_be_shown_and_lengthened() {
        for good in ["http://127.0.0.1:8080/v1", "https://h/", "http://[::1]:1/v1/"] {
            assert!(fits(Type::Address, good), "{good}");
        }
        let bad =
            ["ftp://h/", "h/v1", "http://", "https:///v1", "http://u:p@h/", "http://h/?key=x"];
        for bad in bad {
            assert!(!fits(Type::Address, bad), "{bad}");
        }
    }

    #[test]
    fn an_amount_is_read_exactly_and_a_cap_may_be_none() {
        let money = |kind, value| match fit(kind, value) {
            Some(Checked::Money(money)) => Some(money.0),
            _ => None,
        };
        assert_eq!(money(Type::Money, Written::Fraction("0.3".to_owned())), Some(300_000_000));
        assert_eq!(money(Type::Money, Written::Text("$15".to_owned())), Some(15_000_000_000));
        assert_eq!(money(Type::MoneyCap, Written::Number(5)), Some(5_000_000_000));
        for bad in [Written::Fraction("1e3".to_owned()), Written::Number(-1), Written::Flag(true)] {
            assert_eq!(money(Type::Money, bad), None);
        }
        assert!(matches!(
            fit(Type::TokenCap, Written::Text("none".to_owned())),
            Some(Checked::NoCap)
        ));
        assert!(!fits(Type::Money, "none"), "a price is never none");
    }

    #[test]
    fn an_entry_of_the_keyring_is_no_option_of_its_program() {
        assert!(fits(Type::Keyring, "devika/anthropic"));
        assert!(
            !["devika", "/x", "x/", "-x/y", "x/-y", "a\n/b"].iter().any(|t| fits(Type::Keyring, t))
        );
    }

    #[test]
    fn a_header_holds_one_line_of_plain_characters() {
        assert!(fits(Type::Header, "Bearer {key}"));
        assert!(!["", " x", "a\r\nb: c", "ä"].iter().any(|text| fits(Type::Header, text)));
    }

    #[test]
    fn a_key_is_not_the_name_of_a_variable() {
        assert!(fits(Type::Variable, "MY_KEY_2"));
        assert!(!["sk-ant-1", "2X", "", "A B", "$A"].iter().any(|text| fits(Type::Variable, text)));
    }
}
