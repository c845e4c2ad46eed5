//! The OpenAPI contract: what routes have in common, and the finished document.

mod document;
mod params;
mod responses;

pub use document::document;
pub use params::{IdempotencyKey, IfMatch, IfNoneMatch, Paging};
pub use responses::{
    AnyRoute, Contended, NotFound, Preconditioned, SignedIn, Stores, WithBody, WithQuery,
};
