//! Where market data comes from.
//!
//! A source answers four questions: what does it cost, what is it, what did it cost, what is
//! there. It takes the time as an argument and keeps no prices; freshness, last known prices and
//! single flight belong to [`crate::quotes`], the order of sources and doubts about a price to
//! [`crate::chain`]. How a source is reached over HTTP, and how it is spared, is in [`upstream`].
//!
//! Invariant: a number becomes a price from its JSON token, digit for digit. What is not positive,
//! not in a known currency or from the future comes back as [`SourceError::Refused`].
//! Invariant: `quotes` yields exactly one answer for each ticker, in any order, as they arrive, so
//! that one slow symbol does not hold back the rest.

pub(crate) mod checked;
pub mod coingecko;
pub mod ecb;
pub mod finnhub;
pub mod frankfurter;
mod minor_units;
mod pairs;
pub mod simulated;
mod symbols;
pub mod twelve_data;
pub mod upstream;
pub mod yahoo;

use std::fmt;

use domain::{Currency, InstrumentType, Price, Quantity, Ticker};
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use futures::stream::BoxStream;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use minor_units::QuotedCurrency;
use upstream::Upstream;

/// One provider of market data.
pub trait MarketDataSource: Send + Sync {
    /// The name a price carries as its `source`.
    fn name(&self) -> &'static str;

    /// Whether it is worth asking: the kind of question and the kind of symbol are its own.
    fn answers(&self, question: Question, ticker: &Ticker) -> bool;

    /// The latest price of each ticker. Only tickers that it [`answers`](Self::answers) are asked.
    fn quotes<'a>(
        &'a self,
        ask: Ask,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)>;

    /// What the ticker stands for.
    fn instrument<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>>;

    /// Daily closes and corporate actions of a range of days, both ends included.
    fn history<'a>(
        &'a self,
        ask: Ask,
        ticker: &'a Ticker,
        from: Date,
        to: Date,
    ) -> BoxFuture<'a, Result<SourceHistory, SourceError>>;

    /// When it will know something newer than a rate as of `as_of`, where that is at set times only.
    fn next_publication(&self, as_of: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let _ = (as_of, now);
        None
    }

    /// Whether its histories tell dividends and splits.
    fn tells_actions(&self) -> bool {
        true
    }

    fn can_search(&self) -> bool;

    /// Instruments whose ticker or name resembles the text, in any order. An empty text asks for
    /// everything the source can list, which may be nothing. A source that cannot search has none.
    fn search<'a>(
        &'a self,
        _: Ask,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>> {
        future::ready(Ok(Vec::new())).boxed()
    }

    /// The way it is reached, for its state; nothing for a source without a network.
    fn upstream(&self) -> Option<&Upstream> {
        None
    }
}

/// The circumstances of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    pub now: Timestamp,
    pub purpose: Purpose,
}

/// Who waits for the answer, most important first. What is left of a source's calls is shared out by
/// it, so that whatever strangers ask for, what is known goes on being served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody, for a symbol that has been heard of before.
    Request,
    /// Somebody, for a symbol never heard of before, or for what a search finds.
    Discovery,
    /// Nobody.
    Background,
}

impl Ask {
    pub fn waiting(now: Timestamp) -> Self {
        let purpose = Purpose::Request;
        Self { now, purpose }
    }

    pub fn discovering(now: Timestamp) -> Self {
        let purpose = Purpose::Discovery;
        Self { now, purpose }
    }
}

/// The kinds of question that are about one ticker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    Quote,
    Instrument,
    History,
}

/// A price as its source gave it, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceQuote {
    pub price: Price,
    pub currency: Currency,
    pub previous_close: Option<Price>,
    /// When the price was made in the market.
    pub as_of: Timestamp,
    /// Whether the source says that it lags the market.
    pub is_delayed: bool,
    /// The currency through which a rate was crossed, where the pair itself is not quoted.
    pub crossed_through: Option<Currency>,
}

/// An instrument as its source describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceInstrument {
    pub ticker: Ticker,
    pub name: String,
    pub exchange: Option<String>,
    pub instrument_type: InstrumentType,
    pub sector: Option<String>,
    pub currency: Currency,
}

/// What an instrument cost, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceHistory {
    pub currency: Currency,
    /// Oldest first, one a date at most, as traded: a later split has not changed them.
    pub closes: Vec<(Date, Price)>,
    /// Nothing where the source does not tell; an empty list says that there were none.
    pub actions: Option<Vec<Action>>,
    /// The currency through which rates were crossed.
    pub crossed_through: Option<Currency>,
    /// The first day the source can tell about, where it was asked for earlier ones.
    pub since: Option<Date>,
}

/// What a company did to its shares. Its serde form is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Paid for each share held before the ex-date, as declared then.
    Dividend {
        ex_date: Date,
        amount: Price,
        currency: Currency,
    },
    /// `old` shares became `new` before trading began on the ex-date.
    Split {
        ex_date: Date,
        new: Quantity,
        old: Quantity,
    },
}

impl Action {
    pub(crate) fn is_split(&self) -> bool {
        matches!(self, Self::Split { .. })
    }

    pub fn ex_date(&self) -> Date {
        match self {
            Self::Dividend { ex_date, .. } | Self::Split { ex_date, .. } => *ex_date,
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dividend {
                ex_date,
                amount,
                currency,
            } => write!(f, "its dividend of {amount} {currency} on {ex_date}"),
            Self::Split { ex_date, new, old } => {
                write!(f, "its split of {new} for {old} on {ex_date}")
            }
        }
    }
}

/// Why a source gave no answer. The texts are for logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("the source does not know the symbol")]
    UnknownSymbol,
    /// Unreachable, overloaded, spared, or answering in a shape nobody can read.
    #[error("the source is unavailable: {0}")]
    Unavailable(String),
    /// It answered, with something that cannot be a price.
    #[error("the source's answer was refused: {detail}")]
    Refused { reason: Refusal, detail: String },
}

impl SourceError {
    pub(crate) fn refused(reason: Refusal, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self::Refused { reason, detail }
    }
}

/// What is wrong with a price. The words are counted, and part of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    NotANumber,
    NotPositive,
    /// No currency, or none that ISO 4217 lists.
    UnknownCurrency,
    /// Another currency than the instrument had before.
    WrongCurrency,
    NoTime,
    FromTheFuture,
    OtherSymbol,
    /// More than half away from the last price, with nobody to confirm it.
    Jump,
    /// A dividend or a split that the closes contradict.
    ImpossibleAction,
}

impl Refusal {
    pub fn word(self) -> &'static str {
        match self {
            Self::NotANumber => "NOT_A_NUMBER",
            Self::NotPositive => "NOT_POSITIVE",
            Self::UnknownCurrency => "UNKNOWN_CURRENCY",
            Self::WrongCurrency => "WRONG_CURRENCY",
            Self::NoTime => "NO_TIME",
            Self::FromTheFuture => "FROM_THE_FUTURE",
            Self::OtherSymbol => "OTHER_SYMBOL",
            Self::Jump => "JUMP",
            Self::ImpossibleAction => "IMPOSSIBLE_ACTION",
        }
    }
}
