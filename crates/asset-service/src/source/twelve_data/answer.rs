//! The answers of Twelve Data. Numbers are strings there, and an error may come in a 200: for the
//! whole answer, or in the place of one symbol.

use std::collections::BTreeMap;

use domain::{InstrumentType, Ticker};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::super::upstream::{Answered, unavailable};
use super::super::{
    Ask, QuotedCurrency, SourceError, SourceHistory, SourceInstrument, SourceQuote, checked,
    symbols,
};
use super::MOST_DAYS;

/// Any answer, read for its error only.
#[derive(Debug, Deserialize)]
struct Trouble {
    status: Option<String>,
    code: Option<u16>,
}

/// What went wrong with a whole answer or one symbol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    UnknownSymbol,
    TooManyCalls,
    /// Not in the plan, or nothing in the range: no fault of the source.
    NotForUs,
    Other(SourceError),
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::Other(error)
    }
}

/// What the answer itself says is wrong.
fn trouble(body: &[u8]) -> Option<Failure> {
    let trouble: Trouble = serde_json::from_slice(body).ok()?;
    if trouble.status.as_deref() != Some("error") {
        return None;
    }
    Some(match trouble.code {
        Some(404) => Failure::UnknownSymbol,
        Some(429) => Failure::TooManyCalls,
        Some(400 | 403) => Failure::NotForUs,
        code => unavailable(format!("it answered with the error {code:?}")).into(),
    })
}

/// # Errors
///
/// What the answer itself says is wrong, and `Unavailable` for what cannot be read.
pub(super) fn read<T: DeserializeOwned>(answered: &Answered) -> Result<T, Failure> {
    match trouble(&answered.body) {
        // Said in a 200 or not, it counts against the source.
        Some(Failure::Other(error)) => Ok(answered.read(|_| Err(error))?),
        Some(failure) => Err(failure),
        None => Ok(answered.read(checked::json)?),
    }
}

