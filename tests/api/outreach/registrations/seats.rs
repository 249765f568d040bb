//! The waiting list: who gets a seat, who waits, and why.

use chrono::TimeDelta;
use relais::jobs::run_due;
use serde_json::{Value, json};

use super::Hall;

#[tokio::test]
async fn a_free_seat_is_offered_to_the_first_who_waits() {
    let hall = Hall::open(json!({"capacity": 2})).await;
    for email in ["a@x.org", "b@x.org"] {
        assert_eq!(hall.comes(email, 1).await["state"], "confirmed");
    }
    let page = hall.app.anybody("GET", &hall.page()).send().await.ok();
    assert_eq!(
        (&page["is_full"], &page["registration_is_open"]),
        (&json!(true), &json!(true))
    );
    let third = hall.comes("c@x.org", 1).await;
    assert_eq!(
        (&third["state"], &third["rank"]),
        (&json!("waitlisted"), &json!(1))
    );
    assert_eq!(third["join_url"], Value::Null);
    assert_eq!(hall.comes("d@x.org", 1).await["rank"], 2);
    assert_eq!(hall.seats().await, [2, 0, 0, 2, 0]);

    hall.does("a@x.org", "DELETE", "").await.no_content();
    assert_eq!(
        hall.states(&["c@x.org", "d@x.org"]).await,
        ["offered", "waitlisted"]
    );
    assert_eq!(hall.mine("d@x.org").await["rank"], 1);
    assert_eq!(hall.seats().await, [1, 1, 0, 1, 0]);
    assert_eq!(
        hall.letters("c@x.org").await,
        ["confirm_address", "waitlisted", "seat_offered"]
    );
    let expires_at = hall.app.clock.now().plus(TimeDelta::minutes(1440));
    let offered = hall.mine("c@x.org").await;
    assert_eq!(offered["offer_expires_at"], json!(expires_at));
    // A held seat is nobody else's.
    assert_eq!(hall.comes("e@x.org", 1).await["state"], "waitlisted");

    let mine = hall.does("c@x.org", "POST", "/accept").await.ok();
    assert_eq!(
        (&mine["state"], &mine["offer_expires_at"]),
        (&json!("confirmed"), &Value::Null)
    );
    assert_eq!(mine["join_url"], "https://meet.example/1");
    assert_eq!(hall.seats().await, [2, 0, 0, 2, 0]);
    for email in ["c@x.org", "d@x.org"] {
        hall.does(email, "POST", "/accept")
            .await
            .problem(409, "invalid_transition");
    }
}

