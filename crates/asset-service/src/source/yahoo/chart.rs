//! One answer of `/v8/finance/chart/{symbol}`: its `meta` here, its days in [`history`].
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
use super::history::{Events, Indicators};

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
pub(super) struct Series {
    pub(super) meta: Meta,
    pub(super) timestamp: Option<Vec<Token>>,
    pub(super) events: Option<Events>,
    pub(super) indicators: Option<Indicators>,
}

pub(super) type Token = Option<Box<RawValue>>;

#[derive(Deserialize)]
struct ChartError {
    code: Option<String>,
}

/// What a quote of `/v7/finance/quote` says as well, in part by other names.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Meta {
    pub(super) symbol: Option<String>,
    pub(super) currency: Option<String>,
    regular_market_price: Token,
    regular_market_time: Token,
    #[serde(alias = "regularMarketPreviousClose")]
    previous_close: Token,
    chart_previous_close: Token,
    /// In minutes.
    exchange_data_delayed_by: Token,
    full_exchange_name: Option<String>,
    exchange_name: Option<String>,
    pub(super) exchange_timezone_name: Option<String>,
    /// In seconds, today.
    pub(super) gmtoffset: Option<i32>,
    current_trading_period: Option<TradingPeriod>,
    #[serde(alias = "quoteType")]
    instrument_type: Option<String>,
    long_name: Option<String>,
    short_name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct TradingPeriod {
    regular: Option<Period>,
}

#[derive(Debug, Deserialize)]
struct Period {
    start: Token,
    end: Token,
}

/// # Errors
///
/// `Unavailable` for what is no chart, `Refused` for a chart of another symbol.
pub(super) fn read(body: &[u8], asked: &Ticker) -> Result<Series, SourceError> {
    let answer: Answer = checked::json(body)?;
    if answer.chart.error.is_some_and(|error| error.is_not_found()) {
        return Err(SourceError::UnknownSymbol);
    }
    let series = answer
        .chart
        .result
        .and_then(|result| result.into_iter().next());
    let series = series.ok_or_else(|| unavailable("its answer is empty"))?;
    match &series.meta.symbol {
        Some(symbol) if symbol.eq_ignore_ascii_case(asked.as_str()) => Ok(series),
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
    /// The regular session that is on, or the next.
    pub(super) fn session(&self) -> Option<(Timestamp, Timestamp)> {
        let regular = self.current_trading_period.as_ref()?.regular.as_ref()?;
        let start = checked::second(regular.start.as_deref())?;
        Some((start, checked::second(regular.end.as_deref())?))
    }

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
