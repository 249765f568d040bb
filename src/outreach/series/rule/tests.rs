//! What rules mean, and what is none.

use std::time::{Duration, Instant};

use super::*;

fn zone(name: &str) -> TimeZone {
    name.parse().unwrap()
}

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap()
}

fn dates(rule: &str, start: &str) -> Result<Vec<String>, String> {
    Rule::read(rule, zone("Europe/Paris"))
        .and_then(|rule| rule.dates(at(start)))
        .map(|dates| {
            dates
                .iter()
                .map(|date| date.format("%Y-%m-%dT%H:%M").to_string())
                .collect()
        })
        .map_err(|problem| {
            problem.document()["errors"][0]["code"]
                .as_str()
                .unwrap()
                .to_owned()
        })
}

#[test]
fn the_thirty_first_skips_months_without_one() {
    assert_eq!(
        dates("FREQ=MONTHLY;COUNT=4", "2027-01-31T19:00").unwrap(),
        [
            "2027-01-31T19:00",
            "2027-03-31T19:00",
            "2027-05-31T19:00",
            "2027-07-31T19:00"
        ]
    );
}

#[test]
fn an_end_by_date_is_on_the_wall() {
    let weekly = |end: &str| {
        dates(&format!("FREQ=WEEKLY;UNTIL={end}"), "2027-03-16T19:00")
            .unwrap()
            .len()
    };
    assert_eq!(weekly("20270330"), 3, "the day is in");
    assert_eq!(weekly("20270330T190000"), 3);
    assert_eq!(weekly("20270330T185959"), 2);
    // 19:00 in Paris is 17:00 in UTC by then.
    assert_eq!(weekly("20270330T170000Z"), 3);
    assert_eq!(weekly("20270330T165959Z"), 2);
}

#[test]
fn what_is_no_rule_of_ours_is_refused() {
    for (rule, code) in [
        ("", "malformed_rule"),
        ("every week", "malformed_rule"),
        ("FREQ=WEEKLY", "rule_never_ends"),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20280101", "count_and_until"),
        ("FREQ=WEEKLY;COUNT=0", "malformed_rule"),
        ("FREQ=WEEKLY;COUNT=-1", "malformed_rule"),
        ("FREQ=WEEKLY;COUNT=201", "too_many"),
        ("FREQ=DAILY;UNTIL=20281231", "too_many"),
        ("FREQ=SECONDLY;COUNT=5", "too_often"),
        ("FREQ=MINUTELY;COUNT=5", "too_often"),
        ("FREQ=HOURLY;COUNT=5", "too_often"),
        ("FREQ=DAILY;BYHOUR=1,2;COUNT=5", "time_in_rule"),
        ("FREQ=FORTNIGHTLY;COUNT=5", "malformed_rule"),
        ("FREQ=WEEKLY;INTERVAL=0;COUNT=5", "malformed_rule"),
        ("FREQ=WEEKLY;BYDAY=XX;COUNT=5", "malformed_rule"),
        ("FREQ=WEEKLY;COUNT=5;COUNT=6", "malformed_rule"),
        ("FREQ=WEEKLY;UNTIL=tomorrow", "malformed_rule"),
        ("FREQ=WEEKLY;UNTIL=20200101", "rule_makes_none"),
        (
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
            "rule_makes_none",
        ),
        (
            "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
            "rule_makes_none",
        ),
        ("FREQ=YEARLY;BYMONTH=13;COUNT=5", "malformed_rule"),
        ("FREQ=WEEKLY;BYDAY=WE;COUNT=5", "rule_misses_start"),
        ("FREQ=YEARLY;COUNT=30", "too_far"),
        ("FREQ=YEARLY;UNTIL=29990101", "too_far"),
        ("FREQ=WEEKLY;COUNT=5;X=\u{0}", "malformed_rule"),
    ] {
        assert_eq!(dates(rule, "2027-03-16T19:00").unwrap_err(), code, "{rule}");
    }
}

#[test]
fn no_rule_takes_long() {
    let begun = Instant::now();
    for freq in ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"] {
        for by in [
            "BYMONTH=2;BYMONTHDAY=30",
            "BYMONTHDAY=31;BYMONTH=4",
            "BYYEARDAY=366;BYMONTH=1",
            "BYWEEKNO=53;BYMONTH=6",
            "INTERVAL=999;BYMONTHDAY=31;BYMONTH=11",
            "BYDAY=MO,TU,WE,TH,FR,SA,SU;BYSETPOS=366",
        ] {
            for end in ["COUNT=200", "UNTIL=29991231"] {
                let _ = dates(&format!("FREQ={freq};{by};{end}"), "2027-03-16T19:00");
            }
        }
    }
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn a_rule_is_split_and_moved() {
    let paris = zone("Europe/Paris");
    let rule = Rule::read("freq=weekly;byday=tu;count=10", paris).unwrap();
    let all = rule.dates(at("2027-03-16T19:00")).unwrap();
    let (before, after) = rule.split(all[2], 7);
    assert_eq!(
        before.text(paris),
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20270330T170000Z"
    );
    assert_eq!(before.dates(all[0]).unwrap(), all[..3]);
    assert_eq!(after.text(paris), "FREQ=WEEKLY;BYDAY=TU;COUNT=7");
    assert_eq!(after.dates(all[3]).unwrap(), all[3..]);
    let moved = rule.moved(TimeDelta::hours(25), 1);
    assert_eq!(moved.text(paris), "FREQ=WEEKLY;BYDAY=WE;COUNT=10");
    assert_eq!(Rule::read(&before.text(paris), paris).unwrap(), before);
}

#[test]
fn the_clock_on_the_wall_stays() {
    let hour = TimeDelta::hours(1);
    for (zone_name, local, instant) in [
        (
            "Europe/Paris",
            "2027-03-23T19:00",
            "2027-03-23T18:00:00.000Z",
        ),
        (
            "Europe/Paris",
            "2027-03-30T19:00",
            "2027-03-30T17:00:00.000Z",
        ),
        (
            "Asia/Kolkata",
            "2027-03-30T19:00",
            "2027-03-30T13:30:00.000Z",
        ),
    ] {
        let (starts, _, is_moved) = period(at(local), hour, zone(zone_name));
        assert_eq!(starts.instant().to_string(), instant);
        assert!(!is_moved);
    }
    // Skipped on 28 March 2027, from two to three.
    let (starts, ends, is_moved) = period(at("2027-03-28T02:30"), hour, zone("Europe/Paris"));
    assert!(is_moved);
    assert_eq!(starts.local.as_str(), "2027-03-28T03:30:00");
    assert_eq!(ends.local.as_str(), "2027-03-28T04:30:00");
    // Its end is skipped.
    let (_, ends, is_moved) = period(at("2027-03-28T01:30"), hour, zone("Europe/Paris"));
    assert!(!is_moved);
    assert_eq!(ends.local.as_str(), "2027-03-28T03:30:00");
    // Twice on 31 October 2027: the first is meant.
    let (starts, _, is_moved) = period(at("2027-10-31T02:30"), hour, zone("Europe/Paris"));
    assert!(!is_moved);
    assert_eq!(starts.instant().to_string(), "2027-10-31T00:30:00.000Z");
}
