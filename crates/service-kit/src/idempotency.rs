//! `Idempotency-Key`: a repeated request changes nothing and gets the first answer.
//!
//! The answer is stored in the same transaction as the change it answers, under
//! the caller and the key, for 24 hours. Two requests with one key at once: in
//! one process the second is told to wait (409), across processes the storage
//! lets one through and the other replays its answer.
//!
//! Invariant: a stored answer and its change exist both or not at all.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Item, Key, Record, Table, Write, WriteError};

use crate::{Answer, Clock, Error, Result};

const HEADER: &str = "idempotency-key";
const REPLAYED: &str = "idempotency-replayed";
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Keys of this process whose first request is still running, with the names of their tables.
static RUNNING: LazyLock<Mutex<HashSet<(String, Key)>>> = LazyLock::new(Mutex::default);

/// The key a client sent, if any, with what it was sent for.
#[derive(Debug)]
pub struct Idempotency {
    key: Option<String>,
    target: String,
}

impl<S: Sync> FromRequestParts<S> for Idempotency {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let target = format!("{} {}", parts.method, parts.uri.path());
        let mut values = parts.headers.get_all(HEADER).iter();
        let Some(value) = values.next() else {
            return Ok(Self { key: None, target });
        };
        let key = value.to_str().ok().filter(|key| {
            (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
        });
        let key = key
            .filter(|_| values.next().is_none())
            .ok_or_else(|| Error::Malformed {
                code: "MALFORMED_HEADER",
                detail:
                    "The Idempotency-Key must be 1 to 255 visible ASCII characters, given once."
                        .into(),
            })?;
        Ok(Self {
            key: Some(key.to_owned()),
            target,
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct StoredAnswer {
    request: String,
    status: u16,
    body: String,
    location: Option<String>,
    etag: Option<String>,
}

impl Record for StoredAnswer {
    const KIND: &'static str = "idempotency";
}

/// Whether the request still has to be done.
#[derive(Debug)]
pub enum Begun {
    Replay(Response),
    Run(IdempotencyGuard),
}

impl Idempotency {
    /// Looks the key up among the answers of `principal`.
    ///
    /// # Errors
    ///
    /// 422 `IDEMPOTENCY_KEY_REUSED` for a key that was sent with another
    /// request, 409 `IDEMPOTENCY_KEY_IN_USE` while the first is still running.
    pub async fn begin(
        self,
        table: &Table,
        principal: &str,
        body: &Bytes,
        clock: &Clock,
    ) -> Result<Begun> {
        let Some(key) = self.key else {
            return Ok(Begun::Run(IdempotencyGuard { slot: None }));
        };
        let key = Key::new(partition(principal), key);
        let running = Running::start(table, &key)?;
        let request = fingerprint(&self.target, body);
        let found: Option<Item<StoredAnswer>> = table.get(&key).await?;
        match found {
            Some(item) if item.is_live(clock.now()) => {
                return replay(&item.value, &request).map(Begun::Replay);
            }
            Some(lapsed) => forget(table, &lapsed).await?,
            None => {}
        }
        let slot = Slot {
            table: table.clone(),
            key,
            request,
            expires_at: clock
                .now()
                .saturating_add(KEPT_FOR)
                .map_err(Error::internal)?,
            _running: running,
        };
        Ok(Begun::Run(IdempotencyGuard { slot: Some(slot) }))
    }
}

/// The right to do the request; commits the change together with its answer.
#[derive(Debug)]
pub struct IdempotencyGuard {
    slot: Option<Slot>,
}

#[derive(Debug)]
struct Slot {
    table: Table,
    key: Key,
    request: String,
    expires_at: jiff::Timestamp,
    _running: Running,
}

impl IdempotencyGuard {
    /// For a change that is not repeated under a key.
    pub const fn none() -> Self {
        Self { slot: None }
    }

    /// Commits `write` and the record of `answer` as one.
    ///
    /// # Errors
    ///
    /// Those of the write. When another process committed the same key first,
    /// its answer is replayed instead.
    pub async fn commit(
        &self,
        write: Write,
        answer: Answer,
    ) -> std::result::Result<Response, CommitError> {
        let Some(slot) = &self.slot else {
            write.commit().await?;
            return Ok(answer.into_response());
        };
        match slot.record(write, &answer).commit().await {
            Ok(()) => Ok(answer.into_response()),
            // Whichever condition failed first, it may be because the same request was done.
            Err(WriteError::ConditionFailed { key }) => match slot.answered_since().await? {
                Some(stored) => Ok(replay(&stored, &slot.request)?),
                None => Err(WriteError::ConditionFailed { key }.into()),
            },
            Err(error) => Err(error.into()),
        }
    }
}

/// Why [`IdempotencyGuard::commit`] gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Reused(#[from] Error),
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Write(error) => error.into(),
            CommitError::Reused(error) => error,
        }
    }
}

impl Slot {
    /// The answer that another process stored after this one looked.
    async fn answered_since(&self) -> std::result::Result<Option<StoredAnswer>, WriteError> {
        let found: Option<Item<StoredAnswer>> = self.table.get(&self.key).await?;
        Ok(found.map(|item| item.value))
    }

