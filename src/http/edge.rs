//! What happens to every request before and after its handler: id, limits, log line, headers, and a problem
//! document for whatever goes wrong.
//!
//! The surprising rule: `HEAD` is turned into `GET` here, because actix routes it nowhere; the connection
//! still knows that no body may follow.

use std::net::{IpAddr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;
use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError, web};
use futures_util::FutureExt;

use super::accept::Negotiated;
use super::codes::Code;
use super::connection::Activity;
use super::problem::Problem;
use super::rate::{Bucket, Verdict};
use crate::db::Id;

/// How long an address may be, in bytes.
const LONGEST_URI: usize = 8 * 1024;

/// What the documentation page may do: it runs its own scripts and styles, from this server only.
const DOCUMENTATION_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";
/// What the pages of people who registered may do: no script, one style, and buttons that lead back here.
pub const PAGE_POLICY: &str = "default-src 'none'; style-src 'sha256-CfEhIGlmSmNwH0kR5Dlzj37j4rBde/1fkhkRM5O0fus='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What everything else may do: nothing.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";
/// Where the pages of people who registered are.
pub const PAGES: &str = "/r/";
/// What they are.
pub const HTML: &str = "text/html; charset=utf-8";

/// What the answer at an address may do in a browser.
fn policy(path: &str) -> HeaderValue {
    HeaderValue::from_static(if path.starts_with("/docs") {
        DOCUMENTATION_POLICY
    } else if path.starts_with(PAGES) {
        PAGE_POLICY
    } else {
        POLICY
    })
}

/// The id of a request: the client's where it is well-formed, else a new one.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The account on whose behalf a request runs, for the log line.
#[derive(Debug, Clone, Copy)]
pub struct Account(pub Id);

/// Finds out who asks, without waiting: the account's id where the token is good.
pub type Identify = Box<dyn Fn(&HttpRequest) -> Option<Id> + Send + Sync>;

/// What a browser is shown of a problem instead of the document: a page in HTML, in one of the languages that it accepts.
pub type Explain = fn(&Problem, accepted: &str) -> String;

/// Somebody who reads pages, where a problem document would be no answer.
struct Reader {
    explain: Explain,
    accepted: String,
}

impl Reader {
    /// Whoever asks for one of the pages.
    fn of(request: &ServiceRequest) -> Option<Self> {
        let edge = request.app_data::<web::Data<Edge>>()?;
        let accepted = request.headers().get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok());
        request.path().starts_with(PAGES).then(|| Self {
            explain: edge.explain,
            accepted: accepted.unwrap_or_default().to_owned(),
        })
    }

    /// The problem as a page, with the status and the headers of the document.
    fn page(&self, problem: &Problem) -> HttpResponse {
        let page = (self.explain)(problem, &self.accepted);
        let mut response = problem.error_response().set_body(BoxBody::new(page));
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(HTML));
        response
    }
}

/// What the edge needs to know.
pub struct Edge {
    /// For everything.
    pub general: Bucket,
    /// For what costs a password hash, makes an account, or lets strangers write.
    pub sign_in: Bucket,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Who asks.
    pub identify: Identify,
    /// How problems are told on pages.
    pub explain: Explain,
}

impl Edge {
    /// The client's address: the peer's, or what trusted proxies say.
    #[must_use]
    pub fn client_address(&self, request: &HttpRequest) -> String {
        let Some(peer) = request.peer_addr().map(|peer| peer.ip().to_canonical()) else {
            return "unknown".to_owned();
        };
        if !self.trusted_proxies.contains(&peer) {
            return peer.to_string();
        }
        let lines: Vec<&str> = request
            .headers()
            .get_all("x-forwarded-for")
            .filter_map(|value| value.to_str().ok())
            .collect();
        // Each proxy adds on the right whom it heard from, so from there on leftwards it is true as long as it
        // was said by one of ours. What is no address ends it: the rest is what a client made up.
        let mut nearest = peer;
        for part in lines.join(",").rsplit(',') {
            match forwarded_address(part.trim()) {
                Some(address) => nearest = address,
                None => break,
            }
            if !self.trusted_proxies.contains(&nearest) {
                break;
            }
        }
        nearest.to_string()
    }

    fn limit(&self, request: &HttpRequest) -> Verdict {
        let path = request.path();
        let costly = request.method() == Method::POST
            && (matches!(
                path,
                "/v1/accounts" | "/v1/sessions" | "/v1/sessions/refresh" | "/v1/me/password"
            ) || path.starts_with("/v1/public/")
                || path.starts_with(PAGES));
        if costly {
            return self.sign_in.take(&self.client_address(request));
        }
        match (self.identify)(request) {
            Some(account) => self.general.take(&account.to_string()),
            None => self.general.take(&self.client_address(request)),
        }
    }
}

