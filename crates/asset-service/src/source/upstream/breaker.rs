//! Whether a source is asked at all: closed, open for a while, or open to one probe.
//!
//! | State | A call | Its failure | Its success |
//! |---|---|---|---|
//! | closed | goes out | opens after five in a row, or ten of the last twenty | counts |
//! | open | is refused until the time has come; the first one then is the probe | | |
//! | half open | is refused: the probe is out | opens again | closes |
//!
//! A source that asks for a pause is open at once, for as long as it asks. If it does not say how
//! long, the pause doubles each time until something succeeds.
//!
//! Invariant: only what began in the present state says anything about it.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

const IN_A_ROW: usize = 5;
const WINDOW: usize = 20;
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const SHORTEST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(30);

#[derive(Debug)]
pub(super) struct Breaker {
    phase: Phase,
    era: Era,
    /// Whether each of the latest calls failed, the last one last.
    outcomes: VecDeque<bool>,
    pauses_in_a_row: u32,
    open_for: SignedDuration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    Open { until: Timestamp },
    Probing,
}

/// A stretch of time in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Era(u64);

impl Breaker {
    pub(super) fn new(open_for: SignedDuration) -> Self {
        Self {
            phase: Phase::Closed,
            era: Era(0),
            outcomes: VecDeque::with_capacity(WINDOW),
            pauses_in_a_row: 0,
            open_for,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether a call may go out now.
    pub(super) fn admits(&self, now: Timestamp) -> bool {
        match self.phase {
            Phase::Closed => true,
            Phase::Open { until } => until <= now,
            Phase::Probing => false,
        }
    }

    /// Lets a call out, as the probe where the time for one has come.
    pub(super) fn begin(&mut self, now: Timestamp) -> Option<Era> {
        if !self.admits(now) {
            return None;
        }
        if self.phase != Phase::Closed {
            self.enter(Phase::Probing);
        }
        Some(self.era)
    }

    pub(super) fn succeeded(&mut self, era: Era) {
        if era != self.era {
            return;
        }
        self.pauses_in_a_row = 0;
        if self.phase == Phase::Probing {
            self.enter(Phase::Closed);
        } else {
            self.remember(false);
        }
    }

    pub(super) fn failed(&mut self, era: Era, now: Timestamp) {
        if era != self.era {
            return;
        }
        self.remember(true);
        if self.phase == Phase::Probing || self.has_had_enough() {
            self.open(now, self.open_for);
        }
    }

    /// The call never went out, or nobody waited for its answer: it says nothing.
    pub(super) fn withdrawn(&mut self, era: Era, now: Timestamp) {
        if era == self.era && self.phase == Phase::Probing {
            self.enter(Phase::Open { until: now });
        }
    }

    /// The source asks to be left alone. Gives back for how long it is.
    pub(super) fn paused(&mut self, now: Timestamp, asked: Option<SignedDuration>) {
        if let Phase::Open { until } = self.phase
            && now < until
        {
            // The rest of a batch that was under way counts as the same refusal.
            let asked = asked.map(|asked| end_of(now, bounded(asked)));
            let until = asked.map_or(until, |asked| asked.max(until));
            self.phase = Phase::Open { until };
            return;
        }
        let doublings = self.pauses_in_a_row.min(10);
        let own = FIRST_PAUSE.checked_mul(1 << doublings);
        let pause = asked.or(own).unwrap_or(LONGEST_PAUSE);
        self.pauses_in_a_row = self.pauses_in_a_row.saturating_add(1);
        self.open(now, bounded(pause));
    }

    fn open(&mut self, now: Timestamp, pause: SignedDuration) {
        let until = end_of(now, pause);
        self.enter(Phase::Open { until });
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.era = Era(self.era.0.wrapping_add(1));
        self.outcomes.clear();
    }

    fn remember(&mut self, failed: bool) {
        if self.outcomes.len() == WINDOW {
            self.outcomes.pop_front();
        }
        self.outcomes.push_back(failed);
    }

    fn has_had_enough(&self) -> bool {
        let in_a_row = self.outcomes.iter().rev().take_while(|failed| **failed);
        let failures = self.outcomes.iter().filter(|failed| **failed).count();
        in_a_row.count() >= IN_A_ROW || failures * 2 >= WINDOW
    }
}

fn bounded(pause: SignedDuration) -> SignedDuration {
    pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE)
}

fn end_of(now: Timestamp, pause: SignedDuration) -> Timestamp {
    now.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
