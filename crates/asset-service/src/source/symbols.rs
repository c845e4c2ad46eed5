//! How each source spells Folio's symbols, and which symbols it has at all.
//!
//! Folio spells as Yahoo does: `BRK-B`, `VOD.L`, `BTC-USD`, `EURUSD=X`, `^GSPC`; a symbol without
//! an ending is listed in the United States. The one table is [`VENUES`]; everything else is a rule.
//! What a source has no spelling for it is not asked. The slugs of CoinGecko are looked up, because
//! symbols of coins are not unique.
//!
//! Invariant: what is spelled out and read back is the same symbol.

use domain::{Currency, Ticker};

/// An exchange outside the United States.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Venue {
    /// What stands after the dot.
    suffix: &'static str,
    /// ISO 10383.
    mic: &'static str,
    /// After the colon at Twelve Data.
    twelve_data: &'static str,
}

const fn venue(suffix: &'static str, mic: &'static str, twelve_data: &'static str) -> Venue {
    Venue {
        suffix,
        mic,
        twelve_data,
    }
}

#[rustfmt::skip]
const VENUES: &[Venue] = &[
    venue("AS", "XAMS", "Euronext"), venue("AX", "XASX", "ASX"),      venue("BO", "XBOM", "BSE"),
    venue("BR", "XBRU", "Euronext"), venue("CO", "XCSE", "OMXC"),     venue("DE", "XETR", "XETR"),
    venue("F",  "XFRA", "FSX"),      venue("HE", "XHEL", "OMXH"),     venue("HK", "XHKG", "HKEX"),
    venue("IR", "XDUB", "Euronext"), venue("JO", "XJSE", "JSE"),      venue("KQ", "XKOS", "KOSDAQ"),
    venue("KS", "XKRX", "KRX"),      venue("L",  "XLON", "LSE"),      venue("LS", "XLIS", "Euronext"),
    venue("MC", "XMAD", "BME"),      venue("MI", "XMIL", "MTA"),      venue("MX", "XMEX", "BMV"),
    venue("NS", "XNSE", "NSE"),      venue("NZ", "XNZE", "NZX"),      venue("OL", "XOSL", "OSE"),
    venue("PA", "XPAR", "Euronext"), venue("SA", "BVMF", "Bovespa"),  venue("SI", "XSES", "SGX"),
    venue("ST", "XSTO", "OMX"),      venue("SW", "XSWX", "SIX"),      venue("T",  "XJPX", "JPX"),
    venue("TA", "XTAE", "TASE"),     venue("TO", "XTSE", "TSX"),      venue("TW", "XTAI", "TWSE"),
    venue("V",  "XTSX", "TSXV"),     venue("VI", "XWBO", "VSE"),      venue("WA", "XWAR", "GPW"),
    // The code of Tokyo's market within its exchange; both are used.
    venue("T",  "XTKS", "JPX"),
];

/// A symbol taken apart.
#[derive(Debug, PartialEq, Eq)]
enum Kind<'a> {
    Pair(Currency, Currency),
    Coin(&'a str, Currency),
    Listing {
        root: &'a str,
        /// `B` of `BRK-B`.
        class: Option<&'a str>,
        /// None in the United States.
        venue: Option<&'static Venue>,
    },
}

/// None for indices, futures, preferred shares and venues that are not in the table.
fn kind(ticker: &Ticker) -> Option<Kind<'_>> {
    if let Some((base, quote)) = ticker.as_fx_pair() {
        return Some(Kind::Pair(base, quote));
    }
    if let Some((coin, currency)) = ticker.as_coin() {
        return Some(Kind::Coin(coin, currency));
    }
    let (local, venue) = match ticker.as_str().rsplit_once('.') {
        Some((local, suffix)) => (local, Some(at_suffix(suffix)?)),
        None => (ticker.as_str(), None),
    };
    let (root, class) = match local.rsplit_once('-') {
        Some((root, class)) => (root, Some(class)),
        None => (local, None),
    };
    let is_plain = !root.is_empty() && root.chars().all(|c| c.is_ascii_alphanumeric());
    (is_plain && class.is_none_or(is_class)).then_some(Kind::Listing { root, class, venue })
}

fn is_class(class: &str) -> bool {
    class.len() == 1 && class.chars().all(|c| c.is_ascii_uppercase())
}

