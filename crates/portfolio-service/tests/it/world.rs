//! Everything a test needs: the service on its own store, an Asset service, and customers with tokens.

use std::collections::BTreeMap;

use api::client::{AssetClient, Transport};
use axum::Router;
use domain::CustomerId;
use domain::decimal::parse;
use portfolio_service::{PortfolioConfig, PortfolioService, TABLE};
use serde::Deserialize;
use serde_json::value::RawValue;
use service_kit::layers::Limits;
use service_kit::testing::{TestApp, TestIssuer, TestRequest, TestResponse};
use service_kit::{Clock, transport};
use store::{Store, Table};
use tempfile::TempDir;

use crate::market::Market;

/// A Tuesday, after the markets have closed.
pub(crate) const NOW: &str = "2026-03-10T21:00:00Z";

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) market: Market,
    pub(crate) clock: Clock,
    pub(crate) customer: CustomerId,
    pub(crate) token: String,
    issuer: TestIssuer,
    store: Store,
    _directory: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let market = Market::default();
        let transport = transport::in_process(market.router());
        Self::with_asset_service(market, transport).await
    }

    /// With prices reused for a minute.
    pub(crate) async fn keeping_prices() -> Self {
        let mut world = Self::new().await;
        let config = PortfolioConfig {
            price_reuse_milliseconds: 60_000,
            ..PortfolioConfig::default()
        };
        let asset = transport::in_process(world.market.router());
        let service = service_with(&config, &world.store, asset, &world.issuer, &world.clock);
        world.app = start(service).await;
        world
    }

    pub(crate) async fn with_asset_service(market: Market, asset: Transport) -> Self {
        let directory = TempDir::new().unwrap();
        let store = Store::open_embedded(directory.path(), &[TABLE])
            .await
            .unwrap();
        let clock = Clock::manual(NOW.parse().unwrap());
        let issuer = TestIssuer::new(&clock);
        let customer = CustomerId::from_uuid(clock.new_id());
        let service = service(&store, asset, &issuer, &clock);
        Self {
            app: start(service).await,
            token: issuer.token(customer),
            market,
            clock,
            customer,
            issuer,
            store,
            _directory: directory,
        }
    }

    /// Starts the service anew on the same store, as another process would.
    pub(crate) async fn restart(&mut self) {
        self.app = self.another_process().await;
    }

    /// A process whose memory is too small for any ledger.
    pub(crate) async fn forgetful_process(&self) -> TestApp {
        let config = PortfolioConfig {
            cached_lots: 0,
            ..config()
        };
        let asset = transport::in_process(self.market.router());
        let service = service_with(&config, &self.store, asset, &self.issuer, &self.clock);
        start(service).await
    }

    /// A second process beside the first, on the same store.
    pub(crate) async fn another_process(&self) -> TestApp {
        let asset = transport::in_process(self.market.router());
        start(service(&self.store, asset, &self.issuer, &self.clock)).await
    }

    pub(crate) fn table(&self) -> Table {
        self.store.table(TABLE.name)
    }

    /// Goes on as another customer.
    pub(crate) fn become_customer(&mut self, customer: CustomerId) {
        self.customer = customer;
        self.token = self.issuer.token(customer);
    }

    /// The token of a customer who has nothing to do with the first one.
    pub(crate) fn stranger(&self) -> String {
        self.issuer.token(self.stranger_id())
    }

    pub(crate) fn stranger_id(&self) -> CustomerId {
        CustomerId::from_uuid(self.clock.new_id())
    }

    pub(crate) fn get(&self, path: &str) -> TestRequest {
        self.app.get(path).bearer(&self.token)
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> TestRequest {
        self.app.post(path).bearer(&self.token).json_text(body)
    }

    pub(crate) fn patch(&self, path: &str, body: &str) -> TestRequest {
        self.app.patch(path).bearer(&self.token).json_text(body)
    }

    pub(crate) fn delete(&self, path: &str) -> TestRequest {
        self.app.delete(path).bearer(&self.token)
    }

    /// Opens a brokerage account in US dollars and answers its path.
    pub(crate) async fn portfolio(&self) -> String {
        self.open(r#"{"name":"Savings","type":"Brokerage"}"#).await
    }

    pub(crate) async fn open(&self, body: &str) -> String {
        let opened = self.post("/v1/portfolios", body).send().await.expect(201);
        format!("/v1/portfolios/{}", opened.at("/portfolio_id"))
    }

    /// Records a purchase and answers its path.
    pub(crate) async fn record(&self, portfolio: &str, body: &str) -> String {
        let recorded = self.try_record(portfolio, body).await.expect(201);
        format!("{portfolio}/investments/{}", recorded.at("/investment_id"))
    }

    /// Records entries one after another.
    pub(crate) async fn enter_all(&self, portfolio: &str, entries: &[String]) {
        for entry in entries {
            self.enter(portfolio, entry).await;
        }
    }

    pub(crate) async fn try_record(&self, portfolio: &str, body: &str) -> TestResponse {
        self.post(&format!("{portfolio}/investments"), body)
            .send()
            .await
    }

    /// Records an entry and answers its path.
    pub(crate) async fn enter(&self, portfolio: &str, body: &str) -> String {
        let recorded = self.try_enter(portfolio, body).await.expect(201);
        format!(
            "{portfolio}/transactions/{}",
            recorded.at("/transaction_id")
        )
    }

    pub(crate) async fn try_enter(&self, portfolio: &str, body: &str) -> TestResponse {
        self.post(&format!("{portfolio}/transactions"), body)
            .send()
            .await
    }

    pub(crate) async fn batch(&self, portfolio: &str, rows: &[String]) -> TestResponse {
        self.batch_request(portfolio, rows).send().await
    }

    pub(crate) fn batch_request(&self, portfolio: &str, rows: &[String]) -> TestRequest {
        let body = format!(r#"{{"transactions":[{}]}}"#, rows.join(","));
        self.post(&format!("{portfolio}/transactions:batch"), &body)
    }

    pub(crate) async fn read(&self, path: &str) -> TestResponse {
        self.get(path).send().await.expect(200)
    }

    pub(crate) async fn etag(&self, path: &str) -> String {
        let read = self.read(path).await;
        read.header("etag").expect("an ETag").to_owned()
    }

    /// A field of every item of a list, all pages of `page_size` together.
    pub(crate) async fn all(&self, list: &str, page_size: usize, field: &str) -> Vec<String> {
        let start = if list.contains('?') { '&' } else { '?' };
        let first = format!("{list}{start}page_size={page_size}");
        let mut next = first.clone();
        let mut found = Vec::new();
        loop {
            let page = self.read(&next).await;
            let page: Page = serde_json::from_str(&page.body).unwrap();
            let count = page.items.len();
            assert!(count <= page_size, "{count} items on a page of {page_size}");
            found.extend(page.items.iter().map(|item| {
                let token = item[field].get();
                serde_json::from_str(token).unwrap_or_else(|_| token.to_owned())
            }));
            let Some(token) = page.next_page_token else {
                return found;
            };
            next = format!("{first}&page_token={token}");
        }
    }
}

/// One page of a list; each field is the token that was sent.
#[derive(Deserialize)]
struct Page {
    items: Vec<BTreeMap<String, Box<RawValue>>>,
    next_page_token: Option<String>,
}

/// Unoptimised and beside other tests, ten thousand entries may take their time.
async fn start(service: Router) -> TestApp {
    let limits = Limits {
        request_seconds: 60,
        ..Limits::default()
    };
    TestApp::start_with(service, &limits).await
}

fn config() -> PortfolioConfig {
    PortfolioConfig {
        price_reuse_milliseconds: 0,
        ..PortfolioConfig::default()
    }
}

fn service(store: &Store, asset: Transport, issuer: &TestIssuer, clock: &Clock) -> Router {
    service_with(&config(), store, asset, issuer, clock)
}

fn service_with(
    config: &PortfolioConfig,
    store: &Store,
    asset: Transport,
    issuer: &TestIssuer,
    clock: &Clock,
) -> Router {
    let service = PortfolioService::new(
        config,
        store.table(TABLE.name),
        AssetClient::new(asset),
        issuer.verifier(),
        clock.clone(),
    );
    portfolio_service::router(service).into()
}

/// A BUY or SELL in US dollars as a transaction; `more` are further fields, each after a comma.
pub(crate) fn traded(
    kind: &str,
    ticker: &str,
    quantity: &str,
    price: &str,
    date: &str,
    more: &str,
) -> String {
    let instrument_type = if kind == "BUY" {
        r#""instrument_type":"Stock","#
    } else {
        ""
    };
    let currency = if more.contains("currency") {
        ""
    } else {
        r#","currency":"USD""#
    };
    format!(
        r#"{{"type":"{kind}","ticker_symbol":"{ticker}",{instrument_type}"quantity":{quantity},"price":{price},"trade_date":"{date}"{currency}{more}}}"#
    )
}

/// Any other entry; `fields` without a comma at either end.
pub(crate) fn entry(kind: &str, date: &str, fields: &str) -> String {
    format!(r#"{{"type":"{kind}","trade_date":"{date}",{fields}}}"#)
}

/// A purchase in US dollars without fees.
pub(crate) fn bought(ticker: &str, quantity: &str, price: &str, date: &str) -> String {
    format!(
        r#"{{"ticker_symbol":"{ticker}","instrument_type":"Stock","quantity":{quantity},"purchase_price":{price},"purchase_date":"{date}","currency":"USD"}}"#
    )
}

/// A BUY in US dollars without fees.
pub(crate) fn buy(ticker: &str, quantity: &str, price: &str, date: &str) -> String {
    format!(
        r#"{{"type":"BUY","ticker_symbol":"{ticker}","instrument_type":"Stock","quantity":{quantity},"price":{price},"trade_date":"{date}","currency":"USD"}}"#
    )
}

/// A SELL in US dollars without fees.
pub(crate) fn sell(ticker: &str, quantity: &str, price: &str, date: &str) -> String {
    format!(
        r#"{{"type":"SELL","ticker_symbol":"{ticker}","quantity":{quantity},"price":{price},"trade_date":"{date}","currency":"USD"}}"#
    )
}

/// The code and pointer of every field error, sorted.
pub(crate) fn field_errors(response: &TestResponse) -> Vec<(String, String)> {
    let problem = response.problem();
    assert_eq!(problem.code, "VALIDATION_FAILED", "{}", response.body);
    let mut errors: Vec<_> = problem
        .errors
        .into_iter()
        .map(|error| (error.pointer, error.code))
        .collect();
    errors.sort();
    errors
}

/// Names in an answer that two portfolios with the same entries have not in common.
pub(crate) const IDS_AND_MOMENTS: [&str; 7] = [
    "transaction_id",
    "investment_id",
    "portfolio_id",
    "recorded_at",
    "amended_at",
    "created_at",
    "updated_at",
];

/// An answer with nothing in the texts that have these names.
pub(crate) fn without(body: &str, names: &[&str]) -> String {
    let mut text = body.to_owned();
    for name in names {
        let field = format!(r#""{name}":""#);
        let mut parts = text.split(&field);
        let mut rest = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            rest.push_str(&field);
            rest.push('"');
            rest.push_str(part.split_once('"').unwrap().1);
        }
        text = rest;
    }
    text
}

/// Holds fields to their values; numbers may differ in trailing zeros.
pub(crate) fn assert_figures(response: &TestResponse, figures: &[(&str, &str)]) {
    for (field, value) in figures {
        let shown = response.at(field);
        let same = match (parse(&shown), parse(value)) {
            (Ok(shown), Ok(value)) => shown == value,
            _ => shown == *value,
        };
        assert!(same, "{field} is {shown}, not {value}");
    }
}
