//! `/v1/sessions`: signing in, refreshing, signing out.
//!
//! Passwords and tokens are made and checked in `identity`, limits on guessing in `rate_limit`.
//! Invariant: whether an e-mail address has an account shows neither in an answer to a sign-in nor
//! in how long it takes.

use api::customer::{RefreshSession, Secret, Session, SignIn};
use api::{Fields, Problem};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::text::Email;
use domain::{CustomerId, SessionId, ValueError};
use http::{HeaderName, header};
use jiff::{SignedDuration, Timestamp};
use service_kit::contract::{AnyRoute, SignedIn, Stores, WithBody};
use service_kit::{Answer, Body, Caller, Error, Result};
use store::{Item, WriteError};
use uuid::Uuid;

use super::client_address::ClientAddress;
use crate::CustomerService;
use crate::identity::passwords::Verdict;
use crate::identity::refresh_token::RefreshToken;
use crate::store::{Credential, SessionRecord};

/// Tokens must not stay in any cache (RFC 6749, section 5.1).
const NOT_STORED: (HeaderName, &str) = (header::CACHE_CONTROL, "no-store");

/// Sign in
///
/// Starts a session: a short-lived access token and a refresh token to renew it with. An unknown
/// e-mail address and a wrong password get the same answer. There is no `Idempotency-Key` here,
/// because tokens are never stored; a repeated request starts another session.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    tag = "sessions",
    operation_id = "start_session",
    request_body = SignIn,
    responses(
        (status = 201, description = "Signed in.", body = Session, headers(
            ("Location" = String, description = "Where the session can be ended."),
        )),
        (status = 401, description = "The e-mail address or the password is wrong.",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many attempts; `Retry-After` says when to try again.",
            body = Problem, content_type = "application/problem+json"),
        AnyRoute, WithBody, Stores,
    )
)]
pub(crate) async fn start_session(
    State(service): State<CustomerService>,
    client: ClientAddress,
    body: Body<SignIn>,
) -> Result<Response> {
    let (email, password) = credentials(body.request, body.fields)?;
    service.limits.check_sign_in(client, &email)?;

    let (customer_id, credential) = find_account(&service, &email).await?;
    let stored = credential
        .as_ref()
        .map(|item| item.value.password_hash.as_str());
    let verdict = service.passwords.verify(password.as_ref(), stored).await?;
    let credential = credential.filter(|_| verdict != Verdict::Differs);
    let credential = credential.ok_or(Error::Unauthorized {
        code: "INVALID_CREDENTIALS",
        detail: "The e-mail address or the password is wrong.",
    })?;
    if verdict == Verdict::MatchesOutdated {
        rehash(&service, customer_id, credential.version, password.as_ref()).await?;
    }

    let session_id = SessionId::from_uuid(service.clock.new_id());
    let token = RefreshToken::generate(customer_id, session_id)?;
    let now = service.clock.now();
    let session = SessionRecord {
        session_id,
        refresh_digest: token.digest(),
        started_at: now,
        refreshed_at: now,
    };
    let expires_at = session_end(&service, now)?;
    service
        .table
        .start_session(customer_id, &session, expires_at)
        .await?;
    let answer = Answer::created(
        "/v1/sessions/current".to_owned(),
        &issued(&service, &token, now)?,
    )?;
    Ok(([NOT_STORED], answer).into_response())
}

/// Refresh a session
///
/// Exchanges a refresh token for a new pair. Each refresh token is good once: using one again ends
/// the session, because two holders of one token mean that one of them stole it. So a client must
/// send one refresh at a time and keep the new token.
#[utoipa::path(
    post,
    path = "/v1/sessions/refresh",
    tag = "sessions",
    operation_id = "refresh_session",
    request_body = RefreshSession,
    responses(
        (status = 200, description = "A new pair of tokens.", body = Session),
        (status = 401, description = "The refresh token is invalid, expired or was used before.",
            body = Problem, content_type = "application/problem+json"),
        AnyRoute, WithBody, Stores,
    )
)]
pub(crate) async fn refresh_session(
    State(service): State<CustomerService>,
    body: Body<RefreshSession>,
) -> Result<Response> {
    let token = presented_token(body.request, body.fields)?;
    let now = service.clock.now();
    let session = load_session(&service, &token, now).await?;
    if session.value.refresh_digest != token.digest() {
        return Err(end_reused(&service, &token).await?);
    }

    let next = RefreshToken::generate(token.customer_id, token.session_id)?;
    let refreshed = SessionRecord {
        refresh_digest: next.digest(),
        refreshed_at: now,
        ..session.value
    };
    let expires_at = session_end(&service, now)?;
    let table = &service.table;
    match table
        .refresh_session(token.customer_id, session.version, &refreshed, expires_at)
        .await
    {
        Ok(()) => {}
        Err(WriteError::ConditionFailed { .. }) => return Err(end_reused(&service, &token).await?),
        Err(error) => return Err(error.into()),
    }
    let answer = Answer::ok(&issued(&service, &next, now)?)?;
    Ok(([NOT_STORED], answer).into_response())
}

