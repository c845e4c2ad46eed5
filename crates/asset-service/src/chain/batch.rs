//! The quotes of many tickers: whole batches to each source, what it cannot price to the next.
//!
//! Batches of different sources are under way at the same time, and an answer is passed on as soon
//! as it is believed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use domain::{Currency, Ticker};
use futures::channel::mpsc::UnboundedSender;
use futures::future::{self, BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, timeout_at};

use super::crossing::Days;
use super::doubt::{self, Judgement};
use super::turns::end_of_turn;
use super::{Attributed, Chain, Priced, Wanted, too_slow, worse};
use crate::exchanges::Exchange;
use crate::source::{Ask, MarketDataSource, Question, Refusal, SourceError, SourceQuote};

/// How far back a split is looked for when nothing says how old the price before it is.
const RECENT: SignedDuration = SignedDuration::from_hours(7 * 24);
/// For how many symbols of a batch splits are looked for. A source that has gone mad about all of
/// them must not cost a history of each; the others have their turn when they are heard again.
const MOST_LOOK_UPS: usize = 8;

pub(super) struct Batch<'a> {
    pub(super) chain: &'a Chain,
    pub(super) ask: Ask,
    pub(super) deadline: Instant,
    found: UnboundedSender<Priced>,
    /// Whether pairs that nobody quotes are crossed: not those that others are crossed from.
    crosses: bool,
    look_ups: AtomicUsize,
}

/// A ticker nobody has priced yet.
pub(super) struct Case {
    wanted: Wanted,
    /// How many sources have had their turn.
    turn: usize,
    why: SourceError,
    /// Prices that only another source or a split can make believable.
    doubted: Vec<Doubted>,
}

struct Doubted {
    found: Attributed<SourceQuote>,
    reason: Refusal,
}

impl Case {
    fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            turn: 0,
            why: SourceError::UnknownSymbol,
            doubted: Vec::new(),
        }
    }

    pub(super) fn pair(&self) -> Option<(Currency, Currency)> {
        self.wanted.ticker.as_fx_pair()
    }

    pub(super) fn failed(mut self, error: SourceError) -> Self {
        self.why = worse(self.why, error);
        self
    }
}

impl<'a> Batch<'a> {
    pub(super) fn new(chain: &'a Chain, ask: Ask, found: UnboundedSender<Priced>) -> Self {
        Self {
            chain,
            ask,
            deadline: chain.deadline(ask),
            found,
            crosses: true,
            look_ups: AtomicUsize::new(0),
        }
    }

    /// For the pairs from which others are crossed, in the time they have.
    pub(super) fn of_legs(&self, found: UnboundedSender<Priced>) -> Self {
        Self {
            chain: self.chain,
            ask: self.ask,
            deadline: self.deadline,
            found,
            crosses: false,
            look_ups: AtomicUsize::new(0),
        }
    }

    pub(super) async fn run(self, wanted: Vec<Wanted>) {
        let mut under_way: FuturesUnordered<BoxFuture<'_, Vec<Case>>> = FuturesUnordered::new();
        let mut cases: Vec<Case> = wanted.into_iter().map(Case::new).collect();
        loop {
            let (groups, rest) = self.by_next_source(cases);
            for (index, group) in groups {
                under_way.push(self.attempt(index, group).boxed());
            }
            if !rest.is_empty() {
                under_way.push(self.conclude(rest).boxed());
            }
            match under_way.next().await {
                Some(left) => cases = left,
                None => return,
            }
        }
    }

    fn by_next_source(&self, cases: Vec<Case>) -> (BTreeMap<usize, Vec<Case>>, Vec<Case>) {
        let mut groups: BTreeMap<usize, Vec<Case>> = BTreeMap::new();
        let mut rest = Vec::new();
        for mut case in cases {
            let covers = |source: &dyn MarketDataSource| {
                source.answers(Question::Quote, &case.wanted.ticker)
            };
            let mut later = self.chain.sources().enumerate().skip(case.turn);
            match later.find(|(_, source)| covers(*source)) {
                Some((index, _)) => {
                    case.turn = index + 1;
                    groups.entry(index).or_default().push(case);
                }
                None => rest.push(case),
            }
        }
        (groups, rest)
    }

    /// Asks one source, and gives back what it could not price.
    async fn attempt(&self, index: usize, cases: Vec<Case>) -> Vec<Case> {
        let sources: Vec<_> = self.chain.sources().skip(index).collect();
        let Some(source) = sources.first() else {
            return cases;
        };
        let mut open: BTreeMap<Ticker, Case> = cases
            .into_iter()
            .map(|case| (case.wanted.ticker.clone(), case))
            .collect();
        let tickers: Vec<Ticker> = open.keys().cloned().collect();
        let answers_any = |source: &&&dyn MarketDataSource| {
            let mut tickers = tickers.iter();
            tickers.any(|ticker| source.answers(Question::Quote, ticker))
        };
        let sharers: Vec<_> = sources.iter().filter(answers_any).copied().collect();
        let until = end_of_turn(&sharers, self.deadline);
        let mut left = Vec::new();
        let mut answers = source.quotes(self.ask, &tickers);
        while let Ok(Some((ticker, answer))) = timeout_at(until, answers.next()).await {
            let Some(case) = open.remove(&ticker) else {
                continue;
            };
            let source = source.name().to_owned();
            left.extend(match answer {
                Ok(value) => self.weigh(case, Attributed { source, value }),
                Err(error) => Some(self.note(case, &source, error)),
            });
        }
        left.extend(open.into_values().map(|case| case.failed(too_slow())));
        left
    }

