//! What gives cause to letters: an event that changes or is called off, comes near, or is over.

use relais::outreach::letters::LetterKind;
use serde_json::json;

use super::{Office, becomes, read};
use crate::outreach::events::{place, wall};
use mail_parser::MimeHeaders;

/// Somebody in every state, called after it.
async fn everybody(office: &Office) {
    for state in [
        "unverified",
        "pending",
        "confirmed",
        "waitlisted",
        "offered",
        "expired",
        "rejected",
        "cancelled",
        "attended",
        "no_show",
    ] {
        office.guest(&format!("{state}@example.org"), state).await;
    }
}

#[tokio::test]
async fn who_is_concerned_is_told_that_an_event_is_called_off_once() {
    let office = Office::open().await;
    everybody(&office).await;
    let body = json!({"status": "cancelled", "status_reason": "Too few registrations"});
    office.lead.patch(&place(&office.event), body).await.ok();
    office.tick().await;
    assert_eq!(
        office.recipients(),
        [
            "attended@example.org",
            "confirmed@example.org",
            "expired@example.org",
            "offered@example.org",
            "pending@example.org",
            "waitlisted@example.org"
        ]
    );
    for taken in office.mail.taken() {
        let message = read(&taken);
        assert_eq!(message.subject(), Some("Cancelled: Office hours"));
        assert!(
            message
                .body_text(0)
                .unwrap()
                .contains("Too few registrations")
        );
        let file = message.attachment(0).unwrap();
        assert_eq!(
            file.content_type().unwrap().attribute("method"),
            Some("CANCEL")
        );
        assert!(file.text_contents().unwrap().contains("STATUS:CANCELLED"));
    }
    // Another word about the reason is no other cause.
    office
        .lead
        .patch(&place(&office.event), json!({"status_reason": "Ill"}))
        .await
        .ok();
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 6);
}

#[tokio::test]
async fn another_link_is_told_to_those_who_are_in_and_another_platform_to_all() {
    let office = Office::open().await;
    everybody(&office).await;
    let change = async |body| office.lead.patch(&place(&office.event), body).await.ok();
    change(json!({"join_url": "https://zoom.example/j/2"})).await;
    office.tick().await;
    assert_eq!(
        office.recipients(),
        ["attended@example.org", "confirmed@example.org"]
    );
    let told = office.mail.taken();
    assert!(
        read(&told[0])
            .body_text(0)
            .unwrap()
            .contains("https://zoom.example/j/2")
    );
    assert_eq!(read(&told[0]).attachment_count(), 1);

    change(json!({"capacity": 3, "title": "Office hour"})).await;
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 2, "nobody needs to be told");
    change(json!({"platform": "Jitsi"})).await;
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 2 + 6);
    let waiting = office
        .mail
        .taken()
        .into_iter()
        .find(|one| one.to == ["waitlisted@example.org"])
        .unwrap();
    let text = read(&waiting).body_text(0).unwrap().into_owned();
    assert!(
        text.contains("Jitsi") && !text.contains("zoom.example"),
        "{text}"
    );
}

#[tokio::test]
async fn another_time_is_told_with_the_calendar_part() {
    let office = Office::open().await;
    office.guest("gerda@example.org", "confirmed").await;
    let body = json!({"starts": wall("2027-04-21T19:00:00", "Europe/Paris"), "ends": wall("2027-04-21T20:00:00", "Europe/Paris")});
    let path = format!("{}/reschedule", place(&office.event));
    office.lead.post(&path, body).await.ok();
    office.tick().await;
    let taken = office.mail.taken();
    assert_eq!(taken.len(), 1);
    let message = read(&taken[0]);
    assert_eq!(message.subject(), Some("Changed: Office hours"));
    assert!(
        message
            .body_text(0)
            .unwrap()
            .contains("Wednesday, 21 April 2027")
    );
    let file = message.attachment(0).unwrap();
    assert!(file.text_contents().unwrap().contains("20270421T"));
}

#[tokio::test]
async fn changes_in_a_row_are_told_together_and_drafts_are_told_to_nobody() {
    let office = Office::open().await;
    office.guest("gerda@example.org", "confirmed").await;
    for number in 0..3 {
        let body = json!({"join_url": format!("https://zoom.example/j/{number}0")});
        office.lead.patch(&place(&office.event), body).await.ok();
    }
    office.tick().await;
    let taken = office.mail.taken();
    assert_eq!(taken.len(), 1);
    assert!(read(&taken[0]).body_text(0).unwrap().contains("/j/20"));
    let body = json!({"join_url": "https://zoom.example/j/30"});
    office
        .lead
        .patch(&place(&office.event), body.clone())
        .await
        .ok();
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 2);
    office
        .app
        .database
        .execute("UPDATE events SET status = 'draft'");
    office
        .lead
        .patch(&place(&office.event), json!({"join_url": null}))
        .await
        .ok();
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 2);
}

#[tokio::test]
async fn who_has_a_place_is_reminded_as_the_event_says() {
    let office = Office::open().await;
    everybody(&office).await;
    office.go_to_minutes_before_start(1_441);
    office.tick().await;
    assert!(office.mail.taken().is_empty());
    office.advance_minutes(1);
    office.tick().await;
    office.tick().await;
    assert_eq!(office.recipients(), ["confirmed@example.org"]);
    assert_eq!(
        read(&office.mail.taken()[0]).subject(),
        Some("It begins soon: Office hours")
    );
    office.go_to_minutes_before_start(60);
    office.tick().await;
    office.advance_minutes(5);
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 2);
}

#[tokio::test]
async fn nobody_is_reminded_of_a_moment_before_they_were_in_or_long_after_it() {
    let office = Office::open().await;
    let body = json!({"registration": {"reminder_minutes": [600]}});
    office.lead.patch(&place(&office.event), body).await.ok();
    // Told "you are in" after the moment of the reminder.
    office.go_to_minutes_before_start(590);
    let late = office.guest("late@example.org", "confirmed").await;
    office
        .put_to(
            LetterKind::Confirmed,
            late,
            "in",
            ("late@example.org", "Late", "en"),
        )
        .await;
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 1, "the confirmation");
    // The server was down at the moment, for a quarter of the time.
    office.guest("early@example.org", "confirmed").await;
    office.advance_minutes(145);
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 1);
}

#[tokio::test]
async fn those_who_were_there_are_thanked_and_all_when_nobody_was_ticked_off() {
    for ticked in [true, false] {
        let office = Office::open().await;
        let guest = office.guest("ada@example.org", "confirmed").await;
        office.guest("ben@example.org", "confirmed").await;
        if ticked {
            becomes(&office.app, guest, "attended").await;
        }
        // An hour after its end, which is an hour after its start; the reminders were missed.
        office.go_to_minutes_before_start(-119);
        office.tick().await;
        assert!(office.mail.taken().is_empty());
        office.advance_minutes(1);
        office.tick().await;
        office.tick().await;
        let expected: &[&str] = if ticked {
            &["ada@example.org"]
        } else {
            &["ada@example.org", "ben@example.org"]
        };
        assert_eq!(office.recipients(), expected);
        office.advance_minutes(30);
        becomes(&office.app, guest, "attended").await;
        office.tick().await;
        assert_eq!(office.mail.taken().len(), expected.len(), "once");
    }
}
