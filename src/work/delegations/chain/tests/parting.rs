//! Who leaves goes out of the chain.

use super::super::*;
use super::link;

#[test]
fn a_leaving_member_goes_out_of_the_chain() {
    use DelegationState::{Accepted, Countered, Offered, Submitted};
    let act = |link, act, party| Parting::Act { link, act, party };
    let chain = [
        link('a', 'b', Accepted),
        link('b', 'c', Accepted),
        link('c', 'd', Countered),
    ];
    assert_eq!(
        part(&chain, 'b', 'z'),
        [
            act(2, Act::Withdraw, Party::Delegator),
            act(1, Act::Recall, Party::Delegator),
            act(0, Act::HandBack, Party::Delegate),
        ],
        "from the leaf"
    );
    assert_eq!(part(&chain, 'a', 'z'), [Parting::HandOver { link: 0 }]);
    assert_eq!(
        part(&chain, 'a', 'c'),
        [
            act(2, Act::Withdraw, Party::Delegator),
            act(1, Act::Recall, Party::Delegator),
            Parting::HandOver { link: 0 },
        ],
        "no circle"
    );
    assert_eq!(
        part(&[link('a', 'b', Submitted)], 'b', 'z'),
        [
            act(0, Act::SendBack, Party::Delegator),
            act(0, Act::HandBack, Party::Delegate),
        ],
        "over the table"
    );
    assert_eq!(
        part(&[link('a', 'b', Submitted)], 'a', 'b'),
        [act(0, Act::Recall, Party::Delegator)],
        "nobody confirms their own work"
    );
    assert_eq!(
        part(&[link('a', 'b', Offered)], 'b', 'a'),
        [act(0, Act::Withdraw, Party::Delegator)]
    );
    assert_eq!(part(&chain, 'x', 'a'), []);
}
