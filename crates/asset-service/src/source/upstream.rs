//! How a source is reached over HTTP: one GET at a time through its limits.
//!
//! Every source client sends through this and nothing else, so that what is true of one is true of
//! all. [`config`] has the limits; [`health`] remembers how it went and closes the way for a while
//! ([`breaker`]); [`budgets`] counts the calls; [`failure`] says what can go wrong and [`retry`] when
//! it is tried once more; [`answered`] is what comes back.
//!
//! Invariant: once it is its turn a call takes no longer than its time-out, counting included; it
//! waits for its turn no longer than [`LONGEST_QUEUE`], and less where its caller gives up before.

mod answered;
mod breaker;
mod budgets;
mod config;
mod failure;
mod health;
mod retry;

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Response, Url, header};
use secrecy::ExposeSecret;
use service_kit::Clock;
use service_kit::config::ConfigError;
use store::Table;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout, timeout_at};

pub use self::answered::Answered;
pub use self::budgets::{BudgetState, Window};
pub use self::config::UpstreamConfig;
pub use self::failure::Failure;
pub use self::health::{BreakerState, HealthState, Tally};

use self::budgets::Budgets;
use self::failure::Failed;
use self::health::Health;
use super::{Ask, Purpose, SourceError};

/// A batch of a hundred symbols is a hundred calls to some sources, a few at a time.
const LONGEST_QUEUE: Duration = Duration::from_secs(8);
/// Answers are at most a few megabytes; whatever is longer is no answer.
const LONGEST_BODY: usize = 16 * 1024 * 1024;

/// One GET.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    /// How many calls the source counts it as.
    pub cost: u32,
    /// In place of the one that is configured.
    pub timeout: Option<Duration>,
}

impl<'a> Call<'a> {
    pub fn new(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Self {
        Self {
            path,
            query,
            cost: 1,
            timeout: None,
        }
    }
}

/// Why there is no answer to a call.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// It is kept back, by the limits or by the breaker; so would be any other call.
    NotSent(SourceError),
    Failed(SourceError),
}

impl From<Unanswered> for SourceError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::NotSent(error) | Unanswered::Failed(error) => error,
        }
    }
}

/// Where the calls to all sources are counted, and by whose time.
#[derive(Debug, Clone)]
pub struct CallBook {
    pub table: Table,
    pub clock: Clock,
}

/// How a source does: whether it is asked at present, what may still be asked of it.
#[derive(Debug, Clone)]
pub struct UpstreamState {
    pub health: HealthState,
    /// Only those that are limited.
    pub budgets: Vec<BudgetState>,
}

type Turn<'a> = (Option<SemaphorePermit<'a>>, SemaphorePermit<'a>);

