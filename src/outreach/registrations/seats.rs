//! Who gets seats: pure rules, without database and clock.
//!
//! The surprising rule: a group has all its seats or none. It is passed over while fewer are free than it needs, and
//! keeps its rank; smaller ones behind it may get what is free meanwhile.

/// How the seats of an event are taken: seats, not people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Had by those who are in, were there, or stayed away.
    pub confirmed: i64,
    /// Held for those to whom they were offered.
    pub held: i64,
    /// Wanted by those who wait for approval.
    pub pending: i64,
    /// Wanted by those who wait for seats.
    pub waiting: i64,
}

impl Tally {
    /// How many are free; none for no limit. After the capacity was lowered more may be taken than there are: then
    /// nothing is free.
    #[must_use]
    pub fn free(self, capacity: Option<i64>) -> Option<i64> {
        let taken = self.confirmed.saturating_add(self.held);
        capacity.map(|capacity| capacity.saturating_sub(taken).max(0))
    }
}

/// Whether so many seats are free.
#[must_use]
pub fn fits(free: Option<i64>, seats: i64) -> bool {
    free.is_none_or(|free| seats <= free)
}

/// What one look along the queue gives.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pass {
    /// The places in the queue that get their seats.
    pub granted: Vec<usize>,
    /// How many seats are free after that.
    pub free: Option<i64>,
}

/// Goes along the queue, first come first served, and gives seats to everybody whose seats are still free.
#[must_use]
pub fn pass(free: Option<i64>, queue: &[i64]) -> Pass {
    let mut pass = Pass {
        granted: Vec::new(),
        free,
    };
    for (place, seats) in queue.iter().enumerate() {
        if fits(pass.free, *seats) {
            pass.free = pass.free.map(|free| free.saturating_sub(*seats));
            pass.granted.push(place);
        }
    }
    pass
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Tally, fits, pass};

    #[test]
    fn a_group_that_does_not_fit_is_passed_over() {
        let looked = pass(Some(3), &[2, 4, 1, 1]);
        assert_eq!(looked.granted, [0, 2]);
        assert_eq!(looked.free, Some(0));
        assert_eq!(pass(None, &[10, 10]).granted, [0, 1]);
        assert_eq!(pass(Some(0), &[1]).granted, [0_usize; 0]);
    }

    #[test]
    fn a_lowered_capacity_leaves_nothing_free() {
        let tally = Tally {
            confirmed: 8,
            held: 3,
            ..Tally::default()
        };
        assert_eq!(tally.free(Some(10)), Some(0));
        assert_eq!(tally.free(Some(12)), Some(1));
        assert_eq!(tally.free(None), None);
    }

    /// What may happen to a hall.
    #[derive(Debug, Clone)]
    enum Act {
        Come(i64),
        Leave(usize),
        Accept(usize),
        RunOut(usize),
        Resize(Option<i64>),
    }

    fn act() -> impl Strategy<Value = Act> {
        prop_oneof![
            4 => (1_i64..=10).prop_map(Act::Come),
            2 => any::<usize>().prop_map(Act::Leave),
            2 => any::<usize>().prop_map(Act::Accept),
            1 => any::<usize>().prop_map(Act::RunOut),
            1 => prop::option::weighted(0.9, 1_i64..40).prop_map(Act::Resize),
        ]
    }

    /// A hall with people in it, held seats and a queue: each by its seats.
    #[derive(Debug, Default)]
    struct Hall {
        capacity: Option<i64>,
        confirmed: Vec<i64>,
        held: Vec<i64>,
        queue: Vec<i64>,
    }

    impl Hall {
        fn free(&self) -> Option<i64> {
            Tally {
                confirmed: self.confirmed.iter().sum(),
                held: self.held.iter().sum(),
                ..Tally::default()
            }
            .free(self.capacity)
        }

        fn promote(&mut self) {
            let looked = pass(self.free(), &self.queue);
            // Nobody who was passed over would have fitted when it was his turn.
            let mut free = self.free();
            for (place, seats) in self.queue.iter().enumerate() {
                let got = looked.granted.contains(&place);
                assert_eq!(got, fits(free, *seats));
                if got {
                    free = free.map(|free| free - seats);
                }
            }
            for place in looked.granted.iter().rev() {
                self.held.push(self.queue.remove(*place));
            }
        }

        fn act(&mut self, act: &Act) {
            match act {
                Act::Come(seats) if fits(self.free(), *seats) => self.confirmed.push(*seats),
                Act::Come(seats) => self.queue.push(*seats),
                Act::Leave(at) => {
                    let all = [&mut self.confirmed, &mut self.held, &mut self.queue];
                    let list = all.into_iter().nth(at % 3).unwrap();
                    if !list.is_empty() {
                        list.remove(at / 3 % list.len());
                    }
                }
                Act::Accept(at) if !self.held.is_empty() => {
                    let seats = self.held.remove(at % self.held.len());
                    self.confirmed.push(seats);
                }
                Act::RunOut(at) if !self.held.is_empty() => {
                    let seats = self.held.remove(at % self.held.len());
                    self.queue.push(seats);
                }
                Act::Accept(_) | Act::RunOut(_) => {}
                Act::Resize(capacity) => self.capacity = *capacity,
            }
            self.promote();
        }

        fn taken(&self) -> i64 {
            self.confirmed.iter().chain(&self.held).sum()
        }
    }

    proptest! {
        #[test]
        fn a_hall_is_never_over_its_capacity_and_nobody_waits_for_free_seats(
            capacity in prop::option::weighted(0.9, 1_i64..40),
            acts in prop::collection::vec(act(), 1..120),
        ) {
            let mut hall = Hall { capacity, ..Hall::default() };
            for act in &acts {
                let before = hall.taken();
                hall.act(act);
                if let Some(capacity) = hall.capacity {
                    // Lowering takes nobody's place, and then nobody new comes in.
                    prop_assert!(hall.taken() <= capacity.max(before), "{act:?}: {hall:?}");
                }
                let free = hall.free();
                prop_assert!(hall.queue.iter().all(|seats| !fits(free, *seats)), "{act:?}: {hall:?}");
            }
        }
    }
}
