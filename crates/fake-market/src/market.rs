//! The state of the server: its clock, its rules, its keys and what was asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use crate::calls::{Call, Calls, Kind};
use crate::faults::{Misbehaviour, Rule, Trouble};
use crate::sources::Source;

/// Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Market(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    started: Instant,
    /// The system's time where nothing is set.
    now: Option<Timestamp>,
    rules: Vec<Rule>,
    trouble: Option<Trouble>,
    keys: BTreeMap<Source, String>,
    has_batch_quotes: bool,
    retry_after: SignedDuration,
    calls: Vec<Call>,
    arrived: u64,
}

/// What misbehaviour a call meets, and whom it is about.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) misbehaviour: Misbehaviour,
    /// Everybody where nobody is named.
    pub(crate) symbol: Option<String>,
}

impl Market {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            started: Instant::now(),
            now: None,
            rules: Vec::new(),
            trouble: None,
            keys: BTreeMap::new(),
            has_batch_quotes: true,
            retry_after: SignedDuration::from_secs(60),
            calls: Vec::new(),
            arrived: 0,
        })))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a server of its own, whose clock is the system's unless a test sets it"
    )]
    pub(crate) fn now(&self) -> Timestamp {
        self.state().now.unwrap_or_else(Timestamp::now)
    }

    pub(crate) fn set_now(&self, now: Option<Timestamp>) {
        self.state().now = now;
    }

    /// The newest rule goes first.
    pub(crate) fn misbehave(&self, rule: Rule) {
        self.state().rules.insert(0, rule);
    }

    pub(crate) fn set_trouble(&self, trouble: Option<Trouble>) {
        self.state().trouble = trouble;
    }

    pub(crate) fn require_key(&self, source: Source, key: &str) {
        self.state().keys.insert(source, key.to_owned());
    }

    pub(crate) fn key(&self, source: Source) -> Option<String> {
        self.state().keys.get(&source).cloned()
    }

    pub(crate) fn set_batch_quotes(&self, works: bool) {
        self.state().has_batch_quotes = works;
    }

    pub(crate) fn has_batch_quotes(&self) -> bool {
        self.state().has_batch_quotes
    }

    pub(crate) fn set_retry_after(&self, pause: SignedDuration) {
        self.state().retry_after = pause;
    }

    pub(crate) fn retry_after(&self) -> SignedDuration {
        self.state().retry_after
    }

    /// Good behaviour and an empty list of calls. Clock and keys stay.
    pub(crate) fn reset(&self) {
        let mut state = self.state();
        state.rules.clear();
        state.trouble = None;
        state.calls.clear();
    }

    pub(crate) fn calls(&self) -> Calls {
        Calls::of(self.state().calls.clone())
    }

    /// Notes a call, and says what is to go wrong with it.
    pub(crate) fn meet(
        &self,
        source: Source,
        kind: Kind,
        symbols: Vec<String>,
        had_key: bool,
    ) -> Option<Fault> {
        let mut state = self.state();
        let state = &mut *state;
        state.arrived += 1;
        let ruled = state
            .rules
            .iter_mut()
            .find_map(|rule| rule.meets(source, kind, &symbols).then(|| rule.clone()))
            .map(|rule| Fault {
                misbehaviour: rule.misbehaviour,
                symbol: rule.symbol,
            });
        let drawn = || {
            let misbehaviour = state.trouble.as_ref()?.draw(state.arrived, source)?;
            let symbol = None;
            Some(Fault {
                misbehaviour,
                symbol,
            })
        };
        let fault = ruled.or_else(drawn);
        let at_ms = u64::try_from(state.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        state.calls.push(Call {
            source,
            kind,
            symbols,
            at_ms,
            had_key,
            misbehaviour: fault.as_ref().map(|fault| fault.misbehaviour),
        });
        fault
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
