use asset_service::source::{Ask, SourceError};
use domain::Currency;
use jiff::SignedDuration;

use super::scripted::{Scripted, quoted};
use super::{Answer, chain, is_unavailable, now, quote, quotes, shown, wanted};
use crate::support::ticker;

fn through(answer: &Answer) -> Option<&'static str> {
    let through = answer.as_ref().unwrap().value.crossed_through;
    through.map(Currency::code)
}

#[tokio::test]
async fn a_pair_that_somebody_quotes_is_not_crossed() {
    let first = Scripted::pricing("first", "EURUSD=X", "1.1");
    let second = Scripted::pricing("second", "EURCHF=X", "0.95");
    let found = quote(&chain(&[&first, &second]), wanted("EURCHF=X")).await;
    assert_eq!(shown(&found), ("second", "0.95".to_owned()));
    assert_eq!(through(&found), None);
}

#[tokio::test]
async fn a_pair_quoted_the_other_way_round_is_turned() {
    let only = Scripted::pricing("only", "USDJPY=X", "160.30");
    let found = quote(&chain(&[&only]), wanted("JPYUSD=X")).await;
    assert_eq!(shown(&found), ("only", "0.00623830318153".to_owned()));
    let value = found.as_ref().unwrap();
    assert_eq!(value.value.currency, Currency::USD);
    assert_eq!(through(&found), None);
}

#[tokio::test]
async fn a_pair_nobody_quotes_is_crossed_through_the_dollar() {
    let only = Scripted::new("only");
    let mut chf = quoted("CHFUSD=X", "1.0873");
    chf.as_of = now() - SignedDuration::from_hours(2);
    only.say("CHFUSD=X", Ok(chf));
    let mut jpy = quoted("USDJPY=X", "149.512");
    jpy.is_delayed = true;
    only.say("USDJPY=X", Ok(jpy));
    let found = quote(&chain(&[&only]), wanted("CHFJPY=X")).await;
    assert_eq!(shown(&found), ("only", "162.5643976".to_owned()));
    assert_eq!(through(&found), Some("USD"));
    let crossed = found.unwrap().value;
    assert_eq!(crossed.currency.code(), "JPY");
    assert_eq!(crossed.as_of.to_string(), "2026-03-10T13:00:00Z");
    assert!(crossed.is_delayed);
}

#[tokio::test]
async fn either_rate_may_be_quoted_the_other_way_round() {
    let only = Scripted::new("only");
    only.price("USDCHF=X", "0.8");
    only.price("JPYUSD=X", "0.00625");
    let found = quote(&chain(&[&only]), wanted("CHFJPY=X")).await;
    // 1.25 dollars a franc, 160 yen a dollar.
    assert_eq!(shown(&found), ("only", "200".to_owned()));
}

#[tokio::test]
async fn what_the_dollar_cannot_the_euro_may() {
    let only = Scripted::new("only");
    only.price("EURSEK=X", "11.2");
    only.price("EURNOK=X", "11.76");
    let found = quote(&chain(&[&only]), wanted("SEKNOK=X")).await;
    // 0.0892857142857 euros a krona.
    assert_eq!(shown(&found), ("only", "1.05".to_owned()));
    assert_eq!(through(&found), Some("EUR"));
}

#[tokio::test]
async fn rates_of_two_sources_name_both() {
    let first = Scripted::pricing("first", "CHFUSD=X", "1.25");
    let second = Scripted::pricing("second", "USDJPY=X", "160");
    let chain = chain(&[&first, &second]);
    let found = quote(&chain, wanted("CHFJPY=X")).await;
    assert_eq!(shown(&found), ("first+second", "200".to_owned()));
    assert!(chain.has("first+second"));
    assert!(!chain.has("first+third"));
}

#[tokio::test]
async fn many_pairs_are_crossed_with_one_question_for_each_rate() {
    let only = Scripted::new("only");
    for currency in ["CHF", "GBP", "JPY"] {
        only.price(&format!("USD{currency}=X"), "2");
    }
    let found = quotes(&chain(&[&only]), &["CHFGBP=X", "GBPJPY=X", "CHFJPY=X"]).await;
    for answer in found.values() {
        assert_eq!(shown(answer), ("only", "1".to_owned()));
    }
    let mut asked = only.asked();
    asked.sort();
    // In each direction as a second half, and as a first half turned round.
    asked.dedup();
    assert_eq!(asked, ["USDCHF=X", "USDGBP=X", "USDJPY=X"]);
}

#[tokio::test]
async fn a_pair_whose_source_is_down_is_unavailable_and_not_crossed() {
    let only = Scripted::new("only");
    only.fail("CHFJPY=X");
    only.price("CHFUSD=X", "1.25");
    only.price("USDJPY=X", "160");
    is_unavailable(&quote(&chain(&[&only]), wanted("CHFJPY=X")).await);
}

#[tokio::test]
async fn a_missing_half_leaves_the_pair_without_a_rate() {
    let only = Scripted::pricing("only", "CHFUSD=X", "1.25");
    let chain = chain(&[&only]);
    let unknown = quote(&chain, wanted("CHFJPY=X")).await;
    assert_eq!(unknown, Err(SourceError::UnknownSymbol));
    only.fail("USDJPY=X");
    is_unavailable(&quote(&chain, wanted("CHFJPY=X")).await);
}

#[tokio::test]
async fn history_is_crossed_over_the_days_that_both_rates_have() {
    let only = Scripted::new("only");
    let chf = [
        ("2026-03-05", "1.25"),
        ("2026-03-06", "1.2"),
        ("2026-03-09", "1.0"),
    ];
    only.remember("CHFUSD=X", &chf, &[]);
    let jpy = [
        ("2026-03-05", "0.00625"),
        ("2026-03-09", "0.0064"),
        ("2026-03-10", "0.005"),
    ];
    only.remember("JPYUSD=X", &jpy, &[]);
    let (from, to) = ("2026-03-01".parse().unwrap(), "2026-03-10".parse().unwrap());
    let chain = chain(&[&only]);
    let ask = Ask::waiting(now());
    let found = chain.history(ask, &ticker("CHFJPY=X"), from, to).await;
    let found = found.unwrap();
    assert_eq!(found.source, "only");
    assert_eq!(found.value.currency.code(), "JPY");
    assert_eq!(found.value.crossed_through, Some(Currency::USD));
    let closes = found.value.closes.iter();
    let closes: Vec<String> = closes
        .map(|(date, price)| format!("{date} {price}"))
        .collect();
    assert_eq!(closes, ["2026-03-05 200", "2026-03-09 156.25"]);

    let turned = chain.history(ask, &ticker("USDJPY=X"), from, to).await;
    let turned = turned.unwrap().value;
    assert_eq!(turned.crossed_through, None);
    assert_eq!(turned.closes[0].1.to_string(), "160");
}
