//! What the service tells the others. An event carries the id and no more about a person than
//! its receivers need: who wants the profile asks for it.

use domain::CustomerId;
use domain::customer::Customer;
use serde::Serialize;
use service_kit::{Clock, Error, Result, layers};
use store::Event;

use crate::store::{StoredCustomer, partition};

#[derive(Debug, Serialize)]
struct CustomerRegistered {
    customer_id: CustomerId,
}

#[derive(Debug, Serialize)]
struct CustomerUpdated {
    customer_id: CustomerId,
    changed: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct CustomerDeleted {
    customer_id: CustomerId,
}

pub(crate) fn customer_registered(customer_id: CustomerId, clock: &Clock) -> Result<Event> {
    let data = CustomerRegistered { customer_id };
    event("CustomerRegistered", customer_id, 1, clock, &data)
}

pub(crate) fn customer_updated(
    before: &StoredCustomer,
    after: &Customer,
    clock: &Clock,
) -> Result<Event> {
    let was = &before.customer;
    let changed = [
        ("first_name", was.first_name != after.first_name),
        ("last_name", was.last_name != after.last_name),
        ("email", was.email != after.email),
        ("phone", was.phone != after.phone),
        ("address", was.address != after.address),
    ];
    let data = CustomerUpdated {
        customer_id: after.id,
        changed: changed
            .into_iter()
            .filter_map(|(field, differs)| differs.then_some(field))
            .collect(),
    };
    event(
        "CustomerUpdated",
        after.id,
        before.version + 1,
        clock,
        &data,
    )
}

pub(crate) fn customer_deleted(stored: &StoredCustomer, clock: &Clock) -> Result<Event> {
    let customer_id = stored.customer.id;
    let data = CustomerDeleted { customer_id };
    event(
        "CustomerDeleted",
        customer_id,
        stored.version + 1,
        clock,
        &data,
    )
}

fn event(
    event_type: &str,
    customer_id: CustomerId,
    aggregate_version: u64,
    clock: &Clock,
    data: &impl Serialize,
) -> Result<Event> {
    Ok(Event {
        id: clock.new_id(),
        event_type: event_type.to_owned(),
        schema_version: 1,
        occurred_at: clock.now(),
        aggregate_pk: partition(customer_id),
        aggregate_id: customer_id.to_string(),
        aggregate_version,
        trace: layers::current_request_id(),
        data: serde_json::to_string(data).map_err(Error::internal)?,
    })
}
