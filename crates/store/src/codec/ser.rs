//! Serialising into `AttributeValue`. One pass, no intermediate tree.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::ser::{self, Serialize};

use super::{CodecError, DECIMAL};

/// DynamoDB keeps 38 significant digits; more are refused rather than rounded.
const MAX_DIGITS: usize = 38;

type Attributes = HashMap<String, AttributeValue>;

pub(crate) fn to_attribute<T: Serialize + ?Sized>(value: &T) -> Result<AttributeValue, CodecError> {
    value.serialize(ToAttribute)
}

struct ToAttribute;

fn number(value: impl Display) -> AttributeValue {
    AttributeValue::N(format!("{value}"))
}

fn tagged(variant: &'static str, value: AttributeValue) -> AttributeValue {
    AttributeValue::M(HashMap::from([(variant.to_owned(), value)]))
}

/// A plain decimal in the one spelling that DynamoDB gives back: no sign of plus, no zeros that say
/// nothing. (Storage of its own would otherwise return `1.50` where AWS returns `1.5`.)
fn decimal(text: &str) -> Result<AttributeValue, CodecError> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || whole.len() + fraction.len() == 0 {
        return Err(CodecError::new("a decimal that is not a number"));
    }
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    let significant = match (whole, fraction) {
        ("", "") => return Ok(AttributeValue::N("0".to_owned())),
        ("", _) => fraction.trim_start_matches('0').len(),
        (_, "") => whole.trim_end_matches('0').len(),
        _ => whole.len() + fraction.len(),
    };
    if significant > MAX_DIGITS {
        return Err(CodecError::new("a number of more than 38 digits"));
    }
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(AttributeValue::N(format!("{sign}{whole}{point}{fraction}")))
}

/// The shortest form that reads back as the same float, without long rows of zeros.
fn float(value: f64) -> Result<AttributeValue, CodecError> {
    if !value.is_finite() {
        return Err(CodecError::new("a float that is not finite"));
    }
    let plain = value == 0.0 || (1e-7..1e15).contains(&value.abs());
    Ok(AttributeValue::N(if plain {
        format!("{}", value + 0.0)
    } else {
        format!("{value:e}")
    }))
}

impl ser::Serializer for ToAttribute {
    type Ok = AttributeValue;
    type Error = CodecError;
    type SerializeSeq = ToList;
    type SerializeTuple = ToList;
    type SerializeTupleStruct = ToList;
    type SerializeTupleVariant = ToList;
    type SerializeMap = ToMap;
    type SerializeStruct = ToMap;
    type SerializeStructVariant = ToMap;

    fn serialize_bool(self, value: bool) -> Result<AttributeValue, CodecError> {
        Ok(AttributeValue::Bool(value))
    }

    fn serialize_i8(self, value: i8) -> Result<AttributeValue, CodecError> {
        Ok(number(value))
    }

    fn serialize_i16(self, value: i16) -> Result<AttributeValue, CodecError> {
        Ok(number(value))
    }

    fn serialize_i32(self, value: i32) -> Result<AttributeValue, CodecError> {
        Ok(number(value))
    }

    fn serialize_i64(self, value: i64) -> Result<AttributeValue, CodecError> {
        Ok(number(value))
    }

    fn serialize_i128(self, value: i128) -> Result<AttributeValue, CodecError> {
        decimal(&value.to_string())
    }

    fn serialize_u8(self, value: u8) -> Result<AttributeValue, CodecError> {
        Ok(number(value))
    }

    fn serialize_u16(self, value: u16) -> Result<AttributeValue, CodecError> {
        Ok(number(value))
    }

    fn serialize_u32(self, value: u32) -> Result<AttributeValue, CodecError> {
        Ok(number(value))
    }

    fn serialize_u64(self, value: u64) -> Result<AttributeValue, CodecError> {
        Ok(number(value))
    }

    fn serialize_u128(self, value: u128) -> Result<AttributeValue, CodecError> {
        decimal(&value.to_string())
    }

    fn serialize_f32(self, value: f32) -> Result<AttributeValue, CodecError> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<AttributeValue, CodecError> {
        float(value)
    }

    fn serialize_char(self, value: char) -> Result<AttributeValue, CodecError> {
        Ok(AttributeValue::S(value.to_string()))
    }

