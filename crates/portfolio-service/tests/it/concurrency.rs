//! Many at once: nothing is lost, nothing is done twice, and one of two contradicting changes wins.

use service_kit::testing::{TestRequest, TestResponse};
use tokio::task::JoinSet;

use crate::world::{World, bought};

async fn together(requests: impl IntoIterator<Item = TestRequest>) -> Vec<TestResponse> {
    let mut sending: JoinSet<TestResponse> = requests.into_iter().map(TestRequest::send).collect();
    let mut answers = Vec::new();
    while let Some(answer) = sending.join_next().await {
        answers.push(answer.unwrap());
    }
    answers
}

fn count(answers: &[TestResponse], status: u16) -> usize {
    let with_status = |answer: &&TestResponse| answer.status.as_u16() == status;
    answers.iter().filter(with_status).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn purchases_recorded_at_once_are_all_there() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/investments");
    let body = |ticker| bought(ticker, "1", "1", "2026-01-05");
    let requests = (0..16).map(|number| {
        let ticker = if number % 2 == 0 { "AAPL" } else { "MSFT" };
        world.post(&list, &body(ticker))
    });
    let answers = together(requests).await;
    assert_eq!(count(&answers, 201), 16, "{answers:?}");
    let mut listed = world.all(&list, 5, "investment_id").await;
    let mut recorded: Vec<_> = answers.iter().map(|a| a.at("/investment_id")).collect();
    listed.sort();
    recorded.sort();
    assert_eq!(listed, recorded);
}

#[tokio::test(flavor = "multi_thread")]
async fn purchases_recorded_at_once_by_two_processes_are_all_there() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let other = world.another_process().await;
    let list = format!("{portfolio}/investments");
    let body = bought("AAPL", "1", "1", "2026-01-05");
    let requests = (0..8).flat_map(|_| {
        let there = other.post(&list).bearer(&world.token).json_text(&body);
        [world.post(&list, &body), there]
    });
    let answers = together(requests).await;
    assert_eq!(count(&answers, 201), 16, "{answers:?}");
    assert_eq!(world.all(&list, 5, "investment_id").await.len(), 16);
    let there = other.get(&list).bearer(&world.token).send().await;
    assert_eq!(there.expect(200).count("/items"), 16);
}

#[tokio::test]
async fn what_another_process_changed_is_seen_at_once() {
    let world = World::new().await;
    let other = world.another_process().await;
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "1", "1", "2026-01-05"))
        .await;
    world.read(&path).await;
    let there = |body| other.patch(&path).bearer(&world.token).json_text(body);
    there(r#"{"quantity":2}"#).send().await.expect(200);
    assert_eq!(world.read(&path).await.at("/quantity"), "2");
    let etag = world.etag(&path).await;
    there(r#"{"quantity":3}"#).send().await.expect(200);
    let late = world.patch(&path, r#"{"quantity":4}"#);
    late.header("if-match", &etag).send().await.expect(412);
    assert_eq!(world.read(&path).await.at("/quantity"), "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_corrections_bound_to_one_version_exactly_one_wins() {
    let world = World::new().await;
    let other = world.another_process().await;
    let portfolio = world.portfolio().await;
    let path = world
        .record(&portfolio, &bought("AAPL", "1", "1", "2026-01-05"))
        .await;
    let etag = world.etag(&path).await;
    let requests = (2..10).map(|quantity| {
        let app = if quantity % 2 == 0 {
            &world.app
        } else {
            &other
        };
        let request = app.patch(&path).bearer(&world.token);
        let request = request.json_text(format!(r#"{{"quantity":{quantity}}}"#));
        request.header("if-match", &etag)
    });
    let answers = together(requests).await;
    assert_eq!(count(&answers, 200), 1, "{answers:?}");
    assert_eq!(count(&answers, 412), 7, "{answers:?}");
    let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
    assert_eq!(world.read(&path).await.body, winner.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_correction_and_a_deletion_at_once_the_deletion_remains() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for _ in 0..8 {
        let path = world
            .record(&portfolio, &bought("AAPL", "1", "1", "2026-01-05"))
            .await;
        let amend = world.patch(&path, r#"{"purchase_date":"2026-01-04"}"#);
        let answers = together([amend, world.delete(&path)]).await;
        assert_eq!(count(&answers, 204), 1, "{answers:?}");
        assert_eq!(
            count(&answers, 200) + count(&answers, 404),
            1,
            "{answers:?}"
        );
        world.get(&path).send().await.expect(404);
    }
    let list = world.read(&format!("{portfolio}/investments")).await;
    assert_eq!(list.count("/items"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_purchase_sent_by_many_at_once_is_recorded_once() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/investments");
    let body = bought("AAPL", "1", "1", "2026-01-05");
    let requests = (0..8).map(|_| world.post(&list, &body).header("idempotency-key", "k-1"));
    let answers = together(requests).await;
    assert_eq!(
        count(&answers, 201) + count(&answers, 409),
        8,
        "{answers:?}"
    );
    let done = answers.iter().filter(|answer| answer.status == 201);
    let done_now = done.filter(|answer| answer.header("idempotency-replayed").is_none());
    assert_eq!(done_now.count(), 1);
    assert_eq!(world.read(&list).await.count("/items"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn purchases_recorded_while_their_portfolio_is_deleted_leave_nothing_behind() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/investments");
    let body = bought("AAPL", "1", "1", "2026-01-05");
    let record = (0..8).map(|_| world.post(&list, &body));
    let answers = together(record.chain([world.delete(&portfolio)])).await;
    assert_eq!(count(&answers, 204), 1, "{answers:?}");
    assert_eq!(
        count(&answers, 201) + count(&answers, 404),
        8,
        "{answers:?}"
    );
    world.get(&portfolio).send().await.expect(404);
    let left = store::Query::partition(portfolio.replace("/v1/portfolios/", "PF#"));
    let left = world.table().query_all::<store::Event>(&left).await;
    assert_eq!(left.unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_of_a_portfolio_bound_to_one_version_exactly_one_wins() {
    let world = World::new().await;
    let other = world.another_process().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    let requests = (0..8).map(|number| {
        let app = if number % 2 == 0 { &world.app } else { &other };
        let request = app.patch(&portfolio).bearer(&world.token);
        let request = request.json_text(format!(r#"{{"name":"{number}"}}"#));
        request.header("if-match", &etag)
    });
    let answers = together(requests).await;
    assert_eq!(count(&answers, 200), 1, "{answers:?}");
    assert_eq!(count(&answers, 412), 7, "{answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_and_a_deletion_are_not_stopped_by_purchases_of_another_process() {
    let world = World::new().await;
    let other = world.another_process().await;
    let portfolio = world.portfolio().await;
    let list = format!("{portfolio}/investments");
    let body = bought("AAPL", "1", "1", "2026-01-05");
    let record = || other.post(&list).bearer(&world.token).json_text(&body);
    let rename = || world.patch(&portfolio, r#"{"name":"Renamed"}"#);
    let answers = together((0..6).flat_map(|_| [record(), rename()])).await;
    assert_eq!(count(&answers, 201), 6, "{answers:?}");
    assert_eq!(count(&answers, 200), 6, "{answers:?}");
    let record = (0..6).map(|_| record());
    let answers = together(record.chain([world.delete(&portfolio)])).await;
    assert_eq!(count(&answers, 204), 1, "{answers:?}");
    assert_eq!(
        count(&answers, 201) + count(&answers, 404),
        6,
        "{answers:?}"
    );
}
