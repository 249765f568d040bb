//! The API without a socket: a command asks the same handlers that a client asks.
//!
//! The surprising rule: nothing is written past the API. What it would refuse, a command cannot do either.

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{Error, web};
use serde_json::{Value, json};

use super::CommandError;
use crate::access::State;
use crate::boot;
use crate::config::Config;
use crate::server;

/// A client of the application in this process.
pub(super) struct Client<S> {
    service: S,
}

/// Starts the application. Rate limits do not hold here: the operator is the only client. Nor are requests logged,
/// unless more than usual is: they would bury what the command says.
pub(super) async fn client(
    config: &Config,
    state: &web::Data<State>,
) -> Client<impl Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error>> {
    if log::max_level() == log::LevelFilter::Info {
        log::set_max_level(log::LevelFilter::Warn);
    }
    let unlimited = Config {
        rate_limit: u32::MAX,
        sign_in_rate_limit: u32::MAX,
        ..config.clone()
    };
    let edge = boot::edge(&unlimited, state);
    Client {
        service: init_service(server::app(state, &edge, &[])).await,
    }
}

/// What the API refused: where, and the problem that it answered.
#[derive(Debug)]
pub(super) struct Refusal {
    path: String,
    problem: Value,
}

impl Refusal {
    /// What is wrong, in one line, for whoever knows what was asked.
    pub(super) fn explained(self) -> CommandError {
        CommandError::Refused(explain(&self.problem))
    }
}

impl From<Refusal> for CommandError {
    fn from(refusal: Refusal) -> Self {
        let Refusal { path, problem } = refusal;
        Self::Refused(format!("{path}: {}", explain(&problem)))
    }
}

impl<S> Client<S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    /// Sends a JSON body, or none for null, and expects success.
    ///
    /// # Errors
    /// What the API refuses.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<Value, Refusal> {
        let request = TestRequest::with_uri(path).method(method);
        let request = if body.is_null() {
            request
        } else {
            request.set_json(body)
        };
        self.call(request, path, token).await
    }

    /// Everything in a list, page by page. `path` has a query already.
    ///
    /// # Errors
    /// What the API refuses.
    pub(super) async fn all(&self, path: &str, token: &str) -> Result<Vec<Value>, Refusal> {
        let mut items = Vec::new();
        let mut page = path.to_owned();
        loop {
            let mut answer = self
                .send(Method::GET, &page, Some(token), &Value::Null)
                .await?;
            if let Some(Value::Array(more)) = answer.get_mut("items").map(Value::take) {
                items.extend(more);
            }
            match answer.get("next_cursor").and_then(Value::as_str) {
                Some(cursor) => page = format!("{path}&cursor={}", encoded(cursor)),
                None => return Ok(items),
            }
        }
    }

    /// Puts a table into a campaign. `team` is the team's address, `mapping` names the columns of fields.
    ///
    /// # Errors
    /// What the API refuses; each wrong cell is in it.
    pub(super) async fn import(
        &self,
        token: &str,
        (team, campaign_id): (&str, &str),
        mapping: &[(&str, &str)],
        is_dry_run: bool,
        table: Vec<u8>,
    ) -> Result<Value, Refusal> {
        let mut path = format!("{team}/campaigns/{campaign_id}/imports?dry_run={is_dry_run}");
        for (field, column) in mapping {
            path.push_str(&format!("&{field}={}", encoded(column)));
        }
        let request = TestRequest::with_uri(&path)
            .method(Method::POST)
            .insert_header((header::CONTENT_TYPE, "text/csv"))
            .set_payload(table);
        self.call(request, &path, Some(token)).await
    }

    async fn call(
        &self,
        request: TestRequest,
        path: &str,
        token: Option<&str>,
    ) -> Result<Value, Refusal> {
        let refuse = |problem: Value| Refusal {
            path: path.to_owned(),
            problem,
        };
        let request = match token {
            Some(token) => {
                request.insert_header((header::AUTHORIZATION, format!("Bearer {token}")))
            }
            None => request,
        };
        let response = self
            .service
            .call(request.to_request())
            .await
            .map_err(|error| refuse(json!({"detail": error.to_string()})))?;
        let is_success = response.status().is_success();
        let bytes = read_body(response).await;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if is_success {
            Ok(body)
        } else {
            Err(refuse(body))
        }
    }
}

/// A string member of an answer; empty where there is none.
pub(super) fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// As it stands in a query (RFC 3986).
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// A problem in one line: its detail and the fields it names.
fn explain(problem: &Value) -> String {
    let detail = text(problem, "detail");
    let fields: Vec<String> = problem
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|error| {
            let place = [text(error, "pointer"), text(error, "parameter")].concat();
            format!("{place}: {}", text(error, "detail"))
        })
        .collect();
    if fields.len() > 1 {
        format!("{detail} {}", fields.join("; "))
    } else {
        detail
    }
}
