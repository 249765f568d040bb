//! The body of an import: a CSV file, alone or in a form with its mapping.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use utoipa::ToSchema;

use super::columns::{QueryMapping, RegistrationMapping};
use crate::http::Problem;
use crate::http::imports::columns::read_mapping;
use crate::http::imports::table::MAX_BYTES;
use crate::http::imports::{Accepted, Said, Table, receive};

static ACCEPTED: Accepted = Accepted {
    content_type: "text/csv",
    most: MAX_BYTES,
    parts: &["mapping"],
    wanted: "Send a CSV file.",
};

/// A table of registrations in a form.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"file": "Full name;Mail\nAda Lovelace;ada@example.org\n", "mapping": {"name": "Full name", "email": "Mail"}}))]
pub struct RegistrationImportForm {
    /// The CSV file, UTF-8, at most 5 MiB and 10,000 rows.
    #[schema(value_type = String, format = Binary, max_length = 5_242_880)]
    #[allow(dead_code)]
    file: Bytes,
    /// Which column is what, as JSON. It may be left out, and then so may the query's.
    #[allow(dead_code)]
    mapping: Option<RegistrationMapping>,
}

/// What was sent: the file, and the mapping of the form if it has one.
#[derive(Debug)]
pub struct RegistrationUpload {
    file: Bytes,
    mapping: Option<RegistrationMapping>,
}

impl FromRequest for RegistrationUpload {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let sent = receive(request, payload, &ACCEPTED).await?;
            let mapping = sent.parts.get("mapping");
            Ok(Self {
                mapping: mapping
                    .map(|bytes| read_mapping(bytes, RegistrationMapping::knows))
                    .transpose()?,
                file: sent.file,
            })
        })
    }
}

/// A table, and what was said of its columns.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) table: Table,
    pub(super) mapping: RegistrationMapping,
    pub(super) said: Said,
}

impl RegistrationUpload {
    /// Reads the table. Takes a while: not for a thread that serves others.
    pub(super) fn read(self, in_query: QueryMapping) -> Result<Input, Problem> {
        let table = Table::read(&self.file)?;
        let (mapping, said) = match self.mapping {
            Some(mapping) => (mapping, Said::InForm),
            None => (in_query.into(), Said::InQuery),
        };
        Ok(Input {
            table,
            mapping,
            said,
        })
    }
}
