//! One answer of `/v8/finance/chart/{symbol}`: only its `meta` is read.
//!
//! Invariant: a number becomes a price from its JSON token, digit for digit. A `null`, a string,
//! or a price that is zero, negative, of another symbol or from the future becomes no price.

use domain::{InstrumentType, Ticker};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::upstream::unavailable;
use super::super::{SourceError, SourceInstrument, SourceQuote, checked};

#[derive(Deserialize)]
struct Answer {
    chart: Chart,
}

#[derive(Deserialize)]
struct Chart {
    result: Option<Vec<Series>>,
    error: Option<ChartError>,
}

#[derive(Deserialize)]
struct Series {
    meta: Meta,
}

#[derive(Deserialize)]
struct ChartError {
    code: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Meta {
    symbol: Option<String>,
    currency: Option<String>,
    regular_market_price: Option<Box<RawValue>>,
    regular_market_time: Option<Box<RawValue>>,
    previous_close: Option<Box<RawValue>>,
    chart_previous_close: Option<Box<RawValue>>,
    /// In minutes.
    exchange_data_delayed_by: Option<Box<RawValue>>,
    full_exchange_name: Option<String>,
    exchange_name: Option<String>,
    instrument_type: Option<String>,
    long_name: Option<String>,
    short_name: Option<String>,
}

/// # Errors
///
/// `Unavailable` for what is no chart, `Refused` for a chart of another symbol.
pub(super) fn read(body: &[u8], asked: &Ticker) -> Result<Meta, SourceError> {
    let answer: Answer = checked::json(body)?;
    if answer.chart.error.is_some_and(|error| error.is_not_found()) {
        return Err(SourceError::UnknownSymbol);
    }
    let series = answer
        .chart
        .result
        .and_then(|result| result.into_iter().next());
    let meta = series
        .ok_or_else(|| unavailable("its answer is empty"))?
        .meta;
    match &meta.symbol {
        Some(symbol) if symbol.eq_ignore_ascii_case(asked.as_str()) => Ok(meta),
        other => Err(checked::other_symbol(asked, other.as_deref())),
    }
}

/// Whether a 404 is about the symbol and not about the address.
pub(super) fn says_not_found(body: &[u8]) -> bool {
    serde_json::from_slice::<Answer>(body)
        .ok()
        .and_then(|answer| answer.chart.error)
        .is_some_and(|error| error.is_not_found())
}

impl ChartError {
    fn is_not_found(&self) -> bool {
        self.code.as_deref() == Some("Not Found")
    }
}

impl Meta {
    pub(super) fn quote(&self, now: Timestamp) -> Result<SourceQuote, SourceError> {
        let unit = checked::unit(self.currency.as_deref())?;
        let quoted = checked::number(self.regular_market_price.as_deref());
        let price = checked::price(unit, quoted)?;
        let traded_at = checked::second(self.regular_market_time.as_deref());
        let as_of = checked::time(traded_at, now)?;
        let previous_close = [&self.previous_close, &self.chart_previous_close]
            .into_iter()
            .find_map(|token| unit.price(checked::number(token.as_deref())?).ok());
        let delay = checked::number(self.exchange_data_delayed_by.as_deref());
        Ok(SourceQuote {
            price,
            currency: unit.currency,
            previous_close,
            as_of,
            is_delayed: delay.is_some_and(|minutes| minutes > Decimal::ZERO),
            crossed_through: None,
        })
    }

    pub(super) fn instrument(self, ticker: Ticker) -> Result<SourceInstrument, SourceError> {
        let currency = checked::unit(self.currency.as_deref())?.currency;
        let name = [self.long_name, self.short_name]
            .into_iter()
            .flatten()
            .find(|name| !name.trim().is_empty())
            .unwrap_or_else(|| ticker.to_string());
        Ok(SourceInstrument {
            ticker,
            name,
            exchange: self.full_exchange_name.or(self.exchange_name),
            instrument_type: instrument_type(self.instrument_type.as_deref()),
            sector: None,
            currency,
        })
    }
}

fn instrument_type(theirs: Option<&str>) -> InstrumentType {
    let ours = match theirs {
        Some("EQUITY") => "Stock",
        Some("ETF") => "ETF",
        Some("MUTUALFUND") => "Mutual Fund",
        Some("CRYPTOCURRENCY") => "Crypto",
        Some("CURRENCY") => "Currency",
        Some("INDEX") => "Index",
        Some("OPTION") => "Option",
        Some("BOND") => "Bond",
        _ => "Other",
    };
    InstrumentType::parse(ours).unwrap_or_else(|_| InstrumentType::other())
}
