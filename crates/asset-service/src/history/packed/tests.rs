use jiff::ToSpan;
use proptest::prelude::*;

use super::*;

fn closes(year: i16, days: &[(i16, &str)]) -> Vec<(Date, Price)> {
    days.iter()
        .map(|(day, close)| (day_of(year, *day), Price::parse(close).unwrap()))
        .collect()
}

fn day_of(year: i16, day: i16) -> Date {
    let first = Date::new(year, 1, 1).unwrap();
    first.checked_add((day - 1).days()).unwrap()
}

fn read_back(year: i16, closes: &[(Date, Price)]) -> Vec<(Date, Price)> {
    Packed::of(year, closes).closes().unwrap()
}

#[test]
fn a_year_of_ordinary_closes_takes_about_two_bytes_each() {
    let days: Vec<(Date, Price)> = (1..=365)
        .filter(|day| day % 7 < 5)
        .map(|day| {
            let cents = 18_750 + (i64::from(day) * 7_919) % 900 - 450;
            (
                day_of(2025, day),
                Price::try_new(Decimal::new(cents, 2)).unwrap(),
            )
        })
        .collect();
    let packed = Packed::of(2025, &days);
    assert_eq!(packed.closes().unwrap(), days);
    assert!(packed.len() <= days.len() * 5 / 2, "{} bytes", packed.len());
}

#[test]
fn the_bytes_of_a_year_are_those_of_version_1() {
    let days = closes(2025, &[(2, "187.25"), (3, "186.5"), (8, "188")]);
    let packed = Packed::of(2025, &days);
    let expected = [
        1,
        0xe9,
        0x07,
        1,
        0b1000_0110,
        2,
        0xca,
        0xa4,
        0x02,
        0x95,
        0x01,
        0xac,
        0x02,
    ];
    assert_eq!(&*packed.0, &expected);
    assert_eq!(packed.closes().unwrap(), days);
}

#[test]
fn an_empty_year_is_a_few_bytes() {
    let packed = Packed::of(1999, &[]);
    assert_eq!(packed.len(), 5);
    assert_eq!(packed.closes(), Ok(Vec::new()));
}

#[test]
fn the_last_day_of_a_leap_year_is_kept() {
    let days = closes(2024, &[(1, "1"), (366, "2")]);
    assert_eq!(read_back(2024, &days), days);
}

#[test]
fn digits_that_fit_no_common_scale_are_kept_too() {
    let days = closes(
        2025,
        &[
            (1, "0.0000000000000000000000000001"),
            (2, "999999999999"),
            (3, "0.5"),
        ],
    );
    let packed = Packed::of(2025, &days);
    assert_eq!(packed.0[0], OWN_SCALES);
    assert_eq!(packed.closes().unwrap(), days);
}

#[test]
fn what_is_of_another_year_or_out_of_order_is_left_out() {
    let mut days = closes(2025, &[(10, "1"), (9, "2"), (10, "3"), (11, "4")]);
    days.push((day_of(2026, 20), Price::parse("5").unwrap()));
    assert_eq!(
        read_back(2025, &days),
        closes(2025, &[(10, "1"), (11, "4")])
    );
}

#[test]
fn what_no_writer_writes_is_an_error() {
    let good = Packed::of(2025, &closes(2025, &[(2, "187.25")])).0.to_vec();
    let altered = |place: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[place] = byte;
        Packed(bytes.into()).closes()
    };
    assert_eq!(
        altered(0, 9),
        Err(Unreadable("a format of a later version"))
    );
    assert_eq!(altered(5, 29), Err(Unreadable("a close that is no price")));
    assert_eq!(altered(3, 200), Err(Unreadable("cut off")));
    let mut longer = good.clone();
    longer.push(0);
    let longer = Packed(longer.into()).closes();
    assert_eq!(longer, Err(Unreadable("bytes after the last close")));
    // The 366th day of a year that has 365.
    let mut day_366 = vec![ONE_SCALE, 0xe9, 0x07, 46];
    day_366.extend([0; 45]);
    day_366.extend([1 << 5, 0, 2]);
    assert_eq!(
        Packed(day_366.into()).closes(),
        Err(Unreadable("no such day"))
    );
}

fn prices() -> impl Strategy<Value = Price> {
    let any_scale =
        (1..=MOST_DIGITS, 0_u32..=28).prop_filter_map("not a price", |(digits, scale)| {
            let value = Decimal::try_from_i128_with_scale(digits, scale).ok()?;
            Price::try_new(value.normalize()).ok()
        });
    let ordinary = (1..1_000_000_i64)
        .prop_map(|cents| Price::try_new(Decimal::new(cents, 2).normalize()).unwrap());
    prop_oneof![any_scale, ordinary]
}

proptest! {
    #[test]
    fn any_closes_are_read_back_as_they_were(
        year in 1900_i16..2200,
        days in proptest::collection::btree_map(1_i16..=365, prices(), 0..260),
    ) {
        let closes: Vec<_> = days.into_iter().map(|(day, close)| (day_of(year, day), close)).collect();
        prop_assert_eq!(read_back(year, &closes), closes);
    }

    #[test]
    fn any_bytes_are_a_valid_series_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(closes) = Packed(bytes.into()).closes() {
            prop_assert!(closes.is_sorted_by(|left, right| left.0 < right.0));
        }
    }

    #[test]
    fn a_damaged_series_never_panics(
        days in proptest::collection::btree_map(1_i16..=365, prices(), 1..60),
        place in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let closes: Vec<_> = days.into_iter().map(|(day, close)| (day_of(2025, day), close)).collect();
        let mut bytes = Packed::of(2025, &closes).0;
        let place = place.index(bytes.len());
        bytes[place] = byte;
        let _ = Packed(bytes).closes();
    }
}
