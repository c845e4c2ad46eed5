//! Reading request bodies so that every mistake is reported at once.
//!
//! A request is a struct of [`Field`]s. Reading one never fails: a field keeps
//! its value, its absence, or why it was refused. [`Fields`] then turns the
//! fields into values, or into the list of all errors. The difference between
//! a missing field and an explicit `null` is kept, which is what a JSON Merge
//! Patch (RFC 7396) needs.

use domain::ledger::EntryKind;
use domain::money::{Amount, Charge};
use domain::portfolio::{CostBasisMethod, PortfolioType};
use domain::text::{AddressLine, Email, ExternalId, Label, Name, Note, Phone};
use domain::{
    Currency, InstrumentType, PortfolioId, Price, Quantity, Rate, Ticker, TransactionId, ValueError,
};
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::problem::{FieldError, code};

/// A value that can be read from one JSON token.
pub trait FieldValue: Sized {
    /// Reads the token; pointers in the errors are relative to this value.
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>>;
}

/// One field of a request.
#[derive(Debug, Clone, Default)]
pub enum Field<T> {
    #[default]
    Missing,
    Null,
    Value(T),
    Invalid(Vec<FieldError>),
}

impl<T> Field<T> {
    /// What a merge patch makes of a field that was `current`.
    #[must_use]
    pub fn or(self, current: Self) -> Self {
        match self {
            Self::Missing => current,
            given => given,
        }
    }

    /// As if it were not there, where it says this.
    #[must_use]
    pub fn unless(self, same: &T) -> Self
    where
        T: PartialEq,
    {
        match self {
            Self::Value(value) if value == *same => Self::Missing,
            given => given,
        }
    }

    pub const fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    pub const fn is_given(&self) -> bool {
        !matches!(self, Self::Missing | Self::Null)
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Self::Value)
    }
}

impl<'de, T: FieldValue> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let token = Box::<RawValue>::deserialize(deserializer)?;
        if token.get() == "null" {
            return Ok(Self::Null);
        }
        Ok(match T::read(&token) {
            Ok(value) => Self::Value(value),
            Err(errors) => Self::Invalid(errors),
        })
    }
}

/// An answer must not grow with what a stranger sends: so many unknown fields
/// are named, and so much of each name.
const MOST_UNKNOWN: usize = 50;
const LONGEST_NAME: usize = 100;

/// Reads a JSON object into a request.
///
/// # Errors
///
/// The text is not a JSON object, or names a field twice. Unknown fields are not
/// an error here: they come back beside the request, to be reported with the rest.
pub fn read_object<T: DeserializeOwned>(
    text: &str,
) -> Result<(T, Vec<FieldError>), serde_json::Error> {
    // A derived struct would also read an array of its fields in order.
    if !text.trim_start().starts_with('{') {
        return Err(serde_json::Error::custom("expected a JSON object"));
    }
    let mut unknown = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_ignored::deserialize(&mut deserializer, |path| {
        if unknown.len() < MOST_UNKNOWN {
            let name: String = path.to_string().chars().take(LONGEST_NAME).collect();
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let detail = "is not a field of this request";
            unknown.push(FieldError::new(pointer, code::UNKNOWN_FIELD, detail));
        }
    })?;
    deserializer.end()?;
    Ok((value, unknown))
}

