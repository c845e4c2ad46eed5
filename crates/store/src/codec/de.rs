//! Deserialising from `AttributeValue`, consuming it so that text moves rather than copies.
//!
//! Invariant: a number whose kind the reader did not ask for is handed over as an integer if it is
//! one, else as its text; never as a float.

use std::collections::{HashMap, hash_map};
use std::vec;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::de::value::StringDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};

use super::{CodecError, DECIMAL};

pub(crate) fn from_attribute<T: DeserializeOwned>(value: AttributeValue) -> Result<T, CodecError> {
    T::deserialize(FromAttribute(value))
}

struct FromAttribute(AttributeValue);

fn unexpected(value: &AttributeValue, wanted: &str) -> CodecError {
    let found = match value {
        AttributeValue::S(_) => "text",
        AttributeValue::N(_) => "a number",
        AttributeValue::Bool(_) => "a boolean",
        AttributeValue::M(_) => "a map",
        AttributeValue::L(_) => "a list",
        AttributeValue::B(_) => "binary data",
        AttributeValue::Null(_) => "null",
        _ => "a set",
    };
    CodecError::new(format!("{wanted} expected, {found} found"))
}

fn visit_number<'de, V: Visitor<'de>>(text: String, visitor: V) -> Result<V::Value, CodecError> {
    if let Ok(value) = text.parse::<u64>() {
        visitor.visit_u64(value)
    } else if let Ok(value) = text.parse::<i64>() {
        visitor.visit_i64(value)
    } else {
        visitor.visit_string(text)
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
            match self.0 {
                AttributeValue::N(text) => match text.parse::<$kind>() {
                    Ok(value) => visitor.$visit(value),
                    Err(_) => Err(CodecError::new(concat!("a number that is no ", stringify!($kind)))),
                },
                other => Err(unexpected(&other, "a number")),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for FromAttribute {
    type Error = CodecError;

    numbers! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
        deserialize_f32 visit_f32 f32,
        deserialize_f64 visit_f64 f64,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            AttributeValue::S(text) => visitor.visit_string(text),
            AttributeValue::N(text) => visit_number(text, visitor),
            AttributeValue::Bool(value) => visitor.visit_bool(value),
            AttributeValue::Null(_) => visitor.visit_unit(),
            AttributeValue::B(blob) => visitor.visit_byte_buf(blob.into_inner()),
            AttributeValue::L(items) => visitor.visit_seq(Items::new(items)),
            AttributeValue::M(fields) => visitor.visit_map(Fields::new(fields)),
            other => Err(unexpected(&other, "a value")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        match self.0 {
            AttributeValue::Null(_) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        match self.0 {
            AttributeValue::N(text) if name == DECIMAL => {
                visitor.visit_newtype_struct(StringDeserializer::new(text))
            }
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        match self.0 {
            AttributeValue::S(variant) => visitor.visit_enum(Variant {
                name: variant,
                value: None,
            }),
            AttributeValue::M(fields) if fields.len() == 1 => {
                let mut fields = fields.into_iter();
                let (name, value) = fields
                    .next()
                    .unwrap_or((String::new(), AttributeValue::Null(true)));
                visitor.visit_enum(Variant {
                    name,
                    value: Some(value),
                })
            }
            other => Err(unexpected(&other, "a variant")),
        }
    }

    serde::forward_to_deserialize_any! {
        bool char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier ignored_any
    }
}

struct Items {
    position: usize,
    items: vec::IntoIter<AttributeValue>,
}

impl Items {
    fn new(items: Vec<AttributeValue>) -> Self {
        Self {
            position: 0,
            items: items.into_iter(),
        }
    }
}

impl<'de> de::SeqAccess<'de> for Items {
    type Error = CodecError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, CodecError> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let position = self.position;
        self.position += 1;
        seed.deserialize(FromAttribute(item))
            .map(Some)
            .map_err(|error| error.within(position))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Fields {
    fields: hash_map::IntoIter<String, AttributeValue>,
    next: Option<(String, AttributeValue)>,
}

impl Fields {
    fn new(fields: HashMap<String, AttributeValue>) -> Self {
        Self {
            fields: fields.into_iter(),
            next: None,
        }
    }
}

impl<'de> de::MapAccess<'de> for Fields {
    type Error = CodecError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, CodecError> {
        self.next = self.fields.next();
        match &self.next {
            Some((name, _)) => seed.deserialize(MapKey(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, CodecError> {
        let Some((name, value)) = self.next.take() else {
            return Err(CodecError::new("a value asked for before its key"));
        };
        seed.deserialize(FromAttribute(value))
            .map_err(|error| error.within(name))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.fields.len())
    }
}

/// A map key: text, or the number it spells if the reader asks for one.
struct MapKey<'a>(&'a str);

macro_rules! number_keys {
    ($($method:ident $visit:ident $kind:ty),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
            match self.0.parse::<$kind>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => visitor.visit_str(self.0),
            }
        }
    )*};
}

impl<'de> de::Deserializer<'de> for MapKey<'_> {
    type Error = CodecError;

    number_keys! {
        deserialize_i8 visit_i8 i8,
        deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128,
        deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, CodecError> {
        visitor.visit_str(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        visitor.visit_enum(self.0.into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        bool f32 f64 char str string bytes byte_buf option unit unit_struct seq tuple tuple_struct
        map struct identifier ignored_any
    }
}

struct Variant {
    name: String,
    value: Option<AttributeValue>,
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = CodecError;
    type Variant = VariantBody;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, VariantBody), CodecError> {
        let name = seed.deserialize(MapKey(&self.name))?;
        Ok((name, VariantBody(self.value)))
    }
}

struct VariantBody(Option<AttributeValue>);

impl VariantBody {
    fn body(self) -> Result<FromAttribute, CodecError> {
        match self.0 {
            Some(value) => Ok(FromAttribute(value)),
            None => Err(CodecError::new("a variant without its content")),
        }
    }
}

impl<'de> de::VariantAccess<'de> for VariantBody {
    type Error = CodecError;

    fn unit_variant(self) -> Result<(), CodecError> {
        match self.0 {
            None | Some(AttributeValue::Null(_)) => Ok(()),
            Some(other) => Err(unexpected(&other, "nothing")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, CodecError> {
        seed.deserialize(self.body()?)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        de::Deserializer::deserialize_any(self.body()?, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, CodecError> {
        de::Deserializer::deserialize_any(self.body()?, visitor)
    }
}
