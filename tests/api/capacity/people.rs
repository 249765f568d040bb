//! Somebody's time: whether it fits, and what would.

use serde_json::json;

use super::{all_work, ask, check, create, id, of_person, resource, taken, task, way, with};
use crate::vocabulary::TestApp;

#[tokio::test]
async fn what_must_lie_inside_an_interval_must_fit_inside() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    let video = task(&lead, json!({"title": "Cut the video"})).await;
    // Five days have 2,400 minutes. The whole week asks for 2,000, and two of its days for all they have.
    let week = ask(
        &lead,
        of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": 2_000})),
    )
    .await
    .created();
    assert_eq!(week["warnings"], json!([]));
    let two_days = of_person(&ada.id, &video, "2099-03-03", json!({"minutes": 401}));
    let refused = ask(&lead, two_days.clone())
        .await
        .problem(409, "over_allocated");
    let finding = &refused["findings"][0];
    assert_eq!(
        (
            &finding["first_on"],
            &finding["last_on"],
            &finding["wanted"],
            &finding["there"],
            &finding["unit"]
        ),
        (
            &json!("2099-03-02"),
            &json!("2099-03-06"),
            &json!(2_401),
            &json!(2_400),
            &json!("minutes")
        )
    );
    assert_eq!(finding["overbooking"], "refuse");
    let takers = finding["taken_by"].as_array().unwrap();
    assert_eq!(
        (
            takers.len(),
            &takers[0]["allocation_id"],
            &takers[0]["title"],
            &takers[0]["amount"]
        ),
        (2, &week["id"], &json!("Write the notes"), &json!(2_000))
    );
    assert_eq!(
        (
            &takers[1]["change"],
            &takers[1]["title"],
            &takers[1]["task_id"]
        ),
        (&json!(0), &json!("Cut the video"), &video["id"])
    );
    // Each way out fits, as it says.
    let ways = refused["findings"][0]["ways_out"].as_array().unwrap();
    assert!(!ways.is_empty());
    for way in ways {
        let checked = check(&lead, json!([taken(way, &video)])).await;
        assert_eq!(checked["verdict"], "fits", "{way}");
    }
    let smaller = way(&refused["findings"], "smaller_amount").unwrap();
    assert_eq!(smaller["amount"]["minutes"], 400);
    let later = way(&refused["findings"], "later_dates").unwrap();
    assert_eq!(
        (&later["first_on"], &later["last_on"]),
        (&json!("2099-03-08"), &json!("2099-03-09")),
        "a Sunday and a Monday: until Saturday there is a minute too little"
    );
    ask(&lead, with(two_days, json!({"amount": {"minutes": 400}})))
        .await
        .created();
}

#[tokio::test]
async fn minutes_a_day_and_parts_count_on_working_days() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    let notes = task(&lead, json!({})).await;
    // Two weeks, weekends included, on which nobody works.
    ask(
        &lead,
        of_person(&ada.id, &notes, "2099-03-15", json!({"percent": 50})),
    )
    .await
    .created();
    ask(
        &lead,
        of_person(
            &ada.id,
            &notes,
            "2099-03-15",
            json!({"minutes_per_day": 200}),
        ),
    )
    .await
    .created();
    let refused = ask(
        &lead,
        of_person(
            &ada.id,
            &notes,
            "2099-03-15",
            json!({"minutes_per_day": 41}),
        ),
    )
    .await
    .problem(409, "over_allocated");
    assert_eq!(
        (
            &refused["findings"][0]["first_on"],
            &refused["findings"][0]["last_on"],
            &refused["findings"][0]["wanted"]
        ),
        (&json!("2099-03-02"), &json!("2099-03-02"), &json!(481))
    );
    let smaller = way(&refused["findings"], "smaller_amount").unwrap();
    assert_eq!(smaller["amount"]["minutes_per_day"], 40);
    let later = way(&refused["findings"], "later_dates").unwrap();
    assert_eq!(
        later["first_on"], "2099-03-14",
        "from the weekend on, after which nothing is promised"
    );
    let nine = of_person(&ada.id, &notes, "2099-03-15", json!({"percent": 9}));
    let refused = ask(&lead, nine).await.problem(409, "over_allocated");
    assert_eq!(
        way(&refused["findings"], "smaller_amount").unwrap()["amount"]["percent"],
        8
    );
}

#[tokio::test]
async fn a_task_counts_once() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    let estimated = json!({"assignee_id": ada.id, "starts_on": "2099-03-02", "due_on": "2099-03-06", "estimate_minutes": 2_000});
    let estimated = task(&lead, estimated).await;
    let other = task(&lead, json!({})).await;
    let rest = |minutes: i64| of_person(&ada.id, &other, "2099-03-06", json!({"minutes": minutes}));
    let refused = ask(&lead, rest(401)).await.problem(409, "over_allocated");
    let taker = &refused["findings"][0]["taken_by"][0];
    assert_eq!(
        (
            &taker["task_id"],
            &taker["amount"],
            taker["allocation_id"].is_null()
        ),
        (&estimated["id"], &json!(2_000), true)
    );
    // An allocation to the task itself counts in place of the estimate, also while it is asked for.
    let own = of_person(&ada.id, &estimated, "2099-03-06", json!({"minutes": 2_400}));
    let own = ask(&lead, own).await.created();
    ask(&lead, rest(1)).await.problem(409, "over_allocated");
    // Without it, the estimate counts again.
    let cancel = json!({"op": "cancel", "allocation_id": own["id"]});
    assert_eq!(
        check(&lead, json!([cancel, create(rest(400))])).await["verdict"],
        "fits"
    );
    assert_eq!(
        check(&lead, json!([cancel, create(rest(401))])).await["verdict"],
        "does_not_fit"
    );
    lead.patch(
        &format!("/allocations/{}", id(&own)),
        json!({"amount": {"minutes": 100}}),
    )
    .await
    .ok();
    ask(&lead, rest(2_300)).await.created();
    // What remains goes before what was estimated, and finished tasks take nothing.
    let done = json!({"assignee_id": ada.id, "starts_on": "2099-03-09", "due_on": "2099-03-13", "estimate_minutes": 9_000, "remaining_minutes": 2_400});
    let done = task(&lead, done).await;
    let next = json!({"resource_id": ada.id, "task_id": other["id"], "first_on": "2099-03-09", "last_on": "2099-03-13", "amount": {"minutes": 1}});
    ask(&lead, next.clone())
        .await
        .problem(409, "over_allocated");
    for status in ["in_progress", "in_review", "done"] {
        let place = format!("/tasks/{}", id(&done));
        lead.patch(&place, json!({"status": status})).await.ok();
    }
    ask(&lead, next).await.created();
}

