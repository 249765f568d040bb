//! How large, how long, of what kind, and how often.

use serde_json::json;

use crate::vocabulary::wire::{Wire, exchange};
use crate::vocabulary::{Member, TestApp};

fn path(lead: &Member) -> String {
    format!("/v1/teams/{}/campaigns", lead.team_id)
}

#[tokio::test]
async fn a_body_has_256_kib_at_most() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let body = |bytes: usize| {
        let head = r#"{"name": "A"}"#;
        format!("{head}{}", " ".repeat(bytes - head.len()))
    };
    lead.request("POST", "/campaigns")
        .raw("application/json", body(256 * 1024))
        .await
        .created();
    let problem = lead
        .request("POST", "/campaigns")
        .raw("application/json", body(256 * 1024 + 1))
        .await
        .problem(413, "payload_too_large");
    assert_eq!(problem["limit_bytes"], 256 * 1024);
    // A batch has 1 MiB.
    let batch = |bytes: usize| {
        let head = r#"{"items": []}"#;
        format!("{head}{}", " ".repeat(bytes - head.len()))
    };
    let answer = lead
        .request("POST", "/tasks/batch")
        .raw("application/json", batch(1024 * 1024))
        .await;
    assert_eq!(answer.status, 422, "{}", answer.text);
    lead.request("POST", "/tasks/batch")
        .raw("application/json", batch(1024 * 1024 + 1))
        .await
        .problem(413, "payload_too_large");
}

#[tokio::test]
async fn a_body_that_is_announced_too_large_is_not_waited_for() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let mut wire = Wire::open(&app);
    wire.send(lead.person.head(
        "POST",
        &path(&lead),
        "Content-Type: application/json\r\nContent-Length: 10000000000\r\n",
    ));
    let answer = wire.read_until(|text| text.contains("payload_too_large"));
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn a_body_in_chunks_is_cut_off_where_it_becomes_too_large() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let mut wire = Wire::open(&app);
    wire.send(lead.person.head(
        "POST",
        &path(&lead),
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n",
    ));
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..5 {
        wire.send(&chunk);
    }
    let answer = wire.read_until(|text| text.contains("payload_too_large"));
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");

    // One that fits is read, chunk by chunk.
    let mut wire = Wire::open(&app);
    wire.send(lead.person.head(
        "POST",
        &path(&lead),
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n",
    ));
    for part in ["8\r\n{\"name\":\r\n", "5\r\n \"A\"}\r\n", "0\r\n\r\n"] {
        wire.send(part);
    }
    let answer = wire.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
}

#[tokio::test]
async fn an_address_has_8_kib_at_most() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let longest = 8192 - path(&lead).len() - "?q=".len();
    lead.get(&format!("/campaigns?q={}", "a".repeat(longest)))
        .await
        .problem(400, "invalid_query");
    lead.get(&format!("/campaigns?q={}", "a".repeat(longest + 1)))
        .await
        .problem(414, "uri_too_long");
    let answer = exchange(
        &app,
        lead.person.head(
            "GET",
            &format!("/{}", "a".repeat(60_000)),
            "Connection: close\r\n",
        ),
    );
    assert!(answer.starts_with("HTTP/1.1 414"), "{answer}");
}

#[tokio::test]
async fn a_body_comes_as_json() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let place = format!("/campaigns/{}", campaign["id"].as_str().unwrap());
    for kind in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "APPLICATION/JSON",
        " application/json ; charset=\"utf-8\"",
    ] {
        lead.request("POST", "/campaigns")
            .raw(kind, r#"{"name": "A"}"#)
            .await
            .created();
        lead.request("PATCH", &place)
            .raw(kind, r#"{"objective": "B"}"#)
            .await
            .ok();
    }
    lead.request("PATCH", &place)
        .raw(
            "application/merge-patch+json; charset=utf-8",
            r#"{"objective": "C"}"#,
        )
        .await
        .ok();
    for kind in [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "application/json, text/plain",
        "application/merge-patch+json",
        "application/vnd.api+json",
        "application/json; charset=utf-16",
        "*/*",
        "json",
    ] {
        let problem = lead
            .request("POST", "/campaigns")
            .raw(kind, r#"{"name": "A"}"#)
            .await
            .problem(415, "unsupported_media_type");
        assert_eq!(problem["supported"], json!(["application/json"]), "{kind}");
    }
    // None at all.
    let problem = lead
        .request("POST", "/campaigns")
        .send()
        .await
        .problem(415, "unsupported_media_type");
    assert_eq!(problem["supported"], json!(["application/json"]));
    // Compressed bodies are not taken: a small one could become a large one.
    let answer = lead
        .request("POST", "/campaigns")
        .header("Content-Encoding", "gzip")
        .raw(
            "application/json",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xabV*K\xccMU\xb2RrT\xaa\x05\0\x1a\x11\x9e\x8a\x0d\0\0\0"
                .to_vec(),
        )
        .await;
    assert!(matches!(answer.status, 400 | 415), "{}", answer.text);
}

#[tokio::test]
async fn who_asks_too_often_waits() {
    let app = TestApp::start_with(&["--rate-limit", "8"]).await;
    let (paul, mary) = (app.person("Paul").await, app.person("Mary").await);
    for left in (0..8).rev() {
        let answer = paul.get("/v1/me").await;
        assert_eq!(
            answer.header("ratelimit-policy"),
            Some("\"default\";q=8;w=60")
        );
        let state = answer.header("ratelimit").unwrap().to_owned();
        assert!(
            state.starts_with(&format!("\"default\";r={left};t=")),
            "{state}"
        );
        answer.ok();
    }
    let refused = paul.get("/v1/me").await;
    assert!(refused.header("ratelimit").unwrap().contains("r=0"));
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=8).contains(&wait), "{wait}");
    refused.problem(429, "rate_limited");
    // Also what would have been refused anyway, and nobody else.
    paul.get("/nowhere").await.problem(429, "rate_limited");
    mary.get("/v1/me").await.ok();
    // Probes are never refused.
    for _ in 0..20 {
        paul.get("/healthz").await.ok();
        paul.get("/readyz").await.ok();
    }
}

