//! What can be set, by flag, environment or file.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use asset_service::{AssetConfig, SourceName};
use clap::{Args, Parser, Subcommand};
use customer_service::CustomerConfig;
use portfolio_service::PortfolioConfig;
use serde::{Deserialize, Serialize};
use service_kit::config::{self, ConfigError};
use service_kit::layers::Limits;
use service_kit::telemetry::LogConfig;

#[derive(Debug, Parser)]
#[command(name = "folio", version, about = "An investment portfolio tracker")]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run all services on this machine
    Serve(ServeFlags),
    /// Write the OpenAPI contracts
    Openapi {
        /// Where to
        #[arg(long, default_value = "openapi")]
        dir: PathBuf,
    },
    /// Ask a running Folio whether it is ready; exit 0 if it is
    Healthcheck {
        #[arg(long, env = "FOLIO_PORT", default_value_t = 8080)]
        port: u16,
    },
}

#[derive(Debug, Default, Args, Serialize)]
pub struct ServeFlags {
    /// A TOML file with settings
    #[arg(long, env = "FOLIO_CONFIG")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// Where the data lies [default: folio-data]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    /// The address to listen on [default: 127.0.0.1]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<IpAddr>,
    /// The port to listen on; 0 takes a free one [default: 8080]
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Create a demo customer with two portfolios
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub demo: bool,
    /// Where prices come from, first to last, separated by commas [default: simulated]
    #[arg(long, num_args = 1..)]
    #[serde(skip)]
    pub market: Option<Vec<String>>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub data_dir: PathBuf,
    pub host: IpAddr,
    pub port: u16,
    pub demo: bool,
    pub log: LogConfig,
    pub limits: Limits,
    pub customer: CustomerConfig,
    pub portfolio: PortfolioConfig,
    pub asset: AssetConfig,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data_dir: "folio-data".into(),
            host: Ipv4Addr::LOCALHOST.into(),
            port: 8080,
            demo: false,
            log: LogConfig::default(),
            limits: Limits::default(),
            customer: CustomerConfig::default(),
            portfolio: PortfolioConfig::default(),
            asset: AssetConfig::default(),
        }
    }
}

impl Settings {
    /// # Errors
    ///
    /// A setting that is unknown or cannot be read, named with where it came from.
    pub fn load(flags: &ServeFlags) -> Result<Self, ConfigError> {
        let mut settings: Self = config::load(flags.config.as_deref(), flags)?;
        if settings.data_dir.as_os_str().is_empty() {
            return Err(ConfigError::at("data_dir", "must not be empty"));
        }
        settings.limits.check()?;
        if let Some(names) = &flags.market {
            let sources = SourceName::parse_list(&names.join(","));
            settings.asset.sources = sources.map_err(|error| ConfigError::at("--market", error))?;
        }
        Ok(settings)
    }
}
