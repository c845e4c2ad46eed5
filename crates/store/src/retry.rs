//! Trying again when storage says "not now", and telling that apart from "never".
//!
//! The SDK's own retries are off: they know nothing of transaction conflicts, and two layers of
//! retries multiply. Pauses grow, are jittered so that colliding writers drift apart, and are
//! capped in length and number, because a caller is waiting.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use crate::StoreError;
use crate::embedded::codes;

/// Tries in all, the first included.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The tries of one request. A loop around it rather than a function taking a closure: the
/// compiler cannot yet see that the future of an async closure may move between threads.
#[derive(Debug)]
pub(crate) struct Tries {
    left: u32,
    pause: Duration,
}

impl Tries {
    /// For a storage that may be busy, if it is `remote`: the engine on this machine never is.
    pub(crate) fn new(remote: bool) -> Self {
        Self {
            left: if remote { TRIES } else { 1 },
            pause: FIRST_PAUSE,
        }
    }

    /// Hands `value` over to a try: as it is if no other try can need it.
    pub(crate) fn lend<T: Clone + Default>(&self, value: &mut T) -> T {
        if self.left > 1 {
            value.clone()
        } else {
            std::mem::take(value)
        }
    }

    /// Pauses if another try may help; gives the error back if it would not or none is left.
    pub(crate) async fn after(&mut self, error: StoreError) -> Result<(), StoreError> {
        self.left -= 1;
        if !error.retryable() || self.left == 0 {
            return Err(error);
        }
        tokio::time::sleep(jittered(self.pause)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// Between half of `pause` and all of it.
fn jittered(pause: Duration) -> Duration {
    let share = RandomState::new().hash_one(0) % 512;
    pause / 2 + pause * u32::try_from(share).unwrap_or_default() / 1024
}

/// Sorts an SDK error by what the caller can do about it.
pub(crate) fn classify<E>(error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match error {
        SdkError::ServiceError(service) => classify_service(service.into_err()),
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => {
            StoreError::Unavailable {
                source: error.into(),
            }
        }
        _ => StoreError::Refused {
            source: error.into(),
        },
    }
}

/// [`classify`] for an answer that did arrive.
pub(crate) fn classify_service<E>(error: E) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let class = by_code(error.code().unwrap_or_default());
    let source = error.into();
    match class {
        Class::Unavailable => StoreError::Unavailable { source },
        Class::Full => StoreError::Full { source },
        Class::Failed => StoreError::Failed { source },
        Class::Refused => StoreError::Refused { source },
    }
}

enum Class {
    Unavailable,
    Full,
    Failed,
    Refused,
}

fn by_code(code: &str) -> Class {
    match code {
        "ThrottlingException"
        | "Throttling"
        | "ProvisionedThroughputExceededException"
        | "RequestLimitExceeded"
        | "InternalServerError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "TransactionConflictException"
        | "TransactionInProgressException" => Class::Unavailable,
        codes::FULL => Class::Full,
        codes::FAILED => Class::Failed,
        _ => Class::Refused,
    }
}

#[cfg(test)]
mod tests;
