//! Leaving a team: what one held goes to others first.

use serde_json::{Value, json};

use super::delegations::{accepted, act, now, offer, task_now, task_of, text};
use crate::vocabulary::{Answer, Member, TestApp};

async fn remove(by: &Member, who: &Member, successor: Option<&Member>) -> Answer {
    let query = successor.map_or_else(String::new, |one| format!("?successor_id={}", one.id));
    by.delete(&format!("/members/{}{query}", who.id)).await
}

async fn revision(member: &Member) -> i64 {
    member
        .all("/changes?kind=task,delegation,member,campaign")
        .await
        .last()
        .map_or(0, |line| line["revision"].as_i64().unwrap())
}

#[tokio::test]
async fn somebody_without_open_work_just_leaves() {
    let app = TestApp::start().await;
    let [ann, guest, lead] = app.team_with(["member", "guest", "lead"]).await;
    guest.delete("/members/me").await.no_content();
    guest.get("/members/me").await.problem(404, "not_found");
    remove(&lead, &ann, None).await.no_content();
    ann.get("/tasks").await.problem(404, "not_found");
    remove(&lead, &ann, None).await.problem(404, "not_found");
}

#[tokio::test]
async fn who_may_remove_whom() {
    let app = TestApp::start().await;
    let [ann, ben, lead, owner] = app.team_with(["member", "member", "lead", "owner"]).await;
    let refused = remove(&ann, &ben, None)
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "member:remove");
    remove(&lead, &owner, None)
        .await
        .problem(403, "insufficient_role");
    remove(&owner, &owner, None)
        .await
        .problem(409, "last_owner");
    let stranger = app
        .person("Stranger")
        .await
        .found_team("Others", "OTH")
        .await;
    remove(&stranger, &ann, None)
        .await
        .problem(404, "not_found");
    stranger
        .person
        .delete(&format!("/v1/teams/{}/members/{}", ann.team_id, ann.id))
        .await
        .problem(404, "not_found");
    remove(&owner, &lead, None).await.no_content();
}

#[tokio::test]
async fn open_work_needs_a_successor() {
    let app = TestApp::start().await;
    let [ann, ben, guest, lead] = app.team_with(["member", "member", "guest", "lead"]).await;
    for title in ["1", "2"] {
        task_of(&ann, title).await;
    }
    let done = task_of(&ann, "over").await;
    ann.patch(
        &format!("/tasks/{}", text(&done["id"])),
        json!({"status": "cancelled"}),
    )
    .await
    .ok();
    lead.post("/tasks", json!({"title": "3", "assignee_id": ann.id}))
        .await
        .created();
    let made = offer(&lead, &task_of(&lead, "4").await, &ann, json!({}))
        .await
        .created();
    lead.post("/campaigns", json!({"name": "Spring", "lead_id": ann.id}))
        .await
        .created();
    let before = revision(&lead).await;
    let refused = remove(&lead, &ann, None)
        .await
        .problem(409, "still_referenced");
    assert_eq!(
        refused["references"],
        json!({"accountable_tasks": 2, "assigned_tasks": 1, "active_delegations": 1, "led_campaigns": 1})
    );
    let stranger = app
        .person("Stranger")
        .await
        .found_team("Others", "OTH")
        .await;
    for wrong in [&ann, &guest, &stranger] {
        remove(&lead, &ann, Some(wrong))
            .await
            .problem(400, "invalid_query");
    }
    lead.delete(&format!("/members/{}?successor_id=ben", ann.id))
        .await
        .problem(400, "invalid_query");
    assert_eq!(revision(&lead).await, before, "nothing happened");

    remove(&lead, &ann, Some(&ben)).await.no_content();
    let tasks = lead.all("/tasks?sort=created_at").await;
    let held: Vec<_> = tasks
        .iter()
        .map(|task| (&task["accountable_id"], &task["assignee_id"]))
        .collect();
    let (ann_id, ben_id, lead_id, nobody) =
        (json!(ann.id), json!(ben.id), json!(lead.id), Value::Null);
    assert_eq!(
        held,
        [
            (&ben_id, &nobody),
            (&ben_id, &nobody),
            (&ann_id, &nobody),
            (&lead_id, &nobody),
            (&lead_id, &nobody)
        ],
        "what is over stays as it was"
    );
    assert_eq!(now(&lead, &made).await["state"], "withdrawn");
    assert_eq!(lead.all("/campaigns").await[0]["lead_id"], json!(ben.id));

    let lines = lead.all(&format!("/changes?after={before}")).await;
    let revisions: Vec<_> = lines.iter().map(|line| &line["revision"]).collect();
    assert!(
        revisions.iter().all(|one| *one == revisions[0]),
        "one revision"
    );
    assert!(lines.iter().all(|line| line["actor_id"] == json!(lead.id)));
    for (line, kind) in lines.iter().rev().zip(["resource", "member"]) {
        assert_eq!(
            (&line["kind"], &line["action"]),
            (&json!(kind), &json!("deleted"))
        );
    }
}

