//! What is known of one symbol, and what that means at a given moment.

use api::asset::{Quote, Staleness};
use domain::{Currency, Ticker};
use jiff::Timestamp;
use serde_json::value::{RawValue, to_raw_value};

use super::life::{self, after};
use crate::chain::LastPrice;
use crate::config::Ages;
use crate::source::{SourceError, SourceQuote};
use crate::store::quotes::LastQuote;

/// Why there is no current price. The words are part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    InvalidSymbol,
    UnknownSymbol,
    SourceUnavailable,
    RefusedQuote,
    OldPrice,
    /// Of an instrument of a customer, who has not entered any.
    NoPrice,
}

impl Reason {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::InvalidSymbol => "INVALID_SYMBOL",
            Self::UnknownSymbol => "UNKNOWN_SYMBOL",
            Self::SourceUnavailable => "SOURCE_UNAVAILABLE",
            Self::RefusedQuote => "REFUSED_QUOTE",
            Self::OldPrice => "OLD_PRICE",
            Self::NoPrice => "NO_PRICE",
        }
    }
}

impl From<&SourceError> for Reason {
    fn from(error: &SourceError) -> Self {
        match error {
            SourceError::UnknownSymbol => Self::UnknownSymbol,
            SourceError::Unavailable(_) => Self::SourceUnavailable,
            SourceError::Refused { .. } => Self::RefusedQuote,
        }
    }
}

/// What to do about a symbol that somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Answer with what is known.
    Answer,
    /// Answer with what is known, and ask the source behind the scenes.
    AnswerAndRefresh,
    /// Ask the source first.
    Ask,
}

/// What is known of one symbol.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    last: Option<LastQuote>,
    /// Why the latest attempt brought no price.
    failure: Option<Reason>,
    /// No earlier than this is the source asked again.
    next_attempt: Timestamp,
    /// The finished answer for as long as it is fresh, so that a hundred of them cost a copy.
    fresh: Option<FreshAnswer>,
}

#[derive(Debug, Clone)]
struct FreshAnswer {
    until: Timestamp,
    json: Box<RawValue>,
}

impl Entry {
    pub(crate) fn priced(ticker: &Ticker, last: LastQuote, ages: &Ages) -> Self {
        let next_attempt = life::ends(ticker, last.fetched_at, ages);
        let fresh = to_raw_value(&current(ticker, &last))
            .ok()
            .map(|json| FreshAnswer {
                until: after(next_attempt, ages.revalidated),
                json,
            });
        Self {
            last: Some(last),
            failure: None,
            next_attempt,
            fresh,
        }
    }

    /// After an attempt that brought no price. What was known before is kept.
    pub(crate) fn failed(before: Option<&Self>, now: Timestamp, why: Reason, ages: &Ages) -> Self {
        let pause = match why {
            Reason::InvalidSymbol | Reason::UnknownSymbol => ages.unknown,
            // The source answers, and will say the same for a while.
            Reason::RefusedQuote => ages.failure_pause.max(ages.fresh),
            Reason::SourceUnavailable | Reason::OldPrice | Reason::NoPrice => ages.failure_pause,
        };
        Self {
            last: before.and_then(|before| before.last.clone()),
            failure: Some(why),
            next_attempt: after(now, pause),
            fresh: None,
        }
    }

    pub(crate) fn step(&self, now: Timestamp, ages: &Ages) -> Step {
        if now < self.next_attempt {
            return Step::Answer;
        }
        let stands_in = self.failure.is_some() && self.stale(now, ages).is_some();
        if stands_in || self.fresh_json(now).is_some() {
            Step::AnswerAndRefresh
        } else {
            Step::Ask
        }
    }

    pub(crate) fn fresh_json(&self, now: Timestamp) -> Option<&RawValue> {
        let fresh = self.fresh.as_ref().filter(|fresh| now < fresh.until)?;
        Some(&fresh.json)
    }

    pub(crate) fn quote(&self, ticker: &Ticker, now: Timestamp, ages: &Ages) -> Quote {
        let reason = self.failure.unwrap_or(Reason::SourceUnavailable);
        match &self.last {
            Some(last) if self.fresh_json(now).is_some() => current(ticker, last),
            _ => match self.stale(now, ages) {
                Some(last) => shown(ticker, last, Staleness::Stale, Some(reason)),
                None => unavailable(ticker.as_str(), reason),
            },
        }
    }

    pub(crate) fn fetched_at(&self) -> Option<Timestamp> {
        self.last.as_ref().map(|last| last.fetched_at)
    }

    /// What a new price is measured against, however old: a price too old to be shown still knows
    /// better than a source that multiplied it.
    pub(crate) fn last_price(&self) -> Option<LastPrice> {
        self.last.as_ref().map(|last| LastPrice {
            price: last.price,
            as_of: last.as_of,
        })
    }

    /// Of the last price, however old.
    pub(crate) fn currency(&self) -> Option<Currency> {
        self.last.as_ref().map(|last| last.currency)
    }

    /// The last quote, unless it is too old to be shown at all.
    fn stale(&self, now: Timestamp, ages: &Ages) -> Option<&LastQuote> {
        self.last
            .as_ref()
            .filter(|last| now <= after(last.fetched_at, ages.hard))
    }
}

/// A symbol without any price.
pub(crate) fn unavailable(symbol: &str, reason: Reason) -> Quote {
    Quote {
        ticker_symbol: symbol.to_owned(),
        price: None,
        currency: None,
        previous_close: None,
        as_of: None,
        fetched_at: None,
        source: None,
        crossed_through: None,
        staleness: Staleness::Unavailable,
        reason: Some(reason.word().to_owned()),
    }
}

pub(crate) fn fetched(quote: &SourceQuote, source: &str, fetched_at: Timestamp) -> LastQuote {
    LastQuote {
        price: quote.price,
        currency: quote.currency,
        previous_close: quote.previous_close,
        as_of: quote.as_of,
        is_delayed: quote.is_delayed,
        crossed_through: quote.crossed_through,
        source: source.to_owned(),
        fetched_at,
    }
}

fn current(ticker: &Ticker, last: &LastQuote) -> Quote {
    let (staleness, why) = life::staleness(ticker, last);
    shown(ticker, last, staleness, why)
}

fn shown(ticker: &Ticker, last: &LastQuote, staleness: Staleness, why: Option<Reason>) -> Quote {
    Quote {
        ticker_symbol: ticker.to_string(),
        price: Some(last.price.value().into()),
        currency: Some(last.currency.code().to_owned()),
        previous_close: last.previous_close.map(|price| price.value().into()),
        as_of: Some(last.as_of),
        fetched_at: Some(last.fetched_at),
        source: Some(last.source.clone()),
        crossed_through: last
            .crossed_through
            .map(|through| through.code().to_owned()),
        staleness,
        reason: why.map(|why| why.word().to_owned()),
    }
}

#[cfg(test)]
mod tests;
