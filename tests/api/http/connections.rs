//! The connection itself: slow, rude and hasty clients.

use std::io::Write;
use std::net::Shutdown;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::vocabulary::TestApp;
use crate::vocabulary::wire::Wire;

/// How long a slow client is suffered, and how late the test may notice.
const PATIENCE: Duration = Duration::from_secs(15);
const SLACK: Duration = Duration::from_secs(2);

/// A way to be slow: what is sent at first, and what is then sent byte by byte.
struct Slow {
    what: &'static str,
    first: String,
    drip: &'static [u8],
}

#[tokio::test]
async fn slow_clients_are_cut_off_while_everybody_else_is_served() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let campaigns = format!("/v1/teams/{}/campaigns", lead.team_id);
    let json = "Content-Type: application/json\r\n";
    let length = "Content-Length: 1000\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let first = |method, path: &str, headers: String| lead.person.head(method, path, &headers);
    let get = first("GET", "/v1/me", String::new());
    let ways = [
        Slow {
            what: "a head that never comes",
            first: String::new(),
            drip: b"",
        },
        Slow {
            what: "a slow head",
            first: "GET / HTTP/1.1\r\n".to_owned(),
            drip: b"X-A: b\r\n",
        },
        Slow {
            what: "a slow head after a good request",
            first: format!("{get}GET / HTTP/1.1\r\n"),
            drip: b"X-A: b\r\n",
        },
        Slow {
            what: "empty lines after a good request",
            first: get.clone(),
            drip: b"\r\n",
        },
        Slow {
            what: "a slow body",
            first: first("POST", &campaigns, format!("{json}{length}")),
            drip: b" ",
        },
        Slow {
            what: "a body that never comes",
            first: first("POST", &campaigns, format!("{json}{length}")),
            drip: b"",
        },
        Slow {
            what: "a slow body in chunks",
            first: first("POST", &campaigns, format!("{json}{chunked}")),
            drip: b"1\r\n \r\n",
        },
        Slow {
            what: "a slow body after a good request",
            first: format!(
                "{get}{}",
                first("POST", &campaigns, format!("{json}{length}"))
            ),
            drip: b" ",
        },
        Slow {
            what: "a slow body nobody asked for",
            first: first("GET", &campaigns, length.to_owned()),
            drip: b" ",
        },
        Slow {
            what: "chunks nobody asked for",
            first: first("GET", &campaigns, chunked.to_owned()),
            drip: b"1\r\n \r\n",
        },
        Slow {
            what: "a slow body of a stranger",
            first: format!("POST {campaigns} HTTP/1.1\r\nHost: x\r\n{json}{length}\r\n"),
            drip: b" ",
        },
        Slow {
            what: "chunks of a stranger",
            first: format!("POST {campaigns} HTTP/1.1\r\nHost: x\r\n{json}{chunked}\r\n"),
            drip: b"1\r\n \r\n",
        },
        Slow {
            what: "a slow body of the wrong kind",
            first: first(
                "POST",
                &campaigns,
                format!("Content-Type: text/plain\r\n{length}"),
            ),
            drip: b" ",
        },
        Slow {
            what: "a slow body to nowhere",
            first: first("POST", "/nowhere", length.to_owned()),
            drip: b" ",
        },
        Slow {
            what: "a slow sign-in",
            first: format!("POST /v1/sessions HTTP/1.1\r\nHost: x\r\n{json}{length}\r\n"),
            drip: b" ",
        },
    ];
    let began = Instant::now();
    let mut open: Vec<(&'static str, &'static [u8], Wire)> = Vec::new();
    for way in &ways {
        for _ in 0..4 {
            let mut wire = Wire::open(&app);
            wire.send(&way.first);
            open.push((way.what, way.drip, wire));
        }
    }
    assert_eq!(open.len(), 60);
    // On a thread of their own, so that they are looked at in time whatever the others wait for.
    let slow = std::thread::spawn(move || {
        let mut looks = 0;
        while !open.is_empty() && began.elapsed() < PATIENCE + SLACK {
            for (_, drip, wire) in &mut open {
                let second = looks / 10;
                if looks % 10 == 0
                    && let Some(byte) = drip.get(second % drip.len().max(1))
                {
                    wire.send([*byte]);
                }
            }
            looks += 1;
            std::thread::sleep(Duration::from_millis(100));
            open.retain_mut(|(_, _, wire)| !wire.is_closed());
        }
        let left: Vec<&str> = open.iter().map(|(what, _, _)| *what).collect();
        left
    });
    let mut slowest = Duration::ZERO;
    while !slow.is_finished() {
        let asked = Instant::now();
        lead.get("/campaigns").await.ok();
        lead.post("/campaigns", json!({"name": "A"}))
            .await
            .created();
        slowest = slowest.max(asked.elapsed());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
    let mut left = slow.join().expect("those that are still open");
    left.dedup();
    assert!(left.is_empty(), "still open: {}", left.join(", "));
    assert!(
        slowest < Duration::from_secs(5),
        "others waited {slowest:?}"
    );
}

