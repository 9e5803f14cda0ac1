use ring::Ring;

#[test]
fn a_new_ring_is_empty() {
    let ring: Ring<i32> = Ring::new(3);
    assert_eq!(ring.len(), 0);
    assert!(ring.is_empty());
    assert_eq!(ring.oldest(), None);
}

#[test]
fn pushed_values_are_kept_in_order() {
    let mut ring = Ring::new(3);
    assert_eq!(ring.push(1), None);
    assert_eq!(ring.push(2), None);
    assert_eq!(ring.to_vec(), vec![1, 2]);
}

#[test]
fn a_full_ring_gives_back_its_oldest_value() {
    let mut ring = Ring::new(2);
    ring.push("a");
    ring.push("b");
    assert_eq!(ring.push("c"), Some("a"));
    assert_eq!(ring.to_vec(), vec!["b", "c"]);
    assert_eq!(ring.oldest(), Some(&"b"));
    assert_eq!(ring.len(), 2);
}

#[test]
fn pop_takes_the_oldest_value() {
    let mut ring = Ring::new(2);
    ring.push(1);
    ring.push(2);
    assert_eq!(ring.pop(), Some(1));
    assert_eq!(ring.pop(), Some(2));
    assert_eq!(ring.pop(), None);
}
