//! What the table `customers` holds, and the one conditional write behind each change.
//!
//! | Key | Kind | Holds |
//! |---|---|---|
//! | `CUST#<id>` / `PROFILE` | `customer` | the profile; its version is the customer's revision |
//! | `CUST#<id>` / `CREDENTIAL` | `credential` | the password's hash, kept out of every profile read |
//! | `CUST#<id>` / `SESSION#<id>` | `session` | the digest of the one refresh token that is good |
//! | `EMAIL#<normalized>` / `UNIQUE` | `email` | whose address it is |
//!
//! Invariant: a profile and the guard of its e-mail address exist both or not at all.

mod customers;
mod sessions;

use domain::{CustomerId, SessionId};
use store::{Key, Table};

pub(crate) use customers::{Credential, StoredCustomer};
pub(crate) use sessions::SessionRecord;

#[derive(Debug, Clone)]
pub(crate) struct CustomerTable(Table);

impl CustomerTable {
    pub(crate) fn new(table: Table) -> Self {
        Self(table)
    }

    /// The table itself, for what the kit keeps in it.
    pub(crate) fn raw(&self) -> &Table {
        &self.0
    }
}

/// The partition of everything about one customer.
pub(crate) fn partition(customer_id: CustomerId) -> String {
    format!("CUST#{customer_id}")
}

fn profile_key(customer_id: CustomerId) -> Key {
    Key::new(partition(customer_id), "PROFILE")
}

fn credential_key(customer_id: CustomerId) -> Key {
    Key::new(partition(customer_id), "CREDENTIAL")
}

fn session_key(customer_id: CustomerId, session_id: SessionId) -> Key {
    Key::new(partition(customer_id), format!("SESSION#{session_id}"))
}

fn email_key(normalized: &str) -> Key {
    Key::new(format!("EMAIL#{normalized}"), "UNIQUE")
}
