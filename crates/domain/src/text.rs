//! Text that people type: names, notes, e-mail addresses, labels.
//!
//! All of it is trimmed, brought to Unicode NFC, bounded in length, and free of
//! control characters; any script is welcome. Lengths count characters, not
//! bytes.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::ValueError;

fn clean(text: &str, max: usize) -> Result<String, ValueError> {
    let cleaned: String = text.trim().nfc().take(max + 1).collect();
    if cleaned.chars().all(is_invisible) {
        return Err(ValueError::Empty);
    }
    if cleaned.chars().count() > max {
        return Err(ValueError::TooLong { max });
    }
    if cleaned.chars().any(is_forbidden) {
        return Err(ValueError::ControlCharacter);
    }
    Ok(cleaned)
}

/// White space, and characters that take no space at all.
fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}'..='\u{2064}')
}

/// Control characters, and the bidirectional overrides that make text display
/// as something else than it is.
fn is_forbidden(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident, max $max:literal);+ $(;)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub const MAX_CHARS: usize = $max;

            /// # Errors
            ///
            /// `Empty`, `TooLong` or `ControlCharacter`.
            pub fn parse(text: &str) -> Result<Self, ValueError> {
                clean(text, $max).map(Self)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

text_types! {
    /// The name of a person or a portfolio.
    Name, max 100;
    /// One line of a postal address.
    AddressLine, max 200;
    /// What a customer wants to remember about an entry.
    Note, max 1000;
    /// What an entry is called where it came from.
    ExternalId, max 100;
    /// A label of an open list: a portfolio type, an instrument type.
    Label, max 40;
}

impl Label {
    /// A label of our own lists, which needs no check.
    pub(crate) fn known(label: &'static str) -> Self {
        Self(label.to_owned())
    }
}

/// An e-mail address as its owner wrote it, trimmed.
///
/// Two addresses that differ only in case are the same customer: compare and
/// store [`Email::normalized`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// # Errors
    ///
    /// `Empty`, `TooLong` (254, RFC 5321), `ControlCharacter`, or `Malformed`
    /// where there is no local part, no `@` or no dotted domain.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let cleaned = clean(text, 254)?;
        let malformed = ValueError::Malformed {
            expected: "an e-mail address",
        };
        let Some((local, host)) = cleaned.rsplit_once('@') else {
            return Err(malformed);
        };
        let host_is_dotted = host.contains('.')
            && host.split('.').all(|part| {
                !part.is_empty()
                    && !part.starts_with('-')
                    && !part.ends_with('-')
                    && part.chars().all(|c| c.is_alphanumeric() || c == '-')
            });
        let local_is_plain = !local.is_empty()
            && local.chars().count() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local
                .chars()
                .all(|c| c.is_alphanumeric() || "!#$%&'*+/=?^_`{|}~.-".contains(c));
        if host_is_dotted && local_is_plain {
            Ok(Self(cleaned))
        } else {
            Err(malformed)
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which addresses are compared.
    pub fn normalized(&self) -> String {
        self.0.to_lowercase()
    }
}

/// A telephone number: a `+` if any, then 5 to 20 digits among spaces and `( ) . x / -`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Phone(String);

impl Phone {
    /// # Errors
    ///
    /// `Empty`, `TooLong`, `ControlCharacter` or `Malformed`.
    pub fn parse(text: &str) -> Result<Self, ValueError> {
        let cleaned = clean(text, 40)?;
        let digits = cleaned.chars().filter(char::is_ascii_digit).count();
        let only_allowed = cleaned
            .chars()
            .all(|c| c.is_ascii_digit() || " +-().x/".contains(c));
        if only_allowed && (5..=20).contains(&digits) {
            Ok(Self(cleaned))
        } else {
            Err(ValueError::Malformed {
                expected: "a telephone number of 5 to 20 digits",
            })
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_in_any_script_are_kept() {
        for name in ["José", "山田太郎", "Анна", "محمد", "O'Brien-Smith", "🦀"] {
            assert_eq!(Name::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_are_trimmed_and_composed() {
        assert_eq!(Name::parse("  Jose\u{301} ").unwrap().as_str(), "José");
    }

    #[test]
    fn names_too_long_empty_or_with_control_characters_are_refused() {
        assert_eq!(
            Name::parse(&"x".repeat(10_000)),
            Err(ValueError::TooLong { max: 100 })
        );
        assert!(Name::parse(&"é".repeat(100)).is_ok());
        assert_eq!(Name::parse(" \t "), Err(ValueError::Empty));
        assert_eq!(Name::parse("\u{200B}"), Err(ValueError::Empty));
        assert_eq!(Name::parse("a\u{0}b"), Err(ValueError::ControlCharacter));
        assert_eq!(
            Name::parse("evil\u{202E}txt"),
            Err(ValueError::ControlCharacter)
        );
    }

    #[test]
    fn addresses_differing_only_in_case_are_the_same_customer() {
        let upper = Email::parse(" Ada@Example.COM ").unwrap();
        let lower = Email::parse("ada@example.com").unwrap();
        assert_eq!(upper.normalized(), lower.normalized());
        assert_eq!(upper.as_str(), "Ada@Example.COM");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@localhost",
            "a b@example.com",
            "a@b..com",
            "a@-b.com",
            ".a@b.com",
        ] {
            assert!(Email::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn telephone_numbers_need_five_digits() {
        assert!(Phone::parse("+1 (555) 010-0000").is_ok());
        assert!(Phone::parse("1234").is_err());
        assert!(Phone::parse("call me 55555").is_err());
    }

    proptest! {
        #[test]
        fn a_name_read_again_is_itself(text in "\\PC{1,120}") {
            if let Ok(name) = Name::parse(&text) {
                prop_assert_eq!(Name::parse(name.as_str()).unwrap(), name);
            }
        }
    }
}
