//! What several routes share in the contract: parameters, and errors as problem documents.

use api::Problem;
use utoipa::{IntoParams, IntoResponses};

/// A change bound to what its client has read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct IfMatch {
    /// Revisions that may be changed; 412 if none of them is current.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// A read that is spared when its client has the current revision.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct IfNoneMatch {
    /// Revisions you have; 304 if one of them is current.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// A request that may be repeated without being done twice.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct IdempotencyKey {
    /// Repeating a request under one key does it once, and gives the first answer again.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$"
    )]
    idempotency_key: Option<String>,
}

/// The customer in the path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct CustomerPath {
    /// A customer's id, or `me`.
    #[param(example = "me")]
    customer_id: String,
}

/// What any route may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum AnyRoute {
    /// The request could not be understood.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// Something went wrong on our side.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(Problem),
    /// Too busy; `Retry-After` says when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// What a route with a body may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum WithBody {
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    PayloadTooLarge(Problem),
    /// The body is not JSON.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(Problem),
    /// Fields are invalid; `errors` names every one.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// What a route that stores may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum Stores {
    /// There is no space left to store the change.
    #[response(status = 507, content_type = "application/problem+json")]
    StorageFull(Problem),
}

/// What a route may answer that needs an access token.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum SignedIn {
    /// The access token is missing, invalid or expired.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
}

/// What a route may answer that is about one customer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum NoSuchCustomer {
    /// There is no such customer, or it is not you.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a route may answer that honors `If-Match`.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum Preconditioned {
    /// The resource has changed since it was read.
    #[response(status = 412, content_type = "application/problem+json")]
    PreconditionFailed(Problem),
}
