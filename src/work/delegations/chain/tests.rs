mod parting;

use std::collections::BTreeMap;
use std::convert::Infallible;

use super::*;
use crate::work::delegations::rules::{NewAssignee, act_on, effect, step};
use crate::work::delegations::stand_in::{MAX_STEPS, Presence, Recipient, recipient};
use crate::work::task_status::TaskStatus;
use proptest::prelude::*;

fn link(delegator: char, delegate: char, state: DelegationState) -> Link<char> {
    Link {
        delegator,
        delegate,
        state,
        may_redelegate: true,
    }
}

#[test]
fn only_the_holder_hands_on() {
    use DelegationState::{Accepted, Declined, Offered, Submitted};
    let held = [link('a', 'b', Accepted), link('b', 'c', Accepted)];
    assert_eq!(may_offer(&held, 'c', 'd'), Ok(()));
    assert_eq!(may_offer(&held, 'b', 'd'), Err(OfferRefusal::NotTheHolder));
    assert_eq!(may_offer(&held, 'a', 'd'), Err(OfferRefusal::NotTheHolder));
    assert_eq!(may_offer(&held, 'c', 'a'), Err(OfferRefusal::Circle));
    assert_eq!(may_offer(&held, 'c', 'b'), Err(OfferRefusal::Circle));
    assert_eq!(may_offer(&held, 'c', 'c'), Err(OfferRefusal::ToOneself));

    let bound = [Link {
        may_redelegate: false,
        ..link('a', 'b', Accepted)
    }];
    assert_eq!(
        may_offer(&bound, 'b', 'c'),
        Err(OfferRefusal::MayNotRedelegate)
    );
    let open = [link('a', 'b', Accepted), link('b', 'c', Offered)];
    assert_eq!(may_offer(&open, 'b', 'd'), Err(OfferRefusal::OpenOffer));
    assert_eq!(may_offer(&open, 'c', 'd'), Err(OfferRefusal::OpenOffer));
    assert_eq!(holder(&open), Some('b'));
    assert_eq!(
        may_offer(&[link('a', 'b', Submitted)], 'b', 'c'),
        Err(OfferRefusal::Submitted)
    );

    let answered = [link('a', 'b', Accepted), link('b', 'c', Declined)];
    assert_eq!(
        may_offer(&answered, 'b', 'c'),
        Ok(()),
        "what has ended binds nobody"
    );
    assert_eq!(may_offer(&[], 'a', 'b'), Ok(()));
    assert_eq!(may_offer(&[], 'a', 'a'), Err(OfferRefusal::ToOneself));
    assert_eq!(holder::<char>(&[]), None);
}

#[test]
fn a_chain_has_at_most_eight_links() {
    let chain: Vec<_> = (0..8)
        .map(|member| Link {
            delegator: member,
            delegate: member + 1,
            state: DelegationState::Accepted,
            may_redelegate: true,
        })
        .collect();
    assert_eq!(may_offer(&chain[..7], 7, 8), Ok(()));
    assert_eq!(may_offer(&chain, 8, 9), Err(OfferRefusal::TooDeep));
}

/// One task with all its delegations, run by the rules alone.
#[derive(Debug)]
struct World {
    links: Vec<(Option<usize>, Link<u8>)>,
    assignee: u8,
    task: TaskStatus,
    /// Who is away, and who stands in.
    away: BTreeMap<u8, Option<u8>>,
}

impl World {
    fn presence(&self, member: u8) -> Result<Presence<u8>, Infallible> {
        Ok(match self.away.get(&member) {
            None => Presence::Here,
            Some(substitute) => Presence::Away {
                substitute: *substitute,
            },
        })
    }

    /// Whom an offer goes to, checked against following the substitutes one by one.
    fn recipient(&self, chain: &[Link<u8>], delegator: u8, named: u8) -> Option<u8> {
        let Ok(found) = recipient(chain, delegator, named, |member| self.presence(member));
        let followed: Vec<u8> = std::iter::successors(Some(named), |member| {
            self.away.get(member).copied().flatten()
        })
        .take(MAX_STEPS + 1)
        .collect();
        let there = followed
            .iter()
            .copied()
            .find(|member| !self.away.contains_key(member));
        let suits = there.is_some_and(|there| may_offer(chain, delegator, there).is_ok());
        let expected = match there {
            Some(there) if there == named || suits => Some(there),
            None if followed.len() > MAX_STEPS => None,
            _ => Some(named),
        };
        let goes = match found {
            Recipient::Named | Recipient::Nobody(_) | Recipient::Unsuitable(..) => Some(named),
            Recipient::StandIn(stand_in) => Some(stand_in),
            Recipient::Endless(_) => None,
        };
        assert_eq!(goes, expected, "{followed:?} {self:?}");
        goes
    }

    /// A member goes away: what waits for that one goes to whoever stands in, or back.
    fn go_away(&mut self, member: u8, substitute: Option<u8>, gives_back: bool) {
        self.away.insert(member, substitute);
        let Some(leaf) = self.active().last().copied() else {
            return;
        };
        let link = self.links[leaf].1;
        if link.delegate != member || link.state != DelegationState::Offered {
            return;
        }
        if gives_back {
            self.links[leaf].1.state =
                step(link.state, Act::Withdraw, Party::Clock).expect("the clock gives back");
            return;
        }
        let mut above = self.chain();
        above.pop();
        if let Some(delegate) = self.recipient(&above, link.delegator, member) {
            self.links[leaf].1.delegate = delegate;
        }
    }

