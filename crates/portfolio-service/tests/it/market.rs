//! An Asset service that knows only what a test tells it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use api::Number;
use api::asset::{
    DailyCloses, DailyClosesList, HistoryStatus, Instrument, Quote, QuoteList, Segment, SplitRatio,
    Staleness,
};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::world::NOW;

#[derive(Clone, Default)]
pub(crate) struct Market(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    quotes: BTreeMap<String, Quote>,
    /// Quotes of own instruments, by `Authorization` and symbol.
    own: BTreeMap<(String, String), Quote>,
    /// The symbols of each batch, and what it was authorized by.
    batches: Vec<(String, Option<String>)>,
    instruments: BTreeMap<String, Instrument>,
    /// The symbols whose instruments were asked for.
    lookups: Vec<String>,
    closes: BTreeMap<String, Closes>,
    broken: bool,
}

/// The daily closes of one symbol, and its splits.
#[derive(Clone, Default)]
struct Closes {
    currency: String,
    by_day: BTreeMap<Date, Number>,
    splits: Vec<SplitRatio>,
}

impl Market {
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/v1/quotes", get(list_quotes))
            .route("/v1/prices", get(list_daily_closes))
            .route("/v1/instruments/{symbol}", get(get_instrument))
            .with_state(self.clone())
    }

    pub(crate) fn price(&self, symbol: &str, price: &str, currency: &str) {
        self.quote(symbol, |quote| {
            quote.price = Some(number(price));
            quote.currency = Some(currency.to_owned());
        });
    }

    /// A price with the closing price of the session before.
    pub(crate) fn price_after(&self, symbol: &str, price: &str, close: &str, currency: &str) {
        self.quote(symbol, |quote| {
            quote.price = Some(number(price));
            quote.previous_close = Some(number(close));
            quote.currency = Some(currency.to_owned());
        });
    }

    /// How many units of `quote` one unit of `base` costs, now and at all times.
    pub(crate) fn rate(&self, base: &str, quote: &str, rate: &str) {
        let pair = format!("{base}{quote}=X");
        self.price(&pair, rate, quote);
        self.closes(&pair, quote, &[("1900-01-01", rate)]);
    }

    pub(crate) fn quote(&self, symbol: &str, change: impl FnOnce(&mut Quote)) {
        let mut quote = Quote {
            ticker_symbol: symbol.to_owned(),
            staleness: Staleness::Fresh,
            source: Some("test market".to_owned()),
            as_of: Some(as_of()),
            fetched_at: Some(NOW.parse().unwrap()),
            ..unpriced(symbol, "UNKNOWN_SYMBOL")
        };
        quote.reason = None;
        change(&mut quote);
        self.known().quotes.insert(symbol.to_owned(), quote);
    }

    /// What whoever has this token entered for an instrument of their own.
    pub(crate) fn own_price(&self, token: &str, symbol: &str, price: &str, currency: &str) {
        let quote = Quote {
            price: Some(number(price)),
            currency: Some(currency.to_owned()),
            source: Some("manual".to_owned()),
            as_of: Some(as_of()),
            fetched_at: Some(as_of()),
            staleness: Staleness::Fresh,
            reason: None,
            ..unpriced(symbol, "")
        };
        let key = (format!("Bearer {token}"), symbol.to_owned());
        self.known().own.insert(key, quote);
    }

    pub(crate) fn lookups(&self) -> Vec<String> {
        self.known().lookups.clone()
    }

    pub(crate) fn batches(&self) -> Vec<(String, Option<String>)> {
        self.known().batches.clone()
    }

    pub(crate) fn no_price(&self, symbol: &str, reason: &str) {
        let quote = unpriced(symbol, reason);
        self.known().quotes.insert(symbol.to_owned(), quote);
    }

    pub(crate) fn instrument(&self, symbol: &str, kind: &str, currency: &str) {
        let instrument = Instrument {
            ticker_symbol: symbol.to_owned(),
            name: format!("{symbol} Inc."),
            exchange: None,
            instrument_type: kind.to_owned(),
            sector: None,
            currency: currency.to_owned(),
            source: "test market".to_owned(),
        };
        self.known()
            .instruments
            .insert(symbol.to_owned(), instrument);
    }

    /// What a symbol closed at on some days; of a pair such as `EURUSD=X` its rates.
    pub(crate) fn closes(&self, symbol: &str, currency: &str, closes: &[(&str, &str)]) {
        let mut known = self.known();
        let entry = known.closes.entry(symbol.to_owned()).or_default();
        currency.clone_into(&mut entry.currency);
        let closes = closes.iter();
        entry
            .by_day
            .extend(closes.map(|(day, close)| (day.parse().unwrap(), number(close))));
    }

    /// Of the days before one there is nothing to know any more.
    pub(crate) fn forget_before(&self, symbol: &str, first: Date) {
        let mut known = self.known();
        let by_day = &mut known.closes.get_mut(symbol).unwrap().by_day;
        *by_day = by_day.split_off(&first);
    }

    /// A split that the market knows of.
    pub(crate) fn split(&self, symbol: &str, ex_date: &str, new: &str, old: &str) {
        let split = SplitRatio {
            ex_date: ex_date.parse().unwrap(),
            new: number(new),
            old: number(old),
        };
        let mut known = self.known();
        let entry = known.closes.entry(symbol.to_owned()).or_default();
        entry.splits.push(split);
    }

    /// Every request fails from now on.
    pub(crate) fn break_down(&self) {
        self.known().broken = true;
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.lock().unwrap()
    }
}

