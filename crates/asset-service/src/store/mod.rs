//! What the Asset service stores: for each instrument its description and its last known quote, and
//! how many calls have been made to each source.

pub(crate) mod budgets;
pub(crate) mod instruments;
pub(crate) mod quotes;
