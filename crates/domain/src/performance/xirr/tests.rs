use jiff::civil::date;
use proptest::prelude::*;

use super::super::fixtures::{close_to, day, dec};
use super::*;

fn of(flows: &[(Date, &str)]) -> Result<MoneyWeighted, NoFigure> {
    MoneyWeighted::of(flows.iter().map(|(date, amount)| (*date, dec(amount)))).unwrap()
}

fn shown(flows: &[(Date, &str)]) -> String {
    of(flows)
        .unwrap()
        .rate()
        .unwrap()
        .written()
        .unwrap()
        .to_string()
}

/// The example of Microsoft's page on XIRR.
const MICROSOFT: [(Date, &str); 5] = [
    (date(2008, 1, 1), "-10000"),
    (date(2008, 3, 1), "2750"),
    (date(2008, 10, 30), "4250"),
    (date(2009, 2, 15), "3250"),
    (date(2009, 4, 1), "2750"),
];

#[test]
fn flows_may_come_in_any_order_in_parts_and_with_their_signs_turned_round() {
    let mut flows = MICROSOFT.to_vec();
    flows.reverse();
    flows.extend([
        (date(2008, 3, 1), "-1000"),
        (date(2008, 3, 1), "1000"),
        (date(2007, 1, 1), "0"),
    ]);
    assert_eq!(shown(&flows), shown(&MICROSOFT));
    let turned = MICROSOFT.map(|(date, amount)| (date, dec(amount) * dec("-1")));
    let turned = MoneyWeighted::of(turned).unwrap().unwrap();
    assert_eq!(Ok(turned), of(&MICROSOFT));
}

#[test]
fn flows_that_can_have_no_rate_say_why() {
    let (one, two) = (day(0), day(400));
    assert_eq!(of(&[]), Err(NoFigure::NoFlows));
    assert_eq!(of(&[(one, "0"), (two, "0")]), Err(NoFigure::NoFlows));
    assert_eq!(of(&[(one, "-100")]), Err(NoFigure::OneFlow));
    assert_eq!(of(&[(one, "-100"), (two, "0")]), Err(NoFigure::OneFlow));
    assert_eq!(
        of(&[(one, "-100"), (one, "110")]),
        Err(NoFigure::AllOnOneDay)
    );
    assert_eq!(
        of(&[(one, "-100"), (two, "-110")]),
        Err(NoFigure::AllOneSign)
    );
    assert_eq!(of(&[(one, "100"), (two, "110")]), Err(NoFigure::AllOneSign));
    assert_eq!(
        of(&[(one, "-100"), (one, "100"), (two, "5")]),
        Err(NoFigure::AllOneSign)
    );
    assert_eq!(
        of(&[(one, "-100"), (one, "100"), (two, "5"), (two, "-5")]),
        Err(NoFigure::NoFlows)
    );
    assert_eq!(
        of(&[(one, "100"), (two, "-150"), (day(800), "100")]),
        Err(NoFigure::NoRoot)
    );
}

#[test]
fn of_several_rates_the_one_nearest_to_zero_is_taken_and_the_others_are_told() {
    // (1 + r) is 1.1 or 1.2: −100·x² + 230·x − 132 = 0.
    let flows = [
        (date(2021, 1, 1), "-100"),
        (date(2022, 1, 1), "230"),
        (date(2023, 1, 1), "-132"),
    ];
    assert_eq!(shown(&flows), "0.1");
    let others: Vec<_> = of(&flows)
        .unwrap()
        .others()
        .map(|rate| rate.to_string())
        .collect();
    assert_eq!(others, ["20.00 %"]);
    // (1 + r) is 0.5 or 1.25: −100·x² + 175·x − 62.5 = 0.
    let flows = [
        (date(2021, 1, 1), "-100"),
        (date(2022, 1, 1), "175"),
        (date(2023, 1, 1), "-62.5"),
    ];
    assert_eq!(shown(&flows), "0.25");
    let others: Vec<_> = of(&flows)
        .unwrap()
        .others()
        .map(|rate| rate.to_string())
        .collect();
    assert_eq!(others, ["-50.00 %"]);
}

