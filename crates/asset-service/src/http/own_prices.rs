//! The manual prices of a customer's own instruments: enter one, enter many, delete one.
//!
//! Every change of a price raises the version of its instrument, on which the write depends; so
//! prices never outlive their instrument, and never change their currency. `If-Match` takes the
//! `ETag` of the instrument.

use api::asset::{EnterPrice, EnterPrices, EnteredPrices, ManualPrice};
use api::{FieldError, plain_date};
use axum::extract::{FromRequestParts, Path, State};
use axum::response::{IntoResponse, Response};
use domain::ledger::Transaction;
use domain::{CustomerId, Ticker, ValueError};
use http::request::Parts;
use jiff::civil::Date;
use service_kit::contract::{
    AnyRoute, Contended, IdempotencyKey, IfMatch, Preconditioned, SignedIn, Stores, WithBody,
    WithQuery,
};
use service_kit::idempotency::CommitError;
use service_kit::{
    Answer, Begun, Body, Caller, Error, Idempotency, IdempotencyGuard, Preconditions, Result,
};
use store::{Item, Write, WriteError};

use super::NO_SUCH_INSTRUMENT;
use super::own::{ATTEMPTS, OwnTicker, changed_by_many, etag, own_ticker};
use super::problems::NoSuchInstrument;
use crate::AssetService;
use crate::own::{Entered, ManualPrices};
use crate::store::own::{self, OwnInstrument};

