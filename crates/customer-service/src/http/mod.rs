//! The routes, one file per noun.

pub(crate) mod client_address;
pub(crate) mod customers;
pub(crate) mod own_id;
pub(crate) mod sessions;
pub(crate) mod well_known;
