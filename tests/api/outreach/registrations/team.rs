//! The team's side: the list, the door, and what became of it.

use chrono::TimeDelta;
use relais::jobs::run_due;
use serde_json::{Value, json};

use super::Hall;

fn person(email: &str) -> Value {
    json!({"name": format!("Name of {email}"), "email": email})
}

#[tokio::test]
async fn a_member_adds_somebody_by_hand() {
    let hall = Hall::open(json!({"capacity": 1, "registration": {"mode": "approval"}})).await;
    let added = hall
        .lead
        .post(&hall.list(), person("a@x.org"))
        .await
        .created();
    assert_eq!(
        (&added["state"], &added["origin"]),
        (&json!("confirmed"), &json!("team"))
    );
    assert_eq!(hall.letters("a@x.org").await, ["confirmed"]);
    let second = hall
        .lead
        .post(&hall.list(), person("b@x.org"))
        .await
        .created();
    assert_eq!(
        (&second["state"], &second["rank"]),
        (&json!("waitlisted"), &json!(1))
    );
    let problem = hall
        .lead
        .post(&hall.list(), person("a@x.org"))
        .await
        .problem(409, "already_exists");
    assert_eq!(problem["registration_id"], added["id"]);
    hall.member
        .post(&hall.list(), person("c@x.org"))
        .await
        .problem(403, "insufficient_role");
    // Who has not followed the link yet is in when a member says so, and the link is void.
    hall.change(json!({"capacity": 2})).await;
    hall.does("b@x.org", "POST", "/accept").await.ok();
    hall.register("d@x.org", 1).await.expect(202);
    let link = hall.secret("d@x.org").await;
    let known = hall
        .lead
        .post(&hall.list(), person("d@x.org"))
        .await
        .created();
    assert_eq!(known["state"], "waitlisted");
    hall.follow("POST", &link, "/confirm")
        .await
        .problem(404, "not_found");
    hall.change(json!({"status": "cancelled"})).await;
    hall.lead
        .post(&hall.list(), person("e@x.org"))
        .await
        .problem(409, "registration_closed");
}

#[tokio::test]
async fn people_are_checked_in_at_the_door() {
    let hall = Hall::open(json!({})).await;
    for email in ["a@x.org", "b@x.org", "c@x.org"] {
        hall.comes(email, 1).await;
    }
    hall.act("b@x.org", "mark-absent")
        .await
        .problem(409, "invalid_transition");
    hall.app.clock.advance(TimeDelta::days(7));
    run_due(&hall.app.state).await;
    let code = hall.mine("a@x.org").await["check_in_code"]
        .as_str()
        .unwrap()
        .to_lowercase();
    let door = format!("{}/check-ins", hall.place());
    let seen = hall.member.post(&door, json!({"code": code})).await.ok();
    assert_eq!(
        (&seen["state"], &seen["email"]),
        (&json!("attended"), &json!("a@x.org"))
    );
    assert_eq!(seen["checked_in_at"], json!(hall.app.clock.now()));
    hall.member
        .post(&door, json!({"code": code}))
        .await
        .problem(409, "invalid_transition");
    hall.member
        .post(&door, json!({"code": "AAAAAAAA"}))
        .await
        .refused_at("/code");
    let place = hall.place_of("b@x.org").await;
    let marked = hall
        .member
        .request("POST", &format!("{place}/mark-absent"))
        .send()
        .await
        .ok();
    assert_eq!(marked["state"], "no_show");
    assert_eq!(hall.seats().await[0], 3, "a seat that was missed was taken");
}

