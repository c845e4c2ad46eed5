//! How well one portfolio, one holding and all portfolios have done.

use std::future::ready;
use std::sync::Arc;

use api::CurrencyCode;
use api::portfolio::{Performance, PerformanceInterval};
use axum::extract::State;
use domain::{Currency, PortfolioId, Ticker, ValueError};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use service_kit::contract::{AnyRoute, NotFound, SignedIn, WithQuery};
use service_kit::{Answer, CallerWithToken, Clock, Error, Params, PathId, PathIds, Result};

use super::days::Days;
use crate::performance::{Activity, Asked, Subject, answer};
use crate::state::PortfolioService;
use crate::store::{ledger, portfolios};

/// So many portfolios are read at once.
pub(super) const SIDE_BY_SIDE: usize = 8;

/// The query parameters, for the contract.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct WithRange {
    /// The first day, not before 1900; the day of the first entry when absent. The range opens at the
    /// close before it.
    #[param(example = "2026-01-01")]
    from: Option<Date>,
    /// The last day, neither in the future nor before `from`; today in UTC when absent, or the day of
    /// the last entry where that is later.
    #[param(example = "2026-06-30")]
    to: Option<Date>,
    /// An instrument that the same money is compared in.
    #[param(pattern = r"^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]{0,31}$", example = "SPY")]
    benchmark: Option<String>,
    /// Every day, or the last one of each ISO week or month; `1d` when absent.
    #[param(inline)]
    interval: Option<PerformanceInterval>,
    /// Whether to add what the figures were made from; `false` when absent.
    explain: Option<bool>,
}

/// Read how well a portfolio has done: returns, risk, series, statement, benchmark.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/performance", tag = "Performance", operation_id = "get_performance",
    params(("portfolio_id" = String, Path, format = Uuid), WithRange),
    responses(
        (status = 200, description = "The performance", body = Performance),
        AnyRoute, SignedIn, NotFound, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_performance(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathId(id): PathId<PortfolioId>,
    mut params: Params,
) -> Result<Answer> {
    let asked = asked(&mut params, &service.clock);
    params.finish()?;
    let (table, ledgers) = (&service.table, &service.ledgers);
    let (portfolio, _, journal) =
        ledger::load_whole(table, ledgers, caller.customer_id, id).await?;
    let activity = service.performances.activity(&portfolio, &journal)?;
    let base = portfolio.value.portfolio.base_currency;
    let subject = Subject::Portfolio(id);
    answer(&service, subject, base, asked, vec![activity], &token).await
}

/// Read how well one holding has done, also one that was sold.
///
/// Its purchases, sales, income, charges and transfers are the money that came and went. Amounts are
/// in the portfolio's base currency.
#[utoipa::path(
    get, path = "/v1/portfolios/{portfolio_id}/holdings/{ticker_symbol}/performance", tag = "Performance", operation_id = "get_holding_performance",
    params(
        ("portfolio_id" = String, Path, format = Uuid),
        ("ticker_symbol" = String, Path, min_length = 1, max_length = 32, pattern = "^[A-Za-z0-9^][A-Za-z0-9.^=_&:-]*$", example = "AAPL"),
        WithRange,
    ),
    responses(
        (status = 200, description = "The performance", body = Performance),
        AnyRoute, SignedIn, NotFound, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_holding_performance(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    PathIds(id, ticker): PathIds<PortfolioId, String>,
    mut params: Params,
) -> Result<Answer> {
    let not_held = || Error::NotFound { what: "holding" };
    let asked = asked(&mut params, &service.clock);
    params.finish()?;
    let (table, ledgers) = (&service.table, &service.ledgers);
    let (portfolio, _, journal) =
        ledger::load_whole(table, ledgers, caller.customer_id, id).await?;
    let activity = service.performances.activity(&portfolio, &journal)?;
    let ticker = Ticker::parse(&ticker).map_err(|_| not_held())?;
    if !activity.knows(&ticker) {
        return Err(not_held());
    }
    let base = portfolio.value.portfolio.base_currency;
    let subject = Subject::Holding(id, ticker);
    answer(&service, subject, base, asked, vec![activity], &token).await
}

/// Read how well all your portfolios have done together.
///
/// What went from one of them to another is no money from outside.
#[utoipa::path(
    get, path = "/v1/performance", tag = "Performance", operation_id = "get_overall_performance",
    params(
        WithRange,
        ("currency" = Option<CurrencyCode>, Query, description = "The currency of the amounts; when absent, the base currency of the portfolios if they have the same, else USD"),
    ),
    responses(
        (status = 200, description = "The performance", body = Performance),
        AnyRoute, SignedIn, WithQuery,
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get_overall_performance(
    State(service): State<PortfolioService>,
    CallerWithToken { caller, token }: CallerWithToken,
    mut params: Params,
) -> Result<Answer> {
    let asked = asked(&mut params, &service.clock);
    let currency = params.parsed("currency", Currency::parse);
    params.finish()?;
    let owner = caller.customer_id;
    let portfolios = portfolios::all(&service.table, owner).await?;
    let (table, ledgers) = (&service.table, &service.ledgers);
    let memory = &service.performances;
    let activities: Vec<Arc<Activity>> = stream::iter(portfolios)
        .map(|portfolio| async move {
            let (portfolio, _, journal) =
                ledger::load_whole(table, ledgers, owner, portfolio.id).await?;
            memory.activity(&portfolio, &journal)
        })
        .buffered(SIDE_BY_SIDE)
        .filter_map(|read| ready(portfolios::if_still_there(read)))
        .try_collect()
        .await?;
    let bases = activities
        .iter()
        .map(|activity| activity.portfolio.base_currency);
    let base = currency.unwrap_or_else(|| common(bases));
    let subject = Subject::Customer(owner);
    answer(&service, subject, base, asked, activities, &token).await
}

/// The currency all have, or else US dollars.
pub(super) fn common(mut currencies: impl Iterator<Item = Currency>) -> Currency {
    let first = currencies.next().unwrap_or(Currency::USD);
    if currencies.all(|other| other == first) {
        first
    } else {
        Currency::USD
    }
}

fn asked(params: &mut Params, clock: &Clock) -> Asked {
    let days = Days::take(params, clock);
    let interval = |text: &str| {
        let mut all = PerformanceInterval::ALL.into_iter();
        all.find(|known| known.word() == text)
            .ok_or(ValueError::Malformed {
                expected: "one of 1d, 1w and 1mo",
            })
    };
    let explain = |text: &str| match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(ValueError::Malformed {
            expected: "true or false",
        }),
    };
    Asked {
        from: days.from,
        to: days.to,
        benchmark: params.parsed("benchmark", Ticker::parse),
        interval: params
            .parsed("interval", interval)
            .unwrap_or(PerformanceInterval::Day),
        explains: params.parsed("explain", explain).unwrap_or(false),
    }
}