#[tokio::test]
async fn one_hands_over_by_oneself() {
    let app = TestApp::start().await;
    let [ann, ben] = app.team_with(["member", "member"]).await;
    let task = task_of(&ann, "1").await;
    ann.delete("/members/me")
        .await
        .problem(409, "still_referenced");
    ann.delete(&format!("/members/me?successor_id={}", ben.id))
        .await
        .no_content();
    assert_eq!(task_now(&ben, &task).await["accountable_id"], json!(ben.id));
}

#[tokio::test]
async fn accepted_work_goes_back_and_what_was_handed_on_is_recalled() {
    let app = TestApp::start().await;
    let [ann, ben, cem, dora, lead] = app
        .team_with(["member", "member", "member", "member", "lead"])
        .await;
    let task = task_of(&ann, "1").await;
    let root = accepted(&ann, &task, &ben).await;
    let link = accepted(&ben, &task, &cem).await;
    let open = offer(&cem, &task, &dora, json!({})).await.created();
    let submitted_task = task_of(&ann, "2").await;
    let submitted = accepted(&ann, &submitted_task, &ben).await;
    act(&ben, &submitted, "submit").await.ok();

    remove(&lead, &ben, Some(&dora)).await.no_content();
    for (one, state) in [
        (&root, "returned"),
        (&link, "recalled"),
        (&open, "withdrawn"),
        (&submitted, "returned"),
    ] {
        assert_eq!(now(&ann, one).await["state"], state);
    }
    assert_eq!(task_now(&ann, &task).await["assignee_id"], json!(ann.id));
    let task = task_now(&ann, &submitted_task).await;
    assert_eq!(
        (&task["assignee_id"], &task["status"]),
        (&json!(ann.id), &json!("in_progress"))
    );
    let states: Vec<_> = ann
        .all(&format!("/delegations/{}/history", text(&submitted["id"])))
        .await
        .iter()
        .map(|line| text(&line["changes"]["state"]["to"]))
        .collect();
    assert_eq!(
        states,
        ["offered", "accepted", "submitted", "accepted", "returned"],
        "over the table"
    );
}

#[tokio::test]
async fn what_one_handed_out_goes_on_with_the_successor() {
    let app = TestApp::start().await;
    let [ann, ben, cem, lead] = app.team_with(["member", "member", "member", "lead"]).await;
    let task = task_of(&ann, "1").await;
    let root = accepted(&ann, &task, &ben).await;
    act(&ben, &root, "submit").await.ok();
    remove(&lead, &ann, Some(&cem)).await.no_content();
    assert_eq!(now(&ben, &root).await["delegator_id"], json!(cem.id));
    act(&cem, &root, "confirm").await.ok();
    assert_eq!(task_now(&ben, &task).await["status"], "done");
}

#[tokio::test]
async fn a_successor_who_does_the_work_does_not_come_to_confirm_it() {
    let app = TestApp::start().await;
    let [ann, ben, cem, lead] = app.team_with(["member", "member", "member", "lead"]).await;
    let own = task_of(&ann, "1").await;
    let direct = accepted(&ann, &own, &cem).await;
    let other = task_of(&ann, "2").await;
    let root = accepted(&ann, &other, &ben).await;
    let link = accepted(&ben, &other, &cem).await;
    remove(&lead, &ann, Some(&cem)).await.no_content();
    assert_eq!(now(&cem, &direct).await["state"], "recalled");
    let own = task_now(&cem, &own).await;
    assert_eq!(
        (&own["accountable_id"], &own["assignee_id"]),
        (&json!(cem.id), &json!(cem.id))
    );
    assert_eq!(now(&cem, &link).await["state"], "recalled");
    let root = now(&cem, &root).await;
    assert_eq!(
        (&root["state"], &root["delegator_id"]),
        (&json!("accepted"), &json!(cem.id))
    );
    assert_eq!(task_now(&cem, &other).await["assignee_id"], json!(ben.id));
}

#[tokio::test]
async fn former_members_keep_their_history_and_get_nothing_new() {
    let app = TestApp::start().await;
    let [ann, ben, lead] = app.team_with(["member", "member", "lead"]).await;
    let task = task_of(&ann, "1").await;
    let made = accepted(&ann, &task, &ben).await;
    act(&ben, &made, "hand-back").await.ok();
    remove(&lead, &ben, None).await.no_content();
    let is = now(&ann, &made).await;
    assert_eq!(
        (&is["delegate_id"], &is["state"]),
        (&json!(ben.id), &json!("returned"))
    );
    offer(&ann, &task, &ben, json!({}))
        .await
        .refused_at("/delegate_id");
    lead.post("/tasks", json!({"title": "2", "assignee_id": ben.id}))
        .await
        .refused_at("/assignee_id");
    lead.post("/campaigns", json!({"name": "C", "lead_id": ben.id}))
        .await
        .refused_at("/lead_id");
}

