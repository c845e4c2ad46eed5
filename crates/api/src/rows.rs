//! Lists of objects in a request, each with a pointer of its own.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::field::{FieldValue, Fields, read_object, wrong_type};
use crate::problem::FieldError;

/// An answer must not grow with what a stranger sends.
pub const MOST_ERRORS: usize = 200;

/// A list as it was sent. What a row may say is known to whoever reads it.
#[derive(Debug, Clone)]
pub struct Rows(Box<RawValue>);

impl FieldValue for Rows {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        Ok(Self(token.to_owned()))
    }
}

impl Rows {
    /// Reads every row. `read` gives errors relative to its row; those here are relative to the
    /// list.
    ///
    /// # Errors
    ///
    /// Those of all rows, or rather the first 200. No list, an empty one, or one of more than
    /// `most` rows.
    pub fn read<R: DeserializeOwned, T>(
        &self,
        most: usize,
        read: impl Fn(R, Fields) -> Result<T, Vec<FieldError>>,
    ) -> Result<Vec<T>, Vec<FieldError>> {
        read_rows(&self.0, most, read)
    }
}

pub(crate) fn read_rows<R: DeserializeOwned, T>(
    token: &RawValue,
    most: usize,
    read: impl Fn(R, Fields) -> Result<T, Vec<FieldError>>,
) -> Result<Vec<T>, Vec<FieldError>> {
    let refused = |code: &str, detail: String| vec![FieldError::new("", code, detail)];
    let rows: Vec<&RawValue> =
        serde_json::from_str(token.get()).map_err(|_| wrong_type("a list"))?;
    if rows.is_empty() {
        return Err(refused("EMPTY", "must not be empty".into()));
    }
    if rows.len() > most {
        return Err(refused("TOO_MANY", format!("must be at most {most} rows")));
    }
    let mut found = Vec::with_capacity(rows.len());
    let mut errors = Vec::new();
    for (place, row) in rows.into_iter().enumerate() {
        let row = read_object::<R>(row.get()).map_err(|_| wrong_type("an object"));
        match row.and_then(|(row, unknown)| read(row, Fields::with(unknown))) {
            Ok(row) => found.push(row),
            Err(refused) => errors.extend(refused.into_iter().map(|error| FieldError {
                pointer: format!("/{place}{}", error.pointer),
                ..error
            })),
        }
        if errors.len() >= MOST_ERRORS {
            break;
        }
    }
    errors.truncate(MOST_ERRORS);
    if errors.is_empty() {
        Ok(found)
    } else {
        Err(errors)
    }
}
