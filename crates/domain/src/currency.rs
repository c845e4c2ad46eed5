use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ValueError;

/// An ISO 4217 currency.
///
/// Crypto assets are instruments with a price, not currencies. A quote in minor
/// units (GBp) is converted before it reaches this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    pub const USD: Self = Self(iso_currency::Currency::USD);
    pub const EUR: Self = Self(iso_currency::Currency::EUR);
    pub const GBP: Self = Self(iso_currency::Currency::GBP);

    /// Reads a code in either case. Only `GBp` is another thing than `GBP`.
    ///
    /// # Errors
    ///
    /// `UnknownCurrency` for a code ISO 4217 does not list, `Malformed` for pence.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        if text.trim() == "GBp" {
            return Err(ValueError::Malformed {
                expected: "GBP, with amounts in pounds: GBp are pence",
            });
        }
        iso_currency::Currency::from_code(&text.trim().to_ascii_uppercase())
            .map(Self)
            .ok_or(ValueError::UnknownCurrency)
    }

    /// Every currency of the table, for contracts and menus.
    pub fn all() -> impl Iterator<Item = Self> {
        use iso_currency::IntoEnumIterator;
        iso_currency::Currency::iter().map(Self)
    }

    pub fn code(self) -> &'static str {
        self.0.code()
    }

    /// How many decimals its minor unit has: 2 for USD, 0 for JPY.
    pub fn minor_digits(self) -> u32 {
        self.0.exponent().map_or(2, u32::from)
    }
}

/// Currencies sort by their code.
impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pence_are_not_pounds() {
        assert_eq!(Currency::parse("gbp"), Ok(Currency::GBP));
        let refused = Currency::parse("GBp").unwrap_err();
        assert!(refused.to_string().contains("pence"), "{refused}");
    }

    #[test]
    fn codes_are_read_in_either_case_and_written_in_capitals() {
        assert_eq!(Currency::parse("usd").unwrap().code(), "USD");
        assert_eq!(Currency::parse("JPY").unwrap().minor_digits(), 0);
    }

    #[test]
    fn minor_units_and_inventions_are_no_currencies() {
        for code in ["GBX", "DOLLAR", "", "US", "BTC", "U\u{0}D"] {
            assert_eq!(
                Currency::parse(code),
                Err(ValueError::UnknownCurrency),
                "{code:?}"
            );
        }
    }
}
