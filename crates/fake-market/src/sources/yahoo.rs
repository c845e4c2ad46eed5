//! Yahoo Finance: chart v8, quote v7 and search v1, which nobody has documented officially.
//!
//! Closes and dividends are adjusted for splits, as there; a day's bar is stamped with its opening.

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use serde::Deserialize;

use super::Source;
use crate::answer::{Answer, Caller, Question, Tick, View, quoted};
use crate::calls::Kind;
use crate::events::{
    NEW_SHARES, SPLIT_DATE, adjusted, closed_by, day_of, dividend, has_split, trading_days,
};
use crate::listing::{Class, Listing};
use crate::market::Market;

const NOT_FOUND: &str = r#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}"#;
const UNAUTHORIZED: &str = r#"{"finance":{"result":null,"error":{"code":"Unauthorized","description":"User is unable to access this feature"}}}"#;

pub(super) fn router() -> Router<Market> {
    Router::new()
        .route("/v8/finance/chart/{symbol}", get(chart))
        .route("/v7/finance/quote", get(quote))
        .route("/v1/finance/search", get(search))
}

#[derive(Deserialize)]
struct ChartQuery {
    range: Option<String>,
    period1: Option<i64>,
    period2: Option<i64>,
}

async fn chart(
    caller: Caller,
    Path(symbol): Path<String>,
    Query(query): Query<ChartQuery>,
) -> Response {
    let is_latest =
        query.period1.is_none() && matches!(query.range.as_deref(), None | Some("1d" | "5d"));
    let kind = if is_latest {
        Kind::Quote
    } else {
        Kind::History
    };
    let question = Question {
        source: Source::Yahoo,
        kind,
        symbols: vec![symbol.clone()],
    };
    caller
        .answer(question, |view| match Listing::find(&symbol) {
            Some(listing) => Answer::ok(chart_of(view, &listing, &query)),
            None => Answer::not_found(NOT_FOUND),
        })
        .await
}

/// One day of the chart. Figures are JSON tokens.
struct Bar {
    second: i64,
    close: String,
}

fn chart_of(view: &View, listing: &Listing, query: &ChartQuery) -> String {
    let (from, until) = range(query, view.now);
    let bars = bars(view, listing, from, until);
    let tick = view.tick(listing);
    let list = |of: &dyn Fn(&Bar) -> String| bars.iter().map(of).collect::<Vec<_>>().join(",");
    let closes = list(&|bar| bar.close.clone());
    let seconds = list(&|bar| bar.second.to_string());
    let volumes = list(&|_| "1000".to_owned());
    let series = if bars.is_empty() {
        r#""indicators":{"quote":[{}],"adjclose":[{}]}"#.to_owned()
    } else {
        format!(
            r#""timestamp":[{seconds}],{}"indicators":{{"quote":[{{"open":[{closes}],"high":[{closes}],"low":[{closes}],"close":[{closes}],"volume":[{volumes}]}}],"adjclose":[{{"adjclose":[{closes}]}}]}}"#,
            events(listing, from, until),
        )
    };
    format!(
        r#"{{"chart":{{"result":[{{"meta":{},{series}}}],"error":null}}}}"#,
        meta(listing, &tick)
    )
}

fn meta(listing: &Listing, tick: &Tick) -> String {
    let Tick {
        symbol,
        unit,
        price,
        previous_close,
        second,
    } = tick;
    let exchange = listing.exchange;
    let name = &listing.name;
    format!(
        r#"{{"currency":"{unit}","symbol":"{symbol}","exchangeName":"{}","fullExchangeName":"{}","instrumentType":"{}","firstTradeDate":1451917800,"regularMarketTime":{second},"hasPrePostMarketData":true,"gmtoffset":{},"timezone":"UTC","exchangeTimezoneName":"{}","regularMarketPrice":{price},"fiftyTwoWeekHigh":{price},"fiftyTwoWeekLow":{price},"regularMarketDayHigh":{price},"regularMarketDayLow":{price},"regularMarketVolume":1000,"longName":"{name}","shortName":"{name}","chartPreviousClose":{previous_close},"priceHint":2,"dataGranularity":"1d","range":"","validRanges":["1d","5d","1mo","3mo","6mo","1y","2y","5y","10y","ytd","max"]}}"#,
        exchange.code,
        exchange.name,
        quote_type(listing),
        exchange.offset,
        exchange.time_zone,
    )
}

fn quote_type(listing: &Listing) -> &'static str {
    match listing.class {
        Class::Stock => "EQUITY",
        Class::Coin => "CRYPTOCURRENCY",
        Class::Pair => "CURRENCY",
    }
}

/// From the first moment to before the second.
fn range(query: &ChartQuery, now: Timestamp) -> (i64, i64) {
    let end = query.period2.unwrap_or_else(|| now.as_second() + 1);
    let days = match query.range.as_deref() {
        Some("5d") => 7,
        Some("1mo") => 31,
        Some("3mo") => 92,
        Some("6mo") => 183,
        Some("1y" | "ytd") => 366,
        Some("2y") => 731,
        Some("5y") => 1_827,
        Some("10y" | "max") => 3_653,
        _ => 1,
    };
    let start = query.period1.unwrap_or(end - days * 86_400);
    (start, end)
}

