//! Worked examples that others have published, with their source.

use super::super::fixtures::*;
use super::super::gains::of_disposal;
use super::super::{Disposal, Folded, Transaction};
use crate::portfolio::CostBasisMethod::{self, Average, Fifo, Hifo, Lifo};
use crate::{Currency, Money};

/// Cost basis of what a sale took, to the cent.
fn basis(disposal: &Disposal) -> String {
    let sum = disposal.parts.iter().fold(usd("0"), |sum, part| {
        sum.try_add(part.cost).unwrap().try_add(part.fees).unwrap()
    });
    sum.amount().round_dp(2).normalize().to_string()
}

/// Net gain of a sale, to the unit: as tax forms have it.
fn whole_gain(disposal: &Disposal) -> String {
    net_gain(disposal).amount().round().to_string()
}

fn net_gain(disposal: &Disposal) -> Money {
    let parts = of_disposal(disposal, Currency::USD, |_, _| None).unwrap();
    parts.iter().fold(usd("0"), |sum, part| {
        sum.try_add(part.figures.as_ref().unwrap().net.gain)
            .unwrap()
    })
}

fn folded(entries: &[Transaction], method: CostBasisMethod) -> Folded {
    fold(entries, method).unwrap()
}

/// IRS, Publication 564 (2009), Table 3: 160 shares for $4,000, 240 for
/// $4,800, 10 reinvested at $30; 210 sold at $32. The basis is $5,000 by FIFO;
/// by average it is 210 × 9,100 ÷ 410, which the table gives after rounding
/// the share's basis to the cent ($22.20).
#[test]
fn irs_publication_564_table_3_fifo_and_average() {
    let entries = [
        buy(1, "2008-02-06", "160", "25", "0"),
        buy(2, "2008-08-07", "240", "20", "0"),
        buy(3, "2008-12-18", "10", "30", "0"),
        sell(4, "2009-10-01", "210", "32", "0"),
    ];
    assert_eq!(basis(&folded(&entries, Fifo).disposals[0]), "5000");
    let average = folded(&entries, Average);
    assert_eq!(basis(&average.disposals[0]), "4660.98");
    let per_share = average.position.lots()[0].cost_basis().unwrap();
    let per_share = per_share.per(average.position.lots()[0].quantity).unwrap();
    assert_eq!(per_share.round_dp(2).to_string(), "22.20");
}

/// IRS, Publication 564 (2009), average basis: 100 shares each for $1,000,
/// $1,200 and $2,600; 150 sold have a basis of $2,400, $16 a share.
#[test]
fn irs_publication_564_average_basis_of_300_shares() {
    let entries = [
        buy(1, "2007-05-01", "100", "10", "0"),
        buy(2, "2008-05-01", "100", "12", "0"),
        buy(3, "2009-01-05", "100", "26", "0"),
        sell(4, "2009-05-11", "150", "20", "0"),
    ];
    let folded = folded(&entries, Average);
    assert_eq!(basis(&folded.disposals[0]), "2400");
    assert_eq!(
        shown(folded.position.lots()),
        ["2: 50 for 800", "3: 100 for 1600"]
    );
}

/// HMRC, HS284 (2024), Example 3, the section 104 holding: 1,000 shares at 400p
/// with costs of £150, 500 at 410p with £80; 700 sold at 480p with £100, then
/// 400 at 520p with £105. The pool goes 4,150, 6,280, 3,349, 1,674; the gains
/// are £329 and £300.
#[test]
fn hmrc_hs284_example_3_section_104_holding() {
    let entries = [
        buy(1, "2015-04-01", "1000", "4.00", "150"),
        buy(2, "2018-09-01", "500", "4.10", "80"),
        sell(3, "2023-05-01", "700", "4.80", "100"),
        sell(4, "2024-02-01", "400", "5.20", "105"),
    ];
    let pool = |count: usize| {
        let position = folded(&entries[..count], Average).position;
        let sum = position.lots().iter().fold(usd("0"), |sum, lot| {
            sum.try_add(lot.cost_basis().unwrap()).unwrap()
        });
        sum.amount().round_dp(2).normalize().to_string()
    };
    // The help sheet rounds each step to the pound.
    assert_eq!(
        [1, 2, 3, 4].map(pool),
        ["4150", "6280", "3349.33", "1674.67"]
    );
    let folded = folded(&entries, Average);
    let gains: Vec<_> = folded.disposals.iter().map(whole_gain).collect();
    assert_eq!(gains, ["329", "300"]);
    let to_the_penny = |disposal| net_gain(disposal).amount().round_dp(2).to_string();
    let gains: Vec<_> = folded.disposals.iter().map(to_the_penny).collect();
    assert_eq!(gains, ["329.33", "300.33"]);
}

