//! The table of roles and permissions, as clients read it. The table itself is [`crate::access::roles`].

use actix_web::get;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::AccountScope;
use crate::access::roles::{self, RoleGrants};
use crate::http::{Answer, Reply, ServiceConfig};

/// All roles, lowest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"items": [{"role": "guest", "permissions": ["team:read", "member:read"]}]}))]
pub struct RoleTable {
    /// The roles; each has what the ones before it have, and more.
    #[schema(max_items = 10)]
    pub items: Vec<RoleGrants>,
}

/// List the roles
///
/// Which role may do what, lowest first; the same in every team.
#[utoipa::path(tag = "roles", responses((status = 200, body = RoleTable)))]
#[get("/v1/roles")]
pub async fn list_roles(scope: AccountScope) -> Answer {
    scope
        .read(|_| {
            Reply::ok(&RoleTable {
                items: roles::table(),
            })
        })
        .await
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_roles);
}
