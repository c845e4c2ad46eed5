use std::os::unix::fs::PermissionsExt;

use customer_service::{CustomerConfig, CustomerService, SigningKeyError, StartError};

use crate::support::{World, config};

#[tokio::test]
async fn the_key_survives_a_restart_and_so_do_tokens() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let before = world
        .app
        .get("/.well-known/jwks.json")
        .send()
        .await
        .expect(200)
        .body;
    let world = world.restart_with(&config()).await;
    let after = world
        .app
        .get("/.well-known/jwks.json")
        .send()
        .await
        .expect(200)
        .body;
    assert_eq!(before, after);
    let _ = world.me(&ada.access_token).await.expect(200);
    let _ = world.refresh(&ada.refresh_token).await.expect(200);
}

#[tokio::test]
async fn a_key_that_others_can_read_stops_the_start() {
    let world = World::start().await;
    let path = world.data_dir.path().join("identity/signing-key.pem");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let started = CustomerService::try_new(
        &config(),
        world.table.clone(),
        world.data_dir.path(),
        world.clock.clone(),
    );
    let error = started.err().unwrap();
    assert!(matches!(
        error,
        StartError::SigningKey(SigningKeyError::Exposed { .. })
    ));
    assert!(error.to_string().contains("chmod 600"), "{error}");
}

#[tokio::test]
async fn the_published_key_is_public_and_nothing_more() {
    let world = World::start().await;
    let keys = world
        .app
        .get("/.well-known/jwks.json")
        .send()
        .await
        .expect(200);
    assert_eq!(keys.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(keys.count("/keys"), 1);
    for (member, value) in [
        ("kty", "OKP"),
        ("crv", "Ed25519"),
        ("alg", "EdDSA"),
        ("use", "sig"),
    ] {
        assert_eq!(keys.at(&format!("/keys/0/{member}")), value);
    }
    assert!(!keys.body.contains(r#""d""#), "{}", keys.body);
}

#[tokio::test]
async fn the_discovery_document_leads_to_the_keys() {
    let issuer = "https://folio.example/id/".to_owned();
    let world = World::start_with(&CustomerConfig {
        issuer: Some(issuer.clone()),
        ..config()
    })
    .await;
    let path = "/.well-known/openid-configuration";
    let document = world.app.get(path).send().await.expect(200);
    assert_eq!(document.at("/issuer"), issuer);
    assert_eq!(
        document.at("/jwks_uri"),
        "https://folio.example/id/.well-known/jwks.json"
    );
    assert_eq!(
        document.at("/id_token_signing_alg_values_supported/0"),
        "EdDSA"
    );
    for required in [
        "authorization_endpoint",
        "token_endpoint",
        "response_types_supported",
        "subject_types_supported",
    ] {
        assert!(!document.at(&format!("/{required}")).is_empty());
    }
}

#[test]
fn an_issuer_that_is_set_is_not_replaced_by_the_one_adopted() {
    let mut config = config();
    config.adopt_issuer("http://localhost:4711");
    assert_eq!(config.issuer(), "http://localhost:4711");
    config.adopt_issuer("http://localhost:8080");
    assert_eq!(config.issuer(), "http://localhost:4711");
}