/// When the test market made its prices: a quarter of an hour ago.
pub(crate) fn as_of() -> Timestamp {
    NOW.parse::<Timestamp>().unwrap() - SignedDuration::from_mins(15)
}

fn number(text: &str) -> Number {
    Number(domain::decimal::parse(text).unwrap())
}

fn unpriced(symbol: &str, reason: &str) -> Quote {
    Quote {
        ticker_symbol: symbol.to_owned(),
        price: None,
        currency: None,
        previous_close: None,
        as_of: None,
        fetched_at: None,
        source: None,
        crossed_through: None,
        staleness: Staleness::Unavailable,
        reason: Some(reason.to_owned()),
    }
}

async fn list_quotes(
    State(market): State<Market>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let mut known = market.known();
    let authorization = headers
        .get("authorization")
        .map(|value| value.to_str().unwrap().to_owned());
    known
        .batches
        .push((query["symbols"].clone(), authorization.clone()));
    if known.broken {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let quote = |symbol: &str| {
        let own = authorization.clone().map(|by| (by, symbol.to_owned()));
        own.and_then(|own| known.own.get(&own))
            .or_else(|| known.quotes.get(symbol))
            .cloned()
            .unwrap_or_else(|| unpriced(symbol, "UNKNOWN_SYMBOL"))
    };
    let symbols: Vec<&str> = query["symbols"].split(',').collect();
    assert!(symbols.len() <= 100, "more symbols than a batch may have");
    let items = symbols.into_iter().map(quote).collect();
    serde_json::to_string(&QuoteList { items })
        .unwrap()
        .into_response()
}

async fn list_daily_closes(
    State(market): State<Market>,
    Query(query): Query<BTreeMap<String, String>>,
) -> Response {
    let known = market.known();
    if known.broken {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let day = |name: &str| query[name].parse::<Date>().unwrap();
    let (from, to) = (day("from"), day("to"));
    if from.year() < 1900 || to.saturating_sub(100.years()) > from {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    }
    let symbols = query["symbols"].split(',');
    let items = symbols
        .map(|symbol| daily_closes(symbol, known.closes.get(symbol), from, to))
        .collect();
    serde_json::to_string(&DailyClosesList { from, to, items })
        .unwrap()
        .into_response()
}

fn daily_closes(symbol: &str, known: Option<&Closes>, from: Date, to: Date) -> DailyCloses {
    let known = known.cloned().unwrap_or_default();
    let before = known.by_day.range(..from).next_back();
    let closes: Vec<_> = before
        .into_iter()
        .chain(known.by_day.range(from..=to))
        .collect();
    let first_date = closes.first().map(|(day, _)| **day);
    let days_since = |day: &Date| (*day - first_date.unwrap()).get_days().unsigned_abs();
    let is_known = first_date.is_some();
    let segment = Segment {
        from,
        to,
        source: "test market".to_owned(),
        fetched_at: NOW.parse().unwrap(),
        staleness: Staleness::Fresh,
        crossed_through: None,
    };
    DailyCloses {
        ticker_symbol: symbol.to_owned(),
        currency: is_known.then_some(known.currency),
        status: if is_known {
            HistoryStatus::Ok
        } else {
            HistoryStatus::Unavailable
        },
        reason: (!is_known).then(|| "UNKNOWN_SYMBOL".to_owned()),
        segments: is_known.then_some(segment).into_iter().collect(),
        first_date,
        days: closes.iter().map(|(day, _)| days_since(day)).collect(),
        closes: closes.iter().map(|(_, close)| **close).collect(),
        splits: Some(known.splits),
    }
}

async fn get_instrument(State(market): State<Market>, Path(symbol): Path<String>) -> Response {
    let mut known = market.known();
    known.lookups.push(symbol.clone());
    if known.broken {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    match known.instruments.get(&symbol) {
        Some(instrument) => serde_json::to_string(instrument).unwrap().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
