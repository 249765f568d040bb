//! Imports: a table becomes tasks, and the same table again changes nothing.

use serde_json::{Value, json};

use crate::vocabulary::{Answer, Member, TestApp};

const RELEASE: &str = include_str!("../../../data/kubernetes-1.30-release.csv");

async fn campaign(lead: &Member) -> String {
    let made = lead
        .post("/campaigns", json!({"name": "Release", "lead_id": lead.id}))
        .await
        .created();
    made["id"].as_str().unwrap().to_owned()
}

async fn import(who: &Member, campaign: &str, query: &str, table: &str) -> Answer {
    who.request("POST", &format!("/campaigns/{campaign}/imports{query}"))
        .raw("text/csv; charset=utf-8", table.to_owned())
        .await
}

async fn run(who: &Member, campaign: &str, table: &str) -> Value {
    import(who, campaign, "?dry_run=false", table).await.ok()
}

async fn says(who: &Member, job_title: &str) {
    who.patch(
        &format!("/members/{}", who.id),
        json!({"job_title": job_title}),
    )
    .await
    .ok();
}

fn counts(report: &Value) -> [i64; 5] {
    ["rows", "created", "matched", "unchanged", "refused"]
        .map(|name| report["counts"][name].as_i64().unwrap())
}

async fn revision(who: &Member) -> Value {
    who.all("/changes?limit=100").await.last().unwrap()["revision"].clone()
}

