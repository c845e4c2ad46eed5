use crate::support::{PASSWORD, World, refused_fields};

#[tokio::test]
async fn me_and_my_id_are_the_same_customer() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let path = format!("/v1/customers/{}", ada.customer_id);
    let by_id = world
        .app
        .get(&path)
        .bearer(&ada.access_token)
        .send()
        .await
        .expect(200);
    assert_eq!(
        by_id.body,
        world.me(&ada.access_token).await.expect(200).body
    );
}

#[tokio::test]
async fn somebody_elses_id_is_not_found_like_one_nobody_has() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let bob = world.join("bob@example.com").await;
    for id in [
        bob.customer_id.as_str(),
        "0199aaaa-0000-7000-8000-000000000000",
        "garbage",
        "%FF",
    ] {
        let path = format!("/v1/customers/{id}");
        for request in [
            world.app.get(&path),
            world.app.delete(&path),
            world.app.patch(&path).json_text(r#"{"first_name":"Eve"}"#),
        ] {
            let refused = request.bearer(&ada.access_token).send().await.expect(404);
            assert_eq!(refused.problem().code, "CUSTOMER_NOT_FOUND");
        }
    }
    assert_eq!(
        world
            .me(&bob.access_token)
            .await
            .expect(200)
            .at("/first_name"),
        "Ada"
    );
}

#[tokio::test]
async fn an_unchanged_profile_is_not_sent_again() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let etag = world
        .me(&ada.access_token)
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let ask = |tag: String| {
        let request = world.app.get("/v1/customers/me").bearer(&ada.access_token);
        request.header("if-none-match", &tag).send()
    };
    let unchanged = ask(etag.clone()).await.expect(304);
    assert_eq!(
        (unchanged.body.as_str(), unchanged.header("etag")),
        ("", Some(&*etag))
    );

    let _ = world
        .patch_me(&ada.access_token, r#"{"first_name":"Augusta"}"#)
        .await
        .expect(200);
    assert_eq!(ask(etag).await.expect(200).at("/first_name"), "Augusta");
}

#[tokio::test]
async fn a_change_based_on_an_old_read_is_refused() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let change = |tag: &'static str| {
        let request = world
            .app
            .patch("/v1/customers/me")
            .bearer(&ada.access_token);
        request
            .header("if-match", tag)
            .json_text(r#"{"last_name":"King"}"#)
            .send()
    };
    let changed = change("\"1\"").await.expect(200);
    assert_eq!(changed.header("etag"), Some("\"2\""));
    assert_eq!(
        change("\"1\"").await.expect(412).problem().code,
        "PRECONDITION_FAILED"
    );
    let delete = world
        .app
        .delete("/v1/customers/me")
        .bearer(&ada.access_token);
    let _ = delete.header("if-match", "\"1\"").send().await.expect(412);
    assert_eq!(
        world.me(&ada.access_token).await.expect(200).header("etag"),
        Some("\"2\"")
    );
}

/// RFC 9110, section 13.2.1: a condition counts only where the request would succeed without it.
#[tokio::test]
async fn an_invalid_change_is_told_so_whatever_it_was_based_on() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let request = world
        .app
        .patch("/v1/customers/me")
        .bearer(&ada.access_token);
    let request = request.header("if-match", "\"9\"");
    let refused = request.json_text(r#"{"phone":{}}"#).send().await;
    let refused = refused.expect(422);
    assert_eq!(
        refused_fields(&refused),
        [("/phone".to_owned(), "WRONG_TYPE".to_owned())]
    );
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_removes() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    world.clock.advance(jiff::SignedDuration::from_mins(5));
    let patch = r#"{"phone":null,"address":{"city":"Ockham","zip_code":null,"state":"Surrey"}}"#;
    let changed = world.patch_me(&ada.access_token, patch).await.expect(200);
    assert_eq!(changed.at("/first_name"), "Ada");
    assert_eq!(changed.at("/phone"), "null");
    assert_eq!(changed.at("/address/street"), "12 St James's Square");
    assert_eq!(changed.at("/address/city"), "Ockham");
    assert_eq!(changed.at("/address/state"), "Surrey");
    assert_eq!(changed.at("/address/zip_code"), "null");
    assert_eq!(changed.at("/created_at"), "2026-03-10T12:00:00Z");
    assert_eq!(changed.at("/updated_at"), "2026-03-10T12:05:00Z");
    assert_eq!(
        world.me(&ada.access_token).await.expect(200).body,
        changed.body
    );
}

