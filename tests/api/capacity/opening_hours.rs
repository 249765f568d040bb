//! Opening hours that come, or become fewer, when something is promised already.

use serde_json::{Value, json};

use super::{ask, check, create, id, resource, taken, task, way, with};
use crate::vocabulary::{Member, TestApp};

/// From Monday to Friday, by the clocks of Paris.
fn weekdays(opens: &str, closes: &str) -> Value {
    days(
        &["monday", "tuesday", "wednesday", "thursday", "friday"],
        opens,
        closes,
    )
}

fn days(names: &[&str], opens: &str, closes: &str) -> Value {
    let mut hours = json!({});
    for name in names {
        hours[*name] = json!({"opens": opens, "closes": closes});
    }
    json!({"opening_hours": hours})
}

/// A room that is always there, taken on Monday from ten to twelve and on Tuesday from five to seven, in Paris.
async fn room(lead: &Member) -> (Value, [Value; 2]) {
    let notes = task(lead, json!({})).await;
    let room = resource(lead, json!({"kind": "space", "booking": "minutes"})).await;
    let hours = |from: &str, until: &str| json!({"resource_id": room["id"], "task_id": notes["id"], "starts_at": from, "ends_at": until, "amount": {"units": 1}});
    let morning = hours("2099-03-02T09:00:00Z", "2099-03-02T11:00:00Z");
    let evening = hours("2099-03-03T16:00:00Z", "2099-03-03T18:00:00Z");
    let made = [
        ask(lead, morning).await.created(),
        ask(lead, evening).await.created(),
    ];
    (room, made)
}

fn at(resource: &Value) -> String {
    format!("/resources/{}", id(resource))
}

/// What is told as closed, by allocation.
fn closed(findings: &Value) -> Vec<&str> {
    let all = findings.as_array().unwrap().iter();
    all.filter(|one| one["code"] == "closed")
        .map(|one| one["taken_by"][0]["allocation_id"].as_str().unwrap())
        .collect()
}

async fn conflicts(by: &Member) -> Value {
    let query = "/conflicts?from=2099-03-01&to=2099-03-08&include_ways_out=true";
    by.get(query).await.ok()["items"].clone()
}

#[tokio::test]
async fn what_is_promised_keeps_the_doors_open() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (room, [morning, evening]) = room(&lead).await;
    let refused = lead
        .patch(&at(&room), weekdays("09:00", "18:00"))
        .await
        .problem(409, "capacity_exceeded");
    let findings = &refused["findings"];
    assert_eq!(findings.as_array().unwrap().len(), 1, "{findings}");
    let one = &findings[0];
    assert_eq!(closed(findings), [id(&evening)]);
    assert_eq!(
        (&one["starts_at"], &one["ends_at"]),
        (&evening["starts_at"], &evening["ends_at"])
    );
    assert_eq!((&one["wanted"], &one["there"]), (&json!(1), &json!(0)));
    assert_eq!(one["taken_by"][0]["title"], "Write the notes");
    // Less of it would not help; the next morning would.
    assert_eq!(way(findings, "smaller_amount"), None);
    let later = way(findings, "later_dates").expect("later dates");
    assert_eq!(
        (&later["allocation_id"], &later["starts_at"]),
        (&evening["id"], &json!("2099-03-04T08:00:00.000Z"))
    );
    let unchanged = lead.get(&at(&room)).await.ok();
    assert_eq!(unchanged["opening_hours"], Value::Null);
    assert_eq!(unchanged["version"], room["version"]);

    // Both ends count, to the minute.
    for (opens, closes, gone) in [("10:01", "19:00", &morning), ("10:00", "18:59", &evening)] {
        let refused = lead
            .patch(&at(&room), weekdays(opens, closes))
            .await
            .problem(409, "capacity_exceeded");
        assert_eq!(closed(&refused["findings"]), [id(gone)], "{opens}");
    }
    let fits = lead
        .patch(&at(&room), weekdays("10:00", "19:00"))
        .await
        .ok();
    assert_eq!(fits["warnings"], json!([]));
    assert_eq!(conflicts(&lead).await, json!([]));
    // And what is closed on that day altogether.
    let refused = lead
        .patch(&at(&room), days(&["tuesday"], "00:00", "24:00"))
        .await
        .problem(409, "capacity_exceeded");
    assert_eq!(closed(&refused["findings"]), [id(&morning)]);
}

#[tokio::test]
async fn where_the_policy_is_to_warn_it_is_told_once_and_stays_a_conflict() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (room, [_, evening]) = room(&lead).await;
    let warn = json!({"overbooking": "warn"});
    let saved = lead
        .patch(&at(&room), with(weekdays("09:00", "18:00"), warn))
        .await
        .ok();
    assert_eq!(saved["opening_hours"]["friday"]["closes"], "18:00");
    let warnings = &saved["warnings"];
    assert_eq!(warnings.as_array().unwrap().len(), 1);
    assert_eq!(closed(warnings), [id(&evening)]);
    assert_eq!(warnings[0]["overbooking"], "warn");
    let found = conflicts(&lead).await;
    assert_eq!(&found, warnings, "the same");
    // What is offered fits, by the new hours.
    let notes = json!({"id": evening["task_id"]});
    let later = way(&found, "later_dates").expect("later dates");
    let changes = json!([
        {"op": "cancel", "allocation_id": evening["id"]},
        create(taken(later, &notes)),
    ]);
    assert_eq!(check(&lead, changes).await["verdict"], "fits");
    // It was told: neither another change nor fewer hours still tell it again.
    for body in [json!({"name": "The room"}), weekdays("09:00", "17:30")] {
        let again = lead.patch(&at(&room), body).await.ok();
        assert_eq!(again["warnings"], json!([]));
    }

    // Whatever stays when it was can be changed; to other times only while the doors are open.
    let place = format!("/allocations/{}", id(&evening));
    let noted = lead.patch(&place, json!({"note": "Bring tea"})).await.ok();
    assert_eq!(
        (&noted["note"], &noted["warnings"]),
        (&json!("Bring tea"), &json!([]))
    );
    let fault = lead
        .patch(&place, json!({"starts_at": "2099-03-03T16:30:00Z"}))
        .await
        .refused_at("/starts_at");
    assert_eq!(fault["errors"][0]["code"], "closed");
    let times = json!({"starts_at": "2099-03-03T14:30:00Z", "ends_at": "2099-03-03T16:30:00Z"});
    lead.patch(&place, times).await.ok();
    assert_eq!(conflicts(&lead).await, json!([]));

    // Where everything is allowed, nothing is said, and the conflict is one.
    let allow = json!({"overbooking": "allow"});
    let saved = lead
        .patch(&at(&room), with(weekdays("09:00", "17:00"), allow))
        .await
        .ok();
    assert_eq!(saved["warnings"], json!([]));
    assert_eq!(closed(&conflicts(&lead).await), [id(&evening)]);
}

