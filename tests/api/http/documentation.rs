//! The document and its page, as a browser gets them.

use serde_json::Value;

use crate::vocabulary::{Answer, TestApp};

#[tokio::test]
async fn the_document_is_served_as_it_is() {
    let app = TestApp::start().await;
    let served = app.anybody("GET", "/openapi.json").send().await;
    assert_eq!(served.header("content-type"), Some("application/json"));
    let served = served.ok();
    let document: Value = serde_json::from_str(&relais::openapi::text()).unwrap();
    assert!(served == document, "it is another document");
    assert_eq!(served["openapi"].as_str().map(|v| &v[..3]), Some("3.1"));
}

#[tokio::test]
async fn the_page_is_there_with_all_that_it_loads() {
    let app = TestApp::start().await;
    let get = async |path: &str| -> Answer {
        let answer = app.anybody("GET", path).send().await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer
    };
    // `/` and `/docs` lead there.
    for path in ["/", "/docs", "/docs/"] {
        let page = get(path).await;
        assert!(
            page.header("content-type")
                .is_some_and(|kind| kind.starts_with("text/html")),
            "{path}"
        );
        assert!(page.text.contains("swagger-ui"), "{path}: {}", page.text);
    }
    let page = get("/docs/").await.text;
    assert_eq!(page, get("/docs/index.html").await.text);
    // A phone shows it in its own width, and not as a desk's in small.
    let viewport = "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">";
    assert!(page.contains(viewport), "{page}");
    let mut loaded = 0;
    for part in page.split(['"', '\'']) {
        if [".js", ".css", ".png"]
            .iter()
            .any(|end| part.ends_with(end))
        {
            let file = part.trim_start_matches("./");
            assert!(!file.contains("//"), "from this server alone: {file}");
            assert!(!get(&format!("/docs/{file}")).await.text.is_empty());
            loaded += 1;
        }
    }
    assert!(loaded >= 7, "{page}");
    // The page shows this server's document.
    let start = get("/docs/swagger-initializer.js").await.text;
    assert!(start.contains("/openapi.json"), "{start}");
}

#[tokio::test]
async fn the_pages_take_get_and_head_and_nothing_else() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for (path, status) in [
        ("/openapi.json", 200),
        ("/docs/", 200),
        ("/docs/index.html", 200),
        ("/docs/swagger-ui.css", 200),
        ("/docs", 302),
        ("/", 302),
    ] {
        let url = format!("{}{path}", app.address);
        let get = client.get(&url).send().await.unwrap();
        let head = client.head(&url).send().await.unwrap();
        assert_eq!(
            (get.status().as_u16(), head.status().as_u16()),
            (status, status),
            "{path}"
        );
        for name in ["content-type", "location", "cache-control"] {
            let (of_get, of_head) = (get.headers().get(name), head.headers().get(name));
            assert_eq!(of_get, of_head, "{path}: {name}");
        }
        assert!(head.text().await.unwrap().is_empty(), "{path}");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let refused = app.anybody(method, path).send().await;
            assert_eq!(refused.header("allow"), Some("GET, HEAD"), "{path}");
            refused.problem(405, "method_not_allowed");
        }
    }
    app.anybody("GET", "/docs/nothing")
        .send()
        .await
        .problem(404, "not_found");
}
