//! The service as a process of its own, with its table in DynamoDB.
//!
//! The signing key still lies in a directory, so this is for one process: several would sign with
//! a key each, and publish only their own.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use service_kit::health::{self, Readiness};
use service_kit::layers::{self, Limits};
use service_kit::server::{self, Shutdown};
use service_kit::telemetry::{self, LogConfig};
use service_kit::{Clock, config};
use store::{DynamoConfig, Store};
use tokio::net::TcpListener;

use crate::{CustomerConfig, CustomerService, TABLE};

/// Read from the environment, as `FOLIO_PORT` and `FOLIO_CUSTOMER__ISSUER`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    port: u16,
    /// Where the signing key lies.
    data_dir: PathBuf,
    region: String,
    table_prefix: String,
    dynamodb_endpoint: Option<String>,
    log: LogConfig,
    limits: Limits,
    customer: CustomerConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 8080,
            data_dir: "/var/lib/folio".into(),
            region: "us-east-1".to_owned(),
            table_prefix: String::new(),
            dynamodb_endpoint: None,
            log: LogConfig {
                format: telemetry::LogFormat::Json,
                ..LogConfig::default()
            },
            limits: Limits::default(),
            customer: CustomerConfig::default(),
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
    let table = store.table(TABLE.name);
    let service =
        CustomerService::try_new(&settings.customer, table, &settings.data_dir, clock.clone())?;

    let shutdown = Shutdown::default();
    let draining = shutdown.subscribe();
    let (own_routes, _) = crate::router(service).split_for_parts();
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
    served?;
    Ok(signalled?)
}
