//! Headers that come in wrong, and headers that go out with every answer.

use serde_json::json;

use crate::vocabulary::wire::{Wire, exchange};
use crate::vocabulary::{TestApp, watch};

#[tokio::test]
async fn an_idempotency_key_is_1_to_255_visible_characters() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let longest = "k".repeat(255);
    lead.request("POST", "/campaigns")
        .header("Idempotency-Key", &longest)
        .json(json!({"name": "A"}))
        .await
        .created();
    let too_long = "k".repeat(256);
    for key in ["", "two words", "tab\tinside", "ключ", "clé", &too_long] {
        lead.request("POST", "/campaigns")
            .header("Idempotency-Key", key)
            .json(json!({"name": "A"}))
            .await
            .problem(400, "invalid_header");
    }
    // Two keys: which one is meant?
    lead.request("POST", "/campaigns")
        .header("Idempotency-Key", "one")
        .header("Idempotency-Key", "two")
        .json(json!({"name": "A"}))
        .await
        .problem(400, "invalid_header");
    assert_eq!(lead.all("/campaigns").await.len(), 1);
}

#[tokio::test]
async fn if_match_takes_tags_and_nothing_else() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaign = lead
        .post("/campaigns", json!({"name": "A"}))
        .await
        .created();
    let place = format!("/campaigns/{}", campaign["id"].as_str().unwrap());
    let tag = format!("\"{}\"", campaign["version"]);
    for garbage in [
        "",
        "1",
        "\"",
        "\"1",
        "1\"",
        "W/1",
        "w/\"1\"",
        "\"1\" \"2\"",
        "\"1\",",
        "\"1\",2",
        "*, \"1\"",
        "'1'",
        "\"ä\"1",
    ] {
        lead.request("PATCH", &place)
            .header("If-Match", garbage)
            .json(json!({"name": "B"}))
            .await
            .problem(400, "invalid_header");
        lead.request("GET", &place)
            .header("If-None-Match", garbage)
            .send()
            .await
            .problem(400, "invalid_header");
    }
    // A weak tag guards nothing (RFC 9110, 13.1.1).
    lead.request("PATCH", &place)
        .header("If-Match", &format!("W/{tag}"))
        .json(json!({"name": "B"}))
        .await
        .problem(412, "version_conflict");
    // Several lines are one list (RFC 9110, 5.3).
    lead.request("PATCH", &place)
        .header("If-Match", "\"999\"")
        .header("If-Match", &tag)
        .json(json!({"name": "B"}))
        .await
        .ok();
    lead.request("PATCH", &place)
        .header("If-Match", "*")
        .json(json!({"name": "C"}))
        .await
        .ok();
}

