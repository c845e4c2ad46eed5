//! A made-up customer and a made-up market, the same in every run.
//!
//! Twenty instruments over ten years, a third of them in euros, each split once;
//! entries of all everyday kinds in which nothing is ever oversold.

use std::collections::BTreeMap;
use std::sync::Arc;

use api::Number;
use api::asset::{
    DailyCloses, DailyClosesList, HistoryStatus, Quote, QuoteList, Segment, SplitRatio, Staleness,
};
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use jiff::civil::{Date, Weekday, date};
use jiff::{Span, Timestamp};
use rust_decimal::Decimal;

pub(crate) const NOW: &str = "2026-03-10T21:00:00Z";
const INSTRUMENTS: usize = 20;
const FROM: Date = date(2016, 3, 1);
const TO: Date = date(2026, 3, 9);

/// A fixed sequence that looks random (a linear congruential generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

pub(crate) struct Data {
    /// As request bodies, in the order of their days.
    pub(crate) entries: Vec<String>,
    market: Arc<BTreeMap<String, Column>>,
}

struct Column {
    currency: &'static str,
    days: Vec<Date>,
    closes: Vec<Decimal>,
    split: Option<Date>,
}

fn is_foreign(instrument: usize) -> bool {
    instrument % 3 == 2
}

fn weekdays() -> Vec<Date> {
    FROM.series(Span::new().days(1))
        .take_while(|day| *day <= TO)
        .filter(|day| !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday))
        .collect()
}

impl Column {
    /// A walk by up to one percent a day, in two or five places.
    fn walk(seed: u64, start: i64, places: u32, currency: &'static str) -> Self {
        let mut numbers = Numbers(seed);
        let days = weekdays();
        let mut level = start;
        let closes = days.iter().map(|_| {
            level += level / 100 * (numbers.below(201) - 98) / 100 + 1;
            Decimal::new(level, places)
        });
        Self {
            currency,
            closes: closes.collect(),
            days,
            split: None,
        }
    }

    /// Two for one in the middle.
    fn split_in_two(mut self, place: usize) -> Self {
        self.split = Some(self.days[place]);
        for close in &mut self.closes[place..] {
            *close = (*close / Decimal::TWO).round_dp(2);
        }
        self
    }
}

impl Data {
    pub(crate) fn new(entries: usize, only_purchases: bool) -> Self {
        let mut market =
            BTreeMap::from([("EURUSD=X".to_owned(), Column::walk(99, 110_000, 5, "USD"))]);
        for instrument in 0..INSTRUMENTS {
            let currency = if is_foreign(instrument) { "EUR" } else { "USD" };
            let start = 10_000 + i64::try_from(instrument).unwrap() * 1_500;
            let column = Column::walk(instrument as u64 + 1, start, 2, currency);
            let place = 400 + 90 * instrument;
            market.insert(format!("T{instrument}"), column.split_in_two(place));
        }
        let market = Arc::new(market);
        Self {
            entries: recorded(&market, entries, only_purchases),
            market,
        }
    }

    /// A small purchase of today.
    pub(crate) fn latest_entry(&self) -> String {
        let close = self.market["T0"].closes.last().unwrap();
        traded("BUY", 0, "1", *close, TO)
    }

    pub(crate) fn asset_service(&self) -> Router {
        Router::new()
            .route("/v1/prices", get(list_daily_closes))
            .route("/v1/quotes", get(list_quotes))
            .with_state(Arc::clone(&self.market))
    }
}

/// As many entries as wanted, spread evenly over the days.
fn recorded(market: &BTreeMap<String, Column>, wanted: usize, only_purchases: bool) -> Vec<String> {
    let mut numbers = Numbers(7);
    let days = &market["EURUSD=X"].days;
    let splits: Vec<Date> = (0..INSTRUMENTS)
        .map(|instrument| market[&format!("T{instrument}")].split.unwrap())
        .collect();
    let mut held = [0_i64; INSTRUMENTS];
    let mut is_split = [false; INSTRUMENTS];
    let mut entries = vec![
        money("DEPOSIT", "10000000", "USD", days[0]),
        money("DEPOSIT", "10000000", "EUR", days[0]),
    ];
    while entries.len() < wanted {
        let place = entries.len() * (days.len() - 1) / wanted;
        let day = days[place];
        for instrument in 0..INSTRUMENTS {
            if !is_split[instrument] && splits[instrument] <= day {
                is_split[instrument] = true;
                held[instrument] *= 2;
                entries.push(format!(
                    r#"{{"type":"SPLIT","ticker_symbol":"T{instrument}","ratio":{{"new":2,"old":1}},"trade_date":"{}"}}"#,
                    splits[instrument]
                ));
            }
        }
        let instrument = usize::try_from(numbers.below(20)).unwrap();
        let close = market[&format!("T{instrument}")].closes[place];
        let currency = if is_foreign(instrument) { "EUR" } else { "USD" };
        let kind = if only_purchases {
            11
        } else {
            numbers.below(20)
        };
        let entry = match kind {
            0 => money("DEPOSIT", "1000", currency, day),
            1 => money("FEE", "2.5", currency, day),
            2..=4 => {
                let cents = Decimal::new(numbers.below(90_000) + 1_000, 2);
                format!(
                    r#"{{"type":"DIVIDEND","ticker_symbol":"T{instrument}","amount":{cents},"tax":1.5,"currency":"{currency}","trade_date":"{day}"}}"#
                )
            }
            5..=10 if held[instrument] >= 200 => {
                let units = numbers.below(held[instrument] / 2) + 1;
                held[instrument] -= units;
                traded("SELL", instrument, &hundredths(units), close, day)
            }
            _ => {
                let units = numbers.below(5_000) + 100;
                held[instrument] += units;
                traded("BUY", instrument, &hundredths(units), close, day)
            }
        };
        entries.push(entry);
    }
    entries.truncate(wanted);
    entries
}

