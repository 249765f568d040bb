//! Many registrations at once.

use chrono::TimeDelta;
use relais::jobs::run_due;
use serde_json::{Value, json};

use super::Hall;
use crate::vocabulary::{Answer, Member};

impl Hall {
    async fn batch(&self, by: &Member, query: &str, operations: Value) -> Answer {
        let place = format!("{}/batch{query}", self.list());
        by.post(&place, json!({"operations": operations})).await
    }

    async fn id_of(&self, email: &str) -> Value {
        self.record(email).await["id"].clone()
    }
}

fn statuses(answer: &Value) -> Vec<i64> {
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|one| one["status"].as_i64().unwrap())
        .collect()
}

fn states(answer: &Value) -> Vec<&str> {
    let results = answer["results"].as_array().unwrap();
    results
        .iter()
        .map(|one| one["registration"]["state"].as_str().unwrap_or("-"))
        .collect()
}

#[tokio::test]
async fn operations_run_in_their_order_and_seats_go_round_meanwhile() {
    let rules = json!({"mode": "approval"});
    let hall = Hall::open(json!({"capacity": 2, "registration": rules})).await;
    let mut ids = Vec::new();
    for email in ["a@x.org", "b@x.org", "c@x.org", "d@x.org"] {
        hall.comes(email, 1).await;
        ids.push(hall.id_of(email).await);
    }
    let all = json!([
        {"op": "approve", "id": ids[0]},
        {"op": "approve", "id": ids[1]},
        {"op": "approve", "id": ids[2]},
        {"op": "cancel", "id": ids[0]},
        {"op": "reject", "id": ids[3]},
    ]);
    let tried = hall
        .batch(&hall.lead, "?validate_only=true", all.clone())
        .await
        .ok();
    assert_eq!(hall.seats().await, [0, 0, 4, 0, 2]);
    let done = hall.batch(&hall.lead, "", all).await.ok();
    assert_eq!(states(&done), states(&tried));
    assert_eq!(
        states(&done),
        [
            "confirmed",
            "confirmed",
            "waitlisted",
            "cancelled",
            "rejected"
        ]
    );
    assert_eq!(done["results"][2]["registration"]["rank"], 1);
    assert_eq!(
        hall.states(&["b@x.org", "c@x.org"]).await,
        ["confirmed", "offered"]
    );
    assert_eq!(hall.seats().await, [1, 1, 0, 0, 0]);
    assert_eq!(
        hall.letters("c@x.org").await,
        ["confirm_address", "pending", "waitlisted", "seat_offered"]
    );
    assert_eq!(hall.letters("d@x.org").await.last().unwrap(), "rejected");
}

#[tokio::test]
async fn one_refusal_ends_it_all_unless_the_others_are_wanted_nevertheless() {
    let hall = Hall::open(json!({})).await;
    for email in ["a@x.org", "b@x.org"] {
        hall.comes(email, 1).await;
    }
    let (a, b) = (hall.id_of("a@x.org").await, hall.id_of("b@x.org").await);
    let nobody = hall.event["id"].clone();
    let problem = hall
        .batch(
            &hall.lead,
            "",
            json!([{"op": "check_in", "id": a}, {"op": "forgive", "id": b}, {"op": "cancel"}, 1]),
        )
        .await
        .problem(422, "validation_failed");
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(
        pointers,
        ["/operations/1/op", "/operations/2/id", "/operations/3"]
    );
    for (operations, status, code) in [
        (
            json!([{"op": "check_in", "id": a}, {"op": "approve", "id": b}]),
            409,
            "invalid_transition",
        ),
        (
            json!([{"op": "check_in", "id": a}, {"op": "check_in", "id": nobody}]),
            404,
            "not_found",
        ),
        (
            json!([{"op": "check_in", "id": a, "if_match": 1}]),
            412,
            "version_conflict",
        ),
    ] {
        hall.batch(&hall.lead, "", operations)
            .await
            .problem(status, code);
    }
    hall.batch(&hall.lead, "", json!([]))
        .await
        .refused_at("/operations");
    let many = vec![json!({"op": "check_in", "id": a}); 101];
    hall.batch(&hall.lead, "", json!(many))
        .await
        .refused_at("/operations");
    assert_eq!(hall.record("a@x.org").await["state"], "confirmed");

    let done = hall
        .batch(
            &hall.lead,
            "?mode=partial",
            json!([{"op": "approve", "id": b}, {"op": "check_in", "id": a}, {"op": "check_in", "id": a},
                {"op": "cancel", "id": nobody}, {"op": "forgive", "id": b}, {"op": "cancel", "id": b}]),
        )
        .await
        .expect(207);
    assert_eq!(statuses(&done), [409, 200, 409, 404, 422, 200]);
    assert_eq!(done["results"][0]["problem"]["code"], "invalid_transition");
    assert_eq!(hall.record("a@x.org").await["state"], "attended");
    assert_eq!(hall.record("b@x.org").await["state"], "cancelled");
}

#[tokio::test]
async fn a_member_is_at_the_door_and_decides_nothing_else() {
    let hall = Hall::open(json!({})).await;
    for email in ["a@x.org", "b@x.org"] {
        hall.comes(email, 1).await;
    }
    let (a, b) = (hall.id_of("a@x.org").await, hall.id_of("b@x.org").await);
    let both = json!([{"op": "check_in", "id": a}, {"op": "cancel", "id": b}]);
    hall.batch(&hall.member, "", both.clone())
        .await
        .problem(403, "insufficient_role");
    let done = hall
        .batch(&hall.member, "?mode=partial", both)
        .await
        .expect(207);
    assert_eq!(statuses(&done), [200, 403]);
    hall.app.clock.advance(TimeDelta::days(7));
    run_due(&hall.app.state).await;
    let absent = json!([{"op": "mark_absent", "id": b}]);
    let done = hall.batch(&hall.member, "", absent).await.ok();
    assert_eq!(states(&done), ["no_show"]);
}
