//! Latest prices, one or up to a hundred at a time.

use std::borrow::Cow;

use api::asset::{Quote, QuoteList};
use api::client::MAX_QUOTES;
use axum::extract::State;
use axum::response::Response;
use domain::Ticker;
use futures::stream::{self, StreamExt};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use service_kit::contract::{AnyRoute, SignedIn, WithQuery};
use service_kit::{Caller, Error, Params};
use tokio::join;

use super::problems::NoSuchInstrument;
use super::symbols::{Symbol, own_ticker, symbols};
use super::{Cached, NO_SUCH_INSTRUMENT, Subject, answer};
use crate::quotes::Reason;
use crate::store::own as own_instruments;
use crate::{AssetService, own};

const CONCURRENT_READS: usize = 16;

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
/// affected. Currencies are symbols such as `EURUSD=X`. With a token, symbols that begin with `MY:`
/// are your own instruments; without one, nobody knows them.
#[utoipa::path(
    get,
    path = "/v1/quotes",
    tag = "quotes",
    operation_id = "list_quotes",
    params(ListQuotes),
    responses(
        (status = 200, description = "The quotes, in the order asked.", body = QuoteList),
        AnyRoute, SignedIn, WithQuery,
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn list_quotes(
    State(service): State<AssetService>,
    caller: Option<Caller>,
    mut params: Params,
) -> service_kit::Result<Response> {
    let symbols = symbols(&mut params, MAX_QUOTES);
    params.finish()?;

    let quotes = &service.quotes;
    let own: Vec<Option<Ticker>> = symbols.iter().map(|symbol| own_ticker(symbol)).collect();
    let of_market: Vec<&str> = symbols
        .iter()
        .zip(&own)
        .filter_map(|(symbol, own)| own.is_none().then_some(symbol.as_str()))
        .collect();
    let (readings, own_quotes) = join!(
        quotes.readings(&of_market),
        own_quotes(&service, caller, own.iter().flatten().cloned().collect()),
    );
    let now = quotes.clock().now();
    let mut of_market = readings.iter().map(|reading| quotes.json(reading, now));
    let mut of_customer = own_quotes
        .iter()
        .map(|quote| to_raw_value(quote).map(Cow::Owned));
    let items = own.iter().filter_map(|own| match own {
        Some(_) => of_customer.next(),
        None => of_market.next(),
    });
    let items = items.collect::<Result<_, _>>().map_err(Error::internal)?;
    let cached = if own_quotes.is_empty() {
        Cached::Never
    } else {
        Cached::NotByOthers
    };
    answer(&FinishedQuotes { items }, cached)
}

/// A quote for each ticker, in the order asked. Without a caller none is known.
async fn own_quotes(
    service: &AssetService,
    caller: Option<Caller>,
    tickers: Vec<Ticker>,
) -> Vec<Quote> {
    let now = service.clock.now();
    let quotes = stream::iter(tickers).map(async |ticker| {
        let Some(caller) = caller else {
            return own::unknown(&ticker);
        };
        match own_instruments::find(&service.table, caller.customer_id, &ticker).await {
            Ok(Some(found)) => own::quote(&found.value, now),
            Ok(None) => own::unknown(&ticker),
            Err(error) => {
                let error = &error as &(dyn std::error::Error + 'static);
                tracing::warn!(error, "an instrument of a customer could not be read");
                own::unreadable(&ticker)
            }
        }
    });
    quotes.buffered(CONCURRENT_READS).collect().await
}

/// A [`QuoteList`] whose items are written already.
#[derive(Serialize)]
struct FinishedQuotes<'a> {
    items: Vec<Cow<'a, RawValue>>,
}

/// Get the latest quote of one instrument
///
/// When no source answers, the last known quote comes as `stale`; when there is none either, the
/// price is `null` and `reason` says why. The quote of an instrument of your own (`MY:…`, with a
/// token) is its last manual price: `stale` when it is older than 31 days.
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
        AnyRoute, SignedIn, NoSuchInstrument, WithQuery,
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn get_quote(
    State(service): State<AssetService>,
    subject: Subject,
    params: Params,
) -> service_kit::Result<Response> {
    params.finish()?;
    let ticker = match subject {
        Subject::Market(ticker) => ticker,
        Subject::Own(owner, ticker) => {
            let found = own_instruments::load(&service.table, owner, &ticker).await?;
            let quote = own::quote(&found.value, service.clock.now());
            return answer(&quote, Cached::NotByOthers);
        }
    };
    let quote = service.quotes.latest(&ticker).await;
    if quote.price.is_none() && quote.reason.as_deref() == Some(Reason::UnknownSymbol.word()) {
        return Err(NO_SUCH_INSTRUMENT);
    }
    answer(&quote, Cached::Never)
}
