//! Items as schema 1 wrote them are still read, and still written the same.
//!
//! A fixture is one item's value. When a test here fails, the fixture is right and the code is
//! wrong: customers have items like it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Key, Record};

use crate::support::{World, signed_in};

const CUSTOMER: &str = "0195e6b0-0000-7000-8000-000000000001";
const SESSION: &str = "0195e6b0-0000-7000-8000-000000000002";
const PASSWORD: &str = "golden password";
/// The ids above and the secret whose digest `session.json` holds.
const REFRESH_TOKEN: &str =
    "AZXmsAAAcACAAAAAAAAAAQGV5rAAAHAAgAAAAAAAAAIAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw";

macro_rules! stored_as {
    ($($name:ident $kind:literal),+) => {$(
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        struct $name(Value);

        impl Record for $name {
            const KIND: &'static str = $kind;
        }
    )+};
}

stored_as!(Customer "customer", Credential "credential", Email "email", Session "session", Event "event");

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn of_customer(sort_key: &str) -> Key {
    Key::new(format!("CUST#{CUSTOMER}"), sort_key)
}

fn guard() -> Key {
    Key::new("EMAIL#ada@example.com", "UNIQUE")
}

async fn world_of_schema_1() -> World {
    let world = World::start().await;
    let customer = Customer(fixture(include_str!("golden/customer.json")));
    let credential = Credential(fixture(include_str!("golden/credential.json")));
    let email = Email(fixture(include_str!("golden/email.json")));
    let session = Session(fixture(include_str!("golden/session.json")));
    let write = world
        .table
        .write()
        .create(&of_customer("PROFILE"), &customer)
        .create(&of_customer("CREDENTIAL"), &credential)
        .create(&guard(), &email)
        .create(&of_customer(&format!("SESSION#{SESSION}")), &session)
        .expire_at("2026-04-01T00:00:00Z".parse().unwrap());
    write.commit().await.unwrap();
    world
}

#[tokio::test]
async fn a_customer_of_schema_1_signs_in_and_sees_their_profile() {
    let world = world_of_schema_1().await;
    let session = world.sign_in("Ada@example.com", PASSWORD).await.expect(201);
    let me = world.me(&session.at("/access_token")).await.expect(200);
    let expected = fixture(include_str!("golden/answer.json"));
    assert_eq!(fixture(&me.body), expected);
}

#[tokio::test]
async fn a_session_of_schema_1_is_refreshed() {
    let world = world_of_schema_1().await;
    let refreshed = signed_in(&world.refresh(REFRESH_TOKEN).await.expect(200));
    assert_eq!(refreshed.customer_id, CUSTOMER);
}

#[tokio::test]
async fn a_customer_of_schema_1_is_deleted_whole() {
    let world = world_of_schema_1().await;
    let session = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
    let delete = world.app.delete("/v1/customers/me");
    let _ = delete
        .bearer(&session.at("/access_token"))
        .send()
        .await
        .expect(204);
    assert_eq!(world.table.get::<Email>(&guard()).await.unwrap(), None);
    assert_eq!(
        world
            .table
            .get::<Credential>(&of_customer("CREDENTIAL"))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn what_is_written_today_has_the_shape_of_schema_1() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let partition = format!("CUST#{}", ada.customer_id);
    let claims: service_kit::identity::Claims =
        jsonwebtoken::dangerous::insecure_decode_claims(&ada.access_token).unwrap();
    let event = world.events(&ada.customer_id).await.remove(0);
    let get = |sort_key: String| Key::new(partition.clone(), sort_key);
    let table = &world.table;
    let customer = table
        .get::<Customer>(&get("PROFILE".into()))
        .await
        .unwrap()
        .unwrap();
    let credential = table
        .get::<Credential>(&get("CREDENTIAL".into()))
        .await
        .unwrap()
        .unwrap();
    let email = table.get::<Email>(&guard()).await.unwrap().unwrap();
    let session = table
        .get::<Session>(&get(format!("SESSION#{}", claims.sid)))
        .await
        .unwrap()
        .unwrap();
    let outbox = table.get::<Event>(&event.key()).await.unwrap().unwrap();
    assert!(session.expires_at.is_some());
    for (written, fixture_text) in [
        (customer.value.0, include_str!("golden/customer.json")),
        (credential.value.0, include_str!("golden/credential.json")),
        (email.value.0, include_str!("golden/email.json")),
        (session.value.0, include_str!("golden/session.json")),
        (outbox.value.0, include_str!("golden/event.json")),
    ] {
        assert_eq!(shape(&written), shape(&fixture(fixture_text)));
    }
}

/// The names of an item's fields and the types of their values.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, field)| (name.clone(), shape(field)))
            .collect(),
        Value::Array(_) => "a list".into(),
        Value::String(_) => "text".into(),
        Value::Number(_) => "a number".into(),
        Value::Bool(_) => "a flag".into(),
        Value::Null => "null".into(),
    }
}
