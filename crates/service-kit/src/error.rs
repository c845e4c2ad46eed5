//! The one error of handlers. It speaks HTTP only in its last step, and never
//! shows a cause: causes are logged, clients get the text written here.

use std::error::Error as StdError;

use api::{FieldError, Problem};
use axum::response::{IntoResponse, Response};
use domain::money::ArithmeticError;
use http::{HeaderValue, StatusCode, header};
use store::{StoreError, WriteError};
use thiserror::Error;

pub type Result<T> = std::result::Result<T, Error>;

#[derive(Debug, Error)]
pub enum Error {
    #[error("there is no such {what}")]
    NotFound { what: &'static str },
    #[error("{} fields are invalid", .0.len())]
    Invalid(Vec<FieldError>),
    #[error("{detail}")]
    Malformed { code: &'static str, detail: String },
    #[error("{detail}")]
    Conflict { code: &'static str, detail: String },
    /// A conflict, and which parts of the request caused it.
    #[error("{detail}")]
    ConflictAt {
        code: &'static str,
        detail: String,
        errors: Vec<FieldError>,
    },
    #[error("{detail}")]
    Unauthorized {
        code: &'static str,
        detail: &'static str,
    },
    #[error("the resource has changed since it was read")]
    PreconditionFailed,
    #[error("the idempotency key was sent before with another request")]
    IdempotencyKeyReused,
    #[error("too many requests")]
    TooManyRequests { retry_after_seconds: u64 },
    #[error("{detail}")]
    Unavailable {
        detail: &'static str,
        retry_after_seconds: u64,
    },
    #[error("the request body must be application/json")]
    UnsupportedMediaType,
    #[error("the request body is too large")]
    PayloadTooLarge,
    #[error("the request body took too long")]
    RequestTimeout,
    #[error("the disk is full")]
    StorageFull(#[source] StoreError),
    #[error("an unexpected error")]
    Internal(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    pub fn internal(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }

    pub fn invalid(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(pointer, code, detail)])
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound { .. } => StatusCode::NOT_FOUND,
            Self::Invalid(_) | Self::IdempotencyKeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::Conflict { .. } | Self::ConflictAt { .. } => StatusCode::CONFLICT,
            Self::Unauthorized { .. } => StatusCode::UNAUTHORIZED,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::StorageFull(_) => StatusCode::INSUFFICIENT_STORAGE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> String {
        match self {
            Self::NotFound { what } => {
                format!("{}_NOT_FOUND", what.to_uppercase().replace(' ', "_"))
            }
            Self::Invalid(_) => "VALIDATION_FAILED".into(),
            Self::Malformed { code, .. }
            | Self::Conflict { code, .. }
            | Self::ConflictAt { code, .. }
            | Self::Unauthorized { code, .. } => (*code).into(),
            Self::PreconditionFailed => "PRECONDITION_FAILED".into(),
            Self::IdempotencyKeyReused => "IDEMPOTENCY_KEY_REUSED".into(),
            Self::TooManyRequests { .. } => "RATE_LIMITED".into(),
            Self::Unavailable { .. } => "UNAVAILABLE".into(),
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE".into(),
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE".into(),
            Self::RequestTimeout => "REQUEST_TIMEOUT".into(),
            Self::StorageFull(_) => "STORAGE_FULL".into(),
            Self::Internal(_) => "INTERNAL_ERROR".into(),
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::NotFound { what } => format!("There is no such {what} that you may see."),
            Self::Invalid(errors) => match errors.as_slice() {
                [only] => format!("{} {}.", only.pointer, only.detail),
                many => format!("{} fields are invalid; see errors.", many.len()),
            },
            Self::Malformed { detail, .. }
            | Self::Conflict { detail, .. }
            | Self::ConflictAt { detail, .. } => detail.clone(),
            Self::Unauthorized { detail, .. } | Self::Unavailable { detail, .. } => {
                (*detail).to_owned()
            }
            Self::PreconditionFailed => {
                "The resource has changed since you read it. Read it again, then repeat the change."
                    .into()
            }
            Self::IdempotencyKeyReused => {
                "This Idempotency-Key was sent before with another request. Use a new one.".into()
            }
            Self::TooManyRequests {
                retry_after_seconds,
            } => {
                format!("Too many attempts. Try again in {retry_after_seconds} seconds.")
            }
            Self::UnsupportedMediaType => {
                "Send the body as JSON with Content-Type: application/json.".into()
            }
            Self::RequestTimeout => "The request body did not arrive in time.".into(),
            Self::PayloadTooLarge => "The request body is larger than this endpoint takes.".into(),
            Self::StorageFull(_) => {
                "There is no space left to store the change. Nothing was written.".into()
            }
            Self::Internal(_) => {
                "Something went wrong on our side. Nothing was written unless stated otherwise."
                    .into()
            }
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooManyRequests {
                retry_after_seconds,
            }
            | Self::Unavailable {
                retry_after_seconds,
                ..
            } => Some(*retry_after_seconds),
            _ => None,
        }
    }

    fn into_problem(self) -> Problem {
        let code = self.code();
        let detail = self.detail();
        let status = self.status();
        let errors = match self {
            Self::Invalid(errors) | Self::ConflictAt { errors, .. } => errors,
            _ => Vec::new(),
        };
        problem(status, code, detail, errors)
    }
}

/// A problem document; the type and the title follow from the code.
pub(crate) fn problem(
    status: StatusCode,
    code: String,
    detail: String,
    errors: Vec<FieldError>,
) -> Problem {
    Problem {
        type_uri: format!("/problems/{}", code.to_lowercase().replace('_', "-")),
        title: title(&code),
        status: status.as_u16(),
        detail,
        code,
        request_id: None,
        errors,
    }
}

/// `EMAIL_TAKEN` is "Email taken".
fn title(code: &str) -> String {
    let words = code.to_lowercase().replace('_', " ");
    let rest = words.get(1..).unwrap_or_default();
    format!("{}{rest}", code.get(..1).unwrap_or_default())
}

/// The document itself is written by [`crate::layers`], which knows the request's id.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Self::Internal(source) = &self {
            tracing::error!(
                error = source.as_ref() as &(dyn StdError + 'static),
                "request failed"
            );
        } else if let Self::StorageFull(source) = &self {
            tracing::error!(
                error = source as &(dyn StdError + 'static),
                "the disk is full"
            );
        }
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if matches!(self, Self::Unauthorized { .. }) {
            let challenge = HeaderValue::from_static("Bearer realm=\"folio\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response.extensions_mut().insert(self.into_problem());
        response
    }
}

impl From<Vec<FieldError>> for Error {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Invalid(errors)
    }
}

impl From<ArithmeticError> for Error {
    fn from(_: ArithmeticError) -> Self {
        Self::Conflict {
            code: "AMOUNT_OUT_OF_RANGE",
            detail: "The amounts are too large to be added up exactly.".into(),
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        if error.retryable() {
            tracing::warn!(
                error = &error as &(dyn StdError + 'static),
                "storage is unavailable"
            );
            return Self::Unavailable {
                detail: "Storage is busy. Try again.",
                retry_after_seconds: 1,
            };
        }
        match error {
            full @ StoreError::Full { .. } => Self::StorageFull(full),
            other => Self::internal(other),
        }
    }
}

/// A failed condition that the handler did not turn into its own answer.
impl From<WriteError> for Error {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::ConditionFailed { .. } => Self::Conflict {
                code: "CONCURRENT_CHANGE",
                detail: "Somebody else changed this at the same time. Try again.".into(),
            },
            WriteError::Store(error) => error.into(),
            too_large @ WriteError::TooLarge { .. } => {
                let error = &too_large as &(dyn StdError + 'static);
                tracing::warn!(error, "a change was larger than one write may be");
                Self::Conflict {
                    code: "CHANGE_TOO_LARGE",
                    detail: "The change touches more than can be stored in one step. Nothing was written."
                        .into(),
                }
            }
        }
    }
}