    fn active(&self) -> Vec<usize> {
        (0..self.links.len())
            .filter(|index| self.links[*index].1.state.is_active())
            .collect()
    }

    fn chain(&self) -> Vec<Link<u8>> {
        self.active()
            .into_iter()
            .map(|index| self.links[index].1)
            .collect()
    }

    fn offer(&mut self, delegator: u8, delegate: u8, may_redelegate: bool) {
        let chain = self.chain();
        if self.task.is_open()
            && may_offer(&chain, delegator, delegate).is_ok()
            && let Some(delegate) = self.recipient(&chain, delegator, delegate)
        {
            let link = Link {
                delegator,
                delegate,
                state: DelegationState::Offered,
                may_redelegate,
            };
            self.links.push((self.active().last().copied(), link));
        }
    }

    /// Does the act if the rules let it, with `None` standing for the clock. Members 10 and 11 lead the team.
    fn act(&mut self, index: usize, act: Act, actor: Option<u8>) {
        let (parent, link) = self.links[index];
        let party = link.party(
            match actor {
                Some(lead @ 10..) => Actor::Lead(lead),
                Some(member) => Actor::Member(member),
                None => Actor::Clock,
            },
            act,
        );
        let below: Vec<_> = self
            .active()
            .into_iter()
            .filter(|other| link.state.is_active() && *other > index)
            .collect();
        let states: Vec<_> = below
            .iter()
            .map(|index| self.links[*index].1.state)
            .collect();
        let place = if parent.is_none() {
            Place::Root
        } else {
            Place::Below
        };
        let Ok(changes) = act_on(link.state, place, &states, act, party) else {
            return;
        };
        let mut ways = Vec::new();
        let mut reached = self.task;
        for to in changes.iter().filter_map(|change| change.effect.task) {
            let Ok(way) = to.way(reached) else { return };
            reached = way.last().copied().unwrap_or(reached);
            ways.push(way);
        }
        if act == Act::Confirm {
            assert!(
                actor == Some(link.delegator) && link.delegator != link.delegate,
                "nobody confirms their own work"
            );
        }
        for change in changes {
            let target = if change.depth == 0 {
                index
            } else {
                below[change.depth - 1]
            };
            let link = &mut self.links[target].1;
            assert!(link.state.is_active(), "an ended link changed");
            assert!(
                link.state.allowed().contains(&change.to),
                "only transitions of the table"
            );
            link.state = change.to;
            match change.effect.assignee {
                Some(NewAssignee::Delegate) => self.assignee = link.delegate,
                Some(NewAssignee::Delegator) => self.assignee = link.delegator,
                None => {}
            }
        }
        for status in ways.into_iter().flatten() {
            self.task
                .next(*status)
                .expect("only transitions of the table");
            self.task = *status;
            let done_by_root = parent.is_none() && act == Act::Confirm;
            assert!(
                self.task != TaskStatus::Done || done_by_root,
                "only the root's confirmation finishes the task"
            );
        }
        if matches!(
            act,
            Act::Accept | Act::SendBack | Act::HandBack | Act::Recall
        ) {
            assert_ne!(self.task, TaskStatus::InReview, "nothing waits: {self:?}");
        }
    }

    /// Takes a member out of the world, with a successor.
    fn depart(&mut self, leaver: u8, successor: u8) {
        let active = self.active();
        for parting in part(&self.chain(), leaver, successor) {
            match parting {
                Parting::Act { link, act, party } => {
                    let target = &mut self.links[active[link]].1;
                    target.state =
                        step(target.state, act, party).expect("only transitions of the table");
                    if effect(act, place(link)).assignee.is_some() {
                        self.assignee = target.delegator;
                    }
                }
                Parting::HandOver { link } => {
                    let target = &mut self.links[active[link]].1;
                    target.delegator = successor;
                    assert_ne!(target.delegate, successor, "nobody confirms their own work");
                }
            }
        }
        if self.assignee == leaver {
            self.assignee = successor;
        }
        assert!(
            self.chain()
                .iter()
                .all(|link| link.delegator != leaver && link.delegate != leaver),
            "nothing refers to who left: {self:?}"
        );
    }

