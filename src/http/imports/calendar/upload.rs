//! What is sent: a calendar file, alone or in a form, and what is to be done with it.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{CalendarFile, FileError, MAX_BYTES, MAX_ENTRIES};
use crate::http::imports::{Accepted, receive};
use crate::http::query::Flag;
use crate::http::{Code, FieldError, Problem};
use crate::text_enum;

static ACCEPTED: Accepted = Accepted {
    content_type: "text/calendar",
    most: MAX_BYTES,
    parts: &[],
    wanted: "Send a calendar file.",
};

text_enum! {
    /// What happens to the others when entries are refused.
    pub enum ImportMode {
        /// Nothing is imported.
        All = "all",
        /// The others are imported.
        Partial = "partial",
    }
}

/// Whether anything is kept, and what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// `true`, unless given: only tell what would be done. `false`: do it.
    #[param(value_type = Option<bool>)]
    dry_run: Option<Flag>,
    /// `all`, unless given: when an entry is refused, nothing is imported. `partial`: the others are.
    #[param(inline)]
    mode: Option<ImportMode>,
}

impl ImportQuery {
    /// Whether nothing is kept.
    #[must_use]
    pub fn is_dry_run(&self) -> bool {
        self.dry_run.as_ref().is_none_or(|Flag(flag)| *flag)
    }

    /// Whether what can be imported is, although something else is refused.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.mode == Some(ImportMode::Partial)
    }
}

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
pub struct CalendarUpload(Bytes);

impl FromRequest for CalendarUpload {
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

impl CalendarUpload {
    /// Reads the calendar. Takes a while: not for a thread that serves others.
    ///
    /// # Errors
    /// `validation_failed` at `/entries` for what is no calendar; `payload_too_large` for too many entries.
    pub fn read(self) -> Result<CalendarFile, Problem> {
        super::read(&self.0).map_err(|error| refuse_file(&error))
    }
}

/// What is no calendar is refused as a whole.
fn refuse_file(error: &FileError) -> Problem {
    if matches!(error, FileError::TooManyEntries) {
        return Problem::new(Code::PayloadTooLarge)
            .detail(format!("The calendar may have {MAX_ENTRIES} entries."))
            .member("limit_entries", MAX_ENTRIES);
    }
    Problem::fields(vec![
        FieldError::body("/entries", error.code(), format!("{error}."))
            .with(json!({"line": error.line()})),
    ])
}
