//! Holidays of the team.

use serde_json::{Value, json};

use super::working_hours::on_monday;
use crate::vocabulary::Member;

async fn holiday(lead: &Member, name: &str, first: &str, last: Value) -> Value {
    lead.post(
        "/holidays",
        json!({"name": name, "first_on": first, "last_on": last}),
    )
    .await
    .created()
}

#[tokio::test]
async fn a_holiday_has_one_day_or_several() {
    let app = on_monday().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let one = lead
        .post(
            "/holidays",
            json!({"name": "Epiphany", "first_on": "2055-01-06"}),
        )
        .await
        .created();
    assert_eq!(
        (&one["last_on"], &one["external_id"]),
        (&json!("2055-01-06"), &Value::Null)
    );
    let several = holiday(&lead, "Winter break", "2054-12-28", json!("2055-01-02")).await;
    let early = holiday(&lead, "Christmas", "2054-12-25", Value::Null).await;
    let names = async |query: &str| -> Vec<String> {
        let found = guest.all(&format!("/holidays{query}")).await;
        let names = found
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    assert_eq!(names("").await, ["Christmas", "Winter break", "Epiphany"]);
    assert_eq!(
        names("?sort=-first_on").await,
        ["Epiphany", "Winter break", "Christmas"]
    );
    assert_eq!(
        names("?from=2055-01-02&to=2055-01-05").await,
        ["Winter break"],
        "a day of it is enough"
    );
    assert_eq!(names("?to=2054-12-27").await, ["Christmas"]);
    assert_eq!(names("?from=2055-01-03").await, ["Epiphany"]);
    guest
        .get("/holidays?from=2055-01-03&to=2055-01-02")
        .await
        .problem(400, "invalid_query");
    let at = |one: &Value| format!("/holidays/{}", one["id"].as_str().unwrap());
    let changed = lead
        .patch(
            &at(&several),
            json!({"name": "Break", "last_on": "2055-01-01"}),
        )
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["first_on"]),
        (&json!("Break"), &json!("2054-12-28"))
    );
    lead.delete(&at(&early)).await.no_content();
    lead.get(&at(&early)).await.problem(404, "not_found");
    assert_eq!(names("").await, ["Break", "Epiphany"]);
}

#[tokio::test]
async fn what_is_no_holiday_is_refused() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    for (body, pointer) in [
        (json!({"first_on": "2055-01-01"}), "/name"),
        (json!({"name": " ", "first_on": "2055-01-01"}), "/name"),
        (json!({"name": "A"}), "/first_on"),
        (json!({"name": "A", "first_on": "2055-02-29"}), "/first_on"),
        (
            json!({"name": "A", "first_on": "2055-01-02", "last_on": "2055-01-01"}),
            "/last_on",
        ),
        (
            json!({"name": "A", "first_on": "2055-01-01", "last_on": "2060-01-01"}),
            "/last_on",
        ),
        (
            json!({"name": "A", "first_on": "2055-01-01", "external_id": "x"}),
            "/external_id",
        ),
    ] {
        lead.post("/holidays", body).await.refused_at(pointer);
    }
    let kept = holiday(&lead, "A", "2055-01-01", json!("2059-12-31")).await;
    let again = lead
        .post("/holidays", json!({"name": "A", "first_on": "2055-01-01"}))
        .await
        .problem(409, "already_exists");
    assert_eq!(again["holiday_id"], kept["id"]);
    let at = format!("/holidays/{}", kept["id"].as_str().unwrap());
    lead.patch(&at, json!({"last_on": "2054-12-31"}))
        .await
        .refused_at("/last_on");
    lead.patch(&at, json!({"first_on": "2048-01-01"}))
        .await
        .refused_at("/last_on");
    for answer in [
        ann.post("/holidays", json!({"name": "B", "first_on": "2055-01-01"}))
            .await,
        ann.patch(&at, json!({"name": "B"})).await,
        ann.delete(&at).await,
    ] {
        assert_eq!(
            answer.problem(403, "insufficient_role")["required"],
            "holiday:write"
        );
    }
    ann.get(&at).await.ok();
}
