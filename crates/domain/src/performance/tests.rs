//! Worked examples: published ones with their source, and those of `docs/performance.md`.

use jiff::civil::{Date, date};

use super::fixtures::{Owned, daily_of, day, dec, dollars, prices, range, returns_of, usd};
use super::*;

fn percent(ratio: Result<Ratio, NoFigure>) -> String {
    ratio.unwrap().to_string()
}

fn written(ratio: Result<Ratio, NoFigure>) -> String {
    ratio.unwrap().written().unwrap().to_string()
}

fn rate(flows: &[(Date, &str)]) -> Result<Ratio, NoFigure> {
    let flows = flows.iter().map(|(date, amount)| (*date, dec(amount)));
    MoneyWeighted::of(flows)
        .unwrap()
        .and_then(|found| found.rate())
}

fn figures(held: &Owned, from: Date, to: Date) -> Figures {
    Figures::of(&Daily::of(&held.book(), &dollars(), range(from, to)).unwrap()).unwrap()
}

/// Microsoft Knowledge Base Q116041 on the function XIRR, and the Excel page on XIRR with
/// the same flows sixteen years later: 37.3363 %.
#[test]
fn the_rate_of_microsofts_example_is_37_3363_per_cent() {
    let amounts = ["-10000", "2750", "4250", "3250", "2750"];
    let knowledge_base = [
        date(1992, 1, 1),
        date(1992, 3, 1),
        date(1992, 10, 30),
        date(1993, 2, 15),
        date(1993, 4, 1),
    ];
    let excel_page = [
        date(2008, 1, 1),
        date(2008, 3, 1),
        date(2008, 10, 30),
        date(2009, 2, 15),
        date(2009, 4, 1),
    ];
    for dates in [knowledge_base, excel_page] {
        let flows: Vec<_> = dates.into_iter().zip(amounts).collect();
        let found = rate(&flows).unwrap();
        assert_eq!(format!("{:.6}", found.value()), "0.373363");
        assert_eq!(found.written().unwrap().to_string(), "0.37336253");
    }
}

/// Stack Overflow question 8919718, "financial python library that has xirr
/// and xnpv function": 0.0100613, to the digits its answers agree on.
#[test]
fn the_rate_of_the_question_every_xirr_library_starts_from() {
    let flows = [
        (date(2010, 12, 29), "-10000"),
        (date(2012, 1, 25), "20"),
        (date(2012, 3, 8), "10100"),
    ];
    assert_eq!(format!("{:.7}", rate(&flows).unwrap().value()), "0.0100613");
}

/// CFA level I course notes, LOS 7.d: a share bought at 100, a second at 120
/// after a year, both sold at 130 after two, a dividend of 2 a share each year.
#[test]
fn the_cfa_example_of_two_shares_has_a_money_weighted_return_of_13_86_per_cent() {
    let flows = [
        (date(2021, 1, 1), "-100"),
        (date(2022, 1, 1), "-118"),
        (date(2023, 1, 1), "264"),
    ];
    assert_eq!(percent(rate(&flows)), "13.86 %");
}

/// The same example: 22 % in the first year and 10 % in the second are 15.84 %
/// a year. The dividend comes the day before the second share is bought.
#[test]
fn the_cfa_example_of_two_shares_has_a_time_weighted_return_of_15_84_per_cent() {
    let (start, dividend, second, end) = (
        date(2021, 1, 1),
        date(2021, 12, 31),
        date(2022, 1, 1),
        date(2023, 1, 1),
    );
    let closes = prices(&[(start, "100"), (dividend, "120"), (end, "130")]);
    let flows = [
        usd(start, "100"),
        usd(dividend, "-2"),
        usd(second, "120"),
        usd(end, "-4"),
    ];
    let held = Owned::new("A", &[(start, "1"), (second, "2")], closes, &flows);
    let found = figures(&held, start, end);
    assert_eq!(percent(found.twr), "34.20 %");
    assert_eq!(percent(found.twr_annualized), "15.84 %");
}

/// CFA practice question (theanalystspace.com, thread 104359): four shares at
/// 50, two sold at 50 after a year, two at 80 with dividends of 5 after two.
#[test]
fn the_practice_question_of_four_shares_has_30_38_and_20_52_per_cent() {
    let (start, sale, end) = (date(2021, 1, 1), date(2022, 1, 1), date(2023, 1, 1));
    let closes = prices(&[(start, "50"), (end, "80")]);
    let flows = [usd(start, "200"), usd(sale, "-100"), usd(end, "-10")];
    let held = Owned::new("A", &[(start, "4"), (sale, "2")], closes, &flows);
    let found = figures(&held, start, end);
    assert_eq!(percent(found.twr_annualized), "30.38 %");
    assert_eq!(percent(found.mwr), "20.52 %");
    assert_eq!(found.gain, dec("70"));
}

