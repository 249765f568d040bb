//! Holidays of the team.

use serde_json::{Value, json};

use super::working_hours::on_monday;
use crate::vocabulary::{Answer, Member};

async fn holiday(lead: &Member, name: &str, first: &str, last: Value) -> Value {
    lead.post(
        "/holidays",
        json!({"name": name, "first_on": first, "last_on": last}),
    )
    .await
    .created()
}

#[tokio::test]
async fn a_holiday_has_one_day_or_several() {
    let app = on_monday().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let one = lead
        .post(
            "/holidays",
            json!({"name": "Epiphany", "first_on": "2055-01-06"}),
        )
        .await
        .created();
    assert_eq!(
        (&one["last_on"], &one["external_id"]),
        (&json!("2055-01-06"), &Value::Null)
    );
    let several = holiday(&lead, "Winter break", "2054-12-28", json!("2055-01-02")).await;
    let early = holiday(&lead, "Christmas", "2054-12-25", Value::Null).await;
    let names = async |query: &str| -> Vec<String> {
        let found = guest.all(&format!("/holidays{query}")).await;
        let names = found
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    assert_eq!(names("").await, ["Christmas", "Winter break", "Epiphany"]);
    assert_eq!(
        names("?sort=-first_on").await,
        ["Epiphany", "Winter break", "Christmas"]
    );
    assert_eq!(
        names("?from=2055-01-02&to=2055-01-05").await,
        ["Winter break"],
        "a day of it is enough"
    );
    assert_eq!(names("?to=2054-12-27").await, ["Christmas"]);
    assert_eq!(names("?from=2055-01-03").await, ["Epiphany"]);
    guest
        .get("/holidays?from=2055-01-03&to=2055-01-02")
        .await
        .problem(400, "invalid_query");
    let at = |one: &Value| format!("/holidays/{}", one["id"].as_str().unwrap());
    let changed = lead
        .patch(
            &at(&several),
            json!({"name": "Break", "last_on": "2055-01-01"}),
        )
        .await
        .ok();
    assert_eq!(
        (&changed["name"], &changed["first_on"]),
        (&json!("Break"), &json!("2054-12-28"))
    );
    lead.delete(&at(&early)).await.no_content();
    lead.get(&at(&early)).await.problem(404, "not_found");
    assert_eq!(names("").await, ["Break", "Epiphany"]);
}

#[tokio::test]
async fn what_is_no_holiday_is_refused() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    for (body, pointer) in [
        (json!({"first_on": "2055-01-01"}), "/name"),
        (json!({"name": " ", "first_on": "2055-01-01"}), "/name"),
        (json!({"name": "A"}), "/first_on"),
        (json!({"name": "A", "first_on": "2055-02-29"}), "/first_on"),
        (
            json!({"name": "A", "first_on": "2055-01-02", "last_on": "2055-01-01"}),
            "/last_on",
        ),
        (
            json!({"name": "A", "first_on": "2055-01-01", "last_on": "2060-01-01"}),
            "/last_on",
        ),
        (
            json!({"name": "A", "first_on": "2055-01-01", "external_id": "x"}),
            "/external_id",
        ),
    ] {
        lead.post("/holidays", body).await.refused_at(pointer);
    }
    let kept = holiday(&lead, "A", "2055-01-01", json!("2059-12-31")).await;
    let again = lead
        .post("/holidays", json!({"name": "A", "first_on": "2055-01-01"}))
        .await
        .problem(409, "already_exists");
    assert_eq!(again["holiday_id"], kept["id"]);
    let named = |problem: &Value| {
        let pointers = problem["errors"].as_array().unwrap().iter();
        let pointers: Vec<Value> = pointers.map(|one| one["pointer"].clone()).collect();
        pointers
    };
    assert_eq!(named(&again), ["/name", "/first_on"]);
    let other = holiday(&lead, "B", "2055-01-01", Value::Null).await;
    let place = format!("/holidays/{}", other["id"].as_str().unwrap());
    let again = lead.patch(&place, json!({"name": "A"})).await;
    let again = again.problem(409, "already_exists");
    assert_eq!(named(&again), ["/name", "/first_on"]);
    let at = format!("/holidays/{}", kept["id"].as_str().unwrap());
    lead.patch(&at, json!({"last_on": "2054-12-31"}))
        .await
        .refused_at("/last_on");
    lead.patch(&at, json!({"first_on": "2048-01-01"}))
        .await
        .refused_at("/last_on");
    for answer in [
        ann.post("/holidays", json!({"name": "B", "first_on": "2055-01-01"}))
            .await,
        ann.patch(&at, json!({"name": "B"})).await,
        ann.delete(&at).await,
    ] {
        assert_eq!(
            answer.problem(403, "insufficient_role")["required"],
            "holiday:write"
        );
    }
    ann.get(&at).await.ok();
}

