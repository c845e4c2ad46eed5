//! The errors that routes have in common: each is a problem document.

use api::Problem;
use utoipa::IntoResponses;

/// What any route may answer.
#[derive(IntoResponses)]
pub enum AnyRoute {
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
pub enum WithBody {
    /// The body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    RequestTimeout(Problem),
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

/// What a route with query parameters may answer.
#[derive(IntoResponses)]
pub enum WithQuery {
    /// Parameters are invalid; `errors` names every one.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// What a route that stores may answer.
#[derive(IntoResponses)]
pub enum Stores {
    /// There is no space left to store the change.
    #[response(status = 507, content_type = "application/problem+json")]
    StorageFull(Problem),
}

/// What a route may answer that changes what others change too.
#[derive(IntoResponses)]
pub enum Contended {
    /// Somebody else changed the same at the same time, or a request with this `Idempotency-Key` is still running.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Problem),
}

/// What a route may answer that needs an access token.
#[derive(IntoResponses)]
pub enum SignedIn {
    /// The access token is missing, invalid or expired.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorized(Problem),
}

/// What a route about one thing may answer.
#[derive(IntoResponses)]
pub enum NotFound {
    /// There is no such thing, or it is not yours.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a route may answer that honours `If-Match`.
#[derive(IntoResponses)]
pub enum Preconditioned {
    /// The resource has changed since it was read.
    #[response(status = 412, content_type = "application/problem+json")]
    PreconditionFailed(Problem),
}
