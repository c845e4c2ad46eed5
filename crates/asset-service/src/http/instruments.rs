//! What can be held: searching and describing instruments.

use api::asset::{Instrument, InstrumentPage};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::Ticker;
use service_kit::contract::{AnyRoute, IfNoneMatch, Paging, SignedIn, WithQuery};
use service_kit::{Answer, Caller, Error, PageRequest, Params, Preconditions, Result};

use super::own::{etag, shown};
use super::problems::NoSuchInstrument;
use super::{Cached, NO_SUCH_INSTRUMENT, Subject, answer};
use crate::AssetService;
use crate::search::Rank;
use crate::source::SourceError;
use crate::store::instruments::Description;
use crate::store::own;

const LONGEST_QUERY: usize = 100;

/// Search instruments by ticker symbol or name
///
/// Among those asked for before and those the sources find. Case and accents make no difference. The
/// ticker itself comes first, then tickers and names that begin like the query, then the rest.
/// Without a query: every instrument that was asked for before or that a source can list, by
/// ticker. With a token, your own instruments are among them. When a source does not answer, the
/// page is `partial`.
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
        (status = 200, description = "One page of instruments.", body = InstrumentPage),
        AnyRoute, SignedIn, WithQuery,
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn list_instruments(
    State(service): State<AssetService>,
    caller: Option<Caller>,
    mut params: Params,
) -> Result<Response> {
    let query = params.text("query").unwrap_or_default();
    if query.chars().count() > LONGEST_QUERY {
        params.refuse("query", "TOO_LONG", "must be at most 100 characters long");
    }
    let page = params.page();
    params.finish()?;
    let scope = scope(caller, &query);
    let after = page.after(&scope)?;

    let found = service.instruments.search(&query).await;
    let own = own_instruments(&service, caller, &query).await?;
    if found.is_partial && found.instruments.is_empty() && own.is_empty() {
        return Err(no_source());
    }
    let of_market = found.instruments.iter().map(|found| {
        (
            sort_key(&query, &found.ticker_symbol, &found.name),
            Instrument::from(found),
        )
    });
    let mut hits: Vec<(String, Instrument)> = of_market
        .chain(own)
        .filter(|(key, _)| after.as_ref().is_none_or(|after| key > after))
        .collect();
    hits.sort_by(|(left, _), (right, _)| left.cmp(right));

    let has_more = hits.len() > page.size;
    hits.truncate(page.size);
    let last = hits.last().filter(|_| has_more);
    let page = InstrumentPage {
        next_page_token: last.map(|(key, _)| PageRequest::token(&scope, key)),
        items: hits.into_iter().map(|(_, hit)| hit).collect(),
        partial: found.is_partial,
        reason: found.is_partial.then(|| "SOURCE_UNAVAILABLE".to_owned()),
    };
    let cached = match caller {
        Some(_) => Cached::NotByOthers,
        // What is partial now may be whole in a moment.
        None if page.partial => Cached::Never,
        None => Cached::FiveMinutes,
    };
    answer(&page, cached)
}

/// What a page token belongs to: a text, and whose instruments are among the hits.
fn scope(caller: Option<Caller>, query: &str) -> String {
    let text = query.trim().to_lowercase();
    match caller {
        Some(caller) => format!("instruments/{}?query={text}", caller.customer_id),
        None => format!("instruments?query={text}"),
    }
}

async fn own_instruments(
    service: &AssetService,
    caller: Option<Caller>,
    query: &str,
) -> Result<Vec<(String, Instrument)>> {
    let Some(caller) = caller else {
        return Ok(Vec::new());
    };
    let all = own::list(&service.table, caller.customer_id).await?;
    let hits = all
        .iter()
        .filter(|own| Rank::of(query, &own.ticker_symbol, own.name.as_str()) != Rank::Elsewhere);
    let keyed = hits.map(|own| {
        let key = sort_key(query, &own.ticker_symbol, own.name.as_str());
        (key, Instrument::from(own))
    });
    Ok(keyed.collect())
}

/// Get one instrument
///
/// One of your own (`MY:…`) needs your token.
#[utoipa::path(
    get,
    path = "/v1/instruments/{ticker_symbol}",
    tag = "instruments",
    operation_id = "get_instrument",
    params(
        ("ticker_symbol" = String, Path, description = "A ticker symbol, in either case.",
            min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]*$", example = "AAPL"),
        IfNoneMatch,
    ),
    responses(
        (status = 200, description = "The instrument; with an `ETag` if it is your own.", body = Instrument),
        (status = 304, description = "Your own is as you have it."),
        AnyRoute, SignedIn, NoSuchInstrument, WithQuery,
    ),
    security((), ("bearer" = [])),
)]
pub(crate) async fn get_instrument(
    State(service): State<AssetService>,
    subject: Subject,
    preconditions: Preconditions,
    params: Params,
) -> Result<Response> {
    params.finish()?;
    let ticker = match subject {
        Subject::Market(ticker) => ticker,
        Subject::Own(owner, ticker) => {
            let read = own::load(&service.table, owner, &ticker).await?;
            let etag = etag(&read.value, read.version);
            if preconditions.not_modified(&etag) {
                return Ok(Answer::not_modified(&etag).into_response());
            }
            return Ok(shown(&read.value, read.version)?.into_response());
        }
    };
    let found = service.instruments.describe(&ticker).await;
    let found = found.map_err(|error| match error {
        SourceError::Refused { .. } => contradicted(),
        SourceError::UnknownSymbol | SourceError::Unavailable(_) => no_source(),
    })?;
    let description = found.ok_or(NO_SUCH_INSTRUMENT)?;
    answer(&Instrument::from(&*description), Cached::FiveMinutes)
}

/// The place of a hit in the list: better ones first, then by ticker.
fn sort_key(query: &str, ticker: &Ticker, name: &str) -> String {
    format!("{}{ticker}", Rank::of(query, ticker, name).digit())
}

fn no_source() -> Error {
    Error::Unavailable {
        detail: "The source of market data does not answer. Try again.",
        retry_after_seconds: 5,
    }
}

fn contradicted() -> Error {
    Error::Unavailable {
        detail: "What the source says contradicts what is known of the instrument. Try again later.",
        retry_after_seconds: 60,
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
