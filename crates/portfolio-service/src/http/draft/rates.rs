//! The rates of a draft: each is one into the portfolio's base currency.

use api::FieldError;
use domain::{Currency, Rate};

use super::{Draft, Known};

impl Draft {
    /// What is wrong with its rates: the base currency costs one of itself, and a rate that says
    /// otherwise would be one of something else.
    pub(in crate::http) fn wrong_rates(&self, known: &Known, base: Currency) -> Vec<FieldError> {
        let currency = self.currency.unwrap_or(known.currency);
        let own = (String::from("/fx_rate"), currency, self.fx_rate);
        let of_lots = self.lots.iter().enumerate().map(|(place, lot)| {
            let pointer = format!("/lots/{place}/fx_rate");
            (pointer, lot.currency.unwrap_or(currency), lot.fx_rate)
        });
        let stated = std::iter::once(own).chain(of_lots);
        let wrong = stated.filter(|(_, currency, rate)| {
            *currency == base && rate.is_some_and(|rate| rate != Rate::ONE)
        });
        let refused = |pointer| {
            let detail = format!("must be 1 or absent: {base} is the portfolio's own currency");
            FieldError::new(pointer, "NOT_ONE", detail)
        };
        wrong.map(|(pointer, ..)| refused(pointer)).collect()
    }
}
