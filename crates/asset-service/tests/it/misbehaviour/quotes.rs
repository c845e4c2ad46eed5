//! The latest price, asked of a source that misbehaves.

use fake_market::{Kind, Misbehaviour, Rule, Source};

use super::{Day, Subject, every_misbehaviour, subject};

every_misbehaviour!(yahoo: super::check, super::YAHOO);
every_misbehaviour!(yahoo_in_pence: super::check, super::YAHOO_IN_PENCE);
every_misbehaviour!(yahoo_pair: super::check, super::YAHOO_PAIR);
every_misbehaviour!(finnhub: super::check, super::FINNHUB);
every_misbehaviour!(twelve_data: super::check, super::TWELVE_DATA);
every_misbehaviour!(coingecko: super::check, super::COINGECKO);
every_misbehaviour!(frankfurter: super::check, super::FRANKFURTER);
every_misbehaviour!(ecb: super::check, super::ECB);

const YAHOO: Subject = subject("ACME", Source::Yahoo, Source::Finnhub);
const YAHOO_IN_PENCE: Subject = subject("VOD.L", Source::Yahoo, Source::TwelveData);
const YAHOO_PAIR: Subject = subject("EURUSD=X", Source::Yahoo, Source::Ecb);
const FINNHUB: Subject = subject("ACME", Source::Finnhub, Source::TwelveData);
const TWELVE_DATA: Subject = subject("VOD.L", Source::TwelveData, Source::Yahoo);
const COINGECKO: Subject = subject("BTC-USD", Source::CoinGecko, Source::TwelveData);
const FRANKFURTER: Subject = subject("EURCHF=X", Source::Frankfurter, Source::Ecb);
const ECB: Subject = subject("EURGBP=X", Source::Ecb, Source::Frankfurter);

async fn check(subject: Subject, misbehaviour: Misbehaviour) {
    if !misbehaviour.can_be_told(subject.source) {
        return;
    }
    the_next_source_takes_over(subject, misbehaviour).await;
    the_last_price_is_shown_as_stale(subject, misbehaviour).await;
    // Of what was never seen before, nobody can say that it is ten times too dear.
    if !matches!(
        misbehaviour,
        Misbehaviour::Spike | Misbehaviour::WrongCurrency
    ) {
        with_nothing_known_there_is_a_reason(subject, misbehaviour).await;
    }
}

fn misbehave(day: &Day, subject: Subject, misbehaviour: Misbehaviour) {
    let rule = Rule::always(subject.source, misbehaviour);
    day.fake.misbehave(rule.on_kind(Kind::Quote));
}

async fn the_next_source_takes_over(subject: Subject, misbehaviour: Misbehaviour) {
    let Subject {
        symbol,
        source,
        second,
    } = subject;
    let day = Day::of(&[source, second]).await;
    day.quote(symbol).await.is_of(&day, source, symbol);
    day.a_day_later();
    misbehave(&day, subject, misbehaviour);
    day.quote(symbol).await.is_of(&day, second, symbol);
}

async fn the_last_price_is_shown_as_stale(subject: Subject, misbehaviour: Misbehaviour) {
    let day = Day::of(&[subject.source]).await;
    let before = day.quote(subject.symbol).await;
    before.is_of(&day, subject.source, subject.symbol);
    day.a_day_later();
    misbehave(&day, subject, misbehaviour);
    day.quote(subject.symbol).await.is_stale(&before);
}

async fn with_nothing_known_there_is_a_reason(subject: Subject, misbehaviour: Misbehaviour) {
    let day = Day::of(&[subject.source]).await;
    misbehave(&day, subject, misbehaviour);
    day.quote(subject.symbol).await.is_unavailable();
}
