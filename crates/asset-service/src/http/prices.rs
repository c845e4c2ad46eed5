//! What an instrument cost, day by day.

use api::asset::{Adjusted, Close, PriceHistory};
use axum::extract::State;
use axum::response::Response;
use domain::{CustomerId, Ticker};
use service_kit::contract::{AnyRoute, SignedIn, WithQuery};
use service_kit::{Params, Result};

use super::problems::NoSuchInstrument;
use super::range::{self, WithDays, WithInterval};
use super::{Cached, NO_SUCH_INSTRUMENT, Subject, answer};
use crate::history::Reason;
use crate::history::series::{Asked, Series};
use crate::store::own as own_instruments;
use crate::{AssetService, own};

#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct WithAdjusted {
    /// What closes are made comparable for, by factors on those before it happened: `none` as
    /// traded (when absent), `splits`, or `all` for splits and dividends.
    #[param(inline)]
    adjusted: Option<Adjusted>,
}

/// List the closing prices of one instrument
///
/// Only sessions that are over have a close. A trading day without one is named in `gaps` and never
/// filled; `segments` say which days are from which source. Adjusted closes have twelve significant
/// digits. When the sources do not answer in time, the answer has what is known, with `status`
/// `partial` or `unavailable` and a reason. Of an instrument of your own (`MY:…`, with a token) it
/// lists the manual prices.
#[utoipa::path(
    get,
    path = "/v1/instruments/{ticker_symbol}/prices",
    tag = "history",
    operation_id = "list_prices",
    params(
        ("ticker_symbol" = String, Path, description = "A ticker symbol, in either case.",
            min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]*$", example = "AAPL"),
        WithDays, WithInterval, WithAdjusted,
    ),
    responses(
        (status = 200, description = "The closes, oldest first.", body = PriceHistory),
        AnyRoute, SignedIn, NoSuchInstrument, WithQuery,
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn list_prices(
    State(service): State<AssetService>,
    subject: Subject,
    mut params: Params,
) -> Result<Response> {
    let history = &service.history;
    let (from, to) = range::days(&mut params, history.clock());
    let (interval, adjusted) = (range::interval(&mut params), range::adjusted(&mut params));
    params.finish()?;

    let asked = Asked {
        from,
        to,
        interval,
        adjusted,
    };
    let ticker = match subject {
        Subject::Market(ticker) => ticker,
        Subject::Own(owner, ticker) => return own_prices(&service, owner, &ticker, asked).await,
    };
    let known = history.read(&ticker, from, asked.needed_to()).await;
    let series = Series::of(&ticker, &known, asked);
    if series.reason == Some(Reason::UnknownSymbol) && known.years.is_empty() {
        return Err(NO_SUCH_INSTRUMENT);
    }
    let items = series.closes.iter().map(|(date, close)| Close {
        date: *date,
        close: close.value().into(),
    });
    let body = PriceHistory {
        ticker_symbol: ticker.to_string(),
        currency: series.currency.map(|currency| currency.to_string()),
        interval,
        adjusted,
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

async fn own_prices(
    service: &AssetService,
    owner: CustomerId,
    ticker: &Ticker,
    asked: Asked,
) -> Result<Response> {
    let table = &service.table;
    let instrument = own_instruments::load(table, owner, ticker).await?;
    let prices = own_instruments::closes(table, owner, ticker, range::EARLIEST, asked.to).await?;
    let history = own::history(&instrument.value, &prices, asked);
    answer(&history, Cached::NotByOthers)
}