/// IRS, Publication 550, stock dividends and splits: two shares bought for $30
/// and $45; after two new shares for each, three of $10 and three of $15.
#[test]
fn irs_publication_550_basis_after_a_stock_dividend() {
    let entries = [
        buy(1, "2020-01-02", "1", "30", "0"),
        buy(2, "2020-01-03", "1", "45", "0"),
        split(3, "2021-01-04", "3", "1"),
    ];
    let position = folded(&entries, Fifo).position;
    assert_eq!(shown(position.lots()), ["1: 3 for 30", "2: 3 for 45"]);
    let prices: Vec<_> = position
        .lots()
        .iter()
        .map(|lot| lot.purchase_price.to_string())
        .collect();
    assert_eq!(prices, ["10", "15"]);
}

/// IRS, Frequently Asked Questions, "Stocks (options, splits, traders)": 100
/// shares at $10 and 100 at $12; after two for one, $5 and $6 a share.
#[test]
fn irs_faq_basis_after_a_two_for_one_split() {
    let entries = [
        buy(1, "2020-01-02", "100", "10", "0"),
        buy(2, "2020-06-02", "100", "12", "0"),
        split(3, "2021-01-04", "2", "1"),
    ];
    let position = folded(&entries, Fifo).position;
    assert_eq!(
        shown(position.lots()),
        ["1: 200 for 1000", "2: 200 for 1200"]
    );
    let prices: Vec<_> = position
        .lots()
        .iter()
        .map(|lot| lot.purchase_price.to_string())
        .collect();
    assert_eq!(prices, ["5", "6"]);
}

/// J. K. Lasser's Your Income Tax 2013, 30.2: 100 shares at $77, 200 at $84 and
/// 100 at $105, 100 sold at $90: a loss of $1,500 if the last lot is named, and
/// the first lot if none is.
#[test]
fn lasser_earmarking_stock_lots() {
    let mut entries = vec![
        buy(1, "1998-01-05", "100", "77", "0"),
        buy(2, "1999-01-05", "200", "84", "0"),
        buy(3, "2000-01-05", "100", "105", "0"),
        sell_lots(4, "2001-01-05", "100", "90", "0", &[(3, "100")]),
    ];
    assert_eq!(whole_gain(&folded(&entries, Fifo).disposals[0]), "-1500");
    entries[3] = sell(4, "2001-01-05", "100", "90", "0");
    assert_eq!(whole_gain(&folded(&entries, Fifo).disposals[0]), "1300");
}

/// Accointing, "Crypto cost basis": one coin each at 10,000, 12,000, 9,000,
/// 15,000 and 18,000; three sold at 20,000 gain 29,000, 18,000 or 15,000.
#[test]
fn accointing_fifo_lifo_and_hifo_of_five_coins() {
    let entries = [
        buy(1, "2021-01-01", "1", "10000", "0"),
        buy(2, "2021-02-01", "1", "12000", "0"),
        buy(3, "2021-03-01", "1", "9000", "0"),
        buy(4, "2021-04-01", "1", "15000", "0"),
        buy(5, "2021-05-01", "1", "18000", "0"),
        sell(6, "2021-09-01", "3", "20000", "0"),
    ];
    let gain = |method| whole_gain(&folded(&entries, method).disposals[0]);
    assert_eq!([Fifo, Lifo, Hifo].map(gain), ["29000", "18000", "15000"]);
}

/// Recap, US tax guide, "Cost basis methods": 1 coin for 2,000, 2 for 5,000 and
/// 1 for 8,000; one sold for 4,000 gains 2,000 by FIFO and loses 4,000 by LIFO
/// and HIFO.
#[test]
fn recap_cost_basis_methods_of_four_coins() {
    let entries = [
        buy(1, "2017-09-22", "1", "2000", "0"),
        buy(2, "2018-01-06", "2", "2500", "0"),
        buy(3, "2018-04-19", "1", "8000", "0"),
        sell(4, "2018-05-03", "1", "4000", "0"),
    ];
    let gain = |method| whole_gain(&folded(&entries, method).disposals[0]);
    assert_eq!([Fifo, Lifo, Hifo].map(gain), ["2000", "-4000", "-4000"]);
}
