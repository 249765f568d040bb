//! Registrations from a table.

use serde_json::{Value, json};

use super::Hall;
use crate::vocabulary::{Answer, Member};

async fn send(who: &Member, hall: &Hall, query: &str, table: &str) -> Answer {
    who.request("POST", &format!("{}/imports?{query}", hall.list()))
        .raw("text/csv", table.to_owned())
        .await
}

async fn import(hall: &Hall, table: &str) -> Value {
    send(&hall.lead, hall, "dry_run=false", table).await.ok()
}

async fn people(hall: &Hall) -> Vec<Value> {
    hall.lead
        .all(&format!("{}?sort=created_at&limit=100", hall.list()))
        .await
}

/// Another event, with the same questions.
async fn another(hall: &Hall) -> Value {
    let mut body = json!({"title": "Once more", "kind": "webinar"});
    for name in ["starts", "ends", "registration"] {
        body[name] = hall.event[name].clone();
    }
    hall.lead.post("/events", body).await.created()
}

fn questions() -> Value {
    json!({"registration": {"mode": "approval", "questions": [
        {"key": "level", "text": "How well do you know it?", "kind": "choice", "is_required": true, "choices": ["A little", "Well"]},
        {"key": "topics", "text": "Which topics?", "kind": "multiple_choice", "choices": ["a", "a; b", "c"]},
        {"key": "words", "text": "What else?", "kind": "text"},
        {"key": "first", "text": "First time?", "kind": "yes_no"}]}})
}

#[tokio::test]
async fn people_come_in_from_a_table() {
    let hall = Hall::open(questions()).await;
    let table = "\u{feff}Full name;E-mail;Tickets;guests;source;How well do you know it?;topics;first;Shoe size\r\n\
        Ada Lovelace;Ada@Example.org;;Charles Babbage;newsletter;Well;a; b;c\r\n";
    // A cell with semicolons is in quotes.
    let table = table.replace(";a; b;c\r\n", ";\"a; b; c\";oui;38\r\n");
    let table = format!("{table}Grace Hopper;grace@example.org;3;;;;;;\r\n");
    let tried = send(&hall.lead, &hall, "", &table).await.ok();
    assert_eq!(
        tried["counts"],
        json!({"rows": 2, "created": 2, "matched": 0, "left_out": 0, "refused": 0, "confirmed": 2, "waitlisted": 0})
    );
    assert_eq!(tried["columns"][5]["fields"], json!(["answers.level"]));
    assert_eq!(tried["columns"][8]["fields"], json!([]));
    assert!(people(&hall).await.is_empty());

    let done = import(&hall, &table).await;
    let all = people(&hall).await;
    assert_eq!(all.len(), 2);
    let ada = all
        .iter()
        .find(|one| one["email"] == "ada@example.org")
        .unwrap();
    assert_eq!(done["rows"][0]["registration_id"], ada["id"]);
    assert_eq!(
        (&ada["seats"], &ada["companions"]),
        (&json!(2), &json!(["Charles Babbage"]))
    );
    assert_eq!(
        ada["answers"],
        json!({"level": "Well", "topics": ["a; b", "c"], "first": true})
    );
    assert_eq!(
        (&ada["state"], &ada["origin"], &ada["utm_source"]),
        (&json!("confirmed"), &json!("import"), &json!("newsletter"))
    );
    assert_eq!(hall.letters("ada@example.org").await, ["confirmed"]);
    assert_eq!(hall.seats().await, [5, 0, 0, 0, -1]);
    let changes = hall.lead.all("/changes?limit=100").await;
    let note = &changes.last().unwrap()["note"];
    assert_eq!(
        note,
        "Imported. Whoever imported says that the person agreed."
    );

    // The same again changes nothing, whatever it says of those who are there.
    let again = import(&hall, &table.replace("Grace Hopper", "Grace")).await;
    assert_eq!(
        (&again["counts"]["matched"], &again["rows"][0]["state"]),
        (&json!(2), &json!("confirmed"))
    );
    assert_eq!(
        hall.lead.all("/changes?limit=100").await.len(),
        changes.len()
    );
}

