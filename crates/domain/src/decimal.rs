//! Reading, writing and storing exact decimals.
//!
//! Every number in Folio that counts money, shares or a rate is a
//! [`rust_decimal::Decimal`]: an integer of up to 96 bits with a decimal scale
//! of 0 to 28. This module is the only way text becomes one. It never rounds:
//! what does not fit is refused.
//!
//! | Text | Result |
//! |---|---|
//! | `10`, `-0.5`, `1.50`, `1e3`, `2.5E-4` | the number, its trailing zeros kept |
//! | more than 28 significant digits or decimal places | `TooManyDigits` |
//! | `1e400` | `OutOfRange` |
//! | `NaN`, `Infinity`, `0x10`, `1_000`, `1,5`, `""`, `+1`, `.5` | `NotANumber` |

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::{self, Visitor};
use serde::{Deserializer, Serializer};
use std::fmt;

use crate::ValueError;

/// How many significant digits, and how many decimal places, a number may have.
pub const MAX_DIGITS: usize = 28;

/// Reads a JSON number token, or the text of one.
///
/// ```
/// use domain::decimal::parse;
/// assert_eq!(parse("1.50").unwrap().to_string(), "1.50");
/// assert_eq!(parse("2.5e3").unwrap().to_string(), "2500");
/// assert!(parse("NaN").is_err());
/// ```
///
/// # Errors
///
/// `NotANumber` for anything outside the JSON number grammar, `TooManyDigits`
/// and `OutOfRange` for numbers that cannot be held exactly.
pub fn parse(text: &str) -> Result<Decimal, ValueError> {
    plain(text).map_or_else(|| whatever(text), Ok)
}

/// A number without exponent and of no more than 28 digits in all, as almost
/// all of them are. None for everything else, right or wrong.
fn plain(text: &str) -> Option<Decimal> {
    let bytes = text.as_bytes();
    let unsigned = bytes.strip_prefix(b"-").unwrap_or(bytes);
    if unsigned.len() > MAX_DIGITS {
        return None;
    }
    let mut magnitude: i128 = 0;
    let mut places = None;
    for (place, byte) in unsigned.iter().enumerate() {
        match byte {
            b'0'..=b'9' => magnitude = magnitude * 10 + i128::from(byte - b'0'),
            b'.' if places.is_none() && place > 0 => places = Some(unsigned.len() - place - 1),
            _ => return None,
        }
    }
    if unsigned.is_empty() || places == Some(0) || magnitude == 0 {
        return None;
    }
    let signed = if unsigned.len() < bytes.len() {
        -magnitude
    } else {
        magnitude
    };
    Decimal::try_from_i128_with_scale(signed, u32::try_from(places.unwrap_or(0)).ok()?).ok()
}

fn whatever(text: &str) -> Result<Decimal, ValueError> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return Err(ValueError::NotANumber),
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(fraction.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return Err(ValueError::NotANumber);
    }

    let digits = format!("{whole}{fraction}");
    let mut significant = digits.trim_start_matches('0');
    if significant.is_empty() {
        let scale = u32::try_from(fraction.len().min(MAX_DIGITS)).unwrap_or(0);
        return Ok(Decimal::new(0, scale));
    }
    let places = i64::try_from(fraction.len()).map_err(|_| ValueError::TooManyDigits)?;
    let mut scale = places.saturating_sub(exponent);
    while scale > 28 && significant.ends_with('0') {
        significant = &significant[..significant.len() - 1];
        scale -= 1;
    }
    if significant.len() > MAX_DIGITS || scale > 28 {
        return Err(ValueError::TooManyDigits);
    }
    let zeros = usize::try_from(-scale.min(0)).unwrap_or(usize::MAX);
    if significant.len().saturating_add(zeros) > MAX_DIGITS {
        return Err(ValueError::OutOfRange {
            limit: "below 1e28",
        });
    }
    let padded = format!("{significant}{}", "0".repeat(zeros));
    let magnitude: i128 = padded.parse().map_err(|_| ValueError::TooManyDigits)?;
    let signed = if negative { -magnitude } else { magnitude };
    let scale = u32::try_from(scale.max(0)).unwrap_or(0);
    Decimal::try_from_i128_with_scale(signed, scale).map_err(|_| ValueError::TooManyDigits)
}

fn parse_exponent(text: &str) -> Result<i64, ValueError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ValueError::NotANumber);
    }
    // An exponent too long for an integer is as far out of range as one can be.
    let magnitude = digits
        .parse::<i64>()
        .unwrap_or(i64::MAX / 2)
        .min(i64::MAX / 2);
    Ok(if text.starts_with('-') {
        -magnitude
    } else {
        magnitude
    })
}

