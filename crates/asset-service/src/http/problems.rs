//! The errors of routes, for the contract: each is a problem document.

use api::Problem;
use utoipa::IntoResponses;

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
    /// Too busy, or no source of market data answers; `Retry-After` says when to try again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Problem),
}

/// What a route with query parameters may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum WithQuery {
    /// Parameters are invalid; `errors` names every one.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(Problem),
}

/// What a route about one instrument may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum NoSuchInstrument {
    /// No source knows the symbol.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}

/// What a route about two currencies may answer.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) enum NoSuchCurrency {
    /// ISO 4217 does not list one of the codes.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(Problem),
}
