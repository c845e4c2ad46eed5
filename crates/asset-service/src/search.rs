//! Which instruments a search text finds, which of them come first, and under which words an
//! instrument is kept in the search index.
//!
//! Text is compared folded: in lower case and without accents.

use std::collections::BTreeSet;

use domain::Ticker;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::source::SourceInstrument;

/// An instrument is indexed under so many words at most; a name rarely has as many.
const MOST_WORDS: usize = 12;
const LONGEST_WORD: usize = 40;

/// How well an instrument fits a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rank {
    Ticker,
    TickerStart,
    NameStart,
    /// In the middle of the ticker or the name, or their words out of order.
    Within,
    /// Only its source knows why: an ISIN, a former name.
    Elsewhere,
}

impl Rank {
    /// Case and accents make no difference. An empty text finds everything equally well.
    pub(crate) fn of(text: &str, ticker: &Ticker, name: &str) -> Self {
        let text = fold(text.trim());
        let ticker = fold(ticker.as_str());
        let name = fold(name);
        if text.is_empty() || ticker == text {
            Self::Ticker
        } else if ticker.starts_with(&text) {
            Self::TickerStart
        } else if name.starts_with(&text) {
            Self::NameStart
        } else if ticker.contains(&text) || name.contains(&text) || begin(&text, &ticker, &name) {
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

/// Whether each word of the text begins some word of the ticker or the name.
fn begin(text: &str, ticker: &str, name: &str) -> bool {
    let mut wanted = split(text).peekable();
    wanted.peek().is_some()
        && wanted.all(|wanted| {
            let mut words = split(ticker).chain(split(name));
            words.any(|word| word.starts_with(wanted))
        })
}

pub(crate) fn resembles(text: &str, instrument: &SourceInstrument) -> bool {
    Rank::of(text, &instrument.ticker, &instrument.name) != Rank::Elsewhere
}

/// The words that lead to an instrument, the empty one among them: it leads to all.
pub(crate) fn index_words(ticker: &Ticker, name: &str) -> BTreeSet<String> {
    let text = format!("{ticker} {name}");
    let folded = fold(&text);
    let words = split(&folded).map(|word| word.chars().take(LONGEST_WORD).collect());
    let mut found = BTreeSet::from([String::new()]);
    for word in words {
        if found.len() < MOST_WORDS {
            found.insert(word);
        }
    }
    found
}

/// The word of a text to look up in the index: its longest, which finds the fewest.
pub(crate) fn lookup_word(text: &str) -> String {
    let folded = fold(text);
    let longest = split(&folded).max_by_key(|word| word.chars().count());
    longest
        .unwrap_or_default()
        .chars()
        .take(LONGEST_WORD)
        .collect()
}

pub(crate) fn fold(text: &str) -> String {
    let plain = text.nfd().filter(|c| !is_combining_mark(*c));
    plain.flat_map(char::to_lowercase).collect()
}

fn split(folded: &str) -> impl Iterator<Item = &str> {
    let parts = folded.split(|c: char| !c.is_alphanumeric());
    parts.filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticker(symbol: &str) -> Ticker {
        Ticker::parse(symbol).unwrap()
    }

    #[test]
    fn the_ticker_itself_comes_before_tickers_that_begin_like_it_and_names() {
        let rank = |text: &str, symbol: &str, name| Rank::of(text, &ticker(symbol), name);
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

    #[test]
    fn accents_and_the_order_of_words_make_no_difference() {
        let rank = |text: &str| Rank::of(text, &ticker("NESN.SW"), "Nestlé S.A.");
        assert_eq!(rank("nestle"), Rank::NameStart);
        assert_eq!(rank("sw nest"), Rank::Within);
        assert_eq!(rank("sw nest x"), Rank::Elsewhere);
        assert_eq!(rank("!?"), Rank::Elsewhere);
    }

    #[test]
    fn an_instrument_is_indexed_under_a_bounded_number_of_words() {
        let words = index_words(&ticker("BRK-B"), "Berkshire Hathaway, Inc. (Class É)");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(
            words,
            ["", "b", "berkshire", "brk", "class", "e", "hathaway", "inc"]
        );
        let many: String = (0..1_000)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join(" ");
        assert_eq!(index_words(&ticker("A"), &many).len(), MOST_WORDS);
        let long = "x".repeat(10_000);
        assert!(
            index_words(&ticker("A"), &long)
                .iter()
                .all(|word| word.len() <= LONGEST_WORD)
        );
    }

    #[test]
    fn a_text_is_looked_up_by_its_longest_word() {
        assert_eq!(lookup_word("the Métro S.A."), "metro");
        assert_eq!(lookup_word(" -- "), "");
    }
}