fn at_suffix(suffix: &str) -> Option<&'static Venue> {
    VENUES.iter().find(|venue| venue.suffix == suffix)
}

fn at_mic(mic: &str) -> Option<&'static Venue> {
    VENUES.iter().find(|venue| venue.mic == mic)
}

/// `BRK.B`, for shares listed in the United States only. A class that reads like a venue (`X.L`)
/// is left to the other sources.
pub(super) fn finnhub(ticker: &Ticker) -> Option<String> {
    match kind(ticker)? {
        Kind::Listing {
            root,
            class,
            venue: None,
        } => match class {
            Some(class) if at_suffix(class).is_some() => None,
            Some(class) => Some(format!("{root}.{class}")),
            None => Some(root.to_owned()),
        },
        _ => None,
    }
}

pub(super) fn from_finnhub(symbol: &str) -> Option<Ticker> {
    let ticker = Ticker::parse(&symbol.replace('.', "-")).ok()?;
    finnhub(&ticker).filter(|spelled| spelled == symbol)?;
    Some(ticker)
}

/// `BRK.B`, `VOD:LSE`, `EUR/USD`, `BTC/USD`.
pub(super) fn twelve_data(ticker: &Ticker) -> Option<String> {
    Some(match kind(ticker)? {
        Kind::Pair(base, quote) => format!("{base}/{quote}"),
        Kind::Coin(coin, currency) => format!("{coin}/{currency}"),
        Kind::Listing { root, class, venue } => {
            let class = class.map(|class| format!(".{class}")).unwrap_or_default();
            let venue = venue.map(|venue| format!(":{}", venue.twelve_data));
            format!("{root}{class}{}", venue.unwrap_or_default())
        }
    })
}

/// Of a search, where the venue stands beside the symbol. A symbol of a venue that is not in the
/// table would read like one of the United States, so it has none.
pub(super) fn from_twelve_data(
    symbol: &str,
    mic: Option<&str>,
    country: Option<&str>,
) -> Option<Ticker> {
    if let Some((base, quote)) = symbol.split_once('/') {
        let currency = Currency::parse(quote).ok()?;
        return match Currency::parse(base) {
            Ok(base) => Some(Ticker::fx_pair(base, currency)),
            Err(_) => Ticker::parse(&format!("{base}-{currency}")).ok(),
        };
    }
    let local = symbol.replace('.', "-");
    let ticker = match mic.and_then(at_mic) {
        Some(venue) => Ticker::parse(&format!("{local}.{}", venue.suffix)),
        None if country == Some("United States") => Ticker::parse(&local),
        None => return None,
    };
    ticker.ok().filter(|ticker| kind(ticker).is_some())
}

/// Whether a price made at this exchange is one of this symbol.
pub(super) fn is_at(ticker: &Ticker, mic: &str) -> bool {
    match kind(ticker) {
        Some(Kind::Listing { venue, .. }) => match (venue, at_mic(mic)) {
            (Some(wanted), Some(said)) => wanted.suffix == said.suffix,
            (None, said) => said.is_none(),
            // Segments have codes of their own, which the table does not list.
            (Some(_), None) => true,
        },
        _ => true,
    }
}

/// Whether it is listed outside the United States.
pub(super) fn is_abroad(ticker: &Ticker) -> bool {
    matches!(kind(ticker), Some(Kind::Listing { venue: Some(_), .. }))
}

/// The symbol of a coin as CoinGecko spells it, and the currency.
pub(super) fn coingecko(ticker: &Ticker) -> Option<(String, Currency)> {
    let (coin, currency) = ticker.as_coin()?;
    Some((coin.to_ascii_lowercase(), currency))
}

