//! One fetch: the table for what this process has never seen, the source for the rest.
//!
//! A fetch runs as a task of its own, so a client that hangs up takes nothing from those who wait
//! for the same symbol. Everybody is answered before anything is stored.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{Currency, Ticker};
use futures::stream::{self, StreamExt};
use tokio::join;
use tokio::time::timeout;

use super::entry::{Entry, Reason, Step, fetched};
use super::{Leader, Shared, TABLE_LIMIT};
use crate::chain::{Attributed, Wanted, too_slow};
use crate::source::{Ask, Purpose, SourceError, SourceQuote};
use crate::store::quotes::{self, LastQuote};
use crate::store::{instruments, read_within};
use crate::underway::Work;

/// A source that is slower than this has failed, though nobody waits for it any more.
const SOURCE_LIMIT: Duration = Duration::from_secs(10);
const TABLE_CONCURRENCY: usize = 16;

pub(super) fn spawn(shared: Arc<Shared>, purpose: Purpose, leaders: Vec<Leader>) {
    let waiting = leaders
        .into_iter()
        .map(|leader| (leader.key().clone(), leader));
    let fetch = Fetch {
        _work: shared.fetches.begin(),
        ask: Ask {
            now: shared.clock.now(),
            purpose,
        },
        shared,
        waiting: waiting.collect(),
        described_in: HashMap::new(),
        brought: Vec::new(),
        unanswered: Unanswered::default(),
    };
    tokio::spawn(fetch.run());
}

struct Fetch {
    shared: Arc<Shared>,
    ask: Ask,
    /// Those who are not answered yet.
    waiting: HashMap<Ticker, Leader>,
    /// The currencies of those that never had a price, from their descriptions.
    described_in: HashMap<Ticker, Currency>,
    /// What the source gave, to be stored.
    brought: Vec<(Ticker, LastQuote)>,
    unanswered: Unanswered,
    _work: Work,
}

/// An outage concerns every symbol, but is worth one line in the log.
#[derive(Default)]
struct Unanswered {
    symbols: usize,
    why: Option<SourceError>,
}

impl Fetch {
    async fn run(mut self) {
        self.ask_table().await;
        let tickers = self.unanswered_tickers();
        // What has not arrived by then is left over, and counted below.
        let _ = timeout(SOURCE_LIMIT, self.ask_source(&tickers)).await;
        for ticker in self.unanswered_tickers() {
            self.failed(&ticker, too_slow());
        }
        if let Some(why) = &self.unanswered.why {
            let symbols = self.unanswered.symbols;
            tracing::warn!(symbols, "no quotes: {why}");
        }
        self.store().await;
    }

    /// Brings back what an earlier process, or another one, has stored since.
    async fn ask_table(&mut self) {
        let tickers = self.unanswered_tickers();
        let (table, shared) = (&self.shared.table, &self.shared);
        let is_without_currency = |ticker: &&Ticker| {
            let known = shared.known.get(*ticker);
            ticker.quoted_in().is_none() && known.and_then(|known| known.currency()).is_none()
        };
        let unpriced: Vec<Ticker> = tickers
            .iter()
            .filter(is_without_currency)
            .cloned()
            .collect();
        let (stored, described) = join!(
            read_within(
                TABLE_LIMIT,
                "stored quotes",
                quotes::load_many(table, &tickers)
            ),
            read_within(
                TABLE_LIMIT,
                "stored descriptions",
                instruments::load_many(table, &unpriced)
            ),
        );
        let described = described.into_iter().flatten();
        self.described_in = described
            .filter(|description| shared.chain.has(&description.source))
            .map(|description| (description.ticker_symbol, description.currency))
            .collect();
        let stored = stored.unwrap_or_default();
        for (ticker, mut last) in stored {
            // The process that stored it may have had a faster clock.
            last.fetched_at = last.fetched_at.min(self.ask.now);
            // Prices of sources no longer asked, above all simulated ones, never stand in.
            if !self.shared.chain.has(&last.source) || !self.is_news(&ticker, &last) {
                continue;
            }
            let ages = self.shared.ages_of(&ticker, &last);
            let entry = self.remember(&ticker, Entry::priced(&ticker, last, &ages));
            if entry.step(self.ask.now, &self.shared.ages) == Step::Answer {
                self.answer(&ticker, entry);
            }
        }
    }

