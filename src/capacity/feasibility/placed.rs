//! What of the demands can be had at all.
//!
//! The surprising rule: who asks for more is not refused for what does not fit already. What cannot be had anyway takes
//! nothing from anybody, so it is left out before the rest is measured.
//!
//! The days are filled in order, on each the window that ends first going first; what is left when its window ends is left
//! out. For pieces of one minute this is the greedy matching of F. Glover, *Maximum matching in a convex bipartite graph*
//! (1967): no other filling has more. Sets of pieces that can be had together are a matroid (J. Edmonds and D. Fulkerson,
//! *Transversals and matroid partition*, 1965), so more can be had beside one largest set exactly when it can be had
//! beside every other: it does not matter which pieces are left out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Days, Demand};

/// The demands, with the minutes that can be had. Those that cannot be judged stay as they are.
pub(super) fn placed<T: Clone>(
    days: &Days,
    capacity: &[Option<i64>],
    demands: &[Demand<T>],
) -> Vec<Demand<T>> {
    let is_judged = |one: &Demand<T>| one.asks() && days.are_known(one.first, one.last);
    let mut placed: Vec<Demand<T>> = demands.to_vec();
    for one in placed.iter_mut().filter(|one| is_judged(one)) {
        one.minutes = 0;
    }
    let mut to_come: Vec<usize> = (0..demands.len())
        .filter(|at| demands.get(*at).is_some_and(is_judged))
        .collect();
    to_come.sort_unstable_by_key(|at| demands.get(*at).map(|one| Reverse(one.first)));
    // By their last days: how many minutes are still to be had.
    let mut waiting: BinaryHeap<(Reverse<usize>, usize, i64)> = BinaryHeap::new();
    for (day, minutes) in capacity.iter().enumerate() {
        let mut room = minutes.unwrap_or_default();
        while let Some(at) =
            to_come.pop_if(|at| demands.get(*at).is_some_and(|one| one.first <= day))
        {
            if let Some(one) = demands.get(at) {
                waiting.push((Reverse(one.last), at, one.minutes));
            }
        }
        while room > 0
            && let Some((Reverse(last), at, wanted)) = waiting.pop()
        {
            if last < day {
                continue;
            }
            let had = wanted.min(room);
            room -= had;
            if let Some(one) = placed.get_mut(at) {
                one.minutes += had;
            }
            if had < wanted {
                waiting.push((Reverse(last), at, wanted - had));
            }
        }
    }
    placed
}
