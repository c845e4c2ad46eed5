use super::*;
use proptest::prelude::*;

fn usd(text: &str) -> Money {
    Money::new(decimal::parse(text).unwrap(), Currency::USD)
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

#[test]
fn a_tenth_of_a_share_costs_exactly_a_tenth() {
    let cost = price("0.2")
        .cost_of(quantity("0.1"), Currency::USD)
        .unwrap();
    assert_eq!(cost.amount().to_string(), "0.02");
    assert_eq!(usd("0.1").try_add(usd("0.2")).unwrap(), usd("0.3"));
}

#[test]
fn currencies_never_mix() {
    let eur = Money::zero(Currency::EUR);
    let mismatch = ArithmeticError::CurrencyMismatch {
        left: Currency::USD,
        right: Currency::EUR,
    };
    assert_eq!(usd("1").try_add(eur), Err(mismatch));
    assert_eq!(usd("1").try_sub(eur), Err(mismatch));
    assert_eq!(usd("1").share_of(eur), Err(mismatch));
}

#[test]
fn divisions_round_half_to_even() {
    assert_eq!(
        usd("1").per(quantity("3")).unwrap().to_string(),
        "0.3333333333"
    );
    assert_eq!(
        usd("0.00000000005").per(quantity("1")).unwrap().to_string(),
        "0.0000000000"
    );
    assert_eq!(
        usd("0.00000000015").per(quantity("1")).unwrap().to_string(),
        "0.0000000002"
    );
    assert_eq!(
        usd("1").share_of(usd("8000000")).unwrap().to_string(),
        "0.000000"
    );
    assert_eq!(usd("2").share_of(usd("3")).unwrap().to_string(), "0.666667");
}

#[test]
fn amounts_are_written_with_every_digit_and_at_least_the_minor_unit() {
    let written = |text: &str, currency| {
        Money::new(decimal::parse(text).unwrap(), currency)
            .written()
            .to_string()
    };
    assert_eq!(written("12621.792513000", Currency::USD), "12621.792513");
    assert_eq!(written("1500", Currency::USD), "1500.00");
    assert_eq!(written("0.0", Currency::USD), "0.00");
    assert_eq!(written("1500.0", Currency::parse("JPY").unwrap()), "1500");
    assert_eq!(
        Money::new(Decimal::MAX, Currency::USD).written(),
        Decimal::MAX
    );
}

#[test]
fn dividing_by_nothing_is_an_error() {
    assert_eq!(usd("1").per(Quantity::ZERO), Err(ArithmeticError::Overflow));
    assert_eq!(usd("1").share_of(usd("0")), Err(ArithmeticError::Overflow));
}

#[test]
fn overflow_is_an_error_and_no_panic() {
    let huge = Money::new(Decimal::MAX, Currency::USD);
    assert_eq!(huge.try_add(huge), Err(ArithmeticError::Overflow));
    assert_eq!(
        huge.convert(Rate::parse("10").unwrap(), Currency::EUR),
        Err(ArithmeticError::Overflow)
    );
}

#[test]
fn products_beyond_28_digits_round_half_to_even() {
    let fine = price("1.00000000000005");
    let product = fine
        .cost_of(quantity("0.100000000000001"), Currency::USD)
        .unwrap();
    // Exactly 0.10000000000000600000000000005, which has 29 decimal places.
    assert_eq!(
        product.amount().to_string(),
        "0.1000000000000060000000000000"
    );
}

#[test]
fn zero_negative_and_huge_inputs_are_refused() {
    assert_eq!(Price::parse("0"), Err(ValueError::NotPositive));
    assert_eq!(Quantity::parse("-1"), Err(ValueError::NotPositive));
    assert_eq!(Quantity::parse("-0"), Err(ValueError::NotPositive));
    assert_eq!(Charge::parse("-0.01"), Err(ValueError::Negative));
    assert!(matches!(
        Quantity::parse("1e13"),
        Err(ValueError::OutOfRange { .. })
    ));
    assert!(Charge::parse("0").is_ok());
}

#[test]
fn an_amount_may_be_negative_and_is_never_nothing() {
    assert_eq!(Amount::parse("-12.5").unwrap().to_string(), "-12.5");
    assert_eq!(Amount::parse("-0.00"), Err(ValueError::Zero));
    let negative = Amount::parse("-1").unwrap();
    assert_eq!(negative.check_positive(), Err(ValueError::NotPositive));
    assert!(matches!(
        Amount::parse("-1e12"),
        Err(ValueError::OutOfRange { .. })
    ));
}

#[test]
fn nothing_can_be_taken_from_nothing() {
    assert_eq!(quantity("1").try_sub(quantity("1")), Ok(Quantity::ZERO));
    assert_eq!(
        quantity("1").try_sub(quantity("2")),
        Err(ArithmeticError::Overflow)
    );
}

prop_compose! {
    fn cents()(minor in -1_000_000_000_000_i64..1_000_000_000_000) -> Money {
        Money::new(Decimal::new(minor, 2), Currency::USD)
    }
}

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

#[test]
fn derived_rates_have_twelve_significant_digits() {
    for (given, expected) in [
        ("0.8", "1.25"),
        ("3", "0.333333333333"),
        ("0.00006", "16666.6666667"),
        ("160.30", "0.00623830318153"),
    ] {
        assert_eq!(rate(given).inverse().unwrap().to_string(), expected);
    }
    let crossed = rate("1.0873").cross(rate("149.512")).unwrap();
    assert_eq!(crossed.to_string(), "162.5643976");
    // Exactly 1.500000000015 and 1.500000000045.
    let crossed = |text| rate("1.5").cross(rate(text)).unwrap().to_string();
    assert_eq!(crossed("1.00000000001"), "1.50000000002");
    assert_eq!(crossed("1.00000000003"), "1.50000000004");
}

#[test]
fn a_derived_rate_too_small_or_too_large_to_be_held_is_an_error() {
    let least = rate("0.0000000000000000000000000001");
    assert_eq!(least.inverse(), Err(ArithmeticError::Overflow));
    assert_eq!(least.cross(least), Err(ArithmeticError::Overflow));
    let most = rate("999999999");
    assert_eq!(most.cross(most), Err(ArithmeticError::Overflow));
}

prop_compose! {
    fn any_rate()(digits in 1i64..1_000_000_000, scale in 0u32..9) -> Rate {
        Rate::try_new(Decimal::new(digits, scale)).unwrap()
    }
}

fn is_close(left: Decimal, right: Decimal) -> bool {
    let tolerance = right * Decimal::new(1, 10);
    (left - right).abs() <= tolerance
}

proptest! {
    #[test]
    fn the_inverse_of_an_inverse_is_the_rate_but_for_its_last_digits(given in any_rate()) {
        // What is below one billionth has an inverse that no rate may have.
        if let Ok(inverse) = given.inverse() {
            let again = inverse.inverse().unwrap();
            prop_assert!(is_close(again.value(), given.value()), "{given} {again}");
        }
    }

    #[test]
    fn crossing_there_and_back_is_nearly_one(given in any_rate()) {
        if let Ok(inverse) = given.inverse() {
            let one = given.cross(inverse).unwrap();
            prop_assert!(is_close(one.value(), Decimal::ONE), "{one}");
        }
    }

    #[test]
    fn the_order_of_crossing_does_not_matter(left in any_rate(), right in any_rate()) {
        prop_assert_eq!(left.cross(right), right.cross(left));
    }
}

proptest! {
    #[test]
    fn adding_and_taking_away_is_the_identity(a in cents(), b in cents()) {
        prop_assert_eq!(a.try_add(b).unwrap().try_sub(b).unwrap(), a);
    }

    #[test]
    fn the_order_of_a_sum_does_not_matter(a in cents(), b in cents(), c in cents()) {
        let left = a.try_add(b).unwrap().try_add(c).unwrap();
        let right = c.try_add(b).unwrap().try_add(a).unwrap();
        prop_assert_eq!(left, right);
    }

    #[test]
    fn a_product_equals_integer_arithmetic(p in 1i64..1_000_000_000, q in 1i64..1_000_000_000) {
        let price = Price::try_new(Decimal::new(p, 4)).unwrap();
        let quantity = Quantity::try_new(Decimal::new(q, 6)).unwrap();
        let cost = price.cost_of(quantity, Currency::USD).unwrap();
        let exact = i128::from(p) * i128::from(q);
        prop_assert_eq!(cost.amount(), Decimal::from_i128_with_scale(exact, 10));
    }

    #[test]
    fn stored_money_is_read_back_digit_for_digit_but_for_trailing_zeros(minor in any::<i64>(), scale in 0u32..=28) {
        let money = Money::new(Decimal::new(minor, scale), Currency::EUR);
        let stored = serde_json::to_string(&money).unwrap();
        let read: Money = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(read.amount().to_string(), money.amount().normalize().to_string());
    }
}
