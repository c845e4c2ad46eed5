//! Twelve Data: figures are strings, several symbols make one answer, and an error may come with
//! a 200. Each symbol counts as a call.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use jiff::Span;
use jiff::civil::Date;
use serde::Deserialize;

use super::Source;
use crate::answer::{Answer, Caller, Question, Tick, View};
use crate::calls::Kind;
use crate::events::{FIRST_DAY, adjusted, closed_by, day_of, trading_days};
use crate::listing::{Class, EXCHANGES, Listing, currency};
use crate::market::Market;

const UNKNOWN: &str = r#"{"code":404,"message":"**symbol** or **figi** parameter is missing or invalid. Please provide a valid symbol according to API documentation.","status":"error"}"#;
const NO_DATA: &str = r#"{"code":400,"message":"No data is available on the specified dates. Try setting different start/end dates.","status":"error"}"#;

pub(super) fn router() -> Router<Market> {
    Router::new()
        .route("/quote", get(quote))
        .route("/time_series", get(time_series))
        .route("/symbol_search", get(symbol_search))
}

/// `VOD:LSE` there is `VOD.L` on Yahoo, `EUR/USD` is `EURUSD=X`, `BTC/USD` is `BTC-USD`.
fn on_yahoo(symbol: &str) -> String {
    if let Some((base, quote)) = symbol.split_once('/') {
        return match currency(base) {
            Some(_) => format!("{base}{quote}=X"),
            None => format!("{base}-{quote}"),
        };
    }
    let (stem, place) = symbol.split_once(':').unwrap_or((symbol, ""));
    let stem = stem.replace('.', "-");
    let exchange = EXCHANGES
        .iter()
        .find(|known| [known.name, known.mic].contains(&place));
    match exchange {
        Some(exchange) if !exchange.suffix.is_empty() => format!("{stem}.{}", exchange.suffix),
        _ => stem,
    }
}

/// What it calls itself in an answer: without the exchange.
fn native(listing: &Listing, tick: &Tick) -> String {
    if tick.symbol != listing.symbol {
        return tick.symbol.clone();
    }
    match listing.class {
        Class::Stock => {
            let stem = listing.symbol.split('.').next().unwrap_or_default();
            stem.replace('-', ".")
        }
        Class::Coin | Class::Pair => format!("{}/{}", listing.base, tick.unit),
    }
}

