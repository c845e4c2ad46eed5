//! Conditional requests (RFC 9110, section 13): `If-Match` and `If-None-Match`.

use std::fmt;

use axum::extract::FromRequestParts;
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};

use crate::{Error, Result};

/// A strong entity tag in two parts: the revision of what is stored, and, for a
/// representation that also shows prices, a digest of those.
///
/// `If-None-Match` compares both, so a changed price is never hidden behind a
/// 304. `If-Match` compares the revision alone, so a changed price never stops
/// an amendment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag {
    revision: String,
    view: Option<String>,
}

impl ETag {
    pub fn strong(revision: impl fmt::Display) -> Self {
        Self {
            revision: revision.to_string(),
            view: None,
        }
    }

    #[must_use]
    pub fn with_view(self, digest: impl fmt::Display) -> Self {
        Self {
            view: Some(digest.to_string()),
            ..self
        }
    }

    fn revision_of(tag: &str) -> &str {
        tag.split_once('.').map_or(tag, |(revision, _)| revision)
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.view {
            Some(view) => write!(f, "\"{}.{view}\"", self.revision),
            None => write!(f, "\"{}\"", self.revision),
        }
    }
}

/// The conditions of a request.
#[derive(Debug, Clone, Default)]
pub struct Preconditions {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

#[derive(Debug, Clone)]
enum Tags {
    Any,
    /// The opaque text of each tag, and whether it is weak.
    Listed(Vec<(String, bool)>),
}

impl<S: Sync> FromRequestParts<S> for Preconditions {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        Ok(Self {
            if_match: read(&parts.headers, &header::IF_MATCH),
            if_none_match: read(&parts.headers, &header::IF_NONE_MATCH),
        })
    }
}

impl Preconditions {
    /// Whether a change may go ahead. A weak tag never matches.
    ///
    /// # Errors
    ///
    /// `PreconditionFailed`.
    pub fn check(&self, current: &ETag) -> Result<()> {
        match &self.if_match {
            None | Some(Tags::Any) => Ok(()),
            Some(Tags::Listed(tags)) => {
                let matches = |(tag, weak): &(String, bool)| {
                    !weak && ETag::revision_of(tag) == current.revision
                };
                if tags.iter().any(matches) {
                    Ok(())
                } else {
                    Err(Error::PreconditionFailed)
                }
            }
        }
    }

    /// Whether the client's copy is the current one.
    pub fn not_modified(&self, current: &ETag) -> bool {
        let current = current.to_string();
        match &self.if_none_match {
            None => false,
            Some(Tags::Any) => true,
            Some(Tags::Listed(tags)) => {
                tags.iter().any(|(tag, _)| current.trim_matches('"') == tag)
            }
        }
    }
}

/// A tag that is not quoted is no tag and matches nothing, so that a garbled
/// condition never lets a change through.
fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Tags> {
    let mut values = headers.get_all(name).iter().peekable();
    values.peek()?;
    let mut tags = Vec::new();
    for tag in values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
    {
        let tag = tag.trim();
        if tag == "*" {
            return Some(Tags::Any);
        }
        let (opaque, weak) = match tag.strip_prefix("W/") {
            Some(opaque) => (opaque, true),
            None => (tag, false),
        };
        let quoted = opaque
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'));
        tags.extend(quoted.map(|quoted| (quoted.to_owned(), weak)));
    }
    Some(Tags::Listed(tags))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn conditions(name: HeaderName, value: &'static str) -> Preconditions {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        Preconditions {
            if_match: read(&headers, &header::IF_MATCH),
            if_none_match: read(&headers, &header::IF_NONE_MATCH),
        }
    }

    #[test]
    fn if_match_compares_the_revision_and_not_the_price() {
        let current = ETag::strong(3).with_view("fresh");
        assert!(
            conditions(header::IF_MATCH, "\"3.old\"")
                .check(&current)
                .is_ok()
        );
        assert!(
            conditions(header::IF_MATCH, "\"2.fresh\"")
                .check(&current)
                .is_err()
        );
        assert!(
            conditions(header::IF_MATCH, "\"1\", \"3\"")
                .check(&current)
                .is_ok()
        );
        assert!(conditions(header::IF_MATCH, "*").check(&current).is_ok());
        assert!(
            conditions(header::IF_MATCH, "W/\"3\"")
                .check(&current)
                .is_err()
        );
    }

    #[test]
    fn if_none_match_compares_the_price_too() {
        let current = ETag::strong(3).with_view("fresh");
        assert!(conditions(header::IF_NONE_MATCH, "\"3.fresh\"").not_modified(&current));
        assert!(!conditions(header::IF_NONE_MATCH, "\"3.old\"").not_modified(&current));
        assert!(conditions(header::IF_NONE_MATCH, "W/\"3.fresh\"").not_modified(&current));
    }
}
