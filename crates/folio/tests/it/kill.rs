//! `kill -9`: what was acknowledged is there afterwards, each time.

use std::sync::Arc;
use std::time::Duration;

use service_kit::testing::TestClient;
use tokio::sync::Mutex;

use super::process::{Folio, opened, registered, signed_in};

const RUNS: u64 = 20;
const WRITERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_investment_is_lost_by_twenty_kills() {
    let dir = tempfile::tempdir().unwrap();
    let folio = Folio::start(dir.path(), &[]);
    let ada = registered(&folio, "ada@example.com").await;
    let portfolio = opened(&folio, &ada, "Brokerage").await;
    drop(folio);

    let acknowledged: Arc<Mutex<Vec<String>>> = Arc::default();
    for run in 0..RUNS {
        let folio = Folio::start(dir.path(), &[]);
        let token = signed_in(&folio, "ada@example.com").await.token;
        let before = acknowledged.lock().await.len();
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let path = format!("/v1/portfolios/{portfolio}/investments");
                tokio::spawn(record_until_killed(
                    folio.url(),
                    path,
                    token.clone(),
                    Arc::clone(&acknowledged),
                ))
            })
            .collect();
        // The kill comes at another moment each time, but never before a first answer.
        while acknowledged.lock().await.len() < before + 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(run * 7 % 60)).await;
        folio.kill();
        for writer in writers {
            writer.await.unwrap();
        }
    }

    let folio = Folio::start(dir.path(), &[]);
    let token = signed_in(&folio, "ada@example.com").await.token;
    let mut found = Vec::new();
    let mut page = format!("/v1/portfolios/{portfolio}/investments?page_size=200");
    loop {
        let answer = folio.get(&page).bearer(&token).send().await.expect(200);
        for place in 0..answer.count("/items") {
            found.push(answer.at(&format!("/items/{place}/investment_id")));
        }
        let next = answer.at("/next_page_token");
        if next == "null" {
            break;
        }
        page = format!("/v1/portfolios/{portfolio}/investments?page_size=200&page_token={next}");
    }
    let acknowledged = acknowledged.lock().await;
    let lost: Vec<_> = acknowledged
        .iter()
        .filter(|id| !found.contains(id))
        .collect();
    assert!(
        lost.is_empty(),
        "{} of {} lost: {lost:?}",
        lost.len(),
        acknowledged.len()
    );
    println!(
        "{} acknowledged over {RUNS} kills, none lost",
        acknowledged.len()
    );
}

async fn record_until_killed(
    url: String,
    path: String,
    token: String,
    acknowledged: Arc<Mutex<Vec<String>>>,
) {
    let body = r#"{"ticker_symbol":"AAPL","instrument_type":"Stock","currency":"USD","quantity":1,"purchase_price":100,"purchase_date":"2025-03-03"}"#;
    let folio = TestClient::new(url);
    loop {
        let request = folio.post(&path).bearer(&token).json_text(body);
        let Ok(answer) = request.try_send().await else {
            return;
        };
        let id = answer.expect(201).at("/investment_id");
        acknowledged.lock().await.push(id);
    }
}

const BATCH: usize = 300;

/// More instruments than positions fit one transaction, so that they are written after the entries.
fn batch() -> String {
    let row = |row: usize| {
        format!(
            r#"{{"type":"BUY","ticker_symbol":"T{row}","instrument_type":"Stock","currency":"USD","quantity":1,"price":100,"trade_date":"2025-03-03"}}"#
        )
    };
    let rows: Vec<String> = (0..BATCH).map(row).collect();
    format!(r#"{{"transactions":[{}]}}"#, rows.join(","))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_batch_is_there_or_not_and_once_when_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let folio = Folio::start(dir.path(), &[]);
    let ada = registered(&folio, "ada@example.com").await;
    let portfolio = opened(&folio, &ada, "Brokerage").await;
    drop(folio);

    let path = format!("/v1/portfolios/{portfolio}/transactions:batch");
    let batch = batch();
    let mut recorded = 0;
    for run in 0..RUNS {
        let key = format!("k-{run}");
        let send = |folio: &TestClient, token: &str| {
            let request = folio.post(&path).bearer(token).json_text(&*batch);
            request.header("idempotency-key", &key).try_send()
        };
        let folio = Folio::start(dir.path(), &[]);
        let token = signed_in(&folio, "ada@example.com").await.token;
        let sending = tokio::spawn(send(&folio, &token));
        tokio::time::sleep(Duration::from_millis(run * 13)).await;
        folio.kill();
        drop(sending.await);

        let folio = Folio::start(dir.path(), &[]);
        let token = signed_in(&folio, "ada@example.com").await.token;
        let found = lots(&folio, &token, &portfolio).await;
        assert!(
            [recorded, recorded + BATCH].contains(&found),
            "{found} lots where {recorded} were"
        );
        let answer = send(&folio, &token).await.unwrap().expect(201);
        assert_eq!(answer.count("/transaction_ids"), BATCH);
        recorded += BATCH;
        assert_eq!(lots(&folio, &token, &portfolio).await, recorded);
    }
}

async fn lots(folio: &TestClient, token: &str, portfolio: &str) -> usize {
    let summary = folio.get(&format!("/v1/portfolios/{portfolio}/summary"));
    let summary = summary.bearer(token).send().await.expect(200);
    summary.at("/investments_count").parse().unwrap()
}
