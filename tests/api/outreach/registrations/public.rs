//! The public page: registering, the link of the letter, one's own place.

use chrono::TimeDelta;
use relais::jobs::run_due;
use serde_json::{Value, json};

use super::Hall;

#[tokio::test]
async fn a_place_counts_when_the_link_was_followed() {
    let hall = Hall::open(json!({"capacity": 2})).await;
    let received = hall.register("Ada@Example.org", 1).await.expect(202);
    assert_eq!(hall.seats().await, [0, 0, 0, 0, 2], "holds nothing");
    let list = hall.member.get(&hall.list()).await.ok();
    assert_eq!(list["items"], json!([]), "is not listed");
    let record = hall.record("ada@example.org").await;
    assert_eq!(record["state"], "unverified");
    assert_eq!(hall.letters("ada@example.org").await, ["confirm_address"]);
    assert_eq!(received.as_object().unwrap().len(), 1);

    let first = hall.secret("ada@example.org").await;
    let seen = hall.follow("GET", &first, "").await.ok();
    assert_eq!(
        (&seen["state"], &seen["join_url"], &seen["check_in_code"]),
        (&json!("unverified"), &Value::Null, &Value::Null)
    );
    let mine = hall.follow("POST", &first, "/confirm").await.ok();
    assert_eq!(mine["state"], "confirmed");
    assert_eq!(mine["join_url"], "https://meet.example/1");
    assert_eq!(mine["check_in_code"].as_str().unwrap().len(), 8);
    assert_eq!(hall.seats().await, [1, 0, 0, 0, 1]);
    assert_eq!(
        hall.letters("ada@example.org").await,
        ["confirm_address", "confirmed"]
    );

    // The link of the first letter is used up; the page has another.
    for (method, act) in [("POST", "/confirm"), ("GET", ""), ("DELETE", "")] {
        hall.follow(method, &first, act)
            .await
            .problem(404, "not_found");
    }
    let second = mine["secret"].as_str().unwrap();
    assert_eq!(
        hall.follow("GET", second, "").await.ok()["secret"],
        Value::Null
    );
    hall.follow("POST", second, "/confirm")
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn nobody_learns_who_is_registered() {
    let hall = Hall::open(json!({})).await;
    let first = hall.register("ada@example.org", 1).await.expect(202);
    let secret = hall.secret("ada@example.org").await;
    hall.follow("POST", &secret, "/confirm").await.ok();
    let before = hall.record("ada@example.org").await;
    let again = hall
        .send(json!({"name": "Somebody else", "email": "ada@example.org", "seats": 9, "consent": true}))
        .await
        .expect(202);
    assert_eq!(first, again);
    assert_eq!(
        hall.record("ada@example.org").await,
        before,
        "nothing changed"
    );
    assert_eq!(
        hall.letters("ada@example.org").await,
        ["confirm_address", "confirmed", "already_registered"]
    );
    // Nobody's letter box is filled by a stranger.
    for _ in 0..4 {
        assert_eq!(hall.register("ada@example.org", 1).await.expect(202), first);
    }
    assert_eq!(hall.letters("ada@example.org").await.len(), 4);
    hall.app.clock.advance(TimeDelta::minutes(61));
    hall.register("ada@example.org", 1).await.expect(202);
    assert_eq!(hall.letters("ada@example.org").await.len(), 5);

    for wrong in ["nonsense", &secret, &"A".repeat(80), "e"] {
        hall.follow("GET", wrong, "")
            .await
            .problem(404, "not_found");
        hall.follow("POST", wrong, "/accept")
            .await
            .problem(404, "not_found");
    }
}

#[tokio::test]
async fn the_letter_comes_again_while_the_address_is_not_confirmed() {
    let hall = Hall::open(json!({})).await;
    for _ in 0..5 {
        hall.register("ada@example.org", 1).await.expect(202);
    }
    assert_eq!(
        hall.letters("ada@example.org").await,
        ["confirm_address"; 3]
    );
    hall.app.clock.advance(TimeDelta::hours(2));
    hall.register("ada@example.org", 4).await.expect(202);
    assert_eq!(hall.letters("ada@example.org").await.len(), 4);
    assert_eq!(
        hall.record("ada@example.org").await["seats"],
        4,
        "what was said last"
    );
}

#[tokio::test]
async fn what_nobody_confirms_is_forgotten() {
    let hall = Hall::open(json!({})).await;
    hall.register("ada@example.org", 1).await.expect(202);
    let secret = hall.secret("ada@example.org").await;
    hall.app.clock.advance(TimeDelta::hours(71));
    run_due(&hall.app.state).await;
    assert_eq!(hall.record("ada@example.org").await["state"], "unverified");
    hall.app.clock.advance(TimeDelta::hours(1));
    hall.follow("POST", &secret, "/confirm")
        .await
        .problem(404, "not_found");
    run_due(&hall.app.state).await;
    assert_eq!(hall.record("ada@example.org").await, Value::Null);
    hall.follow("GET", &secret, "")
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn registration_has_its_time() {
    let hall = Hall::open(json!({})).await;
    let now = hall.app.clock.now();
    let at = |hours: i64| json!(now.plus(TimeDelta::hours(hours)));
    let refused = async |reason: &str| {
        let page = hall.app.anybody("GET", &hall.page()).send().await.ok();
        assert_eq!(page["registration_is_open"], false);
        assert_eq!(page["registration_closed_reason"], reason);
        let problem = hall
            .register("ada@example.org", 1)
            .await
            .problem(409, "registration_closed");
        assert_eq!(problem["reason"], reason);
    };
    hall.change(json!({"registration": {"mode": "closed"}}))
        .await;
    refused("closed").await;
    hall.change(json!({"registration": {"mode": "open", "opens_at": at(1), "closes_at": at(3)}}))
        .await;
    refused("not_yet").await;
    hall.app.clock.advance(TimeDelta::hours(1));
    hall.register("late@example.org", 1).await.expect(202);
    hall.app.clock.advance(TimeDelta::hours(2));
    refused("over").await;
    // Whoever registered in time, but follows the link too late, is told so.
    let secret = hall.secret("late@example.org").await;
    hall.follow("POST", &secret, "/confirm")
        .await
        .problem(409, "registration_closed");
    hall.change(json!({"registration": {"closes_at": null}}))
        .await;
    hall.app.clock.advance(TimeDelta::days(7));
    refused("event_begun").await;
}

#[tokio::test]
async fn a_cancelled_event_takes_nobody_and_a_hidden_one_is_not_there() {
    let hall = Hall::open(json!({})).await;
    hall.change(json!({"status": "cancelled", "status_reason": "The speaker is ill."}))
        .await;
    let page = hall.app.anybody("GET", &hall.page()).send().await.ok();
    assert_eq!(page["registration_closed_reason"], "event_cancelled");
    assert_eq!(page["status_reason"], "The speaker is ill.");
    assert!(page.get("join_url").is_none(), "{page}");
    hall.register("ada@example.org", 1)
        .await
        .problem(409, "registration_closed");

    hall.change(json!({"visibility": "team"})).await;
    for (method, path) in [
        ("GET", hall.page()),
        ("GET", "/v1/public/events/nothing-here".to_owned()),
        ("GET", "/v1/public/events/No%20Slug".to_owned()),
    ] {
        let answer = hall.app.anybody(method, &path).send().await;
        answer.problem(404, "not_found");
    }
    hall.register("ada@example.org", 1)
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn whoever_cancels_may_come_again() {
    let hall = Hall::open(json!({"capacity": 1})).await;
    let mine = hall.comes("ada@example.org", 1).await;
    let secret = mine["secret"].as_str().unwrap();
    let before = hall.record("ada@example.org").await;
    hall.follow("DELETE", secret, "").await.no_content();
    for method in ["DELETE", "GET"] {
        hall.follow(method, secret, "")
            .await
            .problem(404, "not_found");
    }
    assert_eq!(hall.record("ada@example.org").await["state"], "cancelled");
    assert_eq!(hall.seats().await, [0, 0, 0, 0, 1]);
    let again = hall.comes("ada@example.org", 1).await;
    assert_eq!(again["state"], "confirmed");
    assert_eq!(hall.record("ada@example.org").await["id"], before["id"]);
}

#[tokio::test]
async fn the_journal_knows_no_person() {
    let hall = Hall::open(json!({})).await;
    hall.send(
        json!({"name": "Very Secret Person", "email": "hidden@example.org", "seats": 2,
        "companions": ["Quiet Friend"], "consent": true}),
    )
    .await
    .expect(202);
    let secret = hall.secret("hidden@example.org").await;
    hall.follow("POST", &secret, "/confirm").await.ok();
    let lines = hall.lead.all("/changes?after=0").await;
    let lines: Vec<&Value> = lines
        .iter()
        .filter(|line| line["kind"] == "registration")
        .collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert_eq!(
        lines[1]["changes"]["state"],
        json!({"from": "unverified", "to": "confirmed"})
    );
    let text = serde_json::to_string(&lines).unwrap();
    for personal in ["Very Secret", "hidden@", "Quiet Friend"] {
        assert!(!text.contains(personal), "{text}");
    }
}
