use std::io;
use std::num::NonZeroU16;
use std::sync::{Arc, Mutex};

use customer_service::PasswordConfig;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use store::{Key, Record};

use crate::support::{PASSWORD, World, config, refused_fields, signed_in};

#[tokio::test]
async fn signing_in_gives_tokens_that_no_cache_keeps() {
    let world = World::start().await;
    let id = world
        .register("ada@example.com")
        .await
        .expect(201)
        .at("/customer_id");
    let session = world.sign_in("ADA@example.com", PASSWORD).await.expect(201);
    assert_eq!(session.at("/token_type"), "Bearer");
    assert_eq!(session.at("/expires_in"), "900");
    assert_eq!(session.at("/customer_id"), id);
    assert_eq!(session.header("cache-control"), Some("no-store"));
    assert_eq!(session.header("location"), Some("/v1/sessions/current"));
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let world = World::start().await;
    let _ = world.register("ada@example.com").await.expect(201);
    let mut answers = Vec::new();
    for (email, password) in [
        ("ada@example.com", "wrong horse battery staple"),
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("", PASSWORD),
        ("ada@example.com", ""),
    ] {
        let refused = world.sign_in(email, password).await.expect(401);
        assert!(refused.header("www-authenticate").is_some());
        let mut problem = refused.problem();
        assert_eq!(problem.code, "INVALID_CREDENTIALS");
        problem.request_id = None;
        answers.push(problem);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
}

/// With room for one password check, and checks that take long, the second of two sign-ins at
/// once is turned away.
#[tokio::test]
async fn an_unknown_address_costs_a_password_check_too() {
    let one_at_a_time = PasswordConfig {
        memory_kib: 19 * 1024,
        iterations: 10,
        concurrent: NonZeroU16::MIN,
        waiting: 0,
        ..config().password
    };
    let world = World::start_with(&customer_service::CustomerConfig {
        password: one_at_a_time,
        ..config()
    })
    .await;
    let _ = world.register("ada@example.com").await.expect(201);
    for email in ["ada@example.com", "nobody@example.com", "no address"] {
        let (one, other) = tokio::join!(
            world.sign_in(email, PASSWORD),
            world.sign_in(email, PASSWORD)
        );
        let refused = if one.status == 503 { one } else { other }.expect(503);
        assert_eq!(refused.header("retry-after"), Some("1"), "{email}");
    }
}

#[tokio::test]
async fn credentials_of_the_wrong_shape_are_named() {
    let world = World::start().await;
    let body = format!(
        r#"{{"email":7,"password":"{}","otp":"1"}}"#,
        "x".repeat(257)
    );
    let refused = world.post("/v1/sessions", body).await.expect(422);
    let expected = [
        ("/email", "WRONG_TYPE"),
        ("/otp", "UNKNOWN_FIELD"),
        ("/password", "TOO_LONG"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(refused_fields(&refused), expected);
}

#[tokio::test]
async fn a_password_typed_on_another_keyboard_is_the_same() {
    let world = World::start().await;
    let body =
        crate::support::registration("ada@example.com").replace(PASSWORD, "Jose\u{301} 12345");
    let _ = world.post("/v1/customers", body).await.expect(201);
    let _ = world
        .sign_in("ada@example.com", "Jos\u{e9} 12345")
        .await
        .expect(201);
}

#[tokio::test]
async fn a_password_is_rehashed_when_hashing_has_become_dearer() {
    #[derive(Serialize, Deserialize)]
    struct Stored {
        password_hash: String,
    }
    impl Record for Stored {
        const KIND: &'static str = "credential";
    }
    let world = World::start().await;
    let id = world
        .register("ada@example.com")
        .await
        .expect(201)
        .at("/customer_id");
    let dearer = customer_service::CustomerConfig {
        password: PasswordConfig {
            memory_kib: 64,
            iterations: 2,
            ..config().password
        },
        ..config()
    };
    let world = world.restart_with(&dearer).await;
    let _ = world
        .sign_in("ada@example.com", "wrong password")
        .await
        .expect(401);
    let _ = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
    let key = Key::new(format!("CUST#{id}"), "CREDENTIAL");
    let stored = world
        .table
        .get::<Stored>(&key)
        .await
        .unwrap()
        .unwrap()
        .value;
    assert!(
        stored.password_hash.contains("$m=64,t=2,p=1$"),
        "{}",
        stored.password_hash
    );
    let _ = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn refreshing_gives_a_new_pair_of_the_same_session() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    world.clock.advance(SignedDuration::from_mins(20));
    let _ = world.me(&ada.access_token).await.expect(401);
    let refreshed = world.refresh(&ada.refresh_token).await.expect(200);
    assert_eq!(refreshed.header("cache-control"), Some("no-store"));
    let refreshed = signed_in(&refreshed);
    assert_ne!(refreshed.refresh_token, ada.refresh_token);
    assert_eq!(refreshed.customer_id, ada.customer_id);
    let _ = world.me(&refreshed.access_token).await.expect(200);
    let _ = world.refresh(&refreshed.refresh_token).await.expect(200);
}

#[tokio::test]
async fn using_a_refresh_token_twice_ends_the_session() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let other = signed_in(&world.sign_in("ada@example.com", PASSWORD).await.expect(201));
    let thief = signed_in(&world.refresh(&ada.refresh_token).await.expect(200));
    let refused = world.refresh(&ada.refresh_token).await.expect(401);
    assert_eq!(refused.problem().code, "REFRESH_TOKEN_REUSED");
    let _ = world.refresh(&thief.refresh_token).await.expect(401);
    // Another sign-in of the same customer is another session.
    let _ = world.refresh(&other.refresh_token).await.expect(200);
}

#[tokio::test]
async fn of_concurrent_refreshes_with_one_token_exactly_one_succeeds() {
    let world = World::start().await;
    let _ = world.register("ada@example.com").await.expect(201);
    for _ in 0..10 {
        let ada = signed_in(&world.sign_in("ada@example.com", PASSWORD).await.expect(201));
        let both = (0..4).map(|_| world.refresh(&ada.refresh_token));
        let answers = futures::future::join_all(both).await;
        let mut statuses: Vec<u16> = answers
            .iter()
            .map(|answer| answer.status.as_u16())
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401, 401]);
        let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
        let _ = world
            .refresh(&signed_in(winner).refresh_token)
            .await
            .expect(401);
    }
}

