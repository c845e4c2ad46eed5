use domain::Currency;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The contract's list of currencies.
#[derive(Debug)]
pub struct CurrencyCode;

impl PartialSchema for CurrencyCode {
    fn schema() -> RefOr<Schema> {
        let codes = Currency::all().map(Currency::code);
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("An ISO 4217 currency code."))
            .enum_values(Some(codes))
            .build()
            .into()
    }
}

impl ToSchema for CurrencyCode {}