    fn is_news(&self, ticker: &Ticker, stored: &LastQuote) -> bool {
        let known = self.shared.known.get(ticker);
        known.is_none_or(|known| known.fetched_at() < Some(stored.fetched_at))
    }

    async fn ask_source(&mut self, tickers: &[Ticker]) {
        let (known, new): (Vec<&Ticker>, Vec<&Ticker>) = tickers
            .iter()
            .partition(|ticker| self.has_had_a_price(ticker));
        let wanted = |tickers: Vec<&Ticker>| tickers.into_iter().map(|t| self.wanted(t)).collect();
        let chain = self.shared.chain.clone();
        let discovering = match self.ask.purpose {
            Purpose::Background => self.ask,
            Purpose::Request | Purpose::Discovery => Ask::discovering(self.ask.now),
        };
        let mut answers = stream::select(
            chain.quotes(self.ask, wanted(known)),
            chain.quotes(discovering, wanted(new)),
        );
        while let Some((ticker, answer)) = answers.next().await {
            match answer {
                Ok(found) => self.priced(ticker, &found),
                Err(error) => self.failed(&ticker, error),
            }
        }
    }

    fn has_had_a_price(&self, ticker: &Ticker) -> bool {
        let known = self.shared.known.get(ticker);
        known.is_some_and(|known| known.fetched_at().is_some())
    }

    fn wanted(&self, ticker: &Ticker) -> Wanted {
        let known = self.shared.known.get(ticker);
        let known = known.as_deref();
        let described_in = self.described_in.get(ticker).copied();
        Wanted {
            ticker: ticker.clone(),
            last: known.and_then(Entry::last_price),
            currency: known.and_then(Entry::currency).or(described_in),
        }
    }

    fn priced(&mut self, ticker: Ticker, found: &Attributed<SourceQuote>) {
        let last = fetched(&found.value, &found.source, self.shared.clock.now());
        let ages = self.shared.ages_of(&ticker, &last);
        let entry = Entry::priced(&ticker, last.clone(), &ages);
        let entry = self.remember(&ticker, entry);
        self.answer(&ticker, entry);
        self.brought.push((ticker, last));
    }

    fn failed(&mut self, ticker: &Ticker, error: SourceError) {
        let before = self.shared.known.get(ticker);
        let is_spared =
            matches!(error, SourceError::Unavailable(_)) && self.ask.purpose == Purpose::Background;
        let entry = match before {
            // Work behind the scenes is refused early, to leave calls for those who wait: that says
            // nothing against what is known.
            Some(before) if is_spared => before,
            before => {
                let (now, why) = (self.shared.clock.now(), Reason::from(&error));
                let entry = Entry::failed(before.as_deref(), now, why, &self.shared.ages);
                self.remember(ticker, entry)
            }
        };
        self.answer(ticker, entry);
        match error {
            // What was refused is in the log already.
            SourceError::UnknownSymbol | SourceError::Refused { .. } => {
                tracing::debug!(%ticker, "{error}");
            }
            SourceError::Unavailable(_) => {
                self.unanswered.symbols += 1;
                self.unanswered.why = Some(error);
            }
        }
    }

    fn remember(&self, ticker: &Ticker, entry: Entry) -> Arc<Entry> {
        let entry = Arc::new(entry);
        self.shared.known.insert(ticker.clone(), Arc::clone(&entry));
        entry
    }

    /// Hands the entry, which is remembered by now, to everybody who waits for it.
    fn answer(&mut self, ticker: &Ticker, entry: Arc<Entry>) {
        if let Some(leader) = self.waiting.remove(ticker) {
            leader.finish(entry);
        }
    }

    fn unanswered_tickers(&self) -> Vec<Ticker> {
        self.waiting.keys().cloned().collect()
    }

    async fn store(&mut self) {
        let Shared { table, asked, .. } = &*self.shared;
        let Ask { now, purpose } = self.ask;
        stream::iter(std::mem::take(&mut self.brought))
            .for_each_concurrent(TABLE_CONCURRENCY, async |(ticker, last)| {
                if let Err(error) = quotes::keep(table, &ticker, &last).await {
                    let error = &error as &(dyn std::error::Error + 'static);
                    tracing::warn!(error, %ticker, "a quote could not be stored");
                }
                if purpose == Purpose::Request {
                    asked.note(table, &ticker, now).await;
                }
            })
            .await;
    }
}
