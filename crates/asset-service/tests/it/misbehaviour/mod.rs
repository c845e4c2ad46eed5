//! Every source on every bad day: what users see is the next source's price, or the last known one
//! with its age, or nothing with a reason. Never zero, never an error of ours, never too late.
//!
//! [`every_misbehaviour`] makes a test of each; its name says the source and what went wrong.

mod histories;
mod quotes;
mod restart;
mod searches;
pub(crate) mod sources;

use std::time::{Duration, Instant};

use fake_market::{FakeMarket, Source};
use rust_decimal::Decimal;
use service_kit::testing::TestResponse;

use crate::support::{Market, NOW, Storage, clock, seconds};

/// A request that needs a source, and what a busy machine adds to it.
const DEADLINE: Duration = Duration::from_secs(2);
const MARGIN: Duration = Duration::from_secs(3);

/// A test for each misbehaviour, in a module named after the source.
macro_rules! every_misbehaviour {
    ($module:ident: $check:path, $subject:expr) => {
        mod $module {
            use fake_market::Misbehaviour;

            $crate::misbehaviour::every_misbehaviour! {
                $check, $subject,
                too_many: TooMany,
                too_many_with_seconds: TooManyWithSeconds,
                too_many_with_a_date: TooManyWithDate,
                internal_error: InternalError,
                service_unavailable: ServiceUnavailable,
                error_in_a_200: ErrorBody,
                html: Html,
                truncated: Truncated,
                slow_headers: SlowHeaders,
                slow_body: SlowBody,
                reset: Reset,
                nulls: Nulls,
                infinity: Infinity,
                zero: Zero,
                negative: Negative,
                wrong_currency: WrongCurrency,
                future: Future,
                spike: Spike,
                other_symbol: OtherSymbol,
            }
        }
    };
    ($check:path, $subject:expr, $($name:ident: $way:ident,)*) => {
        #[test]
        fn none_is_left_out() {
            assert_eq!([$(Misbehaviour::$way),*], Misbehaviour::ALL);
        }
        $(
            #[tokio::test]
            async fn $name() {
                $check($subject, Misbehaviour::$way).await;
            }
        )*
    };
}
use every_misbehaviour;

/// A source that misbehaves, and one that can stand in.
#[derive(Debug, Clone, Copy)]
struct Subject {
    symbol: &'static str,
    source: Source,
    second: Source,
}

const fn subject(symbol: &'static str, source: Source, second: Source) -> Subject {
    Subject {
        symbol,
        source,
        second,
    }
}

/// A fake market, and a Folio that asks it.
struct Day {
    fake: FakeMarket,
    market: Market,
}

impl Day {
    async fn of(sources: &[Source]) -> Self {
        let fake = FakeMarket::start().await.unwrap();
        fake.set_now(Some(NOW.parse().unwrap()));
        let config = sources::config(&fake, sources);
        let market = Market::open(&config, Storage::new().await, clock()).await;
        Self { fake, market }
    }

    /// Long enough for a quote to be asked for again, a reference rate too.
    fn a_day_later(&self) {
        self.market.clock.advance(seconds(24 * 3_600 + 300));
        self.fake.set_now(Some(self.market.clock.now()));
    }

    async fn quote(&self, symbol: &str) -> Seen {
        let started = Instant::now();
        let path = format!("/v1/quotes?symbols={symbol}");
        let answer = self.market.get(&path).await.expect(200);
        let took = started.elapsed();
        assert!(
            took < DEADLINE + MARGIN,
            "it took {took:?}: {}",
            answer.body
        );
        let seen = Seen(answer);
        assert_ne!(seen.price(), Some(Decimal::ZERO), "{seen:?}");
        seen
    }

    /// Lets the price now be known, beside which a past can be seen to lie.
    async fn knows(&self, symbol: &str) {
        self.quote(symbol).await;
        self.market.service.settled().await;
    }

    /// What the source says right now.
    fn said(&self, source: Source, symbol: &str) -> Option<Decimal> {
        fake_market::price(source, symbol, self.market.clock.now())
    }
}

/// One quote as users see it.
#[derive(Debug)]
struct Seen(TestResponse);

impl Seen {
    fn at(&self, field: &str) -> String {
        self.0.at(&format!("/items/0/{field}"))
    }

    fn price(&self) -> Option<Decimal> {
        self.at("price").parse().ok()
    }

    /// A current price of this source, as this source says it.
    fn is_of(&self, day: &Day, source: Source, symbol: &str) {
        assert_eq!(self.at("source"), source.name(), "{self:?}");
        assert_eq!(self.price(), day.said(source, symbol), "{self:?}");
        let staleness = self.at("staleness");
        assert!(
            ["fresh", "delayed"].contains(&staleness.as_str()),
            "{self:?}"
        );
        assert_eq!(self.at("reason"), "null", "{self:?}");
    }

    /// The price it had, with its age and a reason.
    fn is_stale(&self, before: &Self) {
        assert_eq!(self.at("staleness"), "stale", "{self:?}");
        assert_eq!(self.price(), before.price(), "{self:?}");
        for field in ["currency", "source", "as_of", "fetched_at"] {
            assert_eq!(self.at(field), before.at(field), "{self:?}");
        }
        self.has_a_reason();
    }

    fn is_unavailable(&self) {
        assert_eq!(self.at("staleness"), "unavailable", "{self:?}");
        for field in ["price", "currency", "source", "as_of", "fetched_at"] {
            assert_eq!(self.at(field), "null", "{self:?}");
        }
        self.has_a_reason();
    }

    fn has_a_reason(&self) {
        let reason = self.at("reason");
        let known = ["SOURCE_UNAVAILABLE", "REFUSED_QUOTE", "UNKNOWN_SYMBOL"];
        assert!(known.contains(&reason.as_str()), "{self:?}");
    }
}
