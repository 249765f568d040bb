//! What happens to every request before and after its handler: id, limits, log line, headers, and a problem
//! document for whatever goes wrong.
//!
//! The surprising rule: `HEAD` is turned into `GET` here, because actix routes it nowhere; the connection
//! still knows that no body may follow.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, web};
use futures_util::FutureExt;

use super::codes::Code;
use super::problem::Problem;
use super::rate::{Bucket, Verdict};
use crate::db::Id;

/// How long an address may be, in bytes.
const LONGEST_URI: usize = 8 * 1024;

/// The id of a request: the client's where it is well-formed, else a new one.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The account on whose behalf a request runs, for the log line.
#[derive(Debug, Clone, Copy)]
pub struct Account(pub Id);

/// Finds out who asks, without waiting: the account's id where the token is good.
pub type Identify = Box<dyn Fn(&HttpRequest) -> Option<Id> + Send + Sync>;

/// What the edge needs to know.
pub struct Edge {
    /// For everything.
    pub general: Bucket,
    /// For what costs a password hash or makes an account.
    pub sign_in: Bucket,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Who asks.
    pub identify: Identify,
}

impl Edge {
    /// The client's address: the peer's, or what trusted proxies say.
    #[must_use]
    pub fn client_address(&self, request: &HttpRequest) -> String {
        let Some(peer) = request.peer_addr().map(|peer| peer.ip()) else {
            return "unknown".to_owned();
        };
        if !self.trusted_proxies.contains(&peer) {
            return peer.to_string();
        }
        let forwarded = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(|part| part.trim().parse::<IpAddr>().ok())
            .collect::<Vec<_>>();
        forwarded
            .into_iter()
            .rev()
            .find(|address| !self.trusted_proxies.contains(address))
            .unwrap_or(peer)
            .to_string()
    }

    fn limit(&self, request: &HttpRequest) -> Verdict {
        let path = request.path();
        let costly = request.method() == Method::POST
            && matches!(
                path,
                "/v1/accounts" | "/v1/sessions" | "/v1/sessions/refresh" | "/v1/me/password"
            );
        if costly {
            return self.sign_in.take(&self.client_address(request));
        }
        match (self.identify)(request) {
            Some(account) => self.general.take(&account.to_string()),
            None => self.general.take(&self.client_address(request)),
        }
    }
}

/// The middleware.
///
/// # Errors
/// Never: what goes wrong becomes a response.
pub async fn guard(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let id = request_id(request.headers());
    let method = request.method().clone();
    if method == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    request.extensions_mut().insert(RequestId(id.clone()));

    let is_probe = matches!(request.path(), "/healthz" | "/readyz");
    let verdict = match request.app_data::<web::Data<Edge>>() {
        Some(edge) if !is_probe => Some(edge.limit(request.request())),
        _ => None,
    };
    let refusal = if request.uri().to_string().len() > LONGEST_URI {
        Some(Problem::new(Code::UriTooLong))
    } else {
        verdict.as_ref().and_then(|verdict| {
            let wait = verdict.retry_after?;
            Some(Problem::new(Code::RateLimited).retry_after(wait))
        })
    };

    let mut response = match refusal {
        Some(problem) => {
            let (request, _) = request.into_parts();
            problem_response(request, problem, &id)
        }
        None => match AssertUnwindSafe(next.call(request)).catch_unwind().await {
            Ok(Ok(response)) => render(response.map_into_boxed_body(), &id),
            Ok(Err(error)) => return Err(as_problem(&error).for_request(&id).into()),
            // The request went down with the handler; the problem is all that is left to answer with.
            Err(_) => {
                return Err(Problem::internal("a handler panicked")
                    .for_request(&id)
                    .into());
            }
        },
    };
    finish(&mut response, &id, verdict.as_ref());
    let account = response
        .request()
        .extensions()
        .get::<Account>()
        .map_or_else(|| "-".to_owned(), |account| account.0.to_string());
    let route = response
        .request()
        .match_pattern()
        .unwrap_or_else(|| "-".to_owned());
    log::info!(
        target: "relais::request",
        method = method.as_str(),
        route = route.as_str(),
        status = response.status().as_u16(),
        ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        request_id = id.as_str(),
        account = account.as_str();
        "request"
    );
    Ok(response)
}

fn request_id(headers: &header::HeaderMap) -> String {
    headers
        .get("x-request-id")
        .and_then(|value| value.to_str().ok())
        .filter(|id| {
            (8..=64).contains(&id.len())
                && id
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        })
        .map_or_else(|| Id::new().to_string(), str::to_owned)
}

fn problem_response(request: HttpRequest, problem: Problem, id: &str) -> ServiceResponse<BoxBody> {
    use actix_web::ResponseError;
    let response = problem.for_request(id).error_response();
    ServiceResponse::new(request, response)
}

/// Turns whatever is no success into a problem document with the request's id.
fn render(response: ServiceResponse<BoxBody>, id: &str) -> ServiceResponse<BoxBody> {
    let is_problem = response.status().is_client_error() || response.status().is_server_error();
    let error = response.response().error().map(as_problem);
    match error {
        Some(problem) => {
            let (request, _) = response.into_parts();
            problem_response(request, problem, id)
        }
        None if is_problem && !response.headers().contains_key(header::CONTENT_TYPE) => {
            let problem = by_status(response.status());
            let (request, _) = response.into_parts();
            problem_response(request, problem, id)
        }
        None => response,
    }
}

fn as_problem(error: &Error) -> Problem {
    match error.as_error::<Problem>() {
        Some(problem) => problem.clone(),
        None => by_status(error.as_response_error().status_code()),
    }
}

fn by_status(status: StatusCode) -> Problem {
    Problem::new(match status.as_u16() {
        404 => Code::NotFound,
        405 => Code::MethodNotAllowed,
        408 => Code::RequestTimeout,
        413 => Code::PayloadTooLarge,
        414 => Code::UriTooLong,
        415 => Code::UnsupportedMediaType,
        503 => Code::Unavailable,
        400..=499 => Code::MalformedRequest,
        _ => Code::Internal,
    })
}

fn finish(response: &mut ServiceResponse<BoxBody>, id: &str, verdict: Option<&Verdict>) {
    let is_documentation = response.request().path().starts_with("/docs");
    let headers = response.headers_mut();
    let fixed = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    // The documentation page runs its own scripts and styles, from this server only.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(if is_documentation {
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"
        } else {
            "default-src 'none'; frame-ancestors 'none'"
        }),
    );
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    if let Some(verdict) = verdict {
        for (name, value) in [
            ("ratelimit-policy", &verdict.policy),
            ("ratelimit", &verdict.state),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}
