use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Key, Record};

use crate::support::{PASSWORD, World, refused_fields, registration};

#[tokio::test]
async fn a_new_customer_gets_a_profile_and_can_sign_in() {
    let world = World::start().await;
    let registered = world.register("Ada@Example.com").await.expect(201);
    let id = registered.at("/customer_id");
    assert_eq!(
        registered.header("location"),
        Some(&*format!("/v1/customers/{id}"))
    );
    assert_eq!(registered.header("etag"), Some("\"1\""));
    assert_eq!(registered.at("/email"), "Ada@Example.com");
    assert_eq!(registered.at("/address/city"), "London");
    assert_eq!(registered.at("/address/state"), "null");
    assert_eq!(registered.at("/created_at"), "2026-03-10T12:00:00Z");
    assert!(!registered.body.contains("password"), "{}", registered.body);

    let session = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
    let me = world.me(&session.at("/access_token")).await.expect(200);
    assert_eq!(me.body, registered.body);
}

#[tokio::test]
async fn only_names_email_and_password_are_needed() {
    let world = World::start().await;
    let body = format!(
        r#"{{"first_name":"Ada","last_name":"L","email":"a@b.co","password":"{PASSWORD}"}}"#
    );
    let registered = world.post("/v1/customers", body).await.expect(201);
    assert_eq!(registered.at("/phone"), "null");
    assert_eq!(registered.at("/address"), "null");
}

#[tokio::test]
async fn every_refused_field_is_named_at_once() {
    let world = World::start().await;
    let body = format!(
        r#"{{"first_name":"{}","last_name":"   ","email":"nobody","phone":"12","password":"short",
            "address":{{"street":7,"city":"London","nearby":true}},"role":"admin"}}"#,
        "x".repeat(10_000)
    );
    let refused = world.post("/v1/customers", body).await.expect(422);
    let expected = [
        ("/address/country", "REQUIRED"),
        ("/address/nearby", "UNKNOWN_FIELD"),
        ("/address/street", "WRONG_TYPE"),
        ("/email", "MALFORMED"),
        ("/first_name", "TOO_LONG"),
        ("/last_name", "EMPTY"),
        ("/password", "TOO_SHORT"),
        ("/phone", "MALFORMED"),
        ("/role", "UNKNOWN_FIELD"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(refused_fields(&refused), expected);
}

#[tokio::test]
async fn an_empty_object_is_told_all_that_is_required() {
    let world = World::start().await;
    let refused = world.post("/v1/customers", "{}").await.expect(422);
    let pointers: Vec<String> = refused_fields(&refused)
        .into_iter()
        .map(|(p, _)| p)
        .collect();
    assert_eq!(
        pointers,
        ["/email", "/first_name", "/last_name", "/password"]
    );
}

#[tokio::test]
async fn what_is_no_json_object_is_refused_before_anything_else() {
    let world = World::start().await;
    for body in [
        "",
        "[]",
        "{",
        "null",
        r#"{"email":"a@b.co","email":"c@d.co"}"#,
    ] {
        let refused = world.post("/v1/customers", body).await.expect(400);
        assert_eq!(refused.problem().code, "MALFORMED_JSON", "{body}");
    }
    let request = world.app.post("/v1/customers");
    let as_text = request.body("text/plain", registration("a@b.co").into());
    assert_eq!(
        as_text.send().await.expect(415).problem().code,
        "UNSUPPORTED_MEDIA_TYPE"
    );
}

#[tokio::test]
async fn names_of_any_script_are_kept_as_they_are() {
    let world = World::start().await;
    for (number, name) in [
        "José",
        "山田太郎",
        "Анна",
        "محمد",
        "O'Brien-Smith",
        "𝒜da 🦀",
    ]
    .iter()
    .enumerate()
    {
        let body = registration(&format!("a{number}@example.com")).replace("Ada", name);
        let registered = world.post("/v1/customers", body).await.expect(201);
        assert_eq!(registered.at("/first_name"), *name);
    }
}

#[tokio::test]
async fn an_address_is_taken_whatever_its_case() {
    let world = World::start().await;
    let _ = world.register("ada@example.com").await.expect(201);
    let refused = world.register("ADA@Example.COM").await.expect(409);
    assert_eq!(refused.problem().code, "EMAIL_TAKEN");
}

#[tokio::test]
async fn of_many_registrations_of_one_address_exactly_one_succeeds() {
    let world = World::start().await;
    let all = (0..8).map(|_| world.register("ada@example.com"));
    let answers = futures::future::join_all(all).await;
    let mut statuses: Vec<u16> = answers
        .iter()
        .map(|answer| answer.status.as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn a_repeated_registration_replays_the_first_answer() {
    let world = World::start().await;
    let send = || {
        let request = world
            .app
            .post("/v1/customers")
            .header("idempotency-key", "one");
        request.json_text(registration("ada@example.com")).send()
    };
    let first = send().await.expect(201);
    let again = send().await.expect(201);
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(
        (again.body, again.headers.get("location")),
        (first.body, first.headers.get("location"))
    );
}

#[tokio::test]
async fn a_key_sent_again_with_another_password_is_refused() {
    let world = World::start().await;
    let send = |body: String| {
        let request = world
            .app
            .post("/v1/customers")
            .header("idempotency-key", "one");
        request.json_text(body).send()
    };
    let body = registration("ada@example.com");
    let _ = send(body.clone()).await.expect(201);
    let refused = send(body.replace("staple", "stable")).await.expect(422);
    assert_eq!(refused.problem().code, "IDEMPOTENCY_KEY_REUSED");
}

/// A fast digest of a body with a password in it would be a fast way to the password.
#[tokio::test]
async fn what_is_kept_of_a_repeatable_request_is_no_fast_digest_of_it() {
    #[derive(Serialize, Deserialize)]
    struct Kept {
        request: String,
    }
    impl Record for Kept {
        const KIND: &'static str = "idempotency";
    }
    let world = World::start().await;
    let body = registration("ada@example.com");
    let request = world
        .app
        .post("/v1/customers")
        .header("idempotency-key", "one");
    let _ = request.json_text(body.clone()).send().await.expect(201);
    let key = Key::new("IDEM#register#ada@example.com", "one");
    let kept = world.table.get::<Kept>(&key).await.unwrap().unwrap().value;
    let fast = Sha256::digest(format!("POST /v1/customers\0{body}"));
    assert_ne!(kept.request, format!("{fast:x}"));
}

#[tokio::test]
async fn registering_tells_the_other_services_the_id_and_nothing_else() {
    let world = World::start().await;
    let id = world
        .register("ada@example.com")
        .await
        .expect(201)
        .at("/customer_id");
    let events = world.events(&id).await;
    let [event] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(event.event_type, "CustomerRegistered");
    assert_eq!(
        (event.aggregate_id.as_str(), event.aggregate_version),
        (id.as_str(), 1)
    );
    assert_eq!(event.data, format!(r#"{{"customer_id":"{id}"}}"#));
}
