//! Calendars with entries that come again.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{calendar, import, send};
use crate::outreach::events::place;
use crate::vocabulary::{Member, TestApp};

/// Tuesdays in Paris, over the night in which the clocks are changed.
const STANDUP: &str = "UID:standup@example.org\r\nSUMMARY:Stand-up\r\nDESCRIPTION:Bring news\r\nDTSTART;TZID=Europe/Paris:20270316T190000\r\nDTEND;TZID=Europe/Paris:20270316T193000\r\nRRULE:FREQ=WEEKLY;COUNT=5\r\n";
const OTHERWISE: &str = "UID:standup@example.org\r\nSUMMARY:Stand-up with guests\r\nDTSTART;TZID=Europe/Paris:20270324T180000\r\nDTEND;TZID=Europe/Paris:20270324T190000\r\nRECURRENCE-ID;TZID=Europe/Paris:20270323T190000\r\n";
const LEFT_OUT: &str = "EXDATE;TZID=Europe/Paris:20270330T190000\r\n";

async fn events(who: &Member) -> Vec<Value> {
    who.all("/events?limit=100").await
}

fn locals(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["starts"]["local"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn an_entry_with_a_rule_becomes_a_series() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let text = calendar(&[OTHERWISE, &format!("{STANDUP}{LEFT_OUT}")]);
    let tried = send(&lead, "", &text).await.ok();
    assert_eq!(tried["counts"]["created"], 1, "{tried}");
    assert_eq!(tried["counts"]["changed"], 1);
    let [except, series] = [&tried["entries"][0], &tried["entries"][1]];
    assert_eq!(series["rule"], "FREQ=WEEKLY;COUNT=5");
    assert_eq!(series["total"], 5);
    assert_eq!(series["removed"], json!(["2027-03-30T19:00:00"]));
    assert_eq!(series["notes"], json!([]));
    assert_eq!(except["occurrence"], "2027-03-23T19:00:00");
    assert_eq!(except["changed"], json!(["title", "starts", "ends"]));
    for entry in [except, series] {
        assert_eq!(
            (&entry["event_id"], &entry["series_id"]),
            (&Value::Null, &Value::Null)
        );
    }
    assert!(events(&lead).await.is_empty(), "a dry run is taken back");
    assert!(lead.all("/event-series").await.is_empty());

    let done = import(&lead, &text).await;
    let series = &lead.all("/event-series").await[0];
    assert_eq!(done["entries"][1]["series_id"], series["id"]);
    assert_eq!(series["external_id"], "standup@example.org");
    assert_eq!(series["left_out"], json!(["2027-03-30T19:00:00"]));
    let made = events(&lead).await;
    assert_eq!(
        locals(&made),
        [
            "2027-03-16T19:00:00",
            "2027-03-24T18:00:00",
            "2027-04-06T19:00:00",
            "2027-04-13T19:00:00"
        ]
    );
    assert_eq!(made[2]["starts_at"], "2027-04-06T17:00:00.000Z");
    assert_eq!(made[1]["title"], "Stand-up with guests");
    assert_eq!(made[1]["occurrence"], "2027-03-23T19:00:00");
    assert!(made.iter().all(|event| event["status"] == "scheduled"));
    assert_eq!(done["entries"][0]["event_id"], made[1]["id"]);

    // The same again changes nothing, and neither does what we give out.
    let feed = lead
        .post("/calendar-feeds", json!({"scope": "team", "label": "x"}))
        .await
        .created();
    let before = lead.all("/changes?limit=100").await.len();
    let again = import(&lead, &text).await;
    assert_eq!(again["counts"]["unchanged"], 2, "{again}");
    let path = format!(
        "/v1/public/calendars/{}.ics",
        feed["secret"].as_str().unwrap()
    );
    let ours = app.anybody("GET", &path).send().await.text;
    let same = import(&lead, &ours).await;
    assert_eq!(same["counts"]["unchanged"], 2, "{same}\n{ours}");
    assert_eq!(lead.all("/changes?limit=100").await.len(), before);
}

#[tokio::test]
async fn what_changed_there_changes_here() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    import(&lead, &calendar(&[STANDUP])).await;
    let made = events(&lead).await;
    let task = json!({"title": "Prepare", "event_id": made[2]["id"], "due_on": "2027-03-29"});
    let task = lead.post("/tasks", task).await.created();
    let guest = json!({"name": "Gina", "email": "gina@example.org"});
    lead.post(&format!("{}/registrations", place(&made[1])), guest.clone())
        .await
        .created();
    lead.post(&format!("{}/registrations", place(&made[2])), guest)
        .await
        .created();

    // A day and an hour later, renamed, without its second and fourth, and with a longer first.
    let moved = STANDUP
        .replace("20270316T19", "20270317T20")
        .replace("Stand-up", "Standing")
        + "EXDATE;TZID=Europe/Paris:20270324T200000,20270407T200000\r\n";
    let except = "UID:standup@example.org\r\nSUMMARY:Standing\r\nDTSTART;TZID=Europe/Paris:20270317T200000\r\nDTEND;TZID=Europe/Paris:20270317T220000\r\nRECURRENCE-ID:20270317T190000Z\r\n";
    let text = calendar(&[&moved, except]);
    let tried = send(&lead, "", &text).await.ok();
    let done = import(&lead, &text).await;
    assert_eq!(
        tried["entries"][0]["changed"],
        done["entries"][0]["changed"]
    );
    let entry = &done["entries"][0];
    assert_eq!(entry["changed"], json!(["title", "starts"]), "{done}");
    assert_eq!(
        entry["removed"],
        json!(["2027-03-24T20:00:00", "2027-04-07T20:00:00"])
    );
    assert_eq!(
        (&tried["entries"][0]["moved_tasks"], &entry["moved_tasks"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(done["entries"][1]["changed"], json!(["ends"]));
    let now = events(&lead).await;
    assert_eq!(
        locals(&now),
        [
            "2027-03-17T20:00:00",
            "2027-03-24T20:00:00",
            "2027-03-31T20:00:00",
            "2027-04-14T20:00:00"
        ]
    );
    assert_eq!(now[0]["ends"]["local"], "2027-03-17T22:00:00");
    assert!(now.iter().all(|event| event["title"] == "Standing"));
    // Somebody has a place at the second, and is told; nobody misses the fourth.
    assert_eq!(now[1]["status"], "cancelled");
    let task = lead
        .get(&format!("/tasks/{}", task["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(task["due_on"], "2027-03-30");
    let letters = lead.all("/outbox").await;
    let kinds: Vec<&str> = letters
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    for kind in ["event_changed", "event_cancelled"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let again = import(&lead, &text).await;
    assert_eq!(again["counts"]["unchanged"], 2, "{again}");
    assert_eq!(
        lead.all("/event-series").await[0]["rule"],
        "FREQ=WEEKLY;COUNT=5"
    );

    // What was deleted here stays deleted.
    lead.delete(&place(&now[3])).await.no_content();
    assert_eq!(import(&lead, &text).await["counts"]["unchanged"], 2);
    assert_eq!(events(&lead).await.len(), 3);

    // All of it is called off.
    let cancelled = moved.replace("RRULE", "STATUS:CANCELLED\r\nRRULE");
    let done = import(&lead, &calendar(&[&cancelled])).await;
    assert_eq!(done["entries"][0]["changed"], json!(["status"]));
    assert!(
        events(&lead)
            .await
            .iter()
            .all(|event| event["status"] == "cancelled")
    );
}

#[tokio::test]
async fn a_series_that_ends_earlier_ends_and_another_rule_is_refused() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    import(&lead, &calendar(&[STANDUP])).await;
    let shorter = STANDUP.replace("COUNT=5", "UNTIL=20270323T180000Z");
    let done = import(&lead, &calendar(&[&shorter])).await;
    let entry = &done["entries"][0];
    assert_eq!(entry["changed"], json!(["rule"]), "{done}");
    assert_eq!(entry["removed"].as_array().unwrap().len(), 3);
    assert_eq!(entry["total"], 2);
    let rest = events(&lead).await;
    assert_eq!(rest.len(), 2);
    let series = lead.all("/event-series").await;
    assert_eq!(
        (&series[0]["rule"], &series[0]["made"]),
        (&json!("FREQ=WEEKLY;UNTIL=20270323T180000Z"), &json!(2))
    );
    // What went to the trash can come back, alone.
    let trash = lead.all("/trash").await;
    assert_eq!(trash.len(), 3);
    let back = lead
        .post(
            &format!("/trash/{}/restore", trash[0]["id"].as_str().unwrap()),
            json!({}),
        )
        .await;
    assert!(back.status < 300, "{}", back.text);
    let back = lead
        .get(&format!("/events/{}", trash[0]["id"].as_str().unwrap()))
        .await
        .ok();
    assert_eq!(back["series_id"], Value::Null);

    for other in [
        STANDUP.to_owned(),
        STANDUP.replace("WEEKLY", "DAILY"),
        STANDUP.replace("FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2"),
    ] {
        let report = send(&lead, "", &calendar(&[&other])).await.ok();
        let error = &report["entries"][0]["errors"][0];
        assert_eq!(
            (&error["property"], &error["code"]),
            (&json!("RRULE"), &json!("rule_changed")),
            "{other}"
        );
    }
    // An entry that no longer comes again is another thing.
    let single = STANDUP.replace("RRULE:FREQ=WEEKLY;COUNT=5\r\n", "");
    let report = send(&lead, "", &calendar(&[&single])).await.ok();
    assert_eq!(report["entries"][0]["errors"][0]["code"], "recurring");
}

#[tokio::test]
async fn a_rule_that_never_ends_is_taken_as_far_as_series_go() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let now = app.clock.now().utc();
    let starting = |days: i64, rule: &str| {
        let day = (now + TimeDelta::days(days)).format("%Y%m%d");
        format!(
            "UID:{rule}{days}\r\nSUMMARY:Meeting\r\nDTSTART;TZID=Europe/Paris:{day}T190000\r\nDURATION:PT1H\r\nRRULE:{rule}\r\n"
        )
    };
    // Weekly from next week on, daily, weekly since ten years, and one that makes too many.
    let entries = [
        starting(7, "FREQ=WEEKLY"),
        starting(7, "FREQ=DAILY"),
        starting(-3_654, "FREQ=WEEKLY"),
        starting(7, "FREQ=DAILY;COUNT=300"),
        starting(7, "FREQ=YEARLY;COUNT=20"),
    ];
    let text = calendar(&entries.each_ref().map(String::as_str));
    let done = import(&lead, &text).await;
    assert_eq!(done["counts"]["created"], 5, "{done}");
    let codes: Vec<&str> = done["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["notes"][0]["code"].as_str().unwrap())
        .collect();
    assert_eq!(
        codes,
        [
            "never_ends",
            "never_ends",
            "never_ends",
            "too_many",
            "too_far"
        ]
    );
    let series = lead.all("/event-series?limit=100").await;
    let of = |index: usize| {
        let id = &done["entries"][index]["series_id"];
        series
            .iter()
            .find(|one| one["id"] == *id)
            .expect("a series")
    };
    assert_eq!(of(0)["total"], 200);
    assert!(of(0)["made"].as_i64().unwrap() <= 53, "a year ahead");
    assert_eq!(
        (&of(1)["total"], &of(1)["made"]),
        (&json!(200), &json!(200))
    );
    // The past makes room for the year ahead.
    assert_eq!(of(2)["total"], 200);
    let path = format!(
        "/events?series_id={}&sort=-starts_at&limit=1",
        of(2)["id"].as_str().unwrap()
    );
    let last = lead.get(&path).await.ok();
    let last: chrono::DateTime<chrono::Utc> = last["items"][0]["starts_at"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(last > now + TimeDelta::days(357), "{last}");
    // Months later it is the same still.
    app.clock.advance(TimeDelta::days(40));
    let again = import(&lead, &text).await;
    assert_eq!(again["counts"]["unchanged"], 5, "{again}");
}

#[tokio::test]
async fn exceptions_find_their_series_or_say_why_not() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    // Invited to one occurrence of somebody else's series: an event of its own.
    let done = import(&lead, &calendar(&[OTHERWISE])).await;
    assert_eq!(done["counts"]["created"], 1, "{done}");
    assert_eq!(done["entries"][0]["left_out"], json!(["RECURRENCE-ID"]));
    assert_eq!(
        import(&lead, &calendar(&[OTHERWISE])).await["counts"]["unchanged"],
        1
    );
    let report = send(&lead, "", &calendar(&[STANDUP])).await.ok();
    assert_eq!(report["entries"][0]["errors"][0]["code"], "single");

    // Two without their series are nobody's.
    let standup = |text: &str| text.replace("standup@", "other@");
    let another = OTHERWISE.replace("20270323T19", "20270330T19");
    let two = calendar(&[&standup(OTHERWISE), &standup(&another)]);
    let report = send(&lead, "", &two).await.ok();
    assert_eq!(report["counts"]["refused"], 2, "{report}");
    assert_eq!(report["entries"][0]["errors"][0]["code"], "no_series");
    // The same one twice is one too many; one that the rule does not have is left out.
    let stale = OTHERWISE.replace(
        "RECURRENCE-ID;TZID=Europe/Paris:20270323",
        "RECURRENCE-ID;TZID=Europe/Paris:20270325",
    );
    let text = calendar(&[
        &standup(STANDUP),
        &standup(OTHERWISE),
        &standup(OTHERWISE),
        &standup(&stale),
    ]);
    let report = send(&lead, "", &text).await.ok();
    assert_eq!(report["entries"][2]["errors"][0]["code"], "duplicate");
    assert_eq!(report["entries"][3]["outcome"], "left_out");
    assert_eq!(
        report["entries"][3]["notes"][0]["code"],
        "no_such_occurrence"
    );
    assert_eq!(report["counts"]["left_out"], 1);
    // More than a year ahead, nothing is made yet.
    let day = (app.clock.now().utc() + TimeDelta::days(10))
        .format("%Y%m%d")
        .to_string();
    let far = (app.clock.now().utc() + TimeDelta::days(10 + 364 + 7))
        .format("%Y%m%d")
        .to_string();
    let series = format!(
        "UID:far\r\nSUMMARY:x\r\nDTSTART;TZID=Europe/Paris:{day}T120000\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=100\r\n"
    );
    let except = format!(
        "UID:far\r\nSUMMARY:y\r\nDTSTART;TZID=Europe/Paris:{far}T120000\r\nDURATION:PT1H\r\nRECURRENCE-ID;TZID=Europe/Paris:{far}T120000\r\n"
    );
    let report = send(&lead, "", &calendar(&[&series, &except])).await.ok();
    let error = &report["entries"][1]["errors"][0];
    assert_eq!(
        (&error["property"], &error["code"]),
        (&json!("RECURRENCE-ID"), &json!("not_made_yet")),
        "{report}"
    );
    // All or nothing.
    let problem = send(&lead, "dry_run=false", &calendar(&[&series, &except]))
        .await
        .problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["pointer"], "/entries/2/RECURRENCE-ID");
    assert!(lead.all("/event-series").await.is_empty());
    let partial = send(
        &lead,
        "dry_run=false&mode=partial",
        &calendar(&[&series, &except]),
    )
    .await
    .ok();
    assert_eq!(partial["counts"]["created"], 1);
    assert_eq!(lead.all("/event-series").await.len(), 1);
}

#[tokio::test]
async fn a_moved_event_takes_its_tasks_along() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let talk = "UID:talk@example.org\r\nSUMMARY:A talk\r\nDTSTART;TZID=Europe/Paris:20270420T190000\r\nDURATION:PT1H30M\r\n";
    let made = import(&lead, &calendar(&[talk])).await;
    let id = &made["entries"][0]["event_id"];
    let mut tasks = Vec::new();
    for (title, due_on) in [("Slides", "2027-04-10"), ("Thanks", "2027-04-22")] {
        let task = json!({"title": title, "event_id": id, "due_on": due_on});
        tasks.push(lead.post("/tasks", task).await.created());
    }
    let path = |task: &Value| format!("/tasks/{}", task["id"].as_str().unwrap());
    for status in ["in_progress", "in_review", "done"] {
        lead.patch(&path(&tasks[1]), json!({"status": status}))
            .await
            .ok();
    }
    let text = calendar(&[&talk.replace("20270420T19", "20270423T18")]);
    let tried = send(&lead, "", &text).await.ok();
    assert_eq!(tried["entries"][0]["moved_tasks"], 1);
    assert_eq!(
        lead.get(&path(&tasks[0])).await.ok()["due_on"],
        "2027-04-10"
    );
    import(&lead, &text).await;
    assert_eq!(
        lead.get(&path(&tasks[0])).await.ok()["due_on"],
        "2027-04-13"
    );
    assert_eq!(
        lead.get(&path(&tasks[1])).await.ok()["due_on"],
        "2027-04-22",
        "what is done stays"
    );
}

#[tokio::test]
async fn a_new_title_stays_when_a_date_far_ahead_is_left_out_with_it() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let long = STANDUP.replace("COUNT=5", "COUNT=100");
    import(&lead, &calendar(&[&long])).await;
    let changed =
        long.replace("Stand-up", "Standing") + "EXDATE;TZID=Europe/Paris:20281205T190000\r\n";
    let done = import(&lead, &calendar(&[&changed])).await;
    assert_eq!(done["counts"]["changed"], 1, "{done}");
    let series = &lead.all("/event-series").await[0];
    assert_eq!(series["left_out"], json!(["2028-12-05T19:00:00"]));
    // What is made later is made of this.
    assert_eq!(series["pattern"]["title"], "Standing", "{series}");
}

#[tokio::test]
async fn what_is_in_the_trash_is_not_made_again() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let talk = "UID:talk\r\nSUMMARY:A talk\r\nDTSTART;TZID=Europe/Paris:20270420T190000\r\nDURATION:PT1H\r\n";
    let text = calendar(&[STANDUP, OTHERWISE, talk]);
    import(&lead, &text).await;
    let series = lead.all("/event-series").await[0].clone();
    let single = events(&lead).await.pop().unwrap();
    let series = series["id"].as_str().unwrap();
    lead.delete(&format!("/event-series/{series}"))
        .await
        .no_content();
    lead.delete(&place(&single)).await.no_content();

    let before = lead.all("/changes?limit=100").await.len();
    let problem = send(&lead, "dry_run=false", &text)
        .await
        .problem(422, "validation_failed");
    let refused = |at: usize| {
        let error = &problem["errors"][at];
        (error["pointer"].clone(), error["code"].clone())
    };
    for entry in 1..=3 {
        assert_eq!(
            refused(entry - 1),
            (json!(format!("/entries/{entry}/UID")), json!("in_trash")),
            "{problem}"
        );
    }
    let partial = send(&lead, "dry_run=false&mode=partial", &text).await.ok();
    assert_eq!(partial["counts"]["refused"], 3, "{partial}");
    assert!(events(&lead).await.is_empty());
    assert_eq!(lead.all("/changes?limit=100").await.len(), before);
    let trash = lead.all("/trash").await;
    assert_eq!(trash.len(), 2, "{trash:?}");

    for one in &trash {
        let back = format!("/trash/{}/restore", one["id"].as_str().unwrap());
        lead.request("POST", &back).send().await.ok();
    }
    let again = import(&lead, &text).await;
    assert_eq!(again["counts"]["unchanged"], 3, "{again}");
    // Emptied for good, it comes in anew.
    lead.delete(&format!("/event-series/{series}"))
        .await
        .no_content();
    app.clock.advance(TimeDelta::days(31));
    assert_eq!(relais::trash::purge_expired(&app.state).await.unwrap(), 1);
    let anew = import(&lead, &text).await;
    assert_eq!(anew["counts"]["created"], 1, "{anew}");
    assert_eq!(lead.all("/event-series").await.len(), 1);
}
