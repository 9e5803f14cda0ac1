//! Money, prices and caps. One unit, so that sums are exact: the nano-dollar.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in nano-dollars: a price of $3 for a million tokens is 3,000 of them a token. The range
/// ends at 18 thousand million dollars.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(transparent)]
pub struct Money(pub u64);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A dollar.
    pub const DOLLAR: Self = Self(1_000_000_000);

    /// The sum, which stays at the end of the range rather than to pass it.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of it after `other`; nothing where that is more.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    fn whole_and_nanos(self) -> (u64, u64) {
        (self.0 / Self::DOLLAR.0, self.0 % Self::DOLLAR.0)
    }
}

/// In dollars: two digits of cents, and more where the amount is so small that they would say `0.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (dollars, nanos) = self.whole_and_nanos();
        if dollars > 0 || nanos >= 995_000_000 {
            let cents = u128::from(self.0) + 5_000_000;
            let (dollars, cents) = (cents / 1_000_000_000, cents % 1_000_000_000 / 10_000_000);
            return write!(f, "${dollars}.{cents:02}");
        }
        let digits = format!("{nanos:09}");
        let shown = match digits.find(|digit| digit != '0') {
            None => "00",
            // Two digits that say something.
            Some(first) => &digits[..(first + 2).clamp(2, 9)],
        };
        write!(f, "$0.{shown}")
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotMoney;

impl fmt::Display for NotMoney {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an amount in dollars, such as `2`, `0.50` or `$0.000002`")
    }
}

impl std::error::Error for NotMoney {}

/// Dollars with at most nine decimals, with or without the sign.
impl FromStr for Money {
    type Err = NotMoney;

    fn from_str(text: &str) -> Result<Self, NotMoney> {
        let text = text.trim();
        let text = text.strip_prefix('$').unwrap_or(text);
        let (dollars, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if dollars.is_empty() || !is_digits(dollars) || !is_digits(decimals) || decimals.len() > 9 {
            return Err(NotMoney);
        }
        let dollars: u64 = dollars.parse().map_err(|_| NotMoney)?;
        let nanos: u64 = format!("{decimals:0<9}").parse().map_err(|_| NotMoney)?;
        let whole = dollars.checked_mul(Self::DOLLAR.0).ok_or(NotMoney)?;
        whole.checked_add(nanos).map(Self).ok_or(NotMoney)
    }
}

/// What a model's tokens cost, each for a **million** tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Price {
    /// Of the prompt.
    pub input: Money,
    /// Of the part of the prompt that the provider had cached.
    pub cached: Money,
    /// Of the part of the prompt that the provider put into its cache.
    pub cache_write: Money,
    /// Of the answer.
    pub output: Money,
}

/// How much may be spent within something; absent where there is no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cap {
    /// In money.
    pub money: Option<Money>,
    /// In tokens, of prompts and answers together.
    pub tokens: Option<u64>,
}

/// Dollars such as `2.50`, or tokens such as `500000t`.
impl FromStr for Cap {
    type Err = NotACap;

    fn from_str(text: &str) -> Result<Self, NotACap> {
        let text = text.trim();
        if let Some(tokens) = text.strip_suffix('t') {
            return tokens
                .parse()
                .map(|tokens| Self { money: None, tokens: Some(tokens) })
                .map_err(|_| NotACap);
        }
        text.parse()
            .map(|money| Self { money: Some(money), tokens: None })
            .map_err(|NotMoney| NotACap)
    }
}

/// Why a text is no cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACap;

impl fmt::Display for NotACap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("neither dollars, such as `2.50`, nor tokens, such as `500000t`")
    }
}

impl std::error::Error for NotACap {}

/// What a cap is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CapScope {
    /// One task.
    Task,
    /// All tasks of the user on one day, by UTC.
    Day,
    /// All tasks of one project, since its first.
    Project,
}

impl CapScope {
    /// Its name in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Day => "day",
            Self::Project => "project",
        }
    }
}

/// How far a cap is used up. Exactly one of the two pairs is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CapUse {
    /// Of a cap in money.
    Money {
        /// Spent or set aside.
        used: Money,
        /// The cap.
        cap: Money,
    },
    /// Of a cap in tokens.
    Tokens {
        /// Used or set aside.
        used: u64,
        /// The cap.
        cap: u64,
    },
}

impl fmt::Display for CapUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money { used, cap } => write!(f, "{used} of {cap}"),
            Self::Tokens { used, cap } => write!(f, "{used} of {cap} tokens"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_with_the_digits_that_say_something() {
        let shown = |nanos| Money(nanos).to_string();
        assert_eq!(shown(0), "$0.00");
        assert_eq!(shown(2_500_000_000), "$2.50");
        assert_eq!(shown(999_999_999), "$1.00");
        assert_eq!(shown(420_000_000), "$0.42");
        assert_eq!(shown(1_234_000), "$0.0012");
        assert_eq!(shown(7), "$0.000000007");
    }

    #[test]
    fn amounts_are_read_as_people_write_them_and_nothing_else_is() {
        let read = |text: &str| text.parse().ok();
        assert_eq!(read("2"), Some(Money(2_000_000_000)));
        assert_eq!(read("$0.50"), Some(Money(500_000_000)));
        assert_eq!(read("0.000000001"), Some(Money(1)));
        for text in ["", "-1", "1e3", "1,5", ".5", "0.0000000001", "99999999999999", "two"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
