//! A portfolio: an account of one customer, and the rules its figures follow.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::instrument::well_known;
use crate::text::{Label, Name};
use crate::{Currency, CustomerId, PortfolioId, ValueError};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolio {
    pub id: PortfolioId,
    pub customer_id: CustomerId,
    pub name: Name,
    pub portfolio_type: PortfolioType,
    /// The currency totals are given in.
    pub base_currency: Currency,
    pub cost_basis_method: CostBasisMethod,
    /// Whether buys and sells move a cash balance, or money comes from outside.
    pub cash_tracking: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An open list: the well-known account types in their usual spelling, or the customer's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PortfolioType(Label);

impl PortfolioType {
    pub const KNOWN: [&str; 9] = [
        "Brokerage",
        "IRA",
        "Roth IRA",
        "401k",
        "403b",
        "529",
        "HSA",
        "Trust",
        "Other",
    ];

    /// # Errors
    ///
    /// `Empty`, `TooLong` or `ControlCharacter`.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        Label::parse(well_known(text, &Self::KNOWN)).map(Self)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for PortfolioType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which lots a sale consumes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CostBasisMethod {
    #[default]
    Fifo,
    Lifo,
    Hifo,
    Average,
}

impl CostBasisMethod {
    pub const ALL: [Self; 4] = [Self::Fifo, Self::Lifo, Self::Hifo, Self::Average];

    /// # Errors
    ///
    /// `Malformed` for any other word.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        Self::ALL
            .into_iter()
            .find(|method| method.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(ValueError::Malformed {
                expected: "FIFO, LIFO, HIFO or AVERAGE",
            })
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fifo => "FIFO",
            Self::Lifo => "LIFO",
            Self::Hifo => "HIFO",
            Self::Average => "AVERAGE",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn account_types_get_their_usual_spelling() {
        assert_eq!(
            PortfolioType::parse("roth-ira").unwrap().as_str(),
            "Roth IRA"
        );
        assert_eq!(PortfolioType::parse("401K").unwrap().as_str(), "401k");
        assert_eq!(
            PortfolioType::parse("Kids' savings").unwrap().as_str(),
            "Kids' savings"
        );
    }

    #[test]
    fn methods_are_words() {
        assert_eq!(CostBasisMethod::parse("hifo"), Ok(CostBasisMethod::Hifo));
        assert!(CostBasisMethod::parse("RANDOM").is_err());
    }
}