pub(super) fn from_coingecko(symbol: &str, currency: Currency) -> Option<Ticker> {
    let ticker = Ticker::parse(&format!("{symbol}-{currency}")).ok()?;
    ticker.as_coin()?;
    Some(ticker)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticker(symbol: &str) -> Ticker {
        Ticker::parse(symbol).unwrap()
    }

    type Maybe = Option<&'static str>;

    /// Folio, Finnhub, Twelve Data, its MIC.
    #[rustfmt::skip]
    const SPELLINGS: &[(&str, Maybe, Maybe, Maybe)] = &[
        ("AAPL",     Some("AAPL"),  Some("AAPL"),        Some("XNGS")),
        ("BRK-B",    Some("BRK.B"), Some("BRK.B"),       Some("XNYS")),
        ("FOO-L",    None,          Some("FOO.L"),       Some("XNYS")),
        ("VOD.L",    None,          Some("VOD:LSE"),     Some("XLON")),
        ("SAP.DE",   None,          Some("SAP:XETR"),    Some("XETR")),
        ("MC.PA",    None,          Some("MC:Euronext"), Some("XPAR")),
        ("ASML.AS",  None,          Some("ASML:Euronext"), Some("XAMS")),
        ("NESN.SW",  None,          Some("NESN:SIX"),    Some("XSWX")),
        ("SHOP.TO",  None,          Some("SHOP:TSX"),    Some("XTSE")),
        ("RCI-B.TO", None,          Some("RCI.B:TSX"),   Some("XTSE")),
        ("BHP.AX",   None,          Some("BHP:ASX"),     Some("XASX")),
        ("0700.HK",  None,          Some("0700:HKEX"),   Some("XHKG")),
        ("7203.T",   None,          Some("7203:JPX"),    Some("XJPX")),
        ("BTC-USD",  None,          Some("BTC/USD"),     None),
        ("EURUSD=X", None,          Some("EUR/USD"),     None),
        ("^GSPC",    None,          None,                None),
        ("ES=F",     None,          None,                None),
        ("BAC-PL",   None,          None,                None),
        ("FOO.ZZ",   None,          None,                None),
    ];

    #[test]
    fn every_source_has_its_spelling_and_is_read_back() {
        for (folio, at_finnhub, at_twelve_data, mic) in SPELLINGS {
            let ticker = ticker(folio);
            assert_eq!(finnhub(&ticker).as_deref(), *at_finnhub, "{folio}");
            assert_eq!(twelve_data(&ticker).as_deref(), *at_twelve_data, "{folio}");
            if let Some(spelled) = at_finnhub {
                assert_eq!(from_finnhub(spelled).as_ref(), Some(&ticker));
            }
            if let Some(spelled) = at_twelve_data {
                let symbol = spelled.split(':').next().unwrap();
                let country = mic.map(|_| "United States");
                let read = from_twelve_data(symbol, *mic, country);
                assert_eq!(read.as_ref(), Some(&ticker));
            }
        }
    }

    #[test]
    fn a_symbol_of_another_exchange_is_not_taken_for_ours() {
        assert_eq!(from_finnhub("VOD.L"), None);
        assert_eq!(from_finnhub("SAP.DE"), None);
        assert_eq!(from_twelve_data("A B", None, Some("United States")), None);
        assert_eq!(
            from_twelve_data("2222", Some("XSAU"), Some("Saudi Arabia")),
            None
        );
        assert!(is_at(&ticker("VOD.L"), "XLON"));
        assert!(is_at(&ticker("AAPL"), "XNGS"));
        assert!(!is_at(&ticker("VOD"), "XLON"));
        assert!(!is_at(&ticker("VOD.L"), "XETR"));
    }

    #[test]
    fn coins_are_spelled_small_and_only_coins() {
        let bitcoin = ticker("BTC-USD");
        assert_eq!(coingecko(&bitcoin), Some(("btc".into(), Currency::USD)));
        assert_eq!(from_coingecko("btc", Currency::USD), Some(bitcoin));
        assert_eq!(from_coingecko("a b", Currency::USD), None);
        assert_eq!(coingecko(&ticker("BRK-B")), None);
    }

    #[test]
    fn every_venue_has_a_calendar_of_its_own() {
        use crate::exchanges::Exchange;
        let elsewhere = Exchange::of(&ticker("X.ZZ")).name;
        for venue in VENUES {
            let exchange = Exchange::of(&ticker(&format!("X.{}", venue.suffix)));
            assert_ne!(exchange.name, elsewhere, "{venue:?}");
        }
    }

    #[test]
    fn no_venue_is_listed_twice() {
        let mics: std::collections::BTreeSet<&str> = VENUES.iter().map(|venue| venue.mic).collect();
        assert_eq!(mics.len(), VENUES.len());
    }
}
