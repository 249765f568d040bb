//! What letters say: in two languages, escaped, with nothing smuggled into the head.

use mail_parser::MimeHeaders;
use relais::access::secrets::Secret;
use relais::outreach::letters::LetterKind;
use relais::outreach::registrations::secret;
use serde_json::json;

use super::{Office, becomes, header, id, read};
use crate::outreach::events::place;
use crate::vocabulary::TestApp;

#[tokio::test]
async fn a_confirmed_place_is_told_in_english_with_a_calendar_part() {
    let office =
        Office::open_with(&["--registration-url", "https://app.example/r/{secret}#me"]).await;
    let guest = office.confirmed("gerda@example.org").await;
    office.tick().await;
    let taken = office.mail.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(
        (taken[0].from.as_str(), taken[0].to.as_slice()),
        (
            "no-reply@relais.example",
            &["gerda@example.org".to_owned()][..]
        )
    );
    let message = read(&taken[0]);
    assert_eq!(message.subject(), Some("You have a place: Office hours"));
    let from = message.from().unwrap().first().unwrap();
    assert_eq!(
        (from.name(), from.address()),
        (Some("Community"), Some("no-reply@relais.example"))
    );
    let to = message.to().unwrap().first().unwrap();
    assert_eq!(
        (to.name(), to.address()),
        (Some("Gerda Guest"), Some("gerda@example.org"))
    );
    assert_eq!(
        header(&taken[0], "Auto-Submitted").as_deref(),
        Some("auto-generated")
    );
    assert_eq!(header(&taken[0], "Content-Language").as_deref(), Some("en"));

    let text = message.body_text(0).unwrap().into_owned();
    for line in [
        "Hello Gerda Guest,",
        "When: Tuesday, 20 April 2027, 19:00 to 20:00 (Europe/Paris, UTC+02:00)",
        "Held by: Community",
        "Where: Zoom",
        "Join at: https://zoom.example/j/1",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    let html = message.body_html(0).unwrap().into_owned();
    assert!(
        html.contains("<html lang=\"en\">") && html.contains("20 April 2027"),
        "{html}"
    );
    // The link opens the registration, in both parts.
    let (_, rest) = text.split_once("https://app.example/r/").unwrap();
    let (link, _) = rest.split_once("#me").unwrap();
    assert!(html.contains(&format!("https://app.example/r/{link}#me")));
    let opened = secret::opened(&office.app.state.pepper, &Secret::from(link.to_owned()));
    assert_eq!(opened, Some((id(&office.lead.team_id), guest, 0)));

    let file = message.attachment(0).unwrap();
    let kind = file.content_type().unwrap();
    assert_eq!(
        (kind.ctype(), kind.subtype(), kind.attribute("method")),
        ("text", Some("calendar"), Some("PUBLISH"))
    );
    let file = file.text_contents().unwrap();
    assert!(
        file.contains("METHOD:PUBLISH") && file.contains("SUMMARY:Office hours"),
        "{file}"
    );
    assert!(file.contains("zoom.example"), "{file}");
}

#[tokio::test]
async fn a_french_speaker_is_told_in_french() {
    let office = Office::open().await;
    let guest = office
        .guest_named("zoe@example.org", "confirmed", "Zoé Léger", "FR-ca")
        .await;
    office
        .put_to(
            LetterKind::Confirmed,
            guest,
            "c",
            ("zoe@example.org", "Zoé Léger", "FR-ca"),
        )
        .await;
    office.tick().await;
    let taken = office.mail.taken();
    let message = read(&taken[0]);
    assert_eq!(
        message.subject(),
        Some("Vous avez une place\u{a0}: Office hours")
    );
    assert_eq!(
        message.to().unwrap().first().unwrap().name(),
        Some("Zoé Léger")
    );
    assert_eq!(header(&taken[0], "Content-Language").as_deref(), Some("fr"));
    let text = message.body_text(0).unwrap().into_owned();
    assert!(text.contains("Bonjour Zoé Léger,"), "{text}");
    assert!(text.contains("mardi 20 avril 2027, de 19\u{a0}h\u{a0}00 à 20\u{a0}h\u{a0}00 (Europe/Paris, UTC+02:00)"), "{text}");
    assert!(message.body_html(0).unwrap().contains("lang=\"fr\""));
}

#[tokio::test]
async fn nothing_is_smuggled_through_names_and_titles() {
    let office = Office::open().await;
    let name = "Eve\r\nBcc: victim@example.org\r\n\r\n<script>\" =?utf-8?q?x?=";
    let title = "Hi\r\nX-Evil: 1\r\n\r\n<img src=x onerror=alert(1)> =?utf-8?b?WA==?=";
    let body = json!({"title": title, "platform": "A\r\nB, <b>"});
    office.lead.patch(&place(&office.event), body).await.ok();
    office.tick().await;
    let guest = office
        .guest_named("eve@example.org", "confirmed", name, "en")
        .await;
    office
        .put_to(
            LetterKind::Confirmed,
            guest,
            "c",
            ("eve@example.org", name, "en"),
        )
        .await;
    office.tick().await;
    let taken = office.mail.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].to, ["eve@example.org"]);
    for smuggled in ["Bcc", "X-Evil", "Cc"] {
        assert_eq!(header(&taken[0], smuggled), None);
    }
    let message = read(&taken[0]);
    let to: Vec<_> = message.to().unwrap().iter().collect();
    assert_eq!(to.len(), 1);
    assert_eq!(to[0].address(), Some("eve@example.org"));
    let one_line = "Eve Bcc: victim@example.org <script>\" = ?utf-8?q?x?=";
    assert_eq!(to[0].name(), Some(one_line));
    let one_line = "You have a place: Hi X-Evil: 1 <img src=x onerror=alert(1)> = ?utf-8?b?WA== ?=";
    assert_eq!(message.subject(), Some(one_line));
    let html = message.body_html(0).unwrap().into_owned();
    assert!(
        !html.contains("<script") && !html.contains("<img") && !html.contains("<b>"),
        "{html}"
    );
    assert!(message.body_text(0).unwrap().contains("<script>"));
    assert_eq!(message.attachment_count(), 1);
}

