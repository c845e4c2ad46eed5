//! The service apart from the others: prices and the keys of tokens come over the network.

use std::error::Error;

use api::client::{AssetClient, Transport};
use axum::http::Uri;
use serde::{Deserialize, Serialize};
use service_kit::config::ConfigError;
use service_kit::{Clock, TokenVerifier, transport};
use store::Table;

use crate::{PortfolioConfig, PortfolioService};

/// Where the other services are. Read only when they are not in the same process, and then all of
/// it must be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApartConfig {
    pub asset_url: Option<String>,
    /// Where the keys of access tokens are published, under `/.well-known/jwks.json`.
    pub identity_url: Option<String>,
    /// Who signs the access tokens; compared as text.
    pub issuer: Option<String>,
    /// Whom the access tokens are for.
    pub audience: String,
}

impl Default for ApartConfig {
    fn default() -> Self {
        Self {
            asset_url: None,
            identity_url: None,
            issuer: None,
            audience: "folio".to_owned(),
        }
    }
}

impl PortfolioService {
    /// With the other services where `config.apart` says.
    ///
    /// # Errors
    ///
    /// A [`ConfigError`] when a setting is missing or no address; else no HTTP client could be
    /// built.
    pub fn try_apart(
        config: &PortfolioConfig,
        table: Table,
        clock: Clock,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let apart = &config.apart;
        let asset = reaching("portfolio.apart.asset_url", apart.asset_url.as_deref())?;
        let keys = reaching(
            "portfolio.apart.identity_url",
            apart.identity_url.as_deref(),
        )?;
        let issuer = set("portfolio.apart.issuer", apart.issuer.as_deref())?;
        let verifier = TokenVerifier::new(issuer, &apart.audience, keys, clock.clone());
        Ok(Self::new(
            config,
            table,
            AssetClient::new(asset),
            verifier,
            clock,
        ))
    }
}

fn reaching(key: &str, url: Option<&str>) -> Result<Transport, Box<dyn Error + Send + Sync>> {
    let url = set(key, url)?;
    let parsed = url.parse::<Uri>().ok();
    let scheme = parsed.as_ref().and_then(Uri::scheme_str);
    if !matches!(scheme, Some("http" | "https")) {
        let problem = format!("{url:?} does not begin with http:// or https://");
        return Err(ConfigError::at(key, problem).into());
    }
    Ok(transport::http(url)?)
}

fn set<'a>(key: &str, value: Option<&'a str>) -> Result<&'a str, ConfigError> {
    value.ok_or_else(|| ConfigError::at(key, "is not set"))
}