#[tokio::test]
async fn a_real_release_plan_goes_in_once() {
    let app = TestApp::start().await;
    let [lead, docs, comms] = app.team_with(["lead", "member", "member"]).await;
    says(&lead, "Lead").await;
    says(&docs, "Dócs lead").await;
    says(&comms, "Comms").await;
    let campaign = campaign(&lead).await;
    let rows = i64::try_from(RELEASE.lines().count()).unwrap() - 1;

    let dry = import(&lead, &campaign, "", RELEASE).await.ok();
    assert_eq!(dry["is_dry_run"], true);
    assert_eq!(counts(&dry), [rows, rows, 0, 0, 0]);
    assert_eq!(dry["rows"][0]["task_id"], Value::Null);
    assert!(lead.all("/tasks").await.is_empty());
    assert!(lead.all("/milestones").await.is_empty());

    let report = run(&lead, &campaign, RELEASE).await;
    assert_eq!(counts(&report), [rows, rows, 0, 0, 0]);
    let tasks = lead
        .all(&format!(
            "/tasks?campaign_id={campaign}&sort=position&limit=100"
        ))
        .await;
    assert_eq!(tasks.len(), usize::try_from(rows).unwrap());
    let titles: Vec<&Value> = tasks.iter().map(|task| &task["title"]).collect();
    assert_eq!(titles[0], "Start of Release Cycle");
    let first = &tasks[0];
    assert_eq!(
        (
            &first["assignee_id"],
            &first["accountable_id"],
            &first["due_on"]
        ),
        (&json!(lead.id), &json!(lead.id), &json!("2024-01-08"))
    );
    let by_title = |title: &str| {
        tasks
            .iter()
            .find(|task| task["title"] == title)
            .unwrap_or_else(|| panic!("{title}"))
    };
    let timed = by_title("Begin Code Freeze");
    assert_eq!(timed["description"], "Due at 02:00 UTC.");
    assert_eq!(timed["labels"], json!(["role:Branch Manager"]));
    let docs_task = by_title("Docs deadline — Open placeholder PRs");
    assert_eq!(docs_task["assignee_id"], json!(docs.id));
    let shared = by_title("Brace Yourself, Code Freeze is Coming");
    assert_eq!(shared["assignee_id"], json!(comms.id));
    assert_eq!(shared["labels"], json!(["role:Release Signal"]));
    let unmatched: Vec<&str> = report["unmatched"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert!(unmatched.contains(&"Branch Manager"), "{unmatched:?}");
    assert!(!unmatched.contains(&"Lead"), "{unmatched:?}");
    let milestones = lead.all("/milestones?sort=created_at").await;
    assert_eq!(milestones[0]["name"], "week 1");
    assert_eq!(
        milestones.len(),
        report["milestones"].as_array().unwrap().len()
    );

    // Somebody works on it; the file knows nothing of that and takes nothing back.
    let place = format!("/tasks/{}", first["id"].as_str().unwrap());
    lead.patch(
        &place,
        json!({"status": "in_progress", "assignee_id": docs.id}),
    )
    .await
    .ok();
    let before = revision(&lead).await;
    let again = run(&lead, &campaign, RELEASE).await;
    assert_eq!(counts(&again), [rows, 0, 0, rows, 0]);
    assert_eq!(again["rows"][0]["task_id"], first["id"]);
    assert_eq!(revision(&lead).await, before);
}

#[tokio::test]
async fn what_differs_is_changed_and_named() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = campaign(&lead).await;
    let report = run(
        &lead,
        &campaign,
        "id,title,start,due,labels,priority,estimate,phase,status\n\
         1,A,2026-03-01,2026-03-02,\"x;y\",high,90,Early,done\n\
         2,B,,,,,,,\n\
         3,C,,,,,,,blocked\n",
    )
    .await;
    assert_eq!(counts(&report), [3, 3, 0, 0, 0]);
    let task = |index: usize| {
        format!(
            "/tasks/{}",
            report["rows"][index]["task_id"].as_str().unwrap()
        )
    };
    let made = lead.get(&task(0)).await.ok();
    assert_eq!(made["status"], "done");
    assert_ne!(made["completed_at"], Value::Null);
    assert_eq!(
        (
            &made["labels"],
            &made["priority"],
            &made["estimate_minutes"]
        ),
        (&json!(["x", "y"]), &json!("high"), &json!(90))
    );
    assert_ne!(lead.get(&task(2)).await.ok()["status_reason"], Value::Null);
    lead.patch(&task(0), json!({"labels": ["x", "own"]}))
        .await
        .ok();

    let table = "id,title,start,due,labels,phase,status\n\
         1,A2,,2026-03-09,\"x;z\",Late,todo\n\
         2,B,2026-04-01,,,early,\n\
         4,D,,,,LATE,\n";
    let dry = import(&lead, &campaign, "", table).await.ok();
    let report = run(&lead, &campaign, table).await;
    assert_eq!(counts(&report), [3, 1, 2, 0, 0]);
    assert_eq!(dry["counts"], report["counts"]);
    assert_eq!(
        report["rows"][0]["changed"],
        json!(["title", "milestone_id", "due_on", "labels"])
    );
    assert_eq!(
        report["rows"][1]["changed"],
        json!(["milestone_id", "starts_on"])
    );
    assert_eq!(
        report["milestones"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (
                one["name"].as_str().unwrap(),
                one["is_new"].as_bool().unwrap()
            ))
            .collect::<Vec<_>>(),
        [("Late", true), ("early", false)]
    );
    let changed = lead.get(&task(0)).await.ok();
    assert_eq!(
        (
            &changed["title"],
            &changed["starts_on"],
            &changed["labels"],
            &changed["status"]
        ),
        (
            &json!("A2"),
            &json!("2026-03-01"),
            &json!(["x", "own", "z"]),
            &json!("done")
        )
    );
    let history = lead.all(&format!("{}/history", task(0))).await;
    assert_eq!(history.last().unwrap()["note"], "Imported.");
}

#[tokio::test]
async fn one_wrong_row_refuses_all_and_every_wrong_cell_is_named() {
    let app = TestApp::start().await;
    let [lead, guest] = app.team_with(["lead", "guest"]).await;
    let (mine, other) = (campaign(&lead).await, campaign(&lead).await);
    run(&lead, &other, "id,title\nthere,Elsewhere\n").await;
    let gone = run(&lead, &mine, "id,title\ngone,Deleted\n").await;
    lead.delete(&format!(
        "/tasks/{}",
        gone["rows"][0]["task_id"].as_str().unwrap()
    ))
    .await
    .no_content();
    says(&guest, "Visitor").await;
    let table = "id,title,start,due,role,due time\n\
        ok,Fine,2026-03-01,2026-03-02,,\n\
        a,,2026-3-1,01.03.2026,,\n\
        b,Backwards,2026-03-02,2026-03-01,,\n\
        there,Elsewhere,,,,\n\
        gone,Deleted,,,,\n\
        ok,Again,,,,\n\
        c,Visited,,,Visitor,\n\
        d,Timed,,,,02:00\n";
    let before = revision(&lead).await;
    let problem = import(&lead, &mine, "?dry_run=false", table)
        .await
        .problem(422, "validation_failed");
    let found: Vec<(&str, &str)> = problem["errors"]
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
        found,
        [
            ("/rows/3/title", "required"),
            ("/rows/3/start", "invalid_format"),
            ("/rows/3/due", "invalid_format"),
            ("/rows/4/due", "before_start"),
            ("/rows/5/id", "other_campaign"),
            ("/rows/6/id", "in_trash"),
            ("/rows/7/id", "duplicate"),
            ("/rows/8/role", "guest"),
            ("/rows/9/due time", "without_date"),
        ]
    );
    assert_eq!(problem["refused_rows"], 7);
    assert_eq!(revision(&lead).await, before);
    let dry = import(&lead, &mine, "?dry_run=true", table).await.ok();
    assert_eq!(counts(&dry), [8, 1, 0, 0, 7]);
    assert_eq!(dry["rows"][1]["errors"][0]["column"], "title");
}

