//! The errors of routes, for the contract: each is a problem document.

use api::Problem;
use utoipa::IntoResponses;

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