    fn note(&self, case: Case, source: &str, error: SourceError) -> Case {
        if let SourceError::Refused { reason, detail } = &error {
            let ticker = &case.wanted.ticker;
            self.chain.0.doubts.refuse(ticker, source, *reason, detail);
        }
        case.failed(error)
    }

    /// Passes a price on if it can be believed; gives the case back if not, or not yet.
    pub(super) fn weigh(&self, mut case: Case, found: Attributed<SourceQuote>) -> Option<Case> {
        match doubt::judge(&case.wanted, &found.value, self.ask.now) {
            Judgement::Good => {
                for doubted in std::mem::take(&mut case.doubted) {
                    let doubts = &self.chain.0.doubts;
                    doubts.forget(&case.wanted.ticker, &doubted.found.source);
                    case = self.refuse(case, &doubted);
                }
                self.believe(&case, found);
                None
            }
            Judgement::Refused(error) => Some(self.note(case, &found.source, error)),
            Judgement::Doubtful(reason) => self.doubt(case, Doubted { found, reason }),
        }
    }

    fn doubt(&self, mut case: Case, doubted: Doubted) -> Option<Case> {
        let Attributed { source, value } = &doubted.found;
        let agrees = |before: &Doubted| doubt::agree(&before.found.value, value);
        if let Some(first) = case.doubted.iter().position(agrees) {
            let first = case.doubted.swap_remove(first);
            self.believe(&case, first.found);
            return None;
        }
        let doubts = &self.chain.0.doubts;
        if doubts.hear(&case.wanted.ticker, source, value, self.ask.now) {
            self.believe(&case, doubted.found);
            return None;
        }
        case.doubted.push(doubted);
        Some(case)
    }

    fn refuse(&self, case: Case, doubted: &Doubted) -> Case {
        let Attributed { source, value } = &doubted.found;
        self.note(case, source, doubt::unconfirmed(doubted.reason, value))
    }

    fn believe(&self, case: &Case, found: Attributed<SourceQuote>) {
        self.chain
            .0
            .doubts
            .forget(&case.wanted.ticker, &found.source);
        self.answer(case, Ok(found));
    }

    fn answer(&self, case: &Case, answer: Result<Attributed<SourceQuote>, SourceError>) {
        // Whoever asked may have gone.
        let _ = self
            .found
            .unbounded_send((case.wanted.ticker.clone(), answer));
    }

    /// After every source has had its turn: what is clear at once, then crossed rates and splits.
    async fn conclude(&self, cases: Vec<Case>) -> Vec<Case> {
        let (clear, doubted): (Vec<_>, Vec<_>) =
            cases.into_iter().partition(|case| case.doubted.is_empty());
        let mut pairs = Vec::new();
        for case in clear {
            let is_unknown = case.why == SourceError::UnknownSymbol;
            if is_unknown && self.crosses && case.pair().is_some() {
                pairs.push(case);
            } else {
                self.give_up(case);
            }
        }
        let explained = future::join_all(doubted.into_iter().map(|case| self.explain(case)));
        let crossed = async {
            for case in self.cross(pairs).await {
                self.give_up(case);
            }
        };
        future::join(crossed, explained).await;
        Vec::new()
    }

    /// Answers with a jump that a split explains, or with what went wrong.
    async fn explain(&self, mut case: Case) {
        if let Some(ratio) = self.look_up_splits(&case).await {
            let explains = |doubted: &Doubted| {
                let quote = &doubted.found.value;
                let before = doubt::reference(&case.wanted, quote);
                doubted.reason == Refusal::Jump
                    && before.is_some_and(|before| doubt::explains(ratio, before, quote.price))
            };
            if let Some(explained) = case.doubted.iter().position(explains) {
                let explained = case.doubted.swap_remove(explained);
                self.believe(&case, explained.found);
                return;
            }
        }
        self.give_up(case);
    }

    fn give_up(&self, mut case: Case) {
        for doubted in std::mem::take(&mut case.doubted) {
            case = self.refuse(case, &doubted);
        }
        self.answer(&case, Err(case.why.clone()));
    }

    /// Once for what a source keeps saying, and within the deadline.
    async fn look_up_splits(&self, case: &Case) -> Option<doubt::Ratio> {
        let (doubts, ticker) = (&self.chain.0.doubts, &case.wanted.ticker);
        let jumps = case.doubted.iter().filter(|it| it.reason == Refusal::Jump);
        let sources = jumps.map(|jump| &jump.found.source);
        if case.pair().is_some()
            || !sources.clone().any(|source| doubts.is_new(ticker, source))
            || self.look_ups.fetch_add(1, Ordering::Relaxed) >= MOST_LOOK_UPS
        {
            return None;
        }
        sources.for_each(|source| doubts.looked_into(ticker, source));
        let ratio = timeout_at(self.deadline, self.split_ratio(&case.wanted)).await;
        ratio.ok()?
    }

    /// How many shares one became since the last price.
    async fn split_ratio(&self, wanted: &Wanted) -> Option<doubt::Ratio> {
        let now = self.ask.now;
        let recently = now.saturating_sub(RECENT).unwrap_or(Timestamp::MIN);
        let since = wanted.last.map_or(recently, |last| last.as_of.min(now));
        let days = Days {
            among: &|source| source.tells_actions(),
            ask: self.ask,
            from: utc_date(since),
            to: utc_date(now),
            deadline: self.deadline,
        };
        let history = days.direct(self.chain, &wanted.ticker).await.ok()?;
        // A split of the day of the last price, or before it, is in that price already.
        let priced_on = Exchange::of(&wanted.ticker).date_at(since);
        let mut actions = history.value.actions?;
        actions.retain(|action| action.ex_date() > priced_on);
        doubt::split_ratio(&actions)
    }
}

fn utc_date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}
