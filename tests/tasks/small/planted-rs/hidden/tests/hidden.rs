use roman::{from_roman, to_roman};

#[test]
fn forties_are_written() {
    assert_eq!(to_roman(40).as_deref(), Some("XL"));
    assert_eq!(to_roman(3999).as_deref(), Some("MMMCMXCIX"));
    assert_eq!(to_roman(444).as_deref(), Some("CDXLIV"));
}

#[test]
fn every_number_is_read_as_it_is_written() {
    for number in 1..=3999 {
        assert_eq!(from_roman(&to_roman(number).unwrap()), Some(number));
    }
}

#[test]
fn what_is_no_numeral_is_refused() {
    assert_eq!(to_roman(4000), None);
    assert_eq!((from_roman(""), from_roman("XXXX"), from_roman("ABC")), (None, None, None));
}
