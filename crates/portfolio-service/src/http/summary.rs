//! What a portfolio is worth now, on one page.

use std::collections::BTreeSet;

use api::Number;
use api::asset::{Quote, Staleness};
use api::portfolio::{Allocation, Summary, UsedRate};
use axum::extract::State;
use domain::valuation::{CashValue, Total, Valuation, Worth};
use domain::{InstrumentType, PortfolioId, Ticker};
use rust_decimal::Decimal;
use service_kit::contract::{AnyRoute, NotFound, SignedIn};
use service_kit::{Answer, CallerWithToken, PathId, Result};

use super::figures::{self, amount, number};
use super::held::Held;
use crate::prices::PriceBook;
use crate::state::PortfolioService;

/// Read a portfolio's value, cost, gain, day change and allocation, in its base currency.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/summary", tag = "Holdings", operation_id = "get_summary",
    params(("portfolio_id" = String, Path, format = Uuid)),
    responses(
        (status = 200, description = "The summary", body = Summary),
        AnyRoute, SignedIn, NotFound,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_summary(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathId(id): PathId<PortfolioId>,
) -> Result<Answer> {
    let held = Held::of(&service, caller.customer_id, id, None, &token).await?;
    let base = held.portfolio.base_currency;
    let mut book = service.prices.book(held.lots(), Some(base), &token).await;
    let cash_pairs = held.cash_pairs(base).collect();
    service.prices.add_rates(&mut book, cash_pairs).await;
    let Valuation {
        total,
        holdings,
        by_type,
    } = Valuation::of(held.positions(), base, &book.market)?;
    let worth = held.worth(&total, &book.market)?;
    Answer::ok(&Summary {
        portfolio_id: id.to_string(),
        currency: base.code().to_owned(),
        market_value: total.market_value().map(amount),
        cash: cash_value(&worth),
        total_value: worth.total()?.map(amount),
        cost_basis: total.cost_basis().map(amount),
        unrealized_gain: total.unrealized_gain().map(amount),
        unrealized_currency_gain: total.currency_gain().map(amount),
        day_change: total.day_change().map(amount),
        status: figures::status(worth.status()?),
        missing: figures::missing(&worth.missing(), &book),
        allocation: allocation(by_type),
        rates: used_rates(&book),
        as_of: prices(&book).filter_map(|quote| quote.as_of).min(),
        staleness: worst(&worth, &book),
        sources: sources(&book),
        holdings_count: u32::try_from(holdings.len()).unwrap_or(u32::MAX),
        investments_count: u32::try_from(held.lots().count()).unwrap_or(u32::MAX),
    })
}

pub(super) fn cash_value(worth: &Worth<'_>) -> Option<Number> {
    worth.cash.as_ref().and_then(CashValue::value).map(amount)
}

/// The parts of the instrument types.
pub(super) fn allocation(
    by_type: Vec<(InstrumentType, Total, Option<Decimal>)>,
) -> Vec<Allocation> {
    let part = |(kind, sum, weight): (InstrumentType, Total, Option<Decimal>)| Allocation {
        instrument_type: kind.to_string(),
        market_value: sum.market_value().map(amount),
        cost_basis: sum.cost_basis().map(amount),
        unrealized_gain: sum.unrealized_gain().map(amount),
        weight: weight.map(number),
        status: figures::status(sum.status()),
    };
    by_type.into_iter().map(part).collect()
}

/// The quotes in the totals.
pub(super) fn prices(book: &PriceBook) -> impl Iterator<Item = &Quote> {
    book.quotes()
        .map(|(_, quote)| quote)
        .filter(|quote| quote.price.is_some())
}

/// Fresh when there is nothing to be stale. A quote that was not even answered is in no book.
pub(super) fn worst(worth: &Worth<'_>, book: &PriceBook) -> Staleness {
    if !worth.missing().is_empty() {
        return Staleness::Unavailable;
    }
    let rank = |staleness: &Staleness| match staleness {
        Staleness::Fresh => 0,
        Staleness::Delayed => 1,
        Staleness::Stale => 2,
        Staleness::Unavailable => 3,
    };
    let all = book.quotes().map(|(_, quote)| quote.staleness);
    all.max_by_key(rank).unwrap_or(Staleness::Fresh)
}

pub(super) fn sources(book: &PriceBook) -> Vec<String> {
    let named: BTreeSet<String> = prices(book)
        .filter_map(|quote| quote.source.clone())
        .collect();
    named.into_iter().collect()
}

pub(super) fn used_rates(book: &PriceBook) -> Vec<UsedRate> {
    let used = |(ticker, quote): (&Ticker, &Quote)| {
        let (base, to) = ticker.as_fx_pair()?;
        Some(UsedRate {
            base: base.code().to_owned(),
            quote: to.code().to_owned(),
            rate: quote.price?,
            as_of: quote.as_of?,
            source: quote.source.clone()?,
        })
    };
    book.quotes().filter_map(used).collect()
}
