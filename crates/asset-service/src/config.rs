//! The settings of the Asset service. Which of them make sense is in [`sense`].

mod sense;

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use domain::Currency;
use jiff::SignedDuration;
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::apart::ApartConfig;
use crate::source::coingecko::{self, CoinGecko};
use crate::source::ecb::{self, Ecb};
use crate::source::finnhub::{self, Finnhub};
use crate::source::frankfurter::{self, Frankfurter};
use crate::source::simulated;
use crate::source::twelve_data::{self, TwelveData};
use crate::source::upstream::UpstreamConfig;
use crate::source::yahoo::{self, Yahoo};

/// The settings of the Asset service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AssetConfig {
    /// Who is asked, first to last. `simulated` stands alone.
    #[serde(deserialize_with = "listed")]
    pub sources: Vec<SourceName>,
    pub yahoo: UpstreamConfig,
    pub finnhub: UpstreamConfig,
    pub twelvedata: UpstreamConfig,
    pub coingecko: UpstreamConfig,
    pub frankfurter: UpstreamConfig,
    pub ecb: UpstreamConfig,
    /// How long a quote is served without asking the source again, while its market is open.
    pub quote_ttl_seconds: u32,
    /// The same while its market rests; never past the next opening.
    pub closed_quote_ttl_seconds: u32,
    /// How long a symbol that must be asked for waits for others, to be asked with them.
    pub coalesce_ms: u32,
    /// For how much longer it is still served as fresh while the source is asked behind the scenes.
    pub quote_revalidate_seconds: u32,
    /// How long the last known quote is served as stale when the source gives none.
    pub quote_hard_age_seconds: u32,
    /// How long a request waits for the source before it is answered with what is known.
    pub quote_deadline_ms: u32,
    /// How long a symbol is left alone after the source failed to price it.
    pub failure_pause_seconds: u32,
    /// How long a symbol that the source does not know stays unknown.
    pub unknown_symbol_seconds: u32,
    /// How many symbols are kept in memory.
    pub cached_symbols: u32,
    /// The currencies through which a rate that nobody quotes is crossed, first to last.
    #[serde(deserialize_with = "listed")]
    pub fx_bases: Vec<Currency>,
    /// How often what is due of the tracked symbols is fetched; more often than a quote lapses.
    pub refresh_seconds: u32,
    /// For how many days a symbol is tracked after somebody asked for it.
    pub tracked_days: u32,
    pub apart: ApartConfig,
    /// How much memory histories may take, in MiB.
    pub history_cache_mb: u32,
}

impl Default for AssetConfig {
    fn default() -> Self {
        Self {
            sources: vec![SourceName::Simulated],
            yahoo: Yahoo::defaults(),
            finnhub: Finnhub::defaults(),
            twelvedata: TwelveData::defaults(),
            coingecko: CoinGecko::defaults(),
            frankfurter: Frankfurter::defaults(),
            ecb: Ecb::defaults(),
            quote_ttl_seconds: 15,
            closed_quote_ttl_seconds: 60 * 60,
            coalesce_ms: 3,
            quote_revalidate_seconds: 15,
            quote_hard_age_seconds: 7 * 24 * 60 * 60,
            quote_deadline_ms: 2_000,
            failure_pause_seconds: 5,
            unknown_symbol_seconds: 10 * 60,
            cached_symbols: 20_000,
            fx_bases: vec![Currency::USD, Currency::EUR],
            refresh_seconds: 20,
            tracked_days: 7,
            apart: ApartConfig::default(),
            history_cache_mb: 80,
        }
    }
}

/// A source that can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceName {
    /// A market of its own, without a network.
    Simulated,
    /// Yahoo Finance.
    Yahoo,
    /// Shares of the United States.
    Finnhub,
    /// Shares, funds, pairs and coins of many exchanges.
    TwelveData,
    /// Coins.
    CoinGecko,
    /// Rates of many central banks.
    Frankfurter,
    /// Rates of the European Central Bank.
    Ecb,
}

impl SourceName {
    pub const ALL: [Self; 7] = [
        Self::Simulated,
        Self::Yahoo,
        Self::Finnhub,
        Self::TwelveData,
        Self::CoinGecko,
        Self::Frankfurter,
        Self::Ecb,
    ];

    /// Reads names with commas or spaces between them.
    ///
    /// # Errors
    ///
    /// One of them is no source; which there are.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        parts::<Self, de::value::Error>(text).map_err(|error| error.to_string())
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simulated => simulated::NAME,
            Self::Yahoo => yahoo::NAME,
            Self::Finnhub => finnhub::NAME,
            Self::TwelveData => twelve_data::NAME,
            Self::CoinGecko => coingecko::NAME,
            Self::Frankfurter => frankfurter::NAME,
            Self::Ecb => ecb::NAME,
        }
    }
}

/// The ages of a quote, from [`AssetConfig`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ages {
    pub(crate) fresh: SignedDuration,
    pub(crate) closed: SignedDuration,
    pub(crate) revalidated: SignedDuration,
    pub(crate) hard: SignedDuration,
    pub(crate) failure_pause: SignedDuration,
    pub(crate) unknown: SignedDuration,
}

impl AssetConfig {
    pub(crate) fn ages(&self) -> Ages {
        let seconds = |seconds: u32| SignedDuration::from_secs(seconds.into());
        Ages {
            fresh: seconds(self.quote_ttl_seconds),
            closed: seconds(self.closed_quote_ttl_seconds),
            revalidated: seconds(self.quote_revalidate_seconds),
            hard: seconds(self.quote_hard_age_seconds),
            failure_pause: seconds(self.failure_pause_seconds),
            unknown: seconds(self.unknown_symbol_seconds),
        }
    }

    pub(crate) fn refresh_every(&self) -> Duration {
        Duration::from_secs(self.refresh_seconds.max(1).into())
    }

    pub(crate) fn deadline(&self) -> Duration {
        Duration::from_millis(self.quote_deadline_ms.into())
    }
}

fn parts<T: DeserializeOwned, E: de::Error>(text: &str) -> Result<Vec<T>, E> {
    let parts = text.split(|c: char| c == ',' || c.is_whitespace());
    let read = |part: &str| {
        let part: StrDeserializer<'_, E> = part.into_deserializer();
        T::deserialize(part)
    };
    parts.filter(|part| !part.is_empty()).map(read).collect()
}

/// A list, or a text of its parts, as an environment variable has it.
fn listed<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Parts<T>(PhantomData<T>);

    impl<'de, T: DeserializeOwned> Visitor<'de> for Parts<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<T>, E> {
            parts(text)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut all = Vec::new();
            while let Some(part) = list.next_element()? {
                all.push(part);
            }
            Ok(all)
        }
    }

    deserializer.deserialize_any(Parts(PhantomData))
}
