//! Searching: what was described before is found in the table, and what the sources find is
//! remembered for each text. Both are asked at the same time.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::join;

use super::{FOUND_FOR, Instruments, Shared, described};
use crate::search::{Rank, lookup_word};
use crate::source::Ask;
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
                let found = Arc::new(shared.ask_for(leader.key(), now).await);
                let text = leader.key().clone();
                shared.found.insert(text, Arc::clone(&found));
                leader.finish(found);
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
    async fn ask_for(&self, text: &str, now: Timestamp) -> Found {
        let ask = Ask::discovering(now);
        let found = self.chain.search(ask, text, self.deadline).await;
        if let Some(error) = &found.failure {
            tracing::warn!("{error}");
        }
        let kept_for = match &found {
            found if found.failure.is_some() => self.ages.failure_pause,
            found if found.instruments.is_empty() => NOTHING_FOUND_FOR,
            _ => FOUND_FOR,
        };
        let mut seen = HashSet::new();
        let mut instruments: Vec<_> = found.instruments.into_iter().map(described).collect();
        instruments.retain(|found| seen.insert(found.ticker_symbol.clone()));
        Found {
            instruments,
            is_partial: found.failure.is_some(),
            until: self.after(kept_for),
        }
    }
}