#[tokio::test]
async fn a_session_ends_when_it_was_not_refreshed_for_thirty_days() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let in_days = |days: i64| SignedDuration::from_hours(24 * days);
    world.clock.advance(in_days(29));
    let refreshed = signed_in(&world.refresh(&ada.refresh_token).await.expect(200));
    world.clock.advance(in_days(29));
    let refreshed = signed_in(&world.refresh(&refreshed.refresh_token).await.expect(200));
    world.clock.advance(in_days(30));
    let refused = world.refresh(&refreshed.refresh_token).await.expect(401);
    assert_eq!(refused.problem().code, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let other = world.join("bob@example.com").await;
    let unknown = format!("{}{}", &ada.refresh_token[..21], &other.refresh_token[21..]);
    for token in [
        "",
        "garbage",
        &ada.access_token[..40],
        &"A".repeat(1024),
        &unknown,
    ] {
        let refused = world.refresh(token).await.expect(401);
        assert_eq!(refused.problem().code, "REFRESH_TOKEN_INVALID", "{token}");
    }
    let _ = world.refresh(&"A".repeat(1025)).await.expect(422);
    let _ = world.post("/v1/sessions/refresh", "{}").await.expect(422);
    let _ = world.refresh(&ada.refresh_token).await.expect(200);
}

#[tokio::test]
async fn after_signing_out_the_refresh_token_is_no_longer_good() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    for _ in 0..2 {
        let request = world.app.delete("/v1/sessions/current");
        let _ = request.bearer(&ada.access_token).send().await.expect(204);
    }
    let _ = world.refresh(&ada.refresh_token).await.expect(401);
    let _ = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn our_most_talkative_log_tells_no_secret() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        // The SDK below shows whole items at this level; what we ourselves say must not.
        .with_env_filter("customer_service=trace,service_kit=trace,store=trace,axum=trace")
        .with_writer(move || writer.clone())
        .finish();
    let _log = tracing::subscriber::set_default(subscriber);

    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let refreshed = signed_in(&world.refresh(&ada.refresh_token).await.expect(200));
    let _ = world.refresh(&ada.refresh_token).await.expect(401);
    let _ = world
        .sign_in("ada@example.com", "wrong secret")
        .await
        .expect(401);
    let _ = world
        .patch_me(&refreshed.access_token, r#"{"phone":null}"#)
        .await
        .expect(200);

    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a refresh token was used twice"), "{log}");
    for secret in [
        PASSWORD,
        "wrong secret",
        &ada.refresh_token,
        &refreshed.refresh_token,
        &refreshed.access_token,
        "$argon2id$",
    ] {
        assert!(!log.contains(secret), "{log}");
    }
}