fn calendar(entries: &[(&str, &str, &str)]) -> String {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VTODO\r\nEND:VTODO\r\n");
    for (uid, name, days) in entries {
        text += &format!("BEGIN:VEVENT\r\nUID:{uid}\r\nSUMMARY:{name}\r\n{days}\r\nEND:VEVENT\r\n");
    }
    text + "END:VCALENDAR\r\n"
}

async fn import(lead: &Member, query: &str, file: String) -> Answer {
    lead.request("POST", &format!("/holidays/imports{query}"))
        .raw("text/calendar", file)
        .await
}

#[tokio::test]
async fn holidays_come_from_a_calendar_file_and_are_found_again() {
    let app = on_monday().await;
    let [lead, ann] = app.team_with(["lead", "member"]).await;
    let file = calendar(&[
        (
            "x@1",
            "Christmas",
            "DTSTART;VALUE=DATE:20541225\r\nDTEND;VALUE=DATE:20541227",
        ),
        ("x@2", "New Year", "DTSTART;VALUE=DATE:20550101"),
    ]);
    let tried = import(&lead, "", file.clone()).await.ok();
    assert_eq!(
        (&tried["is_dry_run"], &tried["counts"]["created"]),
        (&json!(true), &json!(2))
    );
    assert_eq!(
        tried["ignored"],
        json!([{"component": "VTODO", "count": 1}])
    );
    assert_eq!(lead.all("/holidays").await.len(), 0, "only tried");
    let done = import(&lead, "?dry_run=false", file.clone()).await.ok();
    let listed = lead.all("/holidays").await;
    assert_eq!(done["entries"][0]["holiday_id"], listed[0]["id"]);
    assert_eq!(
        (
            &listed[0]["first_on"],
            &listed[0]["last_on"],
            &listed[0]["external_id"]
        ),
        (&json!("2054-12-25"), &json!("2054-12-26"), &json!("x@1"))
    );
    // The same again is nothing; what differs changes; what is not in the file stays.
    let revision = lead.all("/changes").await.last().unwrap()["revision"].clone();
    let again = import(&lead, "?dry_run=false", file).await.ok();
    assert_eq!(again["counts"]["unchanged"], 2);
    assert_eq!(again["entries"][1]["holiday_id"], listed[1]["id"]);
    assert_eq!(
        lead.all("/changes").await.last().unwrap()["revision"],
        revision
    );
    let next = calendar(&[
        (
            "x@1",
            "Christmas Day",
            "DTSTART;VALUE=DATE:20541225\r\nDURATION:P1D",
        ),
        ("x@3", "Epiphany", "DTSTART;VALUE=DATE:20550106"),
    ]);
    let counts = import(&lead, "?dry_run=false", next).await.ok()["counts"].clone();
    assert_eq!(
        counts,
        json!({"entries": 2, "created": 1, "changed": 1, "unchanged": 0, "refused": 0})
    );
    let names: Vec<Value> = lead
        .all("/holidays")
        .await
        .iter()
        .map(|one| json!([one["name"], one["last_on"]]))
        .collect();
    assert_eq!(
        names,
        [
            json!(["Christmas Day", "2054-12-25"]),
            json!(["New Year", "2055-01-01"]),
            json!(["Epiphany", "2055-01-06"])
        ]
    );
    let refused = import(&ann, "", calendar(&[]))
        .await
        .problem(403, "insufficient_role");
    assert_eq!(refused["required"], "holiday:write");
    // In a form, as browsers send it.
    let part = reqwest::multipart::Part::text(calendar(&[(
        "x@2",
        "New Year",
        "DTSTART;VALUE=DATE:20550101",
    )]))
    .file_name("holidays.ics");
    let form = reqwest::multipart::Form::new().part("file", part);
    let sent = lead
        .request("POST", "/holidays/imports")
        .multipart(form)
        .await;
    assert_eq!(sent.ok()["counts"]["unchanged"], 1);
}

