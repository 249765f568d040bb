//! Several people at the same moment: one of them is first, and the other is told.

use futures_util::future::join_all;
use serde_json::json;

use super::{accepted, act, now, offer, place, task_now, task_of, text};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn the_same_offer_fifty_times_at_once_is_one_offer() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let answers = join_all((0..50).map(|_| offer(&ann, &task, &ben, json!({})))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|one| one.status == 201);
    assert_eq!(made.len(), 1);
    for one in refused {
        one.problem(409, "invalid_transition");
    }
    assert_eq!(ann.all("/delegations").await.len(), 1);
    let created = ann.all("/changes?kind=delegation").await;
    assert_eq!(created.len(), 1, "and the journal knows of one");
}

#[tokio::test]
async fn a_retry_with_its_key_gets_the_same_offer() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let place = format!("/tasks/{}/delegations", text(&task["id"]));
    let retries = (0..10).map(|_| {
        ann.request("POST", &place)
            .header("idempotency-key", "one-offer")
            .json(json!({"delegate_id": ben.id}))
    });
    let answers = join_all(retries).await;
    let first = answers[0].body.clone();
    for answer in answers {
        assert_eq!(answer.created(), first);
    }
}

/// Lets two act at once, many times over, and answers the states that came of it.
async fn races(first: (&str, &str), second: (&str, &str), before: &[&str]) -> Vec<String> {
    let app = TestApp::start().await;
    let [ann, ben, lead] = app.team_with(["member", "member", "lead"]).await;
    let who = |name: &str| match name {
        "delegator" => &ann,
        "delegate" => &ben,
        _ => &lead,
    };
    let mut states = Vec::new();
    for round in 0..12 {
        let task = task_of(&ann, &round.to_string()).await;
        let made = offer(&ann, &task, &ben, json!({})).await.created();
        for verb in before {
            act(&ben, &made, verb).await.ok();
        }
        let (one, other) = tokio::join!(
            act(who(first.0), &made, first.1),
            act(who(second.0), &made, second.1)
        );
        let won = [one, other].into_iter().filter(|answer| {
            assert!([200, 409].contains(&answer.status), "{}", answer.text);
            answer.status == 200
        });
        assert_eq!(won.count(), 1, "one of them was first");
        let state = text(&now(&ann, &made).await["state"]);
        let task = task_now(&ann, &task).await;
        let (assignee, status) = (&task["assignee_id"], task["status"].as_str().unwrap());
        match state.as_str() {
            "accepted" => assert_eq!((assignee, status), (&json!(ben.id), "todo")),
            "withdrawn" | "declined" => assert_eq!((assignee, status), (&json!(null), "todo")),
            "confirmed" => assert_eq!((assignee, status), (&json!(ben.id), "done")),
            "recalled" => assert_eq!((assignee, status), (&json!(ann.id), "in_progress")),
            other => panic!("{other} is not possible here"),
        }
        states.push(state);
    }
    states
}

#[tokio::test]
async fn accept_and_withdraw_at_once() {
    let states = races(("delegate", "accept"), ("delegator", "withdraw"), &[]).await;
    assert!(
        states
            .iter()
            .all(|state| ["accepted", "withdrawn"].contains(&state.as_str()))
    );
}

#[tokio::test]
async fn accept_and_decline_at_once() {
    races(("delegate", "accept"), ("delegate", "decline"), &[]).await;
}

#[tokio::test]
async fn accept_and_withdraw_of_a_counter_proposal_at_once() {
    let states = races(("delegator", "accept"), ("lead", "withdraw"), &["propose"]).await;
    assert!(
        states
            .iter()
            .all(|state| ["accepted", "withdrawn"].contains(&state.as_str()))
    );
}

#[tokio::test]
async fn confirm_and_recall_at_once() {
    let states = races(
        ("delegator", "confirm"),
        ("lead", "recall"),
        &["accept", "submit"],
    )
    .await;
    assert!(
        states
            .iter()
            .all(|state| ["confirmed", "recalled"].contains(&state.as_str()))
    );
}

/// Two acts of which the second is possible before and after the first: it is always done, and has the last word.
async fn overtakes(first: (&str, &str), second: &str, before: &[&str], end: &str) {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    for round in 0..8 {
        let task = task_of(&ann, &round.to_string()).await;
        let made = offer(&ann, &task, &ben, json!({})).await.created();
        for verb in before {
            act(&ben, &made, verb).await.ok();
        }
        let by = if first.0 == "delegator" { &ann } else { &ben };
        let (one, other) = if round % 2 == 0 {
            tokio::join!(act(by, &made, first.1), act(&ann, &made, second))
        } else {
            let (other, one) = tokio::join!(act(&ann, &made, second), act(by, &made, first.1));
            (one, other)
        };
        other.ok();
        let is_first = one.status == 200;
        if !is_first {
            one.problem(409, "invalid_transition");
        }
        assert_eq!(now(&ann, &made).await["state"], end);
        // The history knows of the first act only where it was done.
        let history = ann.all(&format!("{}/history", place(&made))).await;
        let lines = 2 + before.len() + usize::from(is_first);
        assert_eq!(history.len(), lines, "{history:?}");
        let assignee = &task_now(&ann, &task).await["assignee_id"];
        assert_ne!(assignee, &json!(ben.id), "the task is no longer Ben's");
    }
}

#[tokio::test]
async fn submit_and_recall_at_once() {
    overtakes(("delegate", "submit"), "recall", &["accept"], "recalled").await;
}

#[tokio::test]
async fn send_back_and_recall_at_once() {
    let before = ["accept", "submit"];
    overtakes(("delegator", "send-back"), "recall", &before, "recalled").await;
}

#[tokio::test]
async fn propose_and_withdraw_at_once() {
    overtakes(("delegate", "propose"), "withdraw", &[], "withdrawn").await;
}

#[tokio::test]
async fn a_recall_and_a_hand_on_at_once_leave_no_orphan() {
    let app = TestApp::start().await;
    let [ann, ben, cem] = app.team_with(["member", "member", "member"]).await;
    for round in 0..12 {
        let task = task_of(&ann, &round.to_string()).await;
        let root = accepted(&ann, &task, &ben).await;
        let (recalled, offered) = tokio::join!(
            act(&ann, &root, "recall"),
            offer(&ben, &task, &cem, json!({}))
        );
        recalled.ok();
        match offered.status {
            201 => assert_eq!(now(&ann, &offered.created()).await["state"], "withdrawn"),
            _ => {
                offered.problem(403, "insufficient_role");
            }
        }
        assert_eq!(task_now(&ann, &task).await["assignee_id"], json!(ann.id));
    }
}
