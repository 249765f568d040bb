//! A lead changes what is known of somebody who registered.

use diesel::prelude::*;
use relais::db::DbError;
use relais::jobs::run_due;
use relais::schema::registrations;
use serde_json::{Value, json};

use super::Hall;
use crate::vocabulary::Answer;

impl Hall {
    async fn edit(&self, email: &str, patch: Value) -> Answer {
        let place = self.place_of(email).await;
        self.lead.patch(&place, patch).await
    }
}

#[tokio::test]
async fn what_is_known_of_a_person_changes_and_the_journal_keeps_none_of_it() {
    let hall = Hall::open(json!({"registration": {"mode": "open", "questions": [
        {"key": "level", "text": "How well?", "kind": "choice", "is_required": true, "choices": ["A little", "Well"]},
        {"key": "words", "text": "What?", "kind": "text"}]}}))
    .await;
    let form = json!({"name": "Ada", "email": "a@x.org", "seats": 2, "consent": true,
        "answers": {"level": "Well", "words": "Everything"}});
    hall.send(form).await.expect(202);
    hall.does("a@x.org", "POST", "/confirm").await.ok();
    let patch = json!({"name": "Émilie du Châtelet", "locale": "fr", "companions": ["Voltaire"],
        "note": "Wheelchair", "answers": {"level": "A little", "words": null}});
    let changed = hall.edit("a@x.org", patch.clone()).await.ok();
    for name in ["name", "locale", "companions", "note"] {
        assert_eq!(changed[name], patch[name]);
    }
    assert_eq!(changed["answers"], json!({"level": "A little"}));
    assert_eq!(changed["seats"], 2);
    let found = hall
        .member
        .get(&format!("{}?q=chatelet", hall.list()))
        .await
        .ok();
    assert_eq!(found["items"][0]["id"], changed["id"]);
    let mine = hall.mine("a@x.org").await;
    assert_eq!(
        (&mine["name"], &mine["note"]),
        (&patch["name"], &Value::Null)
    );
    // The letter that waits speaks to her by that name, in French.
    let letters = hall.lead.all("/outbox?kind=confirmed").await;
    assert_eq!(letters[0]["locale"], "fr");
    assert!(
        letters[0]["text"]
            .as_str()
            .unwrap()
            .contains("Émilie du Châtelet")
    );

    // The same once more changes nothing.
    let again = hall.edit("a@x.org", patch).await.ok();
    assert_eq!(again["version"], changed["version"]);
    let place = hall.place_of("a@x.org").await;
    let lines = hall.member.all(&format!("{place}/history")).await;
    let actions: Vec<&Value> = lines.iter().map(|line| &line["action"]).collect();
    assert_eq!(actions, ["created", "updated", "updated"]);
    assert_eq!(
        lines[2]["changes"],
        json!({"changed_personal_fields": {"from": null, "to": ["name", "locale", "companions", "answers", "note"]}})
    );
    assert_eq!(lines[2]["actor_id"], json!(hall.lead.id));
    let feed = json!(hall.member.all("/changes?kind=registration").await).to_string();
    for word in ["Ada", "milie", "Voltaire", "Wheelchair", "little", "x.org"] {
        assert!(!feed.contains(word), "{word}");
    }
    let table = hall.member.get(&format!("{}.csv", hall.list())).await;
    assert!(table.text.contains("Wheelchair"));

    hall.lead.delete(&place).await.no_content();
    hall.member
        .get(&format!("{place}/history"))
        .await
        .problem(404, "not_found");
    let left: Vec<Option<String>> = hall
        .app
        .db
        .read(|conn| {
            let notes = registrations::table.select(registrations::note);
            Ok::<_, DbError>(notes.load(conn)?)
        })
        .await
        .unwrap();
    assert_eq!(left, [None], "forgotten with the person");
}

#[tokio::test]
async fn what_cannot_be_changed_is_refused() {
    let hall = Hall::open(json!({})).await;
    hall.comes("a@x.org", 2).await;
    for (patch, pointer) in [
        (json!({"email": "b@x.org"}), "/email"),
        (json!({"state": "cancelled"}), "/state"),
        (json!({"name": null}), "/name"),
        (json!({"seats": 11}), "/seats"),
        (json!({"companions": ["A", "B"]}), "/companions"),
        (json!({"answers": {"shoe": 1}}), "/answers/shoe"),
    ] {
        hall.edit("a@x.org", patch).await.refused_at(pointer);
    }
    hall.edit("a@x.org", json!({"companions": ["A"]}))
        .await
        .ok();
    hall.edit("a@x.org", json!({"seats": 1}))
        .await
        .refused_at("/seats");
    let place = hall.place_of("a@x.org").await;
    hall.member
        .patch(&place, json!({"name": "B"}))
        .await
        .problem(403, "insufficient_role");
    let stale = hall.lead.request("PATCH", &place);
    stale
        .header("if-match", "\"1\"")
        .json(json!({"name": "B"}))
        .await
        .problem(412, "version_conflict");
}

