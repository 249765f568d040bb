//! The body of an import: a CSV file, alone or in a form with its mapping.
//!
//! The surprising rule: a form is read whole before it is taken apart, so that the limits of every other body
//! (size, 15 seconds) hold for it too, and its digest binds an Idempotency-Key.

use std::future::Future;
use std::pin::Pin;

use actix_multipart::Multipart;
use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde_json::Value;
use utoipa::ToSchema;

use super::columns::{Columns, Field, Mapping, Said};
use super::plan::Input;
use super::table::{MAX_BYTES, MAX_ROWS, Table, TableError};
use crate::http::body::{collect, expect_type};
use crate::http::{Code, FieldError, Problem, Query, strict};

const CSV: &str = "text/csv";
const FORM: &str = "multipart/form-data";
/// What a form needs besides its file.
const FORM_BYTES: usize = 64 * 1024;

/// A table in a form.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"file": "title,role,due_date\nCut the release branch,Branch Manager,2024-03-19\n", "mapping": {"assignee": "role"}}))]
pub struct ImportForm {
    /// The CSV file, UTF-8, at most 5 MiB and 10,000 rows.
    #[schema(value_type = String, format = Binary, max_length = 5_242_880)]
    #[allow(dead_code)]
    file: Bytes,
    /// Which column is what, as JSON. It may be left out, and then so may the query's.
    #[allow(dead_code)]
    mapping: Option<Mapping>,
}

/// What was sent: the file, and the mapping of the form if it has one.
#[derive(Debug)]
pub struct Upload {
    file: Bytes,
    mapping: Option<Mapping>,
}

impl FromRequest for Upload {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            expect_type(&request, &[CSV, FORM])?;
            if expect_type(&request, &[CSV]).is_ok() {
                return Ok(Self {
                    file: collect(&request, payload, MAX_BYTES).await?,
                    mapping: None,
                });
            }
            let body = collect(&request, payload, MAX_BYTES + FORM_BYTES).await?;
            take_apart(&request, body).await
        })
    }
}

async fn take_apart(request: &HttpRequest, body: Bytes) -> Result<Upload, Problem> {
    let malformed = |error: actix_multipart::MultipartError| {
        Problem::new(Code::MalformedRequest).detail(format!("The form cannot be read: {error}."))
    };
    let whole = futures_util::stream::once(std::future::ready(Ok(body)));
    let mut parts = Multipart::new(request.headers(), whole);
    let (mut file, mut mapping) = (None, None);
    while let Some(part) = parts.next().await {
        let mut part = part.map_err(malformed)?;
        let name = part.name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(chunk) = part.next().await {
            bytes.extend_from_slice(&chunk.map_err(malformed)?);
        }
        let is_second = match name.as_str() {
            "file" => file.replace(Bytes::from(bytes)).is_some(),
            "mapping" => mapping.replace(read_mapping(&bytes)?).is_some(),
            _ => {
                return Err(Problem::field(
                    &format!("/{}", name.chars().take(100).collect::<String>()),
                    "unknown_member",
                    "A form has the parts file and mapping.",
                ));
            }
        };
        if is_second {
            return Err(Problem::field(
                &format!("/{name}"),
                "duplicate",
                "Send this part once.",
            ));
        }
    }
    let file = file.ok_or_else(|| Problem::field("/file", "required", "Send a CSV file."))?;
    if file.len() > MAX_BYTES {
        return Err(too_large());
    }
    Ok(Upload { file, mapping })
}

fn read_mapping(bytes: &[u8]) -> Result<Mapping, Problem> {
    let value = strict::parse(bytes)?;
    let unknown: Vec<FieldError> = value
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys())
        .filter(|name| Field::parse(name).is_none())
        .map(|name| {
            FieldError::body(
                format!("/mapping/{name}"),
                "unknown_member",
                "There is no such field.",
            )
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Problem::fields(unknown));
    }
    strict::read(value).map_err(|errors| Problem::fields(errors).below("/mapping"))
}

impl Upload {
    /// Reads the table and finds its columns, by the form's mapping or else the query's. Takes a while: not for
    /// a thread that serves others.
    ///
    /// # Errors
    /// `payload_too_large`; `validation_failed` where the table or the mapping is wrong.
    pub fn read(self, in_query: Mapping) -> Result<Input, Problem> {
        let table = Table::read(&self.file).map_err(|error| refuse_table(&error))?;
        let (mapping, said) = match self.mapping {
            Some(mapping) => (mapping, Said::InForm),
            None => (in_query, Said::InQuery),
        };
        let columns = Columns::find(&table, &mapping, said).map_err(Problem::fields)?;
        Ok(Input { table, columns })
    }
}

fn too_large() -> Problem {
    Problem::new(Code::PayloadTooLarge)
        .detail(format!("The file may have {MAX_BYTES} bytes."))
        .member("limit_bytes", MAX_BYTES)
}

fn refuse_table(error: &TableError) -> Problem {
    let code = match error {
        TableError::TooLarge => return too_large(),
        TableError::TooManyRows { .. } => {
            return Problem::new(Code::PayloadTooLarge)
                .detail(format!("The table may have {MAX_ROWS} rows."))
                .member("limit_rows", MAX_ROWS);
        }
        TableError::Empty => "empty",
        TableError::NotUtf8 { .. } => "not_utf8",
        TableError::Nul { .. } => "control_character",
        TableError::UnclosedQuotes { .. } => "unclosed_quotes",
        TableError::CellTooLong { .. } => "too_long",
        TableError::TooManyColumns { .. } => "too_many_columns",
        TableError::EmptyHeader { .. } => "column_without_name",
        TableError::DuplicateHeader { .. } => "duplicate_column",
        TableError::Ragged { .. } => "ragged_row",
        TableError::Unreadable { .. } => "unreadable",
    };
    let pointer = error
        .row()
        .map_or_else(|| "/rows".to_owned(), |row| format!("/rows/{row}"));
    let detail: String = format!("{error}.").chars().take(1_000).collect();
    let params: Value = serde_json::json!({"row": error.row(), "column": error.column()});
    Problem::fields(vec![FieldError::body(pointer, code, detail).with(params)])
}

/// The mapping of the query, which a form may leave out.
pub type MappingQuery = Query<Mapping>;
