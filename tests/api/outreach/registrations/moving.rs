//! What becomes of registrations when their event moves, or comes back from the trash.

use chrono::{DateTime, TimeDelta, Utc};
use relais::jobs::run_due;
use serde_json::{Value, json};

use super::Hall;
use crate::outreach::events::wall;

impl Hall {
    fn in_hours(&self, hours: i64) -> DateTime<Utc> {
        self.app.clock.now().utc() + TimeDelta::hours(hours)
    }

    fn instant(&self, hours: i64) -> Value {
        json!(self.app.clock.now().plus(TimeDelta::hours(hours)))
    }

    /// Moves the event to so many hours from now.
    async fn move_to(&self, hours: i64) -> Value {
        let local = |hours| {
            let time = self.in_hours(hours).format("%Y-%m-%dT%H:%M:%S");
            wall(&time.to_string(), "UTC")
        };
        let body = json!({"starts": local(hours), "ends": local(hours + 1)});
        let place = format!("{}/reschedule", self.place());
        self.lead.post(&place, body).await.ok()
    }

    /// The only seat is held for b, and c waits.
    async fn with_an_offer(minutes: i64) -> Self {
        let rules = json!({"mode": "open", "offer_minutes": minutes});
        let hall = Self::open(json!({"capacity": 1, "registration": rules})).await;
        for email in ["a@x.org", "b@x.org", "c@x.org"] {
            hall.comes(email, 1).await;
        }
        hall.does("a@x.org", "DELETE", "").await.no_content();
        assert_eq!(
            hall.states(&["b@x.org", "c@x.org"]).await,
            ["offered", "waitlisted"]
        );
        hall
    }
}

#[tokio::test]
async fn seats_that_became_free_in_the_trash_are_offered_when_the_event_comes_back() {
    let hall = Hall::with_an_offer(60).await;
    hall.lead.delete(&hall.place()).await.no_content();
    hall.app.clock.advance(TimeDelta::hours(2));
    run_due(&hall.app.state).await;
    let restore = format!("/trash/{}/restore", hall.event["id"].as_str().unwrap());
    let back = hall.lead.request("POST", &restore).send().await.ok();
    assert_eq!(back["events"], 1);
    assert_eq!(
        hall.states(&["b@x.org", "c@x.org"]).await,
        ["expired", "offered"]
    );
    assert_eq!(hall.seats().await, [0, 1, 0, 1, 0]);
    let told = hall.letters("c@x.org").await;
    assert_eq!(told.last().map(String::as_str), Some("seat_offered"));
}

#[tokio::test]
async fn an_offer_ends_with_the_earlier_start_of_its_event() {
    let hall = Hall::with_an_offer(43_200).await;
    let before = hall.record("b@x.org").await;
    assert_eq!(before["offer_expires_at"], hall.event["starts_at"]);
    // As late as that again, and the offer is as it was.
    let later = hall.move_to(8 * 24).await;
    assert_eq!(later["moved_registrations"], json!([]));
    assert_eq!(hall.record("b@x.org").await["version"], before["version"]);

    let moved = hall.move_to(48).await;
    assert_eq!(moved["moved_registrations"][0]["shortened_offers"], 1);
    let held = hall.record("b@x.org").await;
    assert_eq!(held["offer_expires_at"], moved["event"]["starts_at"]);
    assert_eq!(hall.mine("b@x.org").await["state"], "offered");
    let outbox = hall.lead.all("/outbox?kind=event_changed").await;
    let told = outbox
        .iter()
        .find(|letter| letter["recipient"] == "b@x.org")
        .unwrap();
    let text = told["text"].as_str().unwrap();
    assert!(text.contains("Held for you until: "), "{text}");
    let other = outbox
        .iter()
        .find(|letter| letter["recipient"] == "c@x.org")
        .unwrap();
    assert!(!other["text"].as_str().unwrap().contains("Held for you"));
    // A trial changes nothing and says the same.
    let trial = format!("{}/reschedule?validate_only=true", hall.place());
    let local = hall.in_hours(24).format("%Y-%m-%dT%H:%M:%S").to_string();
    let end = hall.in_hours(25).format("%Y-%m-%dT%H:%M:%S").to_string();
    let body = json!({"starts": wall(&local, "UTC"), "ends": wall(&end, "UTC")});
    let tried = hall.lead.post(&trial, body).await.ok();
    assert_eq!(tried["moved_registrations"][0]["shortened_offers"], 1);
    assert_eq!(hall.record("b@x.org").await, held);

    hall.app.clock.advance(TimeDelta::hours(48));
    run_due(&hall.app.state).await;
    assert_eq!(hall.record("b@x.org").await["state"], "expired");
}

#[tokio::test]
async fn the_times_of_registration_move_along_where_they_are_still_to_come() {
    let hall = Hall::open(json!({})).await;
    let (opens, closes) = (hall.instant(24), hall.instant(6 * 24));
    hall.change(json!({"registration": {"opens_at": opens, "closes_at": closes}}))
        .await;
    // Three days later.
    let moved = hall.move_to(10 * 24).await;
    assert_eq!(
        moved["moved_registrations"],
        json!([{"event_id": hall.event["id"], "opens_at": hall.instant(4 * 24), "closes_at": hall.instant(9 * 24),
            "before": {"opens_at": opens, "closes_at": closes}, "shortened_offers": 0}])
    );
    let rules = &moved["event"]["registration"];
    assert_eq!(rules["opens_at"], hall.instant(4 * 24));
    // What has begun stays begun, and what would be over goes on until the event begins.
    hall.app.clock.advance(TimeDelta::days(5));
    let opened = rules["opens_at"].clone();
    let moved = hall.move_to(4 * 24).await;
    let rules = &moved["event"]["registration"];
    assert_eq!(
        (&rules["opens_at"], &rules["closes_at"]),
        (&opened, &hall.instant(3 * 24))
    );
    let moved = hall.move_to(12).await;
    let rules = &moved["event"]["registration"];
    assert_eq!(
        (&rules["opens_at"], &rules["closes_at"]),
        (&opened, &Value::Null)
    );
    let page = hall.app.anybody("GET", &hall.page()).send().await.ok();
    assert_eq!(page["registration_is_open"], true);
    // What is over stays over.
    hall.change(json!({"registration": {"closes_at": hall.instant(1)}}))
        .await;
    hall.app.clock.advance(TimeDelta::hours(2));
    let moved = hall.move_to(24).await;
    assert_eq!(moved["moved_registrations"], json!([]));
    assert_eq!(
        moved["event"]["registration"]["closes_at"],
        hall.instant(-1)
    );
}