#[tokio::test]
async fn spreadsheets_from_elsewhere_are_read_with_a_mapping() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    says(&member, "Lektorin").await;
    let campaign = campaign(&lead).await;
    let table =
        "\u{feff}Aufgabe;Fällig;Wer;Farbe\r\nText prüfen;2026-03-01;LEKTORIN / Chef;rot\r\n";
    import(&lead, &campaign, "", table)
        .await
        .problem(422, "validation_failed");

    let query = "?dry_run=false&title=Aufgabe&due_on=F%C3%A4llig&assignee=Wer";
    let report = import(&lead, &campaign, query, table).await.ok();
    assert_eq!(
        report["columns"],
        json!([
            {"name": "Aufgabe", "fields": ["title"]},
            {"name": "Fällig", "fields": ["due_on"]},
            {"name": "Wer", "fields": ["assignee"]},
            {"name": "Farbe", "fields": []},
        ])
    );
    assert_eq!(
        report["unmatched"],
        json!([{"text": "Chef", "reason": "nobody", "rows": [2]}])
    );
    let task = format!("/tasks/{}", report["rows"][0]["task_id"].as_str().unwrap());
    let made = lead.get(&task).await.ok();
    assert_eq!(
        (&made["assignee_id"], &made["labels"]),
        (&json!(member.id), &json!(["role:Chef"]))
    );

    // The same in a form.
    let place = format!("/campaigns/{campaign}/imports?dry_run=false");
    let form = |mapping: &str| {
        reqwest::multipart::Form::new()
            .text("mapping", mapping.to_owned())
            .part(
                "file",
                reqwest::multipart::Part::bytes(table.as_bytes()).file_name("plan.csv"),
            )
    };
    let mapping = r#"{"title": "Aufgabe", "due_on": "Fällig", "assignee": "Wer"}"#;
    let again = lead
        .request("POST", &place)
        .multipart(form(mapping))
        .await
        .ok();
    assert_eq!(counts(&again), [1, 0, 0, 1, 0]);
    lead.request("POST", &place)
        .multipart(form(r#"{"title": "Aufgabe", "due_on": "Termin"}"#))
        .await
        .refused_at("/mapping/due_on");
    lead.request("POST", &place)
        .multipart(form(r#"{"titel": "Aufgabe"}"#))
        .await
        .refused_at("/mapping/titel");
    lead.request("POST", &place)
        .multipart(form(r#"{"title": 1}"#))
        .await
        .refused_at("/mapping/title");
    lead.request("POST", &place)
        .multipart(form("nonsense"))
        .await
        .problem(400, "malformed_json");
    lead.request("POST", &place)
        .multipart(reqwest::multipart::Form::new().text("mapping", "{}"))
        .await
        .refused_at("/file");
}

#[tokio::test]
async fn rows_with_one_title_are_told_apart() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = campaign(&lead).await;
    let table = "title,due\nWeekly meeting,2026-03-02\nWeekly meeting,2026-03-09\n";
    let first = run(&lead, &campaign, table).await;
    assert_eq!(counts(&first), [2, 2, 0, 0, 0]);
    let moved = table.replace("03-09", "03-10");
    let second = run(&lead, &campaign, &moved).await;
    assert_eq!(counts(&second), [2, 0, 1, 1, 0]);
    assert_eq!(second["rows"][1]["changed"], json!(["due_on"]));
    assert_eq!(second["rows"][1]["task_id"], first["rows"][1]["task_id"]);
}

#[tokio::test]
async fn what_is_no_table_is_refused() {
    let app = TestApp::start().await;
    let [lead, member] = app.team_with(["lead", "member"]).await;
    let campaign = campaign(&lead).await;
    let place = format!("/campaigns/{campaign}/imports");
    for (table, pointer) in [
        ("", "/rows"),
        ("title,title\nA,B\n", "/rows/1"),
        ("title,due\nA\n", "/rows/2"),
        ("title\n\"A\n", "/rows/2"),
        ("title\nA\0B\n", "/rows/2"),
    ] {
        import(&lead, &campaign, "", table)
            .await
            .refused_at(pointer);
    }
    lead.request("POST", &place)
        .raw("text/csv", b"title\n\xff\n".to_vec())
        .await
        .refused_at("/rows/2");
    lead.post(&place, json!({"title": "A"}))
        .await
        .problem(415, "unsupported_media_type");
    import(&member, &campaign, "", "title\nA\n")
        .await
        .problem(403, "insufficient_role");
    import(
        &lead,
        "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56",
        "",
        "title\nA\n",
    )
    .await
    .problem(404, "not_found");
    let problem = import(&lead, &campaign, "?due_on=Deadline", "title\nA\n")
        .await
        .problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["parameter"], "due_on");

    let problem = import(
        &lead,
        &campaign,
        "",
        &format!("title\n{}", "A\n".repeat(10_001)),
    )
    .await
    .problem(413, "payload_too_large");
    assert_eq!(problem["limit_rows"], 10_000);
    lead.request("POST", &place)
        .raw("text/csv", vec![b'a'; 5 * 1024 * 1024 + 1])
        .await
        .problem(413, "payload_too_large");
    lead.request("POST", &place)
        .raw("multipart/form-data; boundary=x", "--x\r\nnonsense")
        .await
        .problem(400, "malformed_request");
}

#[tokio::test]
async fn a_retried_import_happens_once() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = campaign(&lead).await;
    let place = format!("/campaigns/{campaign}/imports?dry_run=false");
    let send = async |table: &'static str| {
        lead.request("POST", &place)
            .header("Idempotency-Key", "once")
            .raw("text/csv", table)
            .await
    };
    let first = send("title\nA\n").await.ok();
    let again = send("title\nA\n").await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.ok(), first);
    send("title\nB\n")
        .await
        .problem(422, "idempotency_key_reused");
}

