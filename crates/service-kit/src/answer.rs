//! A finished answer: bytes that can be sent now and stored for a replay.

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::precondition::ETag;
use crate::{Error, Result};

#[derive(Debug, Clone)]
pub struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
    pub(crate) location: Option<String>,
    pub(crate) etag: Option<String>,
}

impl Answer {
    pub fn ok<T: Serialize>(body: &T) -> Result<Self> {
        Self::json(StatusCode::OK, body)
    }

    /// The bytes of its body.
    pub fn size(&self) -> usize {
        self.body.len()
    }

    pub fn created<T: Serialize>(location: String, body: &T) -> Result<Self> {
        Ok(Self {
            location: Some(location),
            ..Self::json(StatusCode::CREATED, body)?
        })
    }

    /// For what was created where the request went, as a PUT does.
    pub fn created_here<T: Serialize>(body: &T) -> Result<Self> {
        Self::json(StatusCode::CREATED, body)
    }

    pub fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            body: Bytes::new(),
            location: None,
            etag: None,
        }
    }

    pub fn not_modified(etag: &ETag) -> Self {
        Self {
            status: StatusCode::NOT_MODIFIED,
            ..Self::no_content()
        }
        .etag(etag)
    }

    #[must_use]
    pub fn etag(self, etag: &ETag) -> Self {
        Self {
            etag: Some(etag.to_string()),
            ..self
        }
    }

    fn json<T: Serialize>(status: StatusCode, body: &T) -> Result<Self> {
        let body = serde_json::to_vec(body).map_err(Error::internal)?.into();
        Ok(Self {
            status,
            body,
            location: None,
            etag: None,
        })
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let has_body = !self.body.is_empty();
        let mut response = (self.status, self.body).into_response();
        let headers = response.headers_mut();
        let mut set = |name: HeaderName, value: Option<String>| {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        };
        set(header::LOCATION, self.location);
        set(header::ETAG, self.etag);
        if has_body {
            headers.insert(
                header::CONTENT_TYPE,
                HeaderValue::from_static("application/json"),
            );
        } else {
            headers.remove(header::CONTENT_TYPE);
        }
        // Personal data must not stay in shared caches; with an ETag, a client may ask whether its copy still holds.
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        );
        response
    }
}
