//! Series in calendars: what a calendar makes of the rule is what the list of events says.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use icalendar::{Component as _, Event, Property};
use relais::jobs::run_due;
use rrule::RRuleSet;
use serde_json::{Value, json};

use super::{read, says, zone_of};
use crate::outreach::events::{place, wall};
use crate::vocabulary::{Member, TestApp};

/// A new series, and its events.
async fn series(
    lead: &Member,
    from: &str,
    to: &str,
    zone: &str,
    rule: &str,
) -> (Value, Vec<Value>) {
    let body = json!({"event": {"title": "Office hours", "kind": "ama", "description": "Ask, please",
        "join_url": "https://zoom.example/j/1", "starts": wall(from, zone), "ends": wall(to, zone)}, "rule": rule});
    let series = lead.post("/event-series", body).await.created();
    let events = events_of(lead, &series).await;
    (series, events)
}

async fn events_of(who: &Member, series: &Value) -> Vec<Value> {
    who.all(&format!("/events?series_id={}", text(&series["id"])))
        .await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A calendar of a member, as it is now.
async fn feed(member: &Member, scope: &str) -> impl AsyncFn(&TestApp) -> String {
    let body = json!({"scope": scope, "label": "x"});
    let feed = member.post("/calendar-feeds", body).await.created();
    let path = format!("/v1/public/calendars/{}.ics", text(&feed["secret"]));
    async move |app: &TestApp| {
        let answer = app.anybody("GET", &path).send().await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text
    }
}

/// The entries with a UID: the one with the rule, and the exceptions.
fn entries(calendar: &str, uid: &str) -> (Option<Event>, Vec<Event>) {
    let calendar = read(calendar);
    let of_uid = calendar.events().filter(|event| says(event, "UID") == uid);
    let (exceptions, mut masters): (Vec<Event>, Vec<Event>) = of_uid
        .cloned()
        .partition(|event| event.property_value("RECURRENCE-ID").is_some());
    assert!(masters.len() <= 1, "one entry with the rule");
    (masters.pop(), exceptions)
}

fn instant(property: &Property) -> DateTime<Utc> {
    let read = |text: &str| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap();
    match property.params().get("TZID") {
        None => read(property.value().strip_suffix('Z').expect("UTC")).and_utc(),
        Some(zone) => {
            let zone: chrono_tz::Tz = zone.value().parse().expect("a zone");
            let local = zone.from_local_datetime(&read(property.value()));
            local.earliest().expect("a time").to_utc()
        }
    }
}

/// When a calendar shows something, for how long, its title and status: the rule taken apart by the `rrule` crate.
fn shown(calendar: &str, uid: &str) -> BTreeMap<DateTime<Utc>, (TimeDelta, String, String)> {
    let (master, exceptions) = entries(calendar, uid);
    let master = master.expect("an entry with a rule");
    let property = |event: &Event, name: &str| instant(&event.properties()[name]);
    let mut lines = String::new();
    let line = |name: &str, property: &Property| match property.params().get("TZID") {
        Some(zone) => format!("{name};TZID={}:{}\n", zone.value(), property.value()),
        None => format!("{name}:{}\n", property.value()),
    };
    for name in ["DTSTART", "RRULE"] {
        lines.push_str(&line(name, &master.properties()[name]));
    }
    for name in ["RDATE", "EXDATE"] {
        for one in master.multi_properties().get(name).into_iter().flatten() {
            lines.push_str(&line(name, one));
        }
    }
    let set: RRuleSet = lines
        .parse()
        .unwrap_or_else(|error| panic!("{error}: {lines}"));
    let all = |event: &Event| {
        let length = property(event, "DTEND") - property(event, "DTSTART");
        (length, says(event, "SUMMARY"), says(event, "STATUS"))
    };
    let mut shown: BTreeMap<_, _> = set
        .all(1_000)
        .dates
        .into_iter()
        .map(|at| (at.to_utc(), all(&master)))
        .collect();
    for exception in &exceptions {
        let replaced = shown.remove(&property(exception, "RECURRENCE-ID"));
        assert!(replaced.is_some(), "an exception of nothing: {exception:?}");
    }
    for exception in &exceptions {
        shown.insert(property(exception, "DTSTART"), all(exception));
    }
    shown
}

/// The same of what the API lists.
fn listed(events: &[Value]) -> BTreeMap<DateTime<Utc>, (TimeDelta, String, String)> {
    let at = |event: &Value, name: &str| -> DateTime<Utc> { text(&event[name]).parse().unwrap() };
    events
        .iter()
        .map(|event| {
            let status = match event["status"].as_str().unwrap() {
                "draft" => "TENTATIVE",
                "cancelled" => "CANCELLED",
                _ => "CONFIRMED",
            };
            let length = at(event, "ends_at") - at(event, "starts_at");
            let about = (length, text(&event["title"]), status.to_owned());
            (at(event, "starts_at"), about)
        })
        .collect()
}

fn uid(series: &Value) -> String {
    format!("{}@relais", text(&series["id"]))
}

fn sequence(calendar: &str, series: &Value) -> i64 {
    let (master, exceptions) = entries(calendar, &uid(series));
    let number = |event: &Event| says(event, "SEQUENCE").parse::<i64>().unwrap();
    let sequence = number(&master.expect("a rule"));
    assert!(exceptions.iter().all(|one| number(one) == sequence));
    sequence
}

#[tokio::test]
async fn a_rule_means_what_is_listed() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let calendar = feed(&lead, "team").await;
    for (from, to, zone, rule, count) in [
        // Over both nights in which the clocks of Paris are changed.
        (
            "2027-03-16T19:00:00",
            "2027-03-16T20:00:00",
            "Europe/Paris",
            "FREQ=WEEKLY;COUNT=33",
            33,
        ),
        (
            "2027-03-02T19:00:00",
            "2027-03-02T20:00:00",
            "Europe/Paris",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;UNTIL=20270601",
            14,
        ),
        // In the hour that comes twice, and in the one that is skipped.
        (
            "2027-10-30T02:30:00",
            "2027-10-30T04:00:00",
            "Europe/Paris",
            "FREQ=DAILY;COUNT=3",
            3,
        ),
        (
            "2027-03-27T02:30:00",
            "2027-03-27T04:30:00",
            "Europe/Paris",
            "FREQ=DAILY;COUNT=3",
            3,
        ),
        (
            "2027-03-27T02:30:00",
            "2027-03-27T03:30:00",
            "Europe/Paris",
            "FREQ=DAILY;COUNT=2",
            2,
        ),
        // Overnight: as long on the clock, not in hours.
        (
            "2027-03-26T23:00:00",
            "2027-03-27T04:00:00",
            "Europe/Paris",
            "FREQ=DAILY;COUNT=3",
            3,
        ),
        (
            "2027-01-31T19:00:00",
            "2027-01-31T20:00:00",
            "Europe/Paris",
            "FREQ=MONTHLY;COUNT=5",
            5,
        ),
        (
            "2027-01-31T19:00:00",
            "2027-01-31T20:00:00",
            "UTC",
            "FREQ=MONTHLY;COUNT=5",
            5,
        ),
        (
            "2027-01-29T19:00:00",
            "2027-01-29T20:00:00",
            "Asia/Kolkata",
            "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=-1;COUNT=4",
            4,
        ),
    ] {
        let (series, events) = series(&lead, from, to, zone, rule).await;
        assert_eq!(events.len(), count, "{rule}");
        let calendar = calendar(&app).await;
        assert_eq!(
            shown(&calendar, &uid(&series)),
            listed(&events),
            "{rule}: {calendar}"
        );
        let (master, _) = entries(&calendar, &uid(&series));
        let master = master.unwrap();
        assert_eq!(
            says(&master, "DTSTART").trim_end_matches('Z'),
            from.replace(['-', ':'], "")
        );
        assert_eq!(says(&master, "DESCRIPTION"), "Ask, please");
        assert_eq!(says(&master, "CONFERENCE"), "https://zoom.example/j/1");
        if zone != "UTC" {
            assert_eq!(zone_of(&master, "DTSTART"), zone);
            assert!(calendar.contains(&format!("TZID:{zone}")), "{calendar}");
        }
    }
}

