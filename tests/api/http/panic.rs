//! A handler that panics: no handler of ours does, so one is put behind the edge here.

use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, rt, web};
use relais::http::edge::guard;
use serde_json::Value;

async fn breaks() -> HttpResponse {
    panic!("CANARY: what went wrong is nobody's business")
}

async fn works() -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_of_one_request() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let serving = std::thread::spawn(move || {
        rt::System::new().block_on(async move {
            let server = HttpServer::new(|| {
                App::new()
                    .route("/breaks", web::get().to(breaks))
                    .route("/works", web::get().to(works))
                    .wrap(from_fn(guard))
            })
            .workers(1)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .unwrap();
            let address = server.addrs()[0];
            let server = server.run();
            sender.send((address, server.handle())).unwrap();
            server.await.unwrap();
        });
    });
    let (address, handle) = receiver.recv().unwrap();
    let client = reqwest::Client::new();
    for _ in 0..3 {
        let broken = client
            .get(format!("http://{address}/breaks"))
            .header("X-Request-Id", "the-broken-one")
            .send()
            .await
            .unwrap();
        assert_eq!(broken.status(), 500);
        for (name, value) in [
            ("content-type", "application/problem+json"),
            ("x-request-id", "the-broken-one"),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(broken.headers()[name], value);
        }
        let text = broken.text().await.unwrap();
        assert!(!text.contains("CANARY"), "{text}");
        let problem: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(problem["code"], "internal");
        assert_eq!(problem["request_id"], "the-broken-one");
        // The one worker lives on.
        let next = client.get(format!("http://{address}/works")).send().await;
        assert_eq!(next.unwrap().status(), 200);
    }
    drop(handle.stop(false));
    serving.join().unwrap();
}
