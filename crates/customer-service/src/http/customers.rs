//! `/v1/customers`: registering, and a customer's own profile.
//!
//! Each handler reads, loads, decides, saves and answers. What is stored and under which
//! conditions is in `store/customers.rs`; what a valid name or address is, in `api` and `domain`.
//! Invariant: a handler about a customer takes an [`OwnId`], so nobody reaches anybody else.

use api::customer::{Customer as CustomerBody, Password, RegisterCustomer, UpdateCustomer};
use api::{Field, Fields, Problem};
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use domain::CustomerId;
use domain::customer::Customer;
use domain::text::Email;
use http::HeaderMap;
use service_kit::contract::{
    AnyRoute, IdempotencyKey, IfMatch, IfNoneMatch, NotFound, Preconditioned, SignedIn, Stores,
    WithBody,
};
use service_kit::idempotency::{self, CommitError};
use service_kit::{Answer, Begun, Body, Clock, ETag, Error, Idempotency, Preconditions, Result};
use store::WriteError;

use super::client_address::ClientAddress;
use super::own_id::{OwnId, no_such_customer};
use crate::store::{Credential, CustomerTable, StoredCustomer};
use crate::{CustomerService, events};

/// The customer in the path.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
struct CustomerPath {
    /// A customer's id, or `me`.
    #[param(example = "me")]
    customer_id: String,
}

/// Register a customer
///
/// Then sign in with `POST /v1/sessions` to get a token.
#[utoipa::path(
    post,
    path = "/v1/customers",
    tag = "customers",
    operation_id = "register_customer",
    params(IdempotencyKey),
    request_body = RegisterCustomer,
    responses(
        (status = 201, description = "Registered.", body = CustomerBody, headers(
            ("Location" = String, description = "Where the customer is."),
            ("ETag" = String, description = "The revision, for `If-Match`."),
        )),
        (status = 409, description = "The e-mail address is taken, or a request with the same \
            Idempotency-Key is still running.",
            body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Too many registrations; `Retry-After` says when to try again.",
            body = Problem, content_type = "application/problem+json"),
        AnyRoute, WithBody, Stores,
    )
)]
pub(crate) async fn register_customer(
    State(service): State<CustomerService>,
    client: ClientAddress,
    idempotency: Idempotency,
    headers: HeaderMap,
    body: Body<RegisterCustomer>,
) -> Result<Response> {
    let (customer, password) = new_customer(body.request, body.fields, &service.clock)?;
    service.limits.check_registration(client)?;

    let principal = registration_of(&customer.email);
    let guarded = guarded_bytes(&service, &headers, &principal, body.bytes).await?;
    let begun = idempotency.begin(service.table.raw(), &principal, &guarded, &service.clock);
    let guard = match begun.await? {
        Begun::Replay(answer) => return Ok(answer),
        Begun::Run(guard) => guard,
    };

    let credential = Credential {
        password_hash: service.passwords.hash(password.reveal()).await?,
    };
    let event = events::customer_registered(customer.id, &service.clock)?;
    let write = service.table.register(&customer, &credential, &event);
    let answer = Answer::created(
        format!("/v1/customers/{}", customer.id),
        &CustomerBody::from(&customer),
    )?;
    let answer = answer.etag(&ETag::strong(StoredCustomer::FIRST_VERSION));
    match guard.commit(write, answer).await {
        Err(CommitError::Write(error)) if is_taken(&error, &customer) => Err(email_taken()),
        answered => Ok(answered?),
    }
}

