//! Calendars that a team brings along.

use serde_json::json;

use super::{calendar, import, only, says, send};
use crate::outreach::events::{event, place};
use crate::vocabulary::TestApp;

const GOOGLE: &str = include_str!("../../../data/google.ics");
const OUTLOOK: &str = include_str!("../../../data/outlook.ics");

/// An entry that is fine.
const TALK: &str = "UID:talk@example.org\r\nSUMMARY:A talk\r\nDTSTART;TZID=Europe/Paris:20270420T190000\r\nDURATION:PT1H30M\r\n";

#[tokio::test]
async fn a_calendar_of_google_comes_in() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let tried = send(&lead, "", GOOGLE).await.ok();
    assert_eq!(tried["is_dry_run"], true);
    assert_eq!(
        tried["counts"],
        json!({"entries": 2, "created": 2, "changed": 0, "unchanged": 0, "left_out": 0, "refused": 0})
    );
    assert_eq!(
        tried["entries"][0]["left_out"],
        json!(["ORGANIZER", "ATTENDEE", "VALARM"])
    );
    assert_eq!(lead.all("/events").await.len(), 0);

    let done = import(&lead, GOOGLE).await;
    let events = lead.all("/events").await;
    assert_eq!(events.len(), 2);
    let first = &events[0];
    assert_eq!(done["entries"][0]["event_id"], first["id"]);
    assert_eq!(first["title"], "Office hours 🎉");
    assert_eq!(
        first["starts"],
        json!({"local": "2027-04-20T19:00:00", "time_zone": "Europe/Paris"})
    );
    assert_eq!(first["ends_at"], "2027-04-20T18:30:00.000Z");
    assert_eq!(first["join_url"], "https://meet.google.com/abc-defg-hij");
    assert_eq!(
        first["description"],
        "Bring questions, and coffee.\n\nJoin with Google Meet: https://meet.google.com/abc-defg-hij"
    );
    assert_eq!(
        (&first["status"], &first["visibility"]),
        (&json!("scheduled"), &json!("team"))
    );
    assert_eq!(first["external_id"], "6gq3kc1h6or3eb9k68r3cb9k@google.com");
    assert_eq!(
        (&events[1]["status"], &events[1]["platform"]),
        (&json!("draft"), &json!("Salle des fêtes"))
    );

    // The same again changes nothing; what was changed there changes here.
    let again = import(&lead, GOOGLE).await;
    assert_eq!(again["counts"]["unchanged"], 2);
    assert_eq!(lead.get(&place(first)).await.ok(), *first);
    let text = GOOGLE
        .replace("20270420T170000Z", "20270420T173000Z")
        .replace("Office", "Opening");
    let changed = import(&lead, &text).await;
    assert_eq!(changed["entries"][0]["changed"], json!(["title", "starts"]));
    assert_eq!(changed["counts"]["changed"], 1);
    let after = lead.get(&place(first)).await.ok();
    assert_eq!(after["starts"]["local"], "2027-04-20T19:30:00");
    assert_eq!(after["sequence"], 1);
    let history = lead.get(&format!("{}/history", place(first))).await.ok();
    assert_eq!(history["items"][1]["note"], "Imported.");
}

#[tokio::test]
async fn a_calendar_of_outlook_comes_in() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let form =
        reqwest::multipart::Form::new().part("file", reqwest::multipart::Part::text(OUTLOOK));
    let done = lead
        .request("POST", "/calendar-imports?dry_run=false")
        .multipart(form)
        .await
        .ok();
    assert_eq!(done["counts"]["created"], 1, "{done}");
    let event = &lead.all("/events").await[0];
    assert_eq!(event["title"], "Réunion de préparation");
    assert_eq!(event["description"], "Agenda; slides follow.");
    assert_eq!(
        event["starts"],
        json!({"local": "2027-04-20T15:00:00", "time_zone": "Europe/Paris"})
    );
    assert_eq!(event["platform"], "Microsoft Teams");
    assert_eq!(
        event["join_url"],
        "https://teams.example.com/l/meetup-join/19%3ameeting/0"
    );
    assert_eq!(event["external_id"].as_str().unwrap().len(), 96);
}