#[tokio::test]
async fn a_token_comes_in_one_well_formed_header() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let token = &lead.person.token;
    let path = format!("/v1/teams/{}/campaigns", lead.team_id);
    let with = |header: String| {
        exchange(
            &app,
            format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{header}\r\n"),
        )
    };
    assert!(with(format!("Authorization: Bearer {token}\r\n")).starts_with("HTTP/1.1 200"));
    assert!(with(format!("AUTHORIZATION: bearer   {token}\r\n")).starts_with("HTTP/1.1 200"));
    for header in [
        String::new(),
        "Authorization:\r\n".to_owned(),
        "Authorization: Bearer\r\n".to_owned(),
        "Authorization: Bearer \r\n".to_owned(),
        format!("Authorization: {token}\r\n"),
        format!("Authorization: Basic {token}\r\n"),
        format!("Authorization: Token {token}\r\n"),
        format!("Authorization: Bearer {token}x\r\n"),
        format!("Authorization: Bearer {token} {token}\r\n"),
        format!("Authorization: Bearer {token},{token}\r\n"),
        "Authorization: Bearer a.b.c\r\n".to_owned(),
        "Authorization: Bearer ..\r\n".to_owned(),
        format!("Authorization: Bearer {}\r\n", "a".repeat(60_000)),
        format!("Cookie: access_token={token}\r\n"),
        format!("X-Authorization: Bearer {token}\r\n"),
    ] {
        let answer = with(header);
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.contains("www-authenticate: Bearer"), "{answer}");
        assert!(answer.contains("\"code\":\"unauthenticated\""), "{answer}");
    }
    // A bad token comes before a bad body, an unknown parameter and an unknown team.
    let answer = exchange(
        &app,
        format!(
            "POST {path}?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n{{x}}"
        ),
    );
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[tokio::test]
async fn a_request_id_is_taken_over_when_it_is_well_formed() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let longest = "r".repeat(64);
    for good in ["01J8ZK2M5N", "a-b_c.d-e", &longest] {
        let answer = lead
            .request("GET", "/campaigns/none")
            .header("X-Request-Id", good)
            .send()
            .await;
        assert_eq!(answer.header("x-request-id"), Some(good));
        assert_eq!(answer.body["request_id"], good);
    }
    let too_long = "r".repeat(65);
    for bad in [
        "",
        "short",
        "with blank",
        "semi;colon",
        "a\tb-c-d-e-f",
        "ümläut-umlaut",
        "\"quoted-text\"",
        "line%0abreak",
        "<script>alert</script>",
        &too_long,
    ] {
        let answer = lead
            .request("GET", "/campaigns/none")
            .header("X-Request-Id", bad)
            .send()
            .await;
        let given = answer.header("x-request-id").unwrap().to_owned();
        assert_ne!(given, bad);
        assert_eq!(given.len(), 36, "a new id: {given}");
        assert_eq!(answer.body["request_id"], given);
    }
    // The log line of a request has the id, the pattern of its route, and nothing that came with it.
    let id = "find-me-in-the-log";
    lead.request("GET", "/campaigns?q=CANARY-in-a-query")
        .header("X-Request-Id", id)
        .send()
        .await
        .ok();
    let line = watch::lines()
        .into_iter()
        .find(|line| line.contains(id))
        .expect("a line");
    for part in [
        "method=GET",
        "route=/v1/teams/{team_id}/campaigns",
        "status=200",
        "ms=",
        &format!("account={}", lead.person.account_id),
    ] {
        assert!(line.contains(part), "{line} has {part}");
    }
}

