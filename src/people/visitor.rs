//! A visitor: a request by somebody who is not signed in.
//!
//! The surprising rule: the address is what sign-ins are throttled by, so it comes from the edge, which believes
//! no header but those of configured proxies.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};

use crate::access::{State, caller};
use crate::http::Problem;
use crate::http::edge::Edge;

/// How much of the client's name is kept.
const USER_AGENT: usize = 300;

/// Somebody whom nobody knows yet.
pub struct Visitor {
    /// What every handler shares.
    pub state: web::Data<State>,
    /// Where the request comes from.
    pub address: String,
    /// What the client calls itself.
    pub user_agent: Option<String>,
}

impl Visitor {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let state = request
            .app_data::<web::Data<State>>()
            .ok_or_else(|| Problem::internal("the state is missing"))?
            .clone();
        caller::check_parameters(request, &state)?;
        Ok(Self {
            state,
            address: address_of(request),
            user_agent: request
                .headers()
                .get(header::USER_AGENT)
                .and_then(|value| value.to_str().ok())
                .map(|name| name.chars().take(USER_AGENT).collect()),
        })
    }
}

/// The client's address.
pub fn address_of(request: &HttpRequest) -> String {
    request
        .app_data::<web::Data<Edge>>()
        .map_or_else(|| "unknown".to_owned(), |edge| edge.client_address(request))
}

impl FromRequest for Visitor {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}
