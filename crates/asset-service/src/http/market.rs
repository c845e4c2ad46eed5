//! How the sources do.

use api::asset::{
    BreakerState, BreakerStatus, Budget, BudgetWindow, Coverage, MarketQuestion, MarketStatus,
    SourceStatus, SymbolKind,
};
use axum::extract::State;
use axum::response::Response;
use domain::Ticker;
use futures::future::join_all;
use service_kit::contract::{AnyRoute, WithQuery};
use service_kit::{Params, Result};

use super::{Cached, answer};
use crate::AssetService;
use crate::chain::Chain;
use crate::source::upstream::{self, BudgetState, UpstreamState, Window};
use crate::source::{MarketDataSource, Question};

/// One symbol of each kind.
const KINDS: [(SymbolKind, &str); 3] = [
    (SymbolKind::Security, "AAPL"),
    (SymbolKind::Coin, "BTC-USD"),
    (SymbolKind::CurrencyPair, "EURUSD=X"),
];
const QUESTIONS: [(MarketQuestion, Question); 3] = [
    (MarketQuestion::Quote, Question::Quote),
    (MarketQuestion::Instrument, Question::Instrument),
    (MarketQuestion::History, Question::History),
];

/// Get the status of the sources of market data
///
/// For each source, in the order they are asked: what it covers, whether it is asked at present, how
/// many calls it still takes, and how it did since this process began. Asking for the status asks no
/// source.
#[utoipa::path(
    get,
    path = "/v1/market/status",
    tag = "market",
    operation_id = "get_market_status",
    responses(
        (status = 200, description = "The sources.", body = MarketStatus),
        AnyRoute, WithQuery,
    )
)]
pub(crate) async fn get_market_status(
    State(service): State<AssetService>,
    params: Params,
) -> Result<Response> {
    params.finish()?;
    let chain = &service.chain;
    let sources = chain.sources().map(|source| status(chain, source));
    let sources = join_all(sources).await;
    answer(&MarketStatus { sources }, Cached::Never)
}

async fn status(chain: &Chain, source: &dyn MarketDataSource) -> SourceStatus {
    let refused = chain.refusals(source.name()).into_iter();
    let mut status = SourceStatus {
        name: source.name().to_owned(),
        covers: coverage(source),
        can_search: source.can_search(),
        breaker: breaker(upstream::BreakerState::Closed),
        budgets: Vec::new(),
        calls: 0,
        failures: 0,
        last_success_at: None,
        last_failure_at: None,
        last_failure: None,
        refused: refused
            .map(|(reason, count)| (reason.word().to_owned(), count))
            .collect(),
    };
    if let Some(upstream) = source.upstream() {
        let UpstreamState { health, budgets } = upstream.state().await;
        let failure = health.tally.last_failure;
        status.breaker = breaker(health.breaker);
        status.budgets = budgets.into_iter().map(budget).collect();
        status.calls = health.tally.calls;
        status.failures = health.tally.failures;
        status.last_success_at = health.tally.last_success_at;
        status.last_failure_at = failure.map(|(at, _)| at);
        status.last_failure = failure.map(|(_, failure)| failure.word().to_owned());
    }
    status
}

fn coverage(source: &dyn MarketDataSource) -> Vec<Coverage> {
    let kinds = KINDS.into_iter().filter_map(|(symbols, example)| {
        let example = Ticker::parse(example).ok()?;
        let asked = QUESTIONS
            .into_iter()
            .filter(|(_, question)| source.answers(*question, &example));
        let questions: Vec<MarketQuestion> = asked.map(|(question, _)| question).collect();
        (!questions.is_empty()).then_some(Coverage { symbols, questions })
    });
    kinds.collect()
}

fn breaker(state: upstream::BreakerState) -> BreakerStatus {
    let (state, until) = match state {
        upstream::BreakerState::Closed => (BreakerState::Closed, None),
        upstream::BreakerState::Open { until } => (BreakerState::Open, Some(until)),
        upstream::BreakerState::HalfOpen => (BreakerState::HalfOpen, None),
    };
    BreakerStatus { state, until }
}

fn budget(state: BudgetState) -> Budget {
    Budget {
        window: match state.window {
            Window::Minute => BudgetWindow::Minute,
            Window::Day => BudgetWindow::Day,
            Window::Month => BudgetWindow::Month,
        },
        limit: state.limit,
        left: state.left,
        resets_at: state.resets_at,
    }
}
