//! What can be held: its ticker and its type.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::text::Label;
use crate::{Currency, ValueError};

/// An instrument's symbol, in capitals: `AAPL`, `BRK-B`, `VOD.L`, `BTC-USD`, `EURUSD=X`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ticker(String);

impl Ticker {
    pub const MAX_CHARS: usize = 32;

    /// # Errors
    ///
    /// `Empty`, `TooLong`, or `Malformed` for anything but letters, digits and
    /// `. - ^ = _ & :`, starting with a letter, a digit or `^`.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let symbol = text.trim_matches(' ').to_ascii_uppercase();
        if symbol.is_empty() {
            return Err(ValueError::Empty);
        }
        if symbol.chars().count() > Self::MAX_CHARS {
            return Err(ValueError::TooLong {
                max: Self::MAX_CHARS,
            });
        }
        let starts_well = symbol.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '^');
        let allowed = |c: char| c.is_ascii_alphanumeric() || ".-^=_&:".contains(c);
        if starts_well && symbol.chars().all(allowed) {
            Ok(Self(symbol))
        } else {
            Err(ValueError::Malformed {
                expected: "a ticker of letters, digits and . - ^ = _ & :",
            })
        }
    }

    /// The symbol under which the price of one `base` in `quote` is asked.
    pub fn fx_pair(base: Currency, quote: Currency) -> Self {
        Self(format!("{base}{quote}=X"))
    }

    /// The currencies of a symbol made by [`Ticker::fx_pair`].
    pub fn as_fx_pair(&self) -> Option<(Currency, Currency)> {
        let pair = self.0.strip_suffix("=X").filter(|pair| pair.len() == 6)?;
        let base = Currency::parse(pair.get(..3)?).ok()?;
        let quote = Currency::parse(pair.get(3..)?).ok()?;
        Some((base, quote))
    }

    /// The coin and the currency of a symbol such as `BTC-USD`.
    pub fn as_coin(&self) -> Option<(&str, Currency)> {
        let (coin, currency) = self.0.rsplit_once('-')?;
        let is_coin = coin.chars().all(|c| c.is_ascii_alphanumeric());
        Some((coin, Currency::parse(currency).ok()?)).filter(|_| is_coin)
    }

    /// Whether it is a customer's own instrument (`MY:HOUSE`), which no market knows. What it
    /// stands for depends on who asks.
    pub fn is_own(&self) -> bool {
        self.0.starts_with("MY:")
    }

    /// Holds a symbol to what a customer may call an instrument of their own.
    ///
    /// # Errors
    ///
    /// `Malformed` for one that does not begin with `MY:`, or has nothing after it.
    pub fn check_own(self) -> Result<Self, ValueError> {
        if self.is_own() && self.0.len() > "MY:".len() {
            return Ok(self);
        }
        Err(ValueError::Malformed {
            expected: "a symbol that begins with MY:",
        })
    }

    /// The currency of its price, where the symbol itself says so: a pair's, a coin's.
    pub fn quoted_in(&self) -> Option<Currency> {
        let pair = self.as_fx_pair().map(|(_, quote)| quote);
        pair.or_else(|| self.as_coin().map(|(_, currency)| currency))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An open list: the well-known types in their usual spelling, or the customer's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InstrumentType(Label);

impl InstrumentType {
    pub const KNOWN: [&str; 9] = [
        "Stock",
        "ETF",
        "Bond",
        "Mutual Fund",
        "Crypto",
        "Currency",
        "Index",
        "Option",
        "Other",
    ];

    /// # Errors
    ///
    /// `Empty`, `TooLong` or `ControlCharacter`.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        Label::parse(well_known(text, &Self::KNOWN)).map(Self)
    }

    /// Whether two labels differ in nothing but case.
    pub fn is_same_as(&self, other: &Self) -> bool {
        self == other || self.as_str().to_lowercase() == other.as_str().to_lowercase()
    }

    /// What an instrument is when nobody said.
    pub fn other() -> Self {
        Self(Label::known("Other"))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The usual spelling of a label, whatever its case or separators: `mutual_fund` is `Mutual Fund`.
pub(crate) fn well_known<'a>(text: &'a str, known: &[&'static str]) -> &'a str {
    let key = |label: &str| -> String {
        label
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let wanted = key(text);
    known
        .iter()
        .find(|label| key(label) == wanted)
        .copied()
        .unwrap_or(text)
}

impl fmt::Display for InstrumentType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickers_are_capitals() {
        assert_eq!(Ticker::parse(" brk-b ").unwrap().as_str(), "BRK-B");
        for symbol in ["AAPL", "VOD.L", "BTC-USD", "^GSPC", "EURUSD=X", "0700.HK"] {
            assert_eq!(Ticker::parse(symbol).unwrap().as_str(), symbol);
        }
    }

    #[test]
    fn tickers_that_could_break_a_key_or_a_url_are_refused() {
        for symbol in [
            "",
            "AA\u{0}PL",
            "AA PL",
            "A#B",
            "A/B",
            "../x",
            "A\nB",
            "Ä",
            "-A",
            "A%2F",
        ] {
            assert!(Ticker::parse(symbol).is_err(), "{symbol:?}");
        }
        assert!(Ticker::parse(&"A".repeat(33)).is_err());
    }

    #[test]
    fn currency_pairs_are_symbols() {
        let pair = Ticker::fx_pair(Currency::EUR, Currency::USD);
        assert_eq!(pair.as_str(), "EURUSD=X");
        assert_eq!(pair.as_fx_pair(), Some((Currency::EUR, Currency::USD)));
        assert_eq!(Ticker::parse("AAPL").unwrap().as_fx_pair(), None);
        assert_eq!(Ticker::parse("ABCDEF=X").unwrap().as_fx_pair(), None);
    }

    #[test]
    fn coins_are_priced_in_a_currency_and_share_classes_are_not() {
        let bitcoin = Ticker::parse("BTC-USD").unwrap();
        assert_eq!(bitcoin.as_coin(), Some(("BTC", Currency::USD)));
        assert_eq!(bitcoin.quoted_in(), Some(Currency::USD));
        for symbol in ["BRK-B", "AAPL", "EURUSD=X", "VOD.L", "-USD"] {
            let ticker = Ticker::parse(symbol);
            assert_eq!(
                ticker.ok().as_ref().and_then(Ticker::as_coin),
                None,
                "{symbol}"
            );
        }
    }

    #[test]
    fn own_instruments_are_never_taken_for_others() {
        let own = |symbol: &str| Ticker::parse(symbol).unwrap().is_own();
        assert!(own("MY:HOUSE") && own("my:house"));
        assert!(!own("MY") && !own("MYHOUSE") && !own("MY-USD"));
        let checked = |symbol: &str| Ticker::parse(symbol).unwrap().check_own();
        assert_eq!(checked("my:house").unwrap().as_str(), "MY:HOUSE");
        assert!(checked("MY:").is_err() && checked("HOUSE").is_err());
        for symbol in ["MY:BTC-USD", "MY:EUR=X"] {
            let ticker = Ticker::parse(symbol).unwrap();
            assert_eq!((ticker.as_coin(), ticker.as_fx_pair()), (None, None));
        }
    }

    #[test]
    fn well_known_types_get_their_usual_spelling_and_others_stay() {
        assert_eq!(
            InstrumentType::parse("mutual_fund").unwrap().as_str(),
            "Mutual Fund"
        );
        assert_eq!(InstrumentType::parse("etf").unwrap().as_str(), "ETF");
        assert_eq!(
            InstrumentType::parse("Vintage Car").unwrap().as_str(),
            "Vintage Car"
        );
    }
}
