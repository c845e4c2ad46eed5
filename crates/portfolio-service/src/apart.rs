//! The service apart from the others: prices and the keys of tokens come over the network.

use api::client::AssetClient;
use serde::{Deserialize, Serialize};
use service_kit::Clock;
use service_kit::apart::{ApartError, Issuer, reaching};
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
    ) -> Result<Self, ApartError> {
        let apart = &config.apart;
        let asset = reaching("portfolio.apart.asset_url", apart.asset_url.as_deref())?;
        let issuer = Issuer {
            identity_url: apart.identity_url.as_deref(),
            issuer: apart.issuer.as_deref(),
            audience: &apart.audience,
        };
        let verifier = issuer.verifier("portfolio.apart", clock.clone())?;
        Ok(Self::new(
            config,
            table,
            AssetClient::new(asset),
            verifier,
            clock,
        ))
    }
}
