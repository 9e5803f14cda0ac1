//! Roman numerals from 1 to 3999.

mod digits;

use digits::DIGITS;

/// A number as a Roman numeral; `None` outside of 1 to 3999.
pub fn to_roman(mut number: u32) -> Option<String> {
    if !(1..=3999).contains(&number) {
        return None;
    }
    let mut numeral = String::new();
    for (value, digit) in DIGITS {
        while number >= value {
            numeral.push_str(digit);
            number -= value;
        }
    }
    Some(numeral)
}

/// The number of a Roman numeral; `None` where it is none, or not the usual way to write it.
pub fn from_roman(numeral: &str) -> Option<u32> {
    let mut rest = numeral;
    let mut number = 0;
    for (value, digit) in DIGITS {
        while let Some(after) = rest.strip_prefix(digit) {
            number += value;
            rest = after;
        }
    }
    (rest.is_empty() && to_roman(number)? == numeral).then_some(number)
}
