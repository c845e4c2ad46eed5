//! The Asset service: what instruments there are, what they cost, and what currencies cost.
//!
//! | To find | Read |
//! |---|---|
//! | the routes | [`router`], then `http/<noun>.rs` |
//! | how a price is cached, refreshed, and shown when its source fails | `quotes` |
//! | how an instrument is described | `instruments` |
//! | where prices are from | [`source`], and [`chain`] for their order |
//! | what is stored, and each write | `store/<noun>.rs` |
//! | settings | [`AssetConfig`] |
//! | the process that runs on AWS | `main.rs`, `apart.rs`, `service_kit::process` |
//!
//! Market data is public: no route needs a token, and no answer depends on who asks.
//! Invariant: a price is what a source said, with its source, its time and its staleness, or it is
//! absent with a reason. It is never zero and never made up, except by the source `simulated`.

mod apart;
pub mod chain;
mod config;
mod http;
mod instruments;
mod quotes;
mod search;
mod service;
pub mod source;
mod store;
mod underway;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use apart::ApartConfig;
pub use config::{AssetConfig, SourceName};
pub use service::AssetService;

/// The table the service owns.
pub const TABLE: ::store::TableSpec = ::store::TableSpec {
    name: "assets",
    ticker_index: false,
};

/// Every route of the service, ready to serve.
pub fn router(service: AssetService) -> OpenApiRouter {
    routes().with_state(service)
}

/// Every route of the service, with its part of the contract. All are for anyone.
pub fn routes() -> OpenApiRouter<AssetService> {
    use crate::http::{fx, instruments, quotes};
    OpenApiRouter::new()
        .routes(routes!(instruments::list_instruments))
        .routes(routes!(instruments::get_instrument))
        .routes(routes!(quotes::get_quote))
        .routes(routes!(quotes::list_quotes))
        .routes(routes!(fx::get_fx_rate))
}
