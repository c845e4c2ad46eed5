//! The Asset service: what instruments there are, what they cost, and what currencies cost.
//!
//! | To find | Read |
//! |---|---|
//! | the routes | [`router`], then `http/<noun>.rs` |
//! | how a price is cached, refreshed, and shown when its source fails | `quotes` |
//! | what it cost day by day, and what is missing | `history` |
//! | how an instrument is described | `instruments` |
//! | what customers add of their own, and its manual prices | `own` |
//! | how symbols are kept warm | [`Refresher`] |
//! | where prices are from | [`source`], and [`chain`] for their order |
//! | what is stored, and each write | `store/<noun>.rs` |
//! | settings | [`AssetConfig`] |
//! | the process that runs on AWS | `main.rs`, `apart.rs`, `service_kit::process` |
//!
//! Market data is public: it needs no token and is the same for everybody. What customers add of
//! their own (`MY:…`) is theirs alone: the owner's id from the token is part of its key, and no
//! source ever hears of it.
//! Invariant: a price is what a source said, with its source, its time and its staleness, or it is
//! absent with a reason. It is never zero and never made up, except by the source `simulated`.

mod apart;
pub mod chain;
mod config;
mod exchanges;
mod history;
mod http;
mod instruments;
mod own;
mod quotes;
mod refresher;
mod search;
mod service;
mod single_flight;
pub mod source;
mod store;
mod underway;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use apart::ApartConfig;
pub use config::{AssetConfig, SourceName};
pub use refresher::Refresher;
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

/// Every route of the service, with its part of the contract.
pub fn routes() -> OpenApiRouter<AssetService> {
    use crate::http::{actions, closes, fx, instruments, market, own, own_prices, prices, quotes};
    OpenApiRouter::new()
        .routes(routes!(instruments::list_instruments, own::add_instrument))
        .routes(routes!(
            instruments::get_instrument,
            own::update_instrument,
            own::delete_instrument
        ))
        .routes(routes!(own_prices::enter_prices))
        .routes(routes!(own_prices::enter_price, own_prices::delete_price))
        .routes(routes!(quotes::get_quote))
        .routes(routes!(quotes::list_quotes))
        .routes(routes!(prices::list_prices))
        .routes(routes!(closes::list_closes))
        .routes(routes!(actions::list_actions))
        .routes(routes!(fx::get_fx_rate))
        .routes(routes!(market::get_market_status))
        .routes(routes!(fx::list_fx_rates))
}
