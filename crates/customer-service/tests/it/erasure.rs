use crate::support::{PASSWORD, World, registration, signed_in};
use store::{Key, Query, Record};

#[derive(serde::Serialize, serde::Deserialize)]
struct Anything {}

impl Record for Anything {
    const KIND: &'static str = "session";
}

#[tokio::test]
async fn a_deleted_customer_is_gone_and_the_address_can_register_again() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let delete = world
        .app
        .delete("/v1/customers/me")
        .bearer(&ada.access_token);
    let deleted = delete.send().await.expect(204);
    assert_eq!(deleted.body, "");

    let _ = world.me(&ada.access_token).await.expect(404);
    let refused = world.sign_in("ada@example.com", PASSWORD).await.expect(401);
    assert_eq!(refused.problem().code, "INVALID_CREDENTIALS");
    let _ = world.refresh(&ada.refresh_token).await.expect(401);

    let again = world.join("ada@example.com").await;
    assert_ne!(again.customer_id, ada.customer_id);
}

#[tokio::test]
async fn hundreds_of_sessions_go_with_their_customer() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    for _ in 0..250 {
        let _ = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
    }
    let query = Query::partition(format!("CUST#{}", ada.customer_id)).prefix("SESSION#");
    assert_eq!(
        world
            .table
            .query_all::<Anything>(&query)
            .await
            .unwrap()
            .len(),
        251
    );

    let delete = world
        .app
        .delete("/v1/customers/me")
        .bearer(&ada.access_token);
    let _ = delete.send().await.expect(204);
    assert!(
        world
            .table
            .query_all::<Anything>(&query)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_session_that_outlived_its_customer_cannot_be_refreshed() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    // As if a sign-in had been between checking the password and starting its session.
    let credential = Key::new(format!("CUST#{}", ada.customer_id), "CREDENTIAL");
    world
        .table
        .write()
        .remove(&credential)
        .commit()
        .await
        .unwrap();
    let refused = world.refresh(&ada.refresh_token).await.expect(401);
    assert_eq!(refused.problem().code, "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn deleting_twice_finds_nobody_the_second_time() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    for status in [204, 404] {
        let delete = world
            .app
            .delete("/v1/customers/me")
            .bearer(&ada.access_token);
        let _ = delete.send().await.expect(status);
    }
}

#[tokio::test]
async fn the_other_services_are_told_whom_to_erase_and_nothing_else() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let _ = world
        .patch_me(&ada.access_token, r#"{"phone":null}"#)
        .await
        .expect(200);
    let delete = world
        .app
        .delete("/v1/customers/me")
        .bearer(&ada.access_token);
    let _ = delete.send().await.expect(204);
    let events = world.events(&ada.customer_id).await;
    let deleted = events.last().unwrap();
    assert_eq!(
        (deleted.event_type.as_str(), deleted.aggregate_version),
        ("CustomerDeleted", 3)
    );
    assert_eq!(
        deleted.data,
        format!(r#"{{"customer_id":"{}"}}"#, ada.customer_id)
    );
}

#[tokio::test]
async fn one_customer_leaves_and_the_other_stays_signed_in() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let bob = world.join("bob@example.com").await;
    let delete = world
        .app
        .delete("/v1/customers/me")
        .bearer(&ada.access_token);
    let _ = delete.send().await.expect(204);
    let refreshed = signed_in(&world.refresh(&bob.refresh_token).await.expect(200));
    let _ = world.me(&refreshed.access_token).await.expect(200);
}

#[tokio::test]
async fn repeating_the_registration_of_a_deleted_customer_shows_nothing_of_them() {
    let world = World::start().await;
    let register = || {
        let request = world
            .app
            .post("/v1/customers")
            .header("idempotency-key", "once");
        request.json_text(registration("ada@example.com"))
    };
    let first = register().send().await.expect(201);
    let replayed = register().send().await.expect(201);
    assert_eq!(replayed.at("/customer_id"), first.at("/customer_id"));
    let session = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
    let delete = world
        .app
        .delete("/v1/customers/me")
        .bearer(&session.at("/access_token"));
    delete.send().await.expect(204);

    let again = register().send().await.expect(201);
    assert_ne!(again.at("/customer_id"), first.at("/customer_id"));
    assert_eq!(again.header("idempotency-replayed"), None);
}