#[tokio::test]
async fn an_address_can_be_removed_and_then_needs_all_its_lines() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let removed = world
        .patch_me(&ada.access_token, r#"{"address":null}"#)
        .await
        .expect(200);
    assert_eq!(removed.at("/address"), "null");
    let refused = world
        .patch_me(&ada.access_token, r#"{"address":{"city":"Ockham"}}"#)
        .await
        .expect(422);
    let required = |line: &str| (format!("/address/{line}"), "REQUIRED".to_owned());
    assert_eq!(
        refused_fields(&refused),
        [required("country"), required("street")]
    );
}

#[tokio::test]
async fn what_cannot_be_patched_is_refused_together() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let patch = r#"{"first_name":null,"email":"nobody","password":"another password",
        "customer_id":"x","address":{"city":null,"planet":"Earth"}}"#;
    let refused = world.patch_me(&ada.access_token, patch).await.expect(422);
    let expected = [
        ("/address/city", "NOT_NULLABLE"),
        ("/address/planet", "UNKNOWN_FIELD"),
        ("/customer_id", "UNKNOWN_FIELD"),
        ("/email", "MALFORMED"),
        ("/first_name", "NOT_NULLABLE"),
        ("/password", "UNKNOWN_FIELD"),
    ];
    let expected = expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(refused_fields(&refused), expected);
}

#[tokio::test]
async fn a_patch_that_changes_nothing_makes_no_new_revision() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    for patch in ["{}", r#"{"first_name":"Ada"}"#] {
        let same = world.patch_me(&ada.access_token, patch).await.expect(200);
        assert_eq!(same.header("etag"), Some("\"1\""));
    }
    assert_eq!(world.events(&ada.customer_id).await.len(), 1);
}

#[tokio::test]
async fn a_new_address_is_signed_in_with_and_the_old_one_is_free() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let patch = r#"{"email":"countess@example.com"}"#;
    let _ = world.patch_me(&ada.access_token, patch).await.expect(200);
    let _ = world.sign_in("ada@example.com", PASSWORD).await.expect(401);
    let session = world
        .sign_in("countess@example.com", PASSWORD)
        .await
        .expect(201);
    assert_eq!(session.at("/customer_id"), ada.customer_id);
    let _ = world.register("ada@example.com").await.expect(201);
}

#[tokio::test]
async fn an_address_somebody_has_cannot_be_changed_to() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let bob = world.join("bob@example.com").await;
    let refused = world
        .patch_me(&ada.access_token, r#"{"email":"BOB@example.com"}"#)
        .await
        .expect(409);
    assert_eq!(refused.problem().code, "EMAIL_TAKEN");
    assert_eq!(
        world.me(&ada.access_token).await.at("/email"),
        "ada@example.com"
    );
    let session = world.sign_in("bob@example.com", PASSWORD).await.expect(201);
    assert_eq!(session.at("/customer_id"), bob.customer_id);
}

#[tokio::test]
async fn an_address_can_change_its_case_alone() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let changed = world
        .patch_me(&ada.access_token, r#"{"email":"Ada@Example.com"}"#)
        .await
        .expect(200);
    assert_eq!(changed.at("/email"), "Ada@Example.com");
    let _ = world.sign_in("ada@example.com", PASSWORD).await.expect(201);
    let _ = world.register("ada@example.com").await.expect(409);
}

#[tokio::test]
async fn of_changes_at_the_same_time_none_is_lost_in_silence() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let patches: Vec<String> = (0..8)
        .map(|n| format!(r#"{{"first_name":"Ada {n}"}}"#))
        .collect();
    let all = patches
        .iter()
        .map(|patch| world.patch_me(&ada.access_token, patch));
    let answers = futures::future::join_all(all).await;
    let accepted = answers.iter().filter(|answer| answer.status == 200).count();
    assert!(
        answers
            .iter()
            .all(|answer| [200, 409].contains(&answer.status.as_u16()))
    );
    let revision = world
        .me(&ada.access_token)
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    assert_eq!(revision, format!("\"{}\"", accepted + 1));
}

#[tokio::test]
async fn an_update_tells_which_fields_changed_and_not_to_what() {
    let world = World::start().await;
    let ada = world.join("ada@example.com").await;
    let patch = r#"{"phone":"+1 555 0100","email":"countess@example.com"}"#;
    let _ = world.patch_me(&ada.access_token, patch).await.expect(200);
    let events = world.events(&ada.customer_id).await;
    let updated = events.last().unwrap();
    assert_eq!(
        (updated.event_type.as_str(), updated.aggregate_version),
        ("CustomerUpdated", 2)
    );
    let expected = format!(
        r#"{{"customer_id":"{}","changed":["email","phone"]}}"#,
        ada.customer_id
    );
    assert_eq!(updated.data, expected);
}
