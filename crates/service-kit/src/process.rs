//! A service as a process of its own, with its table in DynamoDB.
//!
//! Everything that the services share is here; a service brings the name of its settings, its
//! table and a function that builds it. `folio serve` is the same for one machine. Only with the
//! feature `aws`.
//!
//! | Exit code | Meaning |
//! |---|---|
//! | 0 | stopped as told |
//! | 69 | the port is taken |
//! | 74 | the table is missing, or DynamoDB cannot be reached |
//! | 78 | a setting cannot be used |
//! | 1 | anything else |

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use axum::Router;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{DynamoConfig, OpenError, Store, Table, TableSpec};
use tokio::sync::watch;

use crate::Clock;
use crate::config::{self, ConfigError};
use crate::health::{self, Readiness};
use crate::layers::{self, Limits};
use crate::server::{self, ListenError, Shutdown};
use crate::telemetry::{self, FilterError, LogConfig, LogFormat};

/// What a service is built from, besides its settings.
#[derive(Debug)]
pub struct Parts {
    pub table: Table,
    /// Where files that are not in the table lie.
    pub data_dir: PathBuf,
    pub clock: Clock,
    /// Becomes true when the process is about to stop; what runs beside the routes ends then.
    pub draining: watch::Receiver<bool>,
}

/// Why a service could not be built. A [`ConfigError`] among them ends the process with 78.
pub type BuildError = Box<dyn Error + Send + Sync>;

/// A service that is ready to serve.
pub struct Service {
    routes: Router,
    settled: BoxFuture<'static, ()>,
}

impl Service {
    pub fn new(routes: impl Into<Router>) -> Self {
        Self {
            routes: routes.into(),
            settled: std::future::ready(()).boxed(),
        }
    }

    /// Waits for `settled` between the last answer and the end.
    #[must_use]
    pub fn settling(self, settled: impl Future<Output = ()> + Send + 'static) -> Self {
        Self {
            settled: settled.boxed(),
            ..self
        }
    }
}

/// Read from the environment, as `FOLIO_PORT`. The service's own lie under the name of its section.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Settings {
    port: u16,
    data_dir: PathBuf,
    region: String,
    table_prefix: String,
    dynamodb_endpoint: Option<String>,
    create_tables: bool,
    log: LogConfig,
    limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            port: 8080,
            data_dir: "/var/lib/folio".into(),
            region: "us-east-1".to_owned(),
            table_prefix: String::new(),
            dynamodb_endpoint: None,
            create_tables: false,
            log: LogConfig {
                format: LogFormat::Json,
                ..LogConfig::default()
            },
            limits: Limits::default(),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ProcessError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Log(#[from] FilterError),
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Listen(#[from] ListenError),
    #[error(transparent)]
    Build(BuildError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl ProcessError {
    fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Log(_) => 78,
            Self::Listen(_) => 69,
            Self::Open(_) => 74,
            Self::Build(_) | Self::Io(_) => 1,
        }
    }
}

impl From<BuildError> for ProcessError {
    fn from(error: BuildError) -> Self {
        match error.downcast::<ConfigError>() {
            Ok(error) => Self::Config(*error),
            Err(error) => Self::Build(error),
        }
    }
}

/// The whole `main` of the service whose settings are `section`.
pub fn main<S>(
    section: &'static str,
    table: TableSpec,
    build: impl FnOnce(S, Parts) -> Result<Service, BuildError>,
) -> ExitCode
where
    S: Serialize + DeserializeOwned + Default,
{
    let name = format!("{section}-service");
    server::run(&name, serve(section, table, build), ProcessError::exit_code)
}

async fn serve<S>(
    section: &'static str,
    table: TableSpec,
    build: impl FnOnce(S, Parts) -> Result<Service, BuildError>,
) -> Result<(), ProcessError>
where
    S: Serialize + DeserializeOwned + Default,
{
    let (settings, own): (Settings, S) = config::load_apart(section)?;
    settings.limits.check()?;
    telemetry::init(&settings.log)?;
    let clock = Clock::system();
    let dynamo = DynamoConfig {
        endpoint: settings.dynamodb_endpoint,
        region: settings.region,
        table_prefix: settings.table_prefix,
        create_tables: settings.create_tables,
    };
    let store = Store::connect(&dynamo, &[table]).await?;
    let shutdown = Shutdown::default();
    let parts = Parts {
        table: store.table(table.name),
        data_dir: settings.data_dir,
        clock: clock.clone(),
        draining: shutdown.subscribe(),
    };
    let service = build(own, parts)?;

    let health = health::routes(Readiness {
        store,
        draining: shutdown.subscribe(),
    });
    let router = layers::surround(service.routes, health, &settings.limits, &clock);
    let address = SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), settings.port);
    let listener = server::listen(address).await?;
    tracing::info!(address = %listener.local_addr()?, "ready");
    let served = server::run_until_stopped(listener, router, &shutdown).await;
    // Serving may have ended by itself.
    shutdown.begin();
    service.settled.await;
    Ok(served?)
}

