use domain::{Currency, Price, ValueError};
use rust_decimal::Decimal;

/// The unit a source quotes in: a currency, or a hundredth of one.
///
/// London quotes in pence (`GBp`, `GBX`), Tel Aviv in agorot (`ILA`), Johannesburg in cents
/// (`ZAc`). Case matters: `GBp` is not `GBP`. This is the only place where they are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuotedCurrency {
    pub currency: Currency,
    is_hundredth: bool,
}

impl QuotedCurrency {
    /// # Errors
    ///
    /// `UnknownCurrency`.
    pub fn parse(code: &str) -> Result<Self, ValueError> {
        let (code, is_hundredth) = match code {
            "GBp" | "GBX" => ("GBP", true),
            "ILA" => ("ILS", true),
            "ZAc" | "ZAC" => ("ZAR", true),
            code => (code, false),
        };
        Ok(Self {
            currency: Currency::parse(code)?,
            is_hundredth,
        })
    }

    /// The price in whole units of the currency, with every digit kept.
    ///
    /// # Errors
    ///
    /// `NotPositive`, `OutOfRange`, and `TooManyDigits` where two more decimal places do not fit.
    pub fn price(self, mut quoted: Decimal) -> Result<Price, ValueError> {
        if self.is_hundredth {
            quoted
                .set_scale(quoted.scale().saturating_add(2))
                .map_err(|_| ValueError::TooManyDigits)?;
        }
        Price::try_new(quoted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(code: &str, quoted: &str) -> (String, String) {
        let unit = QuotedCurrency::parse(code).unwrap();
        let price = unit.price(domain::decimal::parse(quoted).unwrap()).unwrap();
        (unit.currency.to_string(), price.to_string())
    }

    #[test]
    fn pence_agorot_and_cents_become_whole_units_exactly() {
        let whole = |currency: &str, price: &str| (currency.to_owned(), price.to_owned());
        assert_eq!(converted("GBp", "712.5"), whole("GBP", "7.125"));
        assert_eq!(converted("GBX", "1"), whole("GBP", "0.01"));
        assert_eq!(converted("ILA", "2500"), whole("ILS", "25.00"));
        assert_eq!(converted("ZAc", "0.1"), whole("ZAR", "0.001"));
    }

    #[test]
    fn pounds_are_not_pence() {
        assert_eq!(
            converted("GBP", "7.125"),
            ("GBP".to_owned(), "7.125".to_owned())
        );
    }

    #[test]
    fn what_does_not_fit_is_refused_and_not_rounded() {
        let pence = QuotedCurrency::parse("GBp").unwrap();
        let finest = domain::decimal::parse("1e-27").unwrap();
        assert_eq!(pence.price(finest), Err(ValueError::TooManyDigits));
        assert_eq!(pence.price(Decimal::ZERO), Err(ValueError::NotPositive));
        assert_eq!(
            QuotedCurrency::parse("XYZ"),
            Err(ValueError::UnknownCurrency)
        );
    }
}