#[tokio::test]
async fn a_rule_ends_with_what_is_made_and_goes_on_with_it() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let day = (app.clock.now().utc() + TimeDelta::days(10))
        .format("%Y-%m-%d")
        .to_string();
    let (made, events) = series(
        &lead,
        &format!("{day}T19:00:00"),
        &format!("{day}T20:00:00"),
        "Europe/Paris",
        "FREQ=WEEKLY;INTERVAL=10;COUNT=10",
    )
    .await;
    assert_eq!(events.len(), 6, "within a year");
    let calendar = feed(&lead, "team").await;
    let before = calendar(&app).await;
    assert_eq!(shown(&before, &uid(&made)), listed(&events));
    app.clock.advance(TimeDelta::days(100));
    run_due(&app.state).await;
    run_due(&app.state).await;
    let events = events_of(&lead, &made).await;
    assert_eq!(events.len(), 7);
    let after = calendar(&app).await;
    assert_eq!(shown(&after, &uid(&made)), listed(&events));
    assert!(sequence(&after, &made) > sequence(&before, &made));
}

#[tokio::test]
async fn what_is_otherwise_is_an_exception() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (made, events) = series(
        &lead,
        "2027-03-16T19:00:00",
        "2027-03-16T20:00:00",
        "Europe/Paris",
        "FREQ=WEEKLY;COUNT=6",
    )
    .await;
    let calendar = feed(&lead, "team").await;
    let mut last = sequence(&calendar(&app).await, &made);
    let (_, none) = entries(&calendar(&app).await, &uid(&made));
    assert_eq!(none.len(), 0);

    lead.patch(&place(&events[0]), json!({"title": "The first"}))
        .await
        .ok();
    let to = json!({"starts": wall("2027-03-24T10:00:00", "America/New_York"), "ends": wall("2027-03-24T12:00:00", "America/New_York")});
    lead.post(&format!("{}/reschedule", place(&events[1])), to)
        .await
        .ok();
    lead.patch(&place(&events[2]), json!({"status": "cancelled"}))
        .await
        .ok();
    lead.patch(&place(&events[3]), json!({"platform": "The big room"}))
        .await
        .ok();
    // What calendars do not show makes no exception.
    lead.patch(&place(&events[5]), json!({"capacity": 5}))
        .await
        .ok();
    let now = calendar(&app).await;
    let next = sequence(&now, &made);
    assert!(next > last);
    last = next;
    assert_eq!(
        shown(&now, &uid(&made)),
        listed(&events_of(&lead, &made).await)
    );
    let (_, exceptions) = entries(&now, &uid(&made));
    let by_rule: Vec<String> = exceptions
        .iter()
        .map(|one| says(one, "RECURRENCE-ID"))
        .collect();
    assert_eq!(
        by_rule,
        [
            "20270316T190000",
            "20270323T190000",
            "20270330T190000",
            "20270406T190000"
        ]
    );
    assert_eq!(zone_of(&exceptions[1], "RECURRENCE-ID"), "Europe/Paris");
    assert_eq!(zone_of(&exceptions[1], "DTSTART"), "America/New_York");
    assert!(now.contains("TZID:America/New_York"), "{now}");
    assert_eq!(says(&exceptions[2], "STATUS"), "CANCELLED");
    assert_eq!(says(&exceptions[3], "LOCATION"), "The big room");

    // What went to the trash is left out, until it comes back.
    lead.delete(&place(&events[4])).await.no_content();
    let now = calendar(&app).await;
    let (master, _) = entries(&now, &uid(&made));
    let left_out = &master.unwrap().multi_properties()["EXDATE"][0].clone();
    assert_eq!(left_out.value(), "20270413T190000");
    assert_eq!(
        shown(&now, &uid(&made)),
        listed(&events_of(&lead, &made).await)
    );
    let next = sequence(&now, &made);
    assert!(next > last);
    lead.post(
        &format!("/trash/{}/restore", text(&events[4]["id"])),
        json!({}),
    )
    .await
    .ok();
    let now = calendar(&app).await;
    assert_eq!(shown(&now, &uid(&made)).len(), 6);
    assert!(sequence(&now, &made) > next);

    // Changing all changes the rule's entry, and what is cancelled stays an exception.
    let all = format!("{}?scope=all", place(&events[5]));
    lead.patch(&all, json!({"title": "Open hours", "status": "scheduled"}))
        .await
        .ok();
    let now = calendar(&app).await;
    assert_eq!(
        shown(&now, &uid(&made)),
        listed(&events_of(&lead, &made).await)
    );
    assert_eq!(
        says(&entries(&now, &uid(&made)).0.unwrap(), "SUMMARY"),
        "Open hours"
    );
}

