//! CoinGecko: coins by slug, currencies in lower case, history as pairs of millisecond and price.
//!
//! Without a paid plan there is no history beyond a year.

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;

use super::Source;
use crate::answer::{Answer, Caller, Question, Tick, View};
use crate::calls::Kind;
use crate::listing::{COINS, Listing};
use crate::market::Market;

const DAY: i64 = 86_400;
const NOT_FOUND: &str = r#"{"error":"coin not found"}"#;
const TOO_LONG_AGO: &str = r#"{"error":{"status":{"timestamp":"","error_code":10012,"error_message":"Your request exceeds the allowed time range. Public API users are limited to querying historical data within the past 365 days."}}}"#;

pub(super) fn router() -> Router<Market> {
    Router::new()
        .route("/api/v3/simple/price", get(simple_price))
        .route("/api/v3/coins/markets", get(markets))
        .route("/api/v3/coins/list", get(list))
        .route("/api/v3/search", get(search))
        .route("/api/v3/coins/{id}", get(coin))
        .route("/api/v3/coins/{id}/market_chart/range", get(range))
}

type Coin = (&'static str, &'static str, &'static str);

fn by_id(id: &str) -> Option<Coin> {
    COINS.into_iter().find(|(_, known, _)| *known == id)
}

fn listing(id: &str, currency: &str) -> Option<Listing> {
    let (symbol, _, _) = by_id(id)?;
    Listing::find(&format!("{symbol}-{}", currency.to_uppercase()))
}

/// The slug in an answer, which may be that of another coin.
fn id_in(listing: &Listing, tick: &Tick, id: &str) -> String {
    if tick.symbol == listing.symbol {
        id.to_owned()
    } else {
        "another-coin".to_owned()
    }
}

/// An id and a currency that exist, with their listing.
fn coins(ids: &str, currencies: &str) -> Vec<(String, Listing)> {
    ids.split(',')
        .flat_map(|id| currencies.split(',').map(move |currency| (id, currency)))
        .filter_map(|(id, currency)| Some((id.to_owned(), listing(id, currency)?)))
        .collect()
}

fn question(kind: Kind, coins: &[(String, Listing)]) -> Question {
    Question {
        source: Source::CoinGecko,
        kind,
        symbols: coins.iter().map(|(_, coin)| coin.symbol.clone()).collect(),
    }
}

#[derive(Deserialize)]
struct Simple {
    ids: String,
    vs_currencies: String,
    include_last_updated_at: Option<String>,
}

async fn simple_price(caller: Caller, Query(asked): Query<Simple>) -> Response {
    let coins = coins(&asked.ids, &asked.vs_currencies);
    let has_time = asked.include_last_updated_at.as_deref() == Some("true");
    caller
        .answer(question(Kind::Quote, &coins), |view| {
            let items: Vec<String> = asked
                .ids
                .split(',')
                .filter_map(|id| {
                    let wanted = coins.iter().filter(|(known, _)| known == id);
                    let ticks: Vec<(&Listing, Tick)> =
                        wanted.map(|(_, coin)| (coin, view.tick(coin))).collect();
                    let (coin, first) = ticks.first()?;
                    let prices = ticks.iter().map(|(_, tick)| {
                        format!(r#""{}":{}"#, tick.unit.to_lowercase(), tick.price)
                    });
                    let time = format!(r#""last_updated_at":{}"#, first.second);
                    let fields: Vec<String> = prices.chain(has_time.then_some(time)).collect();
                    let id = id_in(coin, first, id);
                    Some(format!(r#""{id}":{{{}}}"#, fields.join(",")))
                })
                .collect();
            Answer::ok(format!("{{{}}}", items.join(",")))
        })
        .await
}

#[derive(Deserialize)]
struct Markets {
    vs_currency: String,
    ids: Option<String>,
    symbols: Option<String>,
}

async fn markets(caller: Caller, Query(asked): Query<Markets>) -> Response {
    let wanted = asked.symbols.as_deref().map(str::to_uppercase);
    let is_wanted = |symbol: &str| match &wanted {
        Some(wanted) => wanted.split(',').any(|wanted| wanted == symbol),
        None => true,
    };
    let by_symbol = COINS.iter().filter(|(symbol, _, _)| is_wanted(symbol));
    let ids: Vec<&str> = by_symbol.map(|(_, id, _)| *id).collect();
    let ids = asked.ids.clone().unwrap_or_else(|| ids.join(","));
    let coins = coins(&ids, &asked.vs_currency);
    // Who asks by symbol wants to know what there is.
    let kind = if wanted.is_some() {
        Kind::List
    } else {
        Kind::Quote
    };
    caller
        .answer(question(kind, &coins), |view| {
            let items: Vec<String> = coins
                .iter()
                .map(|(id, coin)| market(view, id, coin))
                .collect();
            Answer::ok(format!("[{}]", items.join(",")))
        })
        .await
}

fn market(view: &View, id: &str, coin: &Listing) -> String {
    let tick = view.tick(coin);
    let at = Timestamp::from_second(tick.second).unwrap_or(view.now);
    let (_, _, name) = by_id(id).unwrap_or(("", "", ""));
    let price = &tick.price;
    format!(
        r#"{{"id":"{}","symbol":"{}","name":"{name}","image":"","current_price":{price},"market_cap":1000,"market_cap_rank":1,"total_volume":1000,"high_24h":{price},"low_24h":{price},"price_change_24h":0.01,"price_change_percentage_24h":0.01,"circulating_supply":1000,"last_updated":"{}"}}"#,
        id_in(coin, &tick, id),
        coin.base.to_lowercase(),
        at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    )
}

async fn list(caller: Caller) -> Response {
    let question = Question::about_all(Source::CoinGecko, Kind::List);
    caller
        .answer(question, |_| {
            let coins = COINS.map(|(symbol, id, name)| {
                let symbol = symbol.to_lowercase();
                format!(r#"{{"id":"{id}","symbol":"{symbol}","name":"{name}"}}"#)
            });
            Answer::ok(format!("[{}]", coins.join(",")))
        })
        .await
}

#[derive(Deserialize)]
struct Search {
    query: String,
}

async fn search(caller: Caller, Query(asked): Query<Search>) -> Response {
    let question = Question::about_all(Source::CoinGecko, Kind::Search);
    caller
        .answer(question, |_| {
            let wanted = asked.query.trim().to_lowercase();
            let coins: Vec<String> = COINS
                .iter()
                .filter(|(symbol, id, _)| {
                    symbol.to_lowercase().contains(&wanted) || id.contains(&wanted)
                })
                .map(|(symbol, id, name)| {
                    format!(
                        r#"{{"id":"{id}","name":"{name}","api_symbol":"{id}","symbol":"{symbol}","market_cap_rank":1,"thumb":"","large":""}}"#
                    )
                })
                .collect();
            Answer::ok(format!(
                r#"{{"coins":[{}],"exchanges":[],"icos":[],"categories":[],"nfts":[]}}"#,
                coins.join(",")
            ))
        })
        .await
}

async fn coin(caller: Caller, Path(id): Path<String>) -> Response {
    let coins = coins(&id, "usd");
    caller
        .answer(question(Kind::Profile, &coins), |view| {
            let Some((_, coin)) = coins.first() else {
                return Answer::not_found(NOT_FOUND);
            };
            let tick = view.tick(coin);
            let (_, _, name) = by_id(&id).unwrap_or(("", "", ""));
            Answer::ok(format!(
                r#"{{"id":"{}","symbol":"{}","name":"{name}","web_slug":"{id}","asset_platform_id":null,"categories":["Cryptocurrency"],"market_cap_rank":1,"market_data":{{"current_price":{{"{}":{}}}}}}}"#,
                id_in(coin, &tick, &id),
                coin.base.to_lowercase(),
                tick.unit.to_lowercase(),
                tick.price,
            ))
        })
        .await
}

#[derive(Deserialize)]
struct Range {
    vs_currency: String,
    from: i64,
    to: i64,
    interval: Option<String>,
}

async fn range(caller: Caller, Path(id): Path<String>, Query(asked): Query<Range>) -> Response {
    let coins = coins(&id, &asked.vs_currency);
    caller
        .answer(question(Kind::History, &coins), |view| {
            let Some((_, coin)) = coins.first() else {
                return Answer::not_found(NOT_FOUND);
            };
            if asked.from < view.now.as_second() - 366 * DAY {
                let (status, body) = (StatusCode::UNAUTHORIZED, TOO_LONG_AGO.to_owned());
                return Answer { status, body };
            }
            let points = points(view, coin, &asked);
            let (prices, ones) = (points.join(","), "");
            Answer::ok(format!(
                r#"{{"prices":[{prices}],"market_caps":[{ones}],"total_volumes":[{ones}]}}"#
            ))
        })
        .await
}

/// Every five minutes of a day, every hour of a quarter, every midnight of more.
fn points(view: &View, coin: &Listing, asked: &Range) -> Vec<String> {
    let step = match asked.to - asked.from {
        _ if asked.interval.as_deref() == Some("daily") => DAY,
        length if length <= DAY => 300,
        length if length <= 90 * DAY => 3_600,
        _ => DAY,
    };
    let now = view.now.as_second();
    let first = asked.from.div_euclid(step) * step;
    let first = if first < asked.from {
        first + step
    } else {
        first
    };
    (first..=asked.to.min(now))
        .step_by(usize::try_from(step).unwrap_or(1))
        // The latest price ends the list.
        .chain((asked.to >= now).then_some(now))
        .filter_map(|second| Timestamp::from_second(second).ok())
        .map(|at| {
            let tick = view.tick_at(coin, at, at);
            format!("[{}000,{}]", tick.second, tick.price)
        })
        .collect()
}
