//! The file of a public event.

use icalendar::Component as _;
use serde_json::{Value, json};

use super::{only, read, says, zone_of};
use crate::outreach::events::{event, in_paris, place, wall};
use crate::vocabulary::{Member, TestApp};

/// An event that everybody may see, with this besides.
async fn announced(lead: &Member, besides: Value) -> Value {
    let event = event(lead, besides).await;
    let body = json!({"visibility": "public", "status": "scheduled"});
    lead.patch(&place(&event), body).await.ok()
}

async fn file(app: &TestApp, event: &Value) -> String {
    let path = format!("/v1/public/events/{}.ics", event["slug"].as_str().unwrap());
    let answer = app.anybody("GET", &path).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.text
}

#[tokio::test]
async fn anybody_downloads_a_public_event() {
    let app = TestApp::start().await;
    app.clock.stop();
    let [lead] = app.team_with(["lead"]).await;
    let made = announced(
        &lead,
        json!({"title": "Release party, part 2; the \\end", "description": "Line one\nline two", "platform": "Zoom",
            "join_url": "https://zoom.example/j/123?pwd=CANARY"}),
    )
    .await;
    let path = format!("/v1/public/events/{}.ics", made["slug"].as_str().unwrap());
    let answer = app.anybody("GET", &path).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        Some("text/calendar; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert!(!answer.text.contains("zoom.example"), "{}", answer.text);

    let calendar = read(&answer.text);
    for (name, value) in [("VERSION", "2.0"), ("CALSCALE", "GREGORIAN")] {
        assert_eq!(calendar.property_value(name), Some(value));
    }
    assert_eq!(calendar.property_value("METHOD"), None);
    let event = only(&answer.text);
    assert_eq!(
        says(&event, "UID"),
        format!("{}@relais", made["id"].as_str().unwrap())
    );
    assert_eq!(says(&event, "SUMMARY"), "Release party, part 2; the \\end");
    assert_eq!(says(&event, "DESCRIPTION"), "Line one\nline two");
    assert_eq!(says(&event, "LOCATION"), "Zoom");
    assert_eq!(says(&event, "DTSTART"), "20270420T190000");
    assert_eq!(says(&event, "DTEND"), "20270420T200000");
    assert_eq!(zone_of(&event, "DTSTART"), "Europe/Paris");
    assert_eq!(says(&event, "STATUS"), "CONFIRMED");
    assert_eq!(says(&event, "SEQUENCE"), "0");
    assert_eq!(
        says(&event, "DTSTAMP"),
        app.clock.now().utc().format("%Y%m%dT%H%M%SZ").to_string()
    );

    // The same bytes while nothing changes, and no bytes for whoever has them.
    let tag = answer.header("etag").unwrap().to_owned();
    app.anybody("GET", &path)
        .header("if-none-match", &tag)
        .send()
        .await
        .not_modified();
    assert_eq!(file(&app, &made).await, answer.text);
    let head = app.anybody("HEAD", &path).send().await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn what_is_not_announced_is_not_found() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let draft = event(&lead, json!({"visibility": "public"})).await;
    let hidden = announced(&lead, json!({})).await;
    let team = json!({"visibility": "team"});
    lead.patch(&place(&hidden), team).await.ok();
    for slug in [
        draft["slug"].as_str().unwrap(),
        hidden["slug"].as_str().unwrap(),
        "nothing-like-that",
        "%00",
        "UPPER",
    ] {
        let path = format!("/v1/public/events/{slug}.ics");
        app.anybody("GET", &path)
            .send()
            .await
            .problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_cancelled_event_stays_and_says_so() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let made = announced(&lead, json!({})).await;
    let before = only(&file(&app, &made).await);
    lead.patch(&place(&made), json!({"title": "Another"}))
        .await
        .ok();
    lead.patch(&place(&made), json!({"capacity": 5})).await.ok();
    assert_eq!(says(&only(&file(&app, &made).await), "SEQUENCE"), "1");
    lead.patch(&place(&made), json!({"status": "cancelled"}))
        .await
        .ok();
    let after = only(&file(&app, &made).await);
    assert_eq!(says(&after, "STATUS"), "CANCELLED");
    assert_eq!(says(&after, "SEQUENCE"), "2");
    assert_eq!(says(&after, "UID"), says(&before, "UID"));
}

/// The lines of the file between BEGIN and END of the time zone.
fn zone(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let begin = lines.iter().position(|line| *line == "BEGIN:VTIMEZONE");
    let end = lines.iter().position(|line| *line == "END:VTIMEZONE");
    lines[begin.expect("a zone") + 1..end.expect("its end")].to_vec()
}

#[tokio::test]
async fn times_are_told_by_the_clocks_of_a_zone_that_is_in_the_file() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    // The nights in which the clocks of Paris are changed: what comes twice is meant the first time.
    for (from, to, starts_at) in [
        (
            "2027-03-28T01:30:00",
            "2027-03-28T03:30:00",
            "2027-03-28T00:30:00.000Z",
        ),
        (
            "2027-10-31T02:30:00",
            "2027-10-31T04:30:00",
            "2027-10-31T00:30:00.000Z",
        ),
    ] {
        let made = announced(&lead, in_paris("Night", from, to)).await;
        assert_eq!(made["starts_at"], starts_at);
        let text = file(&app, &made).await;
        let event = only(&text);
        assert_eq!(says(&event, "DTSTART"), from.replace(['-', ':'], ""));
        assert_eq!(says(&event, "DTEND"), to.replace(['-', ':'], ""));
        let zone = zone(&text);
        assert_eq!(zone[0], "TZID:Europe/Paris");
        for line in [
            "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
            "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
            "TZNAME:CEST",
        ] {
            assert!(zone.contains(&line), "{line} in {zone:#?}");
        }
    }
    let in_zone = |zone: &str| json!({"starts": wall("2027-04-20T19:00:00", zone), "ends": wall("2027-04-20T20:00:00", zone)});
    let text = file(&app, &announced(&lead, in_zone("Asia/Kolkata")).await).await;
    assert_eq!(zone_of(&only(&text), "DTSTART"), "Asia/Kolkata");
    assert!(zone(&text).contains(&"TZOFFSETTO:+0530"), "{text}");
    assert!(!text.contains("RRULE"), "{text}");
    // In UTC there is nothing to tell.
    let text = file(&app, &announced(&lead, in_zone("UTC")).await).await;
    assert_eq!(says(&only(&text), "DTSTART"), "20270420T190000Z");
    assert!(!text.contains("VTIMEZONE"), "{text}");
}

#[tokio::test]
async fn nothing_gets_out_of_its_line() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let title = "Hi\r\nEND:VEVENT\r\nBEGIN:VEVENT\nUID:evil\rX:1";
    let made = announced(
        &lead,
        json!({"title": title, "description": "\\n;,\n\r\nATTACH:file:///etc/passwd",
            "platform": "Zoom\";X=1:evil", "join_url": "https://meet.example/1,2;3"}),
    )
    .await;
    let event = only(&file(&app, &made).await);
    assert_eq!(
        says(&event, "SUMMARY"),
        title.replace("\r\n", "\n").replace('\r', "\n")
    );
    assert_eq!(
        says(&event, "DESCRIPTION"),
        "\\n;,\n\nATTACH:file:///etc/passwd"
    );
    assert_eq!(says(&event, "LOCATION"), "Zoom\";X=1:evil");
    assert!(event.property_value("ATTACH").is_none());

    // Letters of one to four bytes, at every place where a line may be folded.
    for letters in ["🎉", "日本", "é", "🧑‍🚀x"] {
        for ahead in 0..4 {
            let count = (200 - ahead) / letters.chars().count();
            let title = format!("{}{}", "x".repeat(ahead), letters.repeat(count));
            lead.patch(&place(&made), json!({"title": title}))
                .await
                .ok();
            assert_eq!(says(&only(&file(&app, &made).await), "SUMMARY"), title);
        }
    }
}
