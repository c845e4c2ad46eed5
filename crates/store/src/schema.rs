//! What a table looks like: one shape for all, with one index more where tickers are looked up.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::operation::describe_table::DescribeTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType,
    LocalSecondaryIndex, Projection, ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};

use crate::attributes::{
    EXPIRES_AT, OUTBOX_AT, OUTBOX_INDEX, OUTBOX_SHARD, PK, SK, TICKER_INDEX, TICKER_KEY,
};
use crate::{OpenError, StoreError, retry};

/// A table a service owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableSpec {
    pub name: &'static str,
    /// Adds the local index `by_ticker`. It can only be made together with the table.
    pub ticker_index: bool,
}

/// Makes sure the table `name` exists, creating it if `create` allows.
pub(crate) async fn prepare(
    client: &Client,
    name: &str,
    spec: &TableSpec,
    create: bool,
) -> Result<(), OpenError> {
    let failed = |source: StoreError| OpenError::Table {
        table: name.to_owned(),
        source,
    };
    match client.describe_table().table_name(name).send().await {
        Ok(_) => return Ok(()),
        Err(error)
            if !error
                .as_service_error()
                .is_some_and(DescribeTableError::is_resource_not_found_exception) =>
        {
            return Err(failed(retry::classify(error)));
        }
        Err(error) if !create => {
            return Err(OpenError::TableMissing {
                table: name.to_owned(),
                source: error.into(),
            });
        }
        Err(_) => {}
    }
    definition(client, name, spec)
        .send()
        .await
        .map_err(|error| failed(retry::classify(error)))?;
    wait_until_active(client, name).await.map_err(failed)?;
    let expiry = TimeToLiveSpecification::builder()
        .attribute_name(EXPIRES_AT)
        .enabled(true)
        .build()
        .map_err(|error| {
            failed(StoreError::Refused {
                source: error.into(),
            })
        })?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(expiry)
        .send()
        .await
        .map_err(|error| failed(retry::classify(error)))?;
    Ok(())
}

/// A new table takes seconds on AWS; the embedded one is ready at once.
async fn wait_until_active(client: &Client, name: &str) -> Result<(), StoreError> {
    use aws_sdk_dynamodb::types::TableStatus;
    loop {
        let answer = client
            .describe_table()
            .table_name(name)
            .send()
            .await
            .map_err(retry::classify)?;
        match answer.table.and_then(|table| table.table_status) {
            Some(TableStatus::Creating) => tokio::time::sleep(retry::LONGEST_PAUSE).await,
            _ => return Ok(()),
        }
    }
}

fn definition(client: &Client, name: &str, spec: &TableSpec) -> CreateTableFluentBuilder {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(attributes(spec))
        .set_key_schema(keys(PK, SK))
        .set_global_secondary_indexes(
            GlobalSecondaryIndex::builder()
                .index_name(OUTBOX_INDEX)
                .set_key_schema(keys(OUTBOX_SHARD, OUTBOX_AT))
                .projection(projection(ProjectionType::KeysOnly))
                .build()
                .ok()
                .map(|index| vec![index]),
        );
    if spec.ticker_index {
        request = request.set_local_secondary_indexes(
            LocalSecondaryIndex::builder()
                .index_name(TICKER_INDEX)
                .set_key_schema(keys(PK, TICKER_KEY))
                .projection(projection(ProjectionType::All))
                .build()
                .ok()
                .map(|index| vec![index]),
        );
    }
    request
}

fn attributes(spec: &TableSpec) -> Option<Vec<AttributeDefinition>> {
    let ticker = spec.ticker_index.then_some(TICKER_KEY);
    [PK, SK, OUTBOX_SHARD, OUTBOX_AT]
        .into_iter()
        .chain(ticker)
        .map(|name| {
            AttributeDefinition::builder()
                .attribute_name(name)
                .attribute_type(ScalarAttributeType::S)
                .build()
                .ok()
        })
        .collect()
}

fn keys(partition: &str, sort: &str) -> Option<Vec<KeySchemaElement>> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .into_iter()
        .map(|(name, key_type)| {
            KeySchemaElement::builder()
                .attribute_name(name)
                .key_type(key_type)
                .build()
                .ok()
        })
        .collect()
}

fn projection(kind: ProjectionType) -> Projection {
    Projection::builder().projection_type(kind).build()
}
