//! A customer's own instruments: add, change, delete. Reading them is in `instruments.rs` and
//! `quotes.rs`, beside those of the market; their prices are in `own_prices.rs`.
//!
//! When somebody else changed the instrument in between, a change is decided again on what there
//! is now.

use api::Fields;
use api::asset::{AddInstrument, Instrument, UpdateInstrument};
use api::client::escaped;
use axum::extract::{FromRequestParts, Path, State};
use axum::response::Response;
use domain::{InstrumentType, Ticker};
use http::request::Parts;
use jiff::Timestamp;
use service_kit::contract::{
    AnyRoute, Contended, IdempotencyKey, IfMatch, Preconditioned, SignedIn, Stores, WithBody,
};
use service_kit::idempotency::CommitError;
use service_kit::{Answer, Begun, Body, Caller, ETag, Error, Idempotency, Preconditions, Result};
use store::WriteError;

use super::NO_SUCH_INSTRUMENT;
use super::problems::NoSuchInstrument;
use crate::AssetService;
use crate::store::own::{self, OwnInstrument};

/// How often a change is decided again before the client has to.
pub(super) const ATTEMPTS: usize = 16;
/// How many instruments a customer may have of their own. Requests of the same instant are counted
/// apart, so a few more are possible.
const MOST_INSTRUMENTS: usize = 200;

/// Add an instrument of your own
///
/// For what no market knows: a house, a private fund. Only you can see it; others may use the same
/// symbol. You may have 200.
#[utoipa::path(
    post,
    path = "/v1/instruments",
    tag = "own instruments",
    operation_id = "add_instrument",
    params(IdempotencyKey),
    request_body = AddInstrument,
    responses(
        (status = 201, description = "Added.", body = Instrument, headers(("Location" = String), ("ETag" = String))),
        AnyRoute, SignedIn, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn add_instrument(
    State(service): State<AssetService>,
    caller: Caller,
    idempotency: Idempotency,
    Body {
        request,
        fields,
        bytes,
    }: Body<AddInstrument>,
) -> Result<Response> {
    let (table, owner) = (&service.table, caller.customer_id);
    let principal = owner.to_string();
    let begun = idempotency.begin(table, &principal, &bytes, &service.clock);
    let guard = match begun.await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Run(guard) => guard,
    };
    let added = added(fields, request, service.clock.now())?;
    let others = own::list(table, owner).await?;
    if others.len() >= MOST_INSTRUMENTS {
        return Err(Error::Conflict {
            code: "TOO_MANY_INSTRUMENTS",
            detail: "You have 200 instruments of your own already. Delete one first.".into(),
        });
    }
    let location = format!("/v1/instruments/{}", escaped(added.ticker_symbol.as_str()));
    let answer = Answer::created(location, &Instrument::from(&added))?.etag(&etag(&added, 1));
    match guard
        .commit(own::create(table, owner, &added), answer)
        .await
    {
        Err(CommitError::Write(WriteError::ConditionFailed { .. })) => Err(Error::Conflict {
            code: "INSTRUMENT_EXISTS",
            detail: format!("You have an instrument {} already.", added.ticker_symbol),
        }),
        done => Ok(done?),
    }
}

fn added(mut fields: Fields, request: AddInstrument, now: Timestamp) -> Result<OwnInstrument> {
    let ticker = fields.required("ticker_symbol", request.ticker_symbol);
    let ticker = fields.check("ticker_symbol", ticker, Ticker::check_own);
    let name = fields.required("name", request.name);
    let kind = fields.optional("instrument_type", request.instrument_type);
    let sector = fields.optional("sector", request.sector);
    let currency = fields.required("currency", request.currency);
    let (ticker_symbol, name, kind, sector, currency) =
        fields.all((ticker, name, kind, sector, currency))?;
    Ok(OwnInstrument {
        ticker_symbol,
        name,
        instrument_type: kind.unwrap_or_else(InstrumentType::other),
        sector,
        currency,
        last_price: None,
        created_at: now,
        updated_at: now,
    })
}

