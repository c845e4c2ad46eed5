//! A year of daily closes in about two and a half bytes each.
//!
//! | Bytes | What |
//! |---|---|
//! | 1 | format: 1 has one scale for all closes, 2 a scale for each |
//! | 2 | the year, little endian |
//! | 1 | how many bytes of days follow |
//! | 0–46 | one bit a day of the year, 1 January first, the lowest bit first; trailing zeros are left off |
//! | 1 | format 1 only: the decimal places of every close |
//! | 1–20 a close | format 1: the change of the digits since the close before (zigzag, LEB128); format 2: a byte of decimal places and the digits (LEB128) |
//!
//! Format 2 is for closes whose digits do not fit one scale. Invariant: no bytes whatever make
//! reading panic; what no writer writes is an error. A close is kept without trailing zeros.

use domain::Price;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

const ONE_SCALE: u8 = 1;
const OWN_SCALES: u8 = 2;
/// 366 days, one bit each.
const MOST_DAY_BYTES: usize = 46;
/// Digits that a decimal can hold: 96 bits.
const MOST_DIGITS: i128 = (1 << 96) - 1;
/// The longest LEB128 of a 128-bit number.
const LONGEST_NUMBER: u32 = 19;

/// The closes of one year, packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed(Box<[u8]>);

/// Bytes that no writer writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("packed closes that cannot be read: {0}")]
pub(crate) struct Unreadable(&'static str);

impl Packed {
    /// Of closes in `year`, oldest first, one a day. What is not so is left out.
    pub(crate) fn of(year: i16, closes: &[(Date, Price)]) -> Self {
        let mut days = [0_u8; MOST_DAY_BYTES];
        let mut kept: Vec<Decimal> = Vec::with_capacity(closes.len());
        let mut next_day = 1;
        for (date, close) in closes {
            let day = date.day_of_year();
            if date.year() == year && day >= next_day {
                let bit = usize::from(day.unsigned_abs()) - 1;
                days[bit / 8] |= 1 << (bit % 8);
                kept.push(close.value().normalize());
                next_day = day + 1;
            }
        }
        let used = days
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        let mut bytes = Vec::with_capacity(5 + used + 3 * kept.len());
        let tail = one_scale(&kept);
        bytes.push(tail.as_ref().map_or(OWN_SCALES, |_| ONE_SCALE));
        bytes.extend_from_slice(&year.to_le_bytes());
        bytes.push(u8::try_from(used).unwrap_or(0));
        bytes.extend_from_slice(&days[..used]);
        bytes.extend(tail.unwrap_or_else(|| own_scales(&kept)));
        Self(bytes.into())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// # Errors
    ///
    /// The bytes were not written by [`of`](Self::of).
    pub(crate) fn closes(&self) -> Result<Vec<(Date, Price)>, Unreadable> {
        let mut bytes = Bytes(&self.0);
        let format = bytes.byte()?;
        let year = i16::from_le_bytes([bytes.byte()?, bytes.byte()?]);
        let used = usize::from(bytes.byte()?);
        let days = bytes.take(used.min(MOST_DAY_BYTES + 1))?;
        if days.len() > MOST_DAY_BYTES {
            return Err(Unreadable("too many days"));
        }
        let mut values = match format {
            ONE_SCALE => Values::OneScale {
                scale: bytes.byte()?.into(),
                digits: 0,
            },
            OWN_SCALES => Values::OwnScales,
            _ => return Err(Unreadable("a format of a later version")),
        };
        let first = Date::new(year, 1, 1).map_err(|_| Unreadable("no such year"))?;
        let mut closes =
            Vec::with_capacity(days.iter().map(|byte| byte.count_ones() as usize).sum());
        for bit in 0..days.len() * 8 {
            if days[bit / 8] & (1 << (bit % 8)) != 0 {
                let day = i16::try_from(bit + 1).unwrap_or(i16::MAX);
                let date = first.with().day_of_year(day).build();
                let date = date.map_err(|_| Unreadable("no such day"))?;
                closes.push((date, values.next(&mut bytes)?));
            }
        }
        match bytes.0 {
            [] => Ok(closes),
            _ => Err(Unreadable("bytes after the last close")),
        }
    }
}

/// Nothing where a close has more digits at the common scale than a decimal can hold.
fn one_scale(closes: &[Decimal]) -> Option<Vec<u8>> {
    let scale = closes.iter().map(Decimal::scale).max().unwrap_or(0);
    let mut bytes = vec![u8::try_from(scale).ok()?];
    let mut before = 0;
    for close in closes {
        let digits = close
            .mantissa()
            .checked_mul(10_i128.checked_pow(scale - close.scale())?)
            .filter(|digits| *digits <= MOST_DIGITS)?;
        let change = digits - before;
        write_number(
            &mut bytes,
            ((change << 1) ^ (change >> 127)).cast_unsigned(),
        );
        before = digits;
    }
    Some(bytes)
}

fn own_scales(closes: &[Decimal]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for close in closes {
        bytes.push(u8::try_from(close.scale()).unwrap_or(0));
        write_number(&mut bytes, close.mantissa().unsigned_abs());
    }
    bytes
}

fn write_number(bytes: &mut Vec<u8>, mut number: u128) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

/// How the closes that follow are written.
enum Values {
    OneScale { scale: u32, digits: i128 },
    OwnScales,
}

impl Values {
    fn next(&mut self, bytes: &mut Bytes<'_>) -> Result<Price, Unreadable> {
        let (digits, scale) = match self {
            Self::OneScale { scale, digits } => {
                let number = bytes.number()?;
                let change = (number >> 1).cast_signed() ^ -((number & 1).cast_signed());
                *digits = digits
                    .checked_add(change)
                    .ok_or(Unreadable("a close too large"))?;
                (*digits, *scale)
            }
            Self::OwnScales => {
                let scale = bytes.byte()?.into();
                let digits = i128::try_from(bytes.number()?);
                (digits.map_err(|_| Unreadable("a close too large"))?, scale)
            }
        };
        Decimal::try_from_i128_with_scale(digits, scale)
            .ok()
            .and_then(|close| Price::try_new(close.normalize()).ok())
            .ok_or(Unreadable("a close that is no price"))
    }
}

/// What has not been read yet.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, left) = self
            .0
            .split_at_checked(count)
            .ok_or(Unreadable("cut off"))?;
        self.0 = left;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Unreadable> {
        self.take(1).map(|taken| taken[0])
    }

    fn number(&mut self) -> Result<u128, Unreadable> {
        let mut number = 0;
        for place in 0..LONGEST_NUMBER {
            let byte = self.byte()?;
            let low = u128::from(byte & 0x7f);
            let shifted = low << (7 * place);
            if shifted >> (7 * place) != low {
                break;
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unreadable("a number too large"))
    }
}

impl Serialize for Packed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Packed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(PackedVisitor)
    }
}

struct PackedVisitor;

impl Visitor<'_> for PackedVisitor {
    type Value = Packed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("packed closes")
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Packed, E> {
        Ok(Packed(bytes.into()))
    }
}

#[cfg(test)]
mod tests;
