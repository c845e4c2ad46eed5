//! What must hold of every answer, whatever the sources do.

use std::time::{Duration, Instant};

use fake_market::listing::Listing;
use fake_market::{FakeMarket, Source};
use jiff::Timestamp;
use rust_decimal::Decimal;
use service_kit::testing::TestResponse;

use crate::support::{Market, seconds};

/// The deadline of a request, and what 64 clients on a busy machine add to it.
const LONGEST: Duration = Duration::from_secs(2 + 2);

/// Asks for the symbols; gives back the staleness of each.
pub(super) async fn check(fake: &FakeMarket, market: &Market, symbols: &[&str]) -> Vec<String> {
    let started = Instant::now();
    let path = format!("/v1/quotes?symbols={}", symbols.join(","));
    let answer = market.get(&path).await.expect(200);
    let took = started.elapsed();
    assert!(took < LONGEST, "it took {took:?}: {}", answer.body);
    assert_eq!(answer.count("/items"), symbols.len());
    let now = fake.now();
    let items = symbols.iter().enumerate();
    items
        .map(|(place, symbol)| {
            Item {
                answer: &answer,
                place,
                symbol,
            }
            .check(now)
        })
        .collect()
}

struct Item<'a> {
    answer: &'a TestResponse,
    place: usize,
    symbol: &'a str,
}

impl Item<'_> {
    fn at(&self, field: &str) -> String {
        self.answer.at(&format!("/items/{}/{field}", self.place))
    }

    fn time(&self, field: &str) -> Timestamp {
        self.at(field).parse().unwrap_or_else(|_| panic!("{self}"))
    }

    fn check(&self, now: Timestamp) -> String {
        let staleness = self.at("staleness");
        let has_reason = self.at("reason") != "null";
        match staleness.as_str() {
            "fresh" | "delayed" => assert!(!has_reason, "{self}"),
            "stale" => assert!(has_reason, "{self}"),
            // Every symbol had a price before the trouble began.
            _ => panic!("{self}"),
        }
        assert_eq!(self.at("ticker_symbol"), self.symbol);
        let fetched_at = self.time("fetched_at");
        // The clock goes on while an answer is on its way.
        assert!(
            self.time("as_of") <= fetched_at && fetched_at <= now + seconds(1),
            "{self}"
        );
        self.is_what_its_source_said();
        staleness
    }

    fn is_what_its_source_said(&self) {
        let listing = Listing::find(self.symbol).unwrap();
        assert_eq!(self.at("currency"), listing.currency, "{self}");
        let shown: Decimal = self
            .at("price")
            .parse()
            .unwrap_or_else(|_| panic!("{self}"));
        let source = Source::named(&self.at("source")).unwrap_or_else(|| panic!("{self}"));
        let at = self.time("as_of");
        let said = |symbol: &str| fake_market::price(source, symbol, at).unwrap();
        let is_rate = |base: &str| said(&format!("EUR{base}=X"));
        let expected = if source == Source::Ecb && listing.base != "EUR" {
            // The bank says what a euro costs; the rest is divided.
            let quote = match listing.currency {
                "EUR" => Decimal::ONE,
                quote => is_rate(quote),
            };
            quote / is_rate(&listing.base)
        } else {
            assert_eq!(self.at("crossed_through"), "null", "{self}");
            said(self.symbol)
        };
        let is_divided = source == Source::Ecb && listing.base != "EUR";
        let tolerance = if is_divided {
            Decimal::new(1, 10)
        } else {
            Decimal::ZERO
        };
        assert!(
            (shown - expected).abs() <= tolerance,
            "{source:?} said {expected}: {self}"
        );
    }
}

impl std::fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} among {}", self.symbol, self.answer.body)
    }
}
