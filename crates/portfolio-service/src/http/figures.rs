//! From valued lots to what is shown: the same provenance on every figure.

use std::collections::BTreeSet;

use api::Number;
use api::asset::Staleness;
use api::portfolio::{FigureStatus, Investment, MissingInput};
use domain::ledger::Lot;
use domain::valuation::{LotValue, Missing, Status};
use domain::{Money, PortfolioId, Ticker};
use rust_decimal::Decimal;
use service_kit::{ETag, Result};

use crate::prices::{PriceBook, symbol_of};

pub(crate) fn amount(money: Money) -> Number {
    Number(money.written())
}

/// A quantity, price or share without trailing zeros. Storage does not keep
/// them, so an answer must not show them before a restart and drop them after.
pub(crate) fn number(value: Decimal) -> Number {
    Number(value.normalize())
}

pub(crate) fn status(status: Status) -> FigureStatus {
    match status {
        Status::Ok => FigureStatus::Ok,
        Status::Partial => FigureStatus::Partial,
        Status::Unavailable => FigureStatus::Unavailable,
    }
}

pub(crate) fn missing(missing: &BTreeSet<Missing>, book: &PriceBook) -> Vec<MissingInput> {
    let input = |missing: &Missing| MissingInput {
        symbol: symbol_of(missing).to_string(),
        date: match missing {
            Missing::RateOn { date, .. } => Some(*date),
            Missing::Price(_) | Missing::Rate { .. } => None,
        },
        reason: book.reason(missing),
    };
    missing.iter().map(input).collect()
}

/// One lot at its current price.
pub(crate) fn investment(
    portfolio: PortfolioId,
    ticker: &Ticker,
    lot: &Lot,
    book: &PriceBook,
) -> Result<Investment> {
    let value = LotValue::of(ticker, lot, lot.currency, &book.market)?;
    let current = value.current.as_ref().ok();
    // Without a value there is no price to give the origin of.
    let quote = current.and_then(|_| book.quote(ticker));
    Ok(Investment {
        investment_id: lot.id.to_string(),
        portfolio_id: portfolio.to_string(),
        ticker_symbol: ticker.to_string(),
        instrument_type: lot.instrument_type.to_string(),
        quantity: number(lot.quantity.value()),
        purchase_price: number(lot.purchase_price.value()),
        purchase_date: lot.purchase_date,
        currency: lot.currency.code().to_owned(),
        fees: amount(lot.fees),
        cost_basis: amount(lot.cost_basis()?),
        current_price: current.map(|current| number(current.price.value())),
        market_value: current.map(|current| amount(current.market_value)),
        unrealized_gain: current
            .and_then(|current| current.unrealized_gain)
            .map(amount),
        last_updated: quote.and_then(|quote| quote.fetched_at),
        as_of: quote.and_then(|quote| quote.as_of),
        source: quote.and_then(|quote| quote.source.clone()),
        staleness: quote.map_or(Staleness::Unavailable, |quote| quote.staleness),
        price_unavailable_reason: value.current.err().map(|missing| book.reason(&missing)),
        created_at: lot.created_at,
        updated_at: lot.updated_at,
        warnings: Vec::new(),
    })
}

/// The tag of an investment: the revision of its purchase, and what sales and prices make of it.
pub(crate) fn etag(lot: &Lot, shown: &Investment) -> ETag {
    let price = shown
        .current_price
        .map_or_else(|| "none".to_owned(), |price| price.to_string());
    let fetched = shown
        .last_updated
        .map_or(0, jiff::Timestamp::as_microsecond);
    let (quantity, staleness) = (shown.quantity, shown.staleness);
    ETag::strong(lot.revision).with_view(format_args!("{quantity}-{price}-{fetched}-{staleness:?}"))
}