#[tokio::test]
async fn the_list_is_filtered_and_sorted() {
    let hall = Hall::open(json!({"capacity": 2})).await;
    for (name, email, seats, source) in [
        ("Zoé", "z@x.org", 1, "newsletter"),
        ("émile", "e@x.org", 1, "newsletter"),
        ("Bob", "b@x.org", 2, "friend"),
        ("anna", "a@x.org", 1, "friend"),
    ] {
        let body = json!({"name": name, "email": email, "seats": seats, "utm_source": source});
        hall.lead.post(&hall.list(), body).await.created();
    }
    let emails = async |query: &str| -> Vec<String> {
        let rows = hall.member.all(&format!("{}?{query}", hall.list())).await;
        rows.iter()
            .map(|row| row["email"].as_str().unwrap().replace("@x.org", ""))
            .collect()
    };
    assert_eq!(emails("sort=name").await, ["a", "b", "e", "z"]);
    assert_eq!(emails("sort=rank&limit=2").await, ["b", "a", "z", "e"]);
    assert_eq!(emails("state=confirmed").await, ["z", "e"]);
    assert_eq!(emails("q=EMILE").await, ["e"]);
    assert_eq!(emails("source=friend,nobody").await, ["b", "a"]);
    assert_eq!(emails("seats_gte=2").await, ["b"]);
    assert_eq!(emails("origin=public").await, [""; 0]);
    hall.member
        .get(&format!("{}?state=nonsense", hall.list()))
        .await
        .problem(400, "invalid_query");
}

#[tokio::test]
async fn attendance_is_counted_by_source() {
    let hall = Hall::open(json!({})).await;
    let campaign = hall
        .lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    hall.change(json!({"campaign_id": campaign["id"]})).await;
    for (email, source) in [("b", "x"), ("c", "y"), ("d", "y")] {
        let body = json!({"name": "A", "email": format!("{email}@x.org"), "utm_source": source,
            "utm_medium": "mail", "utm_campaign": "spring"});
        hall.lead.post(&hall.list(), body).await.created();
    }
    // By the page it is the same as by hand.
    let form = json!({"name": "A", "email": "a@x.org", "consent": true, "utm_source": "x",
        "utm_medium": "mail", "utm_campaign": "spring"});
    hall.send(form).await.expect(202);
    hall.does("a@x.org", "POST", "/confirm").await.ok();
    hall.register("never@x.org", 1).await.expect(202);
    hall.change(json!({"status": "live"})).await;
    for (email, act) in [
        ("a@x.org", "check-in"),
        ("c@x.org", "check-in"),
        ("d@x.org", "mark-absent"),
    ] {
        hall.act(email, act).await.ok();
    }
    let at = format!("/campaigns/{}/attendance", campaign["id"].as_str().unwrap());
    for place in [format!("{}/attendance", hall.place()), at] {
        let seen = hall.member.get(&place).await.ok();
        assert_eq!(
            seen["total"],
            json!({"registered": 4, "confirmed": 4, "attended": 2, "no_show": 1, "attendance_percent": 67, "no_show_percent": 33})
        );
        assert_eq!(seen["events"], 1);
        let figures: Vec<(&Value, &Value)> = seen["sources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (&one["utm_source"], &one["figures"]["attendance_percent"]))
            .collect();
        assert_eq!(
            figures,
            [(&json!("x"), &json!(100)), (&json!("y"), &json!(50))]
        );
        let first = &seen["sources"][0];
        assert_eq!(
            (&first["utm_medium"], &first["utm_campaign"]),
            (&json!("mail"), &json!("spring"))
        );
    }
}

#[tokio::test]
async fn a_person_is_forgotten_and_the_seat_counts_on() {
    let hall = Hall::open(json!({"capacity": 1})).await;
    hall.comes("a@x.org", 1).await;
    hall.comes("b@x.org", 1).await;
    let secret = hall.secret("a@x.org").await;
    let place = hall.place_of("a@x.org").await;
    hall.lead.delete(&place).await.no_content();
    hall.lead.get(&place).await.problem(404, "not_found");
    hall.follow("GET", &secret, "")
        .await
        .problem(404, "not_found");
    assert!(hall.letters("a@x.org").await.is_empty());
    assert_eq!(hall.mine("b@x.org").await["state"], "offered");
    hall.does("b@x.org", "POST", "/accept").await.ok();
    hall.change(json!({"status": "live"})).await;
    hall.act("b@x.org", "check-in").await.ok();
    let place = hall.place_of("b@x.org").await;
    hall.lead.delete(&place).await.no_content();
    assert_eq!(hall.seats().await[0], 1);
    let seen = hall
        .member
        .get(&format!("{}/attendance", hall.place()))
        .await
        .ok();
    assert_eq!(seen["total"]["attended"], 1);
}
