//! The arithmetic of the ledger: sums that are exact or refused, and the two
//! places where it rounds.
//!
//! | Function | Result | Rounds |
//! |---|---|---|
//! | [`add`], [`sub`] | the sum, digit for digit | never: what cannot be held exactly is `Overflow` |
//! | [`rounded`] | an amount as the ledger keeps it | half to even, to [`PLACES`] |
//! | [`share`] | `amount × part ÷ whole` | half to even, to [`PLACES`] |
//! | [`scaled`] | `amount × new ÷ old` | half to even, to the places given |
//!
//! Because every sum is exact, sums do not depend on the order in which they
//! are made: a ledger folded anew and one kept up entry by entry are equal, not
//! merely close. What is rounded away from one part stays in the other.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::Quantity;
use crate::money::ArithmeticError;

/// Decimal places of an amount in the ledger.
pub(super) const PLACES: u32 = 10;

/// How many digits any number can have, whatever its digits.
const DIGITS: u32 = 28;

/// 10¹⁸: below it an amount has room for [`PLACES`].
const ROOMY: Decimal = Decimal::from_parts(2_808_348_672, 232_830_643, 0, false, 0);

fn overflow<T>() -> Result<T, ArithmeticError> {
    Err(ArithmeticError::Overflow)
}

/// `left + right`, exactly.
///
/// # Errors
///
/// `Overflow` when the sum has more digits than a decimal holds.
pub(super) fn add(left: Decimal, right: Decimal) -> Result<Decimal, ArithmeticError> {
    match sum_of(left, right)? {
        Some(sum) => Ok(sum),
        None => sum_of(left.normalize(), right.normalize())?.ok_or(ArithmeticError::Overflow),
    }
}

/// None where it had to be rounded.
fn sum_of(left: Decimal, right: Decimal) -> Result<Option<Decimal>, ArithmeticError> {
    let sum = left.checked_add(right).ok_or(ArithmeticError::Overflow)?;
    // A sum that had to be rounded has fewer places than its longer part.
    let is_exact = sum.scale() >= left.scale().max(right.scale())
        || left.is_zero()
        || right.is_zero()
        || sum.is_zero();
    Ok(is_exact.then_some(sum))
}

/// `left − right`, exactly.
///
/// # Errors
///
/// `Overflow` when the difference has more digits than a decimal holds.
pub(super) fn sub(left: Decimal, mut right: Decimal) -> Result<Decimal, ArithmeticError> {
    right.set_sign_negative(!right.is_sign_negative());
    add(left, right)
}

/// What is left of `quantity` when `part` of it is gone, exactly.
///
/// # Errors
///
/// `Overflow`, also when less than nothing would be left.
pub(super) fn less(quantity: Quantity, part: Quantity) -> Result<Quantity, ArithmeticError> {
    sub(quantity.value(), part.value()).and_then(self::quantity)
}

/// The number as a quantity, which may be zero here.
///
/// # Errors
///
/// `Overflow` outside the range of a quantity.
pub(super) fn quantity(number: Decimal) -> Result<Quantity, ArithmeticError> {
    if number.is_zero() {
        return Ok(Quantity::ZERO);
    }
    Quantity::try_new(number).map_err(|_| ArithmeticError::Overflow)
}

/// The amount rounded half to even to [`PLACES`].
pub(super) fn rounded(amount: Decimal) -> Decimal {
    round(amount, PLACES)
}

pub(super) fn round(amount: Decimal, places: u32) -> Decimal {
    amount.round_dp_with_strategy(places, RoundingStrategy::MidpointNearestEven)
}

/// `left × right`, rounded half to even to [`PLACES`].
///
/// # Errors
///
/// `Overflow`.
pub(super) fn product(left: Decimal, right: Decimal) -> Result<Decimal, ArithmeticError> {
    left.checked_mul(right)
        .map(rounded)
        .ok_or(ArithmeticError::Overflow)
}

/// What falls to `part` of a `whole` that cost `amount`, rounded half to even
/// to [`PLACES`], or to as many as leave the rest exact for an amount above 10¹⁸.
///
/// `share + (amount − share) = amount`, exactly, and for `0 ≤ part ≤ whole` the
/// share lies between zero and the amount. The product is taken to 28 digits
/// before it is divided.
///
/// # Errors
///
/// `Overflow`, also when `whole` is zero.
pub(super) fn share(
    amount: Decimal,
    part: Decimal,
    whole: Decimal,
) -> Result<Decimal, ArithmeticError> {
    if part == whole || amount.is_zero() {
        return Ok(amount);
    }
    let quotient = match amount.checked_mul(part) {
        Some(product) => product.checked_div(whole),
        // Too large to be multiplied first: the part is a fraction of the whole.
        None => part
            .checked_div(whole)
            .and_then(|fraction| fraction.checked_mul(amount)),
    };
    let Some(quotient) = quotient else {
        return overflow();
    };
    let places = if amount.abs() < ROOMY {
        PLACES
    } else {
        let whole_digits = amount.trunc().mantissa().unsigned_abs().checked_ilog10();
        DIGITS.saturating_sub(whole_digits.map_or(0, |log| log.saturating_add(1)))
    };
    Ok(round(quotient, places))
}

