//! Refresh tokens: opaque to clients, good for one use.
//!
//! A token names its customer and session, so that it is found by key, and carries a random
//! secret. Only the secret's digest is stored; 256 random bits need no slow hash.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{CustomerId, SessionId};
use service_kit::{Error, Result};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ID_BYTES: usize = 16;
const SECRET_BYTES: usize = 32;

pub(crate) struct RefreshToken {
    pub(crate) customer_id: CustomerId,
    pub(crate) session_id: SessionId,
    secret: [u8; SECRET_BYTES],
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(hidden)")
    }
}

impl RefreshToken {
    pub(crate) fn generate(customer_id: CustomerId, session_id: SessionId) -> Result<Self> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret).map_err(Error::internal)?;
        Ok(Self {
            customer_id,
            session_id,
            secret,
        })
    }

    pub(crate) fn encode(&self) -> String {
        let customer_id = self.customer_id.as_uuid().as_bytes().as_slice();
        let session_id = self.session_id.as_uuid().as_bytes().as_slice();
        URL_SAFE_NO_PAD.encode([customer_id, session_id, &self.secret].concat())
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (customer_id, rest) = bytes.split_at_checked(ID_BYTES)?;
        let (session_id, secret) = rest.split_at_checked(ID_BYTES)?;
        Some(Self {
            customer_id: CustomerId::from_uuid(Uuid::from_slice(customer_id).ok()?),
            session_id: SessionId::from_uuid(Uuid::from_slice(session_id).ok()?),
            secret: secret.try_into().ok()?,
        })
    }

    /// What is stored in place of the secret.
    pub(crate) fn digest(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.secret))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> RefreshToken {
        let customer_id = CustomerId::from_uuid(Uuid::from_u128(1));
        RefreshToken::generate(customer_id, SessionId::from_uuid(Uuid::from_u128(2))).unwrap()
    }

    #[test]
    fn a_token_read_again_is_itself() {
        let token = token();
        let again = RefreshToken::parse(&token.encode()).unwrap();
        assert_eq!(again.customer_id, token.customer_id);
        assert_eq!(again.session_id, token.session_id);
        assert_eq!(again.digest(), token.digest());
    }

    #[test]
    fn no_two_tokens_share_a_secret() {
        assert_ne!(token().digest(), token().digest());
    }

    #[test]
    fn what_is_stored_does_not_give_the_token_away() {
        let token = token();
        assert!(!token.encode().contains(&token.digest()));
        assert_eq!(format!("{token:?}"), "RefreshToken(hidden)");
    }

    #[test]
    fn rubbish_is_no_token() {
        let whole = token().encode();
        for text in [
            "",
            "!",
            "AAAA",
            &whole[1..],
            &format!("{whole}AA"),
            &"A".repeat(10_000),
        ] {
            assert!(RefreshToken::parse(text).is_none(), "{text}");
        }
    }
}
