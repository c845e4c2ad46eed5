//! The service's settings and their defaults.

use std::num::{NonZeroU16, NonZeroU32};
use std::thread;

use serde::{Deserialize, Serialize};

pub const DEFAULT_ISSUER: &str = "http://localhost:8080";

/// Settings of the Customer service.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CustomerConfig {
    /// Who signs the access tokens, as an absolute URL. Verifiers compare it as text. Without
    /// one it is [`DEFAULT_ISSUER`], or what the process [adopts](Self::adopt_issuer).
    pub issuer: Option<String>,
    /// Whom the access tokens are for.
    pub audience: String,
    pub access_token_seconds: u32,
    /// How long a session lives after it was last refreshed.
    pub session_days: u16,
    /// How many proxies of our own stand in front. Zero takes the connection's address as the
    /// client's; more count back from the end of `X-Forwarded-For`.
    pub trusted_proxies: u8,
    pub password: PasswordConfig,
    pub limits: LimitConfig,
}

impl Default for CustomerConfig {
    fn default() -> Self {
        Self {
            issuer: None,
            audience: "folio".to_owned(),
            access_token_seconds: 15 * 60,
            session_days: 30,
            trusted_proxies: 0,
            password: PasswordConfig::default(),
            limits: LimitConfig::default(),
        }
    }
}

impl CustomerConfig {
    /// Takes the address the process turned out to have, unless an issuer is set.
    pub fn adopt_issuer(&mut self, issuer: &str) {
        self.issuer.get_or_insert_with(|| issuer.to_owned());
    }

    pub fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or(DEFAULT_ISSUER)
    }
}

/// What hashing a password costs. Raising it rehashes each password at its owner's next sign-in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordConfig {
    pub memory_kib: u32,
    pub iterations: u32,
    pub lanes: u32,
    /// How many passwords are hashed at once.
    pub concurrent: NonZeroU16,
    /// How many more may wait; the next one is told to come back.
    pub waiting: u16,
}

impl Default for PasswordConfig {
    /// Argon2id as OWASP's password storage cheat sheet asks for.
    fn default() -> Self {
        let cores = thread::available_parallelism().ok();
        Self {
            memory_kib: 19 * 1024,
            iterations: 2,
            lanes: 1,
            concurrent: cores
                .and_then(|cores| cores.try_into().ok())
                .unwrap_or(NonZeroU16::MIN),
            waiting: 64,
        }
    }
}

/// How often something may be tried.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// At once, after a pause.
    pub burst: NonZeroU32,
    /// From then on.
    pub per_minute: NonZeroU32,
}

/// Generous enough for a family behind one address; too slow for guessing passwords.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitConfig {
    pub sign_in_per_email: RateLimit,
    pub sign_in_per_address: RateLimit,
    pub registration_per_address: RateLimit,
}

impl Default for LimitConfig {
    fn default() -> Self {
        Self {
            sign_in_per_email: RateLimit::new(20, 2),
            sign_in_per_address: RateLimit::new(300, 60),
            registration_per_address: RateLimit::new(100, 10),
        }
    }
}

impl RateLimit {
    /// Zero counts as one: a limit that lets nothing through is a service switched off.
    pub fn new(burst: u32, per_minute: u32) -> Self {
        let at_least_one = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            burst: at_least_one(burst),
            per_minute: at_least_one(per_minute),
        }
    }
}
