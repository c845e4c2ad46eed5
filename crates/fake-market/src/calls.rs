//! What was asked, so that budgets and attributions can be checked afterwards.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::faults::Misbehaviour;
use crate::sources::Source;

/// What a call is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The latest price, or today's rates.
    Quote,
    /// What an instrument is, where that is a call of its own.
    Profile,
    History,
    Search,
    /// Everything there is: coins, currencies.
    List,
}

/// One request, as it arrived.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Call {
    pub source: Source,
    pub kind: Kind,
    /// In Yahoo's spelling; empty where a call is about everything.
    pub symbols: Vec<String>,
    /// Milliseconds since the server started, by a clock that only goes forward.
    pub at_ms: u64,
    pub had_key: bool,
    pub misbehaviour: Option<Misbehaviour>,
}

impl Call {
    fn cost(&self) -> usize {
        match self.source {
            Source::TwelveData => self.symbols.len().max(1),
            _ => 1,
        }
    }
}

/// The calls since the start or the last reset.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Calls {
    pub by_source: BTreeMap<Source, usize>,
    /// By source and symbol.
    pub by_symbol: BTreeMap<Source, BTreeMap<String, usize>>,
    pub calls: Vec<Call>,
}

impl Calls {
    pub(crate) fn of(calls: Vec<Call>) -> Self {
        let mut counted = Self::default();
        for call in &calls {
            *counted.by_source.entry(call.source).or_default() += 1;
            let symbols = counted.by_symbol.entry(call.source).or_default();
            for symbol in &call.symbols {
                *symbols.entry(symbol.clone()).or_default() += 1;
            }
        }
        Self { calls, ..counted }
    }

    pub fn of_source(&self, source: Source) -> usize {
        self.by_source.get(&source).copied().unwrap_or_default()
    }

    pub fn of_symbol(&self, source: Source, symbol: &str) -> usize {
        let symbols = self.by_symbol.get(&source);
        symbols
            .and_then(|symbols| symbols.get(symbol))
            .copied()
            .unwrap_or_default()
    }

    /// The most calls to a source in any stretch of so many milliseconds, as the source counts
    /// them: Twelve Data counts symbols.
    pub fn most_within(&self, source: Source, ms: u64) -> usize {
        let calls: Vec<&Call> = self
            .calls
            .iter()
            .filter(|call| call.source == source)
            .collect();
        let costs = calls.iter().enumerate().map(|(place, first)| {
            calls[place..]
                .iter()
                .take_while(|call| call.at_ms < first.at_ms + ms)
                .map(|call| call.cost())
                .sum()
        });
        costs.max().unwrap_or_default()
    }
}
