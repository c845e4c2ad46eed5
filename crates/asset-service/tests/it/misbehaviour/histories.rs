//! Closes asked of a source that misbehaves.

use fake_market::{Kind, Misbehaviour, Rule, Source};
use rust_decimal::Decimal;
use service_kit::testing::TestResponse;

use super::{Day, Subject, every_misbehaviour, subject};

every_misbehaviour!(yahoo: super::check, super::YAHOO);
every_misbehaviour!(twelve_data: super::check, super::TWELVE_DATA);
every_misbehaviour!(coingecko: super::check, super::COINGECKO);
every_misbehaviour!(frankfurter: super::check, super::FRANKFURTER);
every_misbehaviour!(ecb: super::check, super::ECB);

const YAHOO: Subject = subject("ACME", Source::Yahoo, Source::TwelveData);
const TWELVE_DATA: Subject = subject("VOD.L", Source::TwelveData, Source::Yahoo);
const COINGECKO: Subject = subject("BTC-USD", Source::CoinGecko, Source::Yahoo);
const FRANKFURTER: Subject = subject("EURCHF=X", Source::Frankfurter, Source::Ecb);
const ECB: Subject = subject("EURGBP=X", Source::Ecb, Source::Frankfurter);

/// Two working weeks.
const DAYS: &str = "from=2026-02-02&to=2026-02-13";
const WORKING_DAYS: usize = 10;

async fn check(subject: Subject, misbehaviour: Misbehaviour) {
    if can_be_told(subject.source, misbehaviour) {
        the_next_source_takes_over(subject, misbehaviour).await;
        alone_it_leaves_no_close(subject, misbehaviour).await;
    }
}

/// A chart of CoinGecko says neither whose it is nor in which currency.
fn can_be_told(source: Source, misbehaviour: Misbehaviour) -> bool {
    let unnamed = matches!(
        misbehaviour,
        Misbehaviour::OtherSymbol | Misbehaviour::WrongCurrency
    );
    source != Source::CoinGecko || !unnamed
}

fn misbehave(day: &Day, subject: Subject, misbehaviour: Misbehaviour) {
    let rule = Rule::always(subject.source, misbehaviour);
    day.fake.misbehave(rule.on_kind(Kind::History));
}

async fn closes(day: &Day, symbol: &str) -> TestResponse {
    let path = format!("/v1/instruments/{symbol}/prices?{DAYS}");
    day.market.get(&path).await.expect(200)
}

async fn the_next_source_takes_over(subject: Subject, misbehaviour: Misbehaviour) {
    let Subject {
        symbol,
        source,
        second,
    } = subject;
    let day = Day::of(&[source, second]).await;
    day.knows(symbol).await;
    misbehave(&day, subject, misbehaviour);
    let history = closes(&day, symbol).await;
    assert_eq!(history.at("/status"), "ok", "{}", history.body);
    assert_eq!(history.at("/segments/0/source"), second.name());
    assert!(history.count("/items") >= WORKING_DAYS, "{}", history.body);
    for place in 0..history.count("/items") {
        let date = history.at(&format!("/items/{place}/date"));
        let close: Decimal = history
            .at(&format!("/items/{place}/close"))
            .parse()
            .unwrap();
        let said = fake_market::close(second, symbol, date.parse().unwrap());
        assert_eq!(Some(close), said, "{date}");
    }
}

async fn alone_it_leaves_no_close(subject: Subject, misbehaviour: Misbehaviour) {
    let day = Day::of(&[subject.source]).await;
    day.knows(subject.symbol).await;
    misbehave(&day, subject, misbehaviour);
    let path = format!("/v1/instruments/{}/prices?{DAYS}", subject.symbol);
    let history = day.market.get(&path).await;
    if history.status == 404 {
        // A list of other currencies says nothing of this one.
        assert_eq!(subject.source, Source::Ecb, "{}", history.body);
        return;
    }
    let history = history.expect(200);
    assert_eq!(history.count("/items"), 0, "{}", history.body);
    assert_eq!(history.at("/status"), "unavailable", "{}", history.body);
    assert_ne!(history.at("/reason"), "null");
}
