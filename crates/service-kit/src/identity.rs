//! Verifying access tokens against their issuer's published keys.
//!
//! A token is good if it is signed with a key of the issuer's key set, by an
//! allowed algorithm, for our audience, and has not expired. Verified tokens
//! are remembered until they expire, because a signature check costs more than
//! most requests do. A token with a known key never waits for the issuer; one
//! with an unknown key waits for at most one question, asked for all at once.
//!
//! Invariant: a token is never trusted by its own word: the algorithm comes
//! from the allow-list and the key from the key set.

use std::sync::{Arc, PoisonError, RwLock};

use api::client::{self, Transport};
use domain::{CustomerId, SessionId};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use moka::sync::Cache;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::{Caller, Clock, Error, Result};

pub const JWKS_PATH: &str = "/.well-known/jwks.json";

const ALLOWED: [Algorithm; 1] = [Algorithm::EdDSA];
const KEYS_FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);
/// How long after one question, answered or not, the issuer is left alone.
const REFETCH_AFTER: SignedDuration = SignedDuration::from_secs(10);
/// The same while there are no keys at all, and every token has to be turned away.
const FIRST_FETCH_AGAIN_AFTER: SignedDuration = SignedDuration::from_secs(1);
const REMEMBERED_TOKENS: u64 = 20_000;
const LONGEST_TOKEN: usize = 4096;

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: CustomerId,
    pub sid: SessionId,
    pub iat: i64,
    pub exp: i64,
}

#[derive(Clone)]
pub struct TokenVerifier(Arc<Inner>);

struct Inner {
    validation: Validation,
    transport: Transport,
    clock: Clock,
    keys: RwLock<Keys>,
    /// Held by whoever asks the issuer.
    asking: Arc<Mutex<()>>,
    verified: Cache<Box<str>, Verified>,
}

#[derive(Default, Clone)]
struct Keys {
    set: Option<Arc<JwkSet>>,
    fetched_at: Timestamp,
    /// When the issuer was last asked, whether it answered or not.
    tried_at: Timestamp,
}

impl Keys {
    fn may_ask(&self, now: Timestamp) -> bool {
        let pause = match self.set {
            Some(_) => REFETCH_AFTER,
            None => FIRST_FETCH_AGAIN_AFTER,
        };
        now.duration_since(self.tried_at) >= pause
    }
}

#[derive(Clone, Copy)]
struct Verified {
    caller: Caller,
    expires_at: i64,
}

impl std::fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenVerifier").finish_non_exhaustive()
    }
}

impl TokenVerifier {
    /// `transport` reaches the issuer's key set.
    pub fn new(issuer: &str, audience: &str, transport: Transport, clock: Clock) -> Self {
        let mut validation = Validation::new(ALLOWED[0]);
        validation.algorithms = ALLOWED.to_vec();
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Checked against the clock that is passed in.
        validation.validate_exp = false;
        let verified = Cache::new(REMEMBERED_TOKENS);
        Self(Arc::new(Inner {
            validation,
            transport,
            clock,
            keys: RwLock::default(),
            asking: Arc::default(),
            verified,
        }))
    }

    /// # Errors
    ///
    /// `Unauthorized` for a token that is not good, `Unavailable` when the
    /// issuer's keys cannot be had.
    pub async fn verify(&self, token: &str) -> Result<Caller> {
        let now = self.0.clock.now().as_second();
        let known = match self.0.verified.get(token) {
            Some(known) => known,
            None => self.check(token).await?,
        };
        if known.expires_at <= now {
            self.0.verified.invalidate(token);
            return Err(Error::Unauthorized {
                code: "TOKEN_EXPIRED",
                detail: "The access token has expired. Refresh the session.",
            });
        }
        Ok(known.caller)
    }

    async fn check(&self, token: &str) -> Result<Verified> {
        if token.len() > LONGEST_TOKEN {
            return Err(refused());
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| refused())?;
        let kid = header.kid.ok_or_else(refused)?;
        let key = self.key(&kid).await?.ok_or_else(refused)?;
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &self.0.validation)
            .map_err(|_| refused())?
            .claims;
        let caller = Caller {
            customer_id: claims.sub,
            session_id: claims.sid,
        };
        let verified = Verified {
            caller,
            expires_at: claims.exp,
        };
        self.0.verified.insert(token.into(), verified);
        Ok(verified)
    }

    async fn key(&self, kid: &str) -> Result<Option<DecodingKey>> {
        let set = self.key_set(kid).await?;
        let key = set.find(kid).map(DecodingKey::from_jwk).transpose();
        key.map_err(Error::internal)
    }

    /// The issuer's keys, asked for again when they are old or `kid` is new.
    async fn key_set(&self, kid: &str) -> Result<Arc<JwkSet>> {
        let keys = self.keys();
        let now = self.0.clock.now();
        if let Some(set) = keys.set.filter(|set| set.find(kid).is_some()) {
            if now.duration_since(keys.fetched_at) >= KEYS_FRESH_FOR
                && let Ok(turn) = Arc::clone(&self.0.asking).try_lock_owned()
            {
                tokio::spawn(self.clone().ask(turn));
            }
            return Ok(set);
        }
        if self.keys().may_ask(now) {
            let turn = Arc::clone(&self.0.asking).lock_owned().await;
            // A task of its own, so that a caller who gives up does not undo the others' wait.
            tokio::spawn(self.clone().ask(turn))
                .await
                .map_err(Error::internal)?;
        }
        self.keys().set.ok_or(Error::Unavailable {
            detail: "The identity service cannot be reached.",
            retry_after_seconds: 2,
        })
    }

    fn keys(&self) -> Keys {
        let keys = self.0.keys.read();
        keys.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks the issuer, unless somebody did while this one waited for its turn.
    async fn ask(self, _turn: OwnedMutexGuard<()>) {
        if !self.keys().may_ask(self.0.clock.now()) {
            return;
        }
        let answer = client::get::<JwkSet>(&self.0.transport, JWKS_PATH).await;
        let now = self.0.clock.now();
        let mut keys = self.0.keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.tried_at = now;
        match answer {
            Ok(set) => {
                keys.set = Some(Arc::new(set));
                keys.fetched_at = now;
            }
            // Keys we have had are still good; their tokens expire by themselves.
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "no keys from the issuer"
            ),
        }
    }
}

fn refused() -> Error {
    Error::Unauthorized {
        code: "TOKEN_INVALID",
        detail: "The access token is not valid. Sign in again.",
    }
}
