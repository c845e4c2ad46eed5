//! Correcting and deleting investments: each amends or removes the BUY behind one in the ledger.

use api::portfolio::{AmendInvestment, Investment};
use api::{Field, FieldError, Fields};
use axum::extract::State;
use axum::response::Response;
use domain::ledger::{Buy, Entry, Lot, Transaction};
use domain::money::Charge;
use domain::{Money, PortfolioId, TransactionId};
use service_kit::contract::{
    AnyRoute, Contended, IfMatch, NotFound, Preconditioned, SignedIn, Stores, WithBody,
};
use service_kit::{
    Answer, Body, Caller, CallerWithToken, Clock, ETag, Error, IdempotencyGuard, PathIds,
    Preconditions, Result,
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
    let amended = |purchase: Purchase<'_>| {
        let (fields, request) = (fields.clone(), request.clone());
        purchase.amended(fields, request, &service.clock)
    };
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
        Some(current) => Ok(Decision::Do(Edit::Remove(current.transaction.clone()))),
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

/// A purchase, and what is left of it.
#[derive(Debug, Clone, Copy)]
struct Purchase<'a> {
    transaction: &'a Transaction,
    lot: &'a Lot,
}

/// The purchase behind an investment. None if the entries were not read.
fn purchase<'a>(
    write: &'a LedgerWrite,
    investment: TransactionId,
    preconditions: &Preconditions,
) -> Result<Option<Purchase<'a>>> {
    let (_, lot) = write.ledger().lot(investment).ok_or(NOT_FOUND)?;
    preconditions.check(&ETag::strong(lot.revision))?;
    let journal = write.ledger().journal();
    let found = journal.map(|journal| behind(write.ledger(), journal, investment));
    found.transpose()
}

fn behind<'a>(
    ledger: &'a Ledger,
    journal: &'a Journal,
    investment: TransactionId,
) -> Result<Purchase<'a>> {
    let (_, lot) = ledger.lot(investment).ok_or(NOT_FOUND)?;
    let transaction = journal.find(investment).ok_or(Error::Conflict {
        code: "LOT_WAS_TRANSFERRED",
        detail: "The investment came by a transfer. Change or delete that transfer.".into(),
    })?;
    Ok(Purchase { transaction, lot })
}

impl Purchase<'_> {
    /// The purchase after the correction.
    fn amended(
        self,
        mut fields: Fields,
        request: AmendInvestment,
        clock: &Clock,
    ) -> Result<Transaction> {
        let Entry::Buy(buy) = &self.transaction.entry else {
            return Err(NOT_FOUND);
        };
        let traded = self.transaction.trade_date;
        let request = self.without_what_is_shown(request);
        let unsayable = self.unsayable(buy, &request)?;
        let ticker = fields.patch("ticker_symbol", request.ticker_symbol, buy.ticker.clone());
        let kind = buy.instrument_type.clone();
        let kind = fields.patch("instrument_type", request.instrument_type, kind);
        let quantity = fields.patch("quantity", request.quantity, buy.quantity);
        let price = fields.patch("purchase_price", request.purchase_price, buy.price);
        let date = fields.patch("purchase_date", request.purchase_date, traded);
        let date = fields.check("purchase_date", date, |date| {
            Transaction::check_trade_date(date, clock.latest_date())
        });
        let currency = fields.patch("currency", request.currency, buy.currency);
        let charges = match request.fees {
            Field::Missing => Some((buy.fees.amount(), buy.tax)),
            given => fields
                .patch("fees", given, Charge::ZERO)
                .map(|fees| (fees.value(), Charge::ZERO)),
        };
        let (ticker, instrument_type, quantity, price, trade_date, currency, (fees, tax)) =
            fields.all((ticker, kind, quantity, price, date, currency, charges))?;
        if !unsayable.is_empty() {
            return Err(self.not_whole(unsayable));
        }
        // A rate is one of a currency on a day.
        let is_same_rate = currency == buy.currency && trade_date == traded;
        Ok(Transaction {
            trade_date,
            entry: Entry::Buy(Buy {
                ticker,
                instrument_type,
                quantity,
                price,
                currency,
                fees: Money::new(fees, currency),
                tax,
                fx_rate: buy.fx_rate.filter(|_| is_same_rate),
            }),
            revision: self.transaction.revision.saturating_add(1),
            amended_at: clock.now(),
            ..self.transaction.clone()
        })
    }

    /// What is written as it is shown stays as it is, also where that is not what was paid, but the
    /// units left and their part of the fees.
    fn without_what_is_shown(self, request: AmendInvestment) -> AmendInvestment {
        let shown_fees = Charge::try_new(self.lot.fees.amount()).unwrap_or(Charge::ZERO);
        AmendInvestment {
            quantity: request.quantity.unless(&self.lot.quantity),
            purchase_price: request.purchase_price.unless(&self.lot.purchase_price),
            fees: request.fees.unless(&shown_fees),
            ..request
        }
    }

    /// The fields that name a figure of the purchase where another one is shown.
    fn unsayable(self, buy: &Buy, request: &AmendInvestment) -> Result<Vec<&'static str>> {
        let has_price = self.lot.purchase_price == buy.price;
        let is_whole = has_price && self.lot.quantity == buy.quantity;
        let has_fees = is_whole && self.lot.fees == buy.charges()?;
        let fields = [
            ("/quantity", is_whole, request.quantity.is_given()),
            (
                "/purchase_price",
                has_price,
                request.purchase_price.is_given(),
            ),
            ("/fees", has_fees, request.fees.is_given()),
        ];
        let unsayable = fields
            .into_iter()
            .filter(|(_, is_shown, is_given)| *is_given && !is_shown);
        Ok(unsayable.map(|(pointer, ..)| pointer).collect())
    }

    fn not_whole(self, pointers: Vec<&'static str>) -> Error {
        const CODE: &str = "LOT_NOT_WHOLE";
        let id = self.transaction.id;
        let refused =
            |pointer| FieldError::new(pointer, CODE, "is not that of the purchase any more");
        Error::ConflictAt {
            code: CODE,
            detail: format!(
                "Sales, splits or transfers changed what is left of the purchase. Correct it as the transaction {id}."
            ),
            errors: pointers.into_iter().map(refused).collect(),
        }
    }
}
