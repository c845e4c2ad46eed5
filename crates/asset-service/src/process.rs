//! The service as a process of its own, with its table in DynamoDB.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};
use service_kit::health::{self, Readiness};
use service_kit::layers::{self, Limits};
use service_kit::server::{self, Shutdown};
use service_kit::telemetry::{self, LogConfig, LogFormat};
use service_kit::{Clock, config};
use store::{DynamoConfig, Store};
use tokio::net::TcpListener;

use crate::{AssetConfig, AssetService, TABLE};

/// Read from the environment, as `FOLIO_PORT` and `FOLIO_ASSET__QUOTE_TTL_SECONDS`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    port: u16,
    region: String,
    table_prefix: String,
    dynamodb_endpoint: Option<String>,
    log: LogConfig,
    limits: Limits,
    asset: AssetConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 8080,
            region: "us-east-1".to_owned(),
            table_prefix: String::new(),
            dynamodb_endpoint: None,
            log: LogConfig {
                format: LogFormat::Json,
                ..LogConfig::default()
            },
            limits: Limits::default(),
            asset: AssetConfig::default(),
        }
    }
}

#[derive(Serialize)]
struct NoFlags {}

/// Serves until told to stop.
///
/// # Errors
///
/// A setting cannot be used, the table is missing, or the port is taken.
pub async fn run() -> Result<(), Box<dyn Error + Send + Sync>> {
    let settings: Settings = config::load(None, &NoFlags {})?;
    telemetry::init(&settings.log)?;
    let dynamo = DynamoConfig {
        endpoint: settings.dynamodb_endpoint,
        region: settings.region,
        table_prefix: settings.table_prefix,
        create_tables: false,
    };
    let clock = Clock::system();
    let store = Store::connect(&dynamo, &[TABLE]).await?;
    let service = AssetService::try_new(&settings.asset, store.table(TABLE.name), clock.clone())?;

    let shutdown = Shutdown::default();
    let draining = shutdown.subscribe();
    let (own_routes, _) = crate::router(service.clone()).split_for_parts();
    let all_routes = own_routes.merge(health::routes(Readiness {
        store,
        draining: draining.clone(),
    }));
    let router = layers::surround(all_routes, &settings.limits, &clock);
    let address = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), settings.port);
    let listener = TcpListener::bind(address).await?;
    let (served, signalled) = tokio::join!(
        server::serve(listener, router, draining),
        shutdown.on_signal(),
    );
    service.settled().await;
    served?;
    Ok(signalled?)
}