/// An address with or without a port, as proxies write it.
fn forwarded_address(text: &str) -> Option<IpAddr> {
    let address = text
        .parse()
        .or_else(|_| text.parse::<SocketAddr>().map(|place| place.ip()))
        .ok()?;
    // ::ffff:192.0.2.1 is 192.0.2.1, and has one bucket with it.
    Some(IpAddr::to_canonical(&address))
}

/// The outer middleware: id, headers, log line, and a problem document for whatever goes wrong.
///
/// # Errors
/// What went so wrong that the request went down with it, as a problem document all the same.
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
    let policy = policy(request.path());
    let reader = Reader::of(&request);
    let connection = request.conn_data::<Rc<Activity>>().cloned();
    let _running = connection.as_ref().map(Activity::begin);

    let lost = match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => {
            let mut response = render(response.map_into_boxed_body(), &id, reader.as_ref());
            if let Some(connection) = connection
                && response.status() == StatusCode::REQUEST_TIMEOUT
            {
                // The rest of the body may still trickle in.
                connection.hang_up();
            }
            let request = response.request().clone();
            let extensions = request.extensions();
            finish(
                response.headers_mut(),
                policy,
                &id,
                extensions.get::<Verdict>(),
            );
            if extensions.contains::<Negotiated>() {
                let accept = HeaderValue::from_static("Accept");
                response.headers_mut().append(header::VARY, accept);
            }
            let account = extensions.get::<Account>().copied();
            let route = request.match_pattern();
            tell(&method, route, response.status(), started, &id, account);
            drop(extensions);
            return Ok(response);
        }
        Ok(Err(error)) => as_problem(&error),
        Err(_) => Problem::internal("a handler panicked"),
    };
    // The request went down with its handler; the problem is all that is left to answer with.
    tell(&method, None, lost.status_code(), started, &id, None);
    let lost = lost.for_request(&id);
    let mut error = Error::from(lost.clone());
    error.add_response_mapper(move |mut response| {
        if let Some(reader) = &reader {
            response = reader.page(&lost);
        }
        finish(response.headers_mut(), policy.clone(), &id, None);
        response
    });
    Err(error)
}

/// The inner middleware: how long an address may be and how often anyone may ask. It stands behind the one for
/// browsers of other origins, so that their pages can read why they are refused.
///
/// # Errors
/// What the handler answers.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let is_probe = matches!(request.path(), "/healthz" | "/readyz");
    let verdict = match request.app_data::<web::Data<Edge>>() {
        Some(edge) if !is_probe => Some(edge.limit(request.request())),
        _ => None,
    };
    let wait = verdict.as_ref().and_then(|verdict| verdict.retry_after);
    if let Some(verdict) = verdict {
        request.extensions_mut().insert(verdict);
    }
    let length = request
        .uri()
        .path_and_query()
        .map_or(0, |uri| uri.as_str().len());
    let refusal = if length > LONGEST_URI {
        Problem::new(Code::UriTooLong)
    } else if let Some(wait) = wait {
        Problem::new(Code::RateLimited).retry_after(wait)
    } else {
        return next
            .call(request)
            .await
            .map(ServiceResponse::map_into_boxed_body);
    };
    Ok(request.error_response(refusal))
}

/// The log line of a request. The pattern of the route stands for the address, so nothing that came with the
/// request is in it but a well-formed id.
fn tell(
    method: &Method,
    route: Option<String>,
    status: StatusCode,
    started: Instant,
    id: &str,
    account: Option<Account>,
) {
    let account = account.map_or_else(|| "-".to_owned(), |account| account.0.to_string());
    let route = route.unwrap_or_else(|| "-".to_owned());
    log::info!(
        target: "relais::request",
        method = method.as_str(),
        route = route.as_str(),
        status = status.as_u16(),
        ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        request_id = id,
        account = account.as_str();
        "request"
    );
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

/// Turns whatever is no success into a problem document with the request's id, or into a page for who reads pages.
fn render(
    response: ServiceResponse<BoxBody>,
    id: &str,
    reader: Option<&Reader>,
) -> ServiceResponse<BoxBody> {
    let is_problem = response.status().is_client_error() || response.status().is_server_error();
    let problem = match response.response().error() {
        Some(error) => as_problem(error),
        None if is_problem && !response.headers().contains_key(header::CONTENT_TYPE) => {
            by_status(response.status())
        }
        None => return response,
    };
    let (request, before) = response.into_parts();
    let problem = problem.for_request(id);
    let mut rendered = match reader {
        Some(reader) => reader.page(&problem),
        None => problem.error_response(),
    };
    // What lets a page of another origin read it.
    for (name, value) in before.headers() {
        if *name == header::VARY || name.as_str().starts_with("access-control-") {
            rendered.headers_mut().append(name.clone(), value.clone());
        }
    }
    ServiceResponse::new(request, rendered)
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

fn finish(
    headers: &mut header::HeaderMap,
    policy: HeaderValue,
    id: &str,
    verdict: Option<&Verdict>,
) {
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
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
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
