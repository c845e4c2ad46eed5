//! What currencies cost, now and day by day.

use api::asset::{Adjusted, DailyRate, FxRate, RateHistory, Staleness};
use axum::extract::{FromRequestParts, Path, State};
use axum::response::Response;
use domain::{Currency, Rate, Ticker};
use http::request::Parts;
use jiff::Timestamp;
use service_kit::contract::{AnyRoute, WithQuery};
use service_kit::{Error, Params, Result};

use super::problems::NoSuchCurrency;
use super::range::{self, WithDays, WithInterval};
use super::{Cached, answer};
use crate::AssetService;
use crate::history::series::{Asked, DEFINITION, Series};

/// Get the latest exchange rate of two currencies
///
/// A currency costs exactly one of itself. A rate that no source has is `null` with a reason,
/// never one.
#[utoipa::path(
    get,
    path = "/v1/fx/{base}/{quote}",
    tag = "fx",
    operation_id = "get_fx_rate",
    params(
        ("base" = String, Path, description = "The currency that is priced, as an ISO 4217 code.",
            pattern = "^[A-Za-z]{3}$", example = "EUR"),
        ("quote" = String, Path, description = "The currency it is priced in, as an ISO 4217 code.",
            pattern = "^[A-Za-z]{3}$", example = "USD"),
    ),
    responses(
        (status = 200, description = "The rate.", body = FxRate),
        AnyRoute, NoSuchCurrency, WithQuery,
    )
)]
pub(crate) async fn get_fx_rate(
    State(service): State<AssetService>,
    Pair { base, quote }: Pair,
    params: Params,
) -> Result<Response> {
    params.finish()?;
    let rate = if base == quote {
        par(base, service.quotes.clock().now())
    } else {
        let latest = service.quotes.latest(&Ticker::fx_pair(base, quote)).await;
        FxRate {
            base: base.to_string(),
            quote: quote.to_string(),
            rate: latest.price,
            as_of: latest.as_of,
            fetched_at: latest.fetched_at,
            source: latest.source,
            crossed_through: latest.crossed_through,
            staleness: latest.staleness,
            reason: latest.reason,
        }
    };
    answer(&rate, Cached::Never)
}

/// The rate of a currency to itself, which needs no source.
fn par(currency: Currency, now: Timestamp) -> FxRate {
    FxRate {
        base: currency.to_string(),
        quote: currency.to_string(),
        rate: Some(Rate::ONE.value().into()),
        as_of: Some(now),
        fetched_at: Some(now),
        source: Some(DEFINITION.to_owned()),
        crossed_through: None,
        staleness: Staleness::Fresh,
        reason: None,
    }
}

/// List the daily exchange rates of two currencies
///
/// As for prices: only days that are over have a rate, gaps are named and never filled, and a rate
/// that was crossed through a third currency says so in its segment. A currency costs exactly one
/// of itself on every weekday, by definition.
#[utoipa::path(
    get,
    path = "/v1/fx/{base}/{quote}/rates",
    tag = "fx",
    operation_id = "list_fx_rates",
    params(
        ("base" = String, Path, description = "The currency that is priced, as an ISO 4217 code.",
            pattern = "^[A-Za-z]{3}$", example = "EUR"),
        ("quote" = String, Path, description = "The currency it is priced in, as an ISO 4217 code.",
            pattern = "^[A-Za-z]{3}$", example = "USD"),
        WithDays, WithInterval,
    ),
    responses(
        (status = 200, description = "The rates, oldest first.", body = RateHistory),
        AnyRoute, NoSuchCurrency, WithQuery,
    )
)]
pub(crate) async fn list_fx_rates(
    State(service): State<AssetService>,
    Pair { base, quote }: Pair,
    mut params: Params,
) -> Result<Response> {
    let history = &service.history;
    let (from, to) = range::days(&mut params, history.clock());
    let interval = range::interval(&mut params);
    params.finish()?;

    let asked = Asked {
        from,
        to,
        interval,
        adjusted: Adjusted::None,
    };
    let pair = Ticker::fx_pair(base, quote);
    let series = if base == quote {
        Series::at_par(&pair, asked, history.clock().now())
    } else {
        Series::of(&pair, &history.read(&pair, from, to).await, asked)
    };
    let items = series.closes.iter().map(|(date, rate)| DailyRate {
        date: *date,
        rate: rate.value().into(),
    });
    let body = RateHistory {
        base: base.to_string(),
        quote: quote.to_string(),
        interval,
        from,
        to,
        items: items.collect(),
        gaps: series.gaps,
        segments: series.segments,
        status: series.status,
        reason: series.reason.map(|reason| reason.word().to_owned()),
    };
    answer(&body, Cached::Never)
}

/// Two currencies in the path.
#[derive(Debug)]
pub(crate) struct Pair {
    base: Currency,
    quote: Currency,
}

impl<S: Send + Sync> FromRequestParts<S> for Pair {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let not_found = || Error::NotFound { what: "currency" };
        let Path((base, quote)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found())?;
        Ok(Self {
            base: Currency::parse(&base).map_err(|_| not_found())?,
            quote: Currency::parse(&quote).map_err(|_| not_found())?,
        })
    }
}
