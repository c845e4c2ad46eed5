//! Daily closes of many instruments at once, for whoever values them day by day.
//!
//! Columns are written as they are read, one text for each and none for a close.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Display, Write};

use api::asset::{Adjusted, DailyClosesList, HistoryStatus, Interval, Segment, SplitRatio};
use api::client::{MAX_HISTORIES, MAX_HISTORY_YEARS};
use axum::extract::State;
use axum::response::Response;
use domain::{CustomerId, Price, Ticker};
use futures::future;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::value::RawValue;
use service_kit::contract::{AnyRoute, SignedIn, WithQuery};
use service_kit::{Caller, Error, Params, Result};
use tokio::sync::Semaphore;

use super::range::{self, EARLIEST, WithDays};
use super::symbols::{Symbol, own_ticker, symbols};
use super::{Cached, answer};
use crate::history::series::{Asked, Series, status};
use crate::source::Action;
use crate::store::own as own_instruments;
use crate::{AssetService, own, quotes};

/// How much older than the range the close before it may be: no market rests for longer.
const BEFORE_DAYS: i64 = 15;

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
            (None, Err(_)) => Daily::none(symbol, quotes::Reason::InvalidSymbol),
        };
        Result::Ok((symbol, closes.written()?))
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

/// The closes of one symbol, before they are written.
struct Daily {
    ticker_symbol: String,
    currency: Option<String>,
    status: HistoryStatus,
    reason: Option<String>,
    segments: Vec<Segment>,
    closes: Vec<(Date, Price)>,
    splits: Option<Vec<SplitRatio>>,
}

impl Daily {
    fn none(symbol: &str, reason: quotes::Reason) -> Self {
        Self {
            ticker_symbol: symbol.to_owned(),
            currency: None,
            status: HistoryStatus::Unavailable,
            reason: Some(reason.word().to_owned()),
            segments: Vec::new(),
            closes: Vec::new(),
            splits: None,
        }
    }

    fn written(self) -> Result<Written> {
        let first_date = self.closes.first().map(|(date, _)| *date);
        let first = first_date.unwrap_or(Date::MAX);
        let days = self.closes.iter();
        let days = days.map(|(date, _)| date.duration_since(first).as_hours() / 24);
        Ok(Written {
            days: column(days)?,
            closes: column(self.closes.iter().map(|(_, close)| close.value()))?,
            ticker_symbol: self.ticker_symbol,
            currency: self.currency,
            status: self.status,
            reason: self.reason,
            segments: self.segments,
            first_date,
            splits: self.splits,
        })
    }
}

async fn market_closes(service: &AssetService, ticker: &Ticker, (from, to): (Date, Date)) -> Daily {
    let history = &service.history;
    let since = from.saturating_sub(BEFORE_DAYS.days());
    if let Some((base, quote)) = ticker.as_fx_pair()
        && base == quote
    {
        let asked = as_traded(since, to);
        let series = Series::at_par(ticker, asked, history.clock().now());
        return Daily {
            ticker_symbol: ticker.to_string(),
            currency: Some(quote.code().to_owned()),
            status: series.status,
            reason: series.reason.map(|reason| reason.word().to_owned()),
            segments: series.segments,
            closes: holding(series.closes, from, to),
            splits: Some(Vec::new()),
        };
    }
    let known = history.read(ticker, since, to).await;
    let closes = known.closes();
    let reason = known.reason(from, to);
    let reason = reason.or_else(|| known.why_empty(&closes, from, to));
    let mut closes = holding(closes, from, to);
    closes.retain(|(date, _)| *date >= since);
    let first = closes.first().map_or(from, |(date, _)| *date);
    let segments = known.segments(first, to, |_| true);
    let splits = known.actions().filter_map(|action| match action {
        Action::Split { ex_date, new, old } => Some(SplitRatio {
            ex_date: *ex_date,
            new: new.value().into(),
            old: old.value().into(),
        }),
        Action::Dividend { .. } => None,
    });
    let splits = splits.filter(|split| (first..=to).contains(&split.ex_date));
    let currency = known.years.values().map(|year| year.currency).next();
    Daily {
        ticker_symbol: ticker.to_string(),
        currency: currency.map(|currency| currency.code().to_owned()),
        status: status(reason, closes.is_empty()),
        reason: reason.map(|reason| reason.word().to_owned()),
        closes,
        splits: known.tells_actions(first, to).then(|| splits.collect()),
        segments,
    }
}

async fn own_closes(
    service: &AssetService,
    owner: Option<CustomerId>,
    ticker: &Ticker,
    (from, to): (Date, Date),
) -> Daily {
    let none = |reason| Daily::none(ticker.as_str(), reason);
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
        Ok((instrument, mut prices)) => {
            let last_before = prices.range(..from).next_back().map(|(date, _)| *date);
            let first = last_before.unwrap_or(from);
            prices.retain(|date, _| *date >= first);
            let closes = prices.iter().map(|(date, entered)| (*date, entered.price));
            let closes = closes.collect();
            let history = own::history(&instrument, &prices, as_traded(first, to));
            Daily {
                ticker_symbol: history.ticker_symbol,
                currency: history.currency,
                status: history.status,
                reason: history.reason,
                segments: history.segments,
                closes,
                splits: Some(Vec::new()),
            }
        }
        Err(Error::NotFound { .. }) => none(quotes::Reason::UnknownSymbol),
        Err(error) => {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, "an instrument of a customer could not be read");
            none(quotes::Reason::SourceUnavailable)
        }
    }
}

fn as_traded(from: Date, to: Date) -> Asked {
    Asked {
        from,
        to,
        interval: Interval::Day,
        adjusted: Adjusted::None,
    }
}

/// The closes of the days, and the one before them.
fn holding(mut closes: Vec<(Date, Price)>, from: Date, to: Date) -> Vec<(Date, Price)> {
    closes.truncate(closes.partition_point(|(date, _)| *date <= to));
    let first = closes.partition_point(|(date, _)| *date < from);
    closes.drain(..first.saturating_sub(1));
    closes
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

fn column<T: Display>(values: impl Iterator<Item = T>) -> Result<Box<RawValue>> {
    let mut json = String::from("[");
    for (place, value) in values.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(json, "{comma}{value}").map_err(Error::internal)?;
    }
    json.push(']');
    RawValue::from_string(json).map_err(Error::internal)
}
