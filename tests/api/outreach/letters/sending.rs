//! Sending: once for each cause, whoever sends, whatever dies.

use relais::jobs;
use relais::outreach::letters::LetterKind;

use super::{Office, becomes, header, tick_of};
use crate::vocabulary::smtp::Mood;

#[tokio::test]
async fn one_cause_makes_one_letter_and_no_gap_in_the_revisions() {
    let office = Office::open().await;
    let guest = office.guest("gerda@example.org", "confirmed").await;
    let revision = async || {
        let path = format!("/v1/teams/{}", office.lead.team_id);
        office.lead.person.get(&path).await.ok()["revision"].clone()
    };
    let before = revision().await;
    for _ in 0..3 {
        office.put(LetterKind::Confirmed, guest, "the cause").await;
    }
    assert_eq!(revision().await, before);
    office.tick().await;
    office.put(LetterKind::Confirmed, guest, "the cause").await;
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 1);
    let letter = office.letter().await;
    assert_eq!(
        (letter["state"].as_str(), letter["attempts"].as_i64()),
        (Some("sent"), Some(1))
    );
    assert!(letter["sent_at"].is_string() && letter["next_attempt_at"].is_null());
}

#[tokio::test]
async fn what_is_no_longer_true_is_not_sent() {
    let office = Office::open().await;
    let guest = office.confirmed("gerda@example.org").await;
    becomes(&office.app, guest, "cancelled").await;
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 0);
    assert_eq!(office.mail.connections(), 0);
    let letter = office.letter().await;
    assert_eq!(
        (letter["state"].as_str(), letter["last_error"].as_str()),
        (Some("skipped"), Some("it is no longer true"))
    );
}

#[tokio::test]
async fn many_letters_go_in_one_talk() {
    let office = Office::open().await;
    for number in 0..120 {
        office
            .confirmed(&format!("guest{number}@example.org"))
            .await;
    }
    office.tick().await;
    assert_eq!(office.mail.taken().len(), 120);
    assert_eq!(office.mail.connections(), 1);
}

#[tokio::test]
async fn two_servers_at_once_send_each_letter_once() {
    let office = Office::open().await;
    for number in 0..60 {
        office
            .confirmed(&format!("guest{number:02}@example.org"))
            .await;
    }
    let other = office.app.another().await;
    tokio::join!(
        office.tick(),
        tick_of(&other),
        office.tick(),
        tick_of(&other)
    );
    let expected: Vec<String> = (0..60)
        .map(|number| format!("guest{number:02}@example.org"))
        .collect();
    assert_eq!(office.recipients(), expected);
}

#[tokio::test]
async fn a_letter_whose_server_died_is_sent_by_the_next_one_under_the_same_id() {
    let office = Office::open().await;
    office.confirmed("gerda@example.org").await;
    office.mail.set(Mood {
        is_silent_at: Some("message"),
        ..Mood::default()
    });
    // The mail server has the letter; the server dies before it hears so.
    let state = office.app.state.clone();
    let dying = tokio::spawn(async move { jobs::run_due(&state).await });
    office.mail.has_taken(1).await;
    dying.abort();
    assert!(dying.await.unwrap_err().is_cancelled());
    assert_eq!(office.letter().await["state"], "sending");

    office.mail.set(Mood::default());
    let next = office.app.another().await;
    tick_of(&next).await;
    assert_eq!(office.mail.taken().len(), 1, "it may still be alive");
    office.advance_minutes(60);
    tick_of(&next).await;
    tick_of(&next).await;
    let taken = office.mail.taken();
    assert_eq!(taken.len(), 2);
    let [first, second] = [&taken[0], &taken[1]].map(|one| header(one, "Message-ID"));
    assert!(first.is_some() && first == second, "{first:?} {second:?}");
    assert_eq!(header(&taken[0], "Date"), header(&taken[1], "Date"));
    assert_eq!(office.letter().await["state"], "sent");
}
