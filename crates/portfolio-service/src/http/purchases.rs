//! Changing investments: recording, correcting and deleting the purchases behind them.
//!
//! Each records, amends or removes a BUY in the ledger; the lots follow from
//! it. When somebody else changed the portfolio in between, the change is
//! decided again on what there is now.

use std::sync::Arc;

use api::portfolio::{AmendInvestment, Investment, RecordInvestment};
use api::{Field, Fields, Problem};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ledger::{Buy, Entry, LedgerError, Position, Transaction};
use domain::money::Charge;
use domain::{Currency, InstrumentType, Money, PortfolioId, Ticker, TransactionId};
use service_kit::idempotency::{CommitError, is_replay};
use service_kit::{
    Answer, Begun, Body, Caller, ETag, Error, Idempotency, IdempotencyGuard, PathId, PathIds,
    Preconditions, Result,
};
use store::{Item, WriteError};

use super::figures;
use super::investments::NOT_FOUND;
use crate::state::PortfolioService;
use crate::store::events::{self, LedgerChange};
use crate::store::ledger::{self, Ledger, LedgerWrite, StoredTransaction};
use crate::store::portfolios::StoredPortfolio;

/// How often a change is decided again before the client has to.
const ATTEMPTS: usize = 16;

/// Record a purchase.
#[utoipa::path(
    post, path = "/v1/portfolios/{portfolio_id}/investments", tag = "Investments", operation_id = "record_investment",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request safe", min_length = 1, max_length = 255, pattern = "^[!-~]+$"),
    ),
    request_body = RecordInvestment,
    responses(
        (status = 201, description = "Recorded", body = Investment, headers(("Location" = String), ("ETag" = String))),
        (status = 404, description = "There is no such portfolio, or it is not yours", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields, or an Idempotency-Key used before", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn record_investment(
    State(service): State<PortfolioService>,
    caller: Caller,
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
    let _turn = service.turn(id).await;
    let (portfolio, _) =
        ledger::load(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let purchase = purchase(&service, &portfolio, fields, request).await?;
    for _ in 0..ATTEMPTS {
        if let Some(response) = record(&service, caller, &guard, &purchase).await? {
            return Ok(response);
        }
    }
    Err(changed_by_many())
}

/// Checks a purchase; what it leaves out comes from its instrument.
async fn purchase(
    service: &PortfolioService,
    portfolio: &Item<StoredPortfolio>,
    mut fields: Fields,
    request: RecordInvestment,
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
            let (own_kind, own_currency) = described(service, &ticker).await?;
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
        }),
        note: None,
        revision: 1,
        recorded_at: now,
        amended_at: now,
    })
}

