//! Profiles, credentials and the guards of e-mail addresses.
//!
//! Invariant: the condition of every change to a customer is the profile's version, so what else
//! changes with it (guard, credential, sessions) changes once.

use domain::customer::Customer;
use domain::text::Email;
use domain::{CustomerId, SessionId};
use serde::{Deserialize, Serialize};
use store::{Event, Item, Key, Record, StoreError, Write, WriteError};

use super::{CustomerTable, credential_key, email_key, profile_key, session_key};

/// How many sessions go in one transaction, which takes 100 actions, with the rest of a customer.
const SESSIONS_IN_ONE_WRITE: usize = 90;

#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Profile(Customer);

impl Record for Profile {
    const KIND: &'static str = "customer";
}

#[derive(Debug, Serialize, Deserialize)]
struct EmailGuard {
    customer_id: CustomerId,
}

impl Record for EmailGuard {
    const KIND: &'static str = "email";
}

/// How a customer proves who they are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Credential {
    /// In the PHC string format, which names its own algorithm and cost.
    pub(crate) password_hash: String,
}

impl Record for Credential {
    const KIND: &'static str = "credential";
}

/// A customer and the version to change them at.
#[derive(Debug, Clone)]
pub(crate) struct StoredCustomer {
    pub(crate) customer: Customer,
    pub(crate) version: u64,
}

impl StoredCustomer {
    /// What a new customer is stored at.
    pub(crate) const FIRST_VERSION: u64 = 1;
}

impl CustomerTable {
    pub(crate) async fn load_customer(
        &self,
        customer_id: CustomerId,
    ) -> Result<Option<StoredCustomer>, StoreError> {
        let item: Option<Item<Profile>> = self.0.get(&profile_key(customer_id)).await?;
        Ok(item.map(|item| StoredCustomer {
            customer: item.value.0,
            version: item.version,
        }))
    }

    pub(crate) async fn find_by_email(
        &self,
        normalized: &str,
    ) -> Result<Option<CustomerId>, StoreError> {
        let guard: Option<Item<EmailGuard>> = self.0.get(&email_key(normalized)).await?;
        Ok(guard.map(|guard| guard.value.customer_id))
    }

    pub(crate) async fn load_credential(
        &self,
        customer_id: CustomerId,
    ) -> Result<Option<Item<Credential>>, StoreError> {
        self.0.get(&credential_key(customer_id)).await
    }

    /// Fails at the guard of the e-mail address when that is taken; see [`is_guard`](Self::is_guard).
    pub(crate) fn register(
        &self,
        customer: &Customer,
        credential: &Credential,
        event: &Event,
    ) -> Write {
        self.0
            .write()
            .create(&profile_key(customer.id), &Profile(customer.clone()))
            .create(&guard_key(&customer.email), &guard_of(customer))
            .create(&credential_key(customer.id), credential)
            .event(event)
    }

    /// Replaces the profile at its version, and moves the e-mail's guard when the address changed
    /// in more than its case.
    pub(crate) fn update(&self, before: &StoredCustomer, after: &Customer, event: &Event) -> Write {
        let profile = Profile(after.clone());
        let write = self
            .0
            .write()
            .replace(&profile_key(after.id), before.version, &profile)
            .event(event);
        let old_guard = guard_key(&before.customer.email);
        let new_guard = guard_key(&after.email);
        if old_guard == new_guard {
            return write;
        }
        write
            .create(&new_guard, &guard_of(after))
            .remove(&old_guard)
    }

    /// Whether a write failed at the guard of this address: it belongs to somebody else.
    pub(crate) fn is_guard(email: &Email, failed: &Key) -> bool {
        *failed == guard_key(email)
    }

    pub(crate) async fn replace_credential(
        &self,
        customer_id: CustomerId,
        version: u64,
        credential: &Credential,
    ) -> Result<(), WriteError> {
        let key = credential_key(customer_id);
        self.0
            .write()
            .replace(&key, version, credential)
            .commit()
            .await
    }

