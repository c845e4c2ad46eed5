//! Searching: what was described before is found in the table, and what the sources find is
//! remembered for each text. Both are asked at the same time.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use futures::stream::StreamExt;
use jiff::{SignedDuration, Timestamp};
use tokio::join;
use tokio::time::{Instant, timeout_at};

use super::{FOUND_FOR, Instruments, Shared, described};
use crate::chain::{Searched, too_slow};
use crate::search::{Rank, lookup_word};
use crate::single_flight::Leader;
use crate::source::{Ask, SourceError};
use crate::store::instruments::{self, Description};
use crate::store::read_within;

const NOTHING_FOUND_FOR: SignedDuration = SignedDuration::from_mins(10);

/// What a search found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) instruments: Vec<Description>,
    /// Whether some source gave no answer.
    pub(crate) is_partial: bool,
    /// From then on the sources are asked again.
    until: Timestamp,
}

impl Instruments {
    /// Instruments that resemble the text, each once, in no order: those described before, and
    /// those that the sources find.
    pub(crate) async fn search(&self, text: &str) -> Found {
        let text = text.trim().to_lowercase();
        let (stored, found) = join!(self.find_stored(&text), self.find_at_sources(&text));
        let mut seen = HashSet::new();
        let mut instruments = found.instruments.clone();
        instruments.extend(stored);
        instruments.retain(|found| seen.insert(found.ticker_symbol.clone()));
        Found {
            instruments,
            ..*found
        }
    }

    async fn find_stored(&self, text: &str) -> Vec<Description> {
        let word = lookup_word(text);
        // Nothing but marks begins no word, and must not find everything.
        if word.is_empty() && !text.is_empty() {
            return Vec::new();
        }
        let find = instruments::find(&self.0.table, &word);
        let found = read_within(self.0.deadline, "the search index", find).await;
        let fits = |found: &Description| {
            self.0.chain.has(&found.source)
                && Rank::of(text, &found.ticker_symbol, &found.name) != Rank::Elsewhere
        };
        found.into_iter().flatten().filter(fits).collect()
    }

    /// One question for all who search for the same text at the same time.
    async fn find_at_sources(&self, text: &str) -> Arc<Found> {
        let now = self.0.clock.now();
        // What is a customer's own is nobody's business.
        if text.starts_with("my:") {
            return Arc::new(Found {
                instruments: Vec::new(),
                is_partial: false,
                until: now,
            });
        }
        let known = || self.0.found.get(text).filter(|found| now < found.until);
        if let Some(known) = known() {
            return known;
        }
        let (flight, leader) = self.0.searching.join(&text.to_owned(), known);
        if let Some(leader) = leader {
            let shared = Arc::clone(&self.0);
            let work = shared.fetches.begin();
            tokio::spawn(async move {
                let _work = work;
                shared.search(leader, Ask::discovering(now)).await;
            });
        }
        let broken_off = |_| {
            Arc::new(Found {
                instruments: Vec::new(),
                is_partial: true,
                until: now,
            })
        };
        flight.await.unwrap_or_else(broken_off)
    }
}

impl Shared {
    /// Answers everybody by the deadline. What the sources find later is of use to those who come
    /// later.
    async fn search(&self, leader: Leader<String, Arc<Found>>, ask: Ask) {
        let text = leader.key().clone();
        let deadline = Instant::now() + self.deadline;
        let mut answers = self.chain.search(ask, &text);
        let mut told = BTreeMap::new();
        while let Ok(Some((place, answer))) = timeout_at(deadline, answers.next()).await {
            told.insert(place, answer);
        }
        let late = (!answers.is_empty()).then(too_slow);
        leader.finish(self.remember(&text, &told, late.as_ref()));
        if late.is_some() {
            told.extend(answers.collect::<Vec<_>>().await);
            self.remember(&text, &told, None);
        }
    }

    fn remember(
        &self,
        text: &str,
        told: &BTreeMap<usize, Searched>,
        late: Option<&SourceError>,
    ) -> Arc<Found> {
        let failures = told.values().filter_map(|answer| answer.as_ref().err());
        let failure = failures.chain(late).last();
        if let Some(error) = failure {
            tracing::warn!("{error}");
        }
        let mut seen = HashSet::new();
        let found = told.values().flatten().flatten().cloned();
        let mut instruments: Vec<_> = found.map(described).collect();
        instruments.retain(|found| seen.insert(found.ticker_symbol.clone()));
        let kept_for = if failure.is_some() {
            self.ages.failure_pause
        } else if instruments.is_empty() {
            NOTHING_FOUND_FOR
        } else {
            FOUND_FOR
        };
        let found = Arc::new(Found {
            instruments,
            is_partial: failure.is_some(),
            until: self.after(kept_for),
        });
        self.found.insert(text.to_owned(), Arc::clone(&found));
        found
    }
}
