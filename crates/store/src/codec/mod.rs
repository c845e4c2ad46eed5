//! Rust values to DynamoDB attributes and back, through serde, with every digit kept.
//!
//! Structs and maps become `M`, sequences `L`, text `S`, integers `N`, `Option::None` is left out
//! of a struct, enums are externally tagged. A newtype struct named `Decimal` around a string
//! becomes `N` and reads back as that string; no decimal ever passes through a float.
//!
//! Invariant: what `to_attribute` accepts, `from_attribute` gives back. DynamoDB itself drops
//! trailing zeros (`1.50` returns as `1.5`), so the scale of a decimal is not stored.
//! Not here: item envelopes and keys (see `record`).

mod de;
mod ser;
mod size;
#[cfg(test)]
mod tests;

pub(crate) use de::from_attribute;
pub(crate) use ser::to_attribute;
pub(crate) use size::item_size;

use std::fmt::{self, Display};

/// The name a newtype struct carries to be stored as a number of arbitrary precision.
const DECIMAL: &str = "Decimal";

/// Why a value does not fit the attributes it was read from or is to be written to.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct CodecError(Box<Trouble>);

/// Boxed, so that results without trouble stay small.
#[derive(Debug)]
struct Trouble {
    /// From the outside in.
    path: String,
    message: String,
}

impl Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl CodecError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(Box::new(Trouble {
            path: String::new(),
            message: message.into(),
        }))
    }

    /// The same error seen from one level further out.
    fn within(mut self, segment: impl Display) -> Self {
        self.0.path = if self.0.path.is_empty() {
            segment.to_string()
        } else {
            format!("{segment}.{}", self.0.path)
        };
        self
    }
}

impl serde::ser::Error for CodecError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}

impl serde::de::Error for CodecError {
    fn custom<T: Display>(message: T) -> Self {
        Self::new(message.to_string())
    }
}
