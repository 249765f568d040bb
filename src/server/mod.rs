//! The server: puts routes, middleware and state together.
//!
//! The surprising rule: `operations` is the one list of routes. The document is made from it, and what the
//! document does not list is answered with 404 or 405 by `fallback`, which reads the document.

pub mod health;
pub mod pages;

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol};
use actix_service::{IntoServiceFactory, ServiceFactoryExt as _, fn_service, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{
    AppConfig, Extensions, Server, ServiceFactory, ServiceRequest, ServiceResponse,
};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, Error, HttpRequest, HttpResponse, web};

use crate::access::State;
use crate::http::connection::{self, Patient, Seats};
use crate::http::edge::{Edge, guard, limit};
use crate::http::{Problem, ServiceConfig};
use crate::{capacity, journal, outreach, people, trash, work};

/// Every operation of the API.
pub fn operations(config: &mut ServiceConfig<'_>) {
    config
        .configure(people::routes)
        .configure(outreach::routes)
        .configure(work::routes)
        .configure(capacity::routes)
        .configure(trash::routes)
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
    /// How many connections one address may have; trusted proxies may have any number.
    pub connections_per_address: usize,
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
    App::new()
        .app_data(state.clone())
        .app_data(edge.clone())
        .configure(|config| ServiceConfig::routes(config, &state.operations, operations))
        .configure(pages::documentation)
        .configure(outreach::pages)
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
) -> std::io::Result<Server> {
    let origins = listening.cors_origins.clone();
    let seats = Seats::new(
        listening.connections_per_address,
        edge.trusted_proxies.clone(),
    );
    let server = Server::build()
        .workers(listening.workers)
        .max_concurrent_connections(listening.connections)
        .shutdown_timeout(listening.shutdown_seconds)
        .disable_signals();
    let stopping = server.graceful_shutdown_signal();
    // What `HttpServer` would do, but with streams that know how long they may take.
    let server = server.listen("relais", listener, move || {
        let (stopping, seats) = (stopping.clone(), Arc::clone(&seats));
        let app = IntoServiceFactory::<_, actix_http::Request>::into_factory(app(
            &state, &edge, &origins,
        ))
        .map_err(|error: Error| error.error_response());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .client_request_timeout(connection::HEAD)
            .client_disconnect_timeout(Duration::from_secs(2))
            .keep_alive(connection::KEPT)
            .on_connect_ext(|stream: &Patient, data: &mut Extensions| {
                data.insert(stream.activity());
            })
            .finish(map_config(app, |()| AppConfig::default()));
        fn_service(move |stream: TcpStream| {
            let seats = Arc::clone(&seats);
            async move {
                let peer = stream.peer_addr().map_err(DispatchError::Io)?;
                let seat = seats.take(peer.ip()).map_err(DispatchError::Io)?;
                stream.set_nodelay(true).map_err(DispatchError::Io)?;
                Ok((Patient::new(stream, seat), Protocol::Http1, Some(peer)))
            }
        })
        .and_then(http)
    })?;
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
            "on-behalf-of",
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
        Some(methods) => Problem::not_allowed(methods),
        None => Problem::not_found(),
    })
}
