//! What all portfolios of a customer are worth now.

use std::collections::BTreeSet;

use api::CurrencyCode;
use api::portfolio::{Overview, PortfolioLine};
use axum::extract::State;
use domain::ledger::{Lot, Position};
use domain::portfolio::Portfolio;
use domain::valuation::{Total, Valuation};
use domain::{Currency, CustomerId, Ticker};
use futures::{StreamExt, TryStreamExt, stream};
use service_kit::contract::{AnyRoute, SignedIn, WithQuery};
use service_kit::{Answer, CallerWithToken, Params, Result};

use super::figures::{self, amount, number};
use super::performance::{SIDE_BY_SIDE, common};
use super::summary;
use crate::state::PortfolioService;
use crate::store::{ledger, portfolios};

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
    let held = all_held(&service, caller.customer_id).await?;
    let bases = held.iter().map(|(portfolio, _)| portfolio.base_currency);
    let base = currency.unwrap_or_else(|| common(bases));
    let held: Vec<(Portfolio, Vec<Position>)> = held
        .into_iter()
        .map(|(portfolio, positions)| {
            let positions = stated_in(base, &portfolio, positions);
            (portfolio, positions)
        })
        .collect();

    let positions: Vec<&Position> = held.iter().flat_map(|(_, positions)| positions).collect();
    let mut lots: Vec<(&Ticker, &Lot)> = Vec::new();
    for position in &positions {
        lots.extend(position.lots().iter().map(|lot| (&position.ticker, lot)));
    }
    let book = service
        .prices
        .book(lots.iter().copied(), Some(base), &token)
        .await;
    let all = Valuation::of(positions, base, &book.market)?;
    let lines = held.iter().map(|(portfolio, positions)| {
        let valued = Valuation::of(positions, base, &book.market)?;
        Ok(line(portfolio, &valued.total, &all.total))
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

async fn all_held(
    service: &PortfolioService,
    owner: CustomerId,
) -> Result<Vec<(Portfolio, Vec<Position>)>> {
    let ids = portfolios::ids(&service.table, owner).await?;
    let (table, ledgers) = (&service.table, &service.ledgers);
    stream::iter(ids)
        .map(|id| async move {
            let (portfolio, ledger) = ledger::load(table, ledgers, owner, id).await?;
            Ok((
                portfolio.value.portfolio,
                ledger.positions().cloned().collect(),
            ))
        })
        .buffered(SIDE_BY_SIDE)
        .try_collect()
        .await
}

/// The positions, without the rates that purchases state into another currency.
fn stated_in(base: Currency, portfolio: &Portfolio, positions: Vec<Position>) -> Vec<Position> {
    if portfolio.base_currency == base {
        return positions;
    }
    let without = |position: Position| {
        let lots = position.lots().iter().map(|lot| Lot {
            fx_rate: None,
            ..lot.clone()
        });
        let lots = lots.collect();
        let tally = position.tally().clone();
        Position::from_parts(position.ticker, lots, tally)
    };
    positions.into_iter().map(without).collect()
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
