//! The service apart from the others: the keys of tokens come over the network.

use serde::{Deserialize, Serialize};
use service_kit::Clock;
use service_kit::apart::{ApartError, Issuer};
use store::Table;

use crate::{AssetConfig, AssetService};

/// Who issues access tokens. Read only when the Customer service is not in the same process, and
/// then all of it must be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApartConfig {
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
            identity_url: None,
            issuer: None,
            audience: "folio".to_owned(),
        }
    }
}

impl AssetService {
    /// With tokens issued where `config.apart` says.
    ///
    /// # Errors
    ///
    /// A setting is missing or cannot be used.
    pub fn try_apart(config: &AssetConfig, table: Table, clock: Clock) -> Result<Self, ApartError> {
        let apart = &config.apart;
        let issuer = Issuer {
            identity_url: apart.identity_url.as_deref(),
            issuer: apart.issuer.as_deref(),
            audience: &apart.audience,
        };
        let verifier = issuer.verifier("asset.apart", clock.clone())?;
        Ok(Self::try_new(config, table, verifier, clock)?)
    }
}
