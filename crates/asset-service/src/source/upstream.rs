//! How a source is reached over HTTP: one GET at a time through its limits.
//!
//! Every source client sends through this and nothing else, so that what is true of one is true of
//! all: a time-out, a bounded answer, a few requests at once, a pause when it asks for one.

mod gate;

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::config::ConfigError;
use tokio::sync::Semaphore;

use self::gate::Gate;
use super::{Ask, SourceError};

/// Answers are at most a few megabytes; whatever is longer is no answer.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// How to reach one source, and how much may be asked of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamConfig {
    pub base_url: String,
    /// Never written anywhere.
    #[serde(default, skip_serializing)]
    pub api_key: Option<SecretString>,
    pub connect_timeout_ms: u64,
    /// One request, from connecting to the last byte, with its retry. Keep it well below the
    /// deadline of a quote, so that there is time for another source.
    pub timeout_ms: u64,
    /// How many requests are under way at once, for all clients together.
    pub concurrent_requests: u32,
    /// Calls in a minute, a UTC day and a UTC month; zero is no limit.
    pub calls_per_minute: u32,
    pub calls_per_day: u32,
    pub calls_per_month: u32,
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
        }
    }
}

/// One GET.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    /// How many calls the source counts it as.
    pub cost: u32,
}

impl<'a> Call<'a> {
    pub fn new(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Self {
        let cost = 1;
        Self { path, query, cost }
    }
}

/// What a source answered. Statuses of 429 and from 500 on are errors and never seen here.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub body: Vec<u8>,
}

impl Answered {
    /// The body of a 200.
    ///
    /// # Errors
    ///
    /// `Unavailable` with any other status.
    pub fn ok(&self) -> Result<&[u8], SourceError> {
        match self.status {
            StatusCode::OK => Ok(&self.body),
            status => Err(unavailable(format!("it answered {status}"))),
        }
    }
}

/// The way to one source.
#[derive(Debug)]
pub struct Upstream {
    name: &'static str,
    client: Client,
    base_url: Url,
    headers: header::HeaderMap,
    permits: Semaphore,
    gate: Gate,
}

impl Upstream {
    /// `key_header` is where the source wants its key, and what stands before it.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for an address or a key that cannot be used.
    pub fn try_new(
        name: &'static str,
        config: &UpstreamConfig,
        key_header: Option<(&'static str, &str)>,
    ) -> Result<Self, ConfigError> {
        let key = |setting: &str| format!("asset.{name}.{setting}");
        let base_url = Url::parse(&config.base_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| {
                let problem = format!("{:?} is not an http or https address", config.base_url);
                ConfigError::at(&key("base_url"), problem)
            })?;
        let mut headers = header::HeaderMap::new();
        headers.insert(
            header::ACCEPT,
            header::HeaderValue::from_static("application/json"),
        );
        if let (Some((header, before)), Some(secret)) = (key_header, &config.api_key) {
            let text = format!("{before}{}", secret.expose_secret());
            let mut value = header::HeaderValue::from_str(&text)
                .map_err(|_| ConfigError::at(&key("api_key"), "has characters that no key has"))?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        let client = service_kit::transport::client(
            Duration::from_millis(config.connect_timeout_ms),
            Duration::from_millis(config.timeout_ms),
        )
        .map_err(|error| ConfigError::at(&key("base_url"), error))?;
        let permits = usize::try_from(config.concurrent_requests).unwrap_or(usize::MAX);
        Ok(Self {
            name,
            client,
            base_url,
            headers,
            permits: Semaphore::new(permits.clamp(1, Semaphore::MAX_PERMITS)),
            gate: Gate::default(),
        })
    }

    pub(super) fn set_header(&mut self, name: header::HeaderName, value: &'static str) {
        let value = header::HeaderValue::from_static(value);
        self.headers.insert(name, value);
    }

    /// # Errors
    ///
    /// `Unavailable`.
    pub async fn get(&self, ask: Ask, call: &Call<'_>) -> Result<Answered, SourceError> {
        let permit = self.permits.acquire().await;
        let _permit = permit.map_err(|_| unavailable("it is closed"))?;
        self.gate.check(ask.now)?;
        let request = self
            .client
            .get(self.url(call))
            .headers(self.headers.clone());
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry_after = response.headers().get(header::RETRY_AFTER);
            let retry_after = retry_after.and_then(|value| value.to_str().ok());
            self.gate.close(self.name, ask.now, retry_after);
            return Err(unavailable("it asks for fewer requests"));
        }
        if status.is_server_error() {
            return Err(unavailable(format!("it answered {status}")));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_BODY {
                return Err(unavailable("its answer is too long"));
            }
        }
        self.gate.open();
        Ok(Answered { status, body })
    }

    /// For a status or a note inside an answer that means too many calls.
    pub fn was_asked_for_a_pause(&self, now: Timestamp) {
        self.gate.close(self.name, now, None);
    }

    fn url(&self, call: &Call<'_>) -> Url {
        let mut url = self.base_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(call.path);
        }
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        url
    }
}

pub(crate) fn unavailable(why: impl Into<String>) -> SourceError {
    SourceError::Unavailable(why.into())
}

fn unreachable(error: reqwest::Error) -> SourceError {
    let why = if error.is_timeout() {
        "it took too long"
    } else if error.is_connect() {
        "it cannot be reached"
    } else {
        "the connection broke"
    };
    tracing::debug!(
        error = &error.without_url() as &(dyn std::error::Error + 'static),
        why
    );
    unavailable(why)
}