/// `amount × new ÷ old`, rounded half to even to `places`.
///
/// # Errors
///
/// `Overflow`, also when `old` is zero.
pub(super) fn scaled(
    amount: Decimal,
    new: Decimal,
    old: Decimal,
    places: u32,
) -> Result<Decimal, ArithmeticError> {
    amount
        .checked_mul(new)
        .and_then(|product| product.checked_div(old))
        .map(|quotient| round(quotient, places))
        .ok_or(ArithmeticError::Overflow)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decimal::parse;

    fn number(text: &str) -> Decimal {
        parse(text).unwrap()
    }

    #[test]
    fn a_sum_is_exact_or_refused() {
        let large = number("999999999999999999.9999999999");
        assert!(add(large, number("0.0000000001")).is_ok());
        assert_eq!(
            add(large, number("0.00000000000001")),
            Err(ArithmeticError::Overflow)
        );
        assert_eq!(
            add(number("1e27"), number("1.0000")).unwrap(),
            number("1000000000000000000000000001")
        );
    }

    #[test]
    fn nothing_is_added_or_taken_without_a_trace_of_places() {
        assert_eq!(add(number("0.00"), number("5")).unwrap(), number("5"));
        assert_eq!(sub(number("1.50"), number("1.5")).unwrap(), Decimal::ZERO);
        assert_eq!(sub(number("1"), number("2.5")).unwrap(), number("-1.5"));
    }

    #[test]
    fn a_third_of_a_hundred_has_ten_places_and_the_rest_stays() {
        let third = share(number("100"), number("1"), number("3")).unwrap();
        assert_eq!(third, number("33.3333333333"));
        assert_eq!(sub(number("100"), third).unwrap(), number("66.6666666667"));
    }

    #[test]
    fn halves_of_the_last_place_go_to_the_even_digit() {
        let half = |amount| share(number(amount), number("1"), number("2")).unwrap();
        assert_eq!(half("0.0000000001"), Decimal::ZERO);
        assert_eq!(half("0.0000000003"), number("0.0000000002"));
    }

    #[test]
    fn a_share_of_the_most_a_lot_costs_leaves_an_exact_rest() {
        let most = number("1e23");
        let share = share(most, number("1"), number("9999999999999")).unwrap();
        assert_eq!(add(share, sub(most, share).unwrap()).unwrap(), most);
    }

    #[test]
    fn room_for_ten_places_ends_at_ten_to_the_eighteenth() {
        assert_eq!(ROOMY, number("1e18"));
    }

    #[test]
    fn a_share_of_nothing_is_refused_and_does_not_panic() {
        assert!(share(number("1"), number("1"), Decimal::ZERO).is_err());
        assert!(scaled(number("1"), number("1"), Decimal::ZERO, 10).is_err());
    }

    proptest! {
        #[test]
        fn sums_do_not_depend_on_their_order(
            mut parts in prop::collection::vec((-1_000_000_000_000_000i64..1_000_000_000_000_000, 0u32..=10), 1..30)
        ) {
            let total = |parts: &[(i64, u32)]| {
                let mut numbers = parts.iter().map(|(mantissa, scale)| Decimal::new(*mantissa, *scale));
                numbers.try_fold(Decimal::ZERO, add).unwrap()
            };
            let forwards = total(&parts);
            parts.reverse();
            prop_assert_eq!(forwards, total(&parts));
        }

        #[test]
        fn a_share_and_its_rest_make_the_whole(
            amount in 0i128..100_000_000_000_000_000_000_000, scale in 0u32..=10,
            part in 1i64..1_000_000_000_000, rest in 0i64..1_000_000_000_000
        ) {
            let amount = Decimal::from_i128_with_scale(amount, scale);
            let (part, whole) = (Decimal::new(part, 6), Decimal::new(part + rest, 6));
            let share = share(amount, part, whole).unwrap();
            prop_assert!(share >= Decimal::ZERO && share <= amount);
            prop_assert_eq!(add(share, sub(amount, share).unwrap()).unwrap(), amount);
        }
    }
}
