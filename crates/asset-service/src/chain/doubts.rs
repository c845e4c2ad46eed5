//! What sources said that was not believed: counted, logged, and remembered in case they insist.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Ticker;
use jiff::{SignedDuration, Timestamp};

use super::doubt;
use crate::source::{Refusal, SourceQuote};

/// How long, and how often, a source must say the same before it is believed alone.
const INSISTS_FOR: SignedDuration = SignedDuration::from_mins(10);
const INSISTS_TIMES: u32 = 3;
/// Sources that go mad about everything are not remembered one by one.
const REMEMBERED: u64 = 10_000;

pub(super) struct Doubts {
    refused: Mutex<BTreeMap<(String, Refusal), u64>>,
    said: moka::sync::Cache<(Ticker, String), Said>,
}

/// A quote that a source has said again and again.
#[derive(Clone)]
struct Said {
    first: SourceQuote,
    since: Timestamp,
    times: u32,
    /// Whether splits have been looked for that would explain it.
    is_looked_into: bool,
}

impl Default for Doubts {
    fn default() -> Self {
        Self {
            refused: Mutex::default(),
            said: moka::sync::Cache::new(REMEMBERED),
        }
    }
}

impl Doubts {
    pub(super) fn refuse(&self, ticker: &Ticker, source: &str, reason: Refusal, detail: &str) {
        let word = reason.word();
        tracing::warn!(%ticker, source, reason = word, "a price was refused: {detail}");
        let mut refused = self.counts();
        *refused.entry((source.to_owned(), reason)).or_default() += 1;
    }

    pub(super) fn refusals(&self, source: &str) -> Vec<(Refusal, u64)> {
        let refused = self.counts();
        let is_of_source = |of: &str| of.split('+').any(|part| part == source);
        let of_source = refused.iter().filter(|((of, _), _)| is_of_source(of));
        of_source
            .map(|((_, reason), count)| (*reason, *count))
            .collect()
    }

    /// Whether the source has said the same often and for long enough to be believed alone.
    pub(super) fn hear(
        &self,
        ticker: &Ticker,
        source: &str,
        quote: &SourceQuote,
        now: Timestamp,
    ) -> bool {
        let key = (ticker.clone(), source.to_owned());
        let before = self.said.get(&key);
        let before = before.filter(|before| doubt::agree(&before.first, quote));
        let mut said = before.unwrap_or_else(|| Said {
            first: quote.clone(),
            since: now,
            times: 0,
            is_looked_into: false,
        });
        said.times = said.times.saturating_add(1);
        let insists = said.times >= INSISTS_TIMES && now.duration_since(said.since) >= INSISTS_FOR;
        self.said.insert(key, said);
        insists
    }

    /// Whether nobody has looked into what the source keeps saying.
    pub(super) fn is_new(&self, ticker: &Ticker, source: &str) -> bool {
        let said = self.said.get(&(ticker.clone(), source.to_owned()));
        said.is_some_and(|said| !said.is_looked_into)
    }

    pub(super) fn looked_into(&self, ticker: &Ticker, source: &str) {
        let key = (ticker.clone(), source.to_owned());
        if let Some(mut said) = self.said.get(&key) {
            said.is_looked_into = true;
            self.said.insert(key, said);
        }
    }

    pub(super) fn forget(&self, ticker: &Ticker, source: &str) {
        self.said.invalidate(&(ticker.clone(), source.to_owned()));
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(String, Refusal), u64>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
