use std::fmt;

/// Why a single value was refused.
///
/// The code is stable and part of the public contract; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueError {
    Empty,
    TooLong { max: usize },
    ControlCharacter,
    Malformed { expected: &'static str },
    NotANumber,
    TooManyDigits,
    OutOfRange { limit: &'static str },
    NotPositive,
    Zero,
    Negative,
    UnknownCurrency,
    InTheFuture,
    TooEarly { earliest: &'static str },
}

impl ValueError {
    /// The stable code clients may branch on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "EMPTY",
            Self::TooLong { .. } => "TOO_LONG",
            Self::ControlCharacter => "CONTROL_CHARACTER",
            Self::Malformed { .. } => "MALFORMED",
            Self::NotANumber => "NOT_A_NUMBER",
            Self::TooManyDigits => "TOO_MANY_DIGITS",
            Self::OutOfRange { .. } => "OUT_OF_RANGE",
            Self::NotPositive => "NOT_POSITIVE",
            Self::Zero => "ZERO",
            Self::Negative => "NEGATIVE",
            Self::UnknownCurrency => "UNKNOWN_CURRENCY",
            Self::InTheFuture => "IN_THE_FUTURE",
            Self::TooEarly { .. } => "TOO_EARLY",
        }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "must not be empty"),
            Self::TooLong { max } => write!(f, "must be at most {max} characters long"),
            Self::ControlCharacter => write!(f, "must not contain control characters"),
            Self::Malformed { expected } => write!(f, "must be {expected}"),
            Self::NotANumber => write!(f, "must be a decimal number"),
            Self::TooManyDigits => write!(f, "must have at most 28 significant digits"),
            Self::OutOfRange { limit } => write!(f, "must be {limit}"),
            Self::NotPositive => write!(f, "must be greater than zero"),
            Self::Zero => write!(f, "must not be zero"),
            Self::Negative => write!(f, "must not be negative"),
            Self::UnknownCurrency => write!(f, "must be an ISO 4217 currency code"),
            Self::InTheFuture => write!(f, "must not be in the future"),
            Self::TooEarly { earliest } => write!(f, "must not be before {earliest}"),
        }
    }
}

impl std::error::Error for ValueError {}
