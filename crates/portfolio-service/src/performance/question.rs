//! A question about performance, what has to be known to answer it, and the
//! answer that is remembered.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::portfolio::PerformanceInterval;
use domain::performance::{Range, RangeError};
use domain::{Currency, CustomerId, PortfolioId, Quantity, Ticker};
use jiff::ToSpan;
use jiff::civil::Date;
use service_kit::{AccessToken, Answer, Error, Result};

use super::activity::Activity;
use super::answer::measured;
use super::followed::Scope;
use super::market::{Market, Wanted};
use crate::state::PortfolioService;

/// What a request asks for. What it leaves out depends on the ledger.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) from: Option<Date>,
    pub(crate) to: Option<Date>,
    pub(crate) benchmark: Option<Ticker>,
    pub(crate) interval: PerformanceInterval,
    pub(crate) explains: bool,
}

/// Whose performance.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Portfolio(PortfolioId),
    Holding(PortfolioId, Ticker),
    /// All portfolios.
    Customer(CustomerId),
}

/// A request with nothing left out: equal questions about an equal past have equal answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Question {
    pub(super) subject: Subject,
    pub(super) base: Currency,
    pub(super) from: Date,
    pub(super) to: Date,
    pub(super) benchmark: Option<Ticker>,
    pub(super) interval: PerformanceInterval,
    pub(super) explains: bool,
}

/// Measures what is asked of these portfolios, in `base`.
pub(crate) async fn answer(
    service: &PortfolioService,
    subject: Subject,
    base: Currency,
    asked: Asked,
    activities: Vec<Arc<Activity>>,
    token: &AccessToken,
) -> Result<Answer> {
    let today = service.clock.today();
    let question = Question::of(subject, base, asked, &activities, today);
    let range = question.range()?;
    let wanted = question.wanted(&activities, today);
    let market = Market::load(&service.histories, &service.prices, wanted, token).await;
    if let Some(answer) = service.performances.answer(&question, &activities, &market) {
        return Ok(answer);
    }
    let performances = service.performances.clone();
    // Years of days take milliseconds: other requests need not wait for them.
    let measuring = tokio::task::spawn_blocking(move || {
        let answer = Answer::ok(&measured(&question, range, &activities, &market)?)?;
        performances.remember(question, activities, &market, &answer);
        Ok(answer)
    });
    measuring.await.map_err(Error::internal)?
}

impl Question {
    fn of(
        subject: Subject,
        base: Currency,
        asked: Asked,
        activities: &[Arc<Activity>],
        today: Date,
    ) -> Self {
        let first = activities.iter().filter_map(|activity| activity.days);
        let last = first.clone().map(|(_, last)| last).max();
        let first = first.map(|(first, _)| first).min();
        // An entry may be dated a day ahead, where it is tomorrow already.
        let to = asked
            .to
            .unwrap_or(last.map_or(today, |last| last.max(today)));
        let from = asked
            .from
            .unwrap_or(first.map_or(to, |first| first.min(to)));
        Self {
            subject,
            base,
            from,
            to,
            benchmark: asked.benchmark,
            interval: asked.interval,
            explains: asked.explains,
        }
    }

    fn range(&self) -> Result<Range> {
        Range::try_new(self.from, self.to).map_err(|error| {
            let detail = match error {
                RangeError::Backwards => "must not be after `to`".to_owned(),
                other => other.to_string(),
            };
            Error::invalid("?from", "OUT_OF_RANGE", detail)
        })
    }

    pub(super) fn only(&self) -> Option<&Ticker> {
        match &self.subject {
            Subject::Holding(_, ticker) => Some(ticker),
            Subject::Portfolio(_) | Subject::Customer(_) => None,
        }
    }

    /// Always from the first entry to today, so that one set of columns serves every range.
    fn wanted(&self, activities: &[Arc<Activity>], today: Date) -> Wanted {
        let scope = Scope {
            activities,
            only: self.only(),
        };
        let today = today.max(self.to);
        let day_before = |day: Date| day.saturating_sub(1.day());
        let first = activities.iter().filter_map(|activity| activity.days);
        let first = first.map(|(first, _)| first).min().unwrap_or(self.from);
        let costs = activities.iter().filter_map(|activity| activity.costs_from);
        let holdings = || scope.holdings().map(|(_, held)| held);
        let benchmark = || self.benchmark.iter().cloned();
        let is_held = |quantity: rust_decimal::Decimal| quantity > Quantity::ZERO.value();
        let held_now = holdings()
            .filter(|held| {
                let held = held.quantities.on(self.to);
                held.is_some_and(|held| is_held(held.value))
            })
            .map(|held| held.ticker.clone())
            .chain(benchmark());
        Wanted {
            tickers: holdings()
                .map(|held| held.ticker.clone())
                .chain(benchmark())
                .collect(),
            currencies: activities
                .iter()
                .flat_map(|activity| activity.currencies.iter().copied())
                .collect(),
            base: self.base,
            from: day_before(first),
            rates_from: day_before(costs.min().unwrap_or(first).min(first)),
            today,
            held_now: (self.to == today).then(|| held_now.collect::<BTreeSet<_>>()),
        }
    }
}