#[tokio::test]
async fn more_seats_are_had_only_where_they_are_free() {
    let hall = Hall::open(json!({"capacity": 4})).await;
    hall.comes("a@x.org", 3).await;
    hall.comes("b@x.org", 2).await;
    assert_eq!(hall.seats().await, [3, 0, 0, 2, 1]);
    let problem = hall
        .edit("a@x.org", json!({"seats": 5}))
        .await
        .problem(409, "capacity_exceeded");
    assert_eq!(
        (&problem["wanted"], &problem["free"]),
        (&json!(2), &json!(1))
    );
    // Nobody who waits could use the one that is free.
    hall.edit("a@x.org", json!({"seats": 4})).await.ok();
    // Who waits may want more or fewer, and stays in the same place of the queue.
    hall.comes("c@x.org", 2).await;
    let more = hall.edit("b@x.org", json!({"seats": 4})).await.ok();
    assert_eq!(
        (&more["state"], &more["rank"]),
        (&json!("waitlisted"), &json!(1))
    );
    assert_eq!(hall.seats().await, [4, 0, 0, 6, 0]);
    // What is given back goes to whom it is enough for.
    hall.edit("a@x.org", json!({"seats": 2})).await.ok();
    assert_eq!(
        hall.states(&["b@x.org", "c@x.org"]).await,
        ["waitlisted", "offered"]
    );
    hall.edit("c@x.org", json!({"seats": 3}))
        .await
        .problem(409, "capacity_exceeded");
    let fewer = hall.edit("a@x.org", json!({"seats": 1})).await.ok();
    assert_eq!(fewer["seats"], 1);
    let fits = hall.edit("b@x.org", json!({"seats": 1})).await.ok();
    assert_eq!(fits["state"], "offered", "and the answer says so");
    assert_eq!(hall.seats().await, [1, 3, 0, 0, 0]);
}

#[tokio::test]
async fn who_comes_with_others_or_fewer_is_told_once() {
    let hall = Hall::open(json!({"capacity": 4})).await;
    hall.comes("a@x.org", 3).await;
    hall.comes("b@x.org", 2).await;
    let told = async |email: &str| {
        let letters = hall.letters(email).await;
        letters
            .into_iter()
            .filter(|kind| kind == "registration_changed")
            .count()
    };
    // What the person does not come to know, or knows already, is no news.
    for patch in [
        json!({"note": "Vegan"}),
        json!({"name": "Ada L"}),
        json!({"seats": 3}),
    ] {
        hall.edit("a@x.org", patch).await.ok();
    }
    assert_eq!(told("a@x.org").await, 0);
    // Two changes in a row are told by one letter, which says how it is when it goes.
    hall.edit("a@x.org", json!({"seats": 4})).await.ok();
    hall.edit(
        "a@x.org",
        json!({"seats": 3, "companions": ["Mary\nSomerville", "Charles"]}),
    )
    .await
    .ok();
    assert_eq!(told("a@x.org").await, 1);
    let letters = hall.lead.all("/outbox?kind=registration_changed").await;
    let text = letters[0]["text"].as_str().unwrap();
    for line in [
        "Community has changed what you registered",
        "\nPlaces: 3\nWith: Mary Somerville, Charles\n",
    ] {
        assert!(text.contains(line), "{text}");
    }
    run_due(&hall.app.state).await;
    hall.edit("a@x.org", json!({"companions": []})).await.ok();
    assert_eq!(told("a@x.org").await, 2);
    run_due(&hall.app.state).await;
    let letters = hall.lead.all("/outbox?kind=registration_changed").await;
    assert!(!letters[0]["text"].as_str().unwrap().contains("With:"));
    // Who waits is told, too; whom it makes an offer is told of that.
    hall.edit("b@x.org", json!({"seats": 3})).await.ok();
    assert_eq!(told("b@x.org").await, 1);
    run_due(&hall.app.state).await;
    let offered = hall.edit("b@x.org", json!({"seats": 1})).await.ok();
    assert_eq!(offered["state"], "offered");
    assert_eq!(told("b@x.org").await, 1);
    let last = hall.letters("b@x.org").await.pop();
    assert_eq!(last.as_deref(), Some("seat_offered"));
    // Nobody writes to an address that nobody confirmed.
    hall.register("c@x.org", 2).await.expect(202);
    hall.edit("c@x.org", json!({"seats": 1})).await.ok();
    assert_eq!(hall.letters("c@x.org").await, ["confirm_address"]);
}

#[tokio::test]
async fn whom_a_lead_cancels_is_told() {
    let hall = Hall::open(json!({"capacity": 1})).await;
    hall.comes("a@x.org", 1).await;
    hall.comes("b@x.org", 1).await;
    hall.register("c@x.org", 1).await.expect(202);
    for email in ["a@x.org", "c@x.org"] {
        hall.act(email, "cancel").await.ok();
    }
    let last = hall.letters("a@x.org").await.pop();
    assert_eq!(last.as_deref(), Some("registration_cancelled"));
    let letters = hall.lead.all("/outbox?kind=registration_cancelled").await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let text = letters[0]["text"].as_str().unwrap();
    assert!(
        text.contains("Community has cancelled your registration")
            && !text.contains("meet.example"),
        "{text}"
    );
    assert_eq!(hall.letters("c@x.org").await, ["confirm_address"]);
    // Who cancels knows.
    hall.does("b@x.org", "DELETE", "").await.no_content();
    assert_eq!(
        hall.letters("b@x.org").await,
        ["confirm_address", "waitlisted", "seat_offered"]
    );
}
