use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::FromRef;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{CustomerId, SessionId};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey, KeypairBytes};
use jiff::SignedDuration;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use service_kit::identity::{Claims, JWKS_PATH};
use service_kit::testing::{TestApp, TestResponse};
use service_kit::{Caller, CallerWithToken, Clock, TokenVerifier, transport};

const ISSUER: &str = "http://issuer.test";

#[derive(Clone)]
struct Service(TokenVerifier);

impl FromRef<Service> for TokenVerifier {
    fn from_ref(service: &Service) -> Self {
        service.0.clone()
    }
}

async fn who(caller: Caller) -> String {
    caller.customer_id.to_string()
}

async fn whether_anybody(caller: Option<Caller>) -> String {
    caller.map_or_else(
        || "nobody".to_owned(),
        |caller| caller.customer_id.to_string(),
    )
}

async fn with_token(CallerWithToken { caller, token }: CallerWithToken) -> String {
    assert_eq!(format!("{token:?}"), "AccessToken(hidden)");
    format!("{} {}", caller.customer_id, token.reveal())
}

/// What the issuer's key set answers now: a body, or nothing but an error.
#[derive(Clone, Default)]
struct Published {
    set: Arc<Mutex<Option<String>>>,
    hangs: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Published {
    fn publish(&self, keys: &[&TestKey]) {
        let keys = keys.iter().map(|key| key.jwk.clone()).collect();
        let set = serde_json::to_string(&JwkSet { keys }).unwrap();
        *self.set.lock().unwrap() = Some(set);
    }

    fn fail(&self) {
        *self.set.lock().unwrap() = None;
    }

    fn hang(&self) {
        self.hangs.store(true, Ordering::SeqCst);
    }

    fn times_asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn routes(&self) -> Router {
        let published = self.clone();
        let answer = move || async move {
            published.asked.fetch_add(1, Ordering::SeqCst);
            if published.hangs.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            let set = published.set.lock().unwrap().clone();
            set.ok_or(StatusCode::INTERNAL_SERVER_ERROR)
        };
        Router::new().route(JWKS_PATH, get(answer))
    }
}

struct TestKey {
    seed: [u8; 32],
    encoding: EncodingKey,
    jwk: Jwk,
}

impl TestKey {
    fn new(number: u8, kid: &str) -> Self {
        let seed = [number; 32];
        let pair = KeypairBytes {
            secret_key: seed,
            public_key: None,
        };
        let encoding = EncodingKey::from_ed_der(pair.to_pkcs8_der().unwrap().as_bytes());
        let mut jwk = Jwk::from_encoding_key(&encoding, Algorithm::EdDSA).unwrap();
        jwk.common.key_id = Some(kid.to_owned());
        Self {
            seed,
            encoding,
            jwk,
        }
    }

    fn public_bytes(&self) -> [u8; 32] {
        SigningKey::from_bytes(&self.seed)
            .verifying_key()
            .to_bytes()
    }

    fn kid(&self) -> &str {
        self.jwk.common.key_id.as_deref().unwrap()
    }

    fn sign(&self, claims: &Claims) -> String {
        let header = header(Algorithm::EdDSA, self.kid());
        jsonwebtoken::encode(&header, claims, &self.encoding).unwrap()
    }
}

fn header(algorithm: Algorithm, kid: &str) -> Header {
    Header {
        kid: Some(kid.to_owned()),
        ..Header::new(algorithm)
    }
}

struct World {
    app: TestApp,
    clock: Clock,
    published: Published,
    key: TestKey,
}

impl World {
    async fn start() -> Self {
        let clock = Clock::manual("2026-03-10T21:00:00Z".parse().unwrap());
        let published = Published::default();
        let key = TestKey::new(7, "first");
        published.publish(&[&key]);
        let keys = transport::in_process(published.routes());
        let verifier = TokenVerifier::new(ISSUER, "folio", keys, clock.clone());
        let routes = Router::new()
            .route("/who", get(who))
            .route("/whether", get(whether_anybody))
            .route("/with-token", get(with_token));
        Self {
            app: TestApp::start(routes.with_state(Service(verifier))).await,
            clock,
            published,
            key,
        }
    }

    /// Claims that are good for an hour.
    fn claims(&self) -> Claims {
        let now = self.clock.now().as_second();
        Claims {
            iss: ISSUER.to_owned(),
            aud: "folio".to_owned(),
            sub: CustomerId::from_uuid(self.clock.new_id()),
            sid: SessionId::from_uuid(self.clock.new_id()),
            iat: now,
            exp: now + 3600,
        }
    }

    async fn ask(&self, token: &str) -> TestResponse {
        self.app.get("/who").bearer(token).send().await
    }
}

fn assert_refused(response: &TestResponse, code: &str, case: &str) {
    assert_eq!(response.status.as_u16(), 401, "{case}: {}", response.body);
    assert_eq!(response.problem().code, code, "{case}");
    let challenge = response.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("Bearer"), "{case}: {challenge}");
}