/// Collects values and errors of one request.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// Starts with the errors found while reading.
    pub fn with(errors: Vec<FieldError>) -> Self {
        Self { errors }
    }

    /// A field that must be there.
    pub fn required<T>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        match field {
            Field::Value(value) => Some(value),
            Field::Missing | Field::Null => {
                self.refuse(name, code::REQUIRED, "is required");
                None
            }
            Field::Invalid(errors) => self.refused(name, errors),
        }
    }

    /// A field that may be missing or `null`, both meaning "none".
    pub fn optional<T>(&mut self, name: &str, field: Field<T>) -> Option<Option<T>> {
        match field {
            Field::Value(value) => Some(Some(value)),
            Field::Missing | Field::Null => Some(None),
            Field::Invalid(errors) => self.refused(name, errors),
        }
    }

    /// A patched field that cannot be cleared: missing keeps `current`.
    pub fn patch<T>(&mut self, name: &str, field: Field<T>, current: T) -> Option<T> {
        match field {
            Field::Value(value) => Some(value),
            Field::Missing => Some(current),
            Field::Null => {
                self.refuse(name, code::NOT_NULLABLE, "cannot be removed");
                None
            }
            Field::Invalid(errors) => self.refused(name, errors),
        }
    }

    /// A patched field that `null` clears.
    pub fn patch_optional<T>(
        &mut self,
        name: &str,
        field: Field<T>,
        current: Option<T>,
    ) -> Option<Option<T>> {
        match field {
            Field::Value(value) => Some(Some(value)),
            Field::Missing => Some(current),
            Field::Null => Some(None),
            Field::Invalid(errors) => self.refused(name, errors),
        }
    }

    /// Holds a value that was read to a further rule.
    pub fn check<T>(
        &mut self,
        name: &str,
        value: Option<T>,
        rule: impl FnOnce(T) -> Result<T, ValueError>,
    ) -> Option<T> {
        match rule(value?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.errors
                    .push(FieldError::value(format!("/{name}"), &error));
                None
            }
        }
    }

    pub fn refuse(&mut self, name: &str, code: &str, detail: &str) {
        self.errors
            .push(FieldError::new(format!("/{name}"), code, detail));
    }

    fn refused<T>(&mut self, name: &str, errors: Vec<FieldError>) -> Option<T> {
        self.errors
            .extend(errors.into_iter().map(|error| FieldError {
                pointer: format!("/{name}{}", error.pointer),
                ..error
            }));
        None
    }

    /// The values if all are there, else every error.
    ///
    /// # Errors
    ///
    /// All field errors collected.
    pub fn all<T: Values>(self, values: T) -> Result<T::Found, Vec<FieldError>> {
        match values.found() {
            Some(found) if self.errors.is_empty() => Ok(found),
            _ => Err(self.errors),
        }
    }
}

/// A tuple of `Option`s that is there only as a whole.
pub trait Values {
    type Found;
    fn found(self) -> Option<Self::Found>;
}

macro_rules! tuples {
    ($(($($name:ident),+))+) => {$(
        impl<$($name),+> Values for ($(Option<$name>,)+) {
            type Found = ($($name,)+);

            #[expect(non_snake_case, reason = "type parameters name the values")]
            fn found(self) -> Option<Self::Found> {
                let ($($name,)+) = self;
                Some(($($name?,)+))
            }
        }
    )+};
}

tuples! {
    (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, E) (A, B, C, D, E, F) (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H) (A, B, C, D, E, F, G, H, I)
}

pub(crate) fn wrong_type(expected: &str) -> Vec<FieldError> {
    vec![FieldError::new(
        "",
        code::WRONG_TYPE,
        format!("must be {expected}"),
    )]
}

fn refused(error: &ValueError) -> Vec<FieldError> {
    vec![FieldError::value("", error)]
}

impl FieldValue for String {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        serde_json::from_str(token.get()).map_err(|_| wrong_type("a string"))
    }
}

impl FieldValue for bool {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        serde_json::from_str(token.get()).map_err(|_| wrong_type("true or false"))
    }
}

impl FieldValue for Date {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        plain_date(&String::read(token)?).map_err(|error| refused(&error))
    }
}

/// A date written as `YYYY-MM-DD` and in no other way.
///
/// # Errors
///
/// `Malformed`.
pub fn plain_date(text: &str) -> Result<Date, ValueError> {
    let is_plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = text.parse().ok().filter(|_| is_plain);
    date.ok_or(ValueError::Malformed {
        expected: "a date of the form YYYY-MM-DD",
    })
}

macro_rules! read_text {
    ($($name:ty),+ $(,)?) => {$(
        impl FieldValue for $name {
            fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
                Self::parse(&String::read(token)?).map_err(|error| refused(&error))
            }
        }
    )+};
}

read_text!(
    AddressLine,
    CostBasisMethod,
    Currency,
    Email,
    EntryKind,
    ExternalId,
    InstrumentType,
    Label,
    Name,
    Note,
    Phone,
    PortfolioType,
    Ticker,
);

/// A number may come as a JSON number or as a string of one.
macro_rules! read_number {
    ($($name:ty),+ $(,)?) => {$(
        impl FieldValue for $name {
            fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
                let raw = token.get();
                let text = match raw.as_bytes().first() {
                    Some(b'"') => String::read(token)?,
                    Some(b'-' | b'0'..=b'9') => raw.to_owned(),
                    _ => return Err(wrong_type("a number or a string of one")),
                };
                Self::parse(&text).map_err(|error| refused(&error))
            }
        }
    )+};
}

