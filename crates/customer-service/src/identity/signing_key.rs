//! The Ed25519 key that signs access tokens, kept in a file only its owner can read.
//!
//! The file is made on the first start: written beside its place, synced, then renamed, so that
//! a crash leaves a whole key or none. A key that others can read is not used: whoever reads it
//! can sign in as anybody.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey as Ed25519Key;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{self, DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use jsonwebtoken::EncodingKey;
use sha2::{Digest, Sha256};

const DIRECTORY: &str = "identity";
const FILE: &str = "signing-key.pem";

#[derive(Debug, Clone)]
pub(crate) struct SigningKey {
    pub(crate) encoding: EncodingKey,
    /// The public key's coordinate, as a JWK spells it.
    pub(crate) x: String,
    /// The key's RFC 7638 thumbprint: the same key has the same id after each start.
    pub(crate) id: String,
}

/// The signing key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    #[error("{} can be read by other users; run: chmod {mode} {}", path.display(), path.display())]
    Exposed { path: PathBuf, mode: &'static str },
    #[error("{} cannot be read or written", path.display())]
    Unusable {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{} is not an Ed25519 key in PKCS#8 PEM", path.display())]
    Malformed { path: PathBuf },
    #[error("the operating system gave no randomness")]
    NoRandomness(#[source] getrandom::Error),
    #[error("the signing key cannot be encoded")]
    Encoding(#[from] pkcs8::Error),
}

impl SigningKey {
    /// Reads the key under `data_dir`, making it if there is none yet.
    pub(crate) fn load_or_create(data_dir: &Path) -> Result<Self, SigningKeyError> {
        let directory = data_dir.join(DIRECTORY);
        let path = directory.join(FILE);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
            .map_err(|source| unusable(&directory, source))?;
        refuse_exposed(&directory, "700")?;
        if !path
            .try_exists()
            .map_err(|source| unusable(&path, source))?
        {
            write_new(&directory, &path)?;
        }
        refuse_exposed(&path, "600")?;
        let pem = fs::read_to_string(&path).map_err(|source| unusable(&path, source))?;
        Self::from_pem(&pem).map_err(|_| SigningKeyError::Malformed { path })
    }

    fn from_pem(pem: &str) -> Result<Self, pkcs8::Error> {
        let key = Ed25519Key::from_pkcs8_pem(pem)?;
        let x = URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes());
        // The members of the thumbprint in the order and form that RFC 7638 fixes.
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        Ok(Self {
            encoding: EncodingKey::from_ed_der(key.to_pkcs8_der()?.as_bytes()),
            id: URL_SAFE_NO_PAD.encode(Sha256::digest(members)),
            x,
        })
    }
}

fn write_new(directory: &Path, path: &Path) -> Result<(), SigningKeyError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(SigningKeyError::NoRandomness)?;
    // Without the public half: version 1 of the format, which every tool reads.
    let pair = KeypairBytes {
        secret_key: seed,
        public_key: None,
    };
    let pem = pair.to_pkcs8_pem(LineEnding::LF)?;
    let draft = path.with_extension("pem.new");
    let written = || {
        // A crash may have left a draft behind.
        if draft.try_exists()? {
            fs::remove_file(&draft)?;
        }
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(pem.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(directory)?.sync_all()
    };
    written().map_err(|source| unusable(path, source))
}

fn refuse_exposed(path: &Path, mode: &'static str) -> Result<(), SigningKeyError> {
    let metadata = fs::metadata(path).map_err(|source| unusable(path, source))?;
    let for_others = metadata.permissions().mode() & 0o077;
    if for_others == 0 {
        return Ok(());
    }
    Err(SigningKeyError::Exposed {
        path: path.to_owned(),
        mode,
    })
}

fn unusable(path: &Path, source: io::Error) -> SigningKeyError {
    SigningKeyError::Unusable {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_key_can_only_be_read_by_its_owner() {
        let data_dir = tempfile::tempdir().unwrap();
        SigningKey::load_or_create(data_dir.path()).unwrap();
        assert_eq!(mode_of(&data_dir.path().join("identity")), 0o700);
        assert_eq!(
            mode_of(&data_dir.path().join("identity/signing-key.pem")),
            0o600
        );
    }

    #[test]
    fn the_key_survives_a_restart() {
        let data_dir = tempfile::tempdir().unwrap();
        let first = SigningKey::load_or_create(data_dir.path()).unwrap();
        let second = SigningKey::load_or_create(data_dir.path()).unwrap();
        assert_eq!((first.id, first.x), (second.id, second.x));
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_remedy() {
        let data_dir = tempfile::tempdir().unwrap();
        SigningKey::load_or_create(data_dir.path()).unwrap();
        let path = data_dir.path().join("identity/signing-key.pem");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = SigningKey::load_or_create(data_dir.path()).unwrap_err();
        assert!(matches!(error, SigningKeyError::Exposed { .. }));
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }

    #[test]
    fn a_directory_that_others_can_read_is_refused() {
        let data_dir = tempfile::tempdir().unwrap();
        let directory = data_dir.path().join("identity");
        fs::create_dir(&directory).unwrap();
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
        let error = SigningKey::load_or_create(data_dir.path()).unwrap_err();
        assert!(error.to_string().contains("chmod 700"), "{error}");
    }

    #[test]
    fn a_damaged_key_is_reported_and_kept() {
        let data_dir = tempfile::tempdir().unwrap();
        SigningKey::load_or_create(data_dir.path()).unwrap();
        let path = data_dir.path().join("identity/signing-key.pem");
        fs::write(&path, "-----BEGIN PRIVATE KEY-----\nAAAA\n").unwrap();
        let error = SigningKey::load_or_create(data_dir.path()).unwrap_err();
        assert!(matches!(error, SigningKeyError::Malformed { .. }));
        assert!(fs::read_to_string(&path).unwrap().ends_with("AAAA\n"));
    }

    #[test]
    fn a_draft_left_by_a_crash_is_no_obstacle() {
        let data_dir = tempfile::tempdir().unwrap();
        let directory = data_dir.path().join("identity");
        DirBuilder::new().mode(0o700).create(&directory).unwrap();
        fs::write(directory.join("signing-key.pem.new"), "half a k").unwrap();
        SigningKey::load_or_create(data_dir.path()).unwrap();
        assert!(!directory.join("signing-key.pem.new").exists());
    }

    /// The key and thumbprint of RFC 8037, appendices A.1 and A.3.
    #[test]
    fn the_key_id_is_the_rfc_7638_thumbprint() {
        let seed = URL_SAFE_NO_PAD
            .decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
            .unwrap();
        let pair = KeypairBytes {
            secret_key: seed.try_into().unwrap(),
            public_key: None,
        };
        let key = SigningKey::from_pem(&pair.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap();
        assert_eq!(key.x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn debug_output_never_shows_the_key() {
        let data_dir = tempfile::tempdir().unwrap();
        let key = SigningKey::load_or_create(data_dir.path()).unwrap();
        assert!(format!("{key:?}").contains("redacted"));
    }
}
