//! Access tokens: short-lived JWTs that any service can verify from the published key.

use domain::{CustomerId, SessionId};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Header};
use service_kit::identity::Claims;
use service_kit::{Error, Result};

use super::signing_key::SigningKey;
use crate::config::CustomerConfig;

#[derive(Debug)]
pub(crate) struct AccessTokens {
    key: SigningKey,
    issuer: String,
    audience: String,
    pub(crate) lifetime_seconds: u32,
}

impl AccessTokens {
    pub(crate) fn new(config: &CustomerConfig, key: SigningKey) -> Self {
        Self {
            key,
            issuer: config.issuer().to_owned(),
            audience: config.audience.clone(),
            lifetime_seconds: config.access_token_seconds,
        }
    }

    pub(crate) fn sign(
        &self,
        customer_id: CustomerId,
        session_id: SessionId,
        now: Timestamp,
    ) -> Result<String> {
        let issued_at = now.as_second();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: customer_id,
            sid: session_id,
            iat: issued_at,
            exp: issued_at.saturating_add(i64::from(self.lifetime_seconds)),
        };
        let header = Header {
            kid: Some(self.key.id.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &self.key.encoding).map_err(Error::internal)
    }
}