/// Get a customer's profile
#[utoipa::path(
    get,
    path = "/v1/customers/{customer_id}",
    tag = "customers",
    operation_id = "get_customer",
    params(CustomerPath, IfNoneMatch),
    responses(
        (status = 200, description = "The profile.", body = CustomerBody, headers(
            ("ETag" = String, description = "The revision, for `If-Match` and `If-None-Match`."),
        )),
        (status = 304, description = "You have the current revision."),
        AnyRoute, SignedIn, NotFound,
    ),
    security(("bearer" = []))
)]
pub(crate) async fn get_customer(
    State(service): State<CustomerService>,
    OwnId(customer_id): OwnId,
    preconditions: Preconditions,
) -> Result<Answer> {
    let stored = load(&service, customer_id).await?;
    let etag = ETag::strong(stored.version);
    if preconditions.not_modified(&etag) {
        return Ok(Answer::not_modified(&etag));
    }
    Ok(Answer::ok(&CustomerBody::from(&stored.customer))?.etag(&etag))
}

/// Change a customer's profile
///
/// A JSON Merge Patch (RFC 7396): what is absent stays, `null` removes.
#[utoipa::path(
    patch,
    path = "/v1/customers/{customer_id}",
    tag = "customers",
    operation_id = "update_customer",
    params(CustomerPath, IfMatch),
    request_body(content(
        (UpdateCustomer = "application/merge-patch+json"),
        (UpdateCustomer = "application/json"),
    )),
    responses(
        (status = 200, description = "The profile after the change.", body = CustomerBody, headers(
            ("ETag" = String, description = "The new revision."),
        )),
        (status = 409, description = "The e-mail address is taken, or somebody else changed the \
            profile at the same time.",
            body = Problem, content_type = "application/problem+json"),
        AnyRoute, SignedIn, NotFound, Preconditioned, WithBody, Stores,
    ),
    security(("bearer" = []))
)]
pub(crate) async fn update_customer(
    State(service): State<CustomerService>,
    OwnId(customer_id): OwnId,
    preconditions: Preconditions,
    body: Body<UpdateCustomer>,
) -> Result<Answer> {
    let stored = load(&service, customer_id).await?;
    let changed = changed_customer(body.request, body.fields, &stored.customer)?;
    preconditions.check(&ETag::strong(stored.version))?;

    if changed == stored.customer {
        return Ok(Answer::ok(&CustomerBody::from(&changed))?.etag(&ETag::strong(stored.version)));
    }
    let changed = Customer {
        updated_at: service.clock.now(),
        ..changed
    };
    if changed.email != stored.customer.email {
        forget_registration(&service, &stored.customer.email).await?;
    }
    let event = events::customer_updated(&stored, &changed, &service.clock)?;
    let write = service.table.update(&stored, &changed, &event);
    match write.commit().await {
        Ok(()) => {}
        Err(error) if is_taken(&error, &changed) => return Err(email_taken()),
        Err(error) => return Err(lost_race(&service, customer_id, &preconditions, error).await),
    }
    let etag = ETag::strong(stored.version + 1);
    Ok(Answer::ok(&CustomerBody::from(&changed))?.etag(&etag))
}

/// Delete a customer
///
/// Removes the profile, the password and every session, and tells the other services to erase
/// what they hold of the customer. The e-mail address can register again. An access token that is
/// out already is good until it expires.
#[utoipa::path(
    delete,
    path = "/v1/customers/{customer_id}",
    tag = "customers",
    operation_id = "delete_customer",
    params(CustomerPath, IfMatch),
    responses(
        (status = 204, description = "Deleted."),
        (status = 409, description = "Somebody else changed the profile at the same time.",
            body = Problem, content_type = "application/problem+json"),
        AnyRoute, SignedIn, NotFound, Preconditioned, Stores,
    ),
    security(("bearer" = []))
)]
pub(crate) async fn delete_customer(
    State(service): State<CustomerService>,
    OwnId(customer_id): OwnId,
    preconditions: Preconditions,
) -> Result<Answer> {
    let stored = load(&service, customer_id).await?;
    preconditions.check(&ETag::strong(stored.version))?;

    forget_registration(&service, &stored.customer.email).await?;
    let event = events::customer_deleted(&stored, &service.clock)?;
    match service.table.erase(&stored, &event).await {
        Ok(()) => Ok(Answer::no_content()),
        Err(error) => Err(lost_race(&service, customer_id, &preconditions, error).await),
    }
}

