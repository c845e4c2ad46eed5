//! Holdings: all open lots of each instrument, together, and what it brought so far.

use api::Page;
use api::asset::Staleness;
use api::portfolio::{FigureStatus, Holding, LifetimeTotals, WhichHoldings};
use axum::extract::State;
use domain::ledger::{Position, Totals};
use domain::valuation::{Holding as Valued, Valuation};
use domain::{Currency, Money, PortfolioId, Quantity, ValueError};
use service_kit::contract::{AnyRoute, NotFound, Paging, SignedIn, WithQuery};
use service_kit::{Answer, CallerWithToken, PageRequest, Params, PathId, Result};

use super::figures::{self, amount, number};
use super::held::Held;
use crate::prices::PriceBook;
use crate::state::PortfolioService;

/// List the holdings of a portfolio, by ticker.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/holdings", tag = "Holdings", operation_id = "list_holdings",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("which" = inline(Option<WhichHoldings>), Query, description = "`open` when absent: what is held now. `closed`: what was sold to the last unit"),
        Paging,
    ),
    responses(
        (status = 200, description = "One page", body = Page<Holding>),
        AnyRoute, SignedIn, NotFound, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list_holdings(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathId(id): PathId<PortfolioId>,
    mut params: Params,
) -> Result<Answer> {
    let which = params.parsed("which", Which::parse).unwrap_or(Which::Open);
    let page = params.page();
    params.finish()?;
    let scope = format!("holdings/{id}/{which:?}");
    let after = page.after(&scope)?;
    let held = Held::of(&service, caller.customer_id, id, None, &token).await?;

    let base = held.portfolio.base_currency;
    let book = service.prices.book(held.lots(), Some(base), &token).await;
    // A weight needs the whole, so that every page values every holding.
    let valuation = Valuation::of(held.positions(), base, &book.market)?;
    let mut rows = held
        .positions()
        .filter(|position| which.takes(position))
        .skip_while(|position| {
            let ticker = position.ticker.as_str();
            after.as_ref().is_some_and(|after| ticker <= after.as_str())
        });
    let shown: Vec<&Position> = rows.by_ref().take(page.size).collect();
    let next = rows.next().and(shown.last());
    let items = shown.iter().map(|position| {
        let valued = valuation.holdings.iter();
        match valued
            .into_iter()
            .find(|valued| valued.ticker == position.ticker)
        {
            Some(valued) => open(position, valued, &book),
            None => closed(position, base),
        }
    });
    Answer::ok(&Page {
        items: items.collect::<Result<Vec<_>>>()?,
        next_page_token: next.map(|last| PageRequest::token(&scope, last.ticker.as_str())),
    })
}

#[derive(Debug, Clone, Copy)]
enum Which {
    Open,
    Closed,
    All,
}

impl Which {
    fn parse(text: &str) -> std::result::Result<Self, ValueError> {
        match text {
            "open" => Ok(Self::Open),
            "closed" => Ok(Self::Closed),
            "all" => Ok(Self::All),
            _ => Err(ValueError::Malformed {
                expected: "open, closed or all",
            }),
        }
    }

    fn takes(self, position: &Position) -> bool {
        let is_open = !position.lots().is_empty();
        match self {
            Self::Open => is_open,
            Self::Closed => !is_open,
            Self::All => true,
        }
    }
}

fn open(position: &Position, valued: &Valued, book: &PriceBook) -> Result<Holding> {
    let total = &valued.total;
    // Without a price to show there is no origin to show.
    let quote = valued.price.and_then(|_| book.quote(&valued.ticker));
    Ok(Holding {
        instrument_type: Some(valued.instrument_type.to_string()),
        quantity: number(valued.quantity.value()),
        average_cost: total.average_cost().map(number),
        cost_basis: total.cost_basis().map(amount),
        current_price: valued.price.map(|price| number(price.value())),
        market_value: total.market_value().map(amount),
        unrealized_gain: total.unrealized_gain().map(amount),
        day_change: total.day_change().map(amount),
        weight: valued.weight.map(number),
        status: figures::status(total.status()),
        missing: figures::missing(&total.missing, book),
        as_of: quote.and_then(|quote| quote.as_of),
        source: quote.and_then(|quote| quote.source.clone()),
        staleness: quote.map_or(Staleness::Unavailable, |quote| quote.staleness),
        ..closed(position, total.currency)?
    })
}

/// What is known of an instrument without any price.
fn closed(position: &Position, currency: Currency) -> Result<Holding> {
    let totals = position.totals();
    let is_open = !position.lots().is_empty();
    let currency = match totals {
        [only] if !is_open => only.currency,
        _ => currency,
    };
    let nothing = amount(Money::zero(currency));
    let alone = match totals {
        [] => Some(Totals::zero(currency)),
        [only] if only.currency == currency => Some(only.clone()),
        _ => None,
    };
    let realized = alone.as_ref().map(Totals::realized_net).transpose()?;
    Ok(Holding {
        ticker_symbol: position.ticker.to_string(),
        instrument_type: None,
        quantity: number(Quantity::ZERO.value()),
        average_cost: None,
        cost_basis: Some(nothing),
        current_price: None,
        market_value: Some(nothing),
        unrealized_gain: Some(nothing),
        realized_gain: realized.map(amount),
        income: alone.map(|totals| amount(Money::new(totals.income, currency))),
        totals: totals.iter().map(lifetime).collect::<Result<_>>()?,
        day_change: Some(nothing),
        weight: None,
        currency: currency.code().to_owned(),
        status: FigureStatus::Ok,
        missing: Vec::new(),
        as_of: None,
        source: None,
        staleness: Staleness::Fresh,
    })
}

fn lifetime(totals: &Totals) -> Result<LifetimeTotals> {
    let money = |sum| amount(Money::new(sum, totals.currency));
    Ok(LifetimeTotals {
        currency: totals.currency.code().to_owned(),
        proceeds: money(totals.proceeds),
        cost_sold: money(totals.cost_sold),
        realized_gain_before_fees: amount(totals.realized()?),
        realized_gain: amount(totals.realized_net()?),
        income: money(totals.income),
        fees: money(totals.fees),
        taxes: money(totals.taxes),
    })
}
