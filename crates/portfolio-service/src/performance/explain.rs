//! What figures were made from: the flows, and both closes line by line.

use api::Number;
use api::portfolio::{
    ExplainedCash, ExplainedClose, ExplainedHolding, Explanation, UsedFlow, UsedPrice,
};
use domain::performance::{Book, Close, Flow, Observed};
use domain::{Currency, Ticker};
use jiff::civil::Date;
use service_kit::Result;

use super::answer::amount_in;
use super::followed::Followed;
use super::market::Market;
use crate::http::figures::{amount, number};

pub(super) fn explanation(
    followed: &Followed<'_>,
    book: &Book<'_>,
    market: &Market,
) -> Result<Explanation> {
    let close = |date: Date| -> Result<ExplainedClose> {
        let close = Close::of(book, &followed.rates, date)?;
        Ok(explained(&close, followed.base, market))
    };
    let flows = followed.external();
    Ok(Explanation {
        flows: flows
            .into_iter()
            .map(|(ticker, flow)| used_flow(ticker, &flow, followed))
            .collect(),
        opening: close(followed.range.opening())?,
        closing: close(followed.range.to())?,
    })
}

fn used_flow(ticker: Option<&Ticker>, flow: &Flow, followed: &Followed<'_>) -> UsedFlow {
    let rate = followed.rates.of_flow(flow);
    let value = rate.and_then(|rate| flow.amount.amount().checked_mul(rate));
    UsedFlow {
        date: flow.date,
        ticker_symbol: ticker.map(ToString::to_string),
        amount: amount(flow.amount),
        currency: flow.amount.currency().code().to_owned(),
        rate: rate.map(number),
        value: value.map(|value| amount_in(followed.base, value)),
    }
}

fn explained(close: &Close, base: Currency, market: &Market) -> ExplainedClose {
    let value = |value: Option<_>| value.map(|value| amount_in(base, value));
    let rate = |rate: Option<Observed>, currency: Currency| {
        let pair = (currency != base).then(|| Ticker::fx_pair(currency, base));
        rate.map(|rate| used(rate, pair.as_ref(), market))
    };
    let lines = close.lines.iter().map(|line| ExplainedHolding {
        ticker_symbol: line.ticker.to_string(),
        quantity: number(line.quantity),
        price: line
            .price
            .map(|price| used(price, Some(&line.ticker), market)),
        currency: line.currency.code().to_owned(),
        rate: rate(line.rate, line.currency),
        value: value(line.value),
    });
    let cash = close.cash.iter().map(|line| ExplainedCash {
        currency: line.currency.code().to_owned(),
        balance: amount_in(line.currency, line.balance),
        rate: rate(line.rate, line.currency),
        value: value(line.value),
    });
    ExplainedClose {
        date: close.date,
        lines: lines.collect(),
        cash: cash.collect(),
    }
}

fn used(seen: Observed, symbol: Option<&Ticker>, market: &Market) -> UsedPrice {
    let origin = symbol.and_then(|symbol| market.origin(symbol, seen.date));
    let source = origin.as_ref().map(|origin| origin.source.clone());
    UsedPrice {
        value: Number(seen.value.normalize()),
        date: seen.date,
        age_days: seen.age,
        source: source.or_else(|| symbol.map(|_| "ledger".to_owned())),
        staleness: origin.map(|origin| origin.staleness),
    }
}
