use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use service_kit::identity::Claims;

use crate::support::{SignedIn, World};

/// What a forger who has read a token knows, and with the service's key what it can sign.
struct Forge {
    header: Header,
    claims: Claims,
    key: EncodingKey,
    public_key: Vec<u8>,
}

impl Forge {
    async fn new(world: &World, signed_in: &SignedIn) -> Self {
        let header = jsonwebtoken::decode_header(&signed_in.access_token).unwrap();
        let claims =
            jsonwebtoken::dangerous::insecure_decode_claims(&signed_in.access_token).unwrap();
        let pem = std::fs::read(world.data_dir.path().join("identity/signing-key.pem")).unwrap();
        let keys = world
            .app
            .get("/.well-known/jwks.json")
            .send()
            .await
            .expect(200);
        Self {
            header,
            claims,
            key: EncodingKey::from_ed_pem(&pem).unwrap(),
            public_key: URL_SAFE_NO_PAD.decode(keys.at("/keys/0/x")).unwrap(),
        }
    }

    fn sign(&self) -> String {
        jsonwebtoken::encode(&self.header, &self.claims, &self.key).unwrap()
    }
}

async fn assert_refused(world: &World, token: &str, code: &str) {
    let refused = world.me(token).await.expect(401);
    assert_eq!(refused.problem().code, code, "{token}");
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer"), "{challenge}");
}

#[tokio::test]
async fn a_token_says_who_issued_it_for_whom_and_until_when() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let Forge { header, claims, .. } = Forge::new(&world, &ada).await;
    let keys = world
        .app
        .get("/.well-known/jwks.json")
        .send()
        .await
        .expect(200);
    assert_eq!(
        (header.alg, header.kid),
        (Algorithm::EdDSA, Some(keys.at("/keys/0/kid")))
    );
    assert_eq!(
        (claims.iss.as_str(), claims.aud.as_str()),
        ("http://localhost:8080", "folio")
    );
    assert_eq!(claims.sub.to_string(), ada.customer_id);
    assert_eq!(claims.exp - claims.iat, 900);
}

#[tokio::test]
async fn a_token_is_good_until_the_second_it_expires() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    world.clock.advance(SignedDuration::from_secs(899));
    let _ = world.me(&ada.access_token).await.expect(200);
    world.clock.advance(SignedDuration::from_secs(1));
    assert_refused(&world, &ada.access_token, "TOKEN_EXPIRED").await;
}

#[tokio::test]
async fn a_token_the_service_signed_otherwise_is_refused_when_it_is_not_for_us() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let mut forge = Forge::new(&world, &ada).await;
    // The same forge makes good tokens, so what follows is refused for its own reason.
    let _ = world.me(&forge.sign()).await.expect(200);

    forge.claims.aud = "elsewhere".to_owned();
    assert_refused(&world, &forge.sign(), "TOKEN_INVALID").await;
    forge.claims.aud = "folio".to_owned();
    forge.claims.iss = "https://issuer.example".to_owned();
    assert_refused(&world, &forge.sign(), "TOKEN_INVALID").await;
    forge.claims.iss = "http://localhost:8080".to_owned();
    forge.claims.exp = forge.claims.iat - 1;
    assert_refused(&world, &forge.sign(), "TOKEN_EXPIRED").await;
}

#[tokio::test]
async fn a_token_with_an_unknown_or_no_key_id_is_refused() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let mut forge = Forge::new(&world, &ada).await;
    forge.header.kid = Some("another".to_owned());
    assert_refused(&world, &forge.sign(), "TOKEN_INVALID").await;
    forge.header.kid = None;
    assert_refused(&world, &forge.sign(), "TOKEN_INVALID").await;
}

#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let mut forge = Forge::new(&world, &ada).await;
    forge.header.alg = Algorithm::HS256;
    forge.key = EncodingKey::from_secret(&forge.public_key);
    assert_refused(&world, &forge.sign(), "TOKEN_INVALID").await;
}

#[tokio::test]
async fn a_token_that_claims_to_need_no_signature_is_refused() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let kid = Forge::new(&world, &ada).await.header.kid.unwrap();
    let claims = ada.access_token.split('.').nth(1).unwrap();
    for alg in ["none", "None", "NONE"] {
        let header = format!(r#"{{"alg":"{alg}","typ":"JWT","kid":"{kid}"}}"#);
        let header = URL_SAFE_NO_PAD.encode(header);
        assert_refused(&world, &format!("{header}.{claims}."), "TOKEN_INVALID").await;
    }
}

#[tokio::test]
async fn a_token_changed_anywhere_is_refused() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let bob = world.join("bob@example.com").await;
    let [ada_parts, bob_parts] =
        [&ada, &bob].map(|who| who.access_token.split('.').collect::<Vec<_>>());
    let with_bobs_claims = [ada_parts[0], bob_parts[1], ada_parts[2]].join(".");
    let without_signature = [ada_parts[0], ada_parts[1], ""].join(".");
    for token in [
        with_bobs_claims.as_str(),
        &without_signature,
        "garbage",
        "a.b.c",
        "..",
        &"x".repeat(5000),
    ] {
        assert_refused(&world, token, "TOKEN_INVALID").await;
    }
    let other_world = World::start().await;
    assert_refused(&other_world, &ada.access_token, "TOKEN_INVALID").await;
}

#[tokio::test]
async fn every_route_about_a_customer_needs_a_token() {
    let world = World::start().await;
    for request in [
        world.app.get("/v1/customers/me"),
        world.app.patch("/v1/customers/me").json_text("{}"),
        world.app.delete("/v1/customers/me"),
        world.app.delete("/v1/sessions/current"),
        world
            .app
            .get("/v1/customers/me")
            .header("authorization", "Basic YWRhOmFkYQ=="),
    ] {
        let refused = request.send().await.expect(401);
        assert_eq!(refused.problem().code, "TOKEN_MISSING");
        assert!(refused.header("www-authenticate").is_some());
    }
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    assert_refused(&world, &ada.refresh_token, "TOKEN_INVALID").await;
}
