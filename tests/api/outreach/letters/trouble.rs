//! Mail servers that refuse, are slow, hang up or are not there: nothing is lost, and nothing is sent twice.

use super::Office;
use crate::vocabulary::smtp::{MailServer, Mood};

#[tokio::test]
async fn a_refusal_for_now_is_tried_again_later_and_later_until_it_has_failed() {
    let office = Office::open().await;
    office.confirmed("gerda@example.org").await;
    office.mail.set(Mood {
        answers: vec![("RCPT", "450 4.2.1 greylisted, gerda@example.org")],
        ..Mood::default()
    });
    for (attempt, minutes) in [1, 5, 30, 120, 360, 720, 1440].into_iter().enumerate() {
        office.tick().await;
        let letter = office.letter().await;
        assert_eq!(letter["attempts"], attempt + 1);
        assert_eq!(letter["state"], "queued");
        assert_eq!(letter["last_error"], "the mail server answered 450");
        let next = office
            .app
            .clock
            .now()
            .plus(chrono::TimeDelta::minutes(minutes))
            .to_string();
        assert_eq!(letter["next_attempt_at"], next);
        office.advance_minutes(minutes - 1);
        office.tick().await;
        assert_eq!(office.letter().await["attempts"], attempt + 1, "not yet");
        office.advance_minutes(1);
    }
    office.tick().await;
    let letter = office.letter().await;
    assert_eq!(
        (letter["state"].as_str(), letter["attempts"].as_i64()),
        (Some("failed"), Some(8))
    );
    office.mail.set(Mood::default());
    office.advance_minutes(10_000);
    office.tick().await;
    assert!(office.mail.taken().is_empty());
}

#[tokio::test]
async fn who_is_refused_for_good_does_not_hold_up_the_others() {
    let office = Office::open().await;
    for name in ["ada", "ben", "cleo"] {
        office.confirmed(&format!("{name}@example.org")).await;
    }
    office.mail.set(Mood {
        recipients: vec![
            ("ada@example.org".to_owned(), "550 5.1.1 who?"),
            ("ben@example.org".to_owned(), "451 4.3.0 later"),
        ],
        ..Mood::default()
    });
    office.tick().await;
    assert_eq!(office.recipients(), ["cleo@example.org"]);
    assert_eq!(
        office.mail.connections(),
        1,
        "a refusal does not end the talk"
    );
    let state = async |name: &str| {
        let letters = office.outbox().await;
        let one = letters
            .into_iter()
            .find(|one| one["recipient"] == format!("{name}@example.org"));
        one.unwrap()["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (state("ada").await, state("ben").await),
        ("failed".to_owned(), "queued".to_owned())
    );
    office.mail.set(Mood::default());
    office.advance_minutes(1);
    office.tick().await;
    assert_eq!(office.recipients(), ["ben@example.org", "cleo@example.org"]);
}

#[tokio::test]
async fn a_message_can_be_refused_too() {
    for (answer, state) in [("554 5.6.0 spam", "failed"), ("452 4.3.1 full", "queued")] {
        let office = Office::open().await;
        office.confirmed("gerda@example.org").await;
        office.mail.set(Mood {
            answers: vec![("message", answer)],
            ..Mood::default()
        });
        office.tick().await;
        assert_eq!(office.letter().await["state"], state);
    }
}

#[tokio::test]
async fn a_server_that_takes_nothing_from_us_fails_no_letter() {
    for at in ["greeting", "EHLO", "AUTH", "MAIL"] {
        let mail = MailServer::start().await;
        let url = format!("smtp://ada:s3cret@127.0.0.1:{}?tls=none", mail.port);
        let office = Office::open_with(&["--smtp-url", &url]).await;
        for name in ["ada", "ben"] {
            office.confirmed(&format!("{name}@example.org")).await;
        }
        mail.set(Mood {
            answers: vec![(at, "550 5.7.1 not you")],
            ..Mood::default()
        });
        office.tick().await;
        for letter in office.outbox().await {
            assert_eq!(
                (letter["state"].as_str(), letter["attempts"].as_i64()),
                (Some("queued"), Some(1)),
                "{at}: {letter}"
            );
        }
        assert_eq!(mail.connections(), 1, "{at}: one is enough to know");
        mail.set(Mood::default());
        office.advance_minutes(1);
        office.tick().await;
        assert_eq!(mail.taken().len(), 2, "{at}");
        assert!(mail.signed_in().last().unwrap().starts_with("AUTH PLAIN "));
    }
}

#[tokio::test]
async fn a_server_that_is_down_gets_the_letters_when_it_is_up() {
    let office = Office::open().await;
    let port = office.mail.port;
    office.confirmed("gerda@example.org").await;
    let Office {
        mail,
        app,
        lead,
        event,
    } = office;
    drop(mail);
    tokio::task::yield_now().await;
    relais::jobs::run_due(&app.state).await;
    let mail = MailServer::at(port).await;
    let office = Office {
        mail,
        app,
        lead,
        event,
    };
    let letter = office.letter().await;
    assert_eq!(
        (letter["state"].as_str(), letter["last_error"].as_str()),
        (Some("queued"), Some("no connection to the mail server"))
    );
    office.advance_minutes(1);
    office.tick().await;
    assert_eq!(office.recipients(), ["gerda@example.org"]);
}

#[tokio::test]
async fn a_server_that_hangs_up_gets_the_rest_in_another_talk() {
    let office = Office::open().await;
    for name in ["ada", "ben"] {
        office.confirmed(&format!("{name}@example.org")).await;
    }
    office.mail.set(Mood {
        hangs_up_at: Some("RCPT"),
        ..Mood::default()
    });
    office.tick().await;
    assert!(office.mail.taken().is_empty());
    assert_eq!(office.mail.connections(), 2);
    office.mail.set(Mood::default());
    office.advance_minutes(1);
    office.tick().await;
    assert_eq!(office.recipients(), ["ada@example.org", "ben@example.org"]);
}

#[tokio::test]
async fn a_server_that_is_slow_is_left_and_asked_again() {
    for at in ["EHLO", "RCPT"] {
        let office = Office::open_with(&["--smtp-seconds", "1"]).await;
        office.confirmed("gerda@example.org").await;
        office.mail.set(Mood {
            is_silent_at: Some(at),
            ..Mood::default()
        });
        let began = std::time::Instant::now();
        office.tick().await;
        assert!(began.elapsed().as_secs() < 10, "{at}");
        let letter = office.letter().await;
        assert_eq!(
            (letter["state"].as_str(), letter["last_error"].as_str()),
            (
                Some("queued"),
                Some("the mail server did not answer in time")
            ),
            "{at}"
        );
        office.mail.set(Mood::default());
        office.advance_minutes(1);
        office.tick().await;
        assert_eq!(office.mail.taken().len(), 1, "{at}");
    }
}

#[tokio::test]
async fn a_server_without_starttls_gets_nothing_unless_that_was_said() {
    let mail = MailServer::start().await;
    let url = format!("smtp://127.0.0.1:{}", mail.port);
    let office = Office::open_with(&["--smtp-url", &url]).await;
    office.confirmed("gerda@example.org").await;
    office.tick().await;
    assert!(mail.taken().is_empty());
    let letter = office.letter().await;
    assert_eq!(letter["state"], "queued");
    assert!(
        letter["last_error"].as_str().unwrap().contains("STARTTLS"),
        "{letter}"
    );
}
