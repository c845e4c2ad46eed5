//! Correcting and deleting investments: each amends or removes the BUY behind one in the ledger.

use api::portfolio::{AmendInvestment, Investment};
use api::{Field, Fields};
use axum::extract::State;
use axum::response::Response;
use domain::ledger::{Buy, Entry, Transaction};
use domain::money::Charge;
use domain::{Money, PortfolioId, TransactionId};
use service_kit::contract::{
    AnyRoute, Contended, IfMatch, NotFound, Preconditioned, SignedIn, Stores, WithBody,
};
use service_kit::{
    Answer, Body, Caller, CallerWithToken, ETag, Error, IdempotencyGuard, PathIds, Preconditions,
    Result,
};

use super::changes::{Decision, Edit, change};
use super::investments::NOT_FOUND;
use super::purchases;
use crate::state::PortfolioService;
use crate::store::change::LedgerWrite;
use crate::store::journal::Journal;
use crate::store::ledger::{self, Ledger};

/// Correct a purchase (JSON Merge Patch).
#[utoipa::path(
    patch, path = "/v1/portfolios/{portfolio_id}/investments/{investment_id}", tag = "Investments", operation_id = "amend_investment",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("investment_id" = String, Path, format = Uuid),
        IfMatch,
    ),
    request_body = AmendInvestment,
    responses(
        (status = 200, description = "The investment as amended", body = Investment, headers(("ETag" = String))),
        AnyRoute, SignedIn, NotFound, Preconditioned, WithBody, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn amend_investment(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathIds(id, investment): PathIds<PortfolioId, TransactionId>,
    preconditions: Preconditions,
    Body {
        request, fields, ..
    }: Body<AmendInvestment>,
) -> Result<Response> {
    let (_, ledger, journal) =
        ledger::load_whole(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let current = behind(&ledger, &journal, investment)?;
    let amended =
        |current: &Transaction| amended(&service, current, fields.clone(), request.clone());
    let book = purchases::price(&service, &amended(current)?, &token).await?;

    let decide = |write: &LedgerWrite| match purchase(write, investment, &preconditions)? {
        Some(current) => Ok(Decision::Do(Edit::Amend(amended(current)?))),
        None => Ok(Decision::NeedsEntries),
    };
    let answer = |write: &LedgerWrite, edit: &Edit, warnings| match edit {
        Edit::Amend(amended) => {
            let (shown, etag) = purchases::shown(write, amended, &book)?;
            Ok(Answer::ok(&Investment { warnings, ..shown })?.etag(&etag))
        }
        _ => Ok(Answer::no_content()),
    };
    let guard = IdempotencyGuard::none();
    change(&service, caller.customer_id, id, &guard, decide, answer).await
}

/// Delete a purchase.
#[utoipa::path(
    delete, path = "/v1/portfolios/{portfolio_id}/investments/{investment_id}", tag = "Investments", operation_id = "delete_investment",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("investment_id" = String, Path, format = Uuid),
        IfMatch,
    ),
    responses(
        (status = 204, description = "Deleted"),
        AnyRoute, SignedIn, NotFound, Preconditioned, Stores, Contended,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete_investment(
    State(service): State<PortfolioService>,
    caller: Caller,
    PathIds(id, investment): PathIds<PortfolioId, TransactionId>,
    preconditions: Preconditions,
) -> Result<Response> {
    let decide = |write: &LedgerWrite| match purchase(write, investment, &preconditions)? {
        Some(current) => Ok(Decision::Do(Edit::Remove(current.clone()))),
        None => Ok(Decision::NeedsEntries),
    };
    let guard = IdempotencyGuard::none();
    change(
        &service,
        caller.customer_id,
        id,
        &guard,
        decide,
        |_, _, _| Ok(Answer::no_content()),
    )
    .await
}

/// The purchase behind an investment. None if the entries were not read.
fn purchase<'a>(
    write: &'a LedgerWrite,
    investment: TransactionId,
    preconditions: &Preconditions,
) -> Result<Option<&'a Transaction>> {
    let (_, lot) = write.ledger().lot(investment).ok_or(NOT_FOUND)?;
    preconditions.check(&ETag::strong(lot.revision))?;
    let journal = write.ledger().journal();
    let found = journal.map(|journal| behind(write.ledger(), journal, investment));
    found.transpose()
}

fn behind<'a>(
    ledger: &Ledger,
    journal: &'a Journal,
    investment: TransactionId,
) -> Result<&'a Transaction> {
    ledger.lot(investment).ok_or(NOT_FOUND)?;
    journal.find(investment).ok_or(Error::Conflict {
        code: "LOT_WAS_TRANSFERRED",
        detail: "The investment came by a transfer. Change or delete that transfer.".into(),
    })
}

/// The purchase after the correction.
fn amended(
    service: &PortfolioService,
    current: &Transaction,
    mut fields: Fields,
    request: AmendInvestment,
) -> Result<Transaction> {
    let Entry::Buy(buy) = &current.entry else {
        return Err(NOT_FOUND);
    };
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
        given => fields.patch("fees", given, Charge::ZERO).map(Charge::value),
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
            ..buy.clone()
        }),
        revision: current.revision.saturating_add(1),
        amended_at: service.clock.now(),
        ..current.clone()
    })
}
