//! Sessions, which lapse by themselves when nobody refreshes them.
//!
//! Reads give back lapsed sessions too: whether one still counts depends on the time, which the
//! caller has.

use domain::{CustomerId, SessionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::{Item, Query, Record, StoreError, WriteError};

use super::{CustomerTable, partition, session_key};

/// One sign-in and the refresh tokens that descend from it, of which only the last is good.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SessionRecord {
    pub(crate) session_id: SessionId,
    /// Of the secret in the one refresh token that has not been used.
    pub(crate) refresh_digest: String,
    pub(crate) started_at: Timestamp,
    pub(crate) refreshed_at: Timestamp,
}

impl Record for SessionRecord {
    const KIND: &'static str = "session";
}

impl CustomerTable {
    pub(crate) async fn load_session(
        &self,
        customer_id: CustomerId,
        session_id: SessionId,
    ) -> Result<Option<Item<SessionRecord>>, StoreError> {
        self.0.get(&session_key(customer_id, session_id)).await
    }

    pub(crate) async fn start_session(
        &self,
        customer_id: CustomerId,
        session: &SessionRecord,
        expires_at: Timestamp,
    ) -> Result<(), WriteError> {
        self.0
            .write()
            .create(&session_key(customer_id, session.session_id), session)
            .expire_at(expires_at)
            .commit()
            .await
    }

    /// Of two refreshes at the same version, one fails.
    pub(crate) async fn refresh_session(
        &self,
        customer_id: CustomerId,
        version: u64,
        session: &SessionRecord,
        expires_at: Timestamp,
    ) -> Result<(), WriteError> {
        let key = session_key(customer_id, session.session_id);
        self.0
            .write()
            .replace(&key, version, session)
            .expire_at(expires_at)
            .commit()
            .await
    }

    pub(crate) async fn end_session(
        &self,
        customer_id: CustomerId,
        session_id: SessionId,
    ) -> Result<(), WriteError> {
        let key = session_key(customer_id, session_id);
        self.0.write().remove(&key).commit().await
    }

    pub(super) async fn list_session_ids(
        &self,
        customer_id: CustomerId,
    ) -> Result<Vec<SessionId>, StoreError> {
        let query = Query::partition(partition(customer_id)).prefix("SESSION#");
        let sessions = self.0.query_all::<SessionRecord>(&query).await?;
        Ok(sessions
            .into_iter()
            .map(|session| session.value.session_id)
            .collect())
    }
}
