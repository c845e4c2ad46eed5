//! The lots and the ratios that entries name: as they are sent, read and shown.

use domain::money::Charge;
use domain::{Currency, Quantity, Rate, TransactionId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::currency::CurrencyCode;
use crate::field::{Field, FieldValue, Fields, read_object};
use crate::number::{ChargeInput, Number, PositiveInput};
use crate::problem::{FieldError, code};
use crate::rows::read_rows;

/// More lots than this are moved by several entries: an entry is stored in one item.
pub const MOST_LOTS: usize = 1_000;

/// Every `old` units became `new` units: 4 for 1 is `{"new": 4, "old": 1}`.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub struct RatioInput {
    #[schema(value_type = PositiveInput, required)]
    #[serde(default)]
    new: Field<Quantity>,
    #[schema(value_type = PositiveInput, required)]
    #[serde(default)]
    old: Field<Quantity>,
}

/// A [`RatioInput`] that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SplitRatio {
    pub new: Quantity,
    pub old: Quantity,
}

impl FieldValue for SplitRatio {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        let (ratio, unknown) = read_object::<RatioInput>(token.get())
            .map_err(|_| vec![FieldError::new("", code::WRONG_TYPE, "must be an object")])?;
        let mut fields = Fields::with(unknown);
        let new = fields.required("new", ratio.new);
        let old = fields.required("old", ratio.old);
        let (new, old) = fields.all((new, old))?;
        Ok(Self { new, old })
    }
}

/// A lot that is sold or leaves: `investment_id` and `quantity`. A lot that comes: `quantity`,
/// `purchase_date` and `cost`, and the others if they are known.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
pub struct LotInput {
    /// A new one when absent from a lot that comes.
    #[schema(value_type = Option<String>, format = Uuid)]
    #[serde(default)]
    investment_id: Field<TransactionId>,
    #[schema(value_type = PositiveInput, required)]
    #[serde(default)]
    quantity: Field<Quantity>,
    #[schema(value_type = Option<Date>)]
    #[serde(default)]
    purchase_date: Field<Date>,
    /// What the units of the lot were bought for, without fees.
    #[schema(value_type = Option<ChargeInput>)]
    #[serde(default)]
    cost: Field<Charge>,
    /// Fees and taxes of the purchase; zero when absent.
    #[schema(value_type = Option<ChargeInput>)]
    #[serde(default)]
    fees: Field<Charge>,
    /// Of cost and fees; found like that of an entry when absent.
    #[schema(value_type = Option<CurrencyCode>)]
    #[serde(default)]
    currency: Field<Currency>,
    /// Of the day of purchase, like that of an entry.
    #[schema(value_type = Option<PositiveInput>)]
    #[serde(default)]
    fx_rate: Field<Rate>,
}

/// A [`LotInput`] that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenLot {
    pub investment_id: Option<TransactionId>,
    pub quantity: Quantity,
    pub purchase_date: Option<Date>,
    pub cost: Option<Charge>,
    pub fees: Option<Charge>,
    pub currency: Option<Currency>,
    pub fx_rate: Option<Rate>,
}

impl FieldValue for Vec<GivenLot> {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        read_rows(token, MOST_LOTS, |row: LotInput, mut fields| {
            let investment_id = fields.optional("investment_id", row.investment_id);
            let quantity = fields.required("quantity", row.quantity);
            let purchase_date = fields.optional("purchase_date", row.purchase_date);
            let cost = fields.optional("cost", row.cost);
            let fees = fields.optional("fees", row.fees);
            let currency = fields.optional("currency", row.currency);
            let fx_rate = fields.optional("fx_rate", row.fx_rate);
            let (investment_id, quantity, purchase_date, cost, fees, currency, fx_rate) = fields
                .all((
                    investment_id,
                    quantity,
                    purchase_date,
                    cost,
                    fees,
                    currency,
                    fx_rate,
                ))?;
            Ok(GivenLot {
                investment_id,
                quantity,
                purchase_date,
                cost,
                fees,
                currency,
                fx_rate,
            })
        })
    }
}

/// Every `old` units became `new` units.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Ratio {
    pub new: Number,
    pub old: Number,
}

/// A lot that an entry names.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EntryLot {
    #[schema(value_type = String, format = Uuid)]
    pub investment_id: String,
    pub quantity: Number,
    /// Only of a lot that came, like what follows.
    #[schema(required)]
    pub purchase_date: Option<Date>,
    #[schema(required)]
    pub cost: Option<Number>,
    #[schema(required)]
    pub fees: Option<Number>,
    #[schema(required, example = "USD")]
    pub currency: Option<String>,
    #[schema(required)]
    pub fx_rate: Option<Number>,
}