/// Enter what an instrument of your own was worth on a day
///
/// An earlier price of the same day is replaced. Prices are in the instrument's currency.
#[utoipa::path(
    put,
    path = "/v1/instruments/{ticker_symbol}/prices/{date}",
    tag = "own instruments",
    operation_id = "enter_price",
    params(
        ("ticker_symbol" = String, Path, description = "The symbol of an instrument of your own, in either case.",
            pattern = "^[Mm][Yy]:[A-Za-z0-9.^=_&:-]{1,29}$", example = "MY:HOUSE"),
        ("date" = Date, Path, description = "Not in the future, and not before 1900.", example = "2026-01-05"),
        IfMatch,
    ),
    request_body = EnterPrice,
    responses(
        (status = 200, description = "Entered in place of an earlier one.", body = ManualPrice, headers(("ETag" = String))),
        (status = 201, description = "Entered.", body = ManualPrice, headers(("ETag" = String))),
        AnyRoute, SignedIn, NoSuchInstrument, Preconditioned, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn enter_price(
    State(service): State<AssetService>,
    caller: Caller,
    Day { ticker, date }: Day,
    preconditions: Preconditions,
    Body {
        request,
        mut fields,
        ..
    }: Body<EnterPrice>,
) -> Result<Response> {
    let price = fields.required("price", request.price);
    let (price,) = fields.all((price,))?;
    let date = check(&service, date).map_err(|error| refused_date(&error))?;
    let entered_at = service.clock.now();
    let entered = Entered { price, entered_at };
    let change = Change {
        owner: caller.customer_id,
        ticker: &ticker,
        days: &[date],
        preconditions: &preconditions,
        guard: None,
    };
    change_prices(&service, change, |own, prices| {
        let shown = ManualPrice {
            ticker_symbol: own.ticker_symbol.to_string(),
            date,
            price: price.value().into(),
            currency: own.currency.code().to_owned(),
            entered_at,
        };
        match prices.enter(date, entered) {
            Some(_) => Answer::ok(&shown),
            None => Answer::created_here(&shown),
        }
    })
    .await
}

/// Enter many prices of an instrument of your own at once
///
/// Up to 1,000, each day once. All are entered or none is. Earlier prices of the same days are
/// replaced.
#[utoipa::path(
    post,
    path = "/v1/instruments/{ticker_symbol}/prices",
    tag = "own instruments",
    operation_id = "enter_prices",
    params(
        ("ticker_symbol" = String, Path, description = "The symbol of an instrument of your own, in either case.",
            pattern = "^[Mm][Yy]:[A-Za-z0-9.^=_&:-]{1,29}$", example = "MY:HOUSE"),
        IdempotencyKey, IfMatch,
    ),
    request_body = EnterPrices,
    responses(
        (status = 200, description = "Entered.", body = EnteredPrices, headers(("ETag" = String))),
        AnyRoute, SignedIn, NoSuchInstrument, Preconditioned, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn enter_prices(
    State(service): State<AssetService>,
    caller: Caller,
    OwnTicker(ticker): OwnTicker,
    idempotency: Idempotency,
    preconditions: Preconditions,
    Body {
        request,
        mut fields,
        bytes,
    }: Body<EnterPrices>,
) -> Result<Response> {
    let principal = caller.customer_id.to_string();
    let begun = idempotency.begin(&service.table, &principal, &bytes, &service.clock);
    let guard = match begun.await? {
        Begun::Replay(response) => return Ok(response),
        Begun::Run(guard) => guard,
    };
    let items = fields.required("items", request.items);
    let (items,) = fields.all((items,))?;
    let dates: Vec<Date> = items.iter().map(|item| item.date).collect();
    check_all(&service, &dates)?;
    let entered_at = service.clock.now();
    let change = Change {
        owner: caller.customer_id,
        ticker: &ticker,
        days: &dates,
        preconditions: &preconditions,
        guard: Some(&guard),
    };
    change_prices(&service, change, |own, prices| {
        let mut entered = EnteredPrices {
            ticker_symbol: own.ticker_symbol.to_string(),
            added: 0,
            replaced: 0,
        };
        for item in &items {
            let price = item.price;
            match prices.enter(item.date, Entered { price, entered_at }) {
                Some(_) => entered.replaced += 1,
                None => entered.added += 1,
            }
        }
        Answer::ok(&entered)
    })
    .await
}

/// Delete a price of an instrument of your own
#[utoipa::path(
    delete,
    path = "/v1/instruments/{ticker_symbol}/prices/{date}",
    tag = "own instruments",
    operation_id = "delete_price",
    params(
        ("ticker_symbol" = String, Path, description = "The symbol of an instrument of your own, in either case.",
            pattern = "^[Mm][Yy]:[A-Za-z0-9.^=_&:-]{1,29}$", example = "MY:HOUSE"),
        ("date" = Date, Path, example = "2026-01-05"),
        IfMatch,
    ),
    responses(
        (status = 204, description = "Deleted."),
        AnyRoute, SignedIn, NoSuchInstrument, Preconditioned, WithQuery, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_price(
    State(service): State<AssetService>,
    caller: Caller,
    Day { ticker, date }: Day,
    preconditions: Preconditions,
) -> Result<Response> {
    let change = Change {
        owner: caller.customer_id,
        ticker: &ticker,
        days: &[date],
        preconditions: &preconditions,
        guard: None,
    };
    change_prices(&service, change, |_, prices| {
        let removed = prices.remove(date);
        removed.ok_or(Error::NotFound { what: "price" })?;
        Ok(Answer::no_content())
    })
    .await
}

/// What is changed, and on which conditions.
struct Change<'a> {
    owner: CustomerId,
    ticker: &'a Ticker,
    days: &'a [Date],
    preconditions: &'a Preconditions,
    guard: Option<&'a IdempotencyGuard>,
}

/// Changes the prices of an instrument and says what `decide` answers; decided again when the
/// instrument or its prices were changed in between.
async fn change_prices(
    service: &AssetService,
    change: Change<'_>,
    decide: impl Fn(&OwnInstrument, &mut ManualPrices) -> Result<Answer>,
) -> Result<Response> {
    let (table, owner) = (&service.table, change.owner);
    for _ in 0..ATTEMPTS {
        let read: Item<OwnInstrument> = own::load(table, owner, change.ticker).await?;
        change
            .preconditions
            .check(&etag(&read.value, read.version))?;
        let mut prices = own::load_prices(table, owner, &read.value, change.days).await?;
        let answer = decide(&read.value, &mut prices)?.etag(&etag(&read.value, read.version + 1));
        let changed = OwnInstrument {
            last_price: own::last_price(table, owner, &read.value, &mut prices).await?,
            ..read.value.clone()
        };
        let write = own::replace_with_prices(table, owner, &read, &changed, &prices);
        match committed(change.guard, write, answer).await {
            Err(CommitError::Write(WriteError::ConditionFailed { .. })) => {}
            done => return Ok(done?),
        }
    }
    Err(changed_by_many())
}

async fn committed(
    guard: Option<&IdempotencyGuard>,
    write: Write,
    answer: Answer,
) -> std::result::Result<Response, CommitError> {
    if let Some(guard) = guard {
        return guard.commit(write, answer).await;
    }
    write.commit().await?;
    Ok(answer.into_response())
}

/// Holds a day to those that can have had a price.
fn check(service: &AssetService, date: Date) -> std::result::Result<Date, ValueError> {
    Transaction::check_trade_date(date, service.clock.latest_date())
}

fn check_all(service: &AssetService, dates: &[Date]) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    let mut errors = Vec::new();
    for (place, date) in dates.iter().enumerate() {
        let pointer = format!("/items/{place}/date");
        if let Err(error) = check(service, *date) {
            errors.push(FieldError::value(pointer, &error));
        } else if !seen.insert(date) {
            let detail = "is given more than once";
            errors.push(FieldError::new(pointer, "DUPLICATE", detail));
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
}

fn refused_date(error: &ValueError) -> Error {
    Error::Invalid(vec![FieldError::value("{date}", error)])
}

/// An own instrument and a day in the path.
#[derive(Debug)]
pub(crate) struct Day {
    ticker: Ticker,
    date: Date,
}

impl<S: Send + Sync> FromRequestParts<S> for Day {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let Path((ticker, date)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| NO_SUCH_INSTRUMENT)?;
        Ok(Self {
            ticker: own_ticker(&ticker)?,
            date: plain_date(&date).map_err(|error| refused_date(&error))?,
        })
    }
}
