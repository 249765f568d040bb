//! The body of an import: a calendar file, alone or in a form.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use utoipa::ToSchema;

use super::file::MAX_BYTES;
use crate::http::Problem;
use crate::http::imports::{Accepted, receive};

static ACCEPTED: Accepted = Accepted {
    content_type: "text/calendar",
    most: MAX_BYTES,
    parts: &[],
    wanted: "Send a calendar file.",
};

/// A calendar in a form.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"file": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nEND:VCALENDAR\r\n"}))]
pub struct CalendarForm {
    /// The iCalendar file, UTF-8, at most 1 MiB and 1,000 entries.
    #[schema(value_type = String, format = Binary, max_length = 1_048_576)]
    #[allow(dead_code)]
    file: Bytes,
}

/// The file that was sent.
#[derive(Debug)]
pub struct Upload(pub(super) Bytes);

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let sent = receive(request, payload, &ACCEPTED).await?;
            Ok(Self(sent.file))
        })
    }
}