#[tokio::test]
async fn a_good_token_says_who_calls() {
    let world = World::start().await;
    let claims = world.claims();
    let token = world.key.sign(&claims);
    for _ in 0..2 {
        let answered = world.ask(&token).await.expect(200);
        assert_eq!(answered.body, claims.sub.to_string());
    }
    let spelled = world
        .app
        .get("/who")
        .header("authorization", &format!("bEARER  {token}"));
    spelled.send().await.expect(200);
}

#[tokio::test]
async fn where_a_token_is_optional_none_is_nobody_and_a_bad_one_is_refused() {
    let world = World::start().await;
    let nobody = world.app.get("/whether").send().await.expect(200);
    assert_eq!(nobody.body, "nobody");
    let token = world.key.sign(&world.claims());
    let somebody = world.app.get("/whether").bearer(&token).send().await;
    assert_eq!(somebody.expect(200).body, world.ask(&token).await.body);
    for (value, code) in [
        ("Basic YWRhOnB3", "TOKEN_MISSING"),
        ("", "TOKEN_MISSING"),
        ("Bearer x", "TOKEN_INVALID"),
    ] {
        let request = world.app.get("/whether").header("authorization", value);
        assert_refused(&request.send().await, code, value);
    }
}

#[tokio::test]
async fn a_good_token_can_be_passed_on_and_does_not_show_itself() {
    let world = World::start().await;
    let token = world.key.sign(&world.claims());
    let customer = world.ask(&token).await.body;
    let passed = world.app.get("/with-token").bearer(&token).send().await;
    assert_eq!(passed.expect(200).body, format!("{customer} {token}"));
    let bad = world.app.get("/with-token").bearer("x").send().await;
    assert_refused(&bad, "TOKEN_INVALID", "x");
}

#[tokio::test]
async fn without_a_bearer_token_nobody_calls() {
    let world = World::start().await;
    let missing = world.app.get("/who").send().await;
    assert_refused(&missing, "TOKEN_MISSING", "none");
    let token = world.key.sign(&world.claims());
    for value in [
        "Basic YWRhOnB3",
        "Bearer",
        &token,
        &format!("Token {token}"),
    ] {
        let request = world.app.get("/who").header("authorization", value);
        assert_refused(&request.send().await, "TOKEN_MISSING", value);
    }
    let empty = world.app.get("/who").header("authorization", "Bearer x");
    assert_refused(&empty.send().await, "TOKEN_INVALID", "no token at all");
}

#[tokio::test]
async fn a_token_is_good_until_its_hour_is_over_seen_before_or_not() {
    let world = World::start().await;
    let (seen, unseen) = (
        world.key.sign(&world.claims()),
        world.key.sign(&world.claims()),
    );
    world.ask(&seen).await.expect(200);
    world.clock.advance(SignedDuration::from_secs(3599));
    world.ask(&seen).await.expect(200);
    world.clock.advance(SignedDuration::from_secs(1));
    for token in [&seen, &unseen, &seen] {
        assert_refused(&world.ask(token).await, "TOKEN_EXPIRED", "after an hour");
    }
}