#[tokio::test]
async fn an_address_that_nobody_confirmed_gets_no_words_of_a_strangers() {
    let office = Office::open().await;
    let name = "Win big at https://spam.example";
    let guest = office
        .guest_named("gerda@example.org", "unverified", name, "en")
        .await;
    for kind in [LetterKind::ConfirmAddress, LetterKind::AlreadyRegistered] {
        office
            .put_to(
                kind,
                guest,
                kind.as_str(),
                ("gerda@example.org", name, "en"),
            )
            .await;
        office.tick().await;
        becomes(&office.app, guest, "confirmed").await;
    }
    assert_eq!(office.mail.taken().len(), 2);
    for taken in office.mail.taken() {
        assert!(!String::from_utf8_lossy(&taken.message).contains("spam.example"));
        assert_eq!(header(&taken, "To").as_deref(), Some("gerda@example.org"));
    }
}

/// Every kind with the state of the registration in which it is true.
const KINDS: [(LetterKind, &str); 14] = [
    (LetterKind::ConfirmAddress, "unverified"),
    (LetterKind::AlreadyRegistered, "confirmed"),
    (LetterKind::Pending, "pending"),
    (LetterKind::Confirmed, "confirmed"),
    (LetterKind::Waitlisted, "waitlisted"),
    (LetterKind::SeatOffered, "offered"),
    (LetterKind::OfferExpired, "expired"),
    (LetterKind::Rejected, "rejected"),
    (LetterKind::RegistrationChanged, "offered"),
    (LetterKind::RegistrationCancelled, "cancelled"),
    (LetterKind::Reminder, "confirmed"),
    (LetterKind::EventChanged, "waitlisted"),
    (LetterKind::EventCancelled, "confirmed"),
    (LetterKind::ThankYou, "attended"),
];

async fn letters_of_every_kind(app: &Office, locale: &str) -> Vec<String> {
    for (kind, state) in KINDS {
        let email = format!("{}-{locale}@example.org", kind.as_str());
        let guest = app.guest_named(&email, state, "Gerda Guest", locale).await;
        let event = match kind {
            LetterKind::EventCancelled => Some("cancelled"),
            LetterKind::ThankYou => Some("ended"),
            _ => None,
        };
        if let Some(status) = event {
            set_status(&app.app, status);
        }
        let cause = format!("{kind}-{locale}");
        app.put_to(kind, guest, &cause, (&email, "Gerda Guest", locale))
            .await;
        app.tick().await;
        set_status(&app.app, "scheduled");
    }
    let taken = app.mail.taken();
    assert_eq!(taken.len(), KINDS.len(), "{:?}", app.outbox().await);
    taken
        .iter()
        .map(|one| {
            let message = read(one);
            let text = message.body_text(0).unwrap().into_owned();
            assert!(
                text.contains("Office hours") && text.contains("Community"),
                "{text}"
            );
            message.subject().unwrap().to_owned()
        })
        .collect()
}

/// Behind the server's back, so that no letter is caused by it.
fn set_status(app: &TestApp, status: &str) {
    app.database
        .execute(&format!("UPDATE events SET status = '{status}'"));
}

#[tokio::test]
async fn every_kind_of_letter_can_be_written_in_both_languages() {
    let mut subjects = Vec::new();
    for locale in ["en", "fr"] {
        let office = Office::open().await;
        subjects.extend(letters_of_every_kind(&office, locale).await);
    }
    let all = subjects.len();
    subjects.sort();
    subjects.dedup();
    assert_eq!(
        subjects.len(),
        all,
        "each says something else: {subjects:?}"
    );
}