async fn described(
    service: &PortfolioService,
    ticker: &Ticker,
) -> Result<(Option<InstrumentType>, Option<Currency>)> {
    let found = service.prices.instrument(ticker).await.map_err(|error| {
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

async fn record(
    service: &PortfolioService,
    caller: Caller,
    guard: &IdempotencyGuard,
    transaction: &Transaction,
) -> Result<Option<Response>> {
    let id = transaction.portfolio_id;
    let (portfolio, ledger) =
        ledger::load(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let ticker = transaction.entry.ticker();
    let (shown, etag) = shown(service, transaction).await?;
    let location = format!("/v1/portfolios/{id}/investments/{}", transaction.id);
    let answer = Answer::created(location, &shown)?.etag(&etag);
    // A write whose outcome got lost on the way may have been committed after all.
    if ledger.lot(transaction.id).is_some() {
        return Ok(Some(answer.into_response()));
    }
    let position = ledger
        .position(ticker)
        .apply(transaction)
        .map_err(refused)?;

    let stored = &portfolio.value.0;
    let version = portfolio.version + 1;
    let change = LedgerChange::Recorded;
    let event = events::ledger(change, stored, version, transaction, &service.clock)?;
    let (write, after) = LedgerWrite::new(&service.table, &portfolio, Arc::clone(&ledger))
        .record(transaction)
        .position(position)
        .event(&event)
        .finish();
    match guard.commit(write, answer).await {
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
async fn shown(
    service: &PortfolioService,
    transaction: &Transaction,
) -> Result<(Investment, ETag)> {
    let ticker = transaction.entry.ticker();
    let alone = Position::empty(ticker.clone())
        .apply(transaction)
        .map_err(refused)?;
    let lot = alone
        .lots()
        .first()
        .ok_or_else(|| Error::internal("a purchase without a lot"))?;
    let book = service.prices.book([(ticker, lot)].into_iter(), None).await;
    let shown = figures::investment(transaction.portfolio_id, ticker, lot, &book)?;
    let etag = figures::etag(lot, &shown);
    Ok((shown, etag))
}

fn refused(error: LedgerError) -> Error {
    match error {
        LedgerError::TooLarge => Error::invalid("/quantity", "OUT_OF_RANGE", error.to_string()),
        LedgerError::OtherInstrument { .. } | LedgerError::Duplicate(_) => Error::internal(error),
    }
}

/// What is answered when every attempt found the portfolio changed in between.
fn changed_by_many() -> Error {
    Error::Conflict {
        code: "CONCURRENT_CHANGE",
        detail: "The portfolio is being changed by many at once. Try again.".into(),
    }
}

/// Correct a purchase (JSON Merge Patch).
#[utoipa::path(
    patch, path = "/v1/portfolios/{portfolio_id}/investments/{investment_id}", tag = "Investments", operation_id = "amend_investment",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("investment_id" = String, Path, format = Uuid),
        ("If-Match" = Option<String>, Header, description = "Change only what you have read; its price may have moved", pattern = r#"^"[!#-~]*"$"#),
    ),
    request_body = AmendInvestment,
    responses(
        (status = 200, description = "The investment as amended", body = Investment, headers(("ETag" = String))),
        (status = 404, description = "There is none, or it is not yours", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It has changed since you read it", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Invalid fields", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn amend_investment(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathIds(id, investment): PathIds<PortfolioId, TransactionId>,
    preconditions: Preconditions,
    Body {
        request, fields, ..
    }: Body<AmendInvestment>,
) -> Result<Answer> {
    let _turn = service.turn(id).await;
    for _ in 0..ATTEMPTS {
        let Some(read) = read_purchase(&service, caller, id, investment, &preconditions).await?
        else {
            continue;
        };
        let amended = amended(
            &service,
            &read.transaction.value.0,
            fields.clone(),
            request.clone(),
        )?;
        if read.amend(&service, &amended).await? {
            let (shown, etag) = shown(&service, &amended).await?;
            return Ok(Answer::ok(&shown)?.etag(&etag));
        }
    }
    Err(changed_by_many())
}

/// Delete a purchase.
#[utoipa::path(
    delete, path = "/v1/portfolios/{portfolio_id}/investments/{investment_id}", tag = "Investments", operation_id = "delete_investment",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("investment_id" = String, Path, format = Uuid),
        ("If-Match" = Option<String>, Header, description = "Delete only what you have read; its price may have moved", pattern = r#"^"[!#-~]*"$"#),
    ),
    responses(
        (status = 204, description = "Deleted"),
        (status = 404, description = "There is none, or it is not yours", body = Problem, content_type = "application/problem+json"),
        (status = 412, description = "It has changed since you read it", body = Problem, content_type = "application/problem+json"),
        (status = "default", description = "A problem", body = Problem, content_type = "application/problem+json"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_investment(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathIds(id, investment): PathIds<PortfolioId, TransactionId>,
    preconditions: Preconditions,
) -> Result<Answer> {
    let _turn = service.turn(id).await;
    for _ in 0..ATTEMPTS {
        let read = read_purchase(&service, caller, id, investment, &preconditions).await?;
        if let Some(read) = read
            && read.remove(&service).await?
        {
            return Ok(Answer::no_content());
        }
    }
    Err(changed_by_many())
}

/// A purchase to be changed, with everything that changes with it.
struct Purchase {
    portfolio: Item<StoredPortfolio>,
    ledger: Arc<Ledger>,
    ticker: Ticker,
    transaction: Item<StoredTransaction>,
}

/// Nothing when somebody changed the portfolio while it was read.
async fn read_purchase(
    service: &PortfolioService,
    caller: Caller,
    id: PortfolioId,
    investment: TransactionId,
    preconditions: &Preconditions,
) -> Result<Option<Purchase>> {
    let (portfolio, ledger) =
        ledger::load(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let (ticker, lot) = ledger.lot(investment).ok_or(NOT_FOUND)?;
    preconditions.check(&ETag::strong(lot.revision))?;
    let ticker = ticker.clone();
    let transaction = ledger::load_transaction(&service.table, id, lot).await?;
    Ok(transaction.map(|transaction| Purchase {
        portfolio,
        ledger,
        ticker,
        transaction,
    }))
}

impl Purchase {
    /// The entries of the same instrument, without this one.
    async fn other_entries(&self, service: &PortfolioService) -> Result<Vec<Transaction>> {
        let id = self.portfolio.value.0.id;
        let mut entries = ledger::load_entries(&service.table, id, &self.ticker).await?;
        entries.retain(|entry| entry.id != self.transaction.value.0.id);
        Ok(entries)
    }

    async fn amend(&self, service: &PortfolioService, amended: &Transaction) -> Result<bool> {
        let mut write = self.write(service);
        let mut entries = self.other_entries(service).await?;
        if amended.entry.ticker() == &self.ticker {
            entries.push(amended.clone());
        } else {
            let other = self.ledger.position(amended.entry.ticker());
            write = write.position(other.apply(amended).map_err(refused)?);
        }
        let position = Position::fold(self.ticker.clone(), &entries).map_err(refused)?;
        let write = write.amend(&self.transaction, amended).position(position);
        self.commit(service, write, LedgerChange::Amended, amended)
            .await
    }

    async fn remove(&self, service: &PortfolioService) -> Result<bool> {
        let entries = self.other_entries(service).await?;
        let position = Position::fold(self.ticker.clone(), &entries).map_err(refused)?;
        let write = self
            .write(service)
            .remove(&self.transaction)
            .position(position);
        self.commit(
            service,
            write,
            LedgerChange::Removed,
            &self.transaction.value.0,
        )
        .await
    }

    fn write(&self, service: &PortfolioService) -> LedgerWrite {
        LedgerWrite::new(&service.table, &self.portfolio, Arc::clone(&self.ledger))
    }

    /// Whether the change was committed; if not, somebody else was first.
    async fn commit(
        &self,
        service: &PortfolioService,
        write: LedgerWrite,
        change: LedgerChange,
        entry: &Transaction,
    ) -> Result<bool> {
        let portfolio = &self.portfolio.value.0;
        let version = self.portfolio.version + 1;
        let event = events::ledger(change, portfolio, version, entry, &service.clock)?;
        let (write, after) = write.event(&event).finish();
        match write.commit().await {
            Ok(()) => {
                service.ledgers.remember(portfolio.id, after);
                Ok(true)
            }
            Err(WriteError::ConditionFailed { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// The purchase after the correction.
fn amended(
    service: &PortfolioService,
    current: &Transaction,
    mut fields: Fields,
    request: AmendInvestment,
) -> Result<Transaction> {
    let Entry::Buy(buy) = &current.entry;
    let today = service.clock.latest_date();
    let ticker = fields.patch("ticker_symbol", request.ticker_symbol, buy.ticker.clone());
    let kind = fields.patch(
        "instrument_type",
        request.instrument_type,
        buy.instrument_type.clone(),
    );
    let quantity = fields.patch("quantity", request.quantity, buy.quantity);
    let price = fields.patch("purchase_price", request.purchase_price, buy.price);
    let date = fields.patch("purchase_date", request.purchase_date, current.trade_date);
    let date = fields.check("purchase_date", date, |date| {
        Transaction::check_trade_date(date, today)
    });
    let currency = fields.patch("currency", request.currency, buy.currency);
    let fees = match request.fees {
        Field::Missing => Some(buy.fees.amount()),
        given => fields.required("fees", given).map(Charge::value),
    };
    let (ticker, instrument_type, quantity, price, trade_date, currency, fees) =
        fields.all((ticker, kind, quantity, price, date, currency, fees))?;
    let fees = Money::new(fees, currency);
    Ok(Transaction {
        trade_date,
        entry: Entry::Buy(Buy {
            ticker,
            instrument_type,
            quantity,
            price,
            currency,
            fees,
        }),
        revision: current.revision.saturating_add(1),
        amended_at: service.clock.now(),
        ..current.clone()
    })
}
