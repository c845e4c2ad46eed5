//! Finnhub: what an unknown symbol costs is zero, and a quote names neither symbol nor currency.

use axum::Router;
use axum::extract::Query;
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::Source;
use crate::answer::{Answer, Caller, Question};
use crate::calls::Kind;
use crate::listing::{EXCHANGES, Listing};
use crate::market::Market;

const NOTHING: &str = r#"{"c":0,"d":null,"dp":null,"h":0,"l":0,"o":0,"pc":0,"t":0}"#;

pub(super) fn router() -> Router<Market> {
    Router::new()
        .route("/api/v1/quote", get(quote))
        .route("/api/v1/stock/profile2", get(profile))
        .route("/api/v1/search", get(search))
}

/// `BRK.B` there is `BRK-B` on Yahoo; `VOD.L` is the same.
fn on_yahoo(symbol: &str) -> String {
    match symbol.rsplit_once('.') {
        Some((stem, suffix)) if EXCHANGES.iter().all(|known| known.suffix != suffix) => {
            format!("{stem}-{suffix}")
        }
        _ => symbol.to_owned(),
    }
}

fn on_finnhub(symbol: &str) -> String {
    symbol.replace('-', ".")
}

#[derive(Deserialize)]
struct Asked {
    symbol: String,
}

async fn quote(caller: Caller, Query(asked): Query<Asked>) -> Response {
    let symbol = on_yahoo(&asked.symbol);
    let question = Question::about(Source::Finnhub, Kind::Quote, &symbol);
    caller
        .answer(question, |view| {
            let Some(listing) = Listing::find(&symbol) else {
                return Answer::ok(NOTHING.to_owned());
            };
            let tick = view.tick(&listing);
            let (price, before, second) = (tick.price, tick.previous_close, tick.second);
            Answer::ok(format!(
                r#"{{"c":{price},"d":0.01,"dp":0.01,"h":{price},"l":{price},"o":{before},"pc":{before},"t":{second}}}"#
            ))
        })
        .await
}

async fn profile(caller: Caller, Query(asked): Query<Asked>) -> Response {
    let symbol = on_yahoo(&asked.symbol);
    let question = Question::about(Source::Finnhub, Kind::Profile, &symbol);
    caller
        .answer(question, |view| {
            let Some(listing) = Listing::find(&symbol) else {
                return Answer::ok("{}".to_owned());
            };
            let tick = view.tick(&listing);
            Answer::ok(format!(
                r#"{{"country":"US","currency":"{}","estimateCurrency":"USD","exchange":"{}","finnhubIndustry":"Technology","ipo":"1990-01-02","logo":"","marketCapitalization":1000,"name":"{}","phone":"","shareOutstanding":1000,"ticker":"{}","weburl":""}}"#,
                tick.unit,
                listing.exchange.name,
                listing.name,
                on_finnhub(&tick.symbol),
            ))
        })
        .await
}

#[derive(Deserialize)]
struct SearchQuery {
    q: String,
}

async fn search(caller: Caller, Query(query): Query<SearchQuery>) -> Response {
    let question = Question::about_all(Source::Finnhub, Kind::Search);
    caller
        .answer(question, |_| {
            let hits: Vec<String> = Listing::find(&on_yahoo(query.q.trim()))
                .iter()
                .map(|found| {
                    let (name, symbol) = (&found.name, on_finnhub(&found.symbol));
                    format!(
                        r#"{{"description":"{name}","displaySymbol":"{symbol}","symbol":"{symbol}","type":"Common Stock"}}"#
                    )
                })
                .collect();
            Answer::ok(format!(r#"{{"count":{},"result":[{}]}}"#, hits.len(), hits.join(",")))
        })
        .await
}