#[test]
fn three_rates_are_all_found() {
    // (x − 1.05)(x − 1.3)(x − 2) · 1000, days 365 apart.
    let flows = [
        (date(2021, 1, 1), "-1000"),
        (date(2022, 1, 1), "4350"),
        (date(2023, 1, 1), "-6065"),
        (date(2024, 1, 1), "2730"),
    ];
    assert_eq!(shown(&flows), "0.05");
    let others: Vec<_> = of(&flows)
        .unwrap()
        .others()
        .map(|rate| rate.to_string())
        .collect();
    assert_eq!(others, ["30.00 %", "100.00 %"]);
}

#[test]
fn a_rate_far_off_does_not_hide_one_near_zero() {
    // The first two flows alone have a rate of e^90.
    let flows = [
        (date(2021, 1, 1), "50"),
        (date(2021, 1, 11), "-600"),
        (date(2022, 1, 11), "700"),
        (date(2023, 1, 11), "-200"),
    ];
    let found = of(&flows).unwrap();
    assert_eq!(found.rate().unwrap().to_string(), "-16.11 %");
    let others: Vec<_> = found.others().map(|rate| rate.to_string()).collect();
    assert_eq!(
        (others, found.others.len()),
        (vec!["-56.60 %".to_owned()], 2)
    );
}

#[test]
fn the_whole_width_of_rates_is_found() {
    let year = |back| [(date(2021, 1, 1), "-10000"), (date(2022, 1, 1), back)];
    assert_eq!(shown(&year("0.01")), "-0.999999");
    assert_eq!(shown(&year("0.0001")), "-0.99999999");
    assert_eq!(shown(&year("10000")), "0");
    assert_eq!(shown(&year("10000.0001")), "0.00000001");
    let a_million = of(&year("10000000000")).unwrap().rate().unwrap().value();
    assert!(close_to(a_million, 999_999.0));
    let over_30_years = [(date(1990, 1, 1), "-1"), (date(2020, 1, 1), "100000000")];
    let rate = of(&over_30_years).unwrap().rate().unwrap().value();
    assert!(close_to(rate, 1e8f64.powf(365.0 / 10_957.0) - 1.0));
}

#[test]
fn a_rate_beyond_showing_still_says_what_was_earned_over_its_days() {
    let found = of(&[(day(0), "-100"), (day(1), "110")]).unwrap();
    assert_eq!(found.rate(), Err(NoFigure::OutOfRange));
    assert_eq!(found.days(), 1);
    assert_eq!(found.over(1).unwrap().to_string(), "10.00 %");
    let lost = of(&[(day(0), "-100"), (day(1), "90")]).unwrap();
    assert_eq!(lost.rate(), Err(NoFigure::OutOfRange));
    assert_eq!(lost.over(1).unwrap().to_string(), "-10.00 %");
    let week = of(&[(day(0), "-100"), (day(7), "102")]).unwrap();
    assert_eq!(week.rate().unwrap().to_string(), "180.83 %");
}

#[test]
fn ten_thousand_flows_have_a_rate() {
    let paid = (0..10_000).map(|number| (day(number % 3650), dec("-10")));
    let found = MoneyWeighted::of(paid.chain([(day(3650), dec("150000"))]))
        .unwrap()
        .unwrap();
    let rate = found.rate().unwrap().value();
    let worth: f64 = (0..10_000)
        .map(|number: i32| 10.0 * (1.0 + rate).powf(f64::from(3650 - number % 3650) / 365.0))
        .sum();
    assert!(close_to(worth / 150_000.0, 1.0));
}