/// A figure as a string. `null` stays what it is.
fn text(figure: &str) -> String {
    if figure == "null" || figure.starts_with('"') {
        figure.to_owned()
    } else {
        format!(r#""{figure}""#)
    }
}

#[derive(Deserialize)]
struct Asked {
    symbol: String,
    exchange: Option<String>,
    mic_code: Option<String>,
}

impl Asked {
    fn symbols(&self) -> Vec<(String, String)> {
        let place = self.exchange.as_ref().or(self.mic_code.as_ref());
        self.symbol
            .split(',')
            .map(|asked| {
                let placed = place.map(|place| format!("{asked}:{place}"));
                (
                    asked.to_owned(),
                    on_yahoo(placed.as_deref().unwrap_or(asked)),
                )
            })
            .collect()
    }
}

async fn quote(caller: Caller, Query(asked): Query<Asked>) -> Response {
    let symbols = asked.symbols();
    let question = Question {
        source: Source::TwelveData,
        kind: Kind::Quote,
        symbols: symbols.iter().map(|(_, symbol)| symbol.clone()).collect(),
    };
    caller
        .answer(question, |view| match &symbols[..] {
            [(_, symbol)] => match Listing::find(symbol) {
                Some(listing) => Answer::ok(quote_of(&listing, &view.tick(&listing))),
                None => Answer::not_found(UNKNOWN),
            },
            symbols => {
                let items: Vec<String> = symbols
                    .iter()
                    .map(|(asked, symbol)| {
                        let quote = Listing::find(symbol)
                            .map(|listing| quote_of(&listing, &view.tick(&listing)));
                        format!(r#""{asked}":{}"#, quote.as_deref().unwrap_or(UNKNOWN))
                    })
                    .collect();
                Answer::ok(format!("{{{}}}", items.join(",")))
            }
        })
        .await
}

fn quote_of(listing: &Listing, tick: &Tick) -> String {
    let (price, before, second) = (text(&tick.price), text(&tick.previous_close), tick.second);
    let currency = match listing.class {
        Class::Stock => format!(r#""currency":"{}","#, tick.unit),
        Class::Coin | Class::Pair => String::new(),
    };
    format!(
        r#"{{"symbol":"{}","name":"{}","exchange":"{}","mic_code":"{}",{currency}"datetime":"{}","timestamp":{second},"last_quote_at":{second},"open":{before},"high":{price},"low":{price},"close":{price},"volume":"1000","previous_close":{before},"change":"0.01","percent_change":"0.01","average_volume":"1000","is_market_open":true,"fifty_two_week":{{"low":{price},"high":{price}}}}}"#,
        native(listing, tick),
        listing.name,
        listing.exchange.name,
        listing.exchange.mic,
        day_of(second),
    )
}

#[derive(Deserialize)]
struct Series {
    symbol: String,
    exchange: Option<String>,
    mic_code: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    outputsize: Option<usize>,
    order: Option<String>,
    adjust: Option<String>,
}

async fn time_series(caller: Caller, Query(series): Query<Series>) -> Response {
    let asked = Asked {
        symbol: series.symbol.clone(),
        exchange: series.exchange.clone(),
        mic_code: series.mic_code.clone(),
    };
    let symbol = asked.symbols().swap_remove(0).1;
    let question = Question::about(Source::TwelveData, Kind::History, &symbol);
    caller
        .answer(question, |view| {
            let Some(listing) = Listing::find(&symbol) else {
                return Answer::not_found(UNKNOWN);
            };
            let values = values(view, &listing, &series);
            if values.is_empty() {
                let (status, body) = (StatusCode::BAD_REQUEST, NO_DATA.to_owned());
                return Answer { status, body };
            }
            let meta = meta(&listing, &view.tick(&listing));
            let values = values.join(",");
            Answer::ok(format!(
                r#"{{"meta":{meta},"values":[{values}],"status":"ok"}}"#
            ))
        })
        .await
}

fn meta(listing: &Listing, tick: &Tick) -> String {
    let symbol = native(listing, tick);
    let exchange = listing.exchange;
    let (base, unit) = (&listing.base, &tick.unit);
    match listing.class {
        Class::Stock => format!(
            r#"{{"symbol":"{symbol}","interval":"1day","currency":"{unit}","exchange_timezone":"{}","exchange":"{}","mic_code":"{}","type":"Common Stock"}}"#,
            exchange.time_zone, exchange.name, exchange.mic,
        ),
        Class::Pair => format!(
            r#"{{"symbol":"{symbol}","interval":"1day","currency_base":"{base}","currency_quote":"{unit}","type":"Physical Currency"}}"#
        ),
        Class::Coin => format!(
            r#"{{"symbol":"{symbol}","interval":"1day","currency_base":"{base}","currency_quote":"{unit}","exchange":"Coinbase Pro","type":"Digital Currency"}}"#
        ),
    }
}

/// Newest first unless told otherwise, in today's shares unless told otherwise.
fn values(view: &View, listing: &Listing, series: &Series) -> Vec<String> {
    let date = |text: &Option<String>| -> Option<Date> { text.as_ref()?.get(..10)?.parse().ok() };
    let from = date(&series.start_date).unwrap_or(FIRST_DAY);
    let to = date(&series.end_date).unwrap_or(Date::MAX);
    let is_as_traded = series.adjust.as_deref() == Some("none");
    let mut values: Vec<String> = trading_days(listing, from, to, view.now)
        .map(|day| {
            let at = closed_by(listing, day, view.now);
            let tick = view.tick_at(listing, at, at);
            let close = if is_as_traded { tick.price } else { adjusted(listing, day, tick.price) };
            let close = text(&close);
            // A lie about the time moves the day.
            let stamp = day.saturating_add(Span::new().seconds(tick.second - at.as_second()));
            format!(
                r#"{{"datetime":"{stamp}","open":{close},"high":{close},"low":{close},"close":{close},"volume":"1000"}}"#
            )
        })
        .collect();
    values.reverse();
    values.truncate(series.outputsize.unwrap_or(match series.start_date {
        Some(_) => 5_000,
        None => 30,
    }));
    if series
        .order
        .as_deref()
        .is_some_and(|order| order.eq_ignore_ascii_case("asc"))
    {
        values.reverse();
    }
    values
}

async fn symbol_search(caller: Caller, Query(asked): Query<Asked>) -> Response {
    let question = Question::about_all(Source::TwelveData, Kind::Search);
    caller
        .answer(question, |view| {
            let hits: Vec<String> = Listing::find(&on_yahoo(asked.symbol.trim()))
                .iter()
                .map(|found| hit(found, &view.tick(found)))
                .collect();
            Answer::ok(format!(r#"{{"data":[{}],"status":"ok"}}"#, hits.join(",")))
        })
        .await
}

fn hit(listing: &Listing, tick: &Tick) -> String {
    let kind = match listing.class {
        Class::Stock => "Common Stock",
        Class::Coin => "Digital Currency",
        Class::Pair => "Physical Currency",
    };
    format!(
        r#"{{"symbol":"{}","instrument_name":"{}","exchange":"{}","mic_code":"{}","exchange_timezone":"{}","instrument_type":"{kind}","country":"{}","currency":"{}"}}"#,
        native(listing, tick),
        listing.name,
        listing.exchange.name,
        listing.exchange.mic,
        listing.exchange.time_zone,
        country(listing),
        tick.unit,
    )
}

/// Only where a symbol without an ending is listed.
fn country(listing: &Listing) -> &'static str {
    match listing.class {
        Class::Stock if listing.exchange.suffix.is_empty() => "United States",
        _ => "",
    }
}