#[tokio::test]
async fn two_owners_do_not_leave_at_once() {
    let app = TestApp::start().await;
    for round in 0..8 {
        let [owner, lead, guest] = app.team_with(["owner", "lead", "guest"]).await;
        let offered = owner
            .post(
                "/ownership-offers",
                json!({"to_member_id": lead.id, "is_shared": true}),
            )
            .await
            .created();
        lead.post(
            &format!("/ownership-offers/{}/accept", text(&offered["id"])),
            json!({}),
        )
        .await
        .ok();
        // One leaves, while the other leaves, steps down, or demotes the one.
        let demote = async |place: &str| lead.patch(place, json!({"role": "member"})).await;
        let leave = owner.delete("/members/me");
        let other = async {
            match round % 4 {
                0 | 1 => lead.delete("/members/me").await,
                2 => demote("/members/me").await,
                _ => demote(&format!("/members/{}", owner.id)).await,
            }
        };
        let (one, other) = tokio::join!(leave, other);
        let statuses = [one.status, other.status];
        let is_done = |status: &u16| [200, 204].contains(status);
        let done = statuses.iter().filter(|status| is_done(status)).count();
        if round % 4 == 3 {
            // Whoever is demoted may still leave; whoever has left cannot be demoted.
            assert_eq!(one.status, 204, "{statuses:?}");
            assert!([200, 404, 409].contains(&other.status), "{statuses:?}");
        } else {
            assert_eq!(done, 1, "{statuses:?}");
            assert!(statuses.contains(&409), "{statuses:?}");
        }
        let owners = guest.get("/members?role=owner").await.ok();
        assert_eq!(owners["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let app = TestApp::start().await;
    let [ann, lead] = app.team_with(["member", "lead"]).await;
    lead.request("DELETE", &format!("/members/{}", ann.id))
        .header("if-match", "\"1\"")
        .send()
        .await
        .problem(412, "version_conflict");
}

#[tokio::test]
async fn nobody_becomes_a_guest_while_holding_work() {
    let app = TestApp::start().await;
    let [ann, ben, lead] = app.team_with(["member", "member", "lead"]).await;
    let to_guest = async || {
        let guest = json!({"role": "guest"});
        lead.patch(&format!("/members/{}", ben.id), guest).await
    };
    let task = task_of(&ann, "1").await;
    let made = accepted(&ann, &task, &ben).await;
    let own = task_of(&ben, "2").await;
    let refused = to_guest().await.problem(409, "still_referenced");
    assert_eq!(
        refused["references"],
        json!({"accountable_tasks": 1, "assigned_tasks": 1, "active_delegations": 1, "led_campaigns": 0})
    );
    assert_eq!(ben.get("/members/me").await.ok()["role"], "member");
    // What does not make a guest of anybody goes through.
    lead.patch(
        &format!("/members/{}", ben.id),
        json!({"job_title": "Docs"}),
    )
    .await
    .ok();

    act(&ben, &made, "hand-back").await.ok();
    let handed_over = json!({"accountable_id": ann.id});
    lead.patch(&format!("/tasks/{}", text(&own["id"])), handed_over)
        .await
        .ok();
    lead.post("/campaigns", json!({"name": "Spring", "lead_id": ben.id}))
        .await
        .created();
    assert_eq!(to_guest().await.ok()["role"], "guest");
    assert_eq!(to_guest().await.ok()["role"], "guest", "and stays one");
}

#[tokio::test]
async fn whoever_has_left_takes_part_in_nothing() {
    let app = TestApp::start().await;
    let [ann, ben, lead] = app.team_with(["member", "member", "lead"]).await;
    let with_both = json!([
        {"member_id": ben.id, "role": "collaborator"},
        {"member_id": ben.id, "role": "reviewer"},
        {"member_id": lead.id, "role": "informed"},
    ]);
    let mut tasks = Vec::new();
    for title in ["open", "over", "in the trash"] {
        let new = json!({"title": title, "participants": with_both});
        tasks.push(ann.post("/tasks", new).await.created());
    }
    let place = |task: &Value| format!("/tasks/{}", text(&task["id"]));
    ann.patch(&place(&tasks[1]), json!({"status": "cancelled"}))
        .await
        .ok();
    ann.delete(&place(&tasks[2])).await.no_content();
    let before = revision(&lead).await;

    // Taking part is no work that a successor is needed for.
    ben.delete("/members/me").await.no_content();
    let left = json!([{"member_id": lead.id, "role": "informed"}]);
    assert_eq!(task_now(&ann, &tasks[0]).await["participants"], left);
    assert_eq!(
        task_now(&ann, &tasks[1]).await["participants"],
        with_both,
        "what is over stays as it was"
    );
    lead.request("POST", &format!("/trash/{}/restore", text(&tasks[2]["id"])))
        .send()
        .await
        .ok();
    assert_eq!(task_now(&ann, &tasks[2]).await["participants"], left);
    let lines = lead
        .all(&format!("/changes?after={before}&kind=task"))
        .await;
    let told = lines
        .iter()
        .find(|line| line["record_id"] == tasks[0]["id"]);
    let told = told.expect("a line");
    assert_eq!(told["changes"]["participants"]["to"], left);
    assert!(
        lead.all(&format!("/tasks?participant_id={}&status=todo", ben.id))
            .await
            .is_empty()
    );
}
