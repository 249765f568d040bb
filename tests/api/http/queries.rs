//! Query strings: parameters that are unknown, repeated or wrong; cursors that nobody made; text that looks like
//! a pattern.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::vocabulary::TestApp;
use crate::vocabulary::wire::exchange;

#[tokio::test]
async fn an_unknown_parameter_is_refused_and_the_known_ones_are_named() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for query in [
        "nonsense=1",
        "Status=draft",
        "status%20=draft",
        "offset=10",
        "page=2",
        "=1",
        "limit=1&nonsense",
        "q[]=a",
        "embed=lead",
    ] {
        let problem = lead
            .get(&format!("/campaigns?{query}"))
            .await
            .problem(400, "unknown_parameter");
        assert!(
            problem["detail"].as_str().unwrap().contains("cursor"),
            "{problem}"
        );
    }
    // Also where nothing is known, and where something is written.
    lead.person
        .get("/v1/me?verbose=true")
        .await
        .problem(400, "unknown_parameter");
    lead.post("/campaigns?dry_run=true", json!({"name": "A"}))
        .await
        .problem(400, "unknown_parameter");
    app.person("Somebody")
        .await
        .get("/problems?x=1")
        .await
        .problem(400, "unknown_parameter");
    assert_eq!(lead.all("/campaigns").await.len(), 0, "nothing was written");
}

#[tokio::test]
async fn a_parameter_comes_once() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for query in [
        "limit=1&limit=1",
        "limit=1&limit=2",
        "status=draft&status=active",
        "q=a&%71=b",
        "sort=created_at&sort=-created_at",
    ] {
        let problem = lead
            .get(&format!("/campaigns?{query}"))
            .await
            .problem(400, "invalid_query");
        assert!(!problem["errors"][0]["parameter"].is_null(), "{problem}");
    }
}

#[tokio::test]
async fn a_wrong_value_is_named() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for (parameter, values) in [
        (
            "limit",
            &[
                "0",
                "-1",
                "101",
                "1.5",
                "1e2",
                "ten",
                "",
                "%00",
                "9223372036854775808",
                "%2B",
                "0x10",
            ][..],
        ),
        ("include_total", &["1", "yes", "", "True"]),
        (
            "sort",
            &[
                "",
                "-",
                "--created_at",
                "name",
                "created_at,",
                "created_at;drop",
                "-created_at%00",
            ],
        ),
        (
            "status",
            &["", "Draft", "draft,", "draft,,active", "draft%00", "*"],
        ),
        (
            "lead_id",
            &[
                "",
                "you",
                "0",
                "me;",
                "00000000-0000-0000-0000-00000000000g",
            ],
        ),
        (
            "fields",
            &["", "nonsense", "name,nonsense", "search", "trash_root_id"],
        ),
        ("q", &["", "%20", "%00", "a%00b", "%1b"]),
    ] {
        for value in values {
            let problem = lead
                .get(&format!("/campaigns?{parameter}={value}"))
                .await
                .problem(400, "invalid_query");
            assert_eq!(
                problem["errors"][0]["parameter"], parameter,
                "{parameter}={value}: {problem}"
            );
        }
    }
    let long = "a".repeat(201);
    lead.get(&format!("/campaigns?q={long}"))
        .await
        .problem(400, "invalid_query");
    let many = vec!["draft"; 51].join(",");
    lead.get(&format!("/campaigns?status={many}"))
        .await
        .problem(400, "invalid_query");
    // What is no UTF-8, however it is written.
    for text in ["%ff", "%c0%80", "%ed%a0%bd", "a%e2%82"] {
        lead.get(&format!("/campaigns?q={text}"))
            .await
            .problem(400, "invalid_query");
        lead.get(&format!("/campaigns?{text}=1"))
            .await
            .problem(400, "invalid_query");
    }
}

