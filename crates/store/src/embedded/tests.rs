//! The shortcuts around the engine do exactly what the engine does: random requests run both ways,
//! and then every row and every answer is compared.

use bytes::Bytes;
use dynoxide::storage::Storage;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use super::apply::{Setback, Tables};
use super::engine::{self, Operation};
use super::lookup;
use super::plan::Plan;
use super::refusal::Answer;

pub(super) const TABLE: &str = r#"{"TableName":"items","BillingMode":"PAY_PER_REQUEST",
    "KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"SK","KeyType":"RANGE"}],
    "AttributeDefinitions":[{"AttributeName":"PK","AttributeType":"S"},
        {"AttributeName":"SK","AttributeType":"S"},{"AttributeName":"outbox_shard","AttributeType":"S"},
        {"AttributeName":"outbox_at","AttributeType":"S"},{"AttributeName":"ticker_key","AttributeType":"S"}],
    "GlobalSecondaryIndexes":[{"IndexName":"outbox","Projection":{"ProjectionType":"KEYS_ONLY"},
        "KeySchema":[{"AttributeName":"outbox_shard","KeyType":"HASH"},{"AttributeName":"outbox_at","KeyType":"RANGE"}]}],
    "LocalSecondaryIndexes":[{"IndexName":"by_ticker","Projection":{"ProjectionType":"ALL"},
        "KeySchema":[{"AttributeName":"PK","KeyType":"HASH"},{"AttributeName":"ticker_key","KeyType":"RANGE"}]}]}"#;

const KEYS: [&str; 5] = ["A", "A#1", "A#2", "B\\\"é", "C"];

#[derive(Clone, Debug)]
enum Condition {
    None,
    Absent,
    Version(u8),
}

#[derive(Clone, Debug)]
struct Change {
    partition: usize,
    key: usize,
    condition: Condition,
    show_found: bool,
    /// Version, outbox time and ticker of the item to put; nothing deletes.
    item: Option<(u8, Option<u8>, Option<u8>)>,
}