fn bars(view: &View, listing: &Listing, from: i64, until: i64) -> Vec<Bar> {
    let days = trading_days(listing, day_of(from), day_of(until), view.now);
    let bars = days.filter_map(|day| {
        let opening = opening(listing, day)?;
        let is_in = (from..until).contains(&opening) && opening <= view.now.as_second();
        let at = closed_by(listing, day, view.now);
        let tick = view.tick_at(listing, at, at);
        let second = if at == view.now {
            tick.second
        } else {
            opening + tick.second - at.as_second()
        };
        let close = adjusted(listing, day, tick.price);
        is_in.then_some(Bar { second, close })
    });
    bars.collect()
}

/// 9:30 in New York, eight or nine o'clock elsewhere, midnight where it is always open.
fn opening(listing: &Listing, day: Date) -> Option<i64> {
    let midnight = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let local = match (listing.class, listing.exchange.offset) {
        (Class::Stock, ..0) => Span::new().hours(9).minutes(30),
        (Class::Stock, _) => Span::new().hours(9),
        (Class::Coin | Class::Pair, _) => Span::new(),
    };
    let opening = midnight.checked_add(local).ok()?;
    Some(opening.as_second() - i64::from(listing.exchange.offset))
}

fn events(listing: &Listing, from: i64, until: i64) -> String {
    let mut dividends = Vec::new();
    let mut splits = Vec::new();
    for day in day_of(from)
        .series(Span::new().days(1))
        .take_while(|day| *day <= day_of(until))
    {
        let Some(second) = opening(listing, day).filter(|second| (from..until).contains(second))
        else {
            continue;
        };
        if let Some(declared) = dividend(&listing.symbol, day) {
            let amount = adjusted(listing, day, quoted(listing, Some(declared)).to_string());
            dividends.push(format!(
                r#""{second}":{{"amount":{amount},"date":{second}}}"#
            ));
        }
        if has_split(&listing.symbol) && day == SPLIT_DATE {
            splits.push(format!(
                r#""{second}":{{"date":{second},"numerator":{NEW_SHARES},"denominator":1,"splitRatio":"{NEW_SHARES}:1"}}"#
            ));
        }
    }
    let named = [("dividends", dividends), ("splits", splits)];
    let lists: Vec<String> = named
        .into_iter()
        .filter(|(_, events)| !events.is_empty())
        .map(|(name, events)| format!(r#""{name}":{{{}}}"#, events.join(",")))
        .collect();
    if lists.is_empty() {
        return String::new();
    }
    format!(r#""events":{{{}}},"#, lists.join(","))
}

#[derive(Deserialize)]
struct QuoteQuery {
    symbols: String,
}

async fn quote(caller: Caller, Query(query): Query<QuoteQuery>) -> Response {
    let works = caller.market.has_batch_quotes();
    let symbols: Vec<String> = query.symbols.split(',').map(str::to_owned).collect();
    let question = Question {
        source: Source::Yahoo,
        kind: Kind::Quote,
        symbols: symbols.clone(),
    };
    caller
        .answer(question, |view| {
            if !works {
                let (status, body) = (StatusCode::UNAUTHORIZED, UNAUTHORIZED.to_owned());
                return Answer { status, body };
            }
            let quotes: Vec<String> = symbols
                .iter()
                .filter_map(|symbol| Listing::find(symbol))
                .map(|listing| v7(&listing, &view.tick(&listing)))
                .collect();
            let quotes = quotes.join(",");
            Answer::ok(format!(
                r#"{{"quoteResponse":{{"result":[{quotes}],"error":null}}}}"#
            ))
        })
        .await
}

fn v7(listing: &Listing, tick: &Tick) -> String {
    let name = &listing.name;
    format!(
        r#"{{"language":"en-US","region":"US","quoteType":"{}","currency":"{}","marketState":"REGULAR","regularMarketTime":{},"regularMarketPrice":{},"regularMarketPreviousClose":{},"exchange":"{}","fullExchangeName":"{}","exchangeTimezoneName":"{}","longName":"{name}","shortName":"{name}","sourceInterval":15,"exchangeDataDelayedBy":0,"symbol":"{}"}}"#,
        quote_type(listing),
        tick.unit,
        tick.second,
        tick.price,
        tick.previous_close,
        listing.exchange.code,
        listing.exchange.name,
        listing.exchange.time_zone,
        tick.symbol,
    )
}

#[derive(Deserialize)]
struct SearchQuery {
    q: String,
}

async fn search(caller: Caller, Query(query): Query<SearchQuery>) -> Response {
    let question = Question {
        source: Source::Yahoo,
        kind: Kind::Search,
        symbols: Vec::new(),
    };
    caller
        .answer(question, |_| {
            let hits: Vec<String> = Listing::find(query.q.trim()).iter().map(hit).collect();
            let hits = hits.join(",");
            Answer::ok(format!(
                r#"{{"explains":[],"count":1,"quotes":[{hits}],"news":[],"nav":[],"lists":[],"totalTime":10}}"#
            ))
        })
        .await
}

fn hit(listing: &Listing) -> String {
    let name = &listing.name;
    format!(
        r#"{{"exchange":"{}","shortname":"{name}","quoteType":"{}","symbol":"{}","index":"quotes","score":20000.0,"typeDisp":"Equity","longname":"{name}","exchDisp":"{}","sector":"Technology","industry":"Widgets","isYahooFinance":true}}"#,
        listing.exchange.code,
        quote_type(listing),
        listing.symbol,
        listing.exchange.name,
    )
}
