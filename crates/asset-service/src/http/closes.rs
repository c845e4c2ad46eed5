//! Daily closes of many instruments at once, for whoever values them day by day.
//!
//! Columns are written as they are read, one text for each and none for a close.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};

use api::asset::{DailyClosesList, HistoryStatus, Segment, SplitRatio};
use api::client::{MAX_HISTORIES, MAX_HISTORY_YEARS};
use axum::extract::State;
use axum::response::Response;
use domain::{CustomerId, Ticker};
use futures::future;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::value::RawValue;
use service_kit::contract::{AnyRoute, SignedIn, WithQuery};
use service_kit::{Caller, Error, Params, Result};
use tokio::sync::Semaphore;

use super::range::{self, EARLIEST, WithDays};
use super::symbols::{Symbol, own_ticker, symbols};
use super::{Cached, answer};
use crate::history::daily::Daily;
use crate::store::own as own_instruments;
use crate::{AssetService, own, quotes};

#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct ListCloses {
    /// Up to 50 ticker symbols, separated by commas.
    #[param(style = Form, explode = false, inline, min_items = 1, max_items = 50)]
    symbols: Vec<Symbol>,
}

/// How many own instruments are unpacked at once, each of which may have prices since 1900.
const OWN_AT_ONCE: usize = 4;

/// List the daily closes of many instruments
///
/// As traded, in columns: a close for each day. The answer has one item for each symbol, in the
/// order asked; one that nobody knows, or that cannot be a symbol, is an item with a reason. Currencies
/// are symbols such as `EURUSD=X`. With a token, symbols that begin with `MY:` are your own
/// instruments. The last close before `from` comes first, with its own day.
#[utoipa::path(
    get,
    path = "/v1/prices",
    tag = "history",
    operation_id = "list_closes",
    params(ListCloses, WithDays),
    responses(
        (status = 200, description = "The closes, in the order asked.", body = DailyClosesList),
        AnyRoute, SignedIn, WithQuery,
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn list_closes(
    State(service): State<AssetService>,
    caller: Option<Caller>,
    mut params: Params,
) -> Result<Response> {
    let symbols = symbols(&mut params, MAX_HISTORIES);
    let (from, to) = range::days(&mut params, service.history.clock());
    let different: BTreeSet<&String> = symbols.iter().collect();
    let years = usize::from(to.year().abs_diff(from.year())) + 1;
    if different.len() > 1 && different.len() * years > MAX_HISTORY_YEARS {
        params.refuse(
            "from",
            "TOO_LONG",
            "must leave at most 1,500 years for all symbols together, or one symbol",
        );
    }
    params.finish()?;

    let owner = caller.map(|caller| caller.customer_id);
    let turns = Semaphore::new(OWN_AT_ONCE);
    let items = different.into_iter().map(async |symbol| {
        let closes = match (own_ticker(symbol), Ticker::parse(symbol)) {
            (Some(own), _) => {
                let _turn = turns.acquire().await;
                own_closes(&service, owner, &own, (from, to)).await
            }
            (None, Ok(ticker)) => market_closes(&service, &ticker, (from, to)).await,
            (None, Err(_)) => Daily::none(symbol, quotes::Reason::InvalidSymbol.word()),
        };
        Result::Ok((symbol, Written::of(closes)?))
    });
    let items: BTreeMap<&String, Written> =
        future::try_join_all(items).await?.into_iter().collect();
    let has_own = symbols.iter().any(|symbol| own_ticker(symbol).is_some());
    let cached = if has_own {
        Cached::NotByOthers
    } else {
        Cached::Never
    };
    answer(
        &WrittenList {
            from,
            to,
            items: symbols
                .iter()
                .filter_map(|symbol| items.get(symbol))
                .collect(),
        },
        cached,
    )
}

async fn market_closes(service: &AssetService, ticker: &Ticker, (from, to): (Date, Date)) -> Daily {
    let history = &service.history;
    match ticker.as_fx_pair() {
        Some((base, quote)) if base == quote => {
            Daily::at_par(ticker, quote, (from, to), history.clock().now())
        }
        _ => {
            let known = history.read(ticker, Daily::since(from), to).await;
            Daily::of(&known, from, to)
        }
    }
}

async fn own_closes(
    service: &AssetService,
    owner: Option<CustomerId>,
    ticker: &Ticker,
    (from, to): (Date, Date),
) -> Daily {
    let none = |reason: quotes::Reason| Daily::none(ticker.as_str(), reason.word());
    let Some(owner) = owner else {
        return none(quotes::Reason::UnknownSymbol);
    };
    let table = &service.table;
    let read = async {
        let instrument = own_instruments::load(table, owner, ticker).await?;
        let prices = own_instruments::closes(table, owner, ticker, EARLIEST, to).await?;
        Ok((instrument.value, prices))
    };
    match read.await {
        Ok((instrument, prices)) => own::daily(&instrument, prices, (from, to)),
        Err(Error::NotFound { .. }) => none(quotes::Reason::UnknownSymbol),
        Err(error) => {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, "an instrument of a customer could not be read");
            none(quotes::Reason::SourceUnavailable)
        }
    }
}

/// A [`DailyClosesList`] whose items are written already.
#[derive(Serialize)]
struct WrittenList<'a> {
    from: Date,
    to: Date,
    items: Vec<&'a Written>,
}

/// An [`api::asset::DailyCloses`] whose columns are written already.
#[derive(Serialize)]
struct Written {
    ticker_symbol: String,
    currency: Option<String>,
    status: HistoryStatus,
    reason: Option<String>,
    segments: Vec<Segment>,
    first_date: Option<Date>,
    days: Box<RawValue>,
    closes: Box<RawValue>,
    splits: Option<Vec<SplitRatio>>,
}

impl Written {
    fn of(daily: Daily) -> Result<Self> {
        let first_date = daily.closes.first().map(|(date, _)| *date);
        let first = first_date.unwrap_or(Date::MAX);
        let days = daily.closes.iter();
        let days = days.map(|(date, _)| date.duration_since(first).as_hours() / 24);
        Ok(Self {
            days: column(days)?,
            closes: column(daily.closes.iter().map(|(_, close)| close.value()))?,
            ticker_symbol: daily.ticker_symbol,
            currency: daily.currency,
            status: daily.status,
            reason: daily.reason,
            segments: daily.segments,
            first_date,
            splits: daily.splits,
        })
    }
}

fn column<T: Display>(values: impl Iterator<Item = T>) -> Result<Box<RawValue>> {
    let mut json = String::from("[");
    for (place, value) in values.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(json, "{comma}{value}").map_err(Error::internal)?;
    }
    json.push(']');
    RawValue::from_string(json).map_err(Error::internal)
}
