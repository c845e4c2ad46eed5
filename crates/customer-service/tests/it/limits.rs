use customer_service::{CustomerConfig, LimitConfig, RateLimit};
use jiff::SignedDuration;

use crate::support::{PASSWORD, World, config, registration};

fn limited(change: impl FnOnce(&mut LimitConfig)) -> CustomerConfig {
    let mut config = config();
    change(&mut config.limits);
    config
}

#[tokio::test]
async fn guessing_at_one_address_is_slowed_down() {
    let config = limited(|limits| limits.sign_in_per_email = RateLimit::new(3, 2));
    let world = World::start_with(&config).await;
    let _ = world.register("ada@example.com").await.expect(201);
    let _ = world.register("bob@example.com").await.expect(201);
    for email in ["ada@example.com", "ADA@example.com", " ada@EXAMPLE.com "] {
        let _ = world.sign_in(email, "a wrong guess").await.expect(401);
    }
    let refused = world.sign_in("ada@example.com", PASSWORD).await.expect(429);
    assert_eq!(refused.problem().code, "RATE_LIMITED");
    assert_eq!(refused.header("retry-after"), Some("30"));
    let _ = world.sign_in("bob@example.com", PASSWORD).await.expect(201);

    world.clock.advance(SignedDuration::from_secs(30));
    let _ = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn the_limit_does_not_tell_whether_there_is_an_account() {
    let config = limited(|limits| limits.sign_in_per_email = RateLimit::new(2, 1));
    let world = World::start_with(&config).await;
    let _ = world.register("ada@example.com").await.expect(201);
    let mut seen = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        let mut answers = Vec::new();
        for _ in 0..4 {
            let answer = world.sign_in(email, "a wrong guess").await;
            answers.push((
                answer.status,
                answer.header("retry-after").map(str::to_owned),
            ));
        }
        seen.push(answers);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0][2].0, 429);
}

#[tokio::test]
async fn one_client_cannot_try_address_after_address() {
    let config = limited(|limits| limits.sign_in_per_address = RateLimit::new(2, 1));
    let world = World::start_with(&config).await;
    let _ = world.sign_in("a@example.com", PASSWORD).await.expect(401);
    let _ = world.sign_in("b@example.com", PASSWORD).await.expect(401);
    let refused = world.sign_in("c@example.com", PASSWORD).await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("60"));
}

#[tokio::test]
async fn one_client_cannot_register_without_end() {
    let config = limited(|limits| limits.registration_per_address = RateLimit::new(2, 1));
    let world = World::start_with(&config).await;
    let _ = world.register("a@example.com").await.expect(201);
    // A mistake is not an attempt.
    let _ = world.post("/v1/customers", "{}").await.expect(422);
    let _ = world.register("b@example.com").await.expect(201);
    let refused = world.register("c@example.com").await.expect(429);
    assert_eq!(refused.header("retry-after"), Some("60"));
}

#[tokio::test]
async fn behind_a_proxy_each_client_has_its_own_limit() {
    let mut config = limited(|limits| limits.registration_per_address = RateLimit::new(1, 1));
    config.trusted_proxies = 1;
    let world = World::start_with(&config).await;
    let from = |client: &'static str, email: &'static str| {
        let request = world
            .app
            .post("/v1/customers")
            .header("x-forwarded-for", client);
        request.json_text(registration(email)).send()
    };
    let _ = from("203.0.113.7", "a@example.com").await.expect(201);
    let _ = from("6.6.6.6, 203.0.113.7", "b@example.com")
        .await
        .expect(429);
    let _ = from("203.0.113.8", "c@example.com").await.expect(201);
}

#[tokio::test]
async fn without_a_proxy_of_ours_nobody_can_pose_as_another_client() {
    let config = limited(|limits| limits.registration_per_address = RateLimit::new(1, 1));
    let world = World::start_with(&config).await;
    for (client, email, status) in [
        ("203.0.113.7", "a@example.com", 201),
        ("203.0.113.8", "b@example.com", 429),
    ] {
        let request = world
            .app
            .post("/v1/customers")
            .header("x-forwarded-for", client);
        let _ = request
            .json_text(registration(email))
            .send()
            .await
            .expect(status);
    }
}
