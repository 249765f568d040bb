//! What an allocation must be: every wrong one is refused by name.

use serde_json::{Value, json};

use super::{ask, id, resource, task, with};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn what_makes_no_sense_is_refused_at_its_place() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 9})).await;
    let open = json!({"opens": "08:00", "closes": "18:00"});
    let room = resource(&lead, json!({"kind": "space", "booking": "minutes", "opening_hours": {"monday": open, "tuesday": open}})).await;
    let weekly = resource(
        &lead,
        json!({"kind": "space", "opening_hours": {"monday": open, "tuesday": open}}),
    )
    .await;
    let budget = resource(
        &lead,
        json!({"kind": "budget", "currency": "EUR", "limit_minor": 5000}),
    )
    .await;
    let person = json!({"resource_id": member.id, "task_id": notes["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"minutes": 60}});
    let days = with(
        person.clone(),
        json!({"resource_id": kit["id"], "amount": {"units": 1}}),
    );
    let hours = json!({"resource_id": room["id"], "task_id": notes["id"], "starts_at": "2099-03-02T08:00:00Z", "ends_at": "2099-03-02T10:00:00Z", "amount": {"units": 1}});
    let money = json!({"resource_id": budget["id"], "task_id": notes["id"], "amount": {"money": {"amount_minor": 1, "currency": "EUR"}}});
    let euros = |amount_minor: i64| json!({"amount": {"money": {"amount_minor": amount_minor, "currency": "EUR"}}});
    let nobody = relais::db::Id::new().to_string();
    for (base, besides, pointer, code) in [
        // Amounts.
        (
            &person,
            json!({"amount": {"minutes": 0}}),
            "/amount/minutes",
            "out_of_range",
        ),
        (
            &person,
            json!({"amount": {"minutes": -5}}),
            "/amount/minutes",
            "out_of_range",
        ),
        (
            &person,
            json!({"amount": {"minutes": 5_256_001}}),
            "/amount/minutes",
            "out_of_range",
        ),
        (
            &person,
            json!({"amount": {"minutes_per_day": 1_441}}),
            "/amount/minutes_per_day",
            "out_of_range",
        ),
        (
            &person,
            json!({"amount": {"percent": 101}}),
            "/amount/percent",
            "out_of_range",
        ),
        (
            &person,
            json!({"amount": {"percent": 50.5}}),
            "/amount/percent",
            "wrong_type",
        ),
        (&person, json!({"amount": {}}), "/amount", "exactly_one"),
        (
            &person,
            json!({"amount": {"minutes": 5, "percent": 5}}),
            "/amount",
            "exactly_one",
        ),
        (
            &person,
            json!({"amount": {"units": 1}}),
            "/amount/units",
            "not_for_kind",
        ),
        (
            &days,
            json!({"amount": {"minutes": 1}}),
            "/amount/minutes",
            "not_for_kind",
        ),
        (
            &days,
            json!({"amount": {"units": 0}}),
            "/amount/units",
            "out_of_range",
        ),
        (
            &days,
            json!({"amount": {"units": 100_001}}),
            "/amount/units",
            "out_of_range",
        ),
        (
            &money,
            json!({"amount": {"units": 1}}),
            "/amount/units",
            "not_for_kind",
        ),
        (
            &money,
            euros(0),
            "/amount/money/amount_minor",
            "out_of_range",
        ),
        (
            &money,
            euros(-1),
            "/amount/money/amount_minor",
            "out_of_range",
        ),
        (
            &money,
            euros(9_007_199_254_740_992),
            "/amount/money/amount_minor",
            "out_of_range",
        ),
        (
            &money,
            json!({"amount": {"money": {"amount_minor": 1, "currency": "USD"}}}),
            "/amount/money/currency",
            "other_currency",
        ),
        // Periods.
        (
            &person,
            json!({"last_on": "2099-03-01"}),
            "/last_on",
            "before_start",
        ),
        (
            &person,
            json!({"last_on": "2104-03-02"}),
            "/last_on",
            "too_long",
        ),
        (&person, json!({"last_on": null}), "/last_on", "required"),
        (
            &person,
            json!({"starts_at": "2099-03-02T08:00:00Z"}),
            "/starts_at",
            "not_for_kind",
        ),
        (
            &days,
            json!({"ends_at": "2099-03-02T08:00:00Z"}),
            "/ends_at",
            "not_for_kind",
        ),
        (
            &hours,
            json!({"first_on": "2099-03-02"}),
            "/first_on",
            "not_for_kind",
        ),
        (&hours, json!({"ends_at": null}), "/ends_at", "required"),
        (
            &hours,
            json!({"ends_at": "2099-03-02T08:00:00Z"}),
            "/ends_at",
            "before_start",
        ),
        (
            &hours,
            json!({"ends_at": "2104-03-02T08:00:01Z"}),
            "/ends_at",
            "too_long",
        ),
        (
            &money,
            json!({"last_on": "2099-03-02"}),
            "/first_on",
            "required",
        ),
        (
            &money,
            json!({"starts_at": "2099-03-02T08:00:00Z"}),
            "/starts_at",
            "not_for_kind",
        ),
        // Opening hours, by the clocks of Paris.
        (
            &hours,
            json!({"starts_at": "2099-03-02T06:59:00Z"}),
            "/starts_at",
            "closed",
        ),
        (
            &hours,
            json!({"ends_at": "2099-03-02T17:00:01Z"}),
            "/ends_at",
            "closed",
        ),
        (
            &hours,
            json!({"ends_at": "2099-03-04T10:00:00Z"}),
            "/ends_at",
            "closed",
        ),
        (
            &with(days.clone(), json!({"resource_id": weekly["id"]})),
            json!({}),
            "/last_on",
            "closed",
        ),
        // References.
        (
            &person,
            json!({"resource_id": nobody}),
            "/resource_id",
            "unknown_reference",
        ),
        (
            &person,
            json!({"task_id": nobody}),
            "/task_id",
            "unknown_reference",
        ),
        (
            &person,
            json!({"event_id": nobody}),
            "/event_id",
            "unknown_reference",
        ),
        (&person, json!({"task_id": null}), "/task_id", "exactly_one"),
    ] {
        let body = with(base.clone(), besides);
        let refused = ask(&lead, body.clone()).await.refused_at(pointer);
        assert_eq!(refused["errors"][0]["code"], code, "{body}");
    }
    // All that is wrong at once.
    let wrong = with(
        person.clone(),
        json!({"resource_id": nobody, "task_id": nobody}),
    );
    let problem = ask(&lead, wrong).await.problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2);
    // What is at the limit is right.
    for (base, besides) in [
        (
            &person,
            json!({"last_on": "2104-03-01", "amount": {"percent": 1}}),
        ),
        (
            &hours,
            json!({"starts_at": "2099-03-02T07:00:00Z", "ends_at": "2099-03-03T17:00:00Z"}),
        ),
        (&money, json!({"first_on": "2099-03-02"})),
        (&money, euros(4_999)),
    ] {
        ask(&lead, with(base.clone(), besides)).await.created();
    }
}

#[tokio::test]
async fn nothing_is_promised_to_what_is_given_up() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 9})).await;
    let body = |target: Value| {
        with(
            json!({"resource_id": kit["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"units": 1}}),
            target,
        )
    };
    let code = |problem: Value| problem["errors"][0]["code"].clone();

    let cancelled = task(&lead, json!({})).await;
    lead.patch(
        &format!("/tasks/{}", id(&cancelled)),
        json!({"status": "cancelled"}),
    )
    .await
    .ok();
    let problem = ask(&lead, body(json!({"task_id": cancelled["id"]})))
        .await
        .refused_at("/task_id");
    assert_eq!(code(problem), "not_open");
    let gone = task(&lead, json!({})).await;
    lead.delete(&format!("/tasks/{}", id(&gone)))
        .await
        .no_content();
    let problem = ask(&lead, body(json!({"task_id": gone["id"]})))
        .await
        .refused_at("/task_id");
    assert_eq!(code(problem), "in_trash");

    let campaign = lead
        .post("/campaigns", json!({"name": "Launch"}))
        .await
        .created();
    let place = format!("/campaigns/{}", id(&campaign));
    let target = json!({"campaign_id": campaign["id"]});
    for status in ["cancelled", "archived"] {
        lead.patch(&place, json!({"status": status})).await.ok();
        let problem = ask(&lead, body(target.clone()))
            .await
            .refused_at("/campaign_id");
        assert_eq!(problem["errors"][0]["params"]["status"], status);
    }
    lead.delete(&place).await.no_content();
    assert_eq!(
        code(ask(&lead, body(target)).await.refused_at("/campaign_id")),
        "in_trash"
    );

    let event = crate::outreach::events::event(&lead, json!({})).await;
    let target = json!({"event_id": event["id"]});
    ask(&lead, body(target.clone())).await.created();
    lead.patch(
        &crate::outreach::events::place(&event),
        json!({"status": "cancelled", "status_reason": "Ill"}),
    )
    .await
    .ok();
    assert_eq!(
        code(ask(&lead, body(target)).await.refused_at("/event_id")),
        "not_open"
    );
    // A resource in the trash is not there.
    lead.delete(&format!("/resources/{}", id(&kit)))
        .await
        .no_content();
    let notes = task(&lead, json!({})).await;
    ask(&lead, body(json!({"task_id": notes["id"]})))
        .await
        .refused_at("/resource_id");
}