#[tokio::test]
async fn what_went_out_comes_in_unchanged() {
    let hall = Hall::open(questions()).await;
    let wild = [
        json!({"name": "=HYPERLINK(\"http://evil.example\")", "email": "a@x.org", "seats": 3, "companions": ["@SUM(A1)", "'-1"],
            "locale": "fr", "utm_source": "-1+1", "utm_medium": "+x", "utm_campaign": "'=y",
            "answers": {"level": "Well", "topics": ["a; b", "a"], "words": "+cmd, \"quoted\"\nand; more", "first": false}}),
        json!({"name": "'tis", "email": "b@x.org", "answers": {"words": "''=1"}}),
        json!({"name": "Zoë", "email": "gone@x.org"}),
    ];
    for person in &wild {
        hall.lead.post(&hall.list(), person.clone()).await.created();
    }
    hall.act("gone@x.org", "cancel").await.ok();
    let csv = async |place: &str| {
        hall.lead
            .get(&format!("{place}/registrations.csv"))
            .await
            .text
    };
    let table = csv(&hall.place()).await;
    let same = import(&hall, &table).await;
    assert_eq!(same["counts"]["matched"], 3, "{same}");
    assert_eq!(csv(&hall.place()).await, table);

    // Into another event with the same questions: everybody but who gave the place up, as they were.
    let copy = another(&hall).await;
    let place = format!("/events/{}", copy["id"].as_str().unwrap());
    let import = format!("{place}/registrations/imports?dry_run=false&notify=false");
    for table in [table.clone(), table.replace("\r\n", "\n")] {
        let done = hall
            .lead
            .request("POST", &import)
            .raw("text/csv", table)
            .await
            .ok();
        assert_eq!(done["counts"]["left_out"], 1, "{done}");
        assert_eq!(done["counts"]["refused"], 0);
    }
    let kept = |table: &str| -> Vec<Vec<String>> {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let header = reader.headers().unwrap().clone();
        let own = [
            "origin",
            "check_in_code",
            "created_at",
            "queued_at",
            "checked_in_at",
        ];
        let rows = reader.records().map(Result::unwrap);
        rows.filter(|row| !row.iter().any(|cell| cell == "gone@x.org"))
            .map(|row| {
                let cells = row.iter().zip(&header);
                cells
                    .filter(|(_, name)| !own.contains(name))
                    .map(|(cell, _)| cell.to_owned())
                    .collect()
            })
            .collect()
    };
    assert_eq!(kept(&csv(&place).await), kept(&table));
    assert_eq!(
        hall.letters("a@x.org").await,
        ["confirmed"],
        "nobody was told again"
    );
}

