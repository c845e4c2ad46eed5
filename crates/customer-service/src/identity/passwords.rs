//! Hashing passwords with argon2id, a few at a time.
//!
//! A hash takes 19 MiB and some milliseconds of a core on purpose. It never runs on the threads
//! that serve requests, and when too many wait, the next caller is told to come back instead of
//! letting memory and time pile up.
//!
//! Invariant: checking a password costs the same whether or not there is an account.

use std::sync::Arc;

use argon2::password_hash::Error as HashError;
use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use service_kit::{Error, Result};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::config::PasswordConfig;

#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    hasher: Argon2<'static>,
    /// Checked when there is no account, so that its absence takes as long.
    nobody: Arc<PasswordHash>,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Matches,
    /// Matches, but was hashed at another cost than today's.
    MatchesOutdated,
    Differs,
}

impl Passwords {
    pub(crate) fn try_new(config: &PasswordConfig) -> std::result::Result<Self, HashError> {
        let params = Params::new(config.memory_kib, config.iterations, config.lanes, None)?;
        let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let nobody = hasher.hash_password(b"nobody's password")?;
        let running = usize::from(config.concurrent.get());
        Ok(Self {
            hasher,
            nobody: Arc::new(nobody),
            running: Arc::new(Semaphore::new(running)),
            admitted: Arc::new(Semaphore::new(running + usize::from(config.waiting))),
        })
    }

    /// A salted hash in the PHC string format.
    pub(crate) async fn hash(&self, password: &str) -> Result<String> {
        let password = opaque(password);
        let hash = self
            .run(move |hasher| hasher.hash_password(password.expose_secret().as_bytes()))
            .await?;
        Ok(hash.map_err(Error::internal)?.to_string())
    }

    /// Compares with a stored hash, or takes as long without one.
    pub(crate) async fn verify(&self, password: &str, stored: Option<&str>) -> Result<Verdict> {
        let password = opaque(password);
        let expected = match stored {
            Some(phc) => Arc::new(PasswordHash::new(phc).map_err(Error::internal)?),
            None => Arc::clone(&self.nobody),
        };
        let outdated = !self.is_current(&expected);
        let compared = self
            .run(move |hasher| {
                hasher.verify_password(password.expose_secret().as_bytes(), &*expected)
            })
            .await?;
        match compared {
            Ok(()) if stored.is_none() => Ok(Verdict::Differs),
            Ok(()) if outdated => Ok(Verdict::MatchesOutdated),
            Ok(()) => Ok(Verdict::Matches),
            Err(HashError::PasswordInvalid) => Ok(Verdict::Differs),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// A digest of a request that holds a password, as slow to guess from as the password's hash.
    pub(crate) async fn fingerprint(&self, salt: &str, request: &[u8]) -> Result<[u8; 32]> {
        let salt = Sha256::digest(salt);
        let request = request.to_vec();
        self.run(move |hasher| {
            let mut digest = [0; 32];
            hasher.hash_password_into(&request, &salt, &mut digest)?;
            Ok(digest)
        })
        .await?
        .map_err(|error: argon2::Error| Error::internal(error))
    }

    fn is_current(&self, hash: &PasswordHash) -> bool {
        let cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost());
        hash.algorithm == argon2::ARGON2ID_IDENT
            && Params::try_from(hash)
                .is_ok_and(|params| cost(&params) == cost(self.hasher.params()))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T> {
        let busy = |_| Error::Unavailable {
            detail: "Too many people are signing in right now. Try again.",
            retry_after_seconds: 1,
        };
        let admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(busy)?;
        let turn = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        let hasher = self.hasher.clone();
        tokio::task::spawn_blocking(move || {
            // Held by the work and not by the request, whose client may hang up before it is done.
            let _held = (admitted, turn);
            work(&hasher)
        })
        .await
        .map_err(Error::internal)
    }
}

/// The form in which passwords are compared: RFC 8265's `OpaqueString`. One keyboard composes
/// "é", another sends a letter and an accent; it is the same password.
fn opaque(password: &str) -> SecretString {
    let one_space = |c| match c {
        '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            ' '
        }
        other => other,
    };
    password
        .chars()
        .map(one_space)
        .nfc()
        .collect::<String>()
        .into()
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU16;

    use super::*;

    fn cheap() -> PasswordConfig {
        PasswordConfig {
            memory_kib: 8,
            iterations: 1,
            lanes: 1,
            concurrent: NonZeroU16::MIN,
            waiting: 1,
        }
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::try_new(&cheap()).unwrap();
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
        assert_eq!(
            passwords
                .verify("correct horse", Some(&hash))
                .await
                .unwrap(),
            Verdict::Matches
        );
        assert_eq!(
            passwords
                .verify("Correct horse", Some(&hash))
                .await
                .unwrap(),
            Verdict::Differs
        );
    }

    #[tokio::test]
    async fn the_same_password_hashes_differently_each_time() {
        let passwords = Passwords::try_new(&cheap()).unwrap();
        let first = passwords.hash("correct horse").await.unwrap();
        assert_ne!(first, passwords.hash("correct horse").await.unwrap());
    }

    #[tokio::test]
    async fn composed_and_decomposed_letters_are_the_same_password() {
        let passwords = Passwords::try_new(&cheap()).unwrap();
        let hash = passwords.hash("Jose\u{301} geht\u{A0}aus").await.unwrap();
        let verdict = passwords
            .verify("Jos\u{E9} geht aus", Some(&hash))
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::Matches);
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_matches_but_is_outdated() {
        let old = Passwords::try_new(&cheap()).unwrap();
        let hash = old.hash("correct horse").await.unwrap();
        let new = Passwords::try_new(&PasswordConfig {
            iterations: 2,
            ..cheap()
        })
        .unwrap();
        let verdict = new.verify("correct horse", Some(&hash)).await.unwrap();
        assert_eq!(verdict, Verdict::MatchesOutdated);
    }

    #[tokio::test]
    async fn nobody_can_sign_in_as_nobody() {
        let passwords = Passwords::try_new(&cheap()).unwrap();
        let verdict = passwords.verify("nobody's password", None).await.unwrap();
        assert_eq!(verdict, Verdict::Differs);
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_told_to_come_back() {
        let full = PasswordConfig {
            waiting: 0,
            ..cheap()
        };
        let passwords = Passwords::try_new(&full).unwrap();
        let _signing_in = passwords.admitted.try_acquire().unwrap();
        let refused = passwords.verify("correct horse", None).await.unwrap_err();
        assert!(matches!(
            refused,
            Error::Unavailable {
                retry_after_seconds: 1,
                ..
            }
        ));
    }

    #[tokio::test]
    async fn many_at_once_are_all_hashed_one_after_the_other() {
        let config = PasswordConfig {
            waiting: 63,
            ..cheap()
        };
        let passwords = Passwords::try_new(&config).unwrap();
        let all = (0..64).map(|_| passwords.hash("correct horse"));
        let hashes = futures::future::join_all(all).await;
        assert!(hashes.iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn a_fingerprint_tells_requests_apart_and_repeats() {
        let passwords = Passwords::try_new(&cheap()).unwrap();
        let first = passwords.fingerprint("ada", b"one").await.unwrap();
        assert_eq!(first, passwords.fingerprint("ada", b"one").await.unwrap());
        assert_ne!(first, passwords.fingerprint("ada", b"two").await.unwrap());
        assert_ne!(first, passwords.fingerprint("bob", b"one").await.unwrap());
    }

    #[test]
    fn debug_output_never_shows_a_password() {
        assert!(!format!("{:?}", opaque("correct horse")).contains("horse"));
    }
}
