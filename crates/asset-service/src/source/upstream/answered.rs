use reqwest::StatusCode;

use super::super::SourceError;
use super::failure::Failure;
use super::health::Attempt;
use super::unavailable;

/// What a source answered. Statuses of 429 and from 500 on are errors and never seen here.
///
/// An answer nobody complained about by the time it is dropped counts as a success. That a symbol is
/// unknown, or its price no price, is no complaint about the source.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub body: Vec<u8>,
    attempt: Attempt,
}

impl Answered {
    pub(super) fn new(status: StatusCode, body: Vec<u8>, mut attempt: Attempt) -> Self {
        attempt.is_answered();
        Self {
            status,
            body,
            attempt,
        }
    }

    /// The body of a 200.
    ///
    /// # Errors
    ///
    /// `Unavailable` with any other status, which counts as a failure.
    pub fn ok(&self) -> Result<&[u8], SourceError> {
        match self.status {
            StatusCode::OK => Ok(&self.body),
            status => {
                self.attempt.is_of_no_use(Failure::UnexpectedStatus);
                Err(unavailable(format!("it answered {status}")))
            }
        }
    }

    /// The body of a 200, as `read` understands it.
    ///
    /// # Errors
    ///
    /// `Unavailable` with any other status, and those of `read`: that it finds the body `Unavailable`
    /// counts as a failure, that a symbol is unknown or a price refused does not.
    pub fn read<T>(
        &self,
        read: impl FnOnce(&[u8]) -> Result<T, SourceError>,
    ) -> Result<T, SourceError> {
        read(self.ok()?).inspect_err(|error| {
            if matches!(error, SourceError::Unavailable(_)) {
                self.attempt.is_of_no_use(Failure::Unreadable);
            }
        })
    }
}