/// Every kind of answer: the vocabulary checks the headers of each (`watch::check`), here are the kinds that no
/// other test meets.
#[tokio::test]
async fn every_answer_has_its_headers() {
    let app = TestApp::start_with(&["--cors-origin", "https://app.example.org"]).await;
    let person = app.person("Paul").await;
    for (method, path) in [
        ("GET", "/healthz"),
        ("HEAD", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/problems"),
        ("GET", "/openapi.json"),
        ("GET", "/.well-known/jwks.json"),
        ("GET", "/docs/"),
        ("GET", "/docs/swagger-ui.css"),
        ("GET", "/docs/nothing"),
        ("GET", "/"),
        ("GET", "/nowhere"),
        ("HEAD", "/nowhere"),
        ("OPTIONS", "/v1/teams"),
        ("TRACE", "/v1/teams"),
        ("CONNECT", "/v1/teams"),
        ("PROPFIND", "/v1/teams"),
        ("POST", "/healthz"),
        ("GET", "/v1/teams"),
        ("HEAD", "/v1/teams"),
        ("DELETE", "/v1/teams"),
    ] {
        person.request(method, path).send().await;
    }
    for origin in ["https://app.example.org", "https://evil.example.org"] {
        for wanted in ["GET", "BREW"] {
            person
                .request("OPTIONS", "/v1/teams")
                .header("Origin", origin)
                .header("Access-Control-Request-Method", wanted)
                .send()
                .await;
        }
    }
}

#[tokio::test]
async fn browsers_may_call_from_the_listed_origins_exactly() {
    let app = TestApp::start_with(&[
        "--cors-origin",
        "https://app.example.org,http://localhost:3000",
    ])
    .await;
    let person = app.person("Paul").await;
    for origin in ["https://app.example.org", "http://localhost:3000"] {
        // Good answers, problems of handlers, of the router, and of the limits alike: else a page cannot read why.
        for (method, path, status) in [
            ("GET", "/v1/me", 200),
            ("GET", "/v1/me?x=1", 400),
            ("GET", "/nowhere", 404),
            ("PUT", "/v1/me", 405),
            ("POST", "/v1/teams", 415),
            ("GET", &format!("/v1/me?{}", "x".repeat(8200)), 414),
        ] {
            let answer = person
                .request(method, path)
                .header("Origin", origin)
                .send()
                .await;
            assert_eq!(answer.status, status, "{method} {path}");
            assert_eq!(
                answer.header("access-control-allow-origin"),
                Some(origin),
                "{method} {path}"
            );
            assert!(
                answer
                    .header("vary")
                    .is_some_and(|vary| vary.contains("Origin")),
                "{method} {path}"
            );
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
        let preflight = person
            .request("OPTIONS", "/v1/teams")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "PATCH")
            .header(
                "Access-Control-Request-Headers",
                "authorization,content-type,if-match,idempotency-key",
            )
            .send()
            .await;
        assert_eq!(preflight.status, 200, "{}", preflight.text);
        assert_eq!(
            preflight.header("access-control-allow-origin"),
            Some(origin)
        );
    }
    for origin in [
        "https://app.example.org.evil.org",
        "https://evil-app.example.org",
        "http://app.example.org",
        "https://app.example.org:8443",
        "https://app.example.org/",
        "HTTPS://APP.EXAMPLE.ORG",
        "null",
        "*",
        "",
    ] {
        let answer = person
            .request("GET", "/v1/me")
            .header("Origin", origin)
            .send()
            .await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
        let preflight = person
            .request("OPTIONS", "/v1/me")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "GET")
            .send()
            .await;
        assert!(preflight.status >= 400, "{origin}: {}", preflight.status);
        assert_eq!(
            preflight.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
    }
    // Without a list nobody may.
    let app = TestApp::start().await;
    let person = app.person("Paul").await;
    let answer = person
        .request("GET", "/v1/me")
        .header("Origin", "https://app.example.org")
        .send()
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_head_that_is_no_http_is_answered_and_closed() {
    let app = TestApp::start().await;
    let many = (0..200)
        .map(|n| format!("X-{n}: y\r\n"))
        .collect::<String>();
    let long = format!("X-Long: {}\r\n", "y".repeat(200_000));
    let bodies = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    for (what, request) in [
        ("no request", "hello\r\n\r\n".to_owned()),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n".to_owned()),
        ("no version", "GET /\r\n\r\n".to_owned()),
        ("version 9", "GET / HTTP/9.9\r\nHost: x\r\n\r\n".to_owned()),
        ("HTTP/2 as it is", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
        ("a header without colon", "GET / HTTP/1.1\r\nHost x\r\n\r\n".to_owned()),
        ("a blank before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n".to_owned()),
        ("a folded header", "GET / HTTP/1.1\r\nHost: x\r\n y\r\n\r\n".to_owned()),
        ("two hundred headers", format!("GET / HTTP/1.1\r\n{many}\r\n")),
        ("a header of 200 kB", format!("GET / HTTP/1.1\r\n{long}\r\n")),
        ("a negative length", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_owned()),
        ("no length", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n".to_owned()),
        ("two lengths", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_owned()),
        ("an endless length", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n".to_owned()),
        ("length and chunks", format!("POST /v1/sessions HTTP/1.1\r\nHost: x\r\n{bodies}\r\n0\r\n\r\n")),
        ("an unknown coding", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: zip\r\n\r\nx".to_owned()),
        ("a broken chunk", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned()),
        ("a chunk without end", "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n".to_owned()),
    ] {
        let answer = exchange(&app, request);
        assert!(
            answer.starts_with("HTTP/1.1 4") || answer.is_empty(),
            "{what}: {answer}"
        );
        assert!(!answer.contains("panicked"), "{what}: {answer}");
    }
    // And goes on for everybody else.
    app.person("Paul").await.get("/v1/me").await.ok();
}

#[tokio::test]
async fn a_smuggled_request_is_not_served() {
    let app = TestApp::start().await;
    let person = app.person("Paul").await;
    // What one proxy takes for a body and another for a request.
    for head in [
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding : chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: chunked, identity\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4, 4\r\n",
    ] {
        let mut wire = Wire::open(&app);
        wire.send(person.head("POST", "/v1/teams", head));
        wire.send(format!("0\r\n\r\n{}", person.head("GET", "/v1/me", "")));
        let answer = wire.read_to_end();
        assert!(!answer.contains("200 OK"), "{head}: {answer}");
    }
}
