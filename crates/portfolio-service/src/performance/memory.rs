//! What was derived before and still holds.
//!
//! Activities by portfolio, good for one version of it; whole answers, good for
//! the versions and the columns they were made of, for as long as columns are
//! reused at all.

use std::sync::Arc;
use std::time::Duration;

use domain::PortfolioId;
use moka::sync::Cache;
use service_kit::{Answer, Result};
use store::Item;

use super::activity::Activity;
use super::market::{Fingerprint, Market};
use super::question::Question;
use crate::store::journal::Journal;
use crate::store::portfolios::StoredPortfolio;

/// The bytes of all answers that are kept, and of the largest that is.
const MOST_BYTES: u64 = 16 << 20;
const LARGEST: usize = 1 << 20;

#[derive(Debug, Clone)]
pub(crate) struct Memory {
    activities: Cache<PortfolioId, Arc<Versioned>>,
    answers: Cache<Question, Arc<Answered>>,
}

#[derive(Debug)]
struct Versioned {
    version: u64,
    activity: Arc<Activity>,
}

#[derive(Debug)]
struct Answered {
    /// The activities the answer was made of.
    of: Vec<Arc<Activity>>,
    market: Fingerprint,
    answer: Answer,
}

impl Memory {
    /// For so many entries together; answers for as long as columns are reused.
    pub(crate) fn new(capacity: u64, reuse: Duration) -> Self {
        let weight = |_: &PortfolioId, known: &Arc<Versioned>| {
            u32::try_from(known.activity.weight().saturating_add(8)).unwrap_or(u32::MAX)
        };
        let size = |_: &Question, known: &Arc<Answered>| {
            u32::try_from(known.answer.size()).unwrap_or(u32::MAX)
        };
        Self {
            activities: Cache::builder()
                .max_capacity(capacity)
                .weigher(weight)
                .build(),
            answers: Cache::builder()
                .max_capacity(MOST_BYTES)
                .weigher(size)
                .time_to_live(reuse)
                .build(),
        }
    }

    pub(crate) fn activity(
        &self,
        portfolio: &Item<StoredPortfolio>,
        journal: &Journal,
    ) -> Result<Arc<Activity>> {
        let id = portfolio.value.portfolio.id;
        let known = self.activities.get(&id);
        if let Some(known) = &known
            && known.version == portfolio.version
        {
            return Ok(Arc::clone(&known.activity));
        }
        let before = known.as_ref().map(|known| &*known.activity);
        let activity = Activity::of(&portfolio.value.portfolio, journal.shared(), before)?;
        let activity = Arc::new(activity);
        let known = Versioned {
            version: portfolio.version,
            activity: Arc::clone(&activity),
        };
        self.activities.insert(id, Arc::new(known));
        Ok(activity)
    }

    pub(super) fn answer(
        &self,
        question: &Question,
        activities: &[Arc<Activity>],
        market: &Market,
    ) -> Option<Answer> {
        let known = self.answers.get(question)?;
        let same = known.of.len() == activities.len()
            && known
                .of
                .iter()
                .zip(activities)
                .all(|(left, right)| Arc::ptr_eq(left, right));
        (same && market.is(&known.market)).then(|| known.answer.clone())
    }

    pub(super) fn remember(
        &self,
        question: Question,
        of: Vec<Arc<Activity>>,
        market: &Market,
        answer: &Answer,
    ) {
        if answer.size() > LARGEST {
            return;
        }
        if let Some(market) = market.fingerprint() {
            let answer = answer.clone();
            let known = Answered { of, market, answer };
            self.answers.insert(question, Arc::new(known));
        }
    }
}