#[tokio::test]
async fn each_entry_is_told_what_is_wrong_with_it() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let entry = |lines: &str| format!("UID:x\r\nSUMMARY:x\r\n{lines}");
    let starts = "DTSTART;TZID=Europe/Paris:20270420T190000\r\n";
    let cases = [
        (
            entry("DTSTART;VALUE=DATE:20270420\r\nDTEND;VALUE=DATE:20270421\r\n"),
            "DTSTART",
            "all_day",
        ),
        (entry("DTSTART:20270420\r\n"), "DTSTART", "all_day"),
        (
            entry("DTSTART;TZID=Customized:20270420T190000\r\nDURATION:PT1H\r\n"),
            "DTSTART",
            "unknown_time_zone",
        ),
        (entry("DTEND:20270420T190000Z\r\n"), "DTSTART", "required"),
        (entry(starts), "DTEND", "required"),
        (
            entry(&format!("{starts}DTEND:20270420T160000Z\r\n")),
            "DTEND",
            "before_start",
        ),
        (
            entry(&format!("{starts}DURATION:P8D\r\n")),
            "DTEND",
            "too_long",
        ),
        (
            entry(&format!("{starts}DURATION:1 hour\r\n")),
            "DURATION",
            "invalid_format",
        ),
        (
            entry(&format!(
                "{starts}DTEND:20270420T190000Z\r\nDURATION:PT1H\r\n"
            )),
            "DURATION",
            "contradictory",
        ),
        (
            entry(&format!("{starts}DURATION:PT1H\r\nRRULE:FREQ=HOURLY\r\n")),
            "RRULE",
            "too_often",
        ),
        (
            entry(&format!(
                "{starts}DURATION:PT1H\r\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5\r\n"
            )),
            "RRULE",
            "rule_misses_start",
        ),
        (
            entry(&format!(
                "{starts}DURATION:PT1H\r\nRRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY\r\n"
            )),
            "RRULE",
            "several_rules",
        ),
        (
            entry(&format!(
                "{starts}DURATION:PT1H\r\nRDATE;TZID=Europe/Paris:20270421T190000\r\n"
            )),
            "RDATE",
            "extra_dates",
        ),
        (
            entry(&format!(
                "{starts}DURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nRDATE;TZID=Europe/Paris:20270421T190000\r\n"
            )),
            "RDATE",
            "extra_dates",
        ),
        (
            entry(&format!(
                "{starts}DURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=1\r\nEXDATE;TZID=Europe/Paris:20270420T190000\r\n"
            )),
            "EXDATE",
            "makes_none",
        ),
        (
            entry(&format!(
                "{starts}DURATION:PT1H\r\nRECURRENCE-ID;RANGE=THISANDFUTURE:20270420T170000Z\r\n"
            )),
            "RECURRENCE-ID",
            "this_and_future",
        ),
        (
            entry("DTSTART;TZID=Europe/Paris:20270328T023000\r\nDURATION:PT1H\r\n"),
            "DTSTART",
            "skipped_by_clocks",
        ),
        (
            entry("DTSTART:20271399T250000Z\r\nDURATION:PT1H\r\n"),
            "DTSTART",
            "invalid_format",
        ),
        (
            entry("DTSTART:99990101T000000Z\r\nDURATION:PT1H\r\n"),
            "DTSTART",
            "invalid_format",
        ),
        (
            TALK.replace("UID:talk@example.org\r\n", ""),
            "UID",
            "required",
        ),
        (TALK.replace("talk@", &"x".repeat(300)), "UID", "too_long"),
        (TALK.replace("A talk", ""), "SUMMARY", "required"),
        (
            TALK.replace("A talk", &"é".repeat(201)),
            "SUMMARY",
            "too_long",
        ),
        (
            TALK.replace("A talk", "A \u{7}"),
            "SUMMARY",
            "control_character",
        ),
    ];
    for (entry, property, code) in &cases {
        let report = send(&lead, "", &calendar(&[entry])).await.ok();
        let error = &report["entries"][0]["errors"][0];
        assert_eq!(
            (&error["property"], &error["code"]),
            (&json!(property), &json!(code)),
            "{entry}: {report}"
        );
        assert_eq!(report["entries"][0]["outcome"], "refused");
    }
    // A line that is no property.
    let report = send(&lead, "", &calendar(&[&format!("{TALK}nonsense\r\n")]))
        .await
        .ok();
    assert_eq!(
        report["entries"][0]["errors"][0]["code"], "unreadable",
        "{report}"
    );

    // All or nothing, or what can be.
    let both = calendar(&[TALK, &cases[0].0, TALK]);
    let problem = send(&lead, "dry_run=false", &both)
        .await
        .problem(422, "validation_failed");
    let pointers: Vec<&str> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect();
    assert_eq!(pointers, ["/entries/2/DTSTART", "/entries/3/UID"]);
    assert_eq!(problem["refused_entries"], 2);
    assert_eq!(lead.all("/events").await.len(), 0);
    let done = send(&lead, "dry_run=false&mode=partial", &both).await.ok();
    assert_eq!(
        done["counts"],
        json!({"entries": 3, "created": 1, "changed": 0, "unchanged": 0, "left_out": 0, "refused": 2})
    );
    assert_eq!(lead.all("/events").await.len(), 1);
}

