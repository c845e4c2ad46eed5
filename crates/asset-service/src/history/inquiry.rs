//! Asking the sources for days, and believing what can be right.
//!
//! A few days that are known already are asked for again with the missing ones: they show whether
//! the answer is about the same thing, and whether its source has corrected itself. What is
//! disputed, or one close alone among others ([`doubt`](super::doubt)), is believed if another
//! source says the same. Otherwise the answer is refused, or the close is left out.

use domain::{Price, Ticker};
use jiff::ToSpan;
use jiff::civil::Date;

use super::actions;
use super::days::{day_after, day_before};
use super::doubt::{Evidence, tell_the_same};
use super::merge::{Told, covered_to};
use super::{Reason, Shared};
use crate::chain::{Among, Attributed, is_close};
use crate::source::{Action, Ask, MarketDataSource, Refusal, SourceError, SourceHistory};

/// How far an answer reaches into days that are known.
const OVERLAP_DAYS: i64 = 7;

pub(super) type Found = Attributed<SourceHistory>;

pub(super) struct Inquiry<'a> {
    pub(super) shared: &'a Shared,
    pub(super) ticker: &'a Ticker,
    pub(super) ask: Ask,
    pub(super) completed: Date,
    pub(super) evidence: Evidence,
}

impl Inquiry<'_> {
    /// What the first of these sources that can be believed says about the days.
    ///
    /// # Errors
    ///
    /// As for [`Chain::history`](crate::chain::Chain::history), and `Refused` for what cannot be.
    pub(super) async fn told(
        &self,
        among: Among<'_>,
        from: Date,
        to: Date,
    ) -> Result<Told, SourceError> {
        let asked = self.overlapping(from, to);
        let (mut found, overruled) = self.believed(among, asked).await?;
        let mut days = (from, to);
        let mut doubted = self.set_aside(&mut found.value);
        let mut replaced = Vec::new();
        if let Some(whole) = self.to_replace(&found, from) {
            if asked.0 <= whole.0 && whole.1 <= asked.1 {
                if self.may_replace(&found.value, &found.value) {
                    (days, replaced) = (whole, self.known_years());
                }
            } else if let Some(again) = self.told_anew(&found, whole).await? {
                (found, days, replaced) = (again, whole, self.known_years());
                doubted = self.set_aside(&mut found.value);
            }
        }
        if let Some(why) = overruled {
            self.overrule(&found, why).await?;
        }
        let mut left_out = self.vouched_for(&mut found, doubted).await;
        let untold = self.refuse_actions(&mut found);
        let (from, to) = days;
        let before = self.evidence.last_close_before(from);
        let closes = found.value.closes.iter().map(|(date, _)| *date);
        let last = closes.filter(|date| *date <= to).max().or(before);
        let is_cut_off = left_out.iter().any(|date| last < Some(*date));
        let to = covered_to(self.ticker, last, days, self.completed);
        left_out.retain(|date| (from..=to).contains(date));
        Ok(Told {
            from,
            to,
            left_out,
            untold,
            why_short: if is_cut_off {
                Reason::RefusedHistory
            } else {
                Reason::NotYetPublished
            },
            source: found.source,
            fetched_at: self.shared.clock.now(),
            history: found.value,
            replaced,
            follows_closes: before.is_some(),
        })
    }

    /// The days to ask for anew, where what was found contradicts what is known or corrects it.
    fn to_replace(&self, found: &Found, from: Date) -> Option<(Date, Date)> {
        let is_corrected = self.evidence.is_corrected(&found.value, &found.source);
        let year = *self.evidence.years.keys().next()?;
        let whole = Date::new(year, 1, 1).unwrap_or(from).min(from);
        (is_corrected || self.evidence.is_contradicted(&found.value))
            .then_some((whole, self.completed))
    }

    /// Whether all of it may count instead of what is known: it is about what was found, and no poorer
    /// than what is known, unless that is wrong.
    fn may_replace(&self, found: &SourceHistory, whole: &SourceHistory) -> bool {
        let is_no_poorer = || self.evidence.may_be_replaced_by(whole);
        tell_the_same(found, whole) && (self.evidence.is_contradicted(found) || is_no_poorer())
    }

    fn known_years(&self) -> Vec<i16> {
        self.evidence.years.keys().copied().collect()
    }

    /// All of it as the same source tells it now; none where that cannot stand for what is known, and
    /// the correction is seen again with the next days.
    ///
    /// # Errors
    ///
    /// What is known is wrong, and there is nothing to replace it.
    async fn told_anew(
        &self,
        found: &Found,
        (from, to): (Date, Date),
    ) -> Result<Option<Found>, SourceError> {
        let same = |source: &dyn MarketDataSource| is_part_of(&found.source, source);
        let again = self.history(&same, from, to).await;
        let is_contradicted = self.evidence.is_contradicted(&found.value);
        match again {
            Ok(again) if self.may_replace(&found.value, &again.value) => Ok(Some(again)),
            Ok(_) if is_contradicted => {
                let detail = "another history when asked for again".to_owned();
                let chain = &self.shared.chain;
                chain.refuse(self.ticker, &found.source, Refusal::Jump, &detail);
                Err(SourceError::refused(Refusal::Jump, detail))
            }
            Err(error) if is_contradicted => Err(error),
            _ => Ok(None),
        }
    }

    /// The days, and those beside them that are known.
    fn overlapping(&self, from: Date, to: Date) -> (Date, Date) {
        let knows = |date: Date| {
            let year = self.evidence.years.get(&date.year());
            year.and_then(|year| year.covered_to())
                .is_some_and(|covered| covered >= date)
        };
        let earlier = from.saturating_sub(OVERLAP_DAYS.days());
        let later = to.saturating_add(OVERLAP_DAYS.days()).min(self.completed);
        (
            if knows(day_before(from)) {
                earlier
            } else {
                from
            },
            if knows(day_after(to)) { later } else { to },
        )
    }

    async fn history(&self, among: Among<'_>, from: Date, to: Date) -> Result<Found, SourceError> {
        let chain = &self.shared.chain;
        chain
            .history_from(among, self.ask, self.ticker, from, to)
            .await
    }

    /// An answer that nothing known disputes, or that two sources agree on; or that somebody insists
    /// on, with what speaks against it.
    async fn believed(
        &self,
        among: Among<'_>,
        (from, to): (Date, Date),
    ) -> Result<(Found, Option<Refusal>), SourceError> {
        let mut first = self.history(among, from, to).await?;
        if let Some(value) = self.without_new_splits(&first.value) {
            first.value = value;
        }
        let Some((reason, detail)) = self.evidence.disputes(&first.value) else {
            self.borne_out(&first.value).await;
            return Ok((first, None));
        };
        let others =
            |source: &dyn MarketDataSource| among(source) && !is_part_of(&first.source, source);
        let second = self.history(&others, from, to).await;
        let second = second.ok().filter(|second| !second.value.closes.is_empty());
        let agrees = second
            .as_ref()
            .map(|second| tell_the_same(&first.value, &second.value));
        let may_be_wrong = self.evidence.may_be_wrong_about(&first.value);
        if may_be_wrong && agrees == Some(true) {
            return Ok((first, None));
        }
        if may_be_wrong && agrees.is_none() && self.insists(&first.value).await {
            return Ok((first, Some(reason)));
        }
        let chain = &self.shared.chain;
        chain.refuse(self.ticker, &first.source, reason, &detail);
        match second.filter(|second| self.evidence.disputes(&second.value).is_none()) {
            Some(second) => {
                self.borne_out(&second.value).await;
                Ok((second, None))
            }
            None => Err(SourceError::refused(reason, detail)),
        }
    }

    /// The closes as they would be if a split that is news had not made its source change those before
    /// it: where only then they agree with what is known. Whether there was one, the closes show.
    fn without_new_splits(&self, history: &SourceHistory) -> Option<SourceHistory> {
        let splits = self.evidence.new_splits(history);
        if splits.is_empty() || self.evidence.disputes(history).is_none() {
            return None;
        }
        let undone = actions::undone(history, &splits)?;
        self.evidence.disputes(&undone).is_none().then_some(undone)
    }

    /// Takes out dividends and splits that cannot have been, and gives the days of dividends: there may
    /// have been another.
    fn refuse_actions(&self, found: &mut Found) -> Vec<Date> {
        let beside = self.evidence.closes_beside(&found.value);
        let refused = actions::refused(&mut found.value, beside);
        for action in &refused {
            let detail = format!("the closes contradict {action}");
            let (chain, reason) = (&self.shared.chain, Refusal::ImpossibleAction);
            chain.refuse(self.ticker, &found.source, reason, &detail);
        }
        let dividends = refused.iter().filter(|action| !action.is_split());
        dividends.map(Action::ex_date).collect()
    }

    /// Takes out the closes that stand alone.
    fn set_aside(&self, history: &mut SourceHistory) -> Vec<(Date, Price)> {
        let lone = self.evidence.lone(history);
        let closes = &mut history.closes;
        let is_lone = |close: &mut (Date, Price)| lone.contains(&close.0);
        closes.extract_if(.., is_lone).collect()
    }

    /// Puts back what another source says as well, and gives the days of the rest.
    async fn vouched_for(&self, found: &mut Found, doubted: Vec<(Date, Price)>) -> Vec<Date> {
        let Some(((first, _), (last, _))) = doubted.first().zip(doubted.last()) else {
            return Vec::new();
        };
        let others = |source: &dyn MarketDataSource| !is_part_of(&found.source, source);
        let second = self.history(&others, *first, *last).await;
        let second = second.map(|second| second.value).ok();
        let second = second.filter(|second| second.currency == found.value.currency);
        let says = |date: Date, close: Price| {
            let mut theirs = second.iter().flat_map(|second| &second.closes);
            theirs.any(|(day, theirs)| *day == date && is_close(*theirs, close))
        };
        let mut refused = Vec::new();
        for (date, close) in doubted {
            if says(date, close) {
                found.value.closes.push((date, close));
            } else {
                let detail = format!("its close of {date} stands alone");
                let chain = &self.shared.chain;
                chain.refuse(self.ticker, &found.source, Refusal::Jump, &detail);
                refused.push(date);
            }
        }
        found.value.closes.sort_by_key(|(date, _)| *date);
        refused
    }
}

/// Whether the answer is, perhaps in part, the source's own.
pub(super) fn is_part_of(names: &str, source: &dyn MarketDataSource) -> bool {
    names.split('+').any(|name| name == source.name())
}