fn hundredths(units: i64) -> String {
    Decimal::new(units, 2).to_string()
}

fn traded(kind: &str, instrument: usize, quantity: &str, price: Decimal, day: Date) -> String {
    let currency = if is_foreign(instrument) { "EUR" } else { "USD" };
    let instrument_type = if kind == "BUY" {
        r#""instrument_type":"Stock","#
    } else {
        ""
    };
    format!(
        r#"{{"type":"{kind}","ticker_symbol":"T{instrument}",{instrument_type}"quantity":{quantity},"price":{price},"fee":1,"currency":"{currency}","trade_date":"{day}"}}"#
    )
}

fn money(kind: &str, amount: &str, currency: &str, day: Date) -> String {
    format!(r#"{{"type":"{kind}","amount":{amount},"currency":"{currency}","trade_date":"{day}"}}"#)
}

async fn list_daily_closes(
    State(market): State<Arc<BTreeMap<String, Column>>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> String {
    let day = |name: &str| query[name].parse::<Date>().unwrap();
    let (from, to) = (day("from"), day("to"));
    let items = query["symbols"]
        .split(',')
        .map(|symbol| daily_closes(symbol, market.get(symbol), from, to))
        .collect();
    serde_json::to_string(&DailyClosesList { from, to, items }).unwrap()
}

fn daily_closes(symbol: &str, column: Option<&Column>, from: Date, to: Date) -> DailyCloses {
    let Some(column) = column else {
        return DailyCloses {
            ticker_symbol: symbol.to_owned(),
            currency: None,
            status: HistoryStatus::Unavailable,
            reason: Some("UNKNOWN_SYMBOL".to_owned()),
            segments: Vec::new(),
            first_date: None,
            days: Vec::new(),
            closes: Vec::new(),
            splits: None,
        };
    };
    let first = column.days[0];
    let split = column.split.map(|ex_date| SplitRatio {
        ex_date,
        new: Number(Decimal::TWO),
        old: Number(Decimal::ONE),
    });
    DailyCloses {
        ticker_symbol: symbol.to_owned(),
        currency: Some(column.currency.to_owned()),
        status: HistoryStatus::Ok,
        reason: None,
        segments: vec![Segment {
            from,
            to,
            source: "generated".to_owned(),
            fetched_at: NOW.parse().unwrap(),
            staleness: Staleness::Fresh,
            crossed_through: None,
        }],
        first_date: Some(first),
        days: column
            .days
            .iter()
            .map(|day| (*day - first).get_days().unsigned_abs())
            .collect(),
        closes: column.closes.iter().copied().map(Number).collect(),
        splits: Some(split.into_iter().collect()),
    }
}

async fn list_quotes(
    State(market): State<Arc<BTreeMap<String, Column>>>,
    Query(query): Query<BTreeMap<String, String>>,
) -> String {
    let now: Timestamp = NOW.parse().unwrap();
    let quote = |symbol: &str| {
        let column = market.get(symbol);
        Quote {
            ticker_symbol: symbol.to_owned(),
            price: column
                .and_then(|column| column.closes.last().copied())
                .map(Number),
            currency: column.map(|column| column.currency.to_owned()),
            previous_close: column
                .and_then(|column| column.closes.last().copied())
                .map(Number),
            as_of: Some(now),
            fetched_at: Some(now),
            source: Some("generated".to_owned()),
            crossed_through: None,
            staleness: Staleness::Fresh,
            reason: None,
        }
    };
    let items = query["symbols"].split(',').map(quote).collect();
    serde_json::to_string(&QuoteList { items }).unwrap()
}
