//! Holdings: all open lots of each instrument, together.

use api::Page;
use api::asset::Staleness;
use api::portfolio::Holding;
use axum::extract::State;
use domain::valuation::{Holding as Valued, Valuation};
use domain::{Money, PortfolioId};
use service_kit::contract::{AnyRoute, NotFound, Paging, SignedIn, WithQuery};
use service_kit::{Answer, CallerWithToken, PageRequest, Params, PathId, Result};

use super::figures::{self, amount, number};
use crate::prices::PriceBook;
use crate::state::PortfolioService;
use crate::store::ledger;

/// List the holdings of a portfolio, by ticker.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/holdings", tag = "Holdings", operation_id = "list_holdings",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
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
    let page = params.page();
    params.finish()?;
    let scope = format!("holdings/{id}");
    let after = page.after(&scope)?;
    let (portfolio, ledger) =
        ledger::load(&service.table, &service.ledgers, caller.customer_id, id).await?;

    let base = portfolio.value.portfolio.base_currency;
    let book = service.prices.book(ledger.lots(), Some(base), &token).await;
    // A weight needs the whole, so that every page values every holding.
    let valuation = Valuation::of(ledger.positions(), base, &book.market)?;
    let mut rows = valuation.holdings.iter().skip_while(|holding| {
        after
            .as_ref()
            .is_some_and(|after| holding.ticker.as_str() <= after.as_str())
    });
    let shown: Vec<_> = rows.by_ref().take(page.size).collect();
    let next = rows.next().and(shown.last());
    Answer::ok(&Page {
        items: shown
            .iter()
            .map(|holding| holding_of(holding, &book))
            .collect(),
        next_page_token: next.map(|last| PageRequest::token(&scope, last.ticker.as_str())),
    })
}

fn holding_of(holding: &Valued, book: &PriceBook) -> Holding {
    let total = &holding.total;
    // Without a price to show there is no origin to show.
    let quote = holding.price.and_then(|_| book.quote(&holding.ticker));
    Holding {
        ticker_symbol: holding.ticker.to_string(),
        instrument_type: holding.instrument_type.to_string(),
        quantity: number(holding.quantity.value()),
        average_cost: total.average_cost().map(number),
        cost_basis: total.cost_basis().map(amount),
        current_price: holding.price.map(|price| number(price.value())),
        market_value: total.market_value().map(amount),
        unrealized_gain: total.unrealized_gain().map(amount),
        realized_gain: amount(Money::zero(total.currency)),
        income: amount(Money::zero(total.currency)),
        day_change: total.day_change().map(amount),
        weight: holding.weight.map(number),
        currency: total.currency.code().to_owned(),
        status: figures::status(total.status()),
        missing: figures::missing(&total.missing, book),
        as_of: quote.and_then(|quote| quote.as_of),
        source: quote.and_then(|quote| quote.source.clone()),
        staleness: quote.map_or(Staleness::Unavailable, |quote| quote.staleness),
    }
}