impl Change {
    fn key(&self) -> String {
        let (partition, key) = (self.partition, KEYS[self.key]);
        format!(r#""PK":{{"S":"P{partition}"}},"SK":{{"S":"{key}"}}"#)
    }

    /// The members of a put or delete.
    fn members(&self) -> String {
        let target = match &self.item {
            Some((version, outbox, ticker)) => {
                let outbox = outbox.map(|at| {
                    let shard = at % 2;
                    format!(r#","outbox_shard":{{"S":"O{shard}"}},"outbox_at":{{"S":"t{at}"}}"#)
                });
                let ticker = ticker.map(|it| format!(r#","ticker_key":{{"S":"T{it}"}}"#));
                format!(
                    r#""Item":{{{},"version":{{"N":"{version}"}},"data":{{"M":{{"n":{{"N":"-1.5"}},"t":{{"S":"a\\né"}}}}}}{}{}}}"#,
                    self.key(),
                    outbox.unwrap_or_default(),
                    ticker.unwrap_or_default()
                )
            }
            None => format!(r#""Key":{{{}}}"#, self.key()),
        };
        let condition = match &self.condition {
            Condition::None => String::new(),
            Condition::Absent => r#","ConditionExpression":"attribute_not_exists(PK)""#.to_owned(),
            Condition::Version(version) => format!(
                r#","ConditionExpression":"version = :expected","ExpressionAttributeValues":{{":expected":{{"N":"{version}"}}}}"#
            ),
        };
        let show = if self.show_found {
            r#","ReturnValuesOnConditionCheckFailure":"ALL_OLD""#
        } else {
            ""
        };
        format!(r#""TableName":"items",{target}{condition}{show}"#)
    }
}

fn changes() -> impl Strategy<Value = Change> {
    let condition = prop_oneof![
        Just(Condition::None),
        Just(Condition::Absent),
        (0..3_u8).prop_map(Condition::Version),
    ];
    let item = proptest::option::weighted(
        0.8,
        (
            0..3_u8,
            proptest::option::of(0..4_u8),
            proptest::option::of(0..4_u8),
        ),
    );
    (0..2_usize, 0..KEYS.len(), condition, any::<bool>(), item).prop_map(
        |(partition, key, condition, show_found, item)| Change {
            partition,
            key,
            condition,
            show_found,
            item,
        },
    )
}

fn request(changes: &[Change]) -> (Operation, String) {
    if let [change] = changes {
        let operation = if change.item.is_some() {
            Operation::PutItem
        } else {
            Operation::DeleteItem
        };
        return (operation, format!("{{{}}}", change.members()));
    }
    let parts: Vec<_> = changes
        .iter()
        .map(|change| {
            let name = if change.item.is_some() {
                "Put"
            } else {
                "Delete"
            };
            format!(r#"{{"{name}":{{{}}}}}"#, change.members())
        })
        .collect();
    let body = format!(
        r#"{{"TransactItems":[{}],"ClientRequestToken":"t"}}"#,
        parts.join(",")
    );
    (Operation::TransactWriteItems, body)
}

fn storage() -> Storage {
    let storage = Storage::memory().unwrap();
    let answer = engine::answer(&storage, Operation::CreateTable, TABLE.as_bytes());
    assert_eq!(answer.status, 200, "{:?}", String::from_utf8(answer.body));
    storage
}

/// As the writer would: by plan if there is one, within a transaction of its own.
fn short(storage: &Storage, tables: &mut Tables, operation: Operation, body: &str) -> Answer {
    let body = Bytes::copy_from_slice(body.as_bytes());
    let Some(plan) = Plan::of(operation, &body) else {
        return engine::answer(storage, operation, &body);
    };
    storage.begin_transaction().unwrap();
    let outcome = tables.apply(storage, &plan);
    storage.commit().unwrap();
    match outcome {
        Ok(answer) => answer,
        Err(Setback::NotPlain) => engine::answer(storage, operation, &body),
        Err(Setback::Storage(error)) => unreachable!("{error}"),
    }
}

fn readable(answer: &Answer) -> (u16, Value) {
    (answer.status, serde_json::from_slice(&answer.body).unwrap())
}

type Row = (String, String, String, String, Value, i64);

/// Every row of the table and its indexes.
fn rows(storage: &Storage) -> Vec<Row> {
    let selects = [
        r#"SELECT pk, sk, hash_prefix, '', item_json, item_size FROM "items" ORDER BY pk, sk"#,
        r#"SELECT gsi_pk, gsi_sk, table_pk, table_sk, item_json, 0 FROM "items::gsi::outbox" ORDER BY 1, 2, 3, 4"#,
        r#"SELECT pk, sk, base_pk, base_sk, item_json, 0 FROM "items::lsi::by_ticker" ORDER BY 1, 2, 3, 4"#,
    ];
    let mut all = Vec::new();
    for select in selects {
        let mut statement = storage.conn().prepare(select).unwrap();
        let mut rows = statement.query(()).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let json: String = row.get(4).unwrap();
            all.push((
                row.get(0).unwrap(),
                row.get(1).unwrap(),
                row.get(2).unwrap(),
                row.get(3).unwrap(),
                serde_json::from_str(&json).unwrap(),
                row.get(5).unwrap(),
            ));
        }
    }
    all
}

#[test]
fn a_plan_does_to_the_rows_what_the_engine_does() {
    let steps = vec(vec(changes(), 1..4), 1..40);
    let mut planned = 0;
    let outcome = TestRunner::default().run(&steps, |steps| {
        let (by_plan, by_engine) = (storage(), storage());
        let mut tables = Tables::default();
        for step in steps {
            let (operation, body) = request(&step);
            let short = short(&by_plan, &mut tables, operation, &body);
            let long = engine::answer(&by_engine, operation, body.as_bytes());
            prop_assert_eq!(readable(&short), readable(&long), "{}", body);
            prop_assert_eq!(rows(&by_plan), rows(&by_engine), "{}", body);
        }
        Ok(())
    });
    outcome.unwrap();
    for change in [Condition::None, Condition::Absent, Condition::Version(1)] {
        let change = Change {
            partition: 0,
            key: 0,
            condition: change,
            show_found: true,
            item: Some((1, Some(1), Some(1))),
        };
        let (operation, body) = request(std::slice::from_ref(&change));
        planned += usize::from(Plan::of(operation, &Bytes::from(body)).is_some());
    }
    assert_eq!(planned, 3, "the usual writes are recognised");
}

/// A query of any of the three orders, with or without a start key.
fn query(
    index: usize,
    range: usize,
    limit: usize,
    descending: bool,
    start: Option<&str>,
) -> String {
    let (name, partition, sort, first) = [
        ("", "PK", "SK", "P0"),
        (r#","IndexName":"by_ticker""#, "PK", "ticker_key", "P0"),
        (
            r#","IndexName":"outbox""#,
            "outbox_shard",
            "outbox_at",
            "O1",
        ),
    ][index];
    let (condition, values) = match range {
        0 => (String::new(), ""),
        1 => (
            format!(" AND begins_with({sort}, :prefix)"),
            [
                r#","":prefix":{"S":"A#"}"#,
                r#",":prefix":{"S":"T"}"#,
                r#",":prefix":{"S":"t"}"#,
            ][index],
        ),
        _ => (
            format!(" AND {sort} BETWEEN :first AND :last"),
            [
                r#",":first":{"S":"A#1"},":last":{"S":"C"}"#,
                r#",":first":{"S":"T1"},":last":{"S":"T2"}"#,
                r#",":first":{"S":"t1"},":last":{"S":"t3"}"#,
            ][index],
        ),
    };
    let values = values.replace(r#","":"#, r#",":"#);
    let start = start
        .map(|key| format!(r#","ExclusiveStartKey":{key}"#))
        .unwrap_or_default();
    let forward = !descending;
    format!(
        r#"{{"TableName":"items"{name},"KeyConditionExpression":"{partition} = :partition{condition}","ExpressionAttributeValues":{{":partition":{{"S":"{first}"}}{values}}},"ScanIndexForward":{forward},"Limit":{limit}{start}}}"#
    )
}

#[test]
fn a_read_from_the_rows_answers_what_the_engine_answers() {
    let storage = storage();
    let mut runner = TestRunner::deterministic();
    for _ in 0..60 {
        let changes = vec(changes(), 1..4)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let (operation, body) = request(&changes);
        engine::answer(&storage, operation, body.as_bytes());
    }
    let compare = |operation, body: &str| {
        let short = lookup::answer(&storage, operation, body.as_bytes());
        let long = engine::answer(&storage, operation, body.as_bytes());
        match short {
            Some(short) => assert_eq!(readable(&short), readable(&long), "{body}"),
            None => assert!(
                body.contains('\\'),
                "only escaped keys go to the engine: {body}"
            ),
        }
        readable(&long).1
    };
    for key in ["A", "A#1", "C", "missing"] {
        let key = format!(r#"{{"PK":{{"S":"P0"}},"SK":{{"S":"{key}"}}}}"#);
        compare(
            Operation::GetItem,
            &format!(r#"{{"TableName":"items","Key":{key},"ConsistentRead":true}}"#),
        );
    }
    let mut pages = 0;
    for (index, range, limit, descending) in
        combinations([3, 3, 3, 2]).map(|[a, b, c, d]| (a, b, c + 1, d == 1))
    {
        let mut start: Option<String> = None;
        loop {
            let body = query(index, range, limit, descending, start.as_deref());
            let answer = compare(Operation::Query, &body);
            pages += 1;
            match answer.get("LastEvaluatedKey") {
                Some(key) => start = Some(key.to_string()),
                None => break,
            }
        }
    }
    assert!(pages > 100, "only {pages} pages were compared");
}

/// Every combination of numbers below the given ones.
fn combinations(bounds: [usize; 4]) -> impl Iterator<Item = [usize; 4]> {
    (0..bounds.iter().product()).map(move |mut number: usize| {
        bounds.map(|bound| {
            let digit = number % bound;
            number /= bound;
            digit
        })
    })
}