/// Sign out
///
/// Ends the session that the access token belongs to: its refresh token is no longer good. The
/// access token itself stays valid until it expires.
#[utoipa::path(
    delete,
    path = "/v1/sessions/current",
    tag = "sessions",
    operation_id = "end_session",
    responses((status = 204, description = "Signed out."), AnyRoute, SignedIn, Stores),
    security(("bearer" = []))
)]
pub(crate) async fn end_session(
    State(service): State<CustomerService>,
    caller: Caller,
) -> Result<Answer> {
    service
        .table
        .end_session(caller.customer_id, caller.session_id)
        .await?;
    Ok(Answer::no_content())
}

/// The e-mail address as it is compared, and the password.
fn credentials(request: SignIn, mut fields: Fields) -> Result<(String, Secret)> {
    let email = fields.required("email", request.email);
    let email = fields.check("email", email, at_most(254));
    let password = fields.required("password", request.password);
    let password = fields.check("password", password, at_most(256));
    let (email, password) = fields.all((email, password))?;
    // What is no address has no account, and is told so no differently.
    let email =
        Email::parse(&email).map_or_else(|_| email.to_lowercase(), |email| email.normalized());
    Ok((email, password))
}

fn at_most<T: AsRef<str>>(max: usize) -> impl Fn(T) -> std::result::Result<T, ValueError> {
    move |text| {
        if text.as_ref().chars().count() > max {
            return Err(ValueError::TooLong { max });
        }
        Ok(text)
    }
}

/// Makes two reads whether or not there is an account, so that both take as long.
async fn find_account(
    service: &CustomerService,
    email: &str,
) -> Result<(CustomerId, Option<Item<Credential>>)> {
    let customer_id = service.table.find_by_email(email).await?;
    let customer_id = customer_id.unwrap_or(CustomerId::from_uuid(Uuid::nil()));
    let credential = service.table.load_credential(customer_id).await?;
    Ok((customer_id, credential))
}

async fn rehash(
    service: &CustomerService,
    customer_id: CustomerId,
    version: u64,
    password: &str,
) -> Result<()> {
    let credential = Credential {
        password_hash: service.passwords.hash(password).await?,
    };
    match service
        .table
        .replace_credential(customer_id, version, &credential)
        .await
    {
        // Somebody else has just replaced it, which will do.
        Ok(()) | Err(WriteError::ConditionFailed { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn presented_token(request: RefreshSession, mut fields: Fields) -> Result<RefreshToken> {
    let text = fields.required("refresh_token", request.refresh_token);
    let text = fields.check("refresh_token", text, at_most(1024));
    let (text,) = fields.all((text,))?;
    RefreshToken::parse(text.as_ref()).ok_or_else(invalid_token)
}

/// The live session a token belongs to, of a customer who still exists.
async fn load_session(
    service: &CustomerService,
    token: &RefreshToken,
    now: Timestamp,
) -> Result<Item<SessionRecord>> {
    let session = service
        .table
        .load_session(token.customer_id, token.session_id)
        .await?;
    let session = session
        .filter(|session| session.is_live(now))
        .ok_or_else(invalid_token)?;
    let credential = service.table.load_credential(token.customer_id).await?;
    credential.map(|_| session).ok_or_else(invalid_token)
}

/// Ends a session whose refresh token was used twice.
async fn end_reused(service: &CustomerService, token: &RefreshToken) -> Result<Error> {
    service
        .table
        .end_session(token.customer_id, token.session_id)
        .await?;
    tracing::warn!(session_id = %token.session_id, "a refresh token was used twice; session ended");
    Ok(Error::Unauthorized {
        code: "REFRESH_TOKEN_REUSED",
        detail: "The refresh token was used before, so the session was ended. Sign in again.",
    })
}

fn invalid_token() -> Error {
    Error::Unauthorized {
        code: "REFRESH_TOKEN_INVALID",
        detail: "The refresh token is not valid. Sign in again.",
    }
}

fn session_end(service: &CustomerService, now: Timestamp) -> Result<Timestamp> {
    let life = SignedDuration::from_hours(24 * i64::from(service.session_days));
    now.checked_add(life).map_err(Error::internal)
}

fn issued(service: &CustomerService, refresh: &RefreshToken, now: Timestamp) -> Result<Session> {
    let access_tokens = &service.access_tokens;
    Ok(Session {
        access_token: access_tokens.sign(refresh.customer_id, refresh.session_id, now)?,
        token_type: "Bearer".to_owned(),
        expires_in: access_tokens.lifetime_seconds,
        refresh_token: refresh.encode(),
        customer_id: refresh.customer_id.to_string(),
    })
}