#[cfg(test)]
mod tests {
    use figment::Jail;

    use super::*;

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Section {
        issuer: Option<String>,
        password: Password,
    }

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Password {
        lanes: u32,
    }

    #[expect(clippy::result_large_err, reason = "the error of the jail, not ours")]
    fn load(variables: &[(&str, &str)]) -> Result<(Settings, Section), ConfigError> {
        let mut loaded = None;
        Jail::expect_with(|jail| {
            for (name, value) in variables {
                jail.set_env(name, value);
            }
            loaded = Some(config::load_apart("customer"));
            Ok(())
        });
        loaded.unwrap()
    }

    #[test]
    fn with_no_settings_it_logs_json_and_leaves_tables_to_others() {
        let (settings, section) = load(&[]).unwrap();
        assert_eq!(settings.port, 8080);
        assert_eq!(settings.log.format, LogFormat::Json);
        assert_eq!(settings.dynamodb_endpoint, None);
        assert!(!settings.create_tables);
        assert_eq!(section.issuer, None);
    }

    #[test]
    fn the_services_own_settings_have_the_keys_they_have_in_one_process() {
        let (settings, section) = load(&[
            ("FOLIO_PORT", "9000"),
            ("FOLIO_CREATE_TABLES", "true"),
            ("FOLIO_LIMITS__REQUEST_SECONDS", "3"),
            ("FOLIO_CUSTOMER__ISSUER", "https://folio.example"),
            ("FOLIO_CUSTOMER__PASSWORD__LANES", "2"),
        ])
        .unwrap();
        assert_eq!(settings.port, 9000);
        assert!(settings.create_tables);
        assert_eq!(settings.limits.request_seconds, 3);
        assert_eq!(section.issuer.as_deref(), Some("https://folio.example"));
        assert_eq!(section.password.lanes, 2);
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name_and_origin_wherever_it_is() {
        for (variable, key) in [
            ("FOLIO_PROT", "prot:"),
            ("FOLIO_LOG__COLOUR", "log.colour:"),
            ("FOLIO_CUSTOMER__ISUER", "customer.isuer:"),
            ("FOLIO_CUSTOMER__PASSWORD__LANE", "customer.password.lane:"),
            ("FOLIO_CUSTOMERS__ISSUER", "customers:"),
            ("FOLIO_ASSET__SOURCE", "asset:"),
        ] {
            let text = load(&[(variable, "1")]).unwrap_err().to_string();
            assert!(text.contains(&format!(" {key} unknown field")), "{text}");
            assert!(text.contains("environment variable"), "{text}");
        }
    }

    #[test]
    fn a_setting_of_the_wrong_kind_is_refused_by_name() {
        for (variable, key) in [
            ("FOLIO_PORT", "port"),
            ("FOLIO_CUSTOMER", "customer"),
            ("FOLIO_CUSTOMER__PASSWORD__LANES", "customer.password.lanes"),
        ] {
            let text = load(&[(variable, "soon")]).unwrap_err().to_string();
            assert!(text.contains(&format!(" {key}: ")), "{text}");
        }
    }

    #[test]
    fn a_setting_that_a_service_refuses_is_a_setting_that_cannot_be_used() {
        let refused: BuildError = ConfigError::at("customer.issuer", "is not set").into();
        let error = ProcessError::from(refused);
        assert_eq!(error.exit_code(), 78);
        assert!(error.to_string().contains("customer.issuer: is not set"));
        assert_eq!(
            ProcessError::from(BuildError::from("no key")).exit_code(),
            1
        );
    }
}