/// The way to one source.
#[derive(Debug)]
pub struct Upstream {
    client: Client,
    base_url: Url,
    headers: header::HeaderMap,
    timeout: Duration,
    permits: Semaphore,
    /// Half as many, without which only those who wait for what is known are let through.
    spare: Semaphore,
    budgets: Budgets,
    health: Arc<Health>,
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
        book: &CallBook,
    ) -> Result<Self, ConfigError> {
        let key = |setting: &str| format!("asset.{name}.{setting}");
        let base_url = Url::parse(&config.base_url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| {
                // Not shown: an address may hold a password.
                ConfigError::at(&key("base_url"), "is not an http or https address")
            })?;
        let mut headers = header::HeaderMap::new();
        headers.insert(
            header::ACCEPT,
            header::HeaderValue::from_static("application/json"),
        );
        if let (Some((header, before)), Some(secret)) = (key_header, &config.api_key) {
            let secret = secret.expose_secret();
            let value = header::HeaderValue::from_str(&format!("{before}{secret}"));
            let value = value
                .ok()
                .filter(|_| secret.bytes().all(|byte| byte.is_ascii_graphic()));
            let mut value = value.ok_or_else(|| {
                ConfigError::at(&key("api_key"), "has characters that no key has")
            })?;
            value.set_sensitive(true);
            headers.insert(header, value);
        }
        let timeout = Duration::from_millis(config.timeout_ms);
        let connect_timeout = Duration::from_millis(config.connect_timeout_ms);
        let client = service_kit::transport::client(connect_timeout, timeout)
            .map_err(|error| ConfigError::at(&key("base_url"), error))?;
        let permits = usize::try_from(config.concurrent_requests).unwrap_or(usize::MAX);
        let permits = permits.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Self {
            client,
            base_url,
            headers,
            timeout,
            permits: Semaphore::new(permits),
            spare: Semaphore::new((permits / 2).max(1)),
            budgets: Budgets::new(name, config, book),
            health: Arc::new(Health::new(name, config, book.clock.clone())),
        })
    }

    pub(super) fn set_header(&mut self, name: header::HeaderName, value: &'static str) {
        let value = header::HeaderValue::from_static(value);
        self.headers.insert(name, value);
    }

    /// Sends the call, once or twice. Whatever is wrong with what comes back should be said through
    /// [`Answered`], which counts it.
    ///
    /// # Errors
    ///
    /// `Unavailable`.
    pub async fn get(&self, ask: Ask, call: &Call<'_>) -> Result<Answered, SourceError> {
        Ok(self.try_get(ask, call).await?)
    }

    pub(super) async fn try_get(&self, ask: Ask, call: &Call<'_>) -> Result<Answered, Unanswered> {
        let limit = call.timeout.unwrap_or(self.timeout);
        self.health.check().map_err(Unanswered::NotSent)?;
        let turn = timeout(LONGEST_QUEUE, self.turn(ask.purpose)).await;
        let Ok(Ok(_turn)) = turn else {
            return Err(Unanswered::NotSent(unavailable("its queue is too long")));
        };
        let began = Instant::now();
        let deadline = began + limit;
        let attempt = self.health.begin().map_err(Unanswered::NotSent)?;
        if let Err(error) = self.counted(ask, call, deadline).await {
            attempt.withdraw();
            return Err(Unanswered::NotSent(error));
        }
        let mut sent = self.sent(call, deadline).await;
        if let Err(failed) = &sent
            && !attempt.is_probe()
            && let Some(pause) = retry::pause(failed, began.elapsed(), limit)
        {
            tokio::time::sleep(pause).await;
            if self.counted(ask, call, deadline).await.is_ok() {
                self.health.count_call();
                sent = self.sent(call, deadline).await;
            }
        }
        match sent {
            Ok((status, body)) => Ok(Answered::new(status, body, attempt)),
            Err(failed) => Err(Unanswered::Failed(attempt.failed(&failed))),
        }
    }

    /// How long a call may take that says nothing else.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// For a note inside an answer that means too many calls. The answer is no failure besides.
    pub fn was_asked_for_a_pause(&self) -> SourceError {
        self.health.pause(None);
        unavailable("it asks for fewer requests")
    }

    /// Whether it would not be asked now.
    pub fn is_left_alone(&self) -> bool {
        self.health.check().is_err()
    }

    pub async fn state(&self) -> UpstreamState {
        UpstreamState {
            health: self.health.state(),
            budgets: self.budgets.state().await,
        }
    }

    /// Made-up symbols and work behind the scenes never stand in more than half of the ways, however
    /// many there are: first come, first served holds only among the like.
    async fn turn(&self, purpose: Purpose) -> Result<Turn<'_>, AcquireError> {
        let spare = match purpose {
            Purpose::Request => None,
            Purpose::Discovery | Purpose::Background => Some(self.spare.acquire().await?),
        };
        Ok((spare, self.permits.acquire().await?))
    }

    async fn counted(
        &self,
        ask: Ask,
        call: &Call<'_>,
        deadline: Instant,
    ) -> Result<(), SourceError> {
        let taken = timeout_at(deadline, self.budgets.take(ask.purpose, call.cost)).await;
        match taken {
            Ok(Err(error)) => Err(error),
            Ok(Ok(())) if Instant::now() < deadline => Ok(()),
            _ => Err(unavailable("counting its calls took too long")),
        }
    }

    async fn sent(
        &self,
        call: &Call<'_>,
        deadline: Instant,
    ) -> Result<(reqwest::StatusCode, Vec<u8>), Failed> {
        let exchange = async {
            let request = self.client.get(self.url(call));
            let request = request.headers(self.headers.clone());
            // The client has a limit of its own, for calls that may not take longer.
            let request = request.timeout(call.timeout.unwrap_or(self.timeout));
            let response = request.send().await?;
            let status = response.status();
            if let Some(failed) = Failed::of(&response, self.health.now()) {
                return Err(failed);
            }
            Ok((status, body(response).await?))
        };
        timeout_at(deadline, exchange)
            .await
            .unwrap_or_else(|_| Err(Failure::Timeout.into()))
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

async fn body(mut response: Response) -> Result<Vec<u8>, Failed> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_BODY {
            return Err(Failure::Unreadable.into());
        }
    }
    Ok(body)
}

pub(crate) fn unavailable(why: impl Into<String>) -> SourceError {
    SourceError::Unavailable(why.into())
}