    fn check(&self) {
        let chain = self.chain();
        let open = chain.iter().filter(|link| link.state.is_open()).count();
        assert!(open <= 1, "one open offer: {self:?}");
        assert!(chain.len() <= MAX_LINKS, "{self:?}");
        let waiting = chain
            .iter()
            .filter(|link| link.state == DelegationState::Submitted)
            .count();
        assert!(open + waiting <= 1, "only the leaf waits: {self:?}");
        if let Some((_, above)) = chain.split_last() {
            assert!(
                above
                    .iter()
                    .all(|link| link.state == DelegationState::Accepted && link.may_redelegate),
                "{self:?}"
            );
        }
        assert!(
            chain
                .windows(2)
                .all(|pair| pair[0].delegate == pair[1].delegator),
            "links hang together: {self:?}"
        );
        let mut people: Vec<_> = chain
            .iter()
            .map(|link| link.delegator)
            .chain(chain.last().map(|link| link.delegate))
            .collect();
        let count = people.len();
        people.sort_unstable();
        people.dedup();
        assert_eq!(people.len(), count, "no circle: {self:?}");
        if let Some(holder) = holder(&chain) {
            assert_eq!(
                self.assignee, holder,
                "the assignee is who holds the chain's end: {self:?}"
            );
        }
        for (index, (parent, link)) in self.links.iter().enumerate() {
            let parent_holds =
                parent.is_none_or(|parent| parent < index && self.links[parent].1.state.is_held());
            assert!(
                !link.state.is_active() || parent_holds,
                "an active link under an ended one: {self:?}"
            );
        }
    }
}

#[derive(Debug, Clone)]
enum Move {
    Offer {
        delegate: u8,
        may_redelegate: bool,
        by_holder: bool,
        other: u8,
    },
    Act {
        which: usize,
        act: Act,
        actor: Option<u8>,
    },
    Natural {
        act: Act,
    },
    Depart {
        leaver: u8,
        successor: u8,
    },
    GoAway {
        member: u8,
        substitute: Option<u8>,
        gives_back: bool,
    },
    ComeBack {
        member: u8,
    },
}

fn any_move() -> impl Strategy<Value = Move> {
    let act = || prop::sample::select(Act::ALL);
    prop_oneof![
        3 => (0u8..12, any::<bool>(), any::<bool>(), 0u8..12)
            .prop_map(|(delegate, bound, by_holder, other)| Move::Offer { delegate, may_redelegate: !bound || by_holder, by_holder, other }),
        2 => (any::<usize>(), act(), prop::option::weighted(0.9, 0u8..12)).prop_map(|(which, act, actor)| Move::Act { which, act, actor }),
        1 => (0u8..12, 0u8..12).prop_map(|(leaver, successor)| Move::Depart { leaver, successor }),
        1 => (0u8..12, prop::option::weighted(0.8, 0u8..12), any::<bool>())
            .prop_map(|(member, substitute, gives_back)| Move::GoAway { member, substitute, gives_back }),
        1 => (0u8..12).prop_map(|member| Move::ComeBack { member }),
        // Acts of the right people on the leaf, so that chains get deep and reach their ends; accepting more often.
        4 => prop_oneof![4 => Just(Act::Accept), 3 => act()].prop_map(|act| Move::Natural { act }),
    ]
}

/// Runs the moves and gives back how deep the chain got.
fn run(moves: Vec<Move>) -> usize {
    let mut world = World {
        links: Vec::new(),
        assignee: 0,
        task: TaskStatus::Todo,
        away: BTreeMap::new(),
    };
    let mut deepest = 0;
    for act in moves {
        match act {
            Move::Offer {
                delegate,
                may_redelegate,
                by_holder,
                other,
            } => {
                let delegator = if by_holder { world.assignee } else { other };
                world.offer(delegator, delegate, may_redelegate);
            }
            Move::Act { which, act, actor } if !world.links.is_empty() => {
                let ended: Vec<_> = world.links.iter().map(|(_, link)| link.state).collect();
                world.act(which % ended.len(), act, actor);
                let kept = ended
                    .iter()
                    .zip(&world.links)
                    .all(|(before, (_, link))| before.is_active() || *before == link.state);
                assert!(kept, "ended states are final");
            }
            Move::Natural { act } => {
                if let Some(leaf) = world.active().last().copied() {
                    let link = world.links[leaf].1;
                    for actor in [Some(link.delegate), Some(link.delegator), None] {
                        if world.links[leaf].1.state == link.state {
                            world.act(leaf, act, actor);
                        }
                    }
                }
            }
            // Whoever left may come back, which is all the same to the rules.
            Move::Depart { leaver, successor } if leaver != successor => {
                world.depart(leaver, successor);
            }
            Move::GoAway {
                member,
                substitute,
                gives_back,
            } if substitute != Some(member) => world.go_away(member, substitute, gives_back),
            Move::ComeBack { member } => {
                world.away.remove(&member);
            }
            Move::Act { .. } | Move::Depart { .. } | Move::GoAway { .. } => {}
        }
        world.check();
        deepest = deepest.max(world.chain().len());
    }
    deepest
}

proptest! {
    #[test]
    fn whole_chains_keep_their_invariants(moves in prop::collection::vec(any_move(), 1..150)) {
        run(moves);
    }
}

/// Guards the test above against testing nothing: a straight hand-on reaches the greatest depth and no further.
#[test]
fn the_simulated_world_reaches_the_greatest_depth() {
    let hand_on = |delegate| {
        [
            Move::Offer {
                delegate,
                may_redelegate: true,
                by_holder: true,
                other: 0,
            },
            Move::Natural { act: Act::Accept },
        ]
    };
    assert_eq!(run((1..12).flat_map(hand_on).collect()), MAX_LINKS);
}
