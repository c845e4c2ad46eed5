//! A search asked of a source that misbehaves.

use fake_market::{Kind, Misbehaviour, Rule, Source};

use super::{Day, every_misbehaviour};

every_misbehaviour!(yahoo: super::check, super::Source::Yahoo);
every_misbehaviour!(finnhub: super::check, super::Source::Finnhub);
every_misbehaviour!(twelve_data: super::check, super::Source::TwelveData);

async fn check(source: Source, misbehaviour: Misbehaviour) {
    // What is found has no figures to lie about.
    if misbehaviour.is_a_lie() {
        return;
    }
    what_was_asked_for_before_is_still_found(source, misbehaviour).await;
    with_nothing_known_it_is_not_no_hits(source, misbehaviour).await;
}

fn misbehave(day: &Day, source: Source, misbehaviour: Misbehaviour) {
    let rule = Rule::always(source, misbehaviour);
    day.fake.misbehave(rule.on_kind(Kind::Search));
}

async fn what_was_asked_for_before_is_still_found(source: Source, misbehaviour: Misbehaviour) {
    let day = Day::of(&[source]).await;
    day.market.get("/v1/instruments/ACME").await.expect(200);
    day.market.service.settled().await;
    misbehave(&day, source, misbehaviour);
    let page = day
        .market
        .get("/v1/instruments?query=acme")
        .await
        .expect(200);
    assert_eq!(page.at("/items/0/ticker_symbol"), "ACME");
    assert_eq!(page.at("/partial"), "true");
    assert_eq!(page.at("/reason"), "SOURCE_UNAVAILABLE");
}

async fn with_nothing_known_it_is_not_no_hits(source: Source, misbehaviour: Misbehaviour) {
    let day = Day::of(&[source]).await;
    misbehave(&day, source, misbehaviour);
    let answer = day
        .market
        .get("/v1/instruments?query=acme")
        .await
        .expect(503);
    assert_eq!(answer.problem().code, "UNAVAILABLE");
    assert!(answer.header("retry-after").is_some());
}