#[tokio::test]
async fn seats_are_respected_and_the_rest_waits() {
    let hall = Hall::open(json!({"capacity": 4})).await;
    hall.comes("first@x.org", 1).await;
    hall.comes("group@x.org", 4).await;
    let table = "name,email,seats\nA,a@x.org,2\nB,b@x.org,2\nC,c@x.org,1\nD,d@x.org,1\n";
    let tried = send(&hall.lead, &hall, "", table).await.ok();
    let done = import(&hall, table).await;
    for report in [&tried, &done] {
        let states: Vec<&str> = report["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["state"].as_str().unwrap())
            .collect();
        assert_eq!(
            states,
            ["confirmed", "waitlisted", "confirmed", "waitlisted"],
            "{report}"
        );
        assert_eq!(
            (
                &report["counts"]["confirmed"],
                &report["counts"]["waitlisted"]
            ),
            (&json!(2), &json!(2))
        );
    }
    assert_eq!(hall.seats().await, [4, 0, 0, 7, 0]);
    let waiting = hall
        .lead
        .all(&format!("{}?state=waitlisted&sort=rank", hall.list()))
        .await;
    let waiting: Vec<(&str, i64, i64)> = waiting
        .iter()
        .map(|one| {
            (
                one["email"].as_str().unwrap(),
                one["rank"].as_i64().unwrap(),
                one["passed_over_count"].as_i64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        waiting,
        [("group@x.org", 1, 2), ("b@x.org", 2, 1), ("d@x.org", 3, 0)]
    );
    assert_eq!(hall.letters("b@x.org").await, ["waitlisted"]);
    assert_eq!(hall.letters("c@x.org").await, ["confirmed"]);
    // Seats that come free go to whoever waits longest and fits.
    hall.does("first@x.org", "DELETE", "").await.no_content();
    assert_eq!(hall.record("d@x.org").await["state"], "offered");
}

#[tokio::test]
async fn who_is_there_stays_and_who_left_stays_away() {
    let hall = Hall::open(json!({})).await;
    hall.comes("there@x.org", 2).await;
    hall.comes("left@x.org", 1).await;
    hall.does("left@x.org", "DELETE", "").await.no_content();
    hall.register("unverified@x.org", 1).await.expect(202);
    let table = "name,email,state\nT,there@x.org,waitlisted\nL,left@x.org,confirmed\nU,unverified@x.org,confirmed\nR,rejected@x.org,rejected\n";
    let done = import(&hall, table).await;
    let outcomes: Vec<&str> = done["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(
        outcomes,
        ["matched", "matched", "created", "left_out"],
        "{done}"
    );
    assert_eq!(hall.record("there@x.org").await["name"], "Ada");
    assert_eq!(hall.record("left@x.org").await["state"], "cancelled");
    let vouched = hall.record("unverified@x.org").await;
    assert_eq!(
        (&vouched["state"], &vouched["name"]),
        (&json!("confirmed"), &json!("U"))
    );
    hall.mine("unverified@x.org").await;
    // Without letters.
    let silent = send(
        &hall.lead,
        &hall,
        "dry_run=false&notify=false",
        "name,email\nS,silent@x.org\n",
    )
    .await
    .ok();
    assert_eq!(silent["counts"]["confirmed"], 1);
    assert_eq!(hall.letters("silent@x.org").await, [] as [String; 0]);
}

#[tokio::test]
async fn a_wrong_row_refuses_the_table() {
    let hall = Hall::open(questions()).await;
    let table = "name,email,seats,state,level,first,locale,companions\n\
        ,nobody,11,perhaps,Very,maybe,e,\n\
        A,a@x.org,1,,,,,B;C\n\
        A,A@X.org,,,,,,\n\
        B,b@x.org,,,,,,\n\
        B,b@x.org,,,,,,\n";
    let problem = send(&hall.lead, &hall, "dry_run=false", table)
        .await
        .problem(422, "validation_failed");
    let errors: Vec<String> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| {
            format!(
                "{} {}",
                error["pointer"].as_str().unwrap(),
                error["code"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        errors,
        [
            "/rows/2/email invalid_format",
            "/rows/2/locale invalid_format",
            "/rows/2/seats out_of_range",
            "/rows/2/state unknown_value",
            "/rows/2/first unknown_value",
            "/rows/2/name required",
            "/rows/3/companions too_many",
            "/rows/6/email duplicate",
        ]
    );
    assert_eq!(problem["refused_rows"], 3);
    assert!(people(&hall).await.is_empty());
    let tried = send(&hall.lead, &hall, "", table).await.ok();
    assert_eq!(tried["counts"]["refused"], 3);

    for (query, table, pointer) in [
        ("dry_run=false", "a,b\n1,2\n", None),
        ("name=x", "name,email\nA,a@x.org\n", None),
        ("", "name,email\n\"A\n", Some("/rows/2")),
        ("", "", Some("/rows")),
    ] {
        let answer = send(&hall.lead, &hall, query, table).await;
        match pointer {
            Some(pointer) => drop(answer.refused_at(pointer)),
            None => drop(answer.problem(422, "validation_failed")),
        }
    }
    let table = "name,email\nA,a@x.org\n";
    send(&hall.member, &hall, "dry_run=false", table)
        .await
        .problem(403, "insufficient_role");
    let request = hall
        .lead
        .request("POST", &format!("{}/imports", hall.list()));
    request
        .raw("text/plain", table)
        .await
        .problem(415, "unsupported_media_type");
    hall.change(json!({"status": "cancelled"})).await;
    send(&hall.lead, &hall, "", table)
        .await
        .problem(409, "registration_closed");
}

#[tokio::test]
async fn a_form_says_which_column_is_what() {
    let hall = Hall::open(questions()).await;
    let form = |mapping: Value| {
        let table = "Who,Where,Niveau\nAda,ada@x.org,Well\n";
        let part = reqwest::multipart::Part::text(table).file_name("a.csv");
        reqwest::multipart::Form::new()
            .part("file", part)
            .text("mapping", mapping.to_string())
    };
    let path = format!("{}/imports?dry_run=false", hall.list());
    let send = async |mapping: Value| {
        hall.lead
            .request("POST", &path)
            .multipart(form(mapping))
            .await
    };
    let done = send(json!({"name": "Who", "email": "Where", "answers": {"level": "Niveau"}}))
        .await
        .ok();
    assert_eq!(done["columns"][2]["fields"], json!(["answers.level"]));
    assert_eq!(
        hall.record("ada@x.org").await["answers"],
        json!({"level": "Well"})
    );
    for (mapping, pointer) in [
        (
            json!({"name": "Who", "email": "Where", "shoe": "x"}),
            "/mapping/shoe",
        ),
        (
            json!({"name": "Who", "email": "Where", "answers": {"shoe": "Niveau"}}),
            "/mapping/answers/shoe",
        ),
        (
            json!({"name": "Who", "email": "Where", "answers": {"level": "Level"}}),
            "/mapping/answers/level",
        ),
        (json!({"name": "Who"}), "/mapping/email"),
        (json!({"name": 1}), "/mapping/name"),
    ] {
        send(mapping).await.refused_at(pointer);
    }
}

#[tokio::test]
async fn ten_thousand_people_come_in_at_once() {
    let hall = Hall::open(json!({"capacity": 6_000})).await;
    let mut table = "name,email\n".to_owned();
    for number in 0..10_000 {
        table.push_str(&format!("Person {number},p{number}@example.org\n"));
    }
    let done = import(&hall, &table).await;
    assert_eq!(
        done["counts"],
        json!({"rows": 10_000, "created": 10_000, "matched": 0, "left_out": 0, "refused": 0, "confirmed": 6_000, "waitlisted": 4_000})
    );
    assert_eq!(hall.seats().await, [6_000, 0, 0, 4_000, 0]);
    table.push_str("One more,more@example.org\n");
    send(&hall.lead, &hall, "", &table)
        .await
        .problem(413, "payload_too_large");
}