/// `/quote`, for each symbol asked for: a single one is not wrapped.
///
/// # Errors
///
/// As for [`read`].
pub(super) fn quotes(
    answered: &Answered,
    asked: &[(Ticker, String)],
) -> Result<BTreeMap<String, Box<RawValue>>, Failure> {
    match asked {
        [(_, symbol)] => Ok(BTreeMap::from([(symbol.clone(), read(answered)?)])),
        _ => read(answered).map_err(|failure| match failure {
            // Said of the whole, it is about no symbol in particular.
            Failure::UnknownSymbol => Failure::NotForUs,
            other => other,
        }),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Quote {
    symbol: Option<String>,
    mic_code: Option<String>,
    currency: Option<String>,
    close: Option<Box<RawValue>>,
    previous_close: Option<Box<RawValue>>,
    /// When the day's trading began.
    timestamp: Option<Box<RawValue>>,
    /// The last minute with a trade.
    last_quote_at: Option<Box<RawValue>>,
}

impl Quote {
    /// # Errors
    ///
    /// What is wrong with this symbol.
    pub(super) fn read(
        token: &RawValue,
        ask: Ask,
        ticker: &Ticker,
    ) -> Result<SourceQuote, Failure> {
        let body = token.get().as_bytes();
        match trouble(body) {
            Some(failure) => Err(failure),
            None => Ok(checked::json::<Self>(body)?.checked(ask, ticker)?),
        }
    }

    fn checked(&self, ask: Ask, ticker: &Ticker) -> Result<SourceQuote, SourceError> {
        is_about(ticker, self.symbol.as_deref(), self.mic_code.as_deref())?;
        let unit = unit(ticker, self.currency.as_deref())?;
        let previous_close = checked::text_number(self.previous_close.as_deref());
        let time = [&self.last_quote_at, &self.timestamp].into_iter();
        let time = time.filter_map(|token| checked::second(token.as_deref()));
        Ok(SourceQuote {
            price: checked::price(unit, checked::text_number(self.close.as_deref()))?,
            currency: unit.currency,
            previous_close: checked::price(unit, previous_close).ok(),
            as_of: checked::time(time.max(), ask.now)?,
            is_delayed: symbols::is_abroad(ticker),
            crossed_through: None,
        })
    }
}

/// `/time_series`.
#[derive(Debug, Deserialize)]
pub(super) struct Series {
    meta: Meta,
    #[serde(default)]
    values: Vec<Bar>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    symbol: Option<String>,
    mic_code: Option<String>,
    currency: Option<String>,
    exchange_timezone: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Bar {
    datetime: Option<String>,
    close: Option<Box<RawValue>>,
}

impl Series {
    /// Without the day that is not over: nothing tells whether the last bar is a close yet.
    ///
    /// # Errors
    ///
    /// `Refused` for another symbol, no currency, and closes that are none.
    pub(super) fn history(
        self,
        ask: Ask,
        ticker: &Ticker,
        from: Date,
        to: Date,
    ) -> Result<SourceHistory, SourceError> {
        let meta = self.meta;
        is_about(ticker, meta.symbol.as_deref(), meta.mic_code.as_deref())?;
        let unit = unit(ticker, meta.currency.as_deref())?;
        let zone = meta.exchange_timezone.as_deref();
        let zone = zone.and_then(|name| TimeZone::get(name).ok());
        let today = ask.now.to_zoned(zone.unwrap_or(TimeZone::UTC)).date();
        let days = self.values.iter().filter_map(|bar| {
            let date: Date = bar.datetime.as_deref()?.get(..10)?.parse().ok()?;
            let close = checked::text_number(bar.close.as_deref());
            Some((date, checked::price(unit, close)))
        });
        let is_asked = |date| (from..=to).contains(&date) && date < today;
        let closes = checked::closes(days, ask.now, is_asked)?;
        let first = closes.first().map(|(date, _)| *date);
        Ok(SourceHistory {
            currency: unit.currency,
            closes,
            actions: None,
            crossed_through: None,
            // More days than are asked for at once: the oldest are left off.
            since: first.filter(|_| self.values.len() >= MOST_DAYS),
        })
    }
}

fn is_about(ticker: &Ticker, symbol: Option<&str>, mic: Option<&str>) -> Result<(), SourceError> {
    let spelled = symbols::twelve_data(ticker).unwrap_or_default();
    let local = spelled.split(':').next();
    let is_at_venue = mic.is_none_or(|mic| symbols::is_at(ticker, mic));
    if symbol.is_some() && symbol == local && is_at_venue {
        Ok(())
    } else {
        Err(checked::other_symbol(ticker, symbol))
    }
}

/// Pairs and coins say their currency in their symbol only.
fn unit(ticker: &Ticker, said: Option<&str>) -> Result<QuotedCurrency, SourceError> {
    let pair = ticker.as_fx_pair().map(|(_, quote)| quote);
    let currency = pair.or(ticker.as_coin().map(|(_, currency)| currency));
    checked::unit(currency.map(domain::Currency::code).or(said))
}

/// `/symbol_search`.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    #[serde(default)]
    pub(super) data: Vec<Hit>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Hit {
    symbol: Option<String>,
    instrument_name: Option<String>,
    exchange: Option<String>,
    mic_code: Option<String>,
    instrument_type: Option<String>,
    country: Option<String>,
    currency: Option<String>,
}

impl Hit {
    pub(super) fn instrument(self) -> Option<SourceInstrument> {
        let (mic, country) = (self.mic_code.as_deref(), self.country.as_deref());
        let ticker = symbols::from_twelve_data(&self.symbol?, mic, country)?;
        let currency = unit(&ticker, self.currency.as_deref()).ok()?.currency;
        let name = self.instrument_name.filter(|name| !name.trim().is_empty());
        Some(SourceInstrument {
            name: name.unwrap_or_else(|| ticker.to_string()),
            ticker,
            exchange: self.exchange,
            instrument_type: instrument_type(self.instrument_type.as_deref()),
            sector: None,
            currency,
        })
    }
}

fn instrument_type(theirs: Option<&str>) -> InstrumentType {
    let ours = match theirs.unwrap_or_default() {
        "Common Stock"
        | "Preferred Stock"
        | "Depositary Receipt"
        | "American Depositary Receipt"
        | "Global Depositary Receipt"
        | "REIT" => "Stock",
        "ETF" | "Exchange-Traded Note" => "ETF",
        "Mutual Fund" | "Closed-end Fund" => "Mutual Fund",
        "Bond" => "Bond",
        "Physical Currency" => "Currency",
        "Digital Currency" => "Crypto",
        "Index" => "Index",
        _ => "Other",
    };
    InstrumentType::parse(ours).unwrap_or_else(|_| InstrumentType::other())
}
