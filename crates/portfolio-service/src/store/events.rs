//! What this service tells the others, written in the same transaction as the change.

use std::collections::BTreeSet;

use domain::Ticker;
use domain::ledger::Transaction;
use domain::portfolio::Portfolio;
use serde::Serialize;
use service_kit::{Clock, layers};
use store::Event;

use super::portfolios::owner_partition;

#[derive(Debug, Clone, Copy)]
pub(crate) enum PortfolioChange {
    Created,
    Updated,
    Deleted,
}

#[derive(Debug)]
pub(crate) enum LedgerChange {
    Recorded(Transaction),
    RecordedMany {
        count: usize,
        tickers: BTreeSet<Ticker>,
    },
    Amended(Transaction),
    Removed(Transaction),
}

#[derive(Serialize)]
struct PortfolioData {
    portfolio_id: String,
}

#[derive(Serialize)]
struct LedgerData<'a> {
    portfolio_id: String,
    transaction_id: String,
    /// None for an entry about money alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticker_symbol: Option<&'a str>,
}

#[derive(Serialize)]
struct BatchData<'a> {
    portfolio_id: String,
    count: usize,
    ticker_symbols: &'a BTreeSet<Ticker>,
}

pub(crate) fn portfolio(
    change: PortfolioChange,
    portfolio: &Portfolio,
    version: u64,
    clock: &Clock,
) -> service_kit::Result<Event> {
    let event_type = match change {
        PortfolioChange::Created => "PortfolioCreated",
        PortfolioChange::Updated => "PortfolioUpdated",
        PortfolioChange::Deleted => "PortfolioDeleted",
    };
    let data = PortfolioData {
        portfolio_id: portfolio.id.to_string(),
    };
    event(event_type, portfolio, version, &data, clock)
}

pub(crate) fn ledger(
    change: &LedgerChange,
    portfolio: &Portfolio,
    version: u64,
    clock: &Clock,
) -> service_kit::Result<Event> {
    let portfolio_id = portfolio.id.to_string();
    let (event_type, transaction) = match change {
        LedgerChange::Recorded(transaction) => ("TransactionRecorded", transaction),
        LedgerChange::Amended(transaction) => ("TransactionAmended", transaction),
        LedgerChange::Removed(transaction) => ("TransactionRemoved", transaction),
        LedgerChange::RecordedMany { count, tickers } => {
            let data = BatchData {
                portfolio_id,
                count: *count,
                ticker_symbols: tickers,
            };
            return event("TransactionsRecorded", portfolio, version, &data, clock);
        }
    };
    let data = LedgerData {
        portfolio_id,
        transaction_id: transaction.id.to_string(),
        ticker_symbol: transaction.entry.ticker().map(Ticker::as_str),
    };
    event(event_type, portfolio, version, &data, clock)
}

fn event(
    event_type: &str,
    portfolio: &Portfolio,
    version: u64,
    data: &impl Serialize,
    clock: &Clock,
) -> service_kit::Result<Event> {
    Ok(Event {
        id: clock.new_id(),
        event_type: event_type.to_owned(),
        schema_version: 1,
        occurred_at: clock.now(),
        aggregate_pk: owner_partition(portfolio.customer_id),
        aggregate_id: portfolio.id.to_string(),
        aggregate_version: version,
        trace: layers::current_request_id(),
        data: serde_json::to_string(data).map_err(service_kit::Error::internal)?,
    })
}
