use std::fmt::{self, Write};

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::openapi::schema::{Object, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An exact decimal on the wire: written as a JSON number with every digit it
/// has, up to 28, read from a JSON number or a string.
///
/// It travels as a raw token, so it fails inside `#[serde(flatten)]` and in
/// tagged or untagged enums; wire types are flat structs for that reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number(pub Decimal);

impl From<Decimal> for Number {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The longest decimal: a sign, 29 digits and a point.
const LONGEST: usize = 31;

struct Token {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Write for Token {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len.checked_add(text.len()).ok_or(fmt::Error)?;
        self.bytes
            .get_mut(self.len..end)
            .ok_or(fmt::Error)?
            .copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error;
        let mut token = Token {
            bytes: [0; LONGEST],
            len: 0,
        };
        write!(token, "{}", domain::decimal::readable(self.0)).map_err(S::Error::custom)?;
        let raw: &RawValue =
            serde_json::from_slice(&token.bytes[..token.len]).map_err(S::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let raw = <&RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let digits = text
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
            .unwrap_or(text);
        domain::decimal::parse(digits)
            .map(Self)
            .map_err(D::Error::custom)
    }
}

impl PartialSchema for Number {
    fn schema() -> RefOr<Schema> {
        let schema: Object = ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some(
                "An exact decimal number; read it without a binary float to keep every digit.",
            ))
            .build();
        schema.into()
    }
}

impl ToSchema for Number {
    fn name() -> std::borrow::Cow<'static, str> {
        "Number".into()
    }
}

/// A number greater than zero in a request: a JSON number or a string of one.
#[derive(Debug)]
pub struct PositiveInput;

/// A number of at least zero in a request: a JSON number or a string of one.
#[derive(Debug)]
pub struct ChargeInput;

/// A number other than zero in a request: a JSON number or a string of one.
#[derive(Debug)]
pub struct AmountInput;

fn input(number: ObjectBuilder, sign: &str, description: &str) -> RefOr<Schema> {
    let number = number
        .schema_type(Type::Number)
        .maximum(Some(999_999_999_999_u64));
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(format!(
            r"^{sign}[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
        )));
    let either = OneOfBuilder::new()
        .item(number)
        .item(text)
        .description(Some(description));
    Schema::OneOf(either.build()).into()
}

impl PartialSchema for PositiveInput {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().exclusive_minimum(Some(0));
        input(
            number,
            "",
            "Greater than zero, with at most 28 digits; a number or a string of one.",
        )
    }
}

impl PartialSchema for ChargeInput {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().minimum(Some(0));
        input(
            number,
            "",
            "Zero or more, with at most 28 digits; a number or a string of one.",
        )
    }
}

impl PartialSchema for AmountInput {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().minimum(Some(-999_999_999_999_i64));
        input(
            number,
            "-?",
            "Not zero, with at most 28 digits; a number or a string of one.",
        )
    }
}

impl ToSchema for PositiveInput {}
impl ToSchema for AmountInput {}
impl ToSchema for ChargeInput {}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) -> String {
        let number: Number = serde_json::from_str(text).unwrap();
        serde_json::to_string(&number).unwrap()
    }

    #[test]
    fn every_digit_survives() {
        for text in [
            "0.1",
            "1234567890123456789.123456789",
            "-0.0000000000000000000000000001",
            "150.00",
        ] {
            assert_eq!(round_trip(text), text);
        }
        let longest = Decimal::MIN.to_string();
        assert_eq!(
            serde_json::to_string(&Number(Decimal::MIN)).unwrap(),
            longest
        );
    }

    #[test]
    fn strings_are_read_and_numbers_written() {
        assert_eq!(round_trip("\"150.25\""), "150.25");
    }

    #[test]
    fn what_is_not_a_finite_decimal_is_refused() {
        for text in [
            "\"NaN\"",
            "\"Infinity\"",
            "1e400",
            "true",
            "null",
            "{}",
            "\"\\u0031\"",
        ] {
            assert!(serde_json::from_str::<Number>(text).is_err(), "{text}");
        }
    }
}
