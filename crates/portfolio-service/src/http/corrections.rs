//! Correcting and deleting investments: each amends or removes the BUY behind one in the ledger.
//!
//! The lots of the instrument are derived anew from its entries, because an
//! amended entry may stand in another place, or in another instrument.

use std::sync::Arc;

use api::portfolio::{AmendInvestment, Investment};
use api::{Field, Fields};
use axum::extract::State;
use domain::ledger::{Buy, Entry, Position, Transaction};
use domain::money::Charge;
use domain::portfolio::CostBasisMethod;
use domain::{Money, PortfolioId, Ticker, TransactionId};
use service_kit::contract::{
    AnyRoute, Contended, IfMatch, NotFound, Preconditioned, SignedIn, Stores, WithBody,
};
use service_kit::{Answer, Body, Caller, CallerWithToken, ETag, PathIds, Preconditions, Result};
use store::{Item, WriteError};

use super::investments::NOT_FOUND;
use super::purchases::{ATTEMPTS, changed_by_many, instrument_of, refused, shown};
use crate::state::PortfolioService;
use crate::store::events::{self, LedgerChange};
use crate::store::ledger::{self, Ledger, LedgerWrite, StoredTransaction};
use crate::store::portfolios::StoredPortfolio;

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
        let (shown, etag) = shown(&service, &amended, &token).await?;
        if read.amend(&service, &amended).await? {
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
        let ticker = instrument_of(amended)?;
        if ticker == &self.ticker {
            entries.push(amended.clone());
        } else {
            let other = self.ledger.position(ticker);
            let after = other.apply(amended, self.method()).map_err(refused)?;
            write = write.position(after.position);
        }
        let position = self.folded(&entries)?;
        let write = write.amend(&self.transaction, amended).position(position);
        self.commit(service, write, LedgerChange::Amended, amended)
            .await
    }

    async fn remove(&self, service: &PortfolioService) -> Result<bool> {
        let entries = self.other_entries(service).await?;
        let position = self.folded(&entries)?;
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

    fn method(&self) -> CostBasisMethod {
        self.portfolio.value.0.cost_basis_method
    }

    fn folded(&self, entries: &[Transaction]) -> Result<Position> {
        let folded = Position::fold(self.ticker.clone(), entries, self.method());
        Ok(folded.map_err(refused)?.position)
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
