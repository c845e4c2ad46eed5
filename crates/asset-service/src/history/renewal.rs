//! Asking again for years that are known: behind the scenes, while what is known is shown.
//!
//! | Years | Are asked for again | Of |
//! |---|---|---|
//! | whose source does not tell dividends and splits | while another one does | those that do |
//! | out of their source's reach, or in part | while there is another one | the others |
//! | with a close that was left out, two days later | once | their own sources |
//! | the current and the one before, asked for as a whole a quarter ago | once | their own sources |
//! | before the first close, asked for a quarter ago | once | their own source |
//!
//! The first that applies goes first, and a ticker waits an hour for its next turn, a day after a
//! worse answer. What comes back counts where it is no worse than what was known.

use domain::Ticker;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::fetch::{Fetch, Found};
use super::inquiry::is_part_of;
use super::merge::{self, Told, merged};
use super::{Held, Leader, Shared, Wanted, Years, end_of};
use crate::source::{Ask, MarketDataSource, Purpose, Question};
use crate::store::prices::{PriceYear, Span};

const VERIFIED_FOR: SignedDuration = SignedDuration::from_hours(24 * 91);
const LEFT_OUT_FOR: SignedDuration = SignedDuration::from_hours(48);
pub(super) const PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// After an answer that is worse than what is known.
const PAUSE_AFTER_WORSE: SignedDuration = SignedDuration::from_hours(24);

/// Days to ask for again, and of whom.
pub(super) struct Due {
    pub(super) from: Date,
    pub(super) to: Date,
    why: Why,
    /// Whose word they are now.
    sources: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    ActionsUnknown,
    OutOfReach,
    LeftOut,
    Unverified,
    BeforeFirstClose,
}

impl Due {
    fn may_be_asked(&self, source: &dyn MarketDataSource) -> bool {
        let is_own = self.sources.iter().any(|names| is_part_of(names, source));
        match self.why {
            Why::ActionsUnknown => !is_own && source.tells_actions(),
            Why::OutOfReach => !is_own,
            Why::LeftOut | Why::Unverified | Why::BeforeFirstClose => is_own,
        }
    }
}

impl Shared {
    /// What is to be asked for again of years that are known.
    pub(super) fn due(&self, ticker: &Ticker, held: &Held, wanted: Wanted) -> Option<Due> {
        let now = self.clock.now();
        let is_recent = |year: i16| year + 1 >= wanted.completed.year();
        let is_old = |at: Timestamp| now.duration_since(at) >= VERIFIED_FOR;
        let tells_nothing = |span: &Span| !span.tells_actions && !span.is_out_of_reach;
        let of_years = |why: Why, applies: &dyn Fn(i16, &PriceYear) -> bool| {
            let years = held
                .years
                .iter()
                .filter(|(year, known)| applies(**year, known));
            let spans = years.flat_map(|(_, known)| &known.spans);
            let early = held.early.iter().map(|early| &early.0);
            let early = early.filter(|span| match why {
                Why::OutOfReach => span.is_out_of_reach,
                Why::BeforeFirstClose => wanted.from <= span.to && is_old(span.fetched_at),
                Why::ActionsUnknown | Why::LeftOut | Why::Unverified => false,
            });
            let spans: Vec<&Span> = early.chain(spans).collect();
            let mut sources: Vec<String> = Vec::new();
            for span in &spans {
                if !sources.contains(&span.source) {
                    sources.push(span.source.clone());
                }
            }
            let due = Due {
                from: Date::new(spans.first()?.from.year(), 1, 1).ok()?,
                to: end_of(spans.last()?.to.year()).min(wanted.completed),
                why,
                sources,
            };
            let mut asked = self.chain.sources();
            let answers = |source: &dyn MarketDataSource| {
                source.answers(Question::History, ticker) && due.may_be_asked(source)
            };
            asked.any(answers).then_some(due)
        };
        of_years(Why::ActionsUnknown, &|_, known| {
            known.spans.iter().any(tells_nothing)
        })
        .or_else(|| {
            of_years(Why::OutOfReach, &|_, known| {
                known.spans.iter().any(|span| span.is_out_of_reach)
            })
        })
        .or_else(|| {
            of_years(Why::LeftOut, &|_, known| {
                let left_out_at = known.left_out_at;
                left_out_at.is_some_and(|at| now.duration_since(at) >= LEFT_OUT_FOR)
            })
        })
        .or_else(|| {
            of_years(Why::Unverified, &|year, known| {
                is_recent(year) && is_old(known.verified_at())
            })
        })
        .or_else(|| of_years(Why::BeforeFirstClose, &|_, _| false))
    }
}

impl Fetch {
    pub(super) async fn renew(mut self, due: Due, leader: Leader) {
        let purpose = Purpose::Background;
        let now = self.shared.clock.now();
        let inquiry = self.inquiry(Ask { now, purpose }).await;
        let among = |source: &dyn MarketDataSource| due.may_be_asked(source);
        match inquiry.told(&among, due.from, due.to).await {
            Ok(told) if !told.replaced.is_empty() => self.take_in(&told),
            Ok(mut told) => {
                if due.why == Why::LeftOut {
                    // What is left out again is not asked for a third time.
                    told.left_out.clear();
                }
                if !self.take_in_what_is_no_worse(due.why, &told) {
                    let until = self.shared.after(PAUSE_AFTER_WORSE);
                    self.shared.renewals.insert(self.ticker.clone(), until);
                }
            }
            Err(error) => tracing::debug!(ticker = %self.ticker, "no newer history: {error}"),
        }
        let held = self.held.clone();
        leader.finish(Found {
            held,
            missing: None,
        });
        self.store().await;
    }

    /// Whether that was all of it.
    fn take_in_what_is_no_worse(&mut self, why: Why, told: &Told) -> bool {
        let nothing = Years::new();
        let mut is_all = true;
        let mut early = self.held.early.as_deref().cloned();
        if matches!(why, Why::OutOfReach | Why::BeforeFirstClose) {
            let newer = merge::early(&nothing, told);
            let is_no_worse = newer
                .as_ref()
                .zip(early.as_ref())
                .is_none_or(|(newer, early)| newer.is_no_worse_than(early));
            if is_no_worse {
                early = newer;
            }
            is_all = is_no_worse;
        }
        for (year, newer) in merged(&nothing, early.as_ref(), told) {
            let before = self.held.years.get(&year);
            if before.is_none_or(|before| newer.is_no_worse_than(before)) {
                self.bring(year, newer);
            } else {
                is_all = false;
            }
        }
        self.bring_early(early);
        is_all
    }
}
