//! However many ask, the source is asked once.

use api::client::AssetClient;
use asset_service::AssetConfig;
use futures::future::join_all;
use futures::poll;
use service_kit::transport::in_process;

use crate::support::{FakeSource, Market, Storage, clock, seconds, ticker};

#[tokio::test]
async fn a_thousand_requests_for_one_cold_symbol_are_one_question() {
    let source = FakeSource::pricing("ACME", "10");
    source.hold();
    let market = Market::over(source.clone()).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let symbols = [ticker("ACME")];
    let mut requests = Box::pin(join_all((0..1_000).map(|_| client.list_quotes(&symbols))));
    assert!(poll!(&mut requests).is_pending());
    source.release();
    let answers = requests.await;
    assert_eq!(answers.len(), 1_000);
    for quotes in answers {
        assert_eq!(quotes.unwrap()[0].price.unwrap().to_string(), "10");
    }
    assert_eq!(source.times_asked(), 1);
}

#[tokio::test]
async fn overlapping_batches_ask_for_each_symbol_once() {
    let source = FakeSource::new();
    for symbol in ["A", "B", "C"] {
        source.price(symbol, "1");
    }
    source.hold();
    let market = Market::over(source.clone()).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let (left, right) = (
        [ticker("A"), ticker("B")],
        [ticker("B"), ticker("C"), ticker("B")],
    );
    let mut both = Box::pin(futures::future::join(
        client.list_quotes(&left),
        client.list_quotes(&right),
    ));
    assert!(poll!(&mut both).is_pending());
    source.release();
    let (left, right) = both.await;
    assert_eq!((left.unwrap().len(), right.unwrap().len()), (2, 3));
    assert_eq!(source.times_asked(), 3);
}

#[tokio::test]
async fn a_client_that_hangs_up_takes_nothing_from_the_others() {
    let source = FakeSource::pricing("ACME", "10");
    source.hold();
    let market = Market::over(source.clone()).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let symbols = [ticker("ACME")];
    let mut impatient = Box::pin(client.list_quotes(&symbols));
    let mut patient = Box::pin(client.list_quotes(&symbols));
    assert!(poll!(&mut impatient).is_pending());
    assert!(poll!(&mut patient).is_pending());
    drop(impatient);
    source.release();
    assert_eq!(patient.await.unwrap()[0].price.unwrap().to_string(), "10");
    assert_eq!(source.times_asked(), 1);
}

#[tokio::test]
async fn a_failed_question_is_answered_to_all_who_waited_and_can_be_asked_again() {
    let source = FakeSource::new();
    source.fail("ACME");
    source.hold();
    let market = Market::over(source.clone()).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let symbols = [ticker("ACME")];
    let mut requests = Box::pin(join_all((0..10).map(|_| client.list_quotes(&symbols))));
    assert!(poll!(&mut requests).is_pending());
    source.release();
    for quotes in requests.await {
        assert_eq!(quotes.unwrap()[0].price, None);
    }
    assert_eq!(source.times_asked(), 1);
    source.price("ACME", "10");
    market.clock.advance(seconds(5));
    assert_eq!(market.quote("ACME").await.at("/price"), "10");
}

#[tokio::test]
async fn a_hundred_people_asking_for_as_many_cold_symbols_make_a_few_calls() {
    let symbols: Vec<_> = (0..100).map(|number| format!("S{number}")).collect();
    let source = FakeSource::new();
    for symbol in &symbols {
        source.price(symbol, "10");
    }
    let config = AssetConfig {
        // A moment that lasts on a busy machine, too.
        coalesce_ms: 100,
        ..AssetConfig::default()
    };
    let market = Market::start(&config, source.clone(), Storage::new().await, clock()).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let symbols: Vec<_> = symbols.iter().map(|symbol| [ticker(symbol)]).collect();
    let answers = join_all(symbols.iter().map(|symbol| client.list_quotes(symbol))).await;
    for quotes in answers {
        assert_eq!(quotes.unwrap()[0].price.unwrap().to_string(), "10");
    }
    assert_eq!(source.times_asked(), 100);
    assert!(source.calls() <= 5, "{} calls", source.calls());
}

#[tokio::test]
async fn more_symbols_than_a_batch_holds_leave_in_several() {
    let symbols: Vec<_> = (0..250).map(|number| format!("S{number}")).collect();
    let source = FakeSource::new();
    for symbol in &symbols {
        source.price(symbol, "10");
    }
    let market = Market::over(source.clone()).await;
    let client = AssetClient::new(in_process(market.router.clone()));
    let symbols: Vec<_> = symbols.iter().map(|symbol| [ticker(symbol)]).collect();
    join_all(symbols.iter().map(|symbol| client.list_quotes(symbol))).await;
    assert_eq!(source.times_asked(), 250);
    assert!(source.largest_call() <= 100, "{}", source.largest_call());
}

#[tokio::test]
async fn what_another_process_has_fetched_meanwhile_is_not_asked_for_again() {
    let (mine, others) = (
        FakeSource::pricing("ACME", "10"),
        FakeSource::pricing("ACME", "11"),
    );
    let market = Market::over(mine.clone()).await;
    market.quote("ACME").await;
    let sibling = market.sibling(others);
    let (router, _) = asset_service::router(sibling.clone()).split_for_parts();
    let client = AssetClient::new(in_process(router));
    market.clock.advance(seconds(40));
    client.list_quotes(&[ticker("ACME")]).await.unwrap();
    sibling.settled().await;

    market.clock.advance(seconds(10));
    let quote = market.quote("ACME").await;
    assert_eq!(
        (quote.at("/price"), quote.at("/staleness")),
        ("11".into(), "fresh".into())
    );
    assert_eq!(mine.times_asked(), 1);
}
