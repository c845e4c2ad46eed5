use asset_service::source::upstream::UpstreamConfig;
use asset_service::{AssetConfig, AssetService, SourceName};
use service_kit::config::ConfigError;
use service_kit::testing::TestIssuer;

use crate::support::{Storage, clock};

const KEY: &str = "a1b2c3-never-shown";

fn keyed(config: UpstreamConfig) -> UpstreamConfig {
    UpstreamConfig {
        api_key: Some(KEY.into()),
        ..config
    }
}

/// Every source that has a network, with a key for each.
fn config() -> AssetConfig {
    let config = AssetConfig::default();
    AssetConfig {
        sources: SourceName::ALL[1..].to_vec(),
        yahoo: keyed(config.yahoo),
        finnhub: keyed(config.finnhub),
        twelvedata: keyed(config.twelvedata),
        coingecko: keyed(config.coingecko),
        frankfurter: keyed(config.frankfurter),
        ecb: keyed(config.ecb),
        ..AssetConfig::default()
    }
}

async fn started(config: &AssetConfig) -> Result<AssetService, ConfigError> {
    let (storage, clock) = (Storage::new().await, clock());
    let verifier = TestIssuer::new(&clock).verifier();
    AssetService::try_new(config, storage.table(), verifier, clock)
}

#[tokio::test]
async fn keys_are_shown_nowhere() {
    let config = config();
    let service = started(&config).await.unwrap();
    for shown in [
        format!("{config:?}"),
        format!("{service:?}"),
        serde_json::to_string(&config).unwrap(),
    ] {
        assert!(!shown.contains(KEY), "{shown}");
    }
}

#[tokio::test]
async fn a_key_that_no_header_can_carry_stops_the_start_without_showing_it() {
    let mut config = config();
    config.finnhub.api_key = Some(format!("{KEY}\n").into());
    let error = started(&config).await.unwrap_err().to_string();
    assert!(error.contains("asset.finnhub.api_key"), "{error}");
    assert!(!error.contains(KEY), "{error}");
}

#[tokio::test]
async fn a_missing_key_stops_the_start_by_its_name() {
    for (source, key) in [
        (SourceName::Finnhub, "asset.finnhub.api_key"),
        (SourceName::TwelveData, "asset.twelvedata.api_key"),
    ] {
        let config = AssetConfig {
            sources: vec![source],
            ..AssetConfig::default()
        };
        let error = started(&config).await.unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
}

#[test]
fn every_source_is_called_the_same_everywhere() {
    for source in SourceName::ALL {
        let name = serde_json::to_string(&source).unwrap();
        assert_eq!(name, format!("{:?}", source.as_str()));
    }
}

#[test]
fn a_key_that_was_taken_for_a_number_is_refused_without_showing_it() {
    let config = serde_json::to_string(&UpstreamConfig::at("http://localhost")).unwrap();
    for key in ["20260310", "-20260310", "2026.0310", "2026e031"] {
        let keyed = config.replacen('{', &format!(r#"{{"api_key":{key},"#), 1);
        let error = serde_json::from_str::<UpstreamConfig>(&keyed).unwrap_err();
        assert!(error.to_string().contains("double quotes"), "{error}");
        assert!(!error.to_string().contains("031"), "{error}");
    }
    let keyed = config.replacen('{', r#"{"api_key":"20260310","#, 1);
    assert!(
        serde_json::from_str::<UpstreamConfig>(&keyed)
            .unwrap()
            .api_key
            .is_some()
    );
}

#[tokio::test]
async fn a_source_named_twice_is_refused_for_it_would_confirm_itself() {
    let config = AssetConfig {
        sources: vec![SourceName::Yahoo, SourceName::Ecb, SourceName::Yahoo],
        ..AssetConfig::default()
    };
    let error = started(&config).await.unwrap_err().to_string();
    assert!(
        error.contains("asset.sources: must not name yahoo twice"),
        "{error}"
    );
}

#[tokio::test]
async fn every_setting_that_makes_no_sense_is_named_at_once() {
    let mut config = AssetConfig {
        coalesce_ms: 101,
        quote_deadline_ms: 0,
        refresh_seconds: 0,
        ..AssetConfig::default()
    };
    config.yahoo.timeout_ms = 0;
    config.yahoo.connect_timeout_ms = 0;
    config.ecb.concurrent_requests = 0;
    let error = started(&config).await.unwrap_err().to_string();
    for problem in [
        "asset.coalesce_ms: must be from 0 to 100",
        "asset.quote_deadline_ms",
        "asset.refresh_seconds",
        "asset.yahoo.timeout_ms",
        "asset.yahoo.connect_timeout_ms",
        "asset.ecb.concurrent_requests: must be from 1 to 1000",
    ] {
        assert!(error.contains(problem), "{problem} in {error}");
    }
    assert!(started(&AssetConfig::default()).await.is_ok());
}

#[test]
fn sources_are_a_list_or_their_names_with_commas_between() {
    let read = |json: &str| serde_json::from_str::<AssetConfig>(json);
    let expected = [SourceName::Yahoo, SourceName::Ecb];
    for sources in [r#"["yahoo","ecb"]"#, r#""yahoo,ecb""#, r#"" yahoo, ecb,""#] {
        let config = read(&format!(r#"{{"sources":{sources},"fx_bases":"EUR"}}"#)).unwrap();
        assert_eq!(config.sources, expected, "{sources}");
    }
    for sources in [r#"["yaho"]"#, r#""ecb,yaho""#] {
        let error = read(&format!(r#"{{"sources":{sources}}}"#)).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("yaho") && error.contains("twelvedata"),
            "{error}"
        );
    }
}
