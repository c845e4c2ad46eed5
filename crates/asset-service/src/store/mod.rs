//! What the Asset service stores: for each instrument its description and its last known quote.

pub(crate) mod instruments;
pub(crate) mod quotes;
