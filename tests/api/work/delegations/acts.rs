//! Each act by the right person and by the wrong one, and what it does to the task.

use serde_json::{Value, json};

use super::table::bring_to;
use super::{accepted, act, now, offer, place, task_now, task_of, text};
use crate::vocabulary::{Member, TestApp};

#[track_caller]
fn stands(task: &Value, assignee: Option<&Member>, status: &str) {
    assert_eq!(
        (&task["assignee_id"], task["status"].as_str()),
        (&json!(assignee.map(|member| &member.id)), Some(status))
    );
}

#[tokio::test]
async fn from_the_offer_to_the_end() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let made = offer(&ann, &task, &ben, json!({})).await.created();

    let is = act(&ben, &made, "accept").await.ok();
    assert_eq!(is["state"], "accepted");
    assert!(is["answered_at"].is_string());
    assert_eq!(is["allowed"], json!(["submit", "hand_back"]));
    let task_is = task_now(&ann, &task).await;
    stands(&task_is, Some(&ben), "todo");
    assert_eq!(
        task_is["accountable_id"],
        json!(ann.id),
        "the accountable stays"
    );

    let is = ben
        .post(
            &format!("{}/submit", place(&made)),
            json!({"note": "Have a look."}),
        )
        .await
        .ok();
    assert_eq!(
        (&is["state"], &is["submission_note"]),
        (&json!("submitted"), &json!("Have a look."))
    );
    stands(&task_now(&ann, &task).await, Some(&ben), "in_review");

    let is = ann
        .post(
            &format!("{}/send-back", place(&made)),
            json!({"reason": "Too long."}),
        )
        .await
        .ok();
    assert_eq!(
        (&is["state"], &is["reason"]),
        (&json!("accepted"), &json!("Too long."))
    );
    assert_eq!(is["submitted_at"], json!(null));
    stands(&task_now(&ann, &task).await, Some(&ben), "in_progress");

    act(&ben, &made, "submit").await.ok();
    let is = act(&ann, &made, "confirm").await.ok();
    assert_eq!(
        (&is["state"], &is["allowed"]),
        (&json!("confirmed"), &json!([]))
    );
    assert!(is["ended_at"].is_string());
    let task_is = task_now(&ann, &task).await;
    stands(&task_is, Some(&ben), "done");
    assert!(task_is["completed_at"].is_string());

    let history = ann.all(&format!("{}/history", place(&made))).await;
    let states: Vec<_> = history
        .iter()
        .map(|line| line["changes"]["state"]["to"].as_str().unwrap())
        .collect();
    assert_eq!(
        states,
        [
            "offered",
            "accepted",
            "submitted",
            "accepted",
            "submitted",
            "confirmed"
        ]
    );
    assert_eq!(history[3]["note"], "Too long.");
    assert_eq!(history[3]["actor_id"], json!(ann.id));
    let statuses: Vec<_> = ann
        .all(&format!("/tasks/{}/history", text(&task["id"])))
        .await
        .iter()
        .filter_map(|line| line["changes"]["status"]["to"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(
        statuses,
        [
            "todo",
            "in_progress",
            "in_review",
            "in_progress",
            "in_review",
            "done"
        ],
        "only transitions of the table"
    );
}

#[tokio::test]
async fn a_refusal_moves_nothing_and_says_why() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let made = offer(&ann, &task, &ben, json!({})).await.created();
    for body in [json!({}), json!({"reason": ""}), json!({"reason": null})] {
        ben.post(&format!("{}/decline", place(&made)), body)
            .await
            .refused_at("/reason");
    }
    let is = ben
        .post(
            &format!("{}/decline", place(&made)),
            json!({"reason": "No time."}),
        )
        .await
        .ok();
    assert_eq!(
        (&is["state"], &is["reason"]),
        (&json!("declined"), &json!("No time."))
    );
    assert!(is["answered_at"].is_string() && is["ended_at"].is_string());
    stands(&task_now(&ann, &task).await, None, "todo");
}

#[tokio::test]
async fn a_proposal_is_accepted_or_the_offer_withdrawn() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let made = offer(&ann, &task, &ben, json!({"due_on": "2099-03-01"}))
        .await
        .created();
    let propose = format!("{}/propose", place(&made));
    ben.post(&propose, json!({})).await.refused_at("/due_on");
    let is = ben
        .post(
            &propose,
            json!({"due_on": "2099-04-01", "scope": "Half of it."}),
        )
        .await
        .ok();
    assert_eq!(is["state"], "countered");
    assert_eq!(is["due_on"], "2099-03-01", "not agreed yet");
    assert_eq!(is["allowed"], json!([]), "it is the delegator's turn");
    let refused = act(&ben, &made, "accept")
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "delegator");
    let is = act(&ann, &made, "accept").await.ok();
    assert_eq!(
        (&is["state"], &is["due_on"]),
        (&json!("accepted"), &json!("2099-04-01"))
    );
    assert_eq!(is["proposed_scope"], "Half of it.");
    stands(&task_now(&ann, &task).await, Some(&ben), "todo");

    let other = task_of(&ann, "B").await;
    let made = offer(&ann, &other, &ben, json!({})).await.created();
    act(&ben, &made, "propose").await.ok();
    let is = ann
        .post(
            &format!("{}/withdraw", place(&made)),
            json!({"reason": "No."}),
        )
        .await
        .ok();
    assert_eq!(
        (&is["state"], &is["reason"]),
        (&json!("withdrawn"), &json!("No."))
    );
}

