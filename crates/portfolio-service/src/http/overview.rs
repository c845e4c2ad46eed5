//! What all portfolios of a customer are worth now.

use std::collections::BTreeSet;
use std::future::ready;

use api::CurrencyCode;
use api::portfolio::{Overview, PortfolioLine};
use axum::extract::State;
use domain::ledger::Lot;
use domain::portfolio::Portfolio;
use domain::valuation::{CashValue, Total, Valuation, Worth};
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
        .filter_map(|read| ready(portfolios::if_still_there(read)))
        .try_collect()
        .await?;

    let lots: Vec<(&Ticker, &Lot)> = held.iter().flat_map(Held::lots).collect();
    let mut book = service
        .prices
        .book(lots.iter().copied(), Some(base), token)
        .await;
    let cash_pairs = held.iter().flat_map(|held| held.cash_pairs(base)).collect();
    service.prices.add_rates(&mut book, cash_pairs).await;
    let all = Valuation::of(held.iter().flat_map(Held::positions), base, &book.market)?;
    let lines = held.iter().map(|held| {
        let valued = Valuation::of(held.positions(), base, &book.market)?;
        let worth = held.worth(&valued.total, &book.market)?;
        line(&held.portfolio, &worth, &all.total)
    });
    let total = &all.total;
    let balances = held.iter().flat_map(Held::balances);
    let cash = CashValue::of(balances, base, &book.market)?;
    let worth = Worth {
        held: total,
        cash: held.iter().any(|held| held.cash.is_some()).then_some(cash),
    };
    let tickers: BTreeSet<_> = lots.iter().map(|(ticker, _)| *ticker).collect();
    Answer::ok(&Overview {
        currency: base.code().to_owned(),
        market_value: total.market_value().map(amount),
        cash: summary::cash_value(&worth),
        total_value: worth.total()?.map(amount),
        cost_basis: total.cost_basis().map(amount),
        unrealized_gain: total.unrealized_gain().map(amount),
        unrealized_currency_gain: total.currency_gain().map(amount),
        day_change: total.day_change().map(amount),
        status: figures::status(worth.status()?),
        missing: figures::missing(&worth.missing(), &book),
        portfolios: lines.collect::<Result<_>>()?,
        rates: summary::used_rates(&book),
        as_of: summary::prices(&book).filter_map(|quote| quote.as_of).min(),
        staleness: summary::worst(&worth, &book),
        sources: summary::sources(&book),
        holdings_count: u32::try_from(tickers.len()).unwrap_or(u32::MAX),
        investments_count: u32::try_from(lots.len()).unwrap_or(u32::MAX),
        allocation: summary::allocation(all.by_type),
    })
}

fn line(portfolio: &Portfolio, worth: &Worth<'_>, all: &Total) -> Result<PortfolioLine> {
    let total = worth.held;
    let value = total.market_value();
    let weight = value.and_then(|value| value.share_of(all.market_value()?).ok());
    Ok(PortfolioLine {
        portfolio_id: portfolio.id.to_string(),
        name: portfolio.name.to_string(),
        portfolio_type: portfolio.portfolio_type.to_string(),
        market_value: value.map(amount),
        cash: summary::cash_value(worth),
        total_value: worth.total()?.map(amount),
        cost_basis: total.cost_basis().map(amount),
        unrealized_gain: total.unrealized_gain().map(amount),
        day_change: total.day_change().map(amount),
        weight: weight.map(number),
        status: figures::status(worth.status()?),
    })
}
