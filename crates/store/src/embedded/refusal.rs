//! The engine's errors as DynamoDB would answer them, and its own failures in plain words.

use dynoxide::DynoxideError;
use serde::Serialize;

use super::codes;

/// What goes back to the SDK.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

#[derive(Serialize)]
struct Refusal<'a> {
    #[serde(rename = "__type")]
    code: &'a str,
    message: &'a str,
}

impl Answer {
    pub(super) fn ok<T: Serialize>(response: &T) -> Self {
        match serde_json::to_vec(response) {
            Ok(body) => Self { status: 200, body },
            Err(error) => Self::failed(&error.to_string()),
        }
    }

    pub(super) fn refused(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::to_vec(&Refusal { code, message }).unwrap_or_default();
        Self { status, body }
    }

    /// The store can no longer keep its promises.
    pub(super) fn failed(message: &str) -> Self {
        Self::refused(500, codes::FAILED, message)
    }

    pub(super) fn error(error: &DynoxideError) -> Self {
        match error {
            DynoxideError::SqliteError(_) | DynoxideError::InternalServerError(_) => {
                let text = error.to_string();
                Self::refused(500, failure_code(&text), without_class(&text))
            }
            _ => Self {
                status: error.status_code(),
                body: error.to_json().into_bytes(),
            },
        }
    }

    pub(super) fn malformed(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let message = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(message, _)| message);
        Self::refused(400, "ValidationException", without_class(message))
    }
}

/// SQLite's errors reach us as text only.
fn failure_code(text: &str) -> &'static str {
    let text = text.to_ascii_lowercase();
    if text.contains("is full") {
        codes::FULL
    } else if text.contains("locked") || text.contains("busy") {
        "InternalServerError"
    } else {
        codes::FAILED
    }
}

/// Messages carry the name of the layer they come from; a reader of logs has no use for it.
fn without_class(text: &str) -> &str {
    const CLASSES: [&str; 6] = [
        "Internal error: ",
        "backend: ",
        "I/O error: ",
        "VALIDATION:",
        "VALIDATION_REQUEST:",
        "SERIALIZATION:",
    ];
    let stripped = CLASSES.iter().find_map(|class| text.strip_prefix(class));
    match stripped {
        Some(rest) => without_class(rest),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_from_a_broken_one() {
        let full = DynoxideError::InternalServerError("backend: database or disk is full".into());
        let broken =
            DynoxideError::InternalServerError("backend: I/O error: disk I/O error".into());
        let text = |error| String::from_utf8(Answer::error(error).body).unwrap();
        assert_eq!(
            text(&full),
            r#"{"__type":"StorageFull","message":"database or disk is full"}"#
        );
        assert_eq!(
            text(&broken),
            r#"{"__type":"StorageFailed","message":"disk I/O error"}"#
        );
    }
}
