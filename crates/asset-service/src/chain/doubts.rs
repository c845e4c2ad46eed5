//! What sources said that was not believed: counted, logged, and remembered in case they insist.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::{Price, Ticker};
use jiff::{SignedDuration, Timestamp};

use super::doubt;
use crate::source::Refusal;

/// How long a source must say the same before it is believed alone.
const INSISTS: SignedDuration = SignedDuration::from_mins(10);
/// Sources that go mad about everything are not remembered one by one.
const REMEMBERED: u64 = 10_000;

pub(super) struct Doubts {
    refused: Mutex<BTreeMap<(String, Refusal), u64>>,
    said: moka::sync::Cache<(Ticker, String), Said>,
}

/// A price that a source has said again and again.
#[derive(Debug, Clone, Copy)]
struct Said {
    price: Price,
    since: Timestamp,
}

/// How long a source has said so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    First,
    Again,
    LongEnough,
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
        tracing::warn!(%ticker, source, reason = word, "a quote was refused: {detail}");
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

    pub(super) fn hear(
        &self,
        ticker: &Ticker,
        source: &str,
        price: Price,
        now: Timestamp,
    ) -> Heard {
        let key = (ticker.clone(), source.to_owned());
        match self.said.get(&key) {
            Some(said) if doubt::agree(said.price, price) => {
                if now.duration_since(said.since) >= INSISTS {
                    Heard::LongEnough
                } else {
                    Heard::Again
                }
            }
            _ => {
                self.said.insert(key, Said { price, since: now });
                Heard::First
            }
        }
    }

    pub(super) fn forget(&self, ticker: &Ticker, source: &str) {
        self.said.invalidate(&(ticker.clone(), source.to_owned()));
    }

    fn counts(&self) -> MutexGuard<'_, BTreeMap<(String, Refusal), u64>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