    /// Removes all there is of a customer, if the profile is still at its version.
    ///
    /// Sessions that do not fit the last transaction go before it: a crash in between leaves a
    /// customer who has to sign in again, and never an address that nobody owns but nobody can
    /// have. A session started meanwhile goes after it; until then it is of no use, because
    /// refreshing asks for the credential.
    pub(crate) async fn erase(
        &self,
        stored: &StoredCustomer,
        event: &Event,
    ) -> Result<(), WriteError> {
        let customer_id = stored.customer.id;
        let mut sessions = self.list_session_ids(customer_id).await?;
        while sessions.len() > SESSIONS_IN_ONE_WRITE {
            let surplus = sessions.split_off(sessions.len() - SESSIONS_IN_ONE_WRITE);
            self.without_sessions(customer_id, &surplus)
                .commit()
                .await?;
        }
        self.without_sessions(customer_id, &sessions)
            .delete(&profile_key(customer_id), stored.version)
            .remove(&guard_key(&stored.customer.email))
            .remove(&credential_key(customer_id))
            .event(event)
            .commit()
            .await?;
        let late = self.list_session_ids(customer_id).await?;
        for batch in late.chunks(SESSIONS_IN_ONE_WRITE) {
            self.without_sessions(customer_id, batch).commit().await?;
        }
        Ok(())
    }

    fn without_sessions(&self, customer_id: CustomerId, session_ids: &[SessionId]) -> Write {
        session_ids
            .iter()
            .map(|session_id| session_key(customer_id, *session_id))
            .fold(self.0.write(), |write, key| write.remove(&key))
    }
}

fn guard_key(email: &Email) -> Key {
    email_key(&email.normalized())
}

fn guard_of(customer: &Customer) -> EmailGuard {
    EmailGuard {
        customer_id: customer.id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events;
    use crate::store::SessionRecord;
    use domain::text::Name;
    use jiff::Timestamp;
    use service_kit::Clock;
    use store::Store;
    use tempfile::TempDir;

    const EMAIL: &str = "ada@example.com";

    async fn with_sessions(
        table: &CustomerTable,
        clock: &Clock,
        sessions: usize,
    ) -> StoredCustomer {
        let now = clock.now();
        let customer = Customer {
            id: CustomerId::from_uuid(clock.new_id()),
            first_name: Name::parse("Ada").unwrap(),
            last_name: Name::parse("Lovelace").unwrap(),
            email: Email::parse(EMAIL).unwrap(),
            phone: None,
            address: None,
            created_at: now,
            updated_at: now,
        };
        let credential = Credential {
            password_hash: String::new(),
        };
        let event = events::customer_registered(customer.id, clock).unwrap();
        let write = table.register(&customer, &credential, &event);
        write.commit().await.unwrap();
        for _ in 0..sessions {
            let session = SessionRecord {
                session_id: SessionId::from_uuid(clock.new_id()),
                refresh_digest: String::new(),
                started_at: now,
                refreshed_at: now,
            };
            let started = table.start_session(customer.id, &session, Timestamp::MAX);
            started.await.unwrap();
        }
        table.load_customer(customer.id).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn an_erasure_that_stops_half_way_leaves_a_customer_who_can_be_erased() {
        let directory = TempDir::new().unwrap();
        let store = Store::open_embedded(directory.path(), &[crate::TABLE]);
        let store = store.await.unwrap();
        let table = CustomerTable::new(store.table(crate::TABLE.name));
        let clock = Clock::system();
        let stored = with_sessions(&table, &clock, 200).await;
        let customer_id = stored.customer.id;
        let event = events::customer_deleted(&stored, &clock).unwrap();

        let outdated = StoredCustomer {
            version: stored.version + 1,
            ..stored.clone()
        };
        let stopped = table.erase(&outdated, &event).await.unwrap_err();
        assert!(matches!(stopped, WriteError::ConditionFailed { .. }));
        let left = table.list_session_ids(customer_id).await.unwrap();
        assert!((1..=SESSIONS_IN_ONE_WRITE).contains(&left.len()));
        assert_eq!(table.find_by_email(EMAIL).await.unwrap(), Some(customer_id));
        assert!(table.load_credential(customer_id).await.unwrap().is_some());

        table.erase(&stored, &event).await.unwrap();
        assert!(
            table
                .list_session_ids(customer_id)
                .await
                .unwrap()
                .is_empty()
        );
        assert_eq!(table.find_by_email(EMAIL).await.unwrap(), None);
        assert!(table.load_credential(customer_id).await.unwrap().is_none());
        assert!(table.load_customer(customer_id).await.unwrap().is_none());
    }
}
