use axum::extract::{FromRef, FromRequestParts};
use domain::{CustomerId, SessionId};
use http::header;
use http::request::Parts;

use crate::identity::TokenVerifier;
use crate::{Error, Result};

/// The signed-in customer. A handler that takes one can only be reached with a valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    pub customer_id: CustomerId,
    pub session_id: SessionId,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    TokenVerifier: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let missing = Error::Unauthorized {
            code: "TOKEN_MISSING",
            detail: "Send an access token as Authorization: Bearer.",
        };
        let value = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|v| v.to_str().ok());
        let Some((scheme, token)) = value.and_then(|value| value.split_once(' ')) else {
            return Err(missing);
        };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(missing);
        }
        TokenVerifier::from_ref(state).verify(token.trim()).await
    }
}
