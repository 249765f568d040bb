//! What a resource's policy makes of what does not fit: of people, things and money, when it is made, changed or approved;
//! and how much of it is told.

use serde_json::{Value, json};

use super::{all_work, ask, check, create, eur, id, resource, task, with};
use crate::vocabulary::{Member, TestApp};

/// Of each kind one, by its name, and what is asked of it: as much as there is, and as much as there is and one more.
async fn kinds(lead: &Member, person: &str) -> [(&'static str, String, Value, Value); 4] {
    let notes = task(lead, json!({})).await;
    let kit = resource(lead, json!({"kind": "equipment", "units": 3})).await;
    let room = resource(
        lead,
        json!({"kind": "other", "units": 3, "booking": "minutes"}),
    )
    .await;
    let ads = super::budget(lead, 300, json!({})).await;
    let of = |resource: &str, period: Value, amount: Value| {
        let body = json!({"resource_id": resource, "task_id": notes["id"], "amount": amount});
        with(body, period)
    };
    let week = json!({"first_on": "2099-03-02", "last_on": "2099-03-06"});
    let hours = json!({"starts_at": "2099-03-02T10:00:00Z", "ends_at": "2099-03-02T12:00:00Z"});
    let units = |one: &Value, period: &Value, units: i64| {
        of(id(one), period.clone(), json!({"units": units}))
    };
    [
        (
            "person",
            person.to_owned(),
            of(person, week.clone(), json!({"minutes": 2_400})),
            of(person, week.clone(), json!({"minutes": 2_401})),
        ),
        (
            "days",
            id(&kit).to_owned(),
            units(&kit, &week, 3),
            units(&kit, &week, 4),
        ),
        (
            "minutes",
            id(&room).to_owned(),
            units(&room, &hours, 3),
            units(&room, &hours, 4),
        ),
        (
            "money",
            id(&ads).to_owned(),
            of(id(&ads), json!({}), json!({"money": eur(300)})),
            of(id(&ads), json!({}), json!({"money": eur(301)})),
        ),
    ]
}

/// One finding: one more is wanted than is there.
fn one_too_many(findings: &Value, of: &str, policy: &str) {
    let found = findings.as_array().unwrap();
    assert_eq!(found.len(), 1, "{of}: {findings}");
    let one = &found[0];
    assert_eq!(
        one["wanted"].as_i64().unwrap(),
        one["there"].as_i64().unwrap() + 1,
        "{of}"
    );
    assert_eq!(one["overbooking"], policy, "{of}");
    assert_ne!(one["taken_by"], json!([]), "{of}");
}

#[tokio::test]
async fn a_warning_saves_and_says_the_same_as_a_refusal_at_every_step() {
    let app = TestApp::start().await;
    let [lead, ada, bob] = app.team_with(["lead", "member", "member"]).await;
    all_work(&lead, 480).await;
    for (of, resource_id, all, more) in kinds(&lead, &ada.id).await {
        let resource_at = format!("/resources/{resource_id}");
        let policy = async |policy: &str| {
            let body = json!({"overbooking": policy});
            lead.patch(&resource_at, body).await.ok();
        };
        let amount = |body: &Value| json!({"amount": body["amount"]});
        let code = match of {
            "person" | "money" => "over_allocated",
            _ => "capacity_exceeded",
        };
        // When it is made.
        let refused = ask(&lead, more.clone()).await.problem(409, code);
        one_too_many(&refused["findings"], of, "refuse");
        policy("warn").await;
        let warned = ask(&lead, more.clone()).await.created();
        assert_eq!(warned["state"], "approved", "{of}");
        one_too_many(&warned["warnings"], of, "warn");
        let findings = &refused["findings"][0];
        for name in [
            "code",
            "detail",
            "wanted",
            "there",
            "first_on",
            "starts_at",
            "ways_out",
        ] {
            assert_eq!(warned["warnings"][0][name], findings[name], "{of} {name}");
        }
        let made_at = format!("/allocations/{}", id(&warned));
        assert_eq!(lead.get(&made_at).await.ok()["state"], "approved", "{of}");

        // When it is changed: to what fits, and back.
        let fits = lead.patch(&made_at, amount(&all)).await.ok();
        assert_eq!(fits["warnings"], json!([]), "{of}");
        let warned = lead.patch(&made_at, amount(&more)).await.ok();
        one_too_many(&warned["warnings"], of, "warn");
        assert_eq!(warned["amount"], lead.get(&made_at).await.ok()["amount"]);
        let fits = lead.patch(&made_at, amount(&all)).await.ok();
        policy("refuse").await;
        let refused = lead.patch(&made_at, amount(&more)).await.problem(409, code);
        one_too_many(&refused["findings"], of, "refuse");
        assert_eq!(
            lead.get(&made_at).await.ok()["version"],
            fits["version"],
            "{of}: nothing changed"
        );
        policy("allow").await;
        let allowed = lead.patch(&made_at, amount(&more)).await.ok();
        assert_eq!(allowed["warnings"], json!([]), "{of}");
        let release = format!("{made_at}/release");
        lead.post(&release, json!({})).await.ok();

        // When it is approved; whoever asks is told, whatever the policy.
        policy("refuse").await;
        let asked = ask(&bob, more.clone()).await.created();
        assert_eq!(asked["state"], "requested", "{of}");
        one_too_many(&asked["warnings"], of, "refuse");
        let approve = format!("/allocations/{}/approve", id(&asked));
        let refused = lead.post(&approve, json!({})).await.problem(409, code);
        one_too_many(&refused["findings"], of, "refuse");
        policy("warn").await;
        let warned = lead.post(&approve, json!({})).await.ok();
        assert_eq!(warned["state"], "approved", "{of}");
        one_too_many(&warned["warnings"], of, "warn");
    }
}

#[tokio::test]
async fn of_many_who_take_the_first_are_told_and_the_others_counted() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let kit = resource(&lead, json!({"kind": "equipment", "units": 25})).await;
    let body = |units: i64| json!({"resource_id": kit["id"], "task_id": notes["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"units": units}});
    let some: Vec<Value> = (0..25).map(|_| body(1)).collect();
    let made = lead
        .post("/allocations/batch", json!({"allocations": some}))
        .await
        .ok();
    assert_eq!(made["items"].as_array().unwrap().len(), 25);
    let refused = ask(&lead, body(1)).await.problem(409, "capacity_exceeded");
    let finding = &refused["findings"][0];
    assert_eq!(
        (&finding["wanted"], &finding["there"], &finding["left_out"]),
        (&json!(26), &json!(25), &json!(6))
    );
    let told = finding["taken_by"].as_array().unwrap();
    assert_eq!(told.len(), 20);
    assert!(told.iter().all(|one| one["amount"] == 1));
    // With as many as are told, none is left out.
    for one in &made["items"].as_array().unwrap()[..6] {
        let release = format!("/allocations/{}/release", id(one));
        lead.post(&release, json!({})).await.ok();
    }
    let found = check(&lead, json!([create(body(7))])).await;
    let finding = &found["findings"][0];
    assert_eq!(
        (&finding["wanted"], &finding["left_out"]),
        (&json!(26), &json!(0))
    );
    assert_eq!(finding["taken_by"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn each_of_several_findings_is_told_with_ways_out() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let notes = task(&lead, json!({})).await;
    let mut changes = Vec::new();
    for _ in 0..7 {
        let kit = resource(&lead, json!({"kind": "equipment"})).await;
        let body = json!({"resource_id": kit["id"], "task_id": notes["id"], "first_on": "2099-03-02", "last_on": "2099-03-06", "amount": {"units": 2}});
        changes.push(create(body));
    }
    let found = check(&lead, json!(changes)).await;
    let findings = found["findings"].as_array().unwrap();
    assert_eq!(
        (findings.len(), &found["verdict"], &found["is_refused"]),
        (7, &json!("does_not_fit"), &json!(true))
    );
    for one in findings {
        assert_eq!((&one["wanted"], &one["there"]), (&json!(2), &json!(1)));
        assert_eq!(one["taken_by"].as_array().unwrap().len(), 1);
        assert_ne!(one["ways_out"], json!([]), "one unit fits");
    }
}
