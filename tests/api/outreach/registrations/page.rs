//! The page behind the links in letters, as a browser sees it.

use chrono::TimeDelta;
use relais::http::edge::PAGE_POLICY;
use relais::jobs::run_due;
use serde_json::json;

use super::Hall;

/// A page that was opened, or a button that was pressed.
struct Seen {
    status: u16,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Seen {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The acts of the buttons on it.
    fn buttons(&self) -> Vec<&str> {
        let forms = self.text.split("<form method=\"post\" action=\"").skip(1);
        forms
            .map(|form| form.split('"').next().unwrap())
            .map(|action| action.rsplit('/').next().unwrap())
            .collect()
    }

    fn heading(&self) -> &str {
        let text = self.text.split_once("<h1>").expect("a heading").1;
        text.split_once("</h1>").unwrap().0
    }
}

impl Hall {
    /// What a browser does, which says where a form came from.
    async fn browse(&self, method: &str, path: &str) -> Seen {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let method: reqwest::Method = method.parse().unwrap();
        let mut request = client
            .request(method.clone(), format!("{}{path}", self.app.address))
            .header("accept-language", "fr-CA,en;q=0.5");
        if method == "POST" {
            // With `Referrer-Policy: no-referrer` it says no more.
            request = request
                .header("origin", "null")
                .header("content-type", "application/x-www-form-urlencoded");
        }
        let response = request.send().await.unwrap();
        Seen {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        }
    }