#[tokio::test]
async fn a_body_that_is_late_is_told_so() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let path = format!("/v1/teams/{}/campaigns", lead.team_id);
    let headers = "Content-Type: application/json\r\nContent-Length: 1000\r\n";
    let mut wire = Wire::open(&app);
    wire.send(lead.person.head("POST", &path, headers));
    wire.send(r#"{"name": "#);
    let began = Instant::now();
    let mut told = String::new();
    // Up to the end of the connection, which comes with the answer.
    while began.elapsed() < PATIENCE + SLACK && !told.contains('}') {
        told.push_str(&wire.read_to_end());
    }
    assert!(began.elapsed() < PATIENCE + SLACK, "{told}");
    let (head, body) = told.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 408 "), "{told}");
    assert!(head.contains("application/problem+json"), "{told}");
    let problem: serde_json::Value = serde_json::from_str(body).expect("a whole body");
    assert_eq!(problem["code"], "request_timeout");
    assert_eq!(problem["status"], 408);
    assert!(wire.is_closed());
    assert_eq!(lead.all("/campaigns").await.len(), 0);
}

#[tokio::test]
async fn a_client_that_hangs_up_leaves_nothing_half_done() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let path = format!("/v1/teams/{}/campaigns", lead.team_id);
    let body = r#"{"name": "Half"}"#;
    let head = lead.person.head(
        "POST",
        &path,
        &format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        ),
    );
    let whole = format!("{head}{body}");
    // Everywhere in the head and the body, closed in good order and torn off.
    for cut in [
        1,
        10,
        head.len() - 1,
        head.len(),
        head.len() + 5,
        whole.len() - 1,
    ] {
        for torn in [false, true] {
            let mut wire = Wire::open(&app);
            wire.send(&whole[..cut]);
            if torn {
                wire.0.shutdown(Shutdown::Both).unwrap();
            }
        }
    }
    assert_eq!(lead.all("/campaigns").await.len(), 0);
    // A whole request counts, whether or not anybody waits for the answer.
    let mut wire = Wire::open(&app);
    wire.send(&whole);
    drop(wire);
    for _ in 0..100 {
        if lead.all("/campaigns").await.len() == 1 {
            return;
        }
    }
    panic!("the request was whole");
}

#[tokio::test]
async fn requests_behind_one_another_are_answered_in_order() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let path = format!("/v1/teams/{}/campaigns", lead.team_id);
    let mut requests = String::new();
    for number in 0..10 {
        let body = format!("{{\"name\": \"Number {number}\"}}");
        requests += &lead.person.head(
            "POST",
            &path,
            &format!(
                "Content-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            ),
        );
        requests += &body;
        requests += &lead.person.head("HEAD", "/v1/me", "");
    }
    requests += &lead.person.head("GET", "/nowhere", "Connection: close\r\n");
    let mut wire = Wire::open(&app);
    wire.send(requests);
    let answers = wire.read_to_end();
    let statuses: Vec<&str> = answers
        .split("HTTP/1.1 ")
        .skip(1)
        .map(|answer| &answer[..3])
        .collect();
    let mut expected = ["201", "200"].repeat(10);
    expected.push("404");
    assert_eq!(statuses, expected, "{answers}");
    let places: Vec<usize> = (0..10)
        .map(|number| answers.find(&format!("Number {number}")).unwrap())
        .collect();
    assert!(places.is_sorted());
    assert_eq!(lead.all("/campaigns").await.len(), 10);
}

