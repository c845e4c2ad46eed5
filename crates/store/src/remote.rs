//! The SDK's client for DynamoDB over the network. Only with the feature `aws`.
#![cfg(feature = "aws")]

use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};

/// Where DynamoDB is and what the tables are called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamoConfig {
    /// Another address than the region's own, for tests and gateways.
    pub endpoint: Option<String>,
    pub region: String,
    /// Put before every table name, so that environments can share an account.
    pub table_prefix: String,
    /// Whether missing tables are made. Off in production, where infrastructure code owns them.
    pub create_tables: bool,
}

/// One try, not the whole call: retries happen in this crate.
const TRY_TIMEOUT: Duration = Duration::from_secs(3);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

pub(crate) async fn client(config: &DynamoConfig) -> Client {
    let http_client = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(CryptoMode::Ring))
        .build_https();
    let shared = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client)
        .region(Region::new(config.region.clone()))
        .load()
        .await;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(TRY_TIMEOUT)
        .build();
    let mut builder = Builder::from(&shared)
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts);
    if let Some(endpoint) = &config.endpoint {
        builder = builder.endpoint_url(endpoint);
    }
    Client::from_conf(builder.build())
}
