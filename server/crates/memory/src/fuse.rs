//! One order from several, by reciprocal rank.

use std::{collections::HashMap, hash::Hash};

/// How little the first places of one order count over its later ones; the value of the method's
/// authors (Cormack, Clarke and Büttcher, 2009).
const K: f32 = 60.0;

/// What stands high in one order, or in several, comes first: each order gives `1 / (60 + rank)` for
/// its first, second, ... What has the same score stays in the order in which it was met.
#[must_use]
pub fn fuse<T: Copy + Eq + Hash>(orders: &[Vec<T>]) -> Vec<(T, f32)> {
    let mut places = HashMap::new();
    let mut fused: Vec<(T, f32)> = Vec::new();
    for order in orders {
        for (rank, item) in order.iter().enumerate() {
            let place = *places.entry(*item).or_insert_with(|| {
                fused.push((*item, 0.0));
                fused.len() - 1
            });
            fused[place].1 += 1.0 / (K + rank as f32 + 1.0);
        }
    }
    fused.sort_by(|one, other| other.1.total_cmp(&one.1));
    fused
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fuse;

    fn order_of(orders: &[Vec<u32>]) -> Vec<u32> {
        fuse(orders).into_iter().map(|(item, _)| item).collect()
    }

    #[test]
    fn what_both_orders_know_comes_before_what_one_knows() {
        assert_eq!(order_of(&[vec![1, 2, 3], vec![4, 3, 5]]), [3, 1, 4, 2, 5]);
    }

    #[test]
    fn a_score_is_the_sum_of_reciprocal_ranks() {
        assert_eq!(
            fuse(&[vec!['a'], vec!['b', 'a']]),
            [('a', 1.0 / 61.0 + 1.0 / 62.0), ('b', 1.0 / 61.0)]
        );
    }

    #[test]
    fn one_order_alone_stays_as_it_is() {
        assert_eq!(order_of(&[vec![3, 1, 2], vec![]]), [3, 1, 2]);
        assert_eq!(fuse::<u32>(&[]), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn all_are_there_once_and_best_first(orders in prop::collection::vec(
            prop::collection::btree_set(0_u32..50, 0..20).prop_map(|set| set.into_iter().collect::<Vec<_>>()),
            0..4,
        )) {
            let fused = fuse(&orders);
            let mut items: Vec<_> = fused.iter().map(|(item, _)| *item).collect();
            prop_assert!(fused.is_sorted_by(|one, next| one.1 >= next.1));
            items.sort_unstable();
            let mut expected: Vec<_> = orders.concat();
            expected.sort_unstable();
            expected.dedup();
            prop_assert_eq!(items, expected);
        }
    }
}