#[tokio::test]
async fn a_path_that_is_no_id_names_nothing() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let id = "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56";
    for part in [
        "0".to_owned(),
        "%00".to_owned(),
        format!("{id}%00"),
        format!("{id}%0a"),
        format!("%20{id}"),
        format!("{{{id}}}"),
        format!("urn:uuid:{id}"),
        "..%2fcampaigns".to_owned(),
        "%ff".to_owned(),
        "%".to_owned(),
        "' OR 1=1 --".to_owned(),
        id.to_owned(),
        id.to_uppercase(),
        id.replace('-', ""),
        "00000000-0000-0000-0000-000000000000".to_owned(),
        "a".repeat(4000),
    ] {
        for place in ["campaigns", "milestones", "tasks"] {
            lead.get(&format!("/{place}/{part}"))
                .await
                .problem(404, "not_found");
        }
        lead.person
            .get(&format!("/v1/teams/{part}/campaigns"))
            .await
            .problem(404, "not_found");
    }
    for path in [
        "/v1/",
        "/v1/teams/",
        "//v1/teams",
        "/V1/teams",
        "/v1/teams/%2e%2e",
        "/problems/no-such",
    ] {
        lead.person.get(path).await.problem(404, "not_found");
    }
    // Not even a client that sends a bare NUL gets further than the parser.
    let answer = exchange(
        &app,
        b"GET /v1/teams/\0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn a_cursor_is_good_for_the_list_that_made_it_and_no_other() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for name in ["A", "B", "C"] {
        lead.post(
            "/campaigns",
            json!({"name": name, "starts_on": "2026-01-01"}),
        )
        .await
        .created();
    }
    let page = lead.get("/campaigns?limit=1").await.ok();
    let cursor = page["next_cursor"].as_str().unwrap();
    lead.get(&format!("/campaigns?limit=2&cursor={cursor}"))
        .await
        .ok();
    // With another filter, sort or list.
    for path in [
        "/campaigns?status=draft&",
        "/campaigns?sort=-starts_on&",
        "/campaigns?sort=created_at&",
        "/campaigns?q=a&",
        "/milestones?",
        "/tasks?",
        "/members?",
        "/changes?",
    ] {
        lead.get(&format!("{path}cursor={cursor}"))
            .await
            .problem(400, "invalid_cursor");
    }
    let [other] = app.team_with(["lead"]).await;
    other
        .get(&format!("/campaigns?cursor={cursor}"))
        .await
        .problem(400, "invalid_cursor");
    for garbage in [
        "",
        "x",
        "%00",
        "%ff",
        "null",
        "e30",
        "bnVsbA",
        "W10",
        &cursor[1..],
        &cursor[..cursor.len() - 1],
        &format!("{cursor}="),
        &format!("{cursor}{cursor}"),
        &"A".repeat(4000),
    ] {
        let answer = lead.get(&format!("/campaigns?cursor={garbage}")).await;
        assert_eq!(answer.status, 400, "{garbage}: {}", answer.text);
    }
    // Forged: the right list with keys of other kinds.
    let made: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).unwrap()).unwrap();
    for key in [
        json!(null),
        json!(1),
        json!(-1),
        json!(1e300),
        json!(""),
        json!("x"),
        json!("\u{0}"),
        json!("2026-13-45T99:99:99Z"),
        json!("-262143-01-01T00:00:00Z"),
        json!("+262142-12-31T23:59:59Z"),
        json!("9999-12-31T23:59:59Z"),
        json!([]),
        json!({}),
        json!(["2026-01-01T00:00:00Z"]),
    ] {
        let mut forged = made.clone();
        forged["key"] = key.clone();
        let text = URL_SAFE_NO_PAD.encode(forged.to_string());
        let answer = lead.get(&format!("/campaigns?cursor={text}")).await;
        assert!(
            answer.status == 200 || answer.body["code"] == "invalid_cursor",
            "{key}: {}",
            answer.text
        );
    }
    for (member, value) in [
        ("id", json!("x")),
        ("id", json!(null)),
        ("id", json!(1)),
        ("list", json!("")),
        ("list", json!(null)),
        ("more", json!(1)),
    ] {
        let mut forged = made.clone();
        forged[member] = value;
        let text = URL_SAFE_NO_PAD.encode(forged.to_string());
        let answer = lead.get(&format!("/campaigns?cursor={text}")).await;
        assert!(
            member == "more" || answer.body["code"] == "invalid_cursor",
            "{member}: {}",
            answer.text
        );
    }
    // A list with nulls, sorted by a date.
    let page = lead.get("/campaigns?limit=1&sort=starts_on").await.ok();
    let made = URL_SAFE_NO_PAD
        .decode(page["next_cursor"].as_str().unwrap())
        .unwrap();
    let made: Value = serde_json::from_slice(&made).unwrap();
    for key in [
        json!(null),
        json!(0),
        json!("2026-02-30"),
        json!("0000-00-00"),
        json!("-9999-01-01"),
        json!("99999-01-01"),
        json!("2026-01-01T00:00:00Z"),
    ] {
        let mut forged = made.clone();
        forged["key"] = key.clone();
        let text = URL_SAFE_NO_PAD.encode(forged.to_string());
        let answer = lead
            .get(&format!("/campaigns?sort=starts_on&cursor={text}"))
            .await;
        assert!(
            answer.status == 200 || answer.body["code"] == "invalid_cursor",
            "{key}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn signs_of_patterns_match_themselves_alone() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let names = [
        "100%",
        "a_b",
        "wow!",
        r"back\slash",
        "it's",
        "[x]",
        "a*b",
        "plain",
        "Ärger ÉTÉ",
    ];
    for name in names {
        lead.post("/campaigns", json!({"name": name}))
            .await
            .created();
        lead.post("/tasks", json!({"title": name})).await.created();
    }
    let encode = |text: &str| {
        text.bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect::<String>()
    };
    for (words, expected) in [
        ("%", &["100%"][..]),
        ("%%", &[]),
        ("0%", &["100%"]),
        ("1%", &[]),
        ("_", &["a_b"]),
        ("a_b", &["a_b"]),
        ("a__b", &[]),
        ("!", &["wow!"]),
        ("!!", &[]),
        ("!%", &[]),
        ("!_", &[]),
        (r"\", &[r"back\slash"]),
        (r"\\", &[]),
        (r"\%", &[]),
        (r"k\s", &[r"back\slash"]),
        ("'", &["it's"]),
        ("''", &[]),
        ("[x]", &["[x]"]),
        ("[a-z]", &[]),
        ("*", &["a*b"]),
        ("a*b", &["a*b"]),
        ("?", &[]),
        ("PLAIN", &["plain"]),
        ("ärger", &["Ärger ÉTÉ"]),
        ("été", &["Ärger ÉTÉ"]),
        ("e\u{301}te\u{301}", &["Ärger ÉTÉ"]),
    ] {
        for (list, member) in [("campaigns", "name"), ("tasks", "title")] {
            let found: Vec<String> = lead
                .all(&format!("/{list}?q={}", encode(words)))
                .await
                .iter()
                .map(|one| one[member].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(found, expected, "{list}?q={words}");
        }
    }
}
