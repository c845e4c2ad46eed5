//! A customer and how to reach them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::CustomerId;
use crate::text::{AddressLine, Email, Name, Phone};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    pub id: CustomerId,
    pub first_name: Name,
    pub last_name: Name,
    pub email: Email,
    pub phone: Option<Phone>,
    pub address: Option<Address>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub street: AddressLine,
    pub city: AddressLine,
    pub state: Option<AddressLine>,
    pub zip_code: Option<AddressLine>,
    pub country: AddressLine,
}
