use super::*;
use proptest::prelude::*;

/// The table of the design, written once more as words: from, act, by, to.
const TABLE: &str = "
    offered   accept    delegate  accepted
    offered   decline   delegate  declined
    offered   propose   delegate  countered
    offered   withdraw  delegator withdrawn
    offered   expire    clock     expired
    countered accept    delegator accepted
    countered withdraw  delegator withdrawn
    accepted  submit    delegate  submitted
    accepted  hand_back delegate  returned
    accepted  recall    delegator recalled
    submitted confirm   delegator confirmed
    submitted send_back delegator accepted
    submitted recall    delegator recalled
";

fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .unwrap()
        .as_str()
        .unwrap()
        .to_owned()
}

fn table() -> Vec<[&'static str; 4]> {
    let line = |line: &'static str| line.split_whitespace().collect::<Vec<_>>().try_into().ok();
    TABLE.lines().filter_map(line).collect()
}

/// What the table says: the new state, or who could act (`Some(by)`), or nobody could (`None`).
fn expected(state: DelegationState, act: Act, party: Party) -> Result<String, Option<String>> {
    let (state, act, party) = (word(state), word(act), word(party));
    match table()
        .iter()
        .find(|[from, known, ..]| *from == state && *known == act)
    {
        Some([_, _, by, to]) if *by == party => Ok((*to).to_owned()),
        // Beyond the table: a lead takes back in the delegator's place.
        Some([_, known, _, to]) if party == "lead" && ["withdraw", "recall"].contains(known) => {
            Ok((*to).to_owned())
        }
        // And the clock gives back what waits for somebody who is away.
        Some(["offered", "withdraw", _, to]) if party == "clock" => Ok((*to).to_owned()),
        Some([_, _, by, _]) => Err(Some((*by).to_owned())),
        None => Err(None),
    }
}

#[test]
fn every_state_act_and_party_is_as_the_design_says() {
    assert_eq!(table().len(), 13);
    for state in DelegationState::ALL {
        for act in Act::ALL {
            for party in Party::ALL.iter().copied() {
                let actual = match step(*state, *act, party) {
                    Ok(to) => Ok(word(to)),
                    Err(Refusal::NotYours { by }) => Err(Some(word(by))),
                    Err(Refusal::NotFromHere { from, allowed }) => {
                        assert_eq!((from, allowed), (*state, state.allowed()));
                        Err(None)
                    }
                    Err(Refusal::HandedOn) => panic!("looks at one link only"),
                };
                assert_eq!(
                    actual,
                    expected(*state, *act, party),
                    "{state:?} {act:?} {party:?}"
                );
            }
        }
        let mut targets: Vec<_> = table()
            .iter()
            .filter(|line| line[0] == state.as_str())
            .map(|line| line[3])
            .collect();
        let mut allowed: Vec<_> = state.allowed().iter().map(|state| state.as_str()).collect();
        targets.sort_unstable();
        allowed.sort_unstable();
        assert_eq!(allowed, targets, "{state:?}");
        assert_eq!(
            state.is_active(),
            !allowed.is_empty(),
            "only what has ended is final: {state:?}"
        );
    }
}

#[test]
fn words_read_back_and_match_the_wire() {
    for state in DelegationState::ALL {
        assert_eq!(DelegationState::parse(state.as_str()), Some(*state));
        assert_eq!(word(state), state.as_str());
    }
    assert_eq!(DelegationState::parse("Offered"), None);
    for party in Party::ALL.iter().copied() {
        assert_eq!(word(party), party.as_str());
    }
}

#[test]
fn four_acts_must_say_why() {
    let with_reason: Vec<_> = Act::ALL
        .iter()
        .filter(|act| act.needs_reason())
        .map(word)
        .collect();
    assert_eq!(with_reason, ["decline", "send_back", "hand_back", "recall"]);
}

#[test]
fn a_chain_ends_from_the_leaf_and_a_recall_takes_all_of_it() {
    use DelegationState::{Accepted, Offered, Recalled, Returned, Withdrawn};
    let below = [Accepted, Offered];
    for act in [Act::Submit, Act::HandBack] {
        assert_eq!(
            act_on(Accepted, Place::Root, &below, act, Party::Delegate),
            Err(Refusal::HandedOn)
        );
        assert!(
            act_on(
                Accepted,
                Place::Root,
                &[Returned, Withdrawn],
                act,
                Party::Delegate
            )
            .is_ok()
        );
    }
    let changes = act_on(Accepted, Place::Root, &below, Act::Recall, Party::Delegator).unwrap();
    let summary: Vec<_> = changes
        .iter()
        .map(|change| (change.depth, change.act, change.to))
        .collect();
    assert_eq!(
        summary,
        [
            (2, Act::Withdraw, Withdrawn),
            (1, Act::Recall, Recalled),
            (0, Act::Recall, Recalled)
        ]
    );
    assert_eq!(changes[0].effect, Effect::default());
    assert_eq!(changes[2].effect.assignee, Some(NewAssignee::Delegator));
    let by_delegate = act_on(Accepted, Place::Root, &below, Act::Recall, Party::Delegate);
    assert_eq!(
        by_delegate,
        Err(Refusal::NotYours {
            by: Party::Delegator
        })
    );
}

#[test]
fn a_task_is_in_review_only_while_finished_work_waits() {
    use TaskStatus::{Blocked, Cancelled, Done, InProgress, InReview, Todo};
    let way = |act, place, status| {
        effect(act, place)
            .task
            .map_or(Ok(&[][..]), |task| task.way(status))
    };
    for place in [Place::Root, Place::Below] {
        for act in [Act::Recall, Act::HandBack] {
            assert_eq!(way(act, place, InReview), Ok(&[InProgress][..]));
            for status in [Todo, InProgress, Blocked, Done, Cancelled] {
                assert_eq!(way(act, place, status), Ok(&[][..]), "{act} {status:?}");
            }
        }
        assert_eq!(way(Act::Accept, place, InReview), Ok(&[InProgress][..]));
        assert_eq!(way(Act::Accept, place, Blocked), Ok(&[][..]));
        for status in [Done, Cancelled] {
            assert!(way(Act::Accept, place, status).is_err());
            assert!(way(Act::Submit, place, status).is_err());
        }
    }
    assert_eq!(way(Act::Confirm, Place::Below, InReview), Ok(&[][..]));
    assert_eq!(way(Act::Confirm, Place::Root, InReview), Ok(&[Done][..]));
}

proptest! {
    #[test]
    fn random_acts_on_one_delegation_follow_the_table(
        acts in prop::collection::vec((prop::sample::select(Act::ALL), prop::sample::select(Party::ALL)), 0..60),
    ) {
        let mut state = DelegationState::Offered;
        for (act, party) in acts {
            let next = step(state, act, party);
            prop_assert_eq!(next.map(word).ok(), expected(state, act, party).ok());
            state = next.unwrap_or(state);
        }
    }
}
