//! The server: puts routes, middleware and state together.
//!
//! The surprising rule: `operations` is the one list of routes. The document is made from it, and what the
//! document does not list is answered with 404 or 405 by `fallback`, which reads the document.

pub mod health;
pub mod pages;

use std::net::TcpListener;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::body::BoxBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpRequest, HttpResponse, HttpServer, web};
use utoipa_actix_web::AppExt as _;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::State;
use crate::http::edge::{Edge, guard, limit};
use crate::http::{Code, Problem};
use crate::{journal, outreach, people, work};

/// Every operation of the API.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .configure(people::routes)
        .configure(outreach::routes)
        .configure(work::routes)
        .configure(journal::changes::routes)
        .configure(pages::routes)
        .configure(health::routes);
}

/// How the server listens.
#[derive(Debug, Clone)]
pub struct Listening {
    /// How many threads take requests.
    pub workers: usize,
    /// How long running requests may take after the signal to stop, in seconds.
    pub shutdown_seconds: u64,
    /// The origins that browsers may call from.
    pub cors_origins: Vec<String>,
    /// How many connections a worker holds at once.
    pub connections: usize,
}

/// The whole application: everything but the sockets.
pub fn app(
    state: &web::Data<State>,
    edge: &web::Data<Edge>,
    cors_origins: &[String],
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    > + use<>,
> {
    let (app, _) = App::new()
        .app_data(state.clone())
        .app_data(edge.clone())
        .into_utoipa_app()
        .configure(operations)
        .split_for_parts();
    app.configure(pages::documentation)
        .default_service(web::to(fallback))
        .wrap(from_fn(limit))
        .wrap(cors(cors_origins))
        .wrap(from_fn(guard))
}

/// Serves on `listener` until the handle stops it.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(
    listener: TcpListener,
    state: web::Data<State>,
    edge: web::Data<Edge>,
    listening: &Listening,
) -> std::io::Result<actix_web::dev::Server> {
    let origins = listening.cors_origins.clone();
    let server = HttpServer::new(move || app(&state, &edge, &origins))
        .workers(listening.workers)
        .max_connections(listening.connections)
        // Slow heads are cut off by actix, slow bodies where they are read.
        .client_request_timeout(Duration::from_secs(5))
        .client_disconnect_timeout(Duration::from_secs(2))
        .keep_alive(Duration::from_secs(75))
        .shutdown_timeout(listening.shutdown_seconds)
        .disable_signals()
        .listen(listener)?;
    Ok(server.run())
}

/// Browsers may call from these origins, and from nowhere else.
fn cors(origins: &[String]) -> Cors {
    let mut cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allowed_headers([
            "authorization",
            "content-type",
            "if-match",
            "if-none-match",
            "idempotency-key",
            "x-request-id",
        ])
        .expose_headers([
            "etag",
            "link",
            "location",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "x-request-id",
            "idempotent-replayed",
        ])
        .max_age(3600);
    for origin in origins {
        cors = cors.allowed_origin(origin);
    }
    cors
}

/// What no route takes: 405 where the document knows the address, else 404.
async fn fallback(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    Err(match state.operations.allow(request.path()) {
        Some(methods) => Problem::new(Code::MethodNotAllowed)
            .detail(format!("This address takes {methods}."))
            .allow(methods),
        None => Problem::not_found(),
    })
}
