//! The public keys that check access tokens, for services that want to do so themselves.
//!
//! The surprising rule: a key is published three minutes before it signs, so whoever keeps this answer for less
//! than that meets no token of an unknown key.

use actix_web::get;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::visitor::Visitor;
use crate::http::{Answer, Problem, Reply, ServiceConfig};

/// A set of public keys (RFC 7517).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"keys": [{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", "alg": "ES256", "use": "sig"}]}))]
pub struct PublicKeys {
    /// The keys; the one whose `kid` a token names checks that token.
    #[schema(max_items = 100)]
    pub keys: Vec<PublicKey>,
}

/// A public key.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", "alg": "ES256", "use": "sig"}))]
pub struct PublicKey {
    /// The family: `EC`.
    #[schema(max_length = 10)]
    pub kty: String,
    /// The curve: `P-256`.
    #[schema(max_length = 10)]
    pub crv: String,
    /// A coordinate of the public point.
    #[schema(max_length = 43)]
    pub x: String,
    /// The other coordinate.
    #[schema(max_length = 43)]
    pub y: String,
    /// The key's id: its thumbprint (RFC 7638).
    #[schema(max_length = 43)]
    pub kid: String,
    /// The only algorithm that is accepted: `ES256`.
    #[schema(max_length = 10)]
    pub alg: String,
    /// What it is for: `sig`.
    #[serde(rename = "use")]
    #[schema(max_length = 10)]
    pub usage: String,
}

/// List the public keys
///
/// The keys that check the signatures of access tokens, as a JSON Web Key Set.
#[utoipa::path(tag = "keys", responses((status = 200, body = PublicKeys)))]
#[get("/.well-known/jwks.json")]
pub async fn get_jwks(visitor: Visitor) -> Answer {
    let state = visitor.state;
    let jwks = state.keys.jwks(state.clock.now().utc());
    let keys: PublicKeys = serde_json::to_value(jwks)
        .and_then(serde_json::from_value)
        .map_err(Problem::internal)?;
    Reply::ok(&keys)
}

/// Registers the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config.service(get_jwks);
}
