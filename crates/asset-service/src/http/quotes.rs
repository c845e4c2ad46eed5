//! Latest prices, one or up to a hundred at a time.

use std::borrow::Cow;

use api::asset::{Quote, QuoteList};
use api::client::MAX_QUOTES;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use service_kit::contract::{AnyRoute, WithQuery};
use service_kit::{Error, Params};

use super::problems::NoSuchInstrument;
use super::{Cached, NO_SUCH_INSTRUMENT, TickerSymbol, answer};
use crate::AssetService;
use crate::quotes::Reason;

/// What a client may put between two commas.
#[derive(utoipa::ToSchema)]
#[schema(min_length = 1, example = "AAPL")]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct Symbol(String);

#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct ListQuotes {
    /// Up to 100 ticker symbols, separated by commas.
    #[param(style = Form, explode = false, inline, min_items = 1, max_items = 100)]
    symbols: Vec<Symbol>,
}

/// Get the latest quotes of many instruments
///
/// The answer has one item for each symbol, in the order asked. A symbol that nobody knows, or that
/// cannot be a symbol, is an item with `staleness: unavailable` and a reason; the others are not
/// affected. Currencies are symbols such as `EURUSD=X`.
#[utoipa::path(
    get,
    path = "/v1/quotes",
    tag = "quotes",
    operation_id = "list_quotes",
    params(ListQuotes),
    responses(
        (status = 200, description = "The quotes, in the order asked.", body = QuoteList),
        AnyRoute, WithQuery,
    )
)]
pub(crate) async fn list_quotes(
    State(service): State<AssetService>,
    mut params: Params,
) -> service_kit::Result<Response> {
    let asked = params.text("symbols").unwrap_or_default();
    let symbols: Vec<&str> = asked.split(',').collect();
    if symbols.iter().any(|symbol| symbol.is_empty()) {
        let detail = "must be 1 to 100 symbols separated by commas";
        params.refuse("symbols", "EMPTY", detail);
    } else if symbols.len() > MAX_QUOTES {
        params.refuse("symbols", "TOO_MANY", "must be at most 100 symbols");
    }
    params.finish()?;

    let quotes = &service.quotes;
    let readings = quotes.readings(&symbols).await;
    let now = quotes.clock().now();
    let items = readings.iter().map(|reading| quotes.json(reading, now));
    let items = items.collect::<Result<_, _>>().map_err(Error::internal)?;
    answer(&FinishedQuotes { items }, Cached::Never)
}

/// A [`QuoteList`] whose items are written already.
#[derive(Serialize)]
struct FinishedQuotes<'a> {
    items: Vec<Cow<'a, RawValue>>,
}

/// Get the latest quote of one instrument
///
/// When no source answers, the last known quote comes as `stale`; when there is none either, the
/// price is `null` and `reason` says why.
#[utoipa::path(
    get,
    path = "/v1/instruments/{ticker_symbol}/quote",
    tag = "quotes",
    operation_id = "get_quote",
    params(
        ("ticker_symbol" = String, Path, description = "A ticker symbol, in either case.",
            min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]*$", example = "AAPL"),
    ),
    responses(
        (status = 200, description = "The quote.", body = Quote),
        AnyRoute, NoSuchInstrument, WithQuery,
    )
)]
pub(crate) async fn get_quote(
    State(service): State<AssetService>,
    TickerSymbol(ticker): TickerSymbol,
    params: Params,
) -> service_kit::Result<Response> {
    params.finish()?;
    let quote = service.quotes.latest(&ticker).await;
    if quote.price.is_none() && quote.reason.as_deref() == Some(Reason::UnknownSymbol.word()) {
        return Err(NO_SUCH_INSTRUMENT);
    }
    answer(&quote, Cached::Never)
}
