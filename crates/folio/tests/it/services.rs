//! The services apart, as they run on AWS: each on its own port, talking HTTP.

use asset_service::{AssetConfig, AssetService};
use customer_service::{CustomerConfig, CustomerService};
use folio::app::TABLES;
use portfolio_service::{ApartConfig, PortfolioConfig, PortfolioService};
use service_kit::Clock;
use service_kit::testing::TestApp;
use store::Store;

use super::process::{opened, registered};

#[tokio::test]
async fn the_services_do_over_the_network_what_they_do_in_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open_embedded(dir.path(), &TABLES).await.unwrap();
    let clock = Clock::system();
    let config = CustomerConfig::default();
    let table = store.table(customer_service::TABLE.name);
    let customer = CustomerService::try_new(&config, table, dir.path(), clock.clone()).unwrap();
    let customer = TestApp::start(customer_service::router(customer).into()).await;

    let table = store.table(asset_service::TABLE.name);
    let asset_config = AssetConfig {
        apart: asset_service::ApartConfig {
            identity_url: Some(customer.url()),
            issuer: Some(config.issuer().to_owned()),
            ..asset_service::ApartConfig::default()
        },
        ..AssetConfig::default()
    };
    let asset = AssetService::try_apart(&asset_config, table, clock.clone()).unwrap();
    let asset = TestApp::start(asset_service::router(asset).into()).await;

    let apart = ApartConfig {
        asset_url: Some(asset.url()),
        identity_url: Some(customer.url()),
        issuer: Some(config.issuer().to_owned()),
        ..ApartConfig::default()
    };
    let portfolio_config = PortfolioConfig {
        apart,
        ..PortfolioConfig::default()
    };
    let table = store.table(portfolio_service::TABLE.name);
    let portfolio = PortfolioService::try_apart(&portfolio_config, table, clock).unwrap();
    let portfolio = TestApp::start(portfolio_service::router(portfolio).into()).await;

    let ada = registered(&customer, "ada@example.com").await;
    let id = opened(&portfolio, &ada, "Brokerage").await;
    let body = r#"{"ticker_symbol":"AAPL","quantity":10,"purchase_price":100,"purchase_date":"2025-03-03"}"#;
    let path = format!("/v1/portfolios/{id}/investments");
    let recorded = portfolio
        .post(&path)
        .bearer(&ada.token)
        .json_text(body)
        .send()
        .await
        .expect(201);
    assert_eq!(recorded.at("/instrument_type"), "Stock");
    assert_eq!(recorded.at("/source"), "simulated");
    assert_ne!(recorded.at("/current_price"), "null");
}

#[tokio::test]
async fn an_asset_service_that_is_not_told_who_issues_tokens_names_the_setting() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open_embedded(dir.path(), &TABLES).await.unwrap();
    let mut config = AssetConfig::default();
    let refused = |config: &AssetConfig| {
        let table = store.table(asset_service::TABLE.name);
        let service = AssetService::try_apart(config, table, Clock::system());
        service.unwrap_err().to_string()
    };
    assert!(refused(&config).contains("asset.apart.identity_url: is not set"));
    config.apart.identity_url = Some("https://folio.example".to_owned());
    assert!(refused(&config).contains("asset.apart.issuer: is not set"));
}

#[tokio::test]
async fn a_portfolio_service_that_cannot_find_the_others_names_the_setting() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open_embedded(dir.path(), &TABLES).await.unwrap();
    let mut config = PortfolioConfig::default();
    let refused = |config: &PortfolioConfig| {
        let table = store.table(portfolio_service::TABLE.name);
        let service = PortfolioService::try_apart(config, table, Clock::system());
        service.unwrap_err().to_string()
    };
    assert!(refused(&config).contains("portfolio.apart.asset_url: is not set"));
    config.apart.asset_url = Some("asset:8080".to_owned());
    assert!(refused(&config).contains("portfolio.apart.asset_url: \"asset:8080\""));
    config.apart.asset_url = Some("http://asset:8080".to_owned());
    assert!(refused(&config).contains("portfolio.apart.identity_url: is not set"));
    config.apart.identity_url = Some("https://folio.example".to_owned());
    assert!(refused(&config).contains("portfolio.apart.issuer: is not set"));
}