#[tokio::test]
async fn fewer_units_and_fewer_days_are_told_apart_and_what_is_over_is_not() {
    let app = TestApp::start().await;
    // A Wednesday.
    app.clock.stop_at("2099-03-04T12:00:00Z".parse().unwrap());
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "other", "units": 3})).await;
    let taken = async |first: &str, last: &str, units: i64| {
        let body = json!({"resource_id": kit["id"], "task_id": notes["id"], "first_on": first, "last_on": last, "amount": {"units": units}});
        ask(&lead, body).await.created()
    };
    taken("2099-03-02", "2099-03-03", 1).await;
    let running = taken("2099-03-02", "2099-03-06", 2).await;
    let next = taken("2099-03-09", "2099-03-10", 1).await;
    // Only what is over was on a Tuesday's end; the Monday of what is running has passed.
    let hours = |names: &[&str]| days(names, "09:00", "18:00");
    let fits = hours(&["monday", "tuesday", "friday"]);
    lead.patch(&at(&kit), fits).await.ok();
    for (names, gone) in [
        (&["tuesday", "friday"][..], vec![&next]),
        (&["monday", "tuesday"], vec![&running]),
        (&["thursday"], vec![&running, &next]),
    ] {
        let refused = lead
            .patch(&at(&kit), hours(names))
            .await
            .problem(409, "capacity_exceeded");
        let gone: Vec<&str> = gone.into_iter().map(id).collect();
        assert_eq!(closed(&refused["findings"]), gone, "{names:?}");
    }
    // One unit of two is missing, and the last day is closed.
    let body = with(
        hours(&["monday", "tuesday"]),
        json!({"units": 1, "overbooking": "warn"}),
    );
    let saved = lead.patch(&at(&kit), body).await.ok();
    let told: Vec<(&str, i64, i64)> = saved["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["code"].as_str().unwrap(),
                one["wanted"].as_i64().unwrap(),
                one["there"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, [("capacity_exceeded", 2, 1), ("closed", 2, 0)]);
    // Units alone are no matter of hours, and hours none of units.
    let more = json!({"units": 2});
    assert_eq!(
        lead.patch(&at(&kit), more).await.ok()["warnings"],
        json!([])
    );
    let fewer = lead.patch(&at(&kit), json!({"units": 1})).await.ok();
    assert_eq!(fewer["warnings"].as_array().unwrap().len(), 1);
    assert_eq!(fewer["warnings"][0]["code"], "capacity_exceeded");
    let wider = hours(&["monday", "tuesday", "friday"]);
    assert_eq!(
        lead.patch(&at(&kit), wider).await.ok()["warnings"],
        json!([])
    );
    // Where it was over by then, nothing is a conflict of hours.
    lead.patch(&at(&kit), hours(&["sunday"])).await.ok();
    let of = async |from: &str, to: &str| {
        let place = format!("/conflicts?from={from}&to={to}");
        let found = lead.get(&place).await.ok()["items"].clone();
        closed(&found).len()
    };
    assert_eq!(of("2099-03-02", "2099-03-03").await, 1, "what is running");
    assert_eq!(of("2099-03-01", "2099-03-31").await, 2);
}

#[tokio::test]
async fn what_was_asked_for_before_is_judged_when_it_is_approved() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let notes = task(&lead, json!({})).await;
    let room = resource(&lead, json!({"kind": "space"})).await;
    let body = json!({"resource_id": room["id"], "task_id": notes["id"], "first_on": "2099-03-02", "last_on": "2099-03-04", "amount": {"units": 1}});
    let asked = ask(&member, body.clone()).await.created();
    assert_eq!(asked["state"], "requested");
    // A request holds nothing.
    let hours = days(&["monday", "tuesday"], "09:00", "18:00");
    lead.patch(&at(&room), hours).await.ok();
    let approve = format!("/allocations/{}/approve", id(&asked));
    let refused = lead
        .post(&approve, json!({}))
        .await
        .problem(409, "capacity_exceeded");
    assert_eq!(closed(&refused["findings"]), [id(&asked)]);
    // Nobody can ask for it now, whatever the policy.
    for policy in ["refuse", "warn", "allow"] {
        let policy = json!({"overbooking": policy});
        lead.patch(&at(&room), policy).await.ok();
        ask(&member, body.clone()).await.refused_at("/last_on");
    }
    let warn = json!({"overbooking": "warn"});
    lead.patch(&at(&room), warn).await.ok();
    let approved = lead.post(&approve, json!({})).await.ok();
    assert_eq!(approved["state"], "approved");
    assert_eq!(closed(&approved["warnings"]), [id(&asked)]);
}
