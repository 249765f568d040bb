//! The API without a socket: a command asks the same handlers that a client asks.
//!
//! The surprising rule: nothing is written past the API. What it would refuse, a command cannot do either.

use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::test::{TestRequest, init_service, read_body};
use actix_web::{Error, web};
use serde_json::Value;

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

impl<S> Client<S>
where
    S: Service<actix_http::Request, Response = ServiceResponse<BoxBody>, Error = Error>,
{
    /// Sends a JSON body, and expects success.
    ///
    /// # Errors
    /// The problem's detail, when the API refuses.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: &Value,
    ) -> Result<Value, CommandError> {
        let request = TestRequest::with_uri(path).method(method);
        let request = if body.is_null() {
            request
        } else {
            request.set_json(body)
        };
        self.call(request, path, token).await
    }

    /// Sends a table, and expects success.
    ///
    /// # Errors
    /// The problem's detail and each refused row, when the API refuses.
    pub(super) async fn send_csv(
        &self,
        path: &str,
        token: &str,
        table: Vec<u8>,
    ) -> Result<Value, CommandError> {
        let request = TestRequest::with_uri(path)
            .method(Method::POST)
            .insert_header((header::CONTENT_TYPE, "text/csv"))
            .set_payload(table);
        self.call(request, path, Some(token)).await
    }

    async fn call(
        &self,
        request: TestRequest,
        path: &str,
        token: Option<&str>,
    ) -> Result<Value, CommandError> {
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
            .map_err(|error| CommandError::Refused(format!("{path}: {error}")))?;
        let is_success = response.status().is_success();
        let bytes = read_body(response).await;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        if is_success {
            return Ok(body);
        }
        Err(CommandError::Refused(format!("{path}: {}", explain(&body))))
    }
}

/// A problem in one line: its detail and the fields it names.
fn explain(problem: &Value) -> String {
    let text = |name: &str| {
        problem
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let fields: Vec<String> = problem
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|error| {
            let place = error.get("pointer")?.as_str()?;
            let detail = error.get("detail")?.as_str()?;
            Some(format!("{place}: {detail}"))
        })
        .collect();
    if fields.len() > 1 {
        format!("{} {}", text("detail"), fields.join("; "))
    } else {
        text("detail").to_owned()
    }
}