/// Change an instrument of your own (JSON Merge Patch)
///
/// Its currency can be changed only while it has no prices.
#[utoipa::path(
    patch,
    path = "/v1/instruments/{ticker_symbol}",
    tag = "own instruments",
    operation_id = "update_instrument",
    params(
        ("ticker_symbol" = String, Path, description = "The symbol of an instrument of your own, in either case.",
            pattern = "^[Mm][Yy]:[A-Za-z0-9.^=_&:-]{1,29}$", example = "MY:HOUSE"),
        IfMatch,
    ),
    request_body = UpdateInstrument,
    responses(
        (status = 200, description = "The instrument as changed.", body = Instrument, headers(("ETag" = String))),
        AnyRoute, SignedIn, NoSuchInstrument, Preconditioned, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn update_instrument(
    State(service): State<AssetService>,
    caller: Caller,
    OwnTicker(ticker): OwnTicker,
    preconditions: Preconditions,
    Body {
        request, fields, ..
    }: Body<UpdateInstrument>,
) -> Result<Answer> {
    for _ in 0..ATTEMPTS {
        let read = own::load(&service.table, caller.customer_id, &ticker).await?;
        preconditions.check(&etag(&read.value, read.version))?;
        let current = read.value.clone();
        let changed = changed(
            current,
            fields.clone(),
            request.clone(),
            service.clock.now(),
        )?;
        match own::replace(&service.table, &read, &changed).commit().await {
            Ok(()) => return shown(&changed, read.version + 1),
            Err(WriteError::ConditionFailed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_by_many())
}

/// The instrument after the change.
fn changed(
    current: OwnInstrument,
    mut fields: Fields,
    request: UpdateInstrument,
    now: Timestamp,
) -> Result<OwnInstrument> {
    let name = fields.patch("name", request.name, current.name);
    let kind = fields.patch(
        "instrument_type",
        request.instrument_type,
        current.instrument_type,
    );
    let sector = fields.patch_optional("sector", request.sector, current.sector);
    let currency = fields.patch("currency", request.currency, current.currency);
    let (name, instrument_type, sector, currency) = fields.all((name, kind, sector, currency))?;
    if currency != current.currency && current.last_price.is_some() {
        return Err(Error::Conflict {
            code: "CURRENCY_IN_USE",
            detail: "There are prices in the instrument's currency. Delete them first.".into(),
        });
    }
    Ok(OwnInstrument {
        name,
        instrument_type,
        sector,
        currency,
        updated_at: now,
        ..current
    })
}

/// Delete an instrument of your own, with its prices
#[utoipa::path(
    delete,
    path = "/v1/instruments/{ticker_symbol}",
    tag = "own instruments",
    operation_id = "delete_instrument",
    params(
        ("ticker_symbol" = String, Path, description = "The symbol of an instrument of your own, in either case.",
            pattern = "^[Mm][Yy]:[A-Za-z0-9.^=_&:-]{1,29}$", example = "MY:HOUSE"),
        IfMatch,
    ),
    responses(
        (status = 204, description = "Deleted."),
        AnyRoute, SignedIn, NoSuchInstrument, Preconditioned, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_instrument(
    State(service): State<AssetService>,
    caller: Caller,
    OwnTicker(ticker): OwnTicker,
    preconditions: Preconditions,
) -> Result<Answer> {
    let (table, owner) = (&service.table, caller.customer_id);
    for _ in 0..ATTEMPTS {
        let read = own::load(table, owner, &ticker).await?;
        preconditions.check(&etag(&read.value, read.version))?;
        match own::delete(table, owner, &read).commit().await {
            Ok(()) => return Ok(Answer::no_content()),
            Err(WriteError::ConditionFailed { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(changed_by_many())
}

pub(super) fn shown(instrument: &OwnInstrument, version: u64) -> Result<Answer> {
    Ok(Answer::ok(&Instrument::from(instrument))?.etag(&etag(instrument, version)))
}

/// One that is added again under the same symbol is another one, though its versions begin anew.
pub(super) fn etag(instrument: &OwnInstrument, version: u64) -> ETag {
    let added = instrument.created_at.as_microsecond();
    ETag::strong(format_args!("{added}-{version}"))
}

/// What is answered when every attempt found the instrument changed in between.
pub(super) fn changed_by_many() -> Error {
    Error::Conflict {
        code: "CONCURRENT_CHANGE",
        detail: "The instrument is being changed by many at once. Try again.".into(),
    }
}

/// The ticker in the path, of an instrument of one's own. Any other cannot be changed, and is not
/// found.
#[derive(Debug)]
pub(crate) struct OwnTicker(pub(crate) Ticker);

impl<S: Send + Sync> FromRequestParts<S> for OwnTicker {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| NO_SUCH_INSTRUMENT)?;
        own_ticker(&text).map(Self)
    }
}

pub(super) fn own_ticker(text: &str) -> Result<Ticker> {
    let ticker = Ticker::parse(text).and_then(Ticker::check_own);
    ticker.map_err(|_| NO_SUCH_INSTRUMENT)
}
