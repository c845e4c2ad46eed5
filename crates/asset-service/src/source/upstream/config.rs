use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::config::ConfigError;

/// How to reach one source, and how much may be asked of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    pub base_url: String,
    /// Never written anywhere.
    #[serde(default, skip_serializing)]
    pub api_key: Option<SecretString>,
    pub connect_timeout_ms: u64,
    /// One request, from waiting for its turn to the last byte, with its retry. Keep it well below
    /// the deadline of a quote, so that there is time for another source.
    pub timeout_ms: u64,
    /// How many requests are under way at once, for all clients together.
    pub concurrent_requests: u32,
    /// Calls in any minute, for this process; zero is no limit.
    pub calls_per_minute: u32,
    /// Calls in a UTC day and a UTC month, for all processes together; zero is no limit.
    pub calls_per_day: u32,
    pub calls_per_month: u32,
    /// How long it is left alone when it fails again and again.
    pub breaker_open_ms: u32,
}

impl UpstreamConfig {
    /// Without a key and without limits of calls.
    pub fn at(base_url: &str) -> Self {
        Self {
            base_url: base_url.to_owned(),
            api_key: None,
            connect_timeout_ms: 500,
            timeout_ms: 900,
            concurrent_requests: 8,
            calls_per_minute: 0,
            calls_per_day: 0,
            calls_per_month: 0,
            breaker_open_ms: 30_000,
        }
    }

    /// For a source that answers nobody without a key.
    ///
    /// # Errors
    ///
    /// There is none; the setting is named after the source.
    pub(in super::super) fn with_key(&self, name: &str) -> Result<&Self, ConfigError> {
        let has_key = self.api_key.as_ref();
        if has_key.is_some_and(|key| !key.expose_secret().trim().is_empty()) {
            return Ok(self);
        }
        let key = format!("asset.{name}.api_key");
        Err(ConfigError::at(&key, "is missing: this source wants a key"))
    }
}
