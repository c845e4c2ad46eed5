//! Which instruments a search text finds, and which of them come first.

use domain::Ticker;

use crate::source::SourceInstrument;

/// How well an instrument fits a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Ticker,
    TickerStart,
    NameStart,
    /// In the middle of the ticker or the name.
    Within,
    /// Only its source knows why: an ISIN, a former name.
    Elsewhere,
}

impl Rank {
    /// Case makes no difference. An empty text finds everything equally well.
    pub(crate) fn of(text: &str, ticker: &Ticker, name: &str) -> Self {
        let text = text.trim().to_lowercase();
        let ticker = ticker.as_str().to_lowercase();
        let name = name.to_lowercase();
        if text.is_empty() || ticker == text {
            Self::Ticker
        } else if ticker.starts_with(&text) {
            Self::TickerStart
        } else if name.starts_with(&text) {
            Self::NameStart
        } else if ticker.contains(&text) || name.contains(&text) {
            Self::Within
        } else {
            Self::Elsewhere
        }
    }

    /// The best is `0`.
    pub(crate) fn digit(self) -> u8 {
        match self {
            Self::Ticker => 0,
            Self::TickerStart => 1,
            Self::NameStart => 2,
            Self::Within => 3,
            Self::Elsewhere => 4,
        }
    }
}

pub(crate) fn resembles(text: &str, instrument: &SourceInstrument) -> bool {
    Rank::of(text, &instrument.ticker, &instrument.name) != Rank::Elsewhere
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ticker_itself_comes_before_tickers_that_begin_like_it_and_names() {
        let rank =
            |text: &str, ticker: &str, name| Rank::of(text, &Ticker::parse(ticker).unwrap(), name);
        assert_eq!(rank("v", "V", "Visa Inc."), Rank::Ticker);
        assert_eq!(rank("v", "VTI", "Vanguard Total"), Rank::TickerStart);
        assert_eq!(rank("goog", "ABC", "Google"), Rank::NameStart);
        assert_eq!(
            rank("total", "VTI", "Vanguard Total Stock Market ETF"),
            Rank::Within
        );
        assert_eq!(rank("apple", "V", "Visa Inc."), Rank::Elsewhere);
        assert_eq!(rank(" ", "V", "Visa Inc."), Rank::Ticker);
        assert_eq!(rank("nestlé", "NESN.SW", "NESTLÉ S.A."), Rank::NameStart);
    }
}
