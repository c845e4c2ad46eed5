//! The answers of CoinGecko.

use std::collections::BTreeMap;

use domain::{Currency, InstrumentType, Price, Ticker};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::{Ask, Refusal, SourceError, SourceInstrument, SourceQuote, checked, symbols};

/// A point so soon after midnight is the close of the day before.
const MIDNIGHT_MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// A row of `/coins/markets` or of `/search`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Coin {
    pub(super) id: String,
    symbol: String,
    pub(super) name: Option<String>,
    market_cap_rank: Option<u32>,
}

/// `/search`.
#[derive(Debug, Deserialize)]
pub(super) struct Found {
    #[serde(default)]
    pub(super) coins: Vec<Coin>,
}

/// Of the coins that share a symbol the largest, as everybody who says the symbol means it.
pub(super) fn largest(coins: Vec<Coin>) -> BTreeMap<String, Coin> {
    let mut largest: BTreeMap<String, Coin> = BTreeMap::new();
    for coin in coins {
        let symbol = coin.symbol.to_ascii_lowercase();
        match largest.get(&symbol) {
            Some(other) if other.rank() <= coin.rank() => {}
            _ => {
                largest.insert(symbol, coin);
            }
        }
    }
    largest
}

impl Coin {
    pub(super) fn rank(&self) -> u32 {
        self.market_cap_rank.unwrap_or(u32::MAX)
    }

    pub(super) fn has_rank(&self) -> bool {
        self.market_cap_rank.is_some()
    }

    pub(super) fn in_dollars(self) -> Option<SourceInstrument> {
        let ticker = symbols::from_coingecko(&self.symbol, Currency::USD)?;
        Some(self.instrument(ticker, Currency::USD))
    }

    pub(super) fn instrument(self, ticker: Ticker, currency: Currency) -> SourceInstrument {
        let name = self.name.filter(|name| !name.trim().is_empty());
        SourceInstrument {
            name: name.unwrap_or_else(|| ticker.to_string()),
            ticker,
            exchange: None,
            instrument_type: InstrumentType::parse("Crypto")
                .unwrap_or_else(|_| InstrumentType::other()),
            sector: None,
            currency,
        }
    }
}

/// `/simple/price`: by coin, then by currency, with the time among the currencies.
pub(super) type Prices = BTreeMap<String, BTreeMap<String, Box<RawValue>>>;

/// # Errors
///
/// `UnknownSymbol` for a coin or a currency it has no price in, and `Refused`.
pub(super) fn quote(
    prices: &Prices,
    ask: Ask,
    id: &str,
    currency: Currency,
) -> Result<SourceQuote, SourceError> {
    let prices = prices.get(id).ok_or(SourceError::UnknownSymbol)?;
    let price = prices.get(&currency.code().to_ascii_lowercase());
    let price = price.ok_or(SourceError::UnknownSymbol)?;
    let time = prices.get("last_updated_at");
    let unit = checked::unit(Some(currency.code()))?;
    Ok(SourceQuote {
        price: checked::price(unit, checked::number(Some(price)))?,
        currency,
        previous_close: None,
        as_of: checked::time(checked::second(time.map(Box::as_ref)), ask.now)?,
        is_delayed: false,
        crossed_through: None,
    })
}

/// `/coins/{id}/market_chart/range`: points of milliseconds and price, hourly or daily as it likes.
#[derive(Debug, Deserialize)]
pub(super) struct Chart {
    prices: Vec<(Box<RawValue>, Box<RawValue>)>,
}

impl Chart {
    /// The point at the midnight that ends a day, UTC: the first after it, or else the last before. The
    /// day that is not over has none.
    ///
    /// # Errors
    ///
    /// `Refused` for closes that are none.
    pub(super) fn closes(
        &self,
        ask: Ask,
        from: Date,
        to: Date,
    ) -> Result<Vec<(Date, Price)>, SourceError> {
        let today = ask.now.to_zoned(TimeZone::UTC).date();
        let mut closes: BTreeMap<Date, (Timestamp, &RawValue)> = BTreeMap::new();
        for (time, price) in &self.prices {
            let Some((at, day)) = day(time) else { continue };
            let close = closes.entry(day).or_insert((at, price));
            let is_nearer = if is_after(close.0, day) {
                at < close.0 && is_after(at, day)
            } else {
                close.0 <= at
            };
            if is_nearer {
                *close = (at, price);
            }
        }
        let days = closes.into_iter();
        let days = days.map(|(day, (_, price))| (day, checked::rate(checked::number(Some(price)))));
        let is_asked = |day| (from..=to).contains(&day) && day < today;
        checked::closes(days, ask.now, is_asked)
    }
}

/// When a point was, and the day whose close it may be.
fn day(token: &RawValue) -> Option<(Timestamp, Date)> {
    let at = Timestamp::from_millisecond(token.get().parse().ok()?).ok()?;
    let day = at.checked_sub(MIDNIGHT_MARGIN).ok()?;
    Some((at, day.to_zoned(TimeZone::UTC).date()))
}

/// Whether the point is after the midnight that ends the day.
fn is_after(at: Timestamp, day: Date) -> bool {
    at.to_zoned(TimeZone::UTC).date() > day
}

/// # Errors
///
/// `Refused` where the slug asked for is not the one answered.
pub(super) fn is_safe(id: &str) -> Result<(), SourceError> {
    let is_slug = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !id.is_empty() && id.chars().all(is_slug) && id != "." && id != ".." {
        return Ok(());
    }
    let detail = "its id of the coin is no slug";
    Err(SourceError::refused(Refusal::OtherSymbol, detail))
}
