//! The routes of the service, in one place; each is in `http/<noun>.rs`.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::PortfolioService;

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