#[test]
fn amounts_too_large_to_add_up_are_an_error_and_no_panic() {
    let most = [
        (day(0), Decimal::MAX),
        (day(0), Decimal::MAX),
        (day(1), Decimal::MIN),
    ];
    assert_eq!(MoneyWeighted::of(most), Err(ArithmeticError::Overflow));
    let apart = [(day(0), Decimal::MIN), (day(365), Decimal::MAX)];
    let rate = MoneyWeighted::of(apart).unwrap().unwrap().rate().unwrap();
    assert_eq!(rate.written(), Ok(Decimal::ZERO));
}

/// What the flows are worth at a rate `e^log − 1`, relative to their size.
fn left_over(flows: &[(i32, Decimal)], log: f64) -> f64 {
    let days = || flows.iter().map(|(number, _)| *number);
    // Counted from the end where powers grow, so that none leaves the range of a float.
    let origin = if log < 0.0 {
        days().max()
    } else {
        days().min()
    }
    .unwrap();
    let worth = |(number, amount): &(i32, Decimal)| {
        float(*amount) * (-log * f64::from(*number - origin) / 365.0).exp()
    };
    let sum: f64 = flows.iter().map(worth).sum();
    let size: f64 = flows.iter().map(|flow| worth(flow).abs()).sum();
    sum / size
}

fn some_flows() -> impl Strategy<Value = Vec<(i32, Decimal)>> {
    let flow = (0i32..4000, -1_000_000i64..1_000_000);
    prop::collection::vec(flow, 0..40).prop_map(|flows| {
        flows
            .into_iter()
            .map(|(number, cents)| (number, Decimal::new(cents, 2)))
            .collect()
    })
}

fn rate_of(flows: &[(i32, Decimal)]) -> Result<MoneyWeighted, NoFigure> {
    MoneyWeighted::of(flows.iter().map(|(number, amount)| (day(*number), *amount))).unwrap()
}

proptest! {
    #[test]
    fn at_a_rate_that_is_found_the_flows_are_worth_nothing(flows in some_flows()) {
        if let Ok(found) = rate_of(&flows) {
            for log in found.others.iter().chain([&found.log]) {
                prop_assert!(left_over(&flows, *log).abs() < 1e-9, "{log}");
            }
        }
    }

    #[test]
    fn flows_made_for_a_rate_have_it(rate in -0.9f64..3.0, paid in prop::collection::vec((0i32..3000, 1i64..1_000_000), 1..30)) {
        // In a float, because the last amount is what the others have become.
        let worth: f64 = paid.iter().map(|(number, cents)| {
            float(Decimal::new(*cents, 2)) * (1.0 + rate).powf(f64::from(3100 - number) / 365.0)
        }).sum();
        let back = dec(&format!("{worth:.12}"));
        let mut flows: Vec<_> = paid.iter().map(|(number, cents)| (*number, Decimal::new(-cents, 2))).collect();
        flows.push((3100, back));
        let found = rate_of(&flows).unwrap();
        prop_assert_eq!(found.others().count(), 0);
        let log = (1.0 + found.rate().unwrap().value()).ln();
        prop_assert!((log - (1.0 + rate).ln()).abs() < 1e-6);
    }

    #[test]
    fn the_order_of_the_flows_does_not_matter(flows in some_flows(), seed in any::<u64>()) {
        let mut shuffled = flows.clone();
        shuffled.sort_by_key(|(number, amount)| (u64::try_from(*number).unwrap() ^ seed, *amount));
        prop_assert_eq!(rate_of(&flows), rate_of(&shuffled));
    }

    #[test]
    fn more_of_the_same_money_has_the_same_rate(flows in some_flows()) {
        let thousandfold: Vec<_> = flows.iter().map(|(number, amount)| (*number, *amount * Decimal::from(1000))).collect();
        match (rate_of(&flows), rate_of(&thousandfold)) {
            (Ok(one), Ok(thousand)) => prop_assert!(close_to(one.log, thousand.log)),
            (one, thousand) => prop_assert_eq!(one.err(), thousand.err()),
        }
    }
}
