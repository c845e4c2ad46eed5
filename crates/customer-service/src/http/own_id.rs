//! The one way to a customer: their own token.

use axum::extract::{FromRequestParts, Path};
use domain::CustomerId;
use http::request::Parts;
use service_kit::{Caller, Error};

use crate::CustomerService;

/// The caller's own id, which the path names, or calls `me`.
///
/// Somebody else's id is answered like one that nobody has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnId(pub(crate) CustomerId);

impl FromRequestParts<CustomerService> for OwnId {
    type Rejection = Error;

    async fn from_request_parts(
        parts: &mut Parts,
        service: &CustomerService,
    ) -> Result<Self, Error> {
        let Caller { customer_id, .. } = Caller::from_request_parts(parts, service).await?;
        let path = Path::<String>::from_request_parts(parts, service).await;
        let is_own = path.is_ok_and(|Path(id)| id == "me" || id.parse() == Ok(customer_id));
        if is_own {
            Ok(Self(customer_id))
        } else {
            Err(no_such_customer())
        }
    }
}

pub(crate) fn no_such_customer() -> Error {
    Error::NotFound { what: "customer" }
}
