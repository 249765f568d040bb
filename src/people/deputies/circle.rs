//! Whether deputies form a circle at some moment.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::db::Instant;

/// Somebody has a deputy from one moment to another, which is no longer part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge<M> {
    pub(super) member: M,
    pub(super) deputy: M,
    pub(super) starts_at: Instant,
    pub(super) ends_at: Instant,
}

impl<M> Edge<M> {
    fn is_at(&self, moment: Instant) -> bool {
        self.starts_at <= moment && moment < self.ends_at
    }
}

/// The circle that `new` would close with what is `there`: its members, each followed by their deputy, beginning and
/// ending with the member of `new`. All of it is there at one moment: at the latest beginning of its parts, so only
/// beginnings need a look.
pub(super) fn close<M: Copy + Ord>(there: &[Edge<M>], new: Edge<M>) -> Option<Vec<M>> {
    let mut moments: Vec<Instant> = there
        .iter()
        .map(|edge| edge.starts_at)
        .filter(|start| new.is_at(*start))
        .chain([new.starts_at])
        .collect();
    moments.sort_unstable();
    moments.dedup();
    moments
        .into_iter()
        .find_map(|moment| way(there, new, moment))
}

/// The way from the deputy back to the member at one moment, the shortest first.
fn way<M: Copy + Ord>(there: &[Edge<M>], new: Edge<M>, moment: Instant) -> Option<Vec<M>> {
    // Whom somebody was reached from.
    let mut from: BTreeMap<M, M> = BTreeMap::from([(new.deputy, new.member)]);
    let mut reached = vec![new.deputy];
    while !reached.is_empty() {
        let mut next = Vec::new();
        for at in reached {
            if at == new.member {
                return Some(back(&from, new));
            }
            for edge in there
                .iter()
                .filter(|edge| edge.member == at && edge.is_at(moment))
            {
                if let Entry::Vacant(new) = from.entry(edge.deputy) {
                    new.insert(at);
                    next.push(edge.deputy);
                }
            }
        }
        reached = next;
    }
    None
}

fn back<M: Copy + Ord>(from: &BTreeMap<M, M>, new: Edge<M>) -> Vec<M> {
    let mut path = vec![new.member];
    let mut at = new.member;
    while let Some(before) = from.get(&at) {
        path.push(*before);
        at = *before;
        if at == new.member {
            break;
        }
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

    use super::{Edge, close};
    use crate::db::Instant;

    fn edge(member: u8, deputy: u8, from: i64, to: i64) -> Edge<u8> {
        let at = |hours| Instant::new(DateTime::UNIX_EPOCH).plus(TimeDelta::hours(hours));
        Edge {
            member,
            deputy,
            starts_at: at(from),
            ends_at: at(to),
        }
    }

    #[test]
    fn a_circle_is_named_from_member_to_member() {
        let there = [edge(2, 3, 0, 9), edge(3, 1, 5, 7), edge(3, 4, 0, 9)];
        assert_eq!(close(&there, edge(1, 2, 6, 8)), Some(vec![1, 2, 3, 1]));
        assert_eq!(close(&there, edge(1, 2, 0, 5)), None, "before");
        assert_eq!(close(&there, edge(1, 2, 7, 8)), None, "after");
        assert_eq!(close(&there, edge(4, 2, 0, 1)), Some(vec![4, 2, 3, 4]));
        assert_eq!(
            close(&[edge(2, 1, 0, 1)], edge(1, 2, 0, 1)),
            Some(vec![1, 2, 1])
        );
    }

    proptest! {
        /// Against looking at every hour, along every way.
        #[test]
        fn a_circle_is_found_where_there_is_one(
            parts in prop::collection::vec((0_u8..5, 0_u8..5, 0_i64..10, 1_i64..6), 0..12),
            (member, deputy, from, long) in (0_u8..5, 0_u8..5, 0_i64..10, 1_i64..6),
        ) {
            prop_assume!(member != deputy);
            let there: Vec<_> = parts
                .into_iter()
                .filter(|(member, deputy, ..)| member != deputy)
                .map(|(member, deputy, from, long)| edge(member, deputy, from, from + long))
                .collect();
            let new = edge(member, deputy, from, from + long);
            let at = |hours| edge(0, 1, hours, hours).starts_at;
            let closes = (from..from + long).any(|hour| {
                let mut reached = vec![deputy];
                for _ in 0..5 {
                    let more: Vec<u8> = there.iter()
                        .filter(|edge| edge.is_at(at(hour)) && reached.contains(&edge.member))
                        .map(|edge| edge.deputy)
                        .collect();
                    reached.extend(more);
                    reached.sort_unstable();
                    reached.dedup();
                }
                reached.contains(&member)
            });
            let found = close(&there, new);
            prop_assert_eq!(found.is_some(), closes);
            if let Some(path) = found {
                prop_assert_eq!((path[0], path[1], path[path.len() - 1]), (member, deputy, member));
                for pair in path.windows(2).skip(1) {
                    prop_assert!(there.iter().any(|edge| (edge.member, edge.deputy) == (pair[0], pair[1])));
                }
            }
        }
    }
}