#[tokio::test]
async fn an_accepted_task_comes_back() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    for (by, verb, state) in [
        (&ben, "hand-back", "returned"),
        (&ann, "recall", "recalled"),
    ] {
        let task = task_of(&ann, verb).await;
        let made = accepted(&ann, &task, &ben).await;
        let is = act(by, &made, verb).await.ok();
        assert_eq!(
            (is["state"].as_str(), &is["reason"]),
            (Some(state), &json!("Because."))
        );
        stands(&task_now(&ann, &task).await, Some(&ann), "todo");
    }
}

#[tokio::test]
async fn a_recall_takes_a_task_out_of_review() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let made = accepted(&ann, &task, &ben).await;
    act(&ben, &made, "submit").await.ok();
    act(&ann, &made, "recall").await.ok();
    stands(&task_now(&ann, &task).await, Some(&ann), "in_progress");
}

#[tokio::test]
async fn outsiders_learn_nothing_and_guests_may_not() {
    let app = TestApp::start().await;
    let [ann, ben, guest] = app.team_with(["member", "member", "guest"]).await;
    let stranger = app
        .person("Stranger")
        .await
        .found_team("Others", "OTH")
        .await;
    let made = bring_to("offered", &ann, &ben).await;
    let absent = json!({"id": ann.id});
    for verb in ["decline", "hand-back", "recall"] {
        act(&stranger, &made, verb).await.problem(404, "not_found");
        act(&ann, &absent, verb).await.problem(404, "not_found");
        act(&guest, &made, verb)
            .await
            .problem(403, "insufficient_role");
        stranger
            .person
            .post(
                &format!("/v1/teams/{}{}/{verb}", ann.team_id, place(&made)),
                json!({"reason": "x"}),
            )
            .await
            .problem(404, "not_found");
    }
    guest
        .get(&place(&made))
        .await
        .problem(403, "insufficient_role");
    guest
        .get("/delegations")
        .await
        .problem(403, "insufficient_role");
    stranger.get(&place(&made)).await.problem(404, "not_found");
    stranger
        .get(&format!("{}/history", place(&made)))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_stale_version_is_refused_and_the_tag_sees_the_whole_chain() {
    let app = TestApp::start().await;
    let [ann, ben, cem] = app.team_with(["member", "member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let root = accepted(&ann, &task, &ben).await;
    let shown = ann.get(&place(&root)).await;
    let tag = shown.header("etag").unwrap().to_owned();
    ann.request("GET", &place(&root))
        .header("if-none-match", &tag)
        .send()
        .await
        .not_modified();
    let link = offer(&ben, &task, &cem, json!({})).await.created();
    let changed = ann
        .request("GET", &place(&root))
        .header("if-none-match", &tag)
        .send()
        .await
        .ok();
    assert_eq!(
        changed["version"], root["version"],
        "itself it is as it was"
    );
    assert_eq!(changed["chain"].as_array().unwrap().len(), 2);

    let stale = cem
        .request("POST", &format!("{}/accept", place(&link)))
        .header("if-match", "\"1\"")
        .json(json!({}))
        .await
        .problem(412, "version_conflict");
    assert_eq!(
        stale["current_etag"],
        json!(format!("\"{}\"", link["version"]))
    );
    let tag = cem
        .get(&place(&link))
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    cem.request("POST", &format!("{}/accept", place(&link)))
        .header("if-match", &tag)
        .json(json!({}))
        .await
        .ok();
}

#[tokio::test]
async fn a_task_that_is_over_holds_up_the_work_but_not_its_return() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let task_place = format!("/tasks/{}", text(&task["id"]));
    let made = offer(&ann, &task, &ben, json!({})).await.created();
    ann.patch(&task_place, json!({"status": "cancelled"}))
        .await
        .ok();
    let refused = act(&ben, &made, "accept")
        .await
        .problem(409, "invalid_transition");
    assert_eq!(refused["from"], "cancelled");
    assert_eq!(
        now(&ben, &made).await["allowed"],
        json!(["decline", "propose"])
    );
    ann.patch(&task_place, json!({"status": "todo"})).await.ok();
    act(&ben, &made, "accept").await.ok();
    ann.patch(&task_place, json!({"status": "cancelled"}))
        .await
        .ok();
    act(&ben, &made, "submit")
        .await
        .problem(409, "invalid_transition");
    act(&ben, &made, "hand-back").await.ok();
    stands(&task_now(&ann, &task).await, Some(&ann), "cancelled");
}

#[tokio::test]
async fn what_is_in_the_trash_rests_with_its_task() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "A").await;
    let made = offer(&ann, &task, &ben, json!({})).await.created();
    ann.delete(&format!("/tasks/{}", text(&task["id"])))
        .await
        .no_content();
    act(&ben, &made, "accept").await.problem(404, "not_found");
    ann.get(&place(&made)).await.problem(404, "not_found");
    assert_eq!(ann.all("/delegations").await.len(), 0);
    assert_eq!(
        ben.person.get("/v1/me/delegations").await.ok()["items"],
        json!([])
    );
}
