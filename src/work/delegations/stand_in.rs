//! Whom an offer to somebody who is away goes to, as a pure function.
//!
//! The surprising rule: being away keeps nobody from being offered something. Only where so many stand in for each other
//! that nobody can tell who is there is the offer refused; otherwise it goes to whoever stands in and is there, or stays
//! with the one who was named, and the delegator is told.

use super::chain::{Link, may_offer};

/// How many times it is looked who stands in for somebody who is away.
pub const MAX_STEPS: usize = 5;

/// How somebody is today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence<M> {
    /// There.
    Here,
    /// Away.
    Away {
        /// Who stands in.
        substitute: Option<M>,
    },
}

/// Whom an offer goes to. The lists have those who are away, the one who was named first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recipient<M> {
    /// The one who was named, who is there.
    Named,
    /// This one, in the place of the one who was named.
    StandIn(M),
    /// The one who was named, though away: nobody stands in.
    Nobody(Vec<M>),
    /// The one who was named, though away: this one would stand in, but offers it, or is in the chain already.
    Unsuitable(M, Vec<M>),
    /// No one: five stand in for each other and are all away, or they do so in a circle.
    Endless(Vec<M>),
}

/// Whom an offer of `delegator` to `named` goes to, when `chain` (root first) is above it.
///
/// # Errors
/// What `presence` answers.
pub fn recipient<M: Copy + Eq, E>(
    chain: &[Link<M>],
    delegator: M,
    named: M,
    mut presence: impl FnMut(M) -> Result<Presence<M>, E>,
) -> Result<Recipient<M>, E> {
    let mut away = Vec::new();
    let mut next = named;
    loop {
        match presence(next)? {
            Presence::Here if away.is_empty() => return Ok(Recipient::Named),
            Presence::Here if may_offer(chain, delegator, next).is_ok() => {
                return Ok(Recipient::StandIn(next));
            }
            Presence::Here => return Ok(Recipient::Unsuitable(next, away)),
            Presence::Away { substitute } => {
                away.push(next);
                match substitute {
                    _ if away.len() > MAX_STEPS => return Ok(Recipient::Endless(away)),
                    None => return Ok(Recipient::Nobody(away)),
                    Some(substitute) if away.contains(&substitute) => {
                        return Ok(Recipient::Endless(away));
                    }
                    Some(substitute) => next = substitute,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use super::super::chain::Link;
    use super::super::rules::DelegationState;
    use super::{MAX_STEPS, Presence, Recipient, recipient};

    fn goes(chain: &[Link<u8>], away: &[(u8, Option<u8>)], from: u8, to: u8) -> Recipient<u8> {
        let away: BTreeMap<u8, Option<u8>> = away.iter().copied().collect();
        recipient(chain, from, to, |member| {
            Ok::<_, Infallible>(match away.get(&member) {
                None => Presence::Here,
                Some(substitute) => Presence::Away {
                    substitute: *substitute,
                },
            })
        })
        .unwrap_or_else(|never| match never {})
    }

    #[test]
    fn the_first_who_is_there_stands_in() {
        assert_eq!(goes(&[], &[], 1, 2), Recipient::Named);
        assert_eq!(goes(&[], &[(2, Some(3))], 1, 2), Recipient::StandIn(3));
        assert_eq!(
            goes(&[], &[(2, Some(3)), (3, Some(4))], 1, 2),
            Recipient::StandIn(4)
        );
        assert_eq!(goes(&[], &[(2, None)], 1, 2), Recipient::Nobody(vec![2]));
        assert_eq!(
            goes(&[], &[(2, Some(3)), (3, None)], 1, 2),
            Recipient::Nobody(vec![2, 3])
        );
        assert_eq!(
            goes(&[], &[(2, Some(1))], 1, 2),
            Recipient::Unsuitable(1, vec![2]),
            "nobody offers to themselves"
        );
        let above = [Link {
            delegator: 5,
            delegate: 1,
            state: DelegationState::Accepted,
            may_redelegate: true,
        }];
        assert_eq!(
            goes(&above, &[(2, Some(5))], 1, 2),
            Recipient::Unsuitable(5, vec![2]),
            "no circle"
        );
    }

    #[test]
    fn five_steps_are_followed_and_no_more() {
        let steps = u8::try_from(MAX_STEPS).unwrap();
        let away = |count: u8| -> Vec<(u8, Option<u8>)> {
            (2..2 + count)
                .map(|member| (member, Some(member + 1)))
                .collect()
        };
        assert_eq!(goes(&[], &away(steps), 1, 2), Recipient::StandIn(2 + steps));
        assert_eq!(
            goes(&[], &away(steps + 1), 1, 2),
            Recipient::Endless((2..=2 + steps).collect())
        );
        assert_eq!(
            goes(&[], &[(2, Some(3)), (3, Some(2))], 1, 2),
            Recipient::Endless(vec![2, 3]),
            "they stand in for each other"
        );
    }
}
