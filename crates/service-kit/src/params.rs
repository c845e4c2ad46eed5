//! What comes in the URL: ids in the path, parameters in the query.

use std::str::FromStr;

use api::FieldError;
use axum::extract::{FromRequestParts, Path};
use http::request::Parts;

use crate::{Error, Result};

/// An id in the path. One that is no id at all is not found, like one nobody has.
#[derive(Debug, Clone, Copy)]
pub struct PathId<T>(pub T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let not_found = || Error::NotFound { what: "resource" };
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found())?;
        text.parse().map(Self).map_err(|_| not_found())
    }
}

/// Two ids in the path: a thing, and the thing it is part of before it.
#[derive(Debug, Clone, Copy)]
pub struct PathIds<A, B>(pub A, pub B);

impl<A: FromStr, B: FromStr, S: Send + Sync> FromRequestParts<S> for PathIds<A, B> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        let not_found = || Error::NotFound { what: "resource" };
        let Path((whole, part)) = Path::<(String, String)>::from_request_parts(parts, state)
            .await
            .map_err(|_| not_found())?;
        let whole = whole.parse().map_err(|_| not_found())?;
        let part = part.parse().map_err(|_| not_found())?;
        Ok(Self(whole, part))
    }
}

/// Query parameters, each taken by name; what is left over is refused.
#[derive(Debug)]
pub struct Params {
    given: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        let given = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|_| Error::invalid("?", "MALFORMED", format!("{query:?} is not a query")))?;
        Ok(Self {
            given: given.0,
            errors: Vec::new(),
        })
    }
}

impl Params {
    /// Takes a parameter's text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        let place = self.given.iter().position(|(given, _)| given == name)?;
        let (_, value) = self.given.swap_remove(place);
        if self.given.iter().any(|(given, _)| given == name) {
            self.given.retain(|(given, _)| given != name);
            self.refuse(name, "REPEATED", "must be given once");
        }
        Some(value)
    }

    /// Takes a parameter and reads it.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&str) -> std::result::Result<T, domain::ValueError>,
    ) -> Option<T> {
        let text = self.text(name)?;
        read(&text)
            .inspect_err(|error| {
                self.errors
                    .push(FieldError::value(format!("?{name}"), error));
            })
            .ok()
    }

    pub fn refuse(&mut self, name: &str, code: &str, detail: &str) {
        self.errors
            .push(FieldError::new(format!("?{name}"), code, detail));
    }

    /// Takes `page_size` and `page_token`.
    pub fn page(&mut self) -> PageRequest {
        let size = self
            .text("page_size")
            .map_or(Ok(PageRequest::DEFAULT_SIZE), |text| text.parse());
        let size = size
            .ok()
            .filter(|size| (1..=PageRequest::MAX_SIZE).contains(size));
        let size = size.unwrap_or_else(|| {
            self.refuse(
                "page_size",
                "OUT_OF_RANGE",
                "must be a whole number from 1 to 200",
            );
            PageRequest::DEFAULT_SIZE
        });
        PageRequest {
            size,
            token: self.text("page_token"),
        }
    }

    /// Refuses what nobody took.
    ///
    /// # Errors
    ///
    /// `Invalid` with every error found.
    pub fn finish(mut self) -> Result<()> {
        for (name, _) in std::mem::take(&mut self.given) {
            self.refuse(
                &name,
                "UNKNOWN_PARAMETER",
                "is not a parameter of this request",
            );
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Error::Invalid(self.errors))
        }
    }
}

/// Which page of a list is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    pub size: usize,
    token: Option<String>,
}

impl PageRequest {
    pub const DEFAULT_SIZE: usize = 50;
    pub const MAX_SIZE: usize = 200;

    /// The sort key to continue after. `scope` names the list and its filter,
    /// so that a token from another list or filter is refused.
    ///
    /// # Errors
    ///
    /// `Invalid` for a token that was edited or belongs elsewhere.
    pub fn after(&self, scope: &str) -> Result<Option<String>> {
        let Some(token) = &self.token else {
            return Ok(None);
        };
        store::cursor::decode(scope, token).map(Some).map_err(|_| {
            Error::invalid(
                "?page_token",
                "INVALID_PAGE_TOKEN",
                "does not belong to this list",
            )
        })
    }

    /// The token that continues after `sort_key`.
    pub fn token(scope: &str, sort_key: &str) -> String {
        store::cursor::encode(scope, sort_key)
    }
}
