use ring::Ring;

#[test]
fn it_goes_round_many_times() {
    let mut ring = Ring::new(3);
    for value in 0..10 {
        assert_eq!(ring.push(value), if value < 3 { None } else { Some(value - 3) });
    }
    assert_eq!(ring.pop(), Some(7));
    assert_eq!(ring.push(10), None);
    assert_eq!(ring.to_vec(), vec![8, 9, 10]);
}

#[test]
fn it_keeps_one_value() {
    let mut ring = Ring::new(1);
    ring.push('a');
    assert_eq!(ring.push('b'), Some('a'));
    assert_eq!((ring.oldest(), ring.len(), ring.is_empty()), (Some(&'b'), 1, false));
}