#[tokio::test]
async fn an_entry_that_is_no_holiday_refuses_the_file_or_itself() {
    let app = on_monday().await;
    let [lead] = app.team_with(["lead"]).await;
    holiday(&lead, "By hand", "2055-05-01", Value::Null).await;
    let file = calendar(&[
        ("x@1", "Fine", "DTSTART;VALUE=DATE:20550102"),
        ("x@2", "A meeting", "DTSTART:20550102T090000Z"),
        (
            "x@3",
            "Every year",
            "DTSTART;VALUE=DATE:20550102\r\nRRULE:FREQ=YEARLY",
        ),
        ("x@1", "Again", "DTSTART;VALUE=DATE:20550103"),
        ("x@5", "By hand", "DTSTART;VALUE=DATE:20550501"),
        ("x@6", " ", "DTSTART;VALUE=DATE:20550104"),
    ]);
    let tried = import(&lead, "", file.clone()).await.ok();
    assert_eq!(tried["counts"]["refused"], 5);
    let refused = import(&lead, "?dry_run=false", file.clone())
        .await
        .problem(422, "validation_failed");
    let errors: Vec<(&str, &str)> = refused["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            (
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        errors,
        [
            ("/entries/2/DTSTART", "not_all_day"),
            ("/entries/3/RRULE", "recurring"),
            ("/entries/4/UID", "duplicate"),
            ("/entries/5/SUMMARY", "already_exists"),
            ("/entries/6/SUMMARY", "invalid"),
        ]
    );
    assert_eq!(lead.all("/holidays").await.len(), 1, "all or nothing");
    let partial = import(&lead, "?dry_run=false&mode=partial", file)
        .await
        .ok();
    assert_eq!(
        (&partial["counts"]["created"], &partial["counts"]["refused"]),
        (&json!(1), &json!(5))
    );
    for (text, code) in [
        ("hello", "not_a_calendar"),
        ("BEGIN:VCALENDAR\r\n", "unbalanced"),
    ] {
        let refused = import(&lead, "", text.to_owned())
            .await
            .refused_at("/entries");
        assert_eq!(refused["errors"][0]["code"], code);
    }
    lead.request("POST", "/holidays/imports")
        .raw("text/csv", "a,b")
        .await
        .problem(415, "unsupported_media_type");
    import(&lead, "?dry_run=maybe", calendar(&[]))
        .await
        .problem(400, "invalid_query");
}

#[tokio::test]
async fn what_is_refused_leaves_its_day_taken() {
    let app = on_monday().await;
    let [lead] = app.team_with(["lead"]).await;
    holiday(&lead, "By hand", "2055-05-01", Value::Null).await;
    let first = calendar(&[("x@1", "Bank holiday", "DTSTART;VALUE=DATE:20550102")]);
    import(&lead, "?dry_run=false", first).await.ok();
    // The one that cannot move stays, so another one of its name cannot take its day.
    let file = calendar(&[
        ("x@1", "By hand", "DTSTART;VALUE=DATE:20550501"),
        ("x@2", "Bank holiday", "DTSTART;VALUE=DATE:20550102"),
        ("x@3", "Fine", "DTSTART;VALUE=DATE:20550103"),
    ]);
    let expected = json!({"entries": 3, "created": 1, "changed": 0, "unchanged": 0, "refused": 2});
    let tried = import(&lead, "", file.clone()).await.ok();
    assert_eq!(tried["counts"], expected);
    let partial = import(&lead, "?dry_run=false&mode=partial", file)
        .await
        .ok();
    assert_eq!(partial["counts"], expected);
    for (entry, code) in [(0, json!("already_exists")), (1, json!("already_exists"))] {
        assert_eq!(partial["entries"][entry]["errors"][0]["code"], code);
    }
    // One that does move leaves its day to others.
    let file = calendar(&[
        ("x@1", "Bank holiday", "DTSTART;VALUE=DATE:20550109"),
        ("x@2", "Bank holiday", "DTSTART;VALUE=DATE:20550102"),
    ]);
    let moved = import(&lead, "?dry_run=false", file).await.ok();
    assert_eq!(
        (&moved["counts"]["changed"], &moved["counts"]["created"]),
        (&json!(1), &json!(1))
    );
}

#[tokio::test]
async fn a_uid_is_found_again_however_its_letters_are_made() {
    let app = on_monday().await;
    let [lead] = app.team_with(["lead"]).await;
    // An e and its accent apart.
    let file = calendar(&[("noe\u{301}l@1", "Christmas", "DTSTART;VALUE=DATE:20541225")]);
    let made = import(&lead, "?dry_run=false", file.clone()).await.ok();
    let id = &made["entries"][0]["holiday_id"];
    assert!(id.is_string(), "{made}");
    let again = import(&lead, "?dry_run=false", file).await.ok();
    assert_eq!(
        (
            &again["entries"][0]["outcome"],
            &again["entries"][0]["holiday_id"]
        ),
        (&json!("unchanged"), id)
    );
}