/// The largest table there can be; one row more is refused above.
#[tokio::test]
async fn ten_thousand_rows_go_in() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = campaign(&lead).await;
    let table = format!("title\n{}", "A\n".repeat(10_000));
    let report = run(&lead, &campaign, &table).await;
    assert_eq!(counts(&report), [10_000, 10_000, 0, 0, 0]);
    let again = import(&lead, &campaign, "", &table).await.ok();
    assert_eq!(counts(&again), [10_000, 0, 0, 10_000, 0]);
}

/// A table of exactly as many bytes, in a few rows with long descriptions.
fn table_of(bytes: usize) -> String {
    let mut table = "title,description\n".to_owned();
    while table.len() < bytes {
        let room = bytes - table.len();
        // The last row takes what is left, which is never too little for one.
        let row = if room < 9_900 { room } else { 5_000 };
        table.push_str(&format!("A,{}\n", "x".repeat(row - 3)));
    }
    table
}

#[tokio::test]
async fn a_file_of_five_mebibytes_is_taken_alone_and_in_a_form() {
    const MOST: usize = 5 * 1024 * 1024;
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = campaign(&lead).await;
    let place = format!("/campaigns/{campaign}/imports");
    let table = table_of(MOST);
    assert_eq!(table.len(), MOST);
    let rows = i64::try_from(table.lines().count()).unwrap() - 1;
    let form = |table: &str| {
        let part = reqwest::multipart::Part::text(table.to_owned()).file_name("plan.csv");
        reqwest::multipart::Form::new().part("file", part)
    };
    let alone = import(&lead, &campaign, "", &table).await.ok();
    assert_eq!(counts(&alone), [rows, rows, 0, 0, 0]);
    let formed = lead.request("POST", &place).multipart(form(&table)).await;
    assert_eq!(counts(&formed.ok()), [rows, rows, 0, 0, 0]);
    // One byte more is too much, in a form too.
    let longer = table_of(MOST + 1);
    let refused = lead.request("POST", &place).multipart(form(&longer)).await;
    assert_eq!(
        refused.problem(413, "payload_too_large")["limit_bytes"],
        MOST
    );
}
