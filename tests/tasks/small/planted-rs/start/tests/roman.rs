use roman::{from_roman, to_roman};

#[test]
fn small_numbers_are_written() {
    assert_eq!(to_roman(8).as_deref(), Some("VIII"));
    assert_eq!(to_roman(14).as_deref(), Some("XIV"));
}

#[test]
fn years_are_written() {
    assert_eq!(to_roman(1949).as_deref(), Some("MCMXLIX"));
}

#[test]
fn years_are_read() {
    assert_eq!(from_roman("MMXXIV"), Some(2024));
}

#[test]
fn nonsense_is_refused() {
    assert_eq!(to_roman(0), None);
    assert_eq!(from_roman("IIII"), None);
}
