//! Is the server alive, and ready for requests?
//!
//! The surprising rule: `/healthz` asks nothing and nobody, so that a slow database does not get a good server
//! killed; `/readyz` asks the database.

use std::sync::atomic::Ordering;

use actix_web::{get, web};
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::State;
use crate::access::caller::KnownParameters;
use crate::http::{Answer, Code, Problem, Reply, ServiceConfig};
use crate::schema::signing_keys;

/// How the server is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"status": "ok"}))]
pub struct Health {
    /// `ok`.
    #[schema(max_length = 20)]
    status: &'static str,
}

/// Tell whether the server is alive
///
/// Answers as long as the process runs; asks no database.
#[utoipa::path(tag = "service", responses((status = 200, body = Health, description = "It is alive.")))]
#[get("/healthz")]
pub async fn get_health(_: KnownParameters) -> Answer {
    Reply::ok(&Health { status: "ok" })
}

/// Tell whether the server is ready
///
/// The database is reachable and migrated, and the server is not stopping. 503 otherwise.
#[utoipa::path(tag = "service", responses((status = 200, body = Health, description = "It is ready.")))]
#[get("/readyz")]
pub async fn get_readiness(_: KnownParameters, state: web::Data<State>) -> Answer {
    if state.is_draining.load(Ordering::Relaxed) {
        return Err(Problem::new(Code::Draining));
    }
    state
        .db
        .read(|conn| {
            // Any table of ours will do: it shows that the schema is there.
            signing_keys::table
                .select(signing_keys::id)
                .first::<String>(conn)?;
            Ok::<_, Problem>(())
        })
        .await
        // Whatever it is that the database lacks, requests had better go elsewhere.
        .map_err(|_| Problem::new(Code::Unavailable))?;
    Reply::ok(&Health { status: "ok" })
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_health).service(get_readiness);
}