#[tokio::test]
async fn a_client_that_asks_first_is_told_to_go_on_or_not_to() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    let path = format!("/v1/teams/{}/campaigns", lead.team_id);
    let head = |kind: &str, length: usize| {
        lead.person.head(
            "POST",
            &path,
            &format!(
                "Content-Type: {kind}\r\nContent-Length: {length}\r\nExpect: 100-continue\r\nConnection: close\r\n"
            ),
        )
    };
    let body = r#"{"name": "A"}"#;
    let mut wire = Wire::open(&app);
    wire.send(head("application/json", body.len()));
    let go_on = wire.read_until(|text| text.contains("\r\n\r\n"));
    assert!(go_on.starts_with("HTTP/1.1 100"), "{go_on}");
    wire.send(body);
    let answer = wire.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    // What would be refused anyway is refused without the body.
    for (kind, length, status) in [
        ("application/json", 10_000_000, " 413 "),
        ("text/plain", 100, " 415 "),
    ] {
        let mut wire = Wire::open(&app);
        wire.send(head(kind, length));
        let answer = wire.read_until(|text| text.contains("\"code\""));
        assert!(answer.contains(status), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_reads_slowly_holds_up_nobody() {
    let app = TestApp::start().await;
    let [lead] = app.team_with(["lead"]).await;
    for number in 0..30 {
        lead.post(
            "/campaigns",
            json!({"name": format!("Long {number}"), "description": "x".repeat(20_000)}),
        )
        .await
        .created();
    }
    let path = format!("/v1/teams/{}/campaigns?limit=100", lead.team_id);
    let mut greedy = Vec::new();
    for _ in 0..10 {
        let mut wire = Wire::open(&app);
        for _ in 0..4 {
            let _ = wire.0.write(lead.person.head("GET", &path, "").as_bytes());
        }
        greedy.push(wire);
    }
    let began = Instant::now();
    for _ in 0..10 {
        lead.get("/campaigns?limit=1").await.ok();
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let app = TestApp::start_with(&["--connections-per-address", "4"]).await;
    let paul = app.person("Paul").await;
    let ask = paul.head("GET", "/v1/me", "");
    let answers = |wire: &mut Wire| {
        wire.send(&ask);
        wire.read_until(|text| text.contains("account") || text.contains("\r\n\r\n"))
            .starts_with("HTTP/1.1 200")
    };
    let mut held: Vec<Wire> = (0..4).map(|_| Wire::open(&app)).collect();
    assert!(held.iter_mut().all(answers));
    assert!(!answers(&mut Wire::open(&app)), "one too many");
    // Who goes makes room.
    drop(held.pop());
    let mut came_in = false;
    for _ in 0..50 {
        came_in = came_in || answers(&mut Wire::open(&app));
    }
    assert!(came_in);

    let app = TestApp::start_with(&[
        "--connections-per-address",
        "1",
        "--trusted-proxy",
        "127.0.0.1",
    ])
    .await;
    let ask = app.person("Paul").await.head("GET", "/v1/me", "");
    let mut held: Vec<Wire> = (0..4).map(|_| Wire::open(&app)).collect();
    for wire in &mut held {
        wire.send(&ask);
        let answer = wire.read_until(|text| text.contains("\r\n\r\n"));
        assert!(answer.starts_with("HTTP/1.1 200"), "a proxy: {answer}");
    }
}
