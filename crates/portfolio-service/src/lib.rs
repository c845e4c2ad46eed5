//! The Portfolio service: which customer holds what, and what it is worth.
//!
//! | To find | Read |
//! |---|---|
//! | a route | `routes.rs`, `http/<noun>.rs` |
//! | a key, a stored item, the write behind a change | `store/<noun>.rs` |
//! | settings | [`PortfolioConfig`] |
//! | the process that runs on AWS | `main.rs`, `apart.rs`, `service_kit::process` |
//! | current prices and rates, asked of the Asset service | `prices.rs` |
//! | closes and rates of past days, likewise | `histories.rs` |
//! | from entries and closes to performance | `performance/` |
//! | the rules | the `domain` crate |
//!
//! Invariant: the owner's id from the token is part of every key of a
//! portfolio, so somebody else's portfolio is simply not found. A ledger is
//! reached only through its portfolio.

mod apart;
mod histories;
mod http;
mod performance;
mod prices;
mod routes;
mod state;
mod store;

pub use apart::ApartConfig;
pub use routes::routes;
pub use state::{PortfolioConfig, PortfolioService};
use utoipa_axum::router::OpenApiRouter;

pub const TABLE: ::store::TableSpec = ::store::TableSpec {
    name: "portfolios",
    ticker_index: true,
};

/// Every route of the service, ready to serve.
pub fn router(service: PortfolioService) -> OpenApiRouter {
    routes().with_state(service)
}