#[tokio::test]
async fn times_are_read_in_every_way_they_are_written() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let zone = "BEGIN:VTIMEZONE\nTZID:Mine\nX-LIC-LOCATION:Asia/Kolkata\nEND:VTIMEZONE\n";
    for (number, (start, local, time_zone)) in [
        ("DTSTART:20270420T170000Z", "2027-04-20T17:00:00", "UTC"),
        // Without a zone: the team's.
        (
            "DTSTART:20270420T170000",
            "2027-04-20T17:00:00",
            "Europe/Paris",
        ),
        (
            "DTSTART;TZID=Mine:20270420T170000",
            "2027-04-20T17:00:00",
            "Asia/Kolkata",
        ),
        (
            "dtstart;tzid=\"India Standard Time\":20270420T170000",
            "2027-04-20T17:00:00",
            "Asia/Kolkata",
        ),
        (
            "DTSTART;TZID=/freeassociation.sourceforge.net/America/New_York:20270420T170000",
            "2027-04-20T17:00:00",
            "America/New_York",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        // LF only.
        let text = format!(
            "BEGIN:VCALENDAR\n{zone}BEGIN:VEVENT\nUID:{number}\nSUMMARY:x\n{start}\nDURATION:P0DT1H\nEND:VEVENT\nBEGIN:VTODO\nEND:VTODO\nEND:VCALENDAR\n"
        );
        let done = import(&lead, &text).await;
        assert_eq!(done["counts"]["created"], 1, "{done}");
        assert_eq!(done["ignored"], json!([{"component": "VTODO", "count": 1}]));
        let id = done["entries"][0]["event_id"].as_str().unwrap();
        let event = lead.get(&format!("/events/{id}")).await.ok();
        assert_eq!(
            event["starts"],
            json!({"local": local, "time_zone": time_zone})
        );
    }
}

#[tokio::test]
async fn what_is_no_calendar_is_refused_whole() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    for text in [
        "",
        "hello",
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        &"BEGIN:VCALENDAR\r\n".repeat(60_000),
    ] {
        send(&lead, "", text).await.refused_at("/entries");
    }
    let many = calendar(&vec![TALK; 1_001]);
    send(&lead, "", &many)
        .await
        .problem(413, "payload_too_large");
    send(&lead, "", &"x".repeat(1_100_000))
        .await
        .problem(413, "payload_too_large");
    let request = lead.request("POST", "/calendar-imports");
    request
        .raw("text/plain", GOOGLE)
        .await
        .problem(415, "unsupported_media_type");
    send(&member, "", GOOGLE)
        .await
        .problem(403, "insufficient_role");
}

#[tokio::test]
async fn people_with_a_place_are_told_what_an_import_moves() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let text = calendar(&[TALK]);
    let made = import(&lead, &text).await;
    let list = format!(
        "/events/{}/registrations",
        made["entries"][0]["event_id"].as_str().unwrap()
    );
    let guest = json!({"name": "Gina", "email": "gina@example.org"});
    lead.post(&list, guest).await.created();
    let kinds = async || {
        let letters = lead.all("/outbox").await;
        let kinds = letters.iter().map(|one| one["kind"].as_str().unwrap());
        kinds.map(str::to_owned).collect::<Vec<String>>()
    };
    let before = kinds().await;
    assert!(!before.contains(&"event_changed".to_owned()), "{before:?}");
    import(&lead, &text.replace("T190000", "T200000")).await;
    assert!(kinds().await.contains(&"event_changed".to_owned()));
    import(
        &lead,
        &text
            .replace("T190000", "T200000")
            .replace("DURATION", "STATUS:CANCELLED\r\nDURATION"),
    )
    .await;
    assert!(kinds().await.contains(&"event_cancelled".to_owned()));
}

#[tokio::test]
async fn what_we_exported_finds_its_event_again() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let made = event(
        &lead,
        json!({"title": "Ours; truly, \\ yes", "description": "a\n\nb", "platform": "Zoom",
        "join_url": "https://zoom.example/j/1"}),
    )
    .await;
    let feed = lead
        .post("/calendar-feeds", json!({"scope": "team", "label": "x"}))
        .await
        .created();
    let path = format!(
        "/v1/public/calendars/{}.ics",
        feed["secret"].as_str().unwrap()
    );
    let text = app.anybody("GET", &path).send().await.text;
    assert_eq!(says(&only(&text), "SUMMARY"), "Ours; truly, \\ yes");
    let same = import(&lead, &text).await;
    assert_eq!(same["counts"]["unchanged"], 1, "{same}");
    assert_eq!(same["entries"][0]["left_out"], json!([]));
    let cancelled = import(&lead, &text.replace("STATUS:TENTATIVE", "STATUS:CANCELLED")).await;
    assert_eq!(cancelled["entries"][0]["changed"], json!(["status"]));
    assert_eq!(lead.get(&place(&made)).await.ok()["status"], "cancelled");
    // It is over: no more moves.
    let moved = send(&lead, "", &text.replace("T190000", "T180000"))
        .await
        .ok();
    assert_eq!(
        moved["entries"][0]["errors"][0]["code"], "invalid_transition",
        "{moved}"
    );
}

#[tokio::test]
async fn the_largest_calendar_comes_in_and_goes_out() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let entries: Vec<String> = (0..1_000)
        .map(|number| TALK.replace("talk@", &format!("{number}@")))
        .collect();
    let text = calendar(&entries.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(import(&lead, &text).await["counts"]["created"], 1_000);
    let body = json!({"scope": "team", "label": "x"});
    let feed = lead.post("/calendar-feeds", body).await.created();
    let path = format!(
        "/v1/public/calendars/{}.ics",
        feed["secret"].as_str().unwrap()
    );
    let shown = app.anybody("GET", &path).send().await;
    assert_eq!(super::read(&shown.text).events().count(), 1_000);
    let again = import(&lead, &shown.text).await;
    assert_eq!(again["counts"]["unchanged"], 1_000);
}
