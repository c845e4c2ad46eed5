//! The fake's sources among Folio's settings.

use asset_service::source::upstream::UpstreamConfig;
use asset_service::{AssetConfig, SourceName};
use fake_market::{FakeMarket, Source};

/// These sources in this order, all of them in the fake market.
pub(crate) fn config(fake: &FakeMarket, sources: &[Source]) -> AssetConfig {
    let mut config = AssetConfig {
        sources: sources.iter().map(|source| name(*source)).collect(),
        ..AssetConfig::default()
    };
    for source in sources {
        let upstream = upstream(&mut config, *source);
        upstream.base_url = fake.base_url(*source);
        upstream.api_key = Some("a key".into());
        upstream.calls_per_minute = 0;
    }
    config
}

pub(crate) fn name(source: Source) -> SourceName {
    let mut known = SourceName::ALL.into_iter();
    known.find(|name| name.as_str() == source.name()).unwrap()
}

pub(crate) fn upstream(config: &mut AssetConfig, source: Source) -> &mut UpstreamConfig {
    match source {
        Source::Yahoo => &mut config.yahoo,
        Source::Finnhub => &mut config.finnhub,
        Source::TwelveData => &mut config.twelvedata,
        Source::CoinGecko => &mut config.coingecko,
        Source::Frankfurter => &mut config.frankfurter,
        Source::Ecb => &mut config.ecb,
    }
}
