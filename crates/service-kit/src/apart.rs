//! A service apart from the others: what it must be told about where they are.
//!
//! Every setting is named by its whole key, so that a process that cannot start says what to set.

use http::Uri;

use api::client::Transport;

use crate::config::ConfigError;
use crate::{Clock, TokenVerifier, transport};

/// A [`ConfigError`] when a setting is missing or no address; else no HTTP client could be built.
pub type ApartError = Box<dyn std::error::Error + Send + Sync>;

/// Who issues access tokens, as the settings `identity_url`, `issuer` and `audience` of a section
/// say.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// Where the keys of access tokens are published, under `/.well-known/jwks.json`.
    pub identity_url: Option<&'a str>,
    /// Who signs the access tokens; compared as text.
    pub issuer: Option<&'a str>,
    /// Whom the access tokens are for.
    pub audience: &'a str,
}

impl Issuer<'_> {
    /// Verifies this issuer's tokens. `section` is where its settings are, as `asset.apart`.
    ///
    /// # Errors
    ///
    /// A setting is missing or no address.
    pub fn verifier(&self, section: &str, clock: Clock) -> Result<TokenVerifier, ApartError> {
        let keys = reaching(&format!("{section}.identity_url"), self.identity_url)?;
        let issuer = set(&format!("{section}.issuer"), self.issuer)?;
        Ok(TokenVerifier::new(issuer, self.audience, keys, clock))
    }
}

/// A transport to the service at the address that the setting `key` gives.
///
/// # Errors
///
/// The setting is missing or no address.
pub fn reaching(key: &str, url: Option<&str>) -> Result<Transport, ApartError> {
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