/// The number as anybody may read it: a product can have a 29th digit, which is
/// rounded half to even.
///
/// ```
/// use domain::decimal::{parse, readable};
/// let product = parse("3").unwrap() * parse("2.222222222222222222222222222").unwrap();
/// assert_eq!(readable(product).to_string(), "6.666666666666666666666666666");
/// ```
pub fn readable(value: Decimal) -> Decimal {
    const LIMIT: u128 = 10u128.pow(28);
    match value.scale().checked_sub(1) {
        Some(places) if value.mantissa().unsigned_abs() >= LIMIT => value
            .round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
            .normalize(),
        _ => value,
    }
}

/// The serde form of every decimal: a newtype called `Decimal` around its text.
///
/// Formats that know the name may write a number; all others see a string.
/// Use with `#[serde(with = "domain::decimal")]`.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct("Decimal", &value.normalize().to_string())
}

/// Reads back what [`serialize`] wrote.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    deserializer.deserialize_newtype_struct("Decimal", DecimalVisitor)
}

struct DecimalVisitor;

impl<'de> Visitor<'de> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the text of a decimal number")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Decimal, D::Error> {
        inner.deserialize_str(self)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "what was stored is a decimal without an exponent"
    )]
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
        // A product may have a digit more than anybody may send.
        parse(text)
            .or_else(|error| Decimal::from_str_exact(text).map_err(|_| error))
            .map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        parse(text).unwrap().to_string()
    }

    #[test]
    fn digits_and_trailing_zeros_are_kept() {
        assert_eq!(shown("150.2500"), "150.2500");
        assert_eq!(
            shown("0.0000000000000000000000000001"),
            "0.0000000000000000000000000001"
        );
        assert_eq!(
            shown("9999999999999999999999999999"),
            "9999999999999999999999999999"
        );
        assert_eq!(shown("-12.30"), "-12.30");
        assert_eq!(shown("0.00"), "0.00");
    }

    #[test]
    fn exponents_are_exact() {
        assert_eq!(shown("1e3"), "1000");
        assert_eq!(shown("1.5E-3"), "0.0015");
        assert_eq!(shown("25e+1"), "250");
        assert_eq!(shown("1e27"), "1000000000000000000000000000");
        assert_eq!(shown("0e999999999999999999999"), "0");
    }

    #[test]
    fn what_cannot_be_held_exactly_is_refused() {
        let digits_29 = "1.2345678901234567890123456789";
        assert_eq!(parse(digits_29), Err(ValueError::TooManyDigits));
        assert_eq!(
            parse("12345678901234567890123456789"),
            Err(ValueError::TooManyDigits)
        );
        assert_eq!(parse("1e-29"), Err(ValueError::TooManyDigits));
        assert!(matches!(parse("1e400"), Err(ValueError::OutOfRange { .. })));
        assert!(matches!(
            parse("1e99999999999999999999"),
            Err(ValueError::OutOfRange { .. })
        ));
        assert_eq!(
            parse("1e-99999999999999999999"),
            Err(ValueError::TooManyDigits)
        );
    }

    #[test]
    fn text_that_is_no_json_number_is_refused() {
        for text in [
            "", "-", ".", "1.", ".5", "+1", "NaN", "Infinity", "0x10", "1_000", "1,5", "1 ", "٣",
        ] {
            assert_eq!(parse(text), Err(ValueError::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn a_digit_more_than_anybody_may_send_is_rounded_half_to_even() {
        for (whole, fraction, written) in [
            (1_i128, 5, "1.000000000000000000000000000"),
            (3, 5, "3.000000000000000000000000000"),
            (3, 15, "3.000000000000000000000000002"),
            (3, 25, "3.000000000000000000000000002"),
            (-3, -16, "-3.000000000000000000000000002"),
        ] {
            let mantissa = whole * 10_i128.pow(28) + fraction;
            let value = Decimal::from_i128_with_scale(mantissa, 28);
            let read = parse(&readable(value).to_string()).unwrap();
            assert_eq!(read, parse(written).unwrap());
        }
        let exact = parse("1234567890123456789012345.678").unwrap();
        assert_eq!(readable(exact).to_string(), exact.to_string());
    }

    proptest! {
        #[test]
        fn a_plain_number_is_what_any_number_is(text in "-?[0-9]{0,20}(\\.[0-9]{0,12})?") {
            if let Some(number) = plain(&text) {
                let same = whatever(&text).unwrap();
                prop_assert_eq!((number, number.scale()), (same, same.scale()));
            }
        }

        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn what_is_written_is_read_back(mantissa in any::<i64>(), scale in 0u32..=28) {
            let value = Decimal::new(mantissa, scale);
            prop_assert_eq!(parse(&value.to_string()).unwrap().to_string(), value.to_string());
        }
    }
}
