use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use domain::{CustomerId, SessionId};
use http::header;
use http::request::Parts;

use crate::identity::TokenVerifier;
use crate::{Error, Result};

/// The signed-in customer. A handler that takes one can only be reached with a valid token; one
/// that takes an `Option` of it can be reached without a token too, but not with one that is no
/// good.
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
        let token = bearer(parts)?;
        TokenVerifier::from_ref(state).verify(token).await
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller
where
    TokenVerifier: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        let caller = <Self as FromRequestParts<S>>::from_request_parts(parts, state).await?;
        Ok(Some(caller))
    }
}

/// The signed-in customer and the token they came with, for asking another service in their name.
#[derive(Debug, Clone)]
pub struct CallerWithToken {
    pub caller: Caller,
    pub token: AccessToken,
}

/// An access token that was found good. Its `Debug` hides it.
#[derive(Clone)]
pub struct AccessToken(Arc<str>);

impl AccessToken {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(hidden)")
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CallerWithToken
where
    TokenVerifier: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let token = bearer(parts)?;
        Ok(Self {
            caller: TokenVerifier::from_ref(state).verify(token).await?,
            token: AccessToken(token.into()),
        })
    }
}

fn bearer(parts: &Parts) -> Result<&str> {
    let value = parts.headers.get(header::AUTHORIZATION);
    value
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or(Error::Unauthorized {
            code: "TOKEN_MISSING",
            detail: "Send an access token as Authorization: Bearer.",
        })
}
