//! Recording investments: each records a BUY in the ledger, and the lot follows from it.
//!
//! Correcting and deleting one is in `corrections.rs`. Both decide again on what
//! there is now when somebody else changed the portfolio in between.

use std::sync::Arc;

use api::Fields;
use api::portfolio::{Investment, RecordInvestment};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ledger::{Buy, Entry, LedgerError, Position, Transaction};
use domain::money::Charge;
use domain::portfolio::CostBasisMethod;
use domain::{Currency, InstrumentType, PortfolioId, Ticker, TransactionId};
use service_kit::contract::{
    AnyRoute, Contended, IdempotencyKey, NotFound, SignedIn, Stores, WithBody,
};
use service_kit::idempotency::{CommitError, is_replay};
use service_kit::{
    AccessToken, Answer, Begun, Body, CallerWithToken, ETag, Error, Idempotency, IdempotencyGuard,
    PathId, Result,
};
use store::{Item, WriteError};

use super::figures;
use crate::state::PortfolioService;
use crate::store::events::{self, LedgerChange};
use crate::store::ledger::{self, Ledger, LedgerWrite};
use crate::store::portfolios::StoredPortfolio;

/// How often a change is decided again before the client has to.
pub(super) const ATTEMPTS: usize = 16;

/// Record a purchase.
#[utoipa::path(
    post, path = "/v1/portfolios/{portfolio_id}/investments", tag = "Investments", operation_id = "record_investment",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        IdempotencyKey,
    ),
    request_body = RecordInvestment,
    responses(
        (status = 201, description = "Recorded", body = Investment, headers(("Location" = String), ("ETag" = String))),
        AnyRoute, SignedIn, NotFound, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn record_investment(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathId(id): PathId<PortfolioId>,
    idempotency: Idempotency,
    Body {
        request,
        fields,
        bytes,
    }: Body<RecordInvestment>,
) -> Result<Response> {
    let principal = caller.customer_id.to_string();
    let guard = match idempotency
        .begin(&service.table, &principal, &bytes, &service.clock)
        .await?
    {
        Begun::Replay(response) => return Ok(response),
        Begun::Run(guard) => guard,
    };
    let load = || ledger::load(&service.table, &service.ledgers, caller.customer_id, id);
    let mut read = load().await?;
    let purchase = purchase(&service, &read.0, fields, request, &token).await?;
    let (shown, etag) = shown(&service, &purchase, &token).await?;
    let location = format!("/v1/portfolios/{id}/investments/{}", purchase.id);
    let answer = Answer::created(location, &shown)?.etag(&etag);

    // Prices are asked for before the turn, so that a slow source holds nobody up.
    let _turn = service.turn(id).await;
    if service.ledgers.has_moved_on(id, &read.1) {
        read = load().await?;
    }
    for attempt in 0..ATTEMPTS {
        let (portfolio, ledger) = &read;
        // A write whose outcome got lost on the way may have been committed after all.
        if attempt > 0 && ledger.lot(purchase.id).is_some() {
            return Ok(answer.into_response());
        }
        let write = recorded(&service, portfolio, ledger, &purchase)?;
        if let Some(response) = committed(&service, &guard, id, write, &answer).await? {
            return Ok(response);
        }
        read = load().await?;
    }
    Err(changed_by_many())
}

/// Checks a purchase; what it leaves out comes from its instrument.
async fn purchase(
    service: &PortfolioService,
    portfolio: &Item<StoredPortfolio>,
    mut fields: Fields,
    request: RecordInvestment,
    token: &AccessToken,
) -> Result<Transaction> {
    let today = service.clock.latest_date();
    let ticker = fields.required("ticker_symbol", request.ticker_symbol);
    let kind = fields.optional("instrument_type", request.instrument_type);
    let quantity = fields.required("quantity", request.quantity);
    let price = fields.required("purchase_price", request.purchase_price);
    let date = fields.required("purchase_date", request.purchase_date);
    let date = fields.check("purchase_date", date, |date| {
        Transaction::check_trade_date(date, today)
    });
    let currency = fields.optional("currency", request.currency);
    let fees = fields.optional("fees", request.fees);
    let (ticker, kind, quantity, price, trade_date, currency, fees) =
        fields.all((ticker, kind, quantity, price, date, currency, fees))?;

    let (instrument_type, currency) = match (kind, currency) {
        (Some(kind), Some(currency)) => (kind, currency),
        (kind, currency) => {
            let (own_kind, own_currency) = described(service, &ticker, token).await?;
            let base = portfolio.value.0.base_currency;
            let kind = kind.or(own_kind).unwrap_or_else(InstrumentType::other);
            (kind, currency.or(own_currency).unwrap_or(base))
        }
    };
    let fees = fees.unwrap_or(Charge::ZERO).in_currency(currency);
    let now = service.clock.now();
    Ok(Transaction {
        id: TransactionId::from_uuid(service.clock.new_id()),
        portfolio_id: portfolio.value.0.id,
        trade_date,
        entry: Entry::Buy(Buy {
            ticker,
            instrument_type,
            quantity,
            price,
            currency,
            fees,
            tax: Charge::ZERO,
            fx_rate: None,
        }),
        note: None,
        external_id: None,
        revision: 1,
        recorded_at: now,
        amended_at: now,
    })
}

async fn described(
    service: &PortfolioService,
    ticker: &Ticker,
    token: &AccessToken,
) -> Result<(Option<InstrumentType>, Option<Currency>)> {
    let found = service.prices.instrument(ticker, token).await.map_err(|error| {
        tracing::warn!(error = &error as &dyn std::error::Error, "no instrument data");
        Error::Unavailable {
            detail: "The instrument cannot be looked up now. Give instrument_type and currency, or try again.",
            retry_after_seconds: 2,
        }
    })?;
    let kind = found
        .as_ref()
        .and_then(|found| InstrumentType::parse(&found.instrument_type).ok());
    let currency = found
        .as_ref()
        .and_then(|found| Currency::parse(&found.currency).ok());
    Ok((kind, currency))
}

/// The ledger with one more purchase.
fn recorded(
    service: &PortfolioService,
    portfolio: &Item<StoredPortfolio>,
    ledger: &Arc<Ledger>,
    purchase: &Transaction,
) -> Result<LedgerWrite> {
    let method = portfolio.value.0.cost_basis_method;
    let before = ledger.position(instrument_of(purchase)?);
    let position = before.apply(purchase, method).map_err(refused)?.position;
    let change = LedgerChange::Recorded;
    let version = portfolio.version + 1;
    let event = events::ledger(
        change,
        &portfolio.value.0,
        version,
        purchase,
        &service.clock,
    )?;
    Ok(
        LedgerWrite::new(&service.table, portfolio, Arc::clone(ledger))
            .record(purchase)
            .position(position)
            .event(&event),
    )
}

/// The answer once the write is committed; nothing if somebody else was first.
async fn committed(
    service: &PortfolioService,
    guard: &IdempotencyGuard,
    id: PortfolioId,
    write: LedgerWrite,
    answer: &Answer,
) -> Result<Option<Response>> {
    let (write, after) = write.finish();
    match guard.commit(write, answer.clone()).await {
        Ok(response) if is_replay(&response) => Ok(Some(response)),
        Ok(response) => {
            service.ledgers.remember(id, after);
            Ok(Some(response))
        }
        Err(CommitError::Write(WriteError::ConditionFailed { .. })) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The lot of a purchase as it is shown: as if it were the only one.
pub(super) async fn shown(
    service: &PortfolioService,
    transaction: &Transaction,
    token: &AccessToken,
) -> Result<(Investment, ETag)> {
    let ticker = instrument_of(transaction)?;
    let alone = Position::empty(ticker.clone())
        .apply(transaction, CostBasisMethod::Fifo)
        .map_err(refused)?
        .position;
    let lot = alone
        .lots()
        .first()
        .ok_or_else(|| Error::internal("a purchase without a lot"))?;
    let book = service
        .prices
        .book([(ticker, lot)].into_iter(), None, token)
        .await;
    let shown = figures::investment(transaction.portfolio_id, ticker, lot, &book)?;
    let etag = figures::etag(lot, &shown);
    Ok((shown, etag))
}

/// Every purchase has one.
pub(super) fn instrument_of(purchase: &Transaction) -> Result<&Ticker> {
    let ticker = purchase.entry.ticker();
    ticker.ok_or_else(|| Error::internal("a purchase without an instrument"))
}

pub(super) fn refused(error: LedgerError) -> Error {
    let code = match error {
        LedgerError::TooLarge => {
            return Error::invalid("/quantity", "OUT_OF_RANGE", error.to_string());
        }
        LedgerError::Oversold { .. } => "OVERSOLD",
        LedgerError::LotNotHeld { .. } => "LOT_NOT_HELD",
        LedgerError::LeavesNothing { .. } => "LEAVES_NOTHING",
        LedgerError::OtherInstrument { .. }
        | LedgerError::Duplicate(_)
        | LedgerError::Inconsistent { .. }
        | LedgerError::OutOfOrder(_) => return Error::internal(error),
    };
    let detail = error.to_string();
    Error::Conflict { code, detail }
}

/// What is answered when every attempt found the portfolio changed in between.
pub(super) fn changed_by_many() -> Error {
    Error::Conflict {
        code: "CONCURRENT_CHANGE",
        detail: "The portfolio is being changed by many at once. Try again.".into(),
    }
}
