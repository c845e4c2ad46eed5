//! Page tokens: where a list continues, for a client to hand back and for nobody to read.
//!
//! A token carries the sort key and a check bound to its scope (owner, route and filter, as the
//! caller spells them). It is opaque, not secret: whoever forges one can only move within the list
//! they may read anyway, because the partition key is never in the token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Long enough that an edited token is not accepted by chance.
const CHECK_BYTES: usize = 12;

/// The token was made for another list, or was edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page token does not belong to this list")]
pub struct InvalidCursor;

pub fn encode(scope: &str, sort_key: &str) -> String {
    let mut bytes = check(scope, sort_key).to_vec();
    bytes.extend_from_slice(sort_key.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The sort key that `token` continues after, if it was made for `scope`.
pub fn decode(scope: &str, token: &str) -> Result<String, InvalidCursor> {
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| InvalidCursor)?;
    let (found, sort_key) = bytes.split_at_checked(CHECK_BYTES).ok_or(InvalidCursor)?;
    let sort_key = str::from_utf8(sort_key).map_err(|_| InvalidCursor)?;
    if sort_key.is_empty() || check(scope, sort_key) != found {
        return Err(InvalidCursor);
    }
    Ok(sort_key.to_owned())
}

fn check(scope: &str, sort_key: &str) -> [u8; CHECK_BYTES] {
    let mut hash = Sha256::new();
    // The length keeps the end of one part from passing as the start of the other.
    hash.update(scope.len().to_be_bytes());
    hash.update(scope);
    hash.update(sort_key);
    let digest = hash.finalize();
    std::array::from_fn(|position| digest[position])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_gives_back_its_sort_key() {
        let token = encode("CUST#1 /v1/portfolios", "PF#42");
        assert_eq!(decode("CUST#1 /v1/portfolios", &token).unwrap(), "PF#42");
    }

    #[test]
    fn a_token_of_another_scope_is_refused() {
        let token = encode("CUST#1 /v1/portfolios", "PF#42");
        assert_eq!(decode("CUST#2 /v1/portfolios", &token), Err(InvalidCursor));
    }

    #[test]
    fn every_single_edit_of_a_token_is_refused() {
        let token = encode("scope", "PF#42");
        for position in 0..token.len() {
            let mut edited = token.clone().into_bytes();
            edited[position] = if edited[position] == b'A' { b'B' } else { b'A' };
            let edited = String::from_utf8(edited).unwrap();
            assert_eq!(decode("scope", &edited), Err(InvalidCursor), "{edited}");
        }
    }

    #[test]
    fn rubbish_is_refused() {
        for token in ["", "AAAA", "not base64!", &"A".repeat(4096)] {
            assert_eq!(decode("scope", token), Err(InvalidCursor), "{token}");
        }
    }

    #[test]
    fn scope_and_sort_key_do_not_run_into_each_other() {
        assert_ne!(check("ab", "c"), check("a", "bc"));
    }
}
