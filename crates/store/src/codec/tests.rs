use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::*;

/// A decimal as the domain writes it: a newtype struct around its text.
#[derive(Clone, Debug, PartialEq)]
struct Decimal(String);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct("Decimal", &self.0)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Decimal;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal")
            }

            fn visit_newtype_struct<D: Deserializer<'de>>(
                self,
                inner: D,
            ) -> Result<Decimal, D::Error> {
                String::deserialize(inner).map(Decimal)
            }
        }
        deserializer.deserialize_newtype_struct("Decimal", Visitor)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Choice {
    Nothing,
    One(Decimal),
    Two(i8, String),
    Named {
        amount: Decimal,
        note: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    Buy { quantity: u64 },
    Note { text: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Wide {
    signed: i64,
    unsigned: u64,
    huge: i128,
    float: f64,
    flag: bool,
    letter: char,
    text: String,
    decimal: Decimal,
    maybe: Option<Decimal>,
    list: Vec<Option<i32>>,
    pair: (u8, String),
    years: BTreeMap<u16, Decimal>,
    choices: Vec<Choice>,
    tagged: Tagged,
}

fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> T {
    from_attribute(to_attribute(value).unwrap()).unwrap()
}

/// Decimals in the spelling that is stored, so that they compare equal.
fn decimals() -> impl Strategy<Value = Decimal> {
    (any::<bool>(), 1..u64::MAX, 0..12_usize).prop_map(|(negative, digits, scale)| {
        let digits = format!("{digits:013}");
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        let sign = if negative && (whole != "0" || !fraction.is_empty()) {
            "-"
        } else {
            ""
        };
        Decimal(format!("{sign}{whole}{point}{fraction}"))
    })
}

fn choices() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Nothing),
        decimals().prop_map(Choice::One),
        (any::<i8>(), ".*").prop_map(|(number, text)| Choice::Two(number, text)),
        (decimals(), proptest::option::of(".*"))
            .prop_map(|(amount, note)| Choice::Named { amount, note }),
    ]
}

fn tagged() -> impl Strategy<Value = Tagged> {
    prop_oneof![
        any::<u64>().prop_map(|quantity| Tagged::Buy { quantity }),
        ".*".prop_map(|text| Tagged::Note { text }),
    ]
}

prop_compose! {
    fn wides()(
        (signed, unsigned, huge, float) in (any::<i64>(), any::<u64>(), -(10_i128.pow(37))..10_i128.pow(37), any::<f64>()),
        (flag, letter, text, decimal, maybe) in (any::<bool>(), any::<char>(), ".*", decimals(), proptest::option::of(decimals())),
        (list, pair, years) in (vec(any::<Option<i32>>(), 0..4), (any::<u8>(), ".*"), btree_map(any::<u16>(), decimals(), 0..4)),
        (choices, tagged) in (vec(choices(), 0..4), tagged()),
    ) -> Wide {
        let float = if float.is_finite() { float + 0.0 } else { 0.5 };
        Wide {
            signed, unsigned, huge, float, flag, letter, text, decimal, maybe, list, pair, years,
            choices, tagged,
        }
    }
}

proptest! {
    #[test]
    fn every_value_reads_back_as_it_was(value in wides()) {
        prop_assert_eq!(round_trip(&value), value);
    }
}

fn stored(decimal: &str) -> Result<String, String> {
    match to_attribute(&Decimal(decimal.to_owned())) {
        Ok(AttributeValue::N(text)) => Ok(text),
        Ok(other) => Err(format!("{other:?}")),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_decimal_is_stored_as_a_number_with_every_digit() {
    let long = "1234567890123456789.0123456789012345678";
    assert_eq!(
        stored(long).as_deref(),
        Ok("1234567890123456789.0123456789012345678")
    );
    assert_eq!(stored("0.1000").as_deref(), Ok("0.1"));
    assert_eq!(stored("-007.50").as_deref(), Ok("-7.5"));
    assert_eq!(stored("-0.00").as_deref(), Ok("0"));
    assert_eq!(stored(".5").as_deref(), Ok("0.5"));
}

#[test]
fn a_decimal_that_does_not_fit_is_refused_rather_than_rounded() {
    let digits = "9".repeat(39);
    assert_eq!(
        stored(&digits).unwrap_err(),
        "a number of more than 38 digits"
    );
    for text in ["", ".", "-", "1e5", "NaN", "1.2.3", "١"] {
        assert_eq!(
            stored(text).unwrap_err(),
            "a decimal that is not a number",
            "{text}"
        );
    }
}

#[test]
fn floats_that_are_no_numbers_are_refused() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(to_attribute(&value).is_err());
    }
}

#[test]
fn an_absent_option_is_left_out_of_a_struct_and_null_in_a_list() {
    let choice = Choice::Named {
        amount: Decimal("1".to_owned()),
        note: None,
    };
    let AttributeValue::M(outer) = to_attribute(&choice).unwrap() else {
        unreachable!("a variant with fields is a map")
    };
    assert_eq!(
        outer["Named"].as_m().unwrap().keys().collect::<Vec<_>>(),
        ["amount"]
    );
    let list = to_attribute(&[None, Some(1)]).unwrap();
    assert_eq!(list.as_l().unwrap()[0], AttributeValue::Null(true));
}

#[test]
fn a_number_of_unknown_kind_is_never_a_float() {
    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(untagged)]
    enum Loose {
        Whole(i64),
        Float(f64),
        Text(String),
    }
    let read = |text: &str| from_attribute::<Loose>(AttributeValue::N(text.to_owned())).unwrap();
    assert_eq!(read("-5"), Loose::Whole(-5));
    assert_eq!(read("0.1"), Loose::Text("0.1".to_owned()));
}

#[test]
fn an_error_says_where() {
    let Err(error) = from_attribute::<Vec<Wide>>(AttributeValue::L(vec![AttributeValue::M(
        [("signed".to_owned(), AttributeValue::S("x".to_owned()))].into(),
    )])) else {
        unreachable!("text is no number")
    };
    assert_eq!(error.to_string(), "0.signed: a number expected, text found");
}

#[test]
fn bytes_are_binary() {
    struct Bytes;
    impl Serialize for Bytes {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(b"abc")
        }
    }
    assert_eq!(
        to_attribute(&Bytes).unwrap(),
        AttributeValue::B(Blob::new("abc"))
    );
}

#[test]
fn the_size_is_what_the_engine_counts() {
    let value = Choice::Named {
        amount: Decimal("-12.345".to_owned()),
        note: Some("äöü".to_owned()),
    };
    let item = [("data".to_owned(), to_attribute(&value).unwrap())].into();
    // "data" 4, map 3 + 1 + "Named" 5, map 3 + 2, "amount" 6 + 5, "note" 4 + 6.
    assert_eq!(item_size(&item), 39);
}