#[tokio::test]
async fn who_signs_in_too_often_waits_longer() {
    let app = TestApp::start_with(&["--sign-in-rate-limit", "3"]).await;
    let paul = app.person("Paul").await;
    for _ in 0..3 {
        // Refused for its body: no password is hashed, and it counts.
        let answer = paul.post("/v1/sessions", json!({})).await;
        assert_eq!(
            answer.header("ratelimit-policy"),
            Some("\"sign-in\";q=3;w=60")
        );
        answer.problem(422, "validation_failed");
    }
    for path in [
        "/v1/sessions",
        "/v1/accounts",
        "/v1/sessions/refresh",
        "/v1/me/password",
        "/v1/public/registrations/nothing/confirm",
    ] {
        paul.post(path, json!({}))
            .await
            .problem(429, "rate_limited");
    }
    // A token does not make a new bucket, and everything else has its own.
    let mary = app.person("Mary").await;
    mary.post("/v1/sessions", json!({}))
        .await
        .problem(429, "rate_limited");
    mary.get("/v1/me").await.ok();
}

/// Asks as nobody, from `forwarded`, and says what is left in the bucket.
async fn left(app: &TestApp, forwarded: &[&str]) -> String {
    let mut request = app.person("Paul").await.request("POST", "/v1/sessions");
    for line in forwarded {
        request = request.header("X-Forwarded-For", line);
    }
    let answer = request.json(json!({})).await;
    let state = answer.header("ratelimit").unwrap().to_owned();
    let (_, left) = state.split_once("r=").unwrap();
    left.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn x_forwarded_for_is_believed_from_trusted_proxies_alone() {
    let app = TestApp::start_with(&["--sign-in-rate-limit", "10"]).await;
    assert_eq!(left(&app, &["203.0.113.1"]).await, "9");
    assert_eq!(left(&app, &["203.0.113.2"]).await, "8", "all from one peer");

    let app = TestApp::start_with(&[
        "--sign-in-rate-limit",
        "10",
        "--trusted-proxy",
        "127.0.0.1,198.51.100.7",
    ])
    .await;
    assert_eq!(left(&app, &["203.0.113.1"]).await, "9");
    assert_eq!(left(&app, &["203.0.113.1"]).await, "8");
    assert_eq!(left(&app, &["203.0.113.2"]).await, "9", "somebody else");
    // What the client claims stands to the left of what the proxy adds; the rightmost stranger counts.
    assert_eq!(left(&app, &["8.8.8.8, 203.0.113.2"]).await, "8");
    assert_eq!(
        left(&app, &["9.9.9.9,203.0.113.2, 198.51.100.7"]).await,
        "7"
    );
    assert_eq!(left(&app, &["9.9.9.9", "203.0.113.2"]).await, "6");
    assert_eq!(left(&app, &["2001:db8::1"]).await, "9");
    assert_eq!(left(&app, &["2001:DB8:0::1"]).await, "8");
    assert_eq!(
        left(&app, &["[2001:db8::1]:4711"]).await,
        "7",
        "with its port"
    );
    assert_eq!(left(&app, &["203.0.113.1:4711"]).await, "7");
    assert_eq!(left(&app, &["::ffff:203.0.113.1"]).await, "6");
    // What is no address was not said by a proxy of ours, and what stands left of it by nobody.
    assert_eq!(
        left(&app, &["8.8.8.8, unknown"]).await,
        "9",
        "the proxy itself"
    );
    assert_eq!(left(&app, &["unknown"]).await, "8");
    assert_eq!(left(&app, &[""]).await, "7");
    assert_eq!(left(&app, &["8.8.8.8"]).await, "9", "untouched so far");
}