#[tokio::test]
async fn a_series_that_is_split_is_two_and_keeps_its_uid() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (made, events) = series(
        &lead,
        "2027-03-16T19:00:00",
        "2027-03-16T20:00:00",
        "Europe/Paris",
        "FREQ=WEEKLY;COUNT=5",
    )
    .await;
    let calendar = feed(&lead, "team").await;
    let before = sequence(&calendar(&app).await, &made);
    let following = format!("{}/reschedule?scope=following", place(&events[2]));
    let to = json!({"starts": wall("2027-03-31T18:00:00", "Europe/Paris"), "ends": wall("2027-03-31T20:00:00", "Europe/Paris")});
    let moved = lead.post(&following, to).await.ok();
    let new = json!({"id": moved["event"]["series_id"]});
    let now = calendar(&app).await;
    let (old, _) = entries(&now, &uid(&made));
    assert_eq!(
        says(&old.unwrap(), "RRULE"),
        "FREQ=WEEKLY;UNTIL=20270323T180000Z"
    );
    assert!(sequence(&now, &made) > before);
    for one in [&made, &new] {
        let (_, exceptions) = entries(&now, &uid(one));
        assert_eq!(exceptions.len(), 0);
        assert_eq!(shown(&now, &uid(one)), listed(&events_of(&lead, one).await));
    }
    // The file of one occurrence speaks of no series, and its UID outlives the split.
    let mine = events_of(&lead, &new).await;
    let public = json!({"visibility": "public", "status": "scheduled"});
    let public = lead.patch(&place(&mine[0]), public).await.ok();
    let path = format!("/v1/public/events/{}.ics", text(&public["slug"]));
    let alone = super::only(&app.anybody("GET", &path).send().await.text);
    assert_eq!(
        says(&alone, "UID"),
        format!("{}@relais", text(&events[2]["id"]))
    );
    assert_eq!(alone.property_value("RECURRENCE-ID"), None);
    assert_eq!(alone.property_value("RRULE"), None);
}

