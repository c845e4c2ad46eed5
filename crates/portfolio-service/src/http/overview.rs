//! What all portfolios of a customer are worth now.

use std::collections::BTreeSet;

use api::CurrencyCode;
use api::portfolio::{Overview, PortfolioLine};
use axum::extract::State;
use domain::ledger::Lot;
use domain::portfolio::Portfolio;
use domain::valuation::{Total, Valuation};
use domain::{Currency, Ticker};
use futures::{StreamExt, TryStreamExt, stream};
use service_kit::contract::{AnyRoute, SignedIn, WithQuery};
use service_kit::{Answer, CallerWithToken, Params, Result};

use super::figures::{self, amount, number};
use super::held::Held;
use super::performance::{SIDE_BY_SIDE, common};
use super::summary;
use crate::state::PortfolioService;
use crate::store::portfolios;

/// Read what all your portfolios are worth, together and each.
#[utoipa::path(
    get, path = "/v1/summary", tag = "Holdings", operation_id = "get_overview",
    params(
        ("currency" = Option<CurrencyCode>, Query, description = "The currency of the amounts; when absent, the base currency of the portfolios if they have the same, else USD"),
    ),
    responses(
        (status = 200, description = "The summary", body = Overview),
        AnyRoute, SignedIn, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_overview(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    mut params: Params,
) -> Result<Answer> {
    let currency = params.parsed("currency", Currency::parse);
    params.finish()?;
    let owner = caller.customer_id;
    let portfolios = portfolios::all(&service.table, owner).await?;
    let bases = portfolios.iter().map(|portfolio| portfolio.base_currency);
    let base = currency.unwrap_or_else(|| common(bases));
    let (service, token) = (&service, &token);
    let held: Vec<Held> = stream::iter(portfolios)
        .map(|portfolio| Held::of(service, owner, portfolio.id, Some(base), token))
        .buffered(SIDE_BY_SIDE)
        .filter_map(async |read| portfolios::if_still_there(read))
        .try_collect()
        .await?;

    let lots: Vec<(&Ticker, &Lot)> = held.iter().flat_map(Held::lots).collect();
    let book = service
        .prices
        .book(lots.iter().copied(), Some(base), token)
        .await;
    let all = Valuation::of(held.iter().flat_map(Held::positions), base, &book.market)?;
    let lines = held.iter().map(|held| {
        let valued = Valuation::of(held.positions(), base, &book.market)?;
        Ok(line(&held.portfolio, &valued.total, &all.total))
    });
    let total = &all.total;
    let tickers: BTreeSet<_> = lots.iter().map(|(ticker, _)| *ticker).collect();
    Answer::ok(&Overview {
        currency: base.code().to_owned(),
        market_value: total.market_value().map(amount),
        cost_basis: total.cost_basis().map(amount),
        unrealized_gain: total.unrealized_gain().map(amount),
        unrealized_currency_gain: total.currency_gain().map(amount),
        day_change: total.day_change().map(amount),
        status: figures::status(total.status()),
        missing: figures::missing(&total.missing, &book),
        portfolios: lines.collect::<Result<_>>()?,
        rates: summary::used_rates(&book),
        as_of: summary::prices(&book).filter_map(|quote| quote.as_of).min(),
        staleness: summary::worst(total, &book),
        sources: summary::sources(&book),
        holdings_count: u32::try_from(tickers.len()).unwrap_or(u32::MAX),
        investments_count: u32::try_from(lots.len()).unwrap_or(u32::MAX),
        allocation: summary::allocation(all.by_type),
    })
}

fn line(portfolio: &Portfolio, total: &Total, all: &Total) -> PortfolioLine {
    let value = total.market_value();
    let weight = value.and_then(|value| value.share_of(all.market_value()?).ok());
    PortfolioLine {
        portfolio_id: portfolio.id.to_string(),
        name: portfolio.name.to_string(),
        portfolio_type: portfolio.portfolio_type.to_string(),
        market_value: value.map(amount),
        cost_basis: total.cost_basis().map(amount),
        unrealized_gain: total.unrealized_gain().map(amount),
        day_change: total.day_change().map(amount),
        weight: weight.map(number),
        status: figures::status(total.status()),
    }
}
