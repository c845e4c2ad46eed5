use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use service_kit::config::ConfigError;

/// How to reach one source, and how much may be asked of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    pub base_url: String,
    /// Never written anywhere.
    #[serde(default, skip_serializing, deserialize_with = "text")]
    pub api_key: Option<SecretString>,
    pub connect_timeout_ms: u64,
    /// One request, from connecting to the last byte, with its retry. Keep it well below the
    /// deadline of a quote, so that there is time for another source.
    pub timeout_ms: u64,
    /// How many requests are under way at once, for all clients together.
    pub concurrent_requests: u32,
    /// Calls in any minute, up to 60 for all processes together, more for this one; zero is no limit.
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

/// Reads a key. One that looks like a number has lost its form on the way here; the error must not
/// show what is left of it.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SecretString>, D::Error> {
    struct Key;

    impl Visitor<'_> for Key {
        type Value = Option<SecretString>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a key as text")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Some(text.to_owned().into()))
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
            Err(unquoted())
        }

        fn visit_u128<E: de::Error>(self, _: u128) -> Result<Self::Value, E> {
            Err(unquoted())
        }

        fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
            Err(unquoted())
        }

        fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
            Err(unquoted())
        }

        fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
            Err(unquoted())
        }
    }

    deserializer.deserialize_any(Key)
}

fn unquoted<E: de::Error>() -> E {
    E::custom("was not read as text; put it into double quotes")
}
