//! Bodies that are no JSON, no object, or not what the operation takes.

use serde_json::{Value, json};

use crate::vocabulary::{Member, TestApp};

/// Posts bytes as a campaign.
async fn post(lead: &Member, body: impl Into<Vec<u8>>) -> crate::vocabulary::Answer {
    lead.request("POST", "/campaigns")
        .raw("application/json", body.into())
        .await
}

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let deep = |levels: usize| {
        format!(
            r#"{{"name": {}1{}}}"#,
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", b"".to_vec()),
        ("blanks", b" \n\t ".to_vec()),
        ("a word", b"name".to_vec()),
        ("cut off", br#"{"name": "A"#.to_vec()),
        ("cut off after the value", br#"{"name": "A""#.to_vec()),
        ("a comma too many", br#"{"name": "A",}"#.to_vec()),
        ("single quotes", b"{'name': 'A'}".to_vec()),
        ("a comment", br#"{"name": "A"} // x"#.to_vec()),
        ("text behind it", br#"{"name": "A"} {}"#.to_vec()),
        ("a member twice", br#"{"name": "A", "name": "B"}"#.to_vec()),
        (
            "a member twice, once escaped",
            br#"{"name": "A", "na\u006de": "B"}"#.to_vec(),
        ),
        (
            "a nested member twice",
            br#"{"name": "A", "budget": {"currency": "EUR", "currency": "USD", "amount_minor": 1}}"#.to_vec(),
        ),
        ("too deep", deep(32).into_bytes()),
        ("a hundred thousand levels", "[".repeat(100_000).into_bytes()),
        (
            "a hundred thousand levels of objects",
            r#"{"a":"#.repeat(40_000).into_bytes(),
        ),
        ("half a surrogate", br#"{"name": "\ud83d"}"#.to_vec()),
        ("the other half", br#"{"name": "\ude00"}"#.to_vec()),
        ("a surrogate and a letter", br#"{"name": "\ud83dA"}"#.to_vec()),
        ("a surrogate in UTF-8", b"{\"name\": \"\xed\xa0\xbd\"}".to_vec()),
        ("no UTF-8", b"{\"name\": \"\xff\xfe\"}".to_vec()),
        ("an overlong slash", b"{\"name\": \"\xc0\xaf\"}".to_vec()),
        ("UTF-8 cut off", b"{\"name\": \"\xe2\x82\"}".to_vec()),
        ("a byte order mark", b"\xef\xbb\xbf{\"name\": \"A\"}".to_vec()),
        ("UTF-16", "{\"name\": \"A\"}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a control character as it is", b"{\"name\": \"A\x01\"}".to_vec()),
        ("NUL as it is", b"{\"name\": \"A\0\"}".to_vec()),
        ("NUL behind it", b"{\"name\": \"A\"}\0".to_vec()),
        ("an unknown escape", br#"{"name": "\x41"}"#.to_vec()),
        ("infinity", br#"{"name": "A", "budget": {"amount_minor": 1e400, "currency": "EUR"}}"#.to_vec()),
        ("no number", br#"{"name": NaN}"#.to_vec()),
        ("an octal number", br#"{"name": 017}"#.to_vec()),
        ("a plus sign", br#"{"name": +1}"#.to_vec()),
    ];
    for (what, body) in bodies {
        let problem = post(&lead, body).await.problem(400, "malformed_json");
        assert!(
            problem["detail"].as_str().unwrap().len() < 200,
            "{what}: {problem}"
        );
    }
    // 32 levels are allowed; that it is no text is another matter.
    post(&lead, deep(31)).await.refused_at("/name");
}

#[tokio::test]
async fn what_is_no_object_is_refused_as_a_whole() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for body in [
        "[]",
        r#"["A"]"#,
        r#"[{"name": "A"}]"#,
        "null",
        "true",
        "1",
        r#""name""#,
    ] {
        let problem = post(&lead, body).await.refused_at("");
        assert_eq!(problem["errors"][0]["code"], "wrong_type", "{body}");
    }
}

#[tokio::test]
async fn an_array_is_no_nested_object_either() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for budget in [
        json!([1, "EUR"]),
        json!([]),
        json!("1 EUR"),
        json!(1),
        json!(true),
    ] {
        lead.post("/campaigns", json!({"name": "A", "budget": budget}))
            .await
            .refused_at("/budget");
    }
    lead.post("/campaigns", json!({"name": "A", "budget": {}}))
        .await
        .problem(422, "validation_failed");
}

#[tokio::test]
async fn a_wrong_type_is_refused_where_it_is() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let values = [
        json!(1),
        json!(1.5),
        json!(true),
        json!([]),
        json!(["A"]),
        json!({}),
        json!({"A": null}),
    ];
    for member in ["name", "objective", "starts_on", "lead_id", "colour"] {
        for value in &values {
            let mut body = json!({"name": "A"});
            body[member] = value.clone();
            lead.post("/campaigns", body)
                .await
                .refused_at(&format!("/{member}"));
        }
    }
    let campaign = lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let place = format!("/campaigns/{}", campaign["id"].as_str().unwrap());
    for status in [
        json!(null),
        json!({"planned": null}),
        json!(["planned"]),
        json!(1),
        json!("Planned"),
        json!(""),
    ] {
        lead.patch(&place, json!({"status": status}))
            .await
            .refused_at("/status");
    }
    // Null clears what may be empty, and nothing else.
    for member in ["name", "objective", "description"] {
        lead.patch(&place, json!({member: null}))
            .await
            .refused_at(&format!("/{member}"));
    }
    lead.patch(&place, json!({"starts_on": null, "budget": null}))
        .await
        .ok();
}

#[tokio::test]
async fn numbers_are_whole_and_in_range() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let refused = [
        "-1",
        "1.5",
        "1.0",
        "1e2",
        "-0.0",
        "1e308",
        "9007199254740992",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "-9223372036854775809",
        "123456789012345678901234567890",
        "\"1\"",
        "null",
        "true",
    ];
    for number in refused {
        let body = format!(
            r#"{{"name": "A", "budget": {{"amount_minor": {number}, "currency": "EUR"}}}}"#
        );
        let problem = post(&lead, body).await.refused_at("/budget/amount_minor");
        assert!(
            !problem["errors"][0]["detail"]
                .as_str()
                .unwrap()
                .contains("i64"),
            "{problem}"
        );
    }
    for number in ["0", "9007199254740991"] {
        let body = format!(
            r#"{{"name": "A", "budget": {{"amount_minor": {number}, "currency": "EUR"}}}}"#
        );
        post(&lead, body).await.created();
    }
}

#[tokio::test]
async fn lengths_count_characters_after_trimming_and_nfc() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for (what, unit, kept) in [
        ("letters", "a", "a"),
        ("two bytes", "é", "é"),
        ("letter and accent", "e\u{301}", "é"),
        ("emoji", "😀", "😀"),
        ("Hangul in parts", "\u{1112}\u{1161}\u{11ab}", "한"),
    ] {
        let fits = lead
            .post(
                "/campaigns",
                json!({"name": format!("  {} \n", unit.repeat(100))}),
            )
            .await
            .created();
        assert_eq!(fits["name"], kept.repeat(100), "{what}");
        let problem = lead
            .post("/campaigns", json!({"name": unit.repeat(101)}))
            .await
            .refused_at("/name");
        assert_eq!(problem["errors"][0]["code"], "too_long", "{what}");
        assert_eq!(problem["errors"][0]["params"], json!({"max": 100}));
    }
    // A family is seven code points, however it looks.
    let family = "👨‍👩‍👧‍👦";
    lead.post("/campaigns", json!({"name": family.repeat(14)}))
        .await
        .created();
    lead.post("/campaigns", json!({"name": family.repeat(15)}))
        .await
        .refused_at("/name");
    // A title has 200.
    lead.post("/tasks", json!({"title": "e\u{301}".repeat(200)}))
        .await
        .created();
    lead.post("/tasks", json!({"title": "e\u{301}".repeat(201)}))
        .await
        .refused_at("/title");
    for blank in ["", " ", "\n\t", "\u{a0}\u{2003}"] {
        let problem = lead
            .post("/campaigns", json!({"name": blank}))
            .await
            .refused_at("/name");
        assert_eq!(problem["errors"][0]["code"], "required");
    }
    let long = lead
        .post(
            "/campaigns",
            json!({"name": "A", "description": "x".repeat(50_001)}),
        )
        .await
        .refused_at("/description");
    assert!(long.to_string().len() < 2000, "the text is not sent back");
}

#[tokio::test]
async fn control_characters_are_refused_but_for_line_ends_and_tabs() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for character in [
        '\0', '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\u{1b}', '\u{7f}', '\u{85}', '\u{9f}',
    ] {
        for member in ["name", "description"] {
            let mut body = json!({"name": "A"});
            body[member] = json!(format!("a{character}b"));
            let problem = lead
                .post("/campaigns", body.clone())
                .await
                .refused_at(&format!("/{member}"));
            assert_eq!(problem["errors"][0]["code"], "control_character");
            // At the end, too, where white space is trimmed: nothing is dropped silently.
            body[member] = json!(format!("a{character}"));
            let problem = lead
                .post("/campaigns", body)
                .await
                .refused_at(&format!("/{member}"));
            assert_eq!(problem["errors"][0]["code"], "control_character");
        }
    }
    let campaign = lead
        .post(
            "/campaigns",
            json!({"name": "A", "description": "one\ntwo\r\n\tthree"}),
        )
        .await
        .created();
    assert_eq!(campaign["description"], "one\ntwo\r\n\tthree");
}

#[tokio::test]
async fn unknown_members_are_refused_wherever_they_are() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for (body, pointer) in [
        (json!({"name": "A", "nonsense": 1}), "/nonsense"),
        (json!({"name": "A", "Name": "B"}), "/Name"),
        (json!({"name": "A", "": 1}), "/"),
        (json!({"name": "A", "a/b~c": 1}), "/a~1b~0c"),
        (json!({"name": "A", "__proto__": {}}), "/__proto__"),
        (json!({"name": "A", "a`b": 1}), "/a`b"),
        (
            json!({"name": "A", "\u{1}a\u{1}b\u{1}{}\u{1}": 1}),
            "/\u{1}a\u{1}b\u{1}{}\u{1}",
        ),
        // What the answer has is not for the client to say.
        (
            json!({"name": "A", "id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56"}),
            "/id",
        ),
        (
            json!({"name": "A", "team_id": "0190a5c3-7d2e-7c11-9a43-2f3d1e0b6a56"}),
            "/team_id",
        ),
        (json!({"name": "A", "version": 7}), "/version"),
        (json!({"name": "A", "search": "x"}), "/search"),
        (json!({"name": "A", "status": "active"}), "/status"),
        (
            json!({"name": "A", "budget": {"amount_minor": 1, "currency": "EUR", "vat": 1}}),
            "/budget/vat",
        ),
    ] {
        let problem = lead.post("/campaigns", body).await.refused_at(pointer);
        assert_eq!(problem["errors"][0]["code"], "unknown_member", "{problem}");
    }
}

#[tokio::test]
async fn all_errors_of_a_long_list_come_in_good_time_and_in_bounds() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let mut body = json!({"name": "A"});
    for number in 0..5000 {
        body[format!("nonsense_{number}")] = json!("x".repeat(10));
    }
    let began = std::time::Instant::now();
    let problem = lead
        .post("/campaigns", body)
        .await
        .problem(422, "validation_failed");
    assert_eq!(problem["errors"].as_array().map(Vec::len), Some(50));
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    // A name of a member can be as long as the body; what is sent back is not.
    let problem = lead
        .post(
            "/campaigns",
            json!({"name": "A", "x".repeat(100_000): Value::Null}),
        )
        .await
        .problem(422, "validation_failed");
    assert!(problem.to_string().len() < 10_000);
}