#[tokio::test]
async fn a_token_that_is_not_the_issuers_word_is_refused() {
    let world = World::start().await;
    let claims = world.claims();
    let good = world.key.sign(&claims);
    let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts")
    };
    let encoded = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let none = encoded(r#"{"alg":"none","typ":"JWT","kid":"first"}"#);
    let hmac = header(Algorithm::HS256, "first");
    let public = EncodingKey::from_secret(&world.key.public_bytes());
    let with_public_key = jsonwebtoken::encode(&hmac, &claims, &public).unwrap();
    let in_base64 =
        EncodingKey::from_secret(URL_SAFE_NO_PAD.encode(world.key.public_bytes()).as_bytes());
    let other_key = TestKey::new(8, "first");
    let no_kid = Header::new(Algorithm::EdDSA);
    let no_kid = jsonwebtoken::encode(&no_kid, &claims, &world.key.encoding).unwrap();
    let elevated = body.replace(body.split_at(8).0, "eyJpc3Mi");
    let claimed = |change: fn(&mut Claims)| {
        let mut claims = claims.clone();
        change(&mut claims);
        world.key.sign(&claims)
    };
    for (case, token) in [
        ("alg none, unsigned", format!("{none}.{body}.")),
        ("alg none, signed", format!("{none}.{body}.{signature}")),
        ("HS256 with the public key", with_public_key),
        (
            "HS256 with the public key as text",
            jsonwebtoken::encode(&hmac, &claims, &in_base64).unwrap(),
        ),
        (
            "another issuer",
            claimed(|c| c.iss = "http://evil.test".into()),
        ),
        ("another audience", claimed(|c| c.aud = "other".into())),
        ("another key under the same name", other_key.sign(&claims)),
        (
            "a key nobody knows",
            TestKey::new(8, "unknown").sign(&claims),
        ),
        ("no key named", no_kid),
        (
            "the signature of another token",
            format!("{head}.{elevated}x.{signature}"),
        ),
        ("no signature", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("four parts", format!("{good}.x")),
        ("ten kilobytes", "x".repeat(10 * 1024)),
        (
            "ten kilobytes behind a good token",
            format!("{good}{}", "A".repeat(10 * 1024)),
        ),
        ("rubbish", "a.b.c".to_owned()),
    ] {
        assert_refused(&world.ask(&token).await, "TOKEN_INVALID", case);
    }
    world.ask(&good).await.expect(200);
}

#[tokio::test]
async fn a_token_without_a_subject_or_an_expiry_is_refused() {
    let world = World::start().await;
    let claims = world.claims();
    let (sub, sid) = (claims.sub, claims.sid);
    for body in [
        format!(r#"{{"iss":"{ISSUER}","aud":"folio","sub":"{sub}","sid":"{sid}","iat":0}}"#),
        format!(r#"{{"iss":"{ISSUER}","aud":"folio","sid":"{sid}","iat":0,"exp":9999999999}}"#),
        format!(
            r#"{{"iss":"{ISSUER}","aud":"folio","sub":"me","sid":"{sid}","iat":0,"exp":9999999999}}"#
        ),
        format!(r#"{{"iss":"{ISSUER}","sub":"{sub}","sid":"{sid}","iat":0,"exp":9999999999}}"#),
        format!(r#"{{"iss":"{ISSUER}","aud":"folio","sub":"{sub}","iat":0,"exp":9999999999}}"#),
    ] {
        let claims: serde_json::Value = serde_json::from_str(&body).unwrap();
        let header = header(Algorithm::EdDSA, "first");
        let token = jsonwebtoken::encode(&header, &claims, &world.key.encoding).unwrap();
        assert_refused(&world.ask(&token).await, "TOKEN_INVALID", &body);
    }
}

#[tokio::test]
async fn while_the_issuers_keys_cannot_be_had_nobody_is_told_to_sign_in_again() {
    let world = World::start().await;
    world.published.fail();
    let token = world.key.sign(&world.claims());
    let refused = world.ask(&token).await.expect(503);
    assert_eq!(refused.problem().code, "UNAVAILABLE");
    assert!(refused.header("retry-after").is_some());
    world.published.publish(&[&world.key]);
    world.clock.advance(SignedDuration::from_secs(2));
    world.ask(&token).await.expect(200);
}

#[tokio::test]
async fn keys_once_had_outlast_an_issuer_that_fails() {
    let world = World::start().await;
    world
        .ask(&world.key.sign(&world.claims()))
        .await
        .expect(200);
    world.published.fail();
    world.clock.advance(SignedDuration::from_hours(2));
    world
        .ask(&world.key.sign(&world.claims()))
        .await
        .expect(200);
}

#[tokio::test]
async fn a_known_key_is_good_while_the_issuer_hangs() {
    let world = World::start().await;
    let token = || world.key.sign(&world.claims());
    world.ask(&token()).await.expect(200);
    world.published.hang();
    world.clock.advance(SignedDuration::from_hours(2));
    let unknown = TestKey::new(9, "unknown").sign(&world.claims());
    let waiting = world.ask(&unknown);
    let answered = async {
        for _ in 0..3 {
            world.ask(&token()).await.expect(200);
        }
    };
    tokio::select! {
        biased;
        _ = waiting => panic!("nothing was there to wait for"),
        () = answered => {}
    }
    assert!(world.published.times_asked() <= 2, "one question at a time");
}

#[tokio::test]
async fn an_issuer_that_fails_is_left_alone_for_a_while() {
    let world = World::start().await;
    world
        .ask(&world.key.sign(&world.claims()))
        .await
        .expect(200);
    world.published.fail();
    world.clock.advance(SignedDuration::from_secs(10));
    let unknown = TestKey::new(9, "unknown").sign(&world.claims());
    for _ in 0..3 {
        assert_refused(&world.ask(&unknown).await, "TOKEN_INVALID", "unknown");
    }
    assert_eq!(world.published.times_asked(), 2);
}

#[tokio::test]
async fn a_new_key_is_taken_once_it_is_published_and_a_withdrawn_one_within_the_hour() {
    let world = World::start().await;
    world
        .ask(&world.key.sign(&world.claims()))
        .await
        .expect(200);
    let second = TestKey::new(9, "second");
    world.published.publish(&[&second]);
    world.clock.advance(SignedDuration::from_secs(11));
    world.ask(&second.sign(&world.claims())).await.expect(200);
    let withdrawn = world.ask(&world.key.sign(&world.claims())).await;
    assert_refused(&withdrawn, "TOKEN_INVALID", "withdrawn");
}

#[tokio::test]
async fn tokens_with_unknown_keys_do_not_make_the_service_pester_the_issuer() {
    let world = World::start().await;
    world
        .ask(&world.key.sign(&world.claims()))
        .await
        .expect(200);
    let second = TestKey::new(9, "second");
    world.published.publish(&[&world.key, &second]);
    let token = second.sign(&world.claims());
    let early = world.ask(&token).await;
    assert_refused(
        &early,
        "TOKEN_INVALID",
        "within ten seconds of the last question",
    );
    world.clock.advance(SignedDuration::from_secs(10));
    world.ask(&token).await.expect(200);
}