#[tokio::test]
async fn a_group_has_all_its_seats_or_none() {
    let hall = Hall::open(json!({"capacity": 4})).await;
    hall.comes("a@x.org", 3).await;
    hall.comes("b@x.org", 1).await;
    assert_eq!(hall.comes("group@x.org", 2).await["rank"], 1);
    assert_eq!(hall.comes("one@x.org", 1).await["rank"], 2);
    hall.does("b@x.org", "DELETE", "").await.no_content();
    assert_eq!(
        hall.states(&["group@x.org", "one@x.org"]).await,
        ["waitlisted", "offered"]
    );
    let group = hall.mine("group@x.org").await;
    assert_eq!(
        (
            &group["rank"],
            &group["passed_over_count"],
            &group["passed_over_reason"]
        ),
        (&json!(1), &json!(1), &json!("too_few_seats"))
    );
    // Three seats: the group comes first now, and a newcomer has what it leaves.
    hall.does("a@x.org", "DELETE", "").await.no_content();
    assert_eq!(hall.mine("group@x.org").await["state"], "offered");
    assert_eq!(hall.seats().await, [0, 3, 0, 0, 1]);
    assert_eq!(hall.comes("late@x.org", 2).await["state"], "waitlisted");
    assert_eq!(hall.comes("later@x.org", 1).await["state"], "confirmed");
    let late = hall.mine("late@x.org").await;
    assert_eq!(
        (&late["rank"], &late["passed_over_count"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn an_offer_runs_out_and_the_next_is_asked() {
    let hall =
        Hall::open(json!({"capacity": 1, "registration": {"mode": "open", "offer_minutes": 60}}))
            .await;
    hall.comes("a@x.org", 1).await;
    hall.comes("b@x.org", 1).await;
    hall.comes("c@x.org", 1).await;
    hall.does("a@x.org", "DELETE", "").await.no_content();
    assert_eq!(
        hall.states(&["b@x.org", "c@x.org"]).await,
        ["offered", "waitlisted"]
    );
    hall.app.clock.advance(TimeDelta::minutes(59));
    run_due(&hall.app.state).await;
    assert_eq!(hall.mine("b@x.org").await["state"], "offered");
    hall.app.clock.advance(TimeDelta::minutes(1));
    run_due(&hall.app.state).await;
    assert_eq!(
        hall.states(&["b@x.org", "c@x.org"]).await,
        ["expired", "offered"]
    );
    let back = hall.mine("b@x.org").await;
    assert_eq!(back["rank"], 1, "at the end of the queue");
    assert!(
        hall.letters("b@x.org")
            .await
            .contains(&"offer_expired".to_owned())
    );

    // Nobody takes it: the seat goes round, and whoever let it pass twice is asked no more.
    for _ in 0..3 {
        hall.app.clock.advance(TimeDelta::minutes(60));
        run_due(&hall.app.state).await;
    }
    assert_eq!(
        hall.states(&["b@x.org", "c@x.org"]).await,
        ["expired", "expired"]
    );
    let out = hall.mine("b@x.org").await;
    assert_eq!(
        (&out["rank"], &out["passed_over_reason"]),
        (&Value::Null, &json!("offers_expired"))
    );
    assert_eq!(hall.seats().await, [0, 0, 0, 2, 1]);
    // Until they ask: the seat is free, and there it is.
    let mine = hall.does("c@x.org", "POST", "/accept").await.ok();
    assert_eq!(mine["state"], "confirmed");
    let mine = hall.does("b@x.org", "POST", "/accept").await.ok();
    assert_eq!(
        (&mine["state"], &mine["rank"]),
        (&json!("waitlisted"), &json!(1))
    );
}

#[tokio::test]
async fn an_offer_that_ran_out_is_not_accepted_before_the_clock_comes_by() {
    let hall =
        Hall::open(json!({"capacity": 1, "registration": {"mode": "open", "offer_minutes": 60}}))
            .await;
    for email in ["a@x.org", "b@x.org", "c@x.org"] {
        hall.comes(email, 1).await;
    }
    hall.does("a@x.org", "DELETE", "").await.no_content();
    hall.app.clock.advance(TimeDelta::minutes(60));
    let mine = hall.does("b@x.org", "POST", "/accept").await.ok();
    assert_eq!(
        (&mine["state"], &mine["rank"]),
        (&json!("waitlisted"), &json!(1))
    );
    assert_eq!(hall.mine("c@x.org").await["state"], "offered");
}

#[tokio::test]
async fn an_offer_ends_when_the_event_begins() {
    let hall = Hall::open(
        json!({"capacity": 1, "registration": {"mode": "open", "offer_minutes": 43_200}}),
    )
    .await;
    hall.comes("a@x.org", 1).await;
    hall.comes("b@x.org", 1).await;
    hall.does("a@x.org", "DELETE", "").await.no_content();
    assert_eq!(
        hall.mine("b@x.org").await["offer_expires_at"],
        hall.event["starts_at"]
    );
    hall.app.clock.advance(TimeDelta::days(7));
    run_due(&hall.app.state).await;
    assert_eq!(hall.mine("b@x.org").await["state"], "expired");
    assert_eq!(
        hall.seats().await,
        [0, 0, 0, 1, 1],
        "nothing is offered any more"
    );
    hall.does("b@x.org", "POST", "/accept")
        .await
        .problem(409, "registration_closed");
}

#[tokio::test]
async fn another_capacity_counts_at_once() {
    let hall = Hall::open(json!({"capacity": 1})).await;
    for email in ["a@x.org", "b@x.org", "c@x.org", "d@x.org"] {
        hall.comes(email, 1).await;
    }
    let before = hall.lead.all("/changes?after=0").await.len();
    hall.change(json!({"capacity": 3})).await;
    assert_eq!(
        hall.states(&["b@x.org", "c@x.org", "d@x.org"]).await,
        ["offered", "offered", "waitlisted"]
    );
    let lines = hall.lead.all("/changes?after=0").await;
    let revisions: Vec<&Value> = lines[before..]
        .iter()
        .map(|line| &line["revision"])
        .collect();
    assert_eq!(revisions.len(), 3);
    assert!(
        revisions.windows(2).all(|pair| pair[0] == pair[1]),
        "in one revision"
    );

    // Lowered, it takes nobody's place; and no limit is room for everybody.
    hall.change(json!({"capacity": 1})).await;
    assert_eq!(hall.seats().await, [1, 2, 0, 1, 0]);
    hall.does("b@x.org", "POST", "/accept").await.ok();
    hall.does("c@x.org", "DELETE", "").await.no_content();
    assert_eq!(hall.seats().await, [2, 0, 0, 1, 0]);
    hall.change(json!({"capacity": null})).await;
    assert_eq!(hall.mine("d@x.org").await["state"], "offered");
    assert_eq!(hall.comes("e@x.org", 10).await["state"], "confirmed");
}

#[tokio::test]
async fn who_waits_for_approval_holds_nothing() {
    let hall = Hall::open(json!({"capacity": 1, "registration": {"mode": "approval"}})).await;
    for email in ["a@x.org", "b@x.org", "c@x.org"] {
        assert_eq!(hall.comes(email, 1).await["state"], "pending");
    }
    assert_eq!(hall.seats().await, [0, 0, 3, 0, 1]);
    assert_eq!(
        hall.act("a@x.org", "approve").await.ok()["state"],
        "confirmed"
    );
    let second = hall.act("b@x.org", "approve").await.ok();
    assert_eq!(
        (&second["state"], &second["rank"]),
        (&json!("waitlisted"), &json!(1))
    );
    assert_eq!(
        hall.act("c@x.org", "reject").await.ok()["state"],
        "rejected"
    );
    for (email, act, allowed) in [
        ("c@x.org", "approve", json!([])),
        ("c@x.org", "cancel", json!([])),
        (
            "a@x.org",
            "approve",
            json!(["attended", "no_show", "cancelled"]),
        ),
        (
            "a@x.org",
            "reject",
            json!(["attended", "no_show", "cancelled"]),
        ),
        ("b@x.org", "check-in", json!(["offered", "cancelled"])),
    ] {
        let problem = hall
            .act(email, act)
            .await
            .problem(409, "invalid_transition");
        assert_eq!(problem["allowed"], allowed, "{email} {act}");
    }
    assert_eq!(
        hall.letters("c@x.org").await,
        ["confirm_address", "pending", "rejected"]
    );
    // Somebody who was rejected learns nothing by the form.
    hall.register("c@x.org", 1).await.expect(202);
    assert_eq!(hall.record("c@x.org").await["state"], "rejected");
}
