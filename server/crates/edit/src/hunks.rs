//! A change in parts: the hunks that its unified diff shows, and the change without some of them.

use std::collections::BTreeSet;
use std::ops::Range;

use similar::{DiffTag, TextDiff};

/// Lines around a change that its hunk shows.
const CONTEXT: usize = 3;

/// Hunks of a change by their numbers, counted from 1 in the order of [`crate::unified`].
pub type Hunks = BTreeSet<u32>;

/// How many hunks the unified diff of a change has.
pub fn count(before: &str, after: &str) -> u32 {
    let groups = TextDiff::from_lines(before, after).grouped_ops(CONTEXT).len();
    u32::try_from(groups).unwrap_or(u32::MAX)
}

/// The text after a change that leaves out these hunks: there it is as before.
pub fn without(before: &str, after: &str, refused: &Hunks) -> String {
    let diff = TextDiff::from_lines(before, after);
    let old = |range: Range<usize>| range.filter_map(|line| diff.old_slice(line));
    let new = |range: Range<usize>| range.filter_map(|line| diff.new_slice(line));
    let mut text = String::with_capacity(before.len().max(after.len()));
    let mut at = 0;
    for (number, group) in (1..).zip(diff.grouped_ops(CONTEXT)) {
        for op in group {
            text.extend(old(at..op.old_range().start));
            match op.tag() == DiffTag::Equal || refused.contains(&number) {
                true => text.extend(old(op.old_range())),
                false => text.extend(new(op.new_range())),
            }
            at = op.old_range().end;
        }
    }
    text.extend(old(at..diff.old_len()));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::unified;

    const BEFORE: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12";
    const AFTER: &str = "one\n2\n3\n4\n5\n6\nseven\n8\n9\n10\n11\n12\n13\n";

    #[test]
    fn each_hunk_can_be_left_out_alone() {
        let after = |refused: &[u32]| without(BEFORE, AFTER, &refused.iter().copied().collect());
        assert_eq!(count(BEFORE, AFTER), 1, "neighbours are one hunk");
        let far = format!("{BEFORE}\n{}", "same\n".repeat(8));
        let changed = format!("{}13\n", far.replacen('1', "one", 1));
        assert_eq!(count(&far, &changed), 2);
        let of_far = |refused: &[u32]| without(&far, &changed, &refused.iter().copied().collect());
        assert_eq!(of_far(&[1]), format!("{far}13\n"));
        assert_eq!(of_far(&[2]), far.replacen('1', "one", 1));
        assert_eq!(of_far(&[1, 2]), far);
        assert_eq!(after(&[]), AFTER);
    }

    #[test]
    fn a_last_line_without_its_end_stays_so_where_its_hunk_is_left_out() {
        assert_eq!(without("a", "a\nb\n", &Hunks::from([1])), "a");
        assert_eq!(without("a", "a\nb\n", &Hunks::new()), "a\nb\n");
    }

    proptest! {
        #[test]
        fn all_hunks_make_the_change_and_none_leave_the_text(
            before in "([ab]\n){0,40}",
            after in "([ab]\n){0,40}",
        ) {
            let hunks = count(&before, &after);
            prop_assert_eq!(without(&before, &after, &Hunks::new()), after.clone());
            prop_assert_eq!(without(&before, &after, &(1..=hunks).collect()), before.clone());
            let shown = unified("a", Some(&before), Some(&after)).text;
            let heads = shown.lines().filter(|line| line.starts_with("@@ ")).count();
            prop_assert_eq!(hunks as usize, heads);
        }
    }
}
