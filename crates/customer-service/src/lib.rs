//! The Customer service: registration, sign-in and profiles.
//!
//! | To find | Read |
//! |---|---|
//! | the routes | [`router`], then `http/<noun>.rs` |
//! | what is stored, and each write | `store/<noun>.rs` |
//! | passwords, tokens, the signing key | `identity` |
//! | limits on guessing | `rate_limit` |
//! | what the other services hear | `events` |
//! | settings | [`CustomerConfig`] |
//! | the process that runs on AWS | `main.rs`, `service_kit::process` |
//!
//! Not here: verifying tokens, which every service does for itself (`service_kit::identity`).
//! Invariant: a password is never stored, logged or shown; only its argon2id hash is kept.

mod config;
mod events;
mod http;
mod identity;
mod rate_limit;
mod service;
mod store;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::{customers, sessions, well_known};

pub use config::{CustomerConfig, DEFAULT_ISSUER, LimitConfig, PasswordConfig, RateLimit};
pub use identity::signing_key::SigningKeyError;
pub use service::{CustomerService, StartError};

/// The table the service owns.
pub const TABLE: ::store::TableSpec = ::store::TableSpec {
    name: "customers",
    ticker_index: false,
};

/// Every route of the service, ready to serve.
pub fn router(service: CustomerService) -> OpenApiRouter {
    routes().with_state(service)
}

/// Every route of the service, with its part of the contract.
pub fn routes() -> OpenApiRouter<CustomerService> {
    let anyone = OpenApiRouter::new()
        .routes(routes!(customers::register_customer))
        .routes(routes!(sessions::start_session))
        .routes(routes!(sessions::refresh_session))
        .routes(routes!(well_known::get_openid_configuration))
        .routes(routes!(well_known::get_json_web_keys));
    let signed_in = OpenApiRouter::new()
        .routes(routes!(
            customers::get_customer,
            customers::update_customer,
            customers::delete_customer
        ))
        .routes(routes!(sessions::end_session));
    anyone.merge(signed_in)
}
