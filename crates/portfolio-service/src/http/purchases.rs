//! Recording investments: each records a BUY in the ledger, and the lot follows from it.
//!
//! Correcting and deleting one is in `corrections.rs`; how a ledger is changed in `changes.rs`.

use api::Fields;
use api::portfolio::{Investment, RecordInvestment};
use axum::extract::State;
use axum::response::Response;
use domain::ledger::{Buy, Entry, Lot, Position, Transaction};
use domain::money::Charge;
use domain::portfolio::{CostBasisMethod, Portfolio};
use domain::{InstrumentType, PortfolioId, Ticker, TransactionId};
use service_kit::contract::{
    AnyRoute, Contended, IdempotencyKey, NotFound, SignedIn, Stores, WithBody,
};
use service_kit::{
    AccessToken, Answer, Begun, Body, CallerWithToken, ETag, Error, Idempotency, PathId, Result,
};

use super::changes::{Edit, change};
use super::figures;
use super::instruments::described;
use super::recording::record;
use super::refusals::unworkable;
use crate::prices::PriceBook;
use crate::state::PortfolioService;
use crate::store::change::LedgerWrite;
use crate::store::ledger;

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
    let (portfolio, _) =
        ledger::load(&service.table, &service.ledgers, caller.customer_id, id).await?;
    let purchase = purchase(
        &service,
        &portfolio.value.portfolio,
        fields,
        request,
        &token,
    )
    .await?;
    let location = format!("/v1/portfolios/{id}/investments/{}", purchase.id);
    // Prices are asked for before the turn, so that a slow source holds nobody up.
    let book = price(&service, &purchase, &token).await?;
    change(
        &service,
        caller.customer_id,
        id,
        &guard,
        |write| Ok(record(write, Edit::Record(purchase.clone()))),
        |write, _, warnings| {
            let (shown, etag) = shown(write, &purchase, &book)?;
            let shown = Investment { warnings, ..shown };
            Ok(Answer::created(location.clone(), &shown)?.etag(&etag))
        },
    )
    .await
}

/// Checks a purchase; what it leaves out comes from its instrument.
async fn purchase(
    service: &PortfolioService,
    portfolio: &Portfolio,
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
            let base = portfolio.base_currency;
            let kind = kind.or(own_kind).unwrap_or_else(InstrumentType::other);
            (kind, currency.or(own_currency).unwrap_or(base))
        }
    };
    let fees = fees.unwrap_or(Charge::ZERO).in_currency(currency);
    let now = service.clock.now();
    Ok(Transaction {
        id: TransactionId::from_uuid(service.clock.new_id()),
        portfolio_id: portfolio.id,
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

/// The price of what was purchased.
pub(super) async fn price(
    service: &PortfolioService,
    purchase: &Transaction,
    token: &AccessToken,
) -> Result<PriceBook> {
    let (ticker, lot) = alone(purchase)?;
    let lots = [(&ticker, &lot)].into_iter();
    Ok(service.prices.book(lots, None, token).await)
}

/// The lot of a purchase as if there were nothing else.
fn alone(purchase: &Transaction) -> Result<(Ticker, Lot)> {
    let ticker = purchase.entry.ticker();
    let ticker = ticker.ok_or_else(|| Error::internal("a purchase without an instrument"))?;
    let position = Position::empty(ticker.clone())
        .apply(purchase, CostBasisMethod::Fifo)
        .map_err(|error| unworkable(&error))?
        .position;
    let lot = position.lots().first().cloned();
    let lot = lot.ok_or_else(|| Error::internal("a purchase without a lot"))?;
    Ok((ticker.clone(), lot))
}

/// What is held of a purchase once a change is made; nothing is left of it if later sales took it all.
pub(super) fn shown(
    write: &LedgerWrite,
    purchase: &Transaction,
    book: &PriceBook,
) -> Result<(Investment, ETag)> {
    let (ticker, whole) = alone(purchase)?;
    let (ticker, lot) = match write.ledger().lot(purchase.id) {
        Some((ticker, lot)) => (ticker, lot.clone()),
        None => (&ticker, whole.sold()),
    };
    let shown = figures::investment(purchase.portfolio_id, ticker, &lot, book)?;
    let etag = figures::etag(&lot, &shown);
    Ok((shown, etag))
}