    fn serialize_str(self, value: &str) -> Result<AttributeValue, CodecError> {
        Ok(AttributeValue::S(value.to_owned()))
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<AttributeValue, CodecError> {
        Ok(AttributeValue::B(Blob::new(value)))
    }

    fn serialize_none(self) -> Result<AttributeValue, CodecError> {
        Ok(AttributeValue::Null(true))
    }

    fn serialize_some<T: Serialize + ?Sized>(
        self,
        value: &T,
    ) -> Result<AttributeValue, CodecError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<AttributeValue, CodecError> {
        Ok(AttributeValue::Null(true))
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<AttributeValue, CodecError> {
        Ok(AttributeValue::Null(true))
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<AttributeValue, CodecError> {
        Ok(AttributeValue::S(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<AttributeValue, CodecError> {
        match (name, value.serialize(self)?) {
            (DECIMAL, AttributeValue::S(text)) => decimal(&text),
            (_, attribute) => Ok(attribute),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<AttributeValue, CodecError> {
        Ok(tagged(variant, value.serialize(self)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ToList, CodecError> {
        Ok(ToList::new(None, len.unwrap_or_default()))
    }

    fn serialize_tuple(self, len: usize) -> Result<ToList, CodecError> {
        Ok(ToList::new(None, len))
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<ToList, CodecError> {
        Ok(ToList::new(None, len))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<ToList, CodecError> {
        Ok(ToList::new(Some(variant), len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<ToMap, CodecError> {
        Ok(ToMap::new(None, len.unwrap_or_default()))
    }

    fn serialize_struct(self, _name: &'static str, len: usize) -> Result<ToMap, CodecError> {
        Ok(ToMap::new(None, len))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<ToMap, CodecError> {
        Ok(ToMap::new(Some(variant), len))
    }
}

/// A list being filled, and the variant it belongs to if it is the body of one.
struct ToList {
    variant: Option<&'static str>,
    items: Vec<AttributeValue>,
}

impl ToList {
    fn new(variant: Option<&'static str>, len: usize) -> Self {
        Self {
            variant,
            items: Vec::with_capacity(len),
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        let position = self.items.len();
        let item = to_attribute(value).map_err(|error| error.within(position))?;
        self.items.push(item);
        Ok(())
    }

    fn finish(self) -> AttributeValue {
        let list = AttributeValue::L(self.items);
        match self.variant {
            Some(variant) => tagged(variant, list),
            None => list,
        }
    }
}

/// A map being filled, the key whose value comes next, and the variant it may belong to.
struct ToMap {
    variant: Option<&'static str>,
    key: Option<String>,
    fields: Attributes,
}

impl ToMap {
    fn new(variant: Option<&'static str>, len: usize) -> Self {
        Self {
            variant,
            key: None,
            fields: HashMap::with_capacity(len),
        }
    }

    fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        match to_attribute(value).map_err(|error| error.within(name))? {
            // An absent option costs nothing and reads back as absent.
            AttributeValue::Null(_) => {}
            attribute => {
                self.fields.insert(name.to_owned(), attribute);
            }
        }
        Ok(())
    }

    fn finish(self) -> AttributeValue {
        let map = AttributeValue::M(self.fields);
        match self.variant {
            Some(variant) => tagged(variant, map),
            None => map,
        }
    }
}

macro_rules! list_serializer {
    ($($name:ident :: $method:ident),*) => {$(
        impl ser::$name for ToList {
            type Ok = AttributeValue;
            type Error = CodecError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
                self.push(value)
            }

            fn end(self) -> Result<AttributeValue, CodecError> {
                Ok(self.finish())
            }
        }
    )*};
}

list_serializer!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! struct_serializer {
    ($($name:ident),*) => {$(
        impl ser::$name for ToMap {
            type Ok = AttributeValue;
            type Error = CodecError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), CodecError> {
                self.field(name, value)
            }

            fn end(self) -> Result<AttributeValue, CodecError> {
                Ok(self.finish())
            }
        }
    )*};
}

struct_serializer!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for ToMap {
    type Ok = AttributeValue;
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        // A number is a fine key: maps keyed by year or by quantity read naturally.
        self.key = Some(match to_attribute(key)? {
            AttributeValue::S(text) | AttributeValue::N(text) => text,
            _ => {
                return Err(CodecError::new(
                    "a map key that is neither text nor a number",
                ));
            }
        });
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        let key = self.key.take().unwrap_or_default();
        let attribute = to_attribute(value).map_err(|error| error.within(&key))?;
        self.fields.insert(key, attribute);
        Ok(())
    }

    fn end(self) -> Result<AttributeValue, CodecError> {
        Ok(self.finish())
    }
}
