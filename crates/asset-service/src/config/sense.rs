//! What no setting may be, since the service would seem to run and never answer, or never rest.
//!
//! Zero stays allowed where it says that something is not limited or not done.

use std::ops::RangeInclusive;

use service_kit::config::ConfigError;

use super::{AssetConfig, SourceName};
use crate::source::upstream::UpstreamConfig;

const DAY: u64 = 24 * 60 * 60;

impl AssetConfig {
    /// # Errors
    ///
    /// Every setting that makes no sense.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let of_sources = SourceName::ALL.into_iter().filter_map(|source| {
            let upstream = self.upstream(source);
            upstream.map(|upstream| upstream.check(source.as_str()))
        });
        let own = self.own_problems();
        ConfigError::of_all(own.into_iter().chain(of_sources.flatten()))
    }

    fn own_problems(&self) -> Vec<ConfigError> {
        let hard_age = u64::from(self.quote_ttl_seconds.max(1))..=3_650 * DAY;
        let problems = [
            within("quote_ttl_seconds", self.quote_ttl_seconds, 1..=DAY),
            within(
                "closed_quote_ttl_seconds",
                self.closed_quote_ttl_seconds,
                1..=7 * DAY,
            ),
            within("coalesce_ms", self.coalesce_ms, 0..=100),
            within(
                "quote_revalidate_seconds",
                self.quote_revalidate_seconds,
                0..=DAY,
            ),
            within(
                "quote_hard_age_seconds",
                self.quote_hard_age_seconds,
                hard_age,
            ),
            within("quote_deadline_ms", self.quote_deadline_ms, 100..=10_000),
            within(
                "failure_pause_seconds",
                self.failure_pause_seconds,
                1..=3_600,
            ),
            within(
                "unknown_symbol_seconds",
                self.unknown_symbol_seconds,
                1..=7 * DAY,
            ),
            within("cached_symbols", self.cached_symbols, 100..=10_000_000),
            self.refresh_problem(),
            within("tracked_days", self.tracked_days, 1..=365),
            within("history_cache_mb", self.history_cache_mb, 1..=65_536),
        ];
        problems.into_iter().flatten().collect()
    }

    /// Quotes must not lapse between two cycles of the refresher.
    fn refresh_problem(&self) -> Option<ConfigError> {
        let served_for = self
            .quote_ttl_seconds
            .saturating_add(self.quote_revalidate_seconds);
        let problem = format!(
            "must be at least 1 and less than the {served_for} for which a quote is served \
             (asset.quote_ttl_seconds and asset.quote_revalidate_seconds together)"
        );
        let makes_sense = (1..served_for).contains(&self.refresh_seconds);
        (!makes_sense).then(|| ConfigError::at("asset.refresh_seconds", problem))
    }

    fn upstream(&self, source: SourceName) -> Option<&UpstreamConfig> {
        Some(match source {
            SourceName::Simulated => return None,
            SourceName::Yahoo => &self.yahoo,
            SourceName::Finnhub => &self.finnhub,
            SourceName::TwelveData => &self.twelvedata,
            SourceName::CoinGecko => &self.coingecko,
            SourceName::Frankfurter => &self.frankfurter,
            SourceName::Ecb => &self.ecb,
        })
    }
}

impl UpstreamConfig {
    fn check(&self, source: &str) -> Vec<ConfigError> {
        let within =
            |key: &str, value: u64, range| within(&format!("{source}.{key}"), value, range);
        let problems = [
            within("connect_timeout_ms", self.connect_timeout_ms, 1..=60_000),
            within("timeout_ms", self.timeout_ms, 10..=60_000),
            within(
                "concurrent_requests",
                self.concurrent_requests.into(),
                1..=1_000,
            ),
            within(
                "breaker_open_ms",
                self.breaker_open_ms.into(),
                100..=3_600_000,
            ),
        ];
        problems.into_iter().flatten().collect()
    }
}

fn within(key: &str, value: impl Into<u64>, range: RangeInclusive<u64>) -> Option<ConfigError> {
    let (least, most) = (range.start(), range.end());
    let problem = || format!("must be from {least} to {most}");
    (!range.contains(&value.into())).then(|| ConfigError::at(&format!("asset.{key}"), problem()))
}
