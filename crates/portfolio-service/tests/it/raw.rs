//! Stored items as they are, whatever today's records would make of them.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use store::Record;

/// A stored value: a leaf is its text, because the reader of a record decides
/// what a number is; a number is written as one all the same.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    Text(String),
    Number(String),
    Bool(bool),
    Bytes(Vec<u8>),
    List(Vec<Raw>),
    Map(BTreeMap<String, Raw>),
}

impl Raw {
    /// Reads DynamoDB's own JSON: `{"M":{"quantity":{"N":"1.5"}}}`.
    pub(crate) fn from_dynamo(json: &serde_json::Value) -> Self {
        let (kind, value) = json.as_object().unwrap().iter().next().unwrap();
        let text = || value.as_str().unwrap().to_owned();
        match kind.as_str() {
            "S" => Self::Text(text()),
            "N" => Self::Number(text()),
            "BOOL" => Self::Bool(value.as_bool().unwrap()),
            "B" => Self::Bytes(BASE64.decode(text()).unwrap()),
            "L" => Self::List(
                value
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(Self::from_dynamo)
                    .collect(),
            ),
            "M" => {
                let fields = value.as_object().unwrap().iter();
                Self::Map(
                    fields
                        .map(|(name, value)| (name.clone(), Self::from_dynamo(value)))
                        .collect(),
                )
            }
            other => panic!("no kind of value: {other}"),
        }
    }

    /// What is in a packed attribute: JSON compressed with LZ4, after a byte that says so.
    pub(crate) fn unpacked(&self) -> Self {
        let Self::Bytes(bytes) = self else {
            panic!("not packed: {self:?}")
        };
        assert_eq!(bytes[0], 1);
        let json = lz4_flex::decompress_size_prepended(&bytes[1..]).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    /// The value at a path such as `lots/0/quantity`.
    pub(crate) fn at(&mut self, path: &str) -> &mut Self {
        path.split('/').fold(self, |value, part| match value {
            Self::List(items) => &mut items[part.parse::<usize>().unwrap()],
            Self::Map(fields) => fields.get_mut(part).unwrap(),
            leaf => panic!("nothing at {path} in {leaf:?}"),
        })
    }

    /// Every path and the text there.
    pub(crate) fn leaves(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        self.visit("", &mut found);
        found
    }

    fn visit(&self, path: &str, found: &mut BTreeMap<String, String>) {
        let leaf = match self {
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
            Self::Bytes(bytes) => BASE64.encode(bytes),
            Self::List(items) => {
                for (place, item) in items.iter().enumerate() {
                    item.visit(&format!("{path}/{place}"), found);
                }
                return;
            }
            Self::Map(fields) => {
                for (name, value) in fields {
                    value.visit(&format!("{path}/{name}"), found);
                }
                return;
            }
        };
        found.insert(path.to_owned(), leaf);
    }
}

/// The name by which the store knows a number of any length.
struct Number<'a>(&'a str);

impl Serialize for Number<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct("Decimal", self.0)
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Number(text) => Number(text).serialize(serializer),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::List(items) => items.serialize(serializer),
            Self::Map(fields) => fields.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Raw, E> {
        Ok(Raw::Bytes(bytes.to_vec()))
    }

    /// What is null has no leaves, like what is absent.
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Map(BTreeMap::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Raw, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Raw::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Raw, A::Error> {
        let mut all = BTreeMap::new();
        while let Some((name, value)) = fields.next_entry()? {
            all.insert(name, value);
        }
        Ok(Raw::Map(all))
    }
}

macro_rules! kinds {
    ($($name:ident $kind:literal $schema:literal),+ $(,)?) => {$(
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $name(pub(crate) Raw);

        impl Record for $name {
            const KIND: &'static str = $kind;
            const SCHEMA: u32 = $schema;
        }
    )+};
}

kinds! {
    FirstPortfolio "portfolio" 1,
    Portfolio "portfolio" 2,
    Transaction "transaction" 1,
    Entries "entries" 1,
    FirstPosition "position" 1,
    Position "position" 2,
    Purge "purge" 1,
    Idempotency "idempotency" 1,
    Event "event" 1,
}