#[tokio::test]
async fn a_personal_calendar_leaves_out_what_others_host() {
    let app = TestApp::start().await;
    let [lead, host] = app.team_with(["lead", "member"]).await;
    let (made, events) = series(
        &lead,
        "2027-03-16T19:00:00",
        "2027-03-16T20:00:00",
        "Europe/Paris",
        "FREQ=WEEKLY;COUNT=4",
    )
    .await;
    let calendar = feed(&host, "mine").await;
    assert_eq!(
        read(&calendar(&app).await).events().count(),
        0,
        "no series without an occurrence"
    );
    lead.patch(&place(&events[1]), json!({"hosts": [host.id]}))
        .await
        .ok();
    let now = calendar(&app).await;
    assert_eq!(shown(&now, &uid(&made)), listed(&events[1..2]));
    let before = sequence(&now, &made);
    lead.patch(&place(&events[3]), json!({"hosts": [host.id]}))
        .await
        .ok();
    let now = calendar(&app).await;
    assert_eq!(shown(&now, &uid(&made)).len(), 2);
    assert!(sequence(&now, &made) > before);
}

#[tokio::test]
async fn a_skipped_time_that_is_deleted_or_changed_stays_so() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let (made, events) = series(
        &lead,
        "2027-03-27T02:30:00",
        "2027-03-27T03:30:00",
        "Europe/Paris",
        "FREQ=DAILY;COUNT=3",
    )
    .await;
    let calendar = feed(&lead, "team").await;
    let now = calendar(&app).await;
    let (master, _) = entries(&now, &uid(&made));
    let added = &master.unwrap().multi_properties()["RDATE"][0].clone();
    assert_eq!(added.value(), "20270328T033000");
    lead.patch(&place(&events[1]), json!({"title": "Short night"}))
        .await
        .ok();
    let now = calendar(&app).await;
    let (_, exceptions) = entries(&now, &uid(&made));
    assert_eq!(says(&exceptions[0], "RECURRENCE-ID"), "20270328T033000");
    assert_eq!(
        shown(&now, &uid(&made)),
        listed(&events_of(&lead, &made).await)
    );
    lead.delete(&place(&events[1])).await.no_content();
    let now = calendar(&app).await;
    assert_eq!(
        shown(&now, &uid(&made)),
        listed(&events_of(&lead, &made).await)
    );
}
