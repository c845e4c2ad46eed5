//! What the Asset service stores: for each instrument its description, its last known quote and its
//! closes, for each customer their own instruments and manual prices, how many calls have been made
//! to each source, which symbols are kept warm, and which process does it.

pub(crate) mod budgets;
pub(crate) mod disputes;
pub(crate) mod instruments;
pub(crate) mod leases;
pub(crate) mod own;
pub(crate) mod prices;
pub(crate) mod quotes;
pub(crate) mod tracked;

use std::time::Duration;

use ::store::StoreError;
use futures::future::{BoxFuture, FutureExt};
use tokio::time::timeout;

/// What the table says within the limit. Where it does not, that is a line in the log and nothing
/// more: whoever reads this way can do without.
///
/// Boxed, because reading a table is a large future.
pub(crate) fn read_within<'a, T: Send>(
    limit: Duration,
    what: &'static str,
    read: impl Future<Output = Result<T, StoreError>> + Send + 'a,
) -> BoxFuture<'a, Option<T>> {
    let read = timeout(limit, read);
    let read = read.map(move |read| match read {
        Ok(Ok(read)) => Some(read),
        Ok(Err(error)) => {
            let error = &error as &(dyn std::error::Error + 'static);
            tracing::warn!(error, "{what} could not be read");
            None
        }
        Err(_) => {
            tracing::warn!("reading {what} took too long");
            None
        }
    });
    read.boxed()
}
