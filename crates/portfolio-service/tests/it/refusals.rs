//! Purchases that cannot be recorded: the exact answer, and that nothing was written.

use crate::world::{World, bought, field_errors};

/// The last day that has begun anywhere on earth at the time of the tests is 2026-03-11.
const FIELDS: [(&str, &str, &str); 38] = [
    ("quantity", "0", "NOT_POSITIVE"),
    ("quantity", "-1", "NOT_POSITIVE"),
    ("quantity", "0.00", "NOT_POSITIVE"),
    ("quantity", "-0", "NOT_POSITIVE"),
    (
        "quantity",
        "1.2345678901234567890123456789",
        "TOO_MANY_DIGITS",
    ),
    (
        "quantity",
        "12345678901234567890123456789",
        "TOO_MANY_DIGITS",
    ),
    ("quantity", "1e-29", "TOO_MANY_DIGITS"),
    ("quantity", "1e400", "OUT_OF_RANGE"),
    ("quantity", "10000000000000", "OUT_OF_RANGE"),
    ("quantity", r#""NaN""#, "NOT_A_NUMBER"),
    ("quantity", r#""Infinity""#, "NOT_A_NUMBER"),
    ("quantity", r#""1,5""#, "NOT_A_NUMBER"),
    ("quantity", r#""""#, "NOT_A_NUMBER"),
    ("quantity", r#"" 1""#, "NOT_A_NUMBER"),
    ("quantity", "true", "WRONG_TYPE"),
    ("quantity", "[1]", "WRONG_TYPE"),
    ("quantity", r#"{"value":1}"#, "WRONG_TYPE"),
    ("quantity", "null", "REQUIRED"),
    ("purchase_price", "0", "NOT_POSITIVE"),
    ("purchase_price", "1000000000000", "OUT_OF_RANGE"),
    ("purchase_price", r#""€5""#, "NOT_A_NUMBER"),
    ("purchase_date", r#""2026-03-12""#, "IN_THE_FUTURE"),
    ("purchase_date", r#""1899-12-31""#, "TOO_EARLY"),
    ("purchase_date", r#""2026-02-30""#, "MALFORMED"),
    ("purchase_date", r#""05.01.2026""#, "MALFORMED"),
    ("purchase_date", r#""2026-01-05T00:00:00Z""#, "MALFORMED"),
    ("purchase_date", "20260105", "WRONG_TYPE"),
    ("ticker_symbol", r#""AA\u0000PL""#, "MALFORMED"),
    ("ticker_symbol", r#""AA PL""#, "MALFORMED"),
    ("ticker_symbol", r#""A#B""#, "MALFORMED"),
    ("ticker_symbol", r#""  ""#, "EMPTY"),
    (
        "ticker_symbol",
        r#""AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA""#,
        "TOO_LONG",
    ),
    ("ticker_symbol", "7", "WRONG_TYPE"),
    ("instrument_type", r#""a\nb""#, "CONTROL_CHARACTER"),
    ("currency", r#""GBX""#, "UNKNOWN_CURRENCY"),
    ("currency", "840", "WRONG_TYPE"),
    ("fees", "-0.01", "NEGATIVE"),
    ("fees", r#""none""#, "NOT_A_NUMBER"),
];

/// A good purchase with one field replaced or added.
fn with(field: &str, token: &str) -> String {
    let good = [
        ("ticker_symbol", r#""AAPL""#),
        ("instrument_type", r#""Stock""#),
        ("quantity", "1"),
        ("purchase_price", "1"),
        ("purchase_date", r#""2026-01-05""#),
        ("currency", r#""USD""#),
    ];
    let kept = good.iter().filter(|(name, _)| *name != field);
    let fields: Vec<String> = kept
        .chain([&(field, token)])
        .map(|(name, token)| format!(r#""{name}":{token}"#))
        .collect();
    format!("{{{}}}", fields.join(","))
}

#[tokio::test]
async fn a_bad_field_is_named_with_its_reason_and_nothing_is_written() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    for (field, token, code) in FIELDS {
        let refused = world.try_record(&portfolio, &with(field, token)).await;
        let refused = refused.expect(422);
        let expected = [(format!("/{field}"), code.to_owned())];
        assert_eq!(field_errors(&refused), expected, "{field} {token}");
    }
    assert_untouched(&world, &portfolio, &etag).await;
}

#[tokio::test]
async fn every_missing_and_unknown_field_is_named_at_once() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    let body = r#"{"current_price":1,"Quantity":1,"investment_id":"x"}"#;
    let refused = world.try_record(&portfolio, body).await.expect(422);
    let expected = [
        ("/Quantity", "UNKNOWN_FIELD"),
        ("/current_price", "UNKNOWN_FIELD"),
        ("/investment_id", "UNKNOWN_FIELD"),
        ("/purchase_date", "REQUIRED"),
        ("/purchase_price", "REQUIRED"),
        ("/quantity", "REQUIRED"),
        ("/ticker_symbol", "REQUIRED"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(field_errors(&refused), expected);
    assert_untouched(&world, &portfolio, &etag).await;
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    for body in [
        "",
        "null",
        "[]",
        "7",
        r#""text""#,
        "{",
        "{} {}",
        r#"{"quantity":1,"quantity":2}"#,
        r#"{"quantity":01}"#,
        r#"{"quantity":NaN}"#,
    ] {
        let refused = world.try_record(&portfolio, body).await.expect(400);
        assert_eq!(refused.problem().code, "MALFORMED_JSON", "{body}");
    }
    let deep = format!("{}{}", r#"{"quantity":"#.repeat(5_000), "}".repeat(5_000));
    world.try_record(&portfolio, &deep).await.expect(400);
    assert_untouched(&world, &portfolio, &etag).await;
}

#[tokio::test]
async fn a_body_of_another_media_type_or_of_two_megabytes_is_refused() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let etag = world.etag(&portfolio).await;
    let list = format!("{portfolio}/investments");
    let good = bought("AAPL", "1", "1", "2026-01-05");
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
    ] {
        let request = world.app.post(&list).bearer(&world.token);
        let refused = request.body(media_type, good.clone().into_bytes()).send();
        let refused = refused.await.expect(415);
        assert_eq!(refused.problem().code, "UNSUPPORTED_MEDIA_TYPE");
    }
    let large = with("note", &format!(r#""{}""#, "x".repeat(2 * 1024 * 1024)));
    let refused = world.try_record(&portfolio, &large).await.expect(413);
    assert_eq!(refused.problem().code, "PAYLOAD_TOO_LARGE");
    assert_untouched(&world, &portfolio, &etag).await;
}

#[tokio::test]
async fn the_first_and_the_last_day_on_earth_are_days_to_trade_on() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    for date in ["1900-01-01", "2026-03-10", "2026-03-11"] {
        let path = world
            .record(&portfolio, &bought("AAPL", "1", "1", date))
            .await;
        assert_eq!(world.read(&path).await.at("/purchase_date"), date);
    }
}

#[tokio::test]
async fn the_largest_purchases_can_be_recorded_and_summed() {
    let world = World::new().await;
    let portfolio = world.portfolio().await;
    let body = bought("AAPL", "9999999999999", "9999999999.99", "2026-01-05");
    for _ in 0..3 {
        world.record(&portfolio, &body).await;
    }
    let summary = world.read(&format!("{portfolio}/summary")).await;
    assert_eq!(summary.at("/cost_basis"), "299999999999670000000000.03");
    let holdings = world.read(&format!("{portfolio}/holdings")).await;
    assert_eq!(holdings.at("/items/0/quantity"), "29999999999997");
}

async fn assert_untouched(world: &World, portfolio: &str, etag: &str) {
    let list = world.read(&format!("{portfolio}/investments")).await;
    assert_eq!(list.count("/items"), 0);
    assert_eq!(world.etag(portfolio).await, etag);
}
