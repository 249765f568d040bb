//! The table of the design, line by line: every act in every state by everybody.

use serde_json::{Value, json};

use super::{act, now, offer, task_of};
use crate::vocabulary::{Member, TestApp};

/// Brings a new delegation of ann's task to ben into a state.
pub(super) async fn bring_to(state: &str, ann: &Member, ben: &Member) -> Value {
    let task = task_of(ann, state).await;
    let made = offer(ann, &task, ben, json!({})).await.created();
    let way: &[(&Member, &str)] = match state {
        "offered" => &[],
        "countered" => &[(ben, "propose")],
        "accepted" => &[(ben, "accept")],
        "declined" => &[(ben, "decline")],
        "withdrawn" => &[(ann, "withdraw")],
        "submitted" => &[(ben, "accept"), (ben, "submit")],
        "confirmed" => &[(ben, "accept"), (ben, "submit"), (ann, "confirm")],
        "returned" => &[(ben, "accept"), (ben, "hand-back")],
        _ => &[(ben, "accept"), (ann, "recall")],
    };
    for (by, verb) in way {
        act(by, &made, verb).await.ok();
    }
    let is = now(ann, &made).await;
    assert_eq!(is["state"], state);
    is
}

/// The table of the design, in the words of the addresses: from, act, by, to.
const TABLE: &str = "
    offered   accept    delegate  accepted
    offered   decline   delegate  declined
    offered   propose   delegate  countered
    offered   withdraw  delegator withdrawn
    countered accept    delegator accepted
    countered withdraw  delegator withdrawn
    accepted  submit    delegate  submitted
    accepted  hand-back delegate  returned
    accepted  recall    delegator recalled
    submitted confirm   delegator confirmed
    submitted send-back delegator accepted
    submitted recall    delegator recalled
";

#[tokio::test]
async fn every_act_in_every_state_by_everybody_is_as_the_table_says() {
    let app = TestApp::start().await;
    let [ann, ben, other, lead] = app.team_with(["member", "member", "member", "lead"]).await;
    let lines: Vec<Vec<&str>> = TABLE
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let states = [
        "offered",
        "countered",
        "accepted",
        "declined",
        "withdrawn",
        "submitted",
        "confirmed",
        "returned",
        "recalled",
    ];
    let verbs = [
        "accept",
        "decline",
        "propose",
        "withdraw",
        "submit",
        "confirm",
        "send-back",
        "hand-back",
        "recall",
    ];
    for state in states {
        let mut made = bring_to(state, &ann, &ben).await;
        for verb in verbs {
            let line = lines
                .iter()
                .find(|line| line.first() == Some(&state) && line.get(1) == Some(&verb));
            let Some(line) = line else {
                for by in [&ann, &ben, &other, &lead] {
                    let refused = act(by, &made, verb)
                        .await
                        .problem(409, "invalid_transition");
                    assert_eq!(refused["from"], state, "{verb}");
                    let possible: Vec<_> = lines
                        .iter()
                        .filter(|line| line.first() == Some(&state))
                        .map(|line| json!(line[3]))
                        .collect();
                    let allowed = refused["allowed"].as_array().unwrap();
                    assert!(
                        possible.iter().all(|one| allowed.contains(one)),
                        "{state}: {allowed:?}"
                    );
                }
                continue;
            };
            let (right, wrong) = if line[2] == "delegate" {
                (&ben, &ann)
            } else {
                (&ann, &ben)
            };
            let takes_back = ["withdraw", "recall"].contains(&verb);
            for by in [
                Some(wrong),
                Some(&other),
                Some(&lead).filter(|_| !takes_back),
            ]
            .into_iter()
            .flatten()
            {
                let refused = act(by, &made, verb).await.problem(403, "insufficient_role");
                assert_eq!(refused["required"], line[2], "{state} {verb}");
            }
            assert_eq!(
                now(&ann, &made).await["version"],
                made["version"],
                "nothing happened"
            );
            let by = if takes_back { &lead } else { right };
            assert_eq!(act(by, &made, verb).await.ok()["state"], line[3]);
            made = bring_to(state, &ann, &ben).await;
        }
    }
}

#[tokio::test]
async fn the_answer_says_what_one_can_do() {
    let app = TestApp::start().await;
    let [ann, ben, other, lead] = app.team_with(["member", "member", "member", "lead"]).await;
    for (state, of_ann, of_ben, of_lead) in [
        (
            "offered",
            json!(["withdraw"]),
            json!(["accept", "decline", "propose"]),
            json!(["withdraw"]),
        ),
        (
            "countered",
            json!(["accept", "withdraw"]),
            json!([]),
            json!(["withdraw"]),
        ),
        (
            "accepted",
            json!(["recall"]),
            json!(["submit", "hand_back"]),
            json!(["recall"]),
        ),
        (
            "submitted",
            json!(["confirm", "send_back", "recall"]),
            json!([]),
            json!(["recall"]),
        ),
        ("confirmed", json!([]), json!([]), json!([])),
    ] {
        let made = bring_to(state, &ann, &ben).await;
        for (who, allowed) in [
            (&ann, of_ann),
            (&ben, of_ben),
            (&lead, of_lead),
            (&other, json!([])),
        ] {
            assert_eq!(now(who, &made).await["allowed"], allowed, "{state}");
        }
    }
}
