//! Where market data comes from.
//!
//! A source answers three questions: what does it cost, what is it, what is there. It takes the
//! time as an argument and keeps no prices; freshness, last known prices and single flight belong
//! to [`crate::quotes`]. A source never answers a price it doubts: what is not positive, not in a
//! known currency or from the future comes back as [`SourceError::Refused`].
//!
//! Invariant: `quotes` yields exactly one answer for each ticker, in any order, as they arrive, so
//! that one slow symbol does not hold back the rest.

mod minor_units;
pub mod simulated;
pub mod yahoo;

use domain::{Currency, InstrumentType, Price, Ticker};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::Timestamp;

pub use minor_units::QuotedCurrency;

/// One provider of market data.
pub trait MarketDataSource: Send + Sync {
    /// The name a quote carries as its `source`.
    fn name(&self) -> &'static str;

    /// The latest price of each ticker.
    fn quotes<'a>(
        &'a self,
        now: Timestamp,
        tickers: &'a [Ticker],
    ) -> BoxStream<'a, (Ticker, Result<SourceQuote, SourceError>)>;

    /// What the ticker stands for.
    fn instrument<'a>(
        &'a self,
        now: Timestamp,
        ticker: &'a Ticker,
    ) -> BoxFuture<'a, Result<SourceInstrument, SourceError>>;

    /// Instruments whose ticker or name resembles the text, in any order. An empty text asks for
    /// everything the source can list, which may be nothing.
    fn search<'a>(
        &'a self,
        now: Timestamp,
        text: &'a str,
    ) -> BoxFuture<'a, Result<Vec<SourceInstrument>, SourceError>>;
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

/// Why a source gave no answer. The texts are for logs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    #[error("the source does not know the symbol")]
    UnknownSymbol,
    /// Unreachable, overloaded, or answering in a shape nobody can read.
    #[error("the source is unavailable: {0}")]
    Unavailable(String),
    /// It answered, with something that cannot be a price.
    #[error("the source's answer was refused: {0}")]
    Refused(String),
}
