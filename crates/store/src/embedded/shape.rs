//! Reading an item's JSON without building it: its keys, its index attributes and its size.
//!
//! The engine keeps an item as the very JSON the SDK sends, so storing one needs no more than
//! this. Whatever the codec of this crate would not have written is left to the engine, which
//! knows all of DynamoDB's rules; it is refused here by an error.

use std::borrow::Cow;
use std::fmt;

use dynoxide::types::number_size;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::attributes::{OUTBOX_AT, OUTBOX_SHARD, PK, SK, TICKER_KEY};

/// Levels of nesting that are certainly within DynamoDB's 32.
const DEPTH: u8 = 24;
/// Digits of a number that is certainly within DynamoDB's precision and range.
const DIGITS: usize = 38;

/// What storing an item takes, apart from its JSON.
#[derive(Debug, Default)]
pub(super) struct Shape<'a> {
    pub(super) pk: Option<Cow<'a, str>>,
    pub(super) sk: Option<Cow<'a, str>>,
    pub(super) outbox_shard: Option<Cow<'a, str>>,
    pub(super) outbox_at: Option<Cow<'a, str>>,
    pub(super) ticker_key: Option<Cow<'a, str>>,
    /// As DynamoDB counts it.
    pub(super) size: usize,
}

impl<'a> Shape<'a> {
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let shape = deserializer.deserialize_map(ItemVisitor).ok()?;
        deserializer.end().ok()?;
        Some(shape)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Shape<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an item")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape<'de>, A::Error> {
        let mut shape = Shape::default();
        while let Some(name) = map.next_key_seed(Text)? {
            let value = map.next_value_seed(Value(DEPTH))?;
            shape.size += name.len() + value.size;
            let slot = match &*name {
                PK => &mut shape.pk,
                SK => &mut shape.sk,
                OUTBOX_SHARD => &mut shape.outbox_shard,
                OUTBOX_AT => &mut shape.outbox_at,
                TICKER_KEY => &mut shape.ticker_key,
                _ => continue,
            };
            match value.text {
                Some(text) if !text.is_empty() && slot.is_none() => *slot = Some(text),
                _ => return Err(A::Error::custom("a key that is not text")),
            }
        }
        Ok(shape)
    }
}

/// One attribute: its size, and its text if it is of type `S`.
struct Measured<'a> {
    size: usize,
    text: Option<Cow<'a, str>>,
}

/// An attribute with room for so many levels below it.
#[derive(Clone, Copy)]
struct Value(u8);

impl<'de> DeserializeSeed<'de> for Value {
    type Value = Measured<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Measured<'de>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Value {
    type Value = Measured<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Measured<'de>, A::Error> {
        let Some(below) = self.0.checked_sub(1) else {
            return Err(A::Error::custom("nested too deep"));
        };
        let mut text = None;
        let size = match map.next_key_seed(Text)?.as_deref() {
            Some("S") => {
                let value = map.next_value_seed(Text)?;
                let size = value.len();
                text = Some(value);
                size
            }
            Some("N") => measured_number(&map.next_value_seed(Text)?).map_err(A::Error::custom)?,
            Some("BOOL" | "NULL") => {
                map.next_value::<bool>()?;
                1
            }
            Some("L") => map.next_value_seed(List(below))?,
            Some("M") => map.next_value_seed(Map(below))?,
            _ => return Err(A::Error::custom("a type left to the engine")),
        };
        match map.next_key_seed(Text)? {
            None => Ok(Measured { size, text }),
            Some(_) => Err(A::Error::custom("more than one type")),
        }
    }
}

/// The size of a plain number; one in scientific notation or very long is for the engine to judge.
fn measured_number(text: &str) -> Result<usize, &'static str> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let plain = unsigned
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let points = unsigned.bytes().filter(|byte| *byte == b'.').count();
    let digits = unsigned.len() - points;
    if plain && points <= 1 && (1..=DIGITS).contains(&digits) {
        Ok(number_size(text))
    } else {
        Err("a number left to the engine")
    }
}

struct List(u8);

impl<'de> DeserializeSeed<'de> for List {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<usize, A::Error> {
        let mut size = 3;
        while let Some(item) = items.next_element_seed(Value(self.0))? {
            size += 1 + item.size;
        }
        Ok(size)
    }
}

struct Map(u8);

impl<'de> DeserializeSeed<'de> for Map {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Map {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<usize, A::Error> {
        let mut size = 3;
        while let Some(name) = map.next_key_seed(Text)? {
            size += 1 + name.len() + map.next_value_seed(Value(self.0))?.size;
        }
        Ok(size)
    }
}

/// Text, borrowed unless it holds an escape. (`Cow` of serde itself always copies.)
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_size_are_read_off_the_json() {
        let json = r#"{"PK":{"S":"P#\"1\""},"SK":{"S":"A"},"data":{"M":{"n":{"N":"12.5"},"l":{"L":[{"NULL":true}]}}}}"#;
        let shape = Shape::read(json).unwrap();
        assert_eq!(shape.pk.as_deref(), Some("P#\"1\""));
        assert_eq!(shape.sk.as_deref(), Some("A"));
        let item: dynoxide::Item = serde_json::from_str(json).unwrap();
        assert_eq!(shape.size, dynoxide::types::item_size(&item));
    }

    #[test]
    fn what_the_codec_never_writes_is_left_to_the_engine() {
        for value in [
            r#"{"SS":["a"]}"#,
            r#"{"N":"1e400"}"#,
            r#"{"N":""}"#,
            r#"{"N":"123456789012345678901234567890123456789"}"#,
            r#"{"S":"a","N":"1"}"#,
            "{}",
            "1",
        ] {
            let json = format!(r#"{{"PK":{{"S":"P"}},"SK":{{"S":"S"}},"x":{value}}}"#);
            assert!(Shape::read(&json).is_none(), "{json}");
        }
        let deep = format!("{}{}", r#"{"L":["#.repeat(40), "]}".repeat(40));
        assert!(Shape::read(&format!(r#"{{"x":{deep}}}"#)).is_none());
        assert!(Shape::read(r#"{"PK":{"S":""}}"#).is_none());
        assert!(Shape::read(r#"{"PK":{"N":"1"}}"#).is_none());
    }
}
