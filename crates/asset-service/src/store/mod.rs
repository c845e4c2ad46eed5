//! What the Asset service stores: for each instrument its description, its last known quote and its
//! closes, for each customer their own instruments and manual prices, and how many calls have been
//! made to each source.

pub(crate) mod budgets;
pub(crate) mod instruments;
pub(crate) mod own;
pub(crate) mod prices;
pub(crate) mod quotes;