#[tokio::test]
async fn the_policy_decides_what_becomes_of_too_much() {
    let app = TestApp::start().await;
    let [lead, ada, bob] = app.team_with(["lead", "member", "member"]).await;
    all_work(&lead, 480).await;
    for (member, skills) in [(&ada, json!(["Editing"])), (&bob, json!(["editing", "Go"]))] {
        lead.patch(
            &format!("/members/{}", member.id),
            json!({"skills": skills}),
        )
        .await
        .ok();
    }
    let notes = task(&lead, json!({})).await;
    let place = format!("/resources/{}", ada.id);
    let much = of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": 2_401}));
    let fits_bob = of_person(&ada.id, &notes, "2099-03-06", json!({"minutes": 2_400}));
    ask(&lead, much.clone())
        .await
        .problem(409, "over_allocated");
    lead.patch(&place, json!({"overbooking": "warn"}))
        .await
        .ok();
    let warned = ask(&lead, much.clone()).await.created();
    assert_eq!(
        (&warned["state"], &warned["warnings"][0]["wanted"]),
        (&json!("approved"), &json!(2_401))
    );
    let refused = ask(&lead, fits_bob).await.created();
    let other = way(&refused["warnings"], "another_resource").unwrap();
    assert_eq!(
        other["resource_id"],
        json!(bob.id),
        "who has the skill, too"
    );
    lead.patch(&place, json!({"overbooking": "allow"}))
        .await
        .ok();
    let allowed = ask(&lead, much).await.created();
    assert_eq!(allowed["warnings"], json!([]));
    // What is wrong in one week does not stand in the way of another.
    lead.patch(&place, json!({"overbooking": "refuse"}))
        .await
        .ok();
    let next = json!({"resource_id": ada.id, "task_id": notes["id"], "first_on": "2099-03-09", "last_on": "2099-03-13", "amount": {"minutes": 2_400}});
    ask(&lead, next).await.created();
    // Of things without a common skill nothing is offered.
    let kit = resource(&lead, json!({"kind": "equipment", "skills": ["4K"]})).await;
    resource(&lead, json!({"kind": "equipment", "skills": ["8K"]})).await;
    let body = of_person(id(&kit), &notes, "2099-03-06", json!({"units": 1}));
    ask(&lead, body.clone()).await.created();
    let refused = ask(&lead, body).await.problem(409, "capacity_exceeded");
    assert!(way(&refused["findings"], "another_resource").is_none());
    assert_eq!(
        way(&refused["findings"], "later_dates").unwrap()["first_on"],
        "2099-03-07"
    );
}

#[tokio::test]
async fn nobody_is_refused_for_what_does_not_fit_already() {
    let app = TestApp::start().await;
    let [lead, ada] = app.team_with(["lead", "member"]).await;
    all_work(&lead, 480).await;
    // On Monday 2 March there is far too much to do, and an hour more might be done on Monday or on Tuesday.
    for (estimate, due_on) in [(2_000, "2099-03-02"), (60, "2099-03-03")] {
        let body = json!({"assignee_id": ada.id, "starts_on": "2099-03-02", "due_on": due_on, "estimate_minutes": estimate});
        task(&lead, body).await;
    }
    let video = task(&lead, json!({"title": "Cut the video"})).await;
    let on = |first_on: &str, minutes: i64| {
        let body = of_person(&ada.id, &video, first_on, json!({"minutes": minutes}));
        with(body, json!({"first_on": first_on}))
    };
    // The Friday before is free, whatever comes behind it; so is what is left of the Tuesday.
    for (day, free) in [("2099-02-27", 480), ("2099-03-03", 420), ("2099-03-02", 0)] {
        let path = format!(
            "/resources/{}/availability?from=2099-02-27&to=2099-03-31",
            ada.id
        );
        let days = lead.get(&path).await.ok()["days"].clone();
        let mut days = days.as_array().unwrap().iter();
        let there = days.find(|one| one["on"] == day).unwrap();
        assert_eq!(there["free"], free, "{day}");
        let checked = check(&lead, json!([create(on(day, free + 1))])).await;
        assert_eq!(checked["verdict"], "does_not_fit", "{day}");
        let smaller = way(&checked["findings"], "smaller_amount");
        assert_eq!(
            smaller.map(|way| &way["amount"]["minutes"]),
            (free > 0).then_some(&json!(free))
        );
        if free > 0 {
            ask(&lead, on(day, free)).await.created();
        }
    }
}
