//! Logs: readable lines for people, JSON for machines.
//!
//! A message can be read alone; what one would filter by is a field. Names,
//! addresses, e-mails, tokens, amounts and holdings are never logged.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{Directive, ParseError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Pretty,
    Json,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    pub format: LogFormat,
    /// A filter such as `info` or `warn,portfolio_service=debug`.
    pub filter: String,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Pretty,
            filter: "info".into(),
        }
    }
}

/// Below this, the SDK logs whole items, password hashes among them.
const SDK_AT_MOST: &str = "aws=info";

#[derive(Debug, Error)]
#[error("log.filter {filter:?} cannot be used")]
pub struct FilterError {
    filter: String,
    source: ParseError,
}

/// Starts logging to standard error. Later calls change nothing.
///
/// # Errors
///
/// The filter cannot be read.
pub fn init(config: &LogConfig) -> Result<(), FilterError> {
    let filter = EnvFilter::builder()
        .parse(&config.filter)
        .map_err(|source| FilterError {
            filter: config.filter.clone(),
            source,
        })?
        .add_directive(
            Directive::from_str(SDK_AT_MOST).map_err(|source| FilterError {
                filter: SDK_AT_MOST.to_owned(),
                source,
            })?,
        );
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // Fails only if logging has started already.
    let _ = match config.format {
        LogFormat::Pretty => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    Ok(())
}
