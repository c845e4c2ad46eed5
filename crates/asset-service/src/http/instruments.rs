//! What can be held: searching and describing instruments.

use api::Page;
use api::asset::Instrument;
use axum::extract::State;
use axum::response::Response;
use service_kit::contract::{AnyRoute, Paging, WithQuery};
use service_kit::{Error, PageRequest, Params, Result};

use super::problems::NoSuchInstrument;
use super::{Cached, NO_SUCH_INSTRUMENT, TickerSymbol, answer};
use crate::AssetService;
use crate::search::Rank;
use crate::store::instruments::Description;

const LONGEST_QUERY: usize = 100;

/// Search instruments by ticker symbol or name
///
/// Case makes no difference. The ticker itself comes first, then tickers and names that begin like
/// the query, then the rest. Without a query: every instrument the source can list, by ticker
/// (`yahoo` lists none).
#[utoipa::path(
    get,
    path = "/v1/instruments",
    tag = "instruments",
    operation_id = "list_instruments",
    params(
        ("query" = Option<String>, Query, description = "Part of a ticker symbol or a name.",
            max_length = 100, example = "vanguard"),
        Paging,
    ),
    responses(
        (status = 200, description = "One page of instruments.", body = Page<Instrument>),
        AnyRoute, WithQuery,
    )
)]
pub(crate) async fn list_instruments(
    State(service): State<AssetService>,
    mut params: Params,
) -> Result<Response> {
    let query = params.text("query").unwrap_or_default();
    if query.chars().count() > LONGEST_QUERY {
        params.refuse("query", "TOO_LONG", "must be at most 100 characters long");
    }
    let page = params.page();
    params.finish()?;
    let scope = format!("instruments?query={}", query.trim().to_lowercase());
    let after = page.after(&scope)?;

    let found = service.instruments.search(&query).await;
    let mut found: Vec<(String, Description)> = found
        .map_err(|_| no_source())?
        .into_iter()
        .map(|description| (sort_key(&query, &description), description))
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after))
        .collect();
    found.sort_by(|(left, _), (right, _)| left.cmp(right));

    let has_more = found.len() > page.size;
    found.truncate(page.size);
    let last = found.last().filter(|_| has_more);
    let page = Page {
        next_page_token: last.map(|(key, _)| PageRequest::token(&scope, key)),
        items: found
            .iter()
            .map(|(_, found)| Instrument::from(found))
            .collect(),
    };
    answer(&page, Cached::FiveMinutes)
}

/// Get one instrument
#[utoipa::path(
    get,
    path = "/v1/instruments/{ticker_symbol}",
    tag = "instruments",
    operation_id = "get_instrument",
    params(
        ("ticker_symbol" = String, Path, description = "A ticker symbol, in either case.",
            min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]*$", example = "AAPL"),
    ),
    responses(
        (status = 200, description = "The instrument.", body = Instrument),
        AnyRoute, NoSuchInstrument, WithQuery,
    )
)]
pub(crate) async fn get_instrument(
    State(service): State<AssetService>,
    TickerSymbol(ticker): TickerSymbol,
    params: Params,
) -> Result<Response> {
    params.finish()?;
    let found = service.instruments.describe(&ticker).await;
    let description = found.map_err(|_| no_source())?.ok_or(NO_SUCH_INSTRUMENT)?;
    answer(&Instrument::from(&*description), Cached::FiveMinutes)
}

/// The place of a hit in the list: better ones first, then by ticker.
fn sort_key(query: &str, found: &Description) -> String {
    let rank = Rank::of(query, &found.ticker_symbol, &found.name);
    format!("{}{}", rank.digit(), found.ticker_symbol)
}

fn no_source() -> Error {
    Error::Unavailable {
        detail: "The source of market data does not answer. Try again.",
        retry_after_seconds: 5,
    }
}

impl From<&Description> for Instrument {
    fn from(description: &Description) -> Self {
        Self {
            ticker_symbol: description.ticker_symbol.to_string(),
            name: description.name.clone(),
            exchange: description.exchange.clone(),
            instrument_type: description.instrument_type.to_string(),
            sector: description.sector.clone(),
            currency: description.currency.to_string(),
            source: description.source.clone(),
        }
    }
}
