//! What the Asset service stores: for each instrument its description, its last known quote and its
//! closes, for each customer their own instruments and manual prices, how many calls have been made
//! to each source, which symbols are kept warm, and which process does it.

pub(crate) mod budgets;
pub(crate) mod instruments;
pub(crate) mod leases;
pub(crate) mod own;
pub(crate) mod prices;
pub(crate) mod quotes;
pub(crate) mod tracked;
