//! What every handler has at hand, put together once at the start.

use std::path::Path;
use std::sync::Arc;

use axum::extract::FromRef;
use service_kit::{Clock, TokenVerifier, transport};
use store::Table;

use crate::config::CustomerConfig;
use crate::http::well_known::{self, Published};
use crate::identity::access_token::AccessTokens;
use crate::identity::passwords::Passwords;
use crate::identity::signing_key::{SigningKey, SigningKeyError};
use crate::rate_limit::Limits;
use crate::store::CustomerTable;

/// The Customer service, ready to be routed to. Clones share everything.
#[derive(Debug, Clone)]
pub struct CustomerService {
    pub(crate) table: CustomerTable,
    pub(crate) clock: Clock,
    pub(crate) passwords: Passwords,
    pub(crate) access_tokens: Arc<AccessTokens>,
    pub(crate) published: Published,
    pub(crate) limits: Arc<Limits>,
    pub(crate) session_days: u16,
    pub(crate) trusted_proxies: u8,
    verifier: TokenVerifier,
}

/// The service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    #[error("the password settings cannot be used")]
    Passwords(#[source] argon2::password_hash::Error),
}

impl CustomerService {
    /// Reads the signing key under `data_dir`, making one on the first start.
    ///
    /// # Errors
    ///
    /// The key or the settings cannot be used.
    pub fn try_new(
        config: &CustomerConfig,
        table: Table,
        data_dir: &Path,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let key = SigningKey::load_or_create(data_dir)?;
        let published = Published::new(config.issuer(), &key);
        let keys = transport::in_process(well_known::routes(published.clone()));
        let verifier = TokenVerifier::new(config.issuer(), &config.audience, keys, clock.clone());
        Ok(Self {
            table: CustomerTable::new(table),
            passwords: Passwords::try_new(&config.password).map_err(StartError::Passwords)?,
            access_tokens: Arc::new(AccessTokens::new(config, key)),
            published,
            limits: Arc::new(Limits::new(&config.limits, &clock)),
            session_days: config.session_days,
            trusted_proxies: config.trusted_proxies,
            verifier,
            clock,
        })
    }

    /// Verifies the tokens this service issues. The services of one process share it, and with it
    /// the memory of tokens already checked.
    pub fn verifier(&self) -> TokenVerifier {
        self.verifier.clone()
    }
}

impl FromRef<CustomerService> for TokenVerifier {
    fn from_ref(service: &CustomerService) -> Self {
        service.verifier.clone()
    }
}

impl FromRef<CustomerService> for Published {
    fn from_ref(service: &CustomerService) -> Self {
        service.published.clone()
    }
}