read_number!(Amount, Charge, Price, Quantity, Rate);

macro_rules! read_id {
    ($($name:ty),+ $(,)?) => {$(
        impl FieldValue for $name {
            fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
                let malformed = ValueError::Malformed { expected: "a UUID" };
                String::read(token)?.parse().map_err(|_| refused(&malformed))
            }
        }
    )+};
}

read_id!(PortfolioId, TransactionId);

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    #[serde(default)]
    struct Order {
        ticker: Field<Ticker>,
        quantity: Field<Quantity>,
        note: Field<Note>,
        date: Field<Date>,
    }

    impl Default for Order {
        fn default() -> Self {
            Self {
                ticker: Field::Missing,
                quantity: Field::Missing,
                note: Field::Missing,
                date: Field::Missing,
            }
        }
    }

    type Read = (Ticker, Quantity, Option<Note>, Date);

    fn read(text: &str) -> Result<Read, Vec<FieldError>> {
        let (order, unknown) = read_object::<Order>(text).unwrap();
        let mut fields = Fields::with(unknown);
        let ticker = fields.required("ticker", order.ticker);
        let quantity = fields.required("quantity", order.quantity);
        let note = fields.optional("note", order.note);
        let date = fields.required("date", order.date);
        fields.all((ticker, quantity, note, date))
    }

    #[test]
    fn a_number_may_come_as_a_string() {
        let (ticker, quantity, note, date) =
            read(r#"{"ticker":"aapl","quantity":"1.50","date":"2026-01-05"}"#).unwrap();
        assert_eq!(
            (ticker.as_str(), quantity.to_string()),
            ("AAPL", "1.50".to_owned())
        );
        assert_eq!((note, date.to_string()), (None, "2026-01-05".to_owned()));
    }

    #[test]
    fn every_error_is_reported_at_once_with_its_pointer() {
        let errors = read(r#"{"quantity":-1,"note":7,"colour":"red","date":"5.1.2026","a/b":1}"#)
            .unwrap_err();
        let mut found: Vec<_> = errors
            .iter()
            .map(|error| (error.pointer.as_str(), error.code.as_str()))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("/a~1b", "UNKNOWN_FIELD"),
                ("/colour", "UNKNOWN_FIELD"),
                ("/date", "MALFORMED"),
                ("/note", "WRONG_TYPE"),
                ("/quantity", "NOT_POSITIVE"),
                ("/ticker", "REQUIRED"),
            ]
        );
    }

    #[test]
    fn dates_are_civil_days_and_nothing_else() {
        for date in [
            "2026-02-30",
            "2026-1-5",
            "20260105",
            "2026-01-05T10:00",
            "",
            "99999-01-01",
        ] {
            let text = format!(r#"{{"ticker":"A","quantity":1,"date":"{date}"}}"#);
            assert!(read(&text).is_err(), "{date}");
        }
    }

    #[test]
    fn thousands_of_unknown_fields_are_answered_with_a_few() {
        let many: Vec<String> = (0..5000)
            .map(|n| format!("\"{n}{}\":1", "x".repeat(500)))
            .collect();
        let (_, unknown) = read_object::<Order>(&format!("{{{}}}", many.join(","))).unwrap();
        assert_eq!(unknown.len(), MOST_UNKNOWN);
        assert!(
            unknown
                .iter()
                .all(|error| error.pointer.len() <= LONGEST_NAME + 1)
        );
    }

    #[test]
    fn what_is_not_an_object_is_not_read() {
        for text in [
            "[]",
            "7",
            "",
            "{",
            "{} {}",
            r#"{"ticker":"A","ticker":"B"}"#,
        ] {
            assert!(read_object::<Order>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_patch_tells_missing_from_null() {
        let mut fields = Fields::default();
        assert_eq!(
            fields.patch_optional("note", Field::Missing, Some(1)),
            Some(Some(1))
        );
        assert_eq!(
            fields.patch_optional("note", Field::Null, Some(1)),
            Some(None)
        );
        assert_eq!(fields.patch("name", Field::Missing, 1), Some(1));
        assert_eq!(fields.patch("name", Field::<i32>::Null, 1), None);
        assert_eq!(fields.errors[0].code, code::NOT_NULLABLE);
    }
}