    fn record(&self, write: Write, answer: &Answer) -> Write {
        let stored = StoredAnswer {
            request: self.request.clone(),
            status: answer.status.as_u16(),
            body: String::from_utf8_lossy(&answer.body).into_owned(),
            location: answer.location.clone(),
            etag: answer.etag.clone(),
        };
        write.create(&self.key, &stored).expire_at(self.expires_at)
    }
}

/// Removes an answer past its time, unless somebody else did or has stored a new one.
async fn forget(table: &Table, lapsed: &Item<StoredAnswer>) -> Result<()> {
    let removal = table.write().delete(&lapsed.key, lapsed.version);
    match removal.commit().await {
        Ok(()) | Err(WriteError::ConditionFailed { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn replay(stored: &StoredAnswer, request: &str) -> Result<Response> {
    if stored.request != request {
        return Err(Error::IdempotencyKeyReused);
    }
    let answer = Answer {
        status: StatusCode::from_u16(stored.status).map_err(Error::internal)?,
        body: stored.body.clone().into(),
        location: stored.location.clone(),
        etag: stored.etag.clone(),
    };
    let mut response = answer.into_response();
    response
        .headers_mut()
        .insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

/// Where the answers of `principal` lie, each under its key. They hold what was answered, so they
/// are erased together with whoever it was about.
fn partition(principal: &str) -> String {
    format!("IDEM#{principal}")
}

/// Erases every stored answer of `principal`.
pub async fn erase(table: &Table, principal: &str) -> Result<()> {
    let stored = store::Query::partition(partition(principal));
    for item in table.query_all::<StoredAnswer>(&stored).await? {
        table.write().remove(&item.key).commit().await?;
    }
    Ok(())
}

/// Whether an answer is that of an earlier request, so that nothing was done now.
pub fn is_replay(response: &Response) -> bool {
    response.headers().contains_key(REPLAYED)
}

fn fingerprint(target: &str, body: &Bytes) -> String {
    let digest = Sha256::new()
        .chain_update(target)
        .chain_update([0])
        .chain_update(body)
        .finalize();
    format!("{digest:x}")
}

/// An entry of [`RUNNING`], removed when dropped.
#[derive(Debug)]
struct Running((String, Key));

impl Running {
    fn start(table: &Table, key: &Key) -> Result<Self> {
        let entry = (table.name().to_owned(), key.clone());
        if RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(entry.clone())
        {
            return Ok(Self(entry));
        }
        Err(Error::Conflict {
            code: "IDEMPOTENCY_KEY_IN_USE",
            detail: "The first request with this Idempotency-Key is still running.".into(),
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        RUNNING
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.0);
    }
}
