//! Typed identifiers. Swapped ids do not compile.
//!
//! Ids are UUIDs made from the clock by whoever creates the thing (version 7,
//! so they sort by creation); `domain` only carries them. There is no
//! `Default` and no `random()` on purpose.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

typed_ids! {
    CustomerId,
    PortfolioId,
    /// A ledger entry. The lot a BUY opens carries the id of that BUY, and an
    /// investment's id is the id of its lot.
    TransactionId,
    /// One sign-in: the family of refresh tokens that descend from it.
    SessionId,
}
