//! The Portfolio service: which customer holds what, and what it is worth.
//!
//! | To find | Read |
//! |---|---|
//! | a route | `http/<noun>.rs` |
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
mod state;
mod store;

pub use apart::ApartConfig;
pub use state::{PortfolioConfig, PortfolioService};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub const TABLE: ::store::TableSpec = ::store::TableSpec {
    name: "portfolios",
    ticker_index: true,
};

/// Every route of the service, ready to serve.
pub fn router(service: PortfolioService) -> OpenApiRouter {
    routes().with_state(service)
}

/// Every route of the service. All of them are for the signed-in customer.
pub fn routes() -> OpenApiRouter<PortfolioService> {
    use crate::http::{
        amendments, cash, corrections, gains, holdings, investments, overview, performance,
        portfolios, purchases, recording, summary, transactions,
    };
    OpenApiRouter::new()
        .routes(routes!(
            portfolios::list_portfolios,
            portfolios::open_portfolio
        ))
        .routes(routes!(
            portfolios::get_portfolio,
            portfolios::update_portfolio,
            portfolios::delete_portfolio
        ))
        .routes(routes!(
            investments::list_investments,
            purchases::record_investment
        ))
        .routes(routes!(
            investments::get_investment,
            corrections::amend_investment,
            corrections::delete_investment
        ))
        .routes(routes!(
            transactions::list_transactions,
            recording::record_transaction
        ))
        .routes(routes!(recording::record_transactions))
        .routes(routes!(
            transactions::get_transaction,
            amendments::amend_transaction,
            amendments::delete_transaction
        ))
        .routes(routes!(holdings::list_holdings))
        .routes(routes!(gains::get_gains))
        .routes(routes!(cash::get_cash))
        .routes(routes!(summary::get_summary))
        .routes(routes!(overview::get_overview))
        .routes(routes!(performance::get_performance))
        .routes(routes!(performance::get_holding_performance))
        .routes(routes!(performance::get_overall_performance))
}
