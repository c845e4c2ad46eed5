//! What verifiers of our tokens need: where the keys are, and the keys.

use std::sync::Arc;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::header;
use serde::Serialize;
use service_kit::contract::AnyRoute;
use service_kit::identity::JWKS_PATH;
use utoipa::ToSchema;

use crate::identity::signing_key::SigningKey;

/// Keys stay the same for years, but a verifier should hear of a new one within minutes.
const CACHED: (header::HeaderName, &str) = (header::CACHE_CONTROL, "public, max-age=300");

/// Both documents, which do not change while the process runs.
#[derive(Debug, Clone)]
pub(crate) struct Published(Arc<(OpenIdConfiguration, JsonWebKeySet)>);

/// The keys that access tokens are signed with (RFC 7517).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JsonWebKeySet {
    keys: Vec<JsonWebKey>,
}

/// An Ed25519 public key (RFC 8037).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct JsonWebKey {
    #[schema(example = "OKP")]
    kty: &'static str,
    #[schema(example = "Ed25519")]
    crv: &'static str,
    #[schema(example = "EdDSA")]
    alg: &'static str,
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    usage: &'static str,
    /// The key's RFC 7638 thumbprint.
    kid: String,
    x: String,
}

/// Who issues the access tokens, and how to verify them (`OpenID` Connect Discovery 1.0).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OpenIdConfiguration {
    #[schema(example = "http://localhost:8080")]
    issuer: String,
    jwks_uri: String,
    authorization_endpoint: String,
    token_endpoint: String,
    response_types_supported: Vec<&'static str>,
    subject_types_supported: Vec<&'static str>,
    id_token_signing_alg_values_supported: Vec<&'static str>,
    claims_supported: Vec<&'static str>,
}

impl Published {
    pub(crate) fn new(issuer: &str, key: &SigningKey) -> Self {
        let base = issuer.trim_end_matches('/');
        let sign_in = format!("{base}/v1/sessions");
        let configuration = OpenIdConfiguration {
            issuer: issuer.to_owned(),
            jwks_uri: format!("{base}{JWKS_PATH}"),
            // Discovery requires both members. Customers sign in at our own endpoint instead,
            // which is no OAuth flow; verifiers read only the issuer and the keys.
            authorization_endpoint: sign_in.clone(),
            token_endpoint: sign_in,
            response_types_supported: vec!["none"],
            subject_types_supported: vec!["public"],
            id_token_signing_alg_values_supported: vec!["EdDSA"],
            claims_supported: vec!["iss", "aud", "sub", "sid", "iat", "exp"],
        };
        let keys = JsonWebKeySet {
            keys: vec![JsonWebKey {
                kty: "OKP",
                crv: "Ed25519",
                alg: "EdDSA",
                usage: "sig",
                kid: key.id.clone(),
                x: key.x.clone(),
            }],
        };
        Self(Arc::new((configuration, keys)))
    }
}

/// The keys alone, for a verifier that must exist before the service does.
pub(crate) fn routes(published: Published) -> Router {
    Router::new()
        .route(JWKS_PATH, get(get_json_web_keys))
        .with_state(published)
}

/// Describe the issuer of access tokens
#[utoipa::path(
    get,
    path = "/.well-known/openid-configuration",
    tag = "identity",
    operation_id = "get_openid_configuration",
    responses((status = 200, description = "The issuer.", body = OpenIdConfiguration), AnyRoute)
)]
pub(crate) async fn get_openid_configuration(
    State(published): State<Published>,
) -> impl IntoResponse {
    ([CACHED], Json(&published.0.0)).into_response()
}

/// List the keys that verify access tokens
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "identity",
    operation_id = "get_json_web_keys",
    responses((status = 200, description = "The keys.", body = JsonWebKeySet), AnyRoute)
)]
pub(crate) async fn get_json_web_keys(State(published): State<Published>) -> impl IntoResponse {
    ([CACHED], Json(&published.0.1)).into_response()
}
