//! Frankfurter, version 2: a row for each day and pair. What it does not know it refuses.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{Path, Query};
use axum::response::Response;
use axum::routing::get;
use http::StatusCode;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::Source;
use super::ecb::last_published;
use crate::answer::{Answer, Caller, Question, View};
use crate::calls::Kind;
use crate::events::{FIRST_DAY, day_of, trading_days};
use crate::listing::{CURRENCIES, Listing, currency};
use crate::market::Market;

const PARAMETERS: [&str; 7] = ["base", "quotes", "providers", "date", "from", "to", "group"];

pub(super) fn router() -> Router<Market> {
    Router::new()
        .route("/v2/rates", get(rates))
        .route("/v2/rate/{base}/{quote}", get(rate))
        .route("/v2/currencies", get(currencies))
}

fn invalid(message: &str) -> Answer {
    Answer {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        body: format!(r#"{{"status":422,"message":"{message}"}}"#),
    }
}

/// What is asked, once it makes sense.
struct Rates {
    pairs: Vec<Listing>,
    /// Of a range; otherwise the latest, or those of a day.
    from: Option<Date>,
    to: Option<Date>,
}

impl Rates {
    fn read(query: &HashMap<String, String>) -> Result<Self, Answer> {
        if query
            .keys()
            .any(|name| !PARAMETERS.contains(&name.as_str()))
        {
            return Err(invalid("unknown parameter"));
        }
        let given = |name: &str| query.get(name).map(|text| text.to_uppercase());
        let date = |name: &str| -> Result<Option<Date>, Answer> {
            let read = |text: &String| text.parse().map_err(|_| invalid("invalid date"));
            query.get(name).map(read).transpose()
        };
        let base = given("base").unwrap_or_else(|| "EUR".to_owned());
        let quotes = given("quotes");
        let quotes: Vec<&str> = match &quotes {
            Some(quotes) => quotes.split(',').collect(),
            None => CURRENCIES.iter().map(|(code, _)| *code).collect(),
        };
        let unknown = [base.as_str()].into_iter().chain(quotes.iter().copied());
        if unknown.into_iter().any(|code| currency(code).is_none()) {
            return Err(invalid("invalid currency"));
        }
        let on = date("date")?;
        let pairs = quotes
            .iter()
            .filter(|quote| **quote != base)
            .filter_map(|quote| Listing::find(&format!("{base}{quote}=X")))
            .collect();
        let (from, to) = (date("from")?, date("to")?.or(on));
        Ok(Self { pairs, from, to })
    }

    fn days(&self, view: &View) -> Vec<Date> {
        let Some(pair) = self.pairs.first() else {
            return Vec::new();
        };
        let last = last_published(view.now);
        let last = self.to.map_or(last, |to| to.min(last));
        let mut days = trading_days(pair, self.from.unwrap_or(FIRST_DAY), last, view.now);
        if self.from.is_some() {
            days.collect()
        } else {
            days.by_ref().last().into_iter().collect()
        }
    }

    fn rows(&self, view: &View) -> Vec<String> {
        let days = self.days(view);
        let days = days
            .iter()
            .filter_map(|day| day.to_zoned(TimeZone::UTC).ok());
        days.flat_map(|day| {
            self.pairs.iter().map(move |pair| {
                let tick = view.tick_at(pair, day.timestamp(), day.timestamp());
                let quote = if tick.symbol == pair.symbol {
                    &tick.unit
                } else {
                    "XXX"
                };
                format!(
                    r#"{{"date":"{}","base":"{}","quote":"{quote}","rate":{}}}"#,
                    day_of(tick.second),
                    pair.base,
                    tick.price
                )
            })
        })
        .collect()
    }
}

async fn rates(caller: Caller, Query(query): Query<HashMap<String, String>>) -> Response {
    answered(caller, &query, |rows| format!("[{}]", rows.join(","))).await
}

async fn rate(
    caller: Caller,
    Path((base, quote)): Path<(String, String)>,
    Query(mut query): Query<HashMap<String, String>>,
) -> Response {
    query.insert("base".to_owned(), base);
    query.insert("quotes".to_owned(), quote);
    answered(caller, &query, |rows| rows.concat()).await
}

async fn answered(
    caller: Caller,
    query: &HashMap<String, String>,
    written: impl FnOnce(Vec<String>) -> String,
) -> Response {
    let is_latest = !query.contains_key("from") && !query.contains_key("date");
    let rates = Rates::read(query);
    let pairs = rates.as_ref().map_or(&[][..], |rates| &rates.pairs);
    let question = Question {
        source: Source::Frankfurter,
        kind: if is_latest {
            Kind::Quote
        } else {
            Kind::History
        },
        symbols: pairs.iter().map(|pair| pair.symbol.clone()).collect(),
    };
    caller
        .answer(question, |view| match rates {
            Ok(rates) => Answer::ok(written(rates.rows(view))),
            Err(refusal) => refusal,
        })
        .await
}

async fn currencies(caller: Caller) -> Response {
    let question = Question::about_all(Source::Frankfurter, Kind::List);
    caller
        .answer(question, |view| {
            let last = last_published(view.now);
            let rows = CURRENCIES.map(|(code, _)| {
                format!(
                    r#"{{"iso_code":"{code}","iso_numeric":"000","name":"{code}","symbol":"{code}","start_date":"{FIRST_DAY}","end_date":"{last}"}}"#
                )
            });
            Answer::ok(format!("[{}]", rows.join(",")))
        })
        .await
}
