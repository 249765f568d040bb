//! The body of an import: a calendar file, alone or in a form.

use std::future::Future;
use std::pin::Pin;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt as _;
use utoipa::ToSchema;

use super::file::MAX_BYTES;
use crate::http::body::{collect, expect_type};
use crate::http::{Code, Problem};

const CALENDAR: &str = "text/calendar";
const FORM: &str = "multipart/form-data";
/// What a form needs besides its file.
const FORM_BYTES: usize = 16 * 1024;

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
            expect_type(&request, &[CALENDAR, FORM])?;
            if expect_type(&request, &[CALENDAR]).is_ok() {
                return collect(&request, payload, MAX_BYTES).await.map(Self);
            }
            let body = collect(&request, payload, MAX_BYTES + FORM_BYTES).await?;
            take_apart(&request, body).await.map(Self)
        })
    }
}

async fn take_apart(request: &HttpRequest, body: Bytes) -> Result<Bytes, Problem> {
    let malformed = |error: actix_multipart::MultipartError| {
        Problem::new(Code::MalformedRequest).detail(format!("The form cannot be read: {error}."))
    };
    let whole = futures_util::stream::once(std::future::ready(Ok(body)));
    let mut parts = Multipart::new(request.headers(), whole);
    let mut file: Option<Bytes> = None;
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(malformed)?;
        let name: String = part.name().unwrap_or_default().chars().take(100).collect();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            bytes.extend_from_slice(&chunk.map_err(malformed)?);
        }
        let pointer = format!("/{name}");
        if name != "file" {
            let detail = "A form has the part file.";
            return Err(Problem::field(&pointer, "unknown_member", detail));
        }
        if file.replace(Bytes::from(bytes)).is_some() {
            return Err(Problem::field(
                &pointer,
                "duplicate",
                "Send this part once.",
            ));
        }
    }
    let file = file.ok_or_else(|| Problem::field("/file", "required", "Send a calendar file."))?;
    if file.len() > MAX_BYTES {
        return Err(Problem::new(Code::PayloadTooLarge)
            .detail(format!("The file may have {MAX_BYTES} bytes."))
            .member("limit_bytes", MAX_BYTES));
    }
    Ok(file)
}