/// GIPS time-weighted return (acadifi.com, "GIPS performance calculation"):
/// 1,000,000 grows to 1,050,000, 200,000 are deposited, all grows to 1,350,000.
#[test]
fn the_gips_example_of_a_deposit_has_13_40_per_cent() {
    let (deposit, end) = (date(2024, 3, 15), date(2024, 6, 30));
    // One account whose units are dollars of its unit price.
    let closes = prices(&[
        (date(2023, 12, 31), "1000000"),
        (date(2024, 3, 14), "1050000"),
        (deposit, "1250000"),
        (end, "1350000"),
    ]);
    let held = Owned::new(
        "A",
        &[(date(2023, 12, 31), "1")],
        closes,
        &[usd(deposit, "200000")],
    );
    let found = figures(&held, date(2024, 1, 1), end);
    assert_eq!(percent(found.twr), "13.40 %");
    assert_eq!(found.twr_annualized, Err(NoFigure::UnderOneYear));
}

/// After Investopedia's article on drawdowns (howigrowmywealth.com): 1,000
/// falls to 800, rises to 1,100 and falls to 700, which is 36.4 %.
#[test]
fn the_published_drawdown_is_36_4_per_cent() {
    let found = Drawdown::of(&returns_of(&["1000", "800", "1100", "700"]));
    assert_eq!(format!("{:.3}", found.depth.value()), "0.364");
    let fall = found.fall.unwrap();
    assert_eq!(
        (fall.peak, fall.trough, fall.recovery),
        (day(2), day(3), None)
    );
}

/// captaincalculator.com, "Maximum Drawdown": from 75,000 to 50,000 is 33.3 %.
#[test]
fn the_calculators_drawdown_is_33_3_per_cent() {
    let found = Drawdown::of(&returns_of(&["75000", "50000", "75000"]));
    assert_eq!(format!("{:.3}", found.depth.value()), "0.333");
    assert_eq!(found.fall.unwrap().recovery, Some(day(2)));
}

/// Wikipedia, "Volatility (finance)": one per cent a day over 252 days is 0.1587.
#[test]
fn one_per_cent_a_day_is_a_volatility_of_15_87_per_cent() {
    // Two returns of ±0.01 ÷ √2 have a sample standard deviation of 0.01.
    let found = volatility(&returns_of(&["100", "100.70710678", "99.99499999996"])).unwrap();
    assert_eq!(format!("{:.4}", found.value()), "0.1587");
}

/// The example of `docs/performance.md`: a week in which money came and went.
#[test]
fn the_week_of_the_documentation() {
    let values = ["1000", "1020", "1530", "1499.4", "1329.388"];
    let flows = [usd(day(2), "500"), usd(day(4), "-200")];
    let daily = daily_of(&values, &flows);
    let found = Figures::of(&daily).unwrap();
    let returns = Returns::of(&daily).unwrap().unwrap();
    let so_far: Vec<_> = returns
        .so_far()
        .map(|(_, ratio)| written(Ok(ratio)))
        .collect();
    assert_eq!(
        so_far,
        ["0", "0.02", "0.02671053", "0.00617632", "0.02629984"]
    );
    assert_eq!(percent(found.twr), "2.63 %");
    assert_eq!(found.gain, dec("29.388"));
    assert_eq!(written(found.simple_return), "0.019592");
    assert_eq!(written(found.mwr_over_range), "0.02353778");
    assert_eq!(written(found.volatility), "0.2993334");
    let drawdown = found.max_drawdown.unwrap();
    assert_eq!(percent(Ok(drawdown.depth)), "2.00 %");
    let fall = Fall {
        peak: day(2),
        trough: day(3),
        recovery: None,
    };
    assert_eq!(drawdown.fall, Some(fall));
    let (best, worst) = (found.best_day.unwrap(), found.worst_day.unwrap());
    assert_eq!(
        (best.date, best.ratio.to_string()),
        (day(1), "2.00 %".to_owned())
    );
    assert_eq!(
        (worst.date, worst.ratio.to_string()),
        (day(3), "-2.00 %".to_owned())
    );
}
