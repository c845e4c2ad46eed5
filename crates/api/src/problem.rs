use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What went wrong, in the form of RFC 9457 (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// A URI reference that identifies the kind of problem.
    #[serde(rename = "type")]
    #[schema(example = "/problems/validation-failed")]
    pub type_uri: String,
    /// The kind of problem in a few words.
    #[schema(example = "The request has invalid fields")]
    pub title: String,
    /// The HTTP status code.
    #[schema(example = 422, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What went wrong this time.
    pub detail: String,
    /// The kind of problem as a stable word to branch on.
    #[schema(example = "VALIDATION_FAILED")]
    pub code: String,
    /// Quote it when asking for help; the same id is in the logs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub request_id: Option<String>,
    /// Every field that was refused.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<FieldError>,
}

/// One field that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// Where: a JSON Pointer into the body, `?name` for a query parameter, or `{name}` for a part
    /// of the path.
    #[schema(example = "/quantity")]
    pub pointer: String,
    /// Why, as a stable word.
    #[schema(example = "NOT_POSITIVE")]
    pub code: String,
    /// Why, in words.
    #[schema(example = "must be greater than zero")]
    pub detail: String,
}

impl FieldError {
    pub fn new(pointer: impl Into<String>, code: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            code: code.to_owned(),
            detail: detail.into(),
        }
    }

    pub fn value(pointer: impl Into<String>, error: &domain::ValueError) -> Self {
        Self::new(pointer, error.code(), error.to_string())
    }
}

/// Codes of field errors that do not come from a value's own rules.
pub mod code {
    pub const REQUIRED: &str = "REQUIRED";
    pub const UNKNOWN_FIELD: &str = "UNKNOWN_FIELD";
    pub const WRONG_TYPE: &str = "WRONG_TYPE";
    pub const NOT_NULLABLE: &str = "NOT_NULLABLE";
}