/// Under whom the answer to a registration is kept: there is no customer yet who asks.
fn registration_of(email: &Email) -> String {
    format!("register#{}", email.normalized())
}

/// The answer to a registration shows the profile, and must not outlive it.
async fn forget_registration(service: &CustomerService, email: &Email) -> Result<()> {
    idempotency::erase(service.table.raw(), &registration_of(email)).await
}

async fn load(service: &CustomerService, customer_id: CustomerId) -> Result<StoredCustomer> {
    let stored = service.table.load_customer(customer_id).await?;
    stored.ok_or_else(no_such_customer)
}

fn new_customer(
    request: RegisterCustomer,
    mut fields: Fields,
    clock: &Clock,
) -> Result<(Customer, Password)> {
    let first_name = fields.required("first_name", request.first_name);
    let last_name = fields.required("last_name", request.last_name);
    let email = fields.required("email", request.email);
    let phone = fields.optional("phone", request.phone);
    let address = fields.optional("address", request.address);
    let password = fields.required("password", request.password);
    let (first_name, last_name, email, phone, address, password) =
        fields.all((first_name, last_name, email, phone, address, password))?;
    let now = clock.now();
    let customer = Customer {
        id: CustomerId::from_uuid(clock.new_id()),
        first_name,
        last_name,
        email,
        phone,
        address,
        created_at: now,
        updated_at: now,
    };
    Ok((customer, password))
}

fn changed_customer(
    patch: UpdateCustomer,
    mut fields: Fields,
    current: &Customer,
) -> Result<Customer> {
    let current = current.clone();
    let address = match patch.address {
        Field::Value(patch) => patch
            .apply(current.address.clone())
            .map_or_else(Field::Invalid, Field::Value),
        Field::Missing => Field::Missing,
        Field::Null => Field::Null,
        Field::Invalid(errors) => Field::Invalid(errors),
    };
    let first_name = fields.patch("first_name", patch.first_name, current.first_name);
    let last_name = fields.patch("last_name", patch.last_name, current.last_name);
    let email = fields.patch("email", patch.email, current.email);
    let phone = fields.patch_optional("phone", patch.phone, current.phone);
    let address = fields.patch_optional("address", address, current.address);
    let (first_name, last_name, email, phone, address) =
        fields.all((first_name, last_name, email, phone, address))?;
    Ok(Customer {
        id: current.id,
        first_name,
        last_name,
        email,
        phone,
        address,
        created_at: current.created_at,
        updated_at: current.updated_at,
    })
}

/// What identifies the request to the idempotency record, which keeps a fast digest of it: a slow
/// one goes in its place, because the body holds the password.
async fn guarded_bytes(
    service: &CustomerService,
    headers: &HeaderMap,
    principal: &str,
    body: Bytes,
) -> Result<Bytes> {
    if !headers.contains_key("idempotency-key") {
        return Ok(body);
    }
    let digest = service.passwords.fingerprint(principal, &body).await?;
    Ok(Bytes::copy_from_slice(&digest))
}

fn is_taken(error: &WriteError, customer: &Customer) -> bool {
    matches!(error, WriteError::ConditionFailed { key }
        if CustomerTable::is_guard(&customer.email, key))
}

fn email_taken() -> Error {
    Error::Conflict {
        code: "EMAIL_TAKEN",
        detail: "A customer with this e-mail address is already registered.".to_owned(),
    }
}

/// The answer to a change that came second: to its client's conditions as things are now, else a
/// conflict.
async fn lost_race(
    service: &CustomerService,
    customer_id: CustomerId,
    preconditions: &Preconditions,
    lost: WriteError,
) -> Error {
    if !matches!(lost, WriteError::ConditionFailed { .. }) {
        return lost.into();
    }
    let now = load(service, customer_id).await;
    let checked = now.and_then(|now| preconditions.check(&ETag::strong(now.version)));
    checked.err().unwrap_or_else(|| lost.into())
}
