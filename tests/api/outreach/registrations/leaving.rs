//! Being forgotten: what is erased, what stops working, and what is kept for how long.

use chrono::TimeDelta;
use diesel::prelude::*;
use relais::db::DbError;
use relais::jobs::run_due;
use relais::schema::{letters, registrations};
use serde_json::json;

use super::Hall;

impl Hall {
    /// The file for the calendar: its status, and whether it says where to join.
    async fn file(&self, secret: &str) -> (u16, bool) {
        let path = format!("/v1/public/registrations/{secret}/calendar.ics");
        let answer = self.app.anybody("GET", &path).send().await;
        if answer.status == 200 {
            let parsed: icalendar::Calendar = answer.text.parse().expect("a calendar");
            assert_eq!(parsed.components.len(), 1, "{}", answer.text);
        }
        (answer.status, answer.text.contains("meet.example"))
    }
}

#[tokio::test]
async fn the_calendar_file_is_for_whoever_has_a_place_or_waits_for_one() {
    let rules = json!({"mode": "open", "offer_minutes": 60});
    let hall = Hall::open(json!({"capacity": 1, "registration": rules})).await;
    hall.register("a@x.org", 1).await.expect(202);
    let first = hall.secret("a@x.org").await;
    assert_eq!(hall.file(&first).await, (404, false), "not confirmed yet");
    hall.follow("POST", &first, "/confirm").await.ok();
    assert_eq!(hall.file(&first).await, (404, false), "used up");
    let a = hall.secret("a@x.org").await;
    assert_eq!(hall.file(&a).await, (200, true));
    hall.comes("b@x.org", 1).await;
    let b = hall.secret("b@x.org").await;
    assert_eq!(hall.file(&b).await, (200, false), "waits");
    hall.follow("DELETE", &a, "").await.no_content();
    assert_eq!(hall.file(&a).await, (404, false), "revoked by its person");
    assert_eq!(hall.mine("b@x.org").await["state"], "offered");
    assert_eq!(hall.file(&b).await, (200, false), "not accepted yet");
    hall.app.clock.advance(TimeDelta::hours(1));
    run_due(&hall.app.state).await;
    assert_eq!(hall.mine("b@x.org").await["state"], "offered", "once more");
    hall.follow("POST", &b, "/accept").await.ok();
    assert_eq!(hall.file(&b).await, (200, true));
    hall.act("b@x.org", "cancel").await.ok();
    assert_eq!(hall.file(&b).await, (404, false), "cancelled by a lead");

    hall.comes("c@x.org", 1).await;
    let c = hall.secret("c@x.org").await;
    assert_eq!(hall.file(&c).await, (200, true));
    hall.lead
        .delete(&hall.place_of("c@x.org").await)
        .await
        .no_content();
    assert_eq!(hall.file(&c).await, (404, false), "forgotten");
    hall.comes("d@x.org", 1).await;
    let d = hall.secret("d@x.org").await;
    hall.lead.delete(&hall.place()).await.no_content();
    assert_eq!(
        hall.file(&d).await,
        (404, false),
        "the event is in the trash"
    );
}

#[tokio::test]
async fn a_person_asks_to_be_forgotten() {
    let hall = Hall::open(json!({"capacity": 1})).await;
    hall.comes("a@x.org", 1).await;
    hall.comes("b@x.org", 1).await;
    hall.does("a@x.org", "DELETE", "?forget=perhaps")
        .await
        .problem(400, "invalid_query");
    let link = hall.secret("a@x.org").await;
    hall.follow("DELETE", &link, "?forget=true")
        .await
        .no_content();
    hall.follow("GET", &link, "")
        .await
        .problem(404, "not_found");
    assert!(hall.letters("a@x.org").await.is_empty());
    assert_eq!(hall.mine("b@x.org").await["state"], "offered");
    // Whoever was there is forgotten, and the seat still counts.
    hall.does("b@x.org", "POST", "/accept").await.ok();
    hall.change(json!({"status": "live"})).await;
    hall.act("b@x.org", "check-in").await.ok();
    let link = hall.secret("b@x.org").await;
    hall.follow("DELETE", &link, "")
        .await
        .problem(409, "invalid_transition");
    hall.follow("DELETE", &link, "?forget=true")
        .await
        .no_content();
    assert_eq!(hall.seats().await[0], 1);
    let kept: Vec<(String, String, String)> = hall
        .app
        .db
        .read(|conn| {
            let all = registrations::table
                .order(registrations::created_at)
                .select((
                    registrations::name,
                    registrations::state,
                    registrations::search,
                ));
            Ok::<_, DbError>(all.load(conn)?)
        })
        .await
        .unwrap();
    let [a, b] = [("cancelled"), ("attended")]
        .map(|state| ("-".to_owned(), state.to_owned(), String::new()));
    assert_eq!(kept, [a, b]);
}

#[tokio::test]
async fn letters_are_forgotten_ninety_days_after_their_fate() {
    let hall = Hall::open(json!({})).await;
    hall.comes("a@x.org", 1).await;
    run_due(&hall.app.state).await;
    let states = async || -> Vec<String> {
        let all = hall.lead.all("/outbox").await;
        all.iter()
            .map(|one| one["state"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(states().await, ["skipped", "skipped"]);
    // One was sent then, one failed a day later, and one waits still.
    hall.register("b@x.org", 1).await.expect(202);
    let day = hall.app.clock.now().plus(TimeDelta::days(1));
    hall.app
        .db
        .write(move |conn| {
            let of = |kind: &'static str| letters::table.filter(letters::kind.eq(kind));
            diesel::update(of("confirm_address").filter(letters::state.eq("skipped")))
                .set(letters::state.eq("sent"))
                .execute(conn)?;
            diesel::update(of("confirmed"))
                .set((
                    letters::state.eq("failed"),
                    letters::next_attempt_at.eq(day),
                ))
                .execute(conn)?;
            let far = day.plus(TimeDelta::days(1_000));
            diesel::update(of("confirm_address").filter(letters::state.eq("queued")))
                .set(letters::next_attempt_at.eq(far))
                .execute(conn)?;
            Ok::<_, DbError>(relais::db::Outcome::Keep(()))
        })
        .await
        .unwrap();
    assert_eq!(states().await, ["queued", "failed", "sent"]);
    for (days, left) in [
        (89, &["queued", "failed", "sent"][..]),
        (1, &["queued", "failed"]),
        (1, &["queued"]),
    ] {
        hall.app.clock.advance(TimeDelta::days(days));
        run_due(&hall.app.state).await;
        assert_eq!(states().await, left);
    }
}
