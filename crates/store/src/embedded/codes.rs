//! Error codes of the embedded engine that DynamoDB does not have.

pub(crate) const FULL: &str = "StorageFull";
pub(crate) const FAILED: &str = "StorageFailed";
