//! The European Central Bank: what a euro costs, once a day, as XML.

use std::fmt::Write as _;

use axum::Router;
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::Source;
use crate::answer::{Answer, Caller, Question, View};
use crate::calls::Kind;
use crate::events::{FIRST_DAY, is_trading_day};
use crate::listing::{CURRENCIES, Listing};
use crate::market::Market;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
	<gesmes:subject>Reference rates</gesmes:subject>
	<gesmes:Sender>
		<gesmes:name>European Central Bank</gesmes:name>
	</gesmes:Sender>
	<Cube>
"#;
const TAIL: &str = "\t</Cube>\n</gesmes:Envelope>\n";

pub(super) fn router() -> Router<Market> {
    Router::new()
        .route("/stats/eurofxref/eurofxref-daily.xml", get(daily))
        .route("/stats/eurofxref/eurofxref-hist-90d.xml", get(ninety_days))
        .route("/stats/eurofxref/eurofxref-hist.xml", get(history))
}

async fn daily(caller: Caller) -> Response {
    answered(caller, Kind::Quote, 0).await
}

async fn ninety_days(caller: Caller) -> Response {
    answered(caller, Kind::History, 90).await
}

async fn history(caller: Caller) -> Response {
    answered(caller, Kind::History, i32::MAX).await
}

/// The file covers every currency, so a rule for one of them is for it alone.
async fn answered(caller: Caller, kind: Kind, days_back: i32) -> Response {
    let question = Question {
        source: Source::Ecb,
        kind,
        symbols: pairs().map(|pair| pair.symbol).collect(),
    };
    caller
        .answer(question, |view| {
            let last = last_published(view.now);
            let first = last
                .checked_sub(Span::new().try_days(days_back).unwrap_or_default())
                .unwrap_or(FIRST_DAY);
            let first = if days_back == i32::MAX {
                FIRST_DAY
            } else {
                first
            };
            Answer::ok(file(view, first, last))
        })
        .await
}

fn pairs() -> impl Iterator<Item = Listing> {
    CURRENCIES
        .iter()
        .filter(|(code, _)| *code != "EUR")
        .filter_map(|(code, _)| Listing::find(&format!("EUR{code}=X")))
}

/// Newest first. Rates appear around 16:00 in Frankfurt.
fn file(view: &View, first: Date, last: Date) -> String {
    let pairs: Vec<Listing> = pairs().collect();
    let mut file = HEAD.to_owned();
    let mut day = last;
    while day >= first {
        if pairs.first().is_some_and(|pair| is_trading_day(pair, day)) {
            cube(&mut file, view, &pairs, day);
        }
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    file.push_str(TAIL);
    file
}

fn cube(file: &mut String, view: &View, pairs: &[Listing], day: Date) {
    let Ok(midnight) = day.to_zoned(TimeZone::UTC) else {
        return;
    };
    let ticks: Vec<_> = pairs
        .iter()
        .map(|pair| view.tick_at(pair, midnight.timestamp(), midnight.timestamp()))
        .collect();
    let stamp = ticks.iter().map(|tick| tick.second).max();
    let stamp = stamp.and_then(|second| Timestamp::from_second(second).ok());
    let stamp = stamp.map_or(day, |at| at.to_zoned(TimeZone::UTC).date());
    let _ = writeln!(file, "\t\t<Cube time='{stamp}'>");
    for (tick, pair) in ticks.iter().zip(pairs) {
        let rate = match tick.price.trim_matches('"') {
            "null" => "",
            rate => rate,
        };
        // Who speaks of another currency leaves out the one that was asked for.
        let code = if tick.symbol == pair.symbol {
            &tick.unit
        } else {
            "XXX"
        };
        let _ = writeln!(file, "\t\t\t<Cube currency='{code}' rate='{rate}'/>");
    }
    file.push_str("\t\t</Cube>\n");
}

/// The last weekday whose rates are out, from 15:00 UTC on.
pub(super) fn last_published(now: Timestamp) -> Date {
    let published = now.checked_sub(Span::new().hours(15)).unwrap_or(now);
    let mut day = published.to_zoned(TimeZone::UTC).date();
    while Listing::find("EURUSD=X").is_some_and(|pair| !is_trading_day(&pair, day)) {
        let Ok(before) = day.yesterday() else { break };
        day = before;
    }
    day
}
