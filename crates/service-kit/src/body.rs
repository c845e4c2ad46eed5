use api::Fields;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::header;
use http_body_util::{BodyExt, LengthLimitError};
use serde::de::DeserializeOwned;

use crate::Error;

/// A JSON request body, read so that every mistake in it can be reported at once.
#[derive(Debug)]
pub struct Body<T> {
    pub request: T,
    /// Collects field errors; holds those about unknown fields already.
    pub fields: Fields,
    /// As sent, to tell a repeated request from another one under the same idempotency key.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        if !is_json(&request) {
            return Err(Error::UnsupportedMediaType);
        }
        let bytes = request
            .into_body()
            .collect()
            .await
            .map_err(|error| unread(&error))?
            .to_bytes();
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed("The body is not UTF-8."))?;
        let (request, unknown) = api::read_object(text).map_err(|error| {
            malformed(format!(
                "The body is not the JSON object expected: {error}."
            ))
        })?;
        Ok(Self {
            request,
            fields: Fields::with(unknown),
            bytes,
        })
    }
}

fn is_json(request: &Request) -> bool {
    let value = request.headers().get(header::CONTENT_TYPE);
    let essence = value
        .and_then(|value| value.to_str().ok())
        .and_then(|v| v.split(';').next());
    essence.is_some_and(|essence| {
        let essence = essence.trim();
        essence.eq_ignore_ascii_case("application/json")
            || essence.eq_ignore_ascii_case("application/merge-patch+json")
    })
}

fn malformed(detail: impl Into<String>) -> Error {
    Error::Malformed {
        code: "MALFORMED_JSON",
        detail: detail.into(),
    }
}

fn unread(error: &axum::Error) -> Error {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Error::PayloadTooLarge;
        }
        cause = error.source();
    }
    malformed("The body could not be read to its end.")
}
