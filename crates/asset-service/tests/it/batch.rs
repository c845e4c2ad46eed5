//! Many quotes at once.

use crate::support::{FakeSource, Market};

#[tokio::test]
async fn quotes_come_in_the_order_asked_and_as_often() {
    let market = Market::simulated().await;
    let list = market
        .get("/v1/quotes?symbols=MSFT,aapl,MSFT,EURUSD%3DX")
        .await
        .expect(200);
    let symbols: Vec<_> = (0..4)
        .map(|i| list.at(&format!("/items/{i}/ticker_symbol")))
        .collect();
    assert_eq!(symbols, ["MSFT", "AAPL", "MSFT", "EURUSD=X"]);
    assert_eq!(list.count("/items"), 4);
    assert_eq!(list.at("/items/0"), list.at("/items/2"));
    assert_eq!(list.at("/items/0/source"), "simulated");
}

#[tokio::test]
async fn one_bad_symbol_does_not_fail_the_rest() {
    let market = Market::simulated().await;
    let path = "/v1/quotes?symbols=NOPE,AAPL,%3Cscript%3E,%20,MSFT,A%00B,%F0%9F%A6%80";
    let list = market.get(path).await.expect(200);
    let shown: Vec<_> = (0..7)
        .map(|i| {
            let item = |field: &str| list.at(&format!("/items/{i}/{field}"));
            (item("ticker_symbol"), item("staleness"), item("reason"))
        })
        .collect();
    let expected = [
        ("NOPE", "unavailable", "UNKNOWN_SYMBOL"),
        ("AAPL", "fresh", "null"),
        ("<script>", "unavailable", "INVALID_SYMBOL"),
        (" ", "unavailable", "INVALID_SYMBOL"),
        ("MSFT", "fresh", "null"),
        ("A\0B", "unavailable", "INVALID_SYMBOL"),
        ("🦀", "unavailable", "INVALID_SYMBOL"),
    ];
    let expected = expected.map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(shown, expected);
    assert_eq!(list.at("/items/0/price"), "null");
}

#[tokio::test]
async fn a_failing_symbol_does_not_fail_the_rest() {
    let source = FakeSource::pricing("GOOD", "1.5");
    source.fail("BAD");
    let market = Market::over(source).await;
    let list = market.get("/v1/quotes?symbols=BAD,GOOD").await.expect(200);
    assert_eq!(list.at("/items/0/reason"), "SOURCE_UNAVAILABLE");
    assert_eq!(list.at("/items/1/price"), "1.5");
}

#[tokio::test]
async fn a_hundred_symbols_are_one_question_and_a_hundred_and_one_are_too_many() {
    let source = FakeSource::new();
    let symbols: Vec<_> = (0..101).map(|i| format!("S{i}")).collect();
    for symbol in &symbols {
        source.price(symbol, "2");
    }
    let market = Market::over(source.clone()).await;
    let path = format!("/v1/quotes?symbols={}", symbols[..100].join(","));
    assert_eq!(market.get(&path).await.expect(200).count("/items"), 100);
    assert_eq!(market.get(&path).await.expect(200).count("/items"), 100);
    assert_eq!(source.times_asked(), 100);

    let path = format!("/v1/quotes?symbols={}", symbols.join(","));
    let problem = market.get(&path).await.expect(422).problem();
    assert_eq!(problem.errors[0].pointer, "?symbols");
    assert_eq!(problem.errors[0].code, "TOO_MANY");
}

#[tokio::test]
async fn no_symbols_are_not_a_question() {
    let market = Market::simulated().await;
    for path in [
        "/v1/quotes",
        "/v1/quotes?symbols=",
        "/v1/quotes?symbols=AAPL,",
        "/v1/quotes?symbols=AAPL,,MSFT",
    ] {
        let problem = market.get(path).await.expect(422).problem();
        assert_eq!(problem.errors[0].pointer, "?symbols", "{path}");
    }
}

#[tokio::test]
async fn repeated_and_unknown_parameters_are_refused_together() {
    let market = Market::simulated().await;
    let path = "/v1/quotes?symbols=AAPL&symbols=MSFT&limit=5";
    let problem = market.get(path).await.expect(422).problem();
    let pointers: Vec<_> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
    assert_eq!(pointers, ["?symbols", "?limit"]);
}
