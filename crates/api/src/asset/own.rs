//! A customer's own instruments and their manual prices.

use domain::text::{Label, Name};
use domain::{Currency, InstrumentType, Price, Ticker};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::CurrencyCode;
use crate::field::{Field, FieldValue, Fields, read_object};
use crate::number::{Number, PositiveInput};
use crate::problem::{FieldError, code};

/// An instrument of your own, which no market knows: a house, a private fund.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AddInstrument {
    /// Begins with `MY:`, so that it is never taken for an instrument of a market.
    #[schema(value_type = String, required, pattern = r"^[Mm][Yy]:[A-Za-z0-9.^=_&:-]{1,29}$", example = "MY:HOUSE")]
    #[serde(default)]
    pub ticker_symbol: Field<Ticker>,
    #[schema(value_type = String, required, min_length = 1, max_length = 100, example = "House in the country")]
    #[serde(default)]
    pub name: Field<Name>,
    /// `Other` when absent.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40, example = "Real Estate")]
    #[serde(default)]
    pub instrument_type: Field<InstrumentType>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    #[serde(default)]
    pub sector: Field<Label>,
    /// The currency of its prices.
    #[schema(value_type = CurrencyCode, required)]
    #[serde(default)]
    pub currency: Field<Currency>,
}

/// A change of an instrument of your own, as a JSON Merge Patch: what is absent stays, `null`
/// removes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct UpdateInstrument {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    #[serde(default)]
    pub name: Field<Name>,
    #[schema(value_type = String, min_length = 1, max_length = 40)]
    #[serde(default)]
    pub instrument_type: Field<InstrumentType>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    #[serde(default)]
    pub sector: Field<Label>,
    /// Can be changed only while there are no prices.
    #[schema(value_type = CurrencyCode)]
    #[serde(default)]
    pub currency: Field<Currency>,
}

/// What one unit of an instrument of your own was worth on the day in the path.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EnterPrice {
    /// In the instrument's currency.
    #[schema(value_type = PositiveInput, required)]
    #[serde(default)]
    pub price: Field<Price>,
}

/// Many prices of one instrument of your own. All are entered, or none is.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EnterPrices {
    /// Each day once, in any order.
    #[schema(value_type = Vec<PriceRow>, required, min_items = 1, max_items = 1000)]
    #[serde(default)]
    pub items: Field<Vec<DatedPrice>>,
}

/// What one unit was worth on one day.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PriceRow {
    /// Not in the future, and not before 1900.
    #[schema(value_type = Date, required, example = "2026-01-05")]
    #[serde(default)]
    date: Field<Date>,
    /// In the instrument's currency.
    #[schema(value_type = PositiveInput, required)]
    #[serde(default)]
    price: Field<Price>,
}

/// A [`PriceRow`] that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedPrice {
    pub date: Date,
    pub price: Price,
}

impl EnterPrices {
    pub const MAX_ITEMS: usize = 1000;
}

impl FieldValue for Vec<DatedPrice> {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        let refused = |code: &str, detail: &str| vec![FieldError::new("", code, detail)];
        let rows: Vec<&RawValue> = serde_json::from_str(token.get())
            .map_err(|_| refused(code::WRONG_TYPE, "must be a list"))?;
        if rows.is_empty() {
            return Err(refused("EMPTY", "must not be empty"));
        }
        if rows.len() > EnterPrices::MAX_ITEMS {
            return Err(refused("TOO_MANY", "must be at most 1,000 prices"));
        }
        let mut read = Self::with_capacity(rows.len());
        let mut errors = Vec::new();
        for (place, row) in rows.into_iter().enumerate() {
            match dated_price(row) {
                Ok(row) => read.push(row),
                Err(refused) => errors.extend(refused.into_iter().map(|error| FieldError {
                    pointer: format!("/{place}{}", error.pointer),
                    ..error
                })),
            }
        }
        // A row may have many unknown fields; what is answered stays of a size with what was sent.
        errors.truncate(2 * EnterPrices::MAX_ITEMS);
        if errors.is_empty() {
            Ok(read)
        } else {
            Err(errors)
        }
    }
}

fn dated_price(token: &RawValue) -> Result<DatedPrice, Vec<FieldError>> {
    let (row, unknown) = read_object::<PriceRow>(token.get())
        .map_err(|_| vec![FieldError::new("", code::WRONG_TYPE, "must be an object")])?;
    let mut fields = Fields::with(unknown);
    let date = fields.required("date", row.date);
    let price = fields.required("price", row.price);
    let (date, price) = fields.all((date, price))?;
    Ok(DatedPrice { date, price })
}

/// A price that was entered by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ManualPrice {
    #[schema(example = "MY:HOUSE")]
    pub ticker_symbol: String,
    pub date: Date,
    pub price: Number,
    #[schema(example = "EUR")]
    pub currency: String,
    pub entered_at: Timestamp,
}

/// How many prices were entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EnteredPrices {
    #[schema(example = "MY:HOUSE")]
    pub ticker_symbol: String,
    /// For days that had none.
    pub added: u32,
    /// In place of earlier ones.
    pub replaced: u32,
}