    async fn look(&self, secret: &str) -> Seen {
        let seen = self.browse("GET", &format!("/r/{secret}")).await;
        assert_eq!(seen.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(seen.header("content-security-policy"), PAGE_POLICY);
        assert_eq!(seen.header("cache-control"), "no-store");
        assert_eq!(seen.header("referrer-policy"), "no-referrer");
        for word in ["<script", "style=\"", "http-equiv", "onclick"] {
            assert!(!seen.text.contains(word), "{word}: {}", seen.text);
        }
        seen
    }

    /// What a browser is shown that asks in vain: a page with the headers of all pages.
    async fn refused(&self, method: &str, path: &str) -> (u16, String, Option<u64>) {
        let seen = self.browse(method, path).await;
        assert_eq!(seen.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(seen.header("content-security-policy"), PAGE_POLICY);
        assert!(!seen.header("x-request-id").is_empty());
        let wait = seen.header("retry-after").parse().ok();
        (seen.status, seen.heading().to_owned(), wait)
    }

    /// Presses the button and follows where it leads: the page, and its secret.
    async fn press(&self, secret: &str, act: &str) -> (String, Seen) {
        let there = self.browse("POST", &format!("/r/{secret}/{act}")).await;
        assert_eq!(there.status, 303, "{}", there.text);
        let next = there.header("location").strip_prefix("../").unwrap();
        (next.to_owned(), self.look(next).await)
    }
}

#[tokio::test]
async fn a_person_does_everything_with_a_browser_alone() {
    let rules = json!({"mode": "open", "offer_minutes": 60});
    let hall = Hall::open(json!({"capacity": 1, "registration": rules})).await;
    let settings = &hall.app.state.settings.registration_url;
    assert!(settings.ends_with("/r/{secret}"), "{settings}");
    hall.register("a@x.org", 1).await.expect(202);
    let first = hall.secret("a@x.org").await;
    let seen = hall.look(&first).await;
    assert_eq!(
        (seen.status, seen.heading()),
        (200, "Please confirm your registration")
    );
    assert_eq!(seen.buttons(), ["confirm"]);
    assert!(!seen.text.contains("Ada"), "whose address is it?");

    // Looking confirms nothing, however it is done.
    for (method, path) in [
        ("HEAD", format!("/r/{first}")),
        ("GET", format!("/r/{first}?utm_source=mail&fbclid=1")),
        ("GET", format!("/r/{first}/confirm")),
        ("HEAD", format!("/r/{first}/confirm")),
    ] {
        let seen = hall.browse(method, &path).await;
        assert!(matches!(seen.status, 200 | 303), "{method} {path}");
    }
    assert_eq!(hall.record("a@x.org").await["state"], "unverified");
    let (a, seen) = hall.press(&first, "confirm").await;
    assert_ne!(a, first);
    assert_eq!(seen.heading(), "You have a place");
    assert_eq!(seen.buttons(), ["cancel", "forget"]);
    let code = hall.record("a@x.org").await["check_in_code"].clone();
    for word in [
        code.as_str().unwrap(),
        "https://meet.example/1",
        "<dd>Ada</dd>",
    ] {
        assert!(seen.text.contains(word), "{word}");
    }
    assert!(
        seen.text
            .contains(&format!("../v1/public/registrations/{a}/calendar.ics"))
    );
    let old = hall.look(&first).await;
    assert_eq!(
        (old.status, old.heading()),
        (404, "Ce lien ne fonctionne plus")
    );

    // The second one waits, is offered the seat, lets it pass, and asks again.
    hall.register("b@x.org", 1).await.expect(202);
    let (b, seen) = hall.press(&hall.secret("b@x.org").await, "confirm").await;
    assert_eq!(seen.heading(), "You are on the waiting list");
    assert!(
        seen.text
            .contains("<dt>Your rank on the waiting list</dt><dd>1</dd>")
    );
    assert!(!seen.text.contains("meet.example"));
    let gone = hall.browse("POST", &format!("/r/{a}/cancel")).await;
    assert_eq!(
        (gone.status, gone.heading()),
        (200, "Your registration is cancelled")
    );
    assert_eq!(hall.look(&a).await.status, 404);
    let seen = hall.look(&b).await;
    assert_eq!(seen.heading(), "There is a place for you");
    assert_eq!(seen.buttons(), ["accept", "cancel", "forget"]);
    let at = |word: &str| seen.text.find(word).expect("it is there");
    assert!(at("/accept") < at("calendar.ics"), "first things first");
    assert!(seen.text.contains("Held for you until"));
    for _ in 0..2 {
        hall.app.clock.advance(TimeDelta::minutes(60));
        run_due(&hall.app.state).await;
    }
    let seen = hall.look(&b).await;
    assert_eq!(seen.heading(), "The place that was held for you went on");
    assert!(seen.text.contains("Ask for a place again"));
    let (b, seen) = hall.press(&b, "accept").await;
    assert_eq!(seen.heading(), "You have a place");
    // Pressed twice, and the page says how things stand.
    let (_, seen) = hall.press(&b, "accept").await;
    assert_eq!(seen.heading(), "You have a place");
    let forgotten = hall.browse("POST", &format!("/r/{b}/forget")).await;
    assert_eq!(forgotten.heading(), "Your data are erased");
    assert!(hall.letters("b@x.org").await.is_empty());
}

#[tokio::test]
async fn what_people_typed_stays_text() {
    let evil = "<script>alert(1)</script>\"'&<img src=x onerror=y>";
    let hall = Hall::open(json!({"title": format!("T {evil}"), "platform": evil, "join_url": "https://meet.example/?a='&b"})).await;
    let form = json!({"name": evil, "email": "a@x.org", "locale": "fr", "consent": true,
        "seats": 3, "companions": [evil, "Mary"]});
    hall.send(form).await.expect(202);
    let (secret, seen) = hall.press(&hall.secret("a@x.org").await, "confirm").await;
    assert_eq!(seen.heading(), "Vous avez une place");
    assert!(seen.text.contains("<html lang=\"fr\">"));
    let safe = "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;&lt;img src=x onerror=y&gt;";
    assert!(
        seen.text.contains(&format!("<dd>{safe}</dd>")),
        "{}",
        seen.text
    );
    assert!(
        seen.text
            .contains(&format!("<dt>Avec</dt><dd>{safe}<br>\nMary</dd>")),
        "{}",
        seen.text
    );
    assert!(
        seen.text
            .contains("href=\"https://meet.example/?a=&#39;&amp;b\"")
    );
    for word in ["<script", "<img", "onerror=\""] {
        assert!(!seen.text.contains(word), "{word}: {}", seen.text);
    }
    let body = json!({"status": "cancelled", "status_reason": evil});
    hall.change(body).await;
    let seen = hall.look(&secret).await;
    assert_eq!(seen.heading(), "L’événement n’a pas lieu");
    assert!(!seen.text.contains("meet.example"), "{}", seen.text);
    assert!(seen.text.contains(&format!("<dd>{safe}</dd>")) && !seen.text.contains("<img"));
    assert_eq!(seen.buttons(), ["forget"]);
}

#[tokio::test]
async fn what_is_no_link_says_so_in_the_language_of_the_browser() {
    let hall = Hall::open(json!({})).await;
    hall.register("a@x.org", 1).await.expect(202);
    let secret = hall.secret("a@x.org").await;
    for link in ["nothing", "%3Cscript%3E", &secret[..79], &"A".repeat(80)] {
        let seen = hall.look(link).await;
        assert_eq!(
            (seen.status, seen.heading()),
            (404, "Ce lien ne fonctionne plus")
        );
        let seen = hall.browse("POST", &format!("/r/{link}/confirm")).await;
        assert_eq!(seen.status, 404);
    }
    let seen = hall.browse("POST", &format!("/r/{secret}/delete")).await;
    assert_eq!(seen.status, 404);
    for (path, allow) in [
        (format!("/r/{secret}"), "GET, HEAD"),
        (format!("/r/{secret}/confirm"), "GET, HEAD, POST"),
    ] {
        let seen = hall.browse("DELETE", &path).await;
        assert_eq!((seen.status, seen.header("allow")), (405, allow));
    }
    // Too late.
    hall.change(json!({"registration": {"mode": "closed"}}))
        .await;
    let seen = hall.browse("POST", &format!("/r/{secret}/confirm")).await;
    assert_eq!((seen.status, seen.heading()), (409, "C’est trop tard"));
    assert_eq!(hall.record("a@x.org").await["state"], "unverified");
    hall.app.clock.advance(TimeDelta::hours(72));
    run_due(&hall.app.state).await;
    assert_eq!(hall.look(&secret).await.status, 404);
}

#[tokio::test]
async fn whoever_asks_in_vain_is_shown_a_page_and_when_to_come_back() {
    let arguments = [
        "--statement-seconds",
        "1",
        "--acquire-seconds",
        "1",
        "--sign-in-rate-limit",
        "3",
    ];
    let hall = Hall::open_with(&arguments, json!({})).await;
    hall.register("a@x.org", 1).await.expect(202);
    let secret = hall.secret("a@x.org").await;
    let confirm = format!("/r/{secret}/confirm");
    let held = hall.app.database.lock_writes();
    assert_eq!(
        hall.refused("POST", &confirm).await,
        (
            503,
            "Le serveur ne peut pas répondre pour l’instant".to_owned(),
            Some(1)
        )
    );
    drop(held);
    hall.browse("POST", &format!("/r/{secret}/accept")).await;
    let (status, heading, wait) = hall.refused("POST", &confirm).await;
    assert_eq!(
        (status, heading.as_str()),
        (429, "Un instant, s’il vous plaît")
    );
    assert!(
        wait.is_some_and(|seconds| (1..=60).contains(&seconds)),
        "{wait:?}"
    );
    for (method, path, status, heading) in [
        (
            "GET",
            "/r/a/b/c".to_owned(),
            404,
            "Ce lien ne fonctionne plus",
        ),
        ("DELETE", confirm, 405, "Cela n’a pas fonctionné"),
        (
            "GET",
            format!("/r/{}", "a".repeat(9_000)),
            414,
            "Cela n’a pas fonctionné",
        ),
    ] {
        let refused = hall.refused(method, &path).await;
        assert_eq!(refused, (status, heading.to_owned(), None), "{method}");
    }
}
