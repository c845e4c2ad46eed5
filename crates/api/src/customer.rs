//! The Customer service's resources.

use domain::customer::{Address as StoredAddress, Customer as StoredCustomer};
use domain::text::{AddressLine, Email, Name, Phone};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::field::{Field, FieldValue, Fields, read_object};
use crate::problem::{FieldError, code};

/// A registered customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Customer {
    #[schema(value_type = String, format = Uuid)]
    pub customer_id: String,
    #[schema(example = "Ada")]
    pub first_name: String,
    #[schema(example = "Lovelace")]
    pub last_name: String,
    #[schema(example = "ada@example.com")]
    pub email: String,
    #[schema(required)]
    pub phone: Option<String>,
    #[schema(required)]
    pub address: Option<Address>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A postal address.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Address {
    #[schema(example = "12 St James's Square")]
    pub street: String,
    #[schema(example = "London")]
    pub city: String,
    #[schema(required)]
    pub state: Option<String>,
    #[schema(required)]
    pub zip_code: Option<String>,
    #[schema(example = "GB")]
    pub country: String,
}

impl From<&StoredCustomer> for Customer {
    fn from(customer: &StoredCustomer) -> Self {
        Self {
            customer_id: customer.id.to_string(),
            first_name: customer.first_name.to_string(),
            last_name: customer.last_name.to_string(),
            email: customer.email.as_str().to_owned(),
            phone: customer
                .phone
                .as_ref()
                .map(|phone| phone.as_str().to_owned()),
            address: customer.address.as_ref().map(Address::from),
            created_at: customer.created_at,
            updated_at: customer.updated_at,
        }
    }
}

impl From<&StoredAddress> for Address {
    fn from(address: &StoredAddress) -> Self {
        Self {
            street: address.street.to_string(),
            city: address.city.to_string(),
            state: address.state.as_ref().map(ToString::to_string),
            zip_code: address.zip_code.as_ref().map(ToString::to_string),
            country: address.country.to_string(),
        }
    }
}

/// A new customer's profile and password.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RegisterCustomer {
    #[schema(value_type = String, required, min_length = 1, max_length = 100, example = "Ada")]
    #[serde(default)]
    pub first_name: Field<Name>,
    #[schema(value_type = String, required, min_length = 1, max_length = 100, example = "Lovelace")]
    #[serde(default)]
    pub last_name: Field<Name>,
    /// Unique, whatever its case.
    #[schema(value_type = String, required, format = Email, max_length = 254, example = "ada@example.com")]
    #[serde(default)]
    pub email: Field<Email>,
    #[schema(value_type = Option<String>, max_length = 40, pattern = r"^[+]?([ ().x/-]*[0-9]){5,20}[ ().x/-]*$", example = "+44 20 7946 0000")]
    #[serde(default)]
    pub phone: Field<Phone>,
    #[schema(value_type = Option<PostalAddress>)]
    #[serde(default)]
    pub address: Field<StoredAddress>,
    #[schema(value_type = String, required, format = Password, min_length = 8, max_length = 256, example = "correct horse battery staple")]
    #[serde(default)]
    pub password: Field<Password>,
}

/// A change of profile, as a JSON Merge Patch: what is absent stays, `null` removes.
#[derive(Debug, Deserialize, ToSchema)]
pub struct UpdateCustomer {
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    #[serde(default)]
    pub first_name: Field<Name>,
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    #[serde(default)]
    pub last_name: Field<Name>,
    #[schema(value_type = String, format = Email, max_length = 254)]
    #[serde(default)]
    pub email: Field<Email>,
    #[schema(value_type = Option<String>, max_length = 40, pattern = r"^[+]?([ ().x/-]*[0-9]){5,20}[ ().x/-]*$")]
    #[serde(default)]
    pub phone: Field<Phone>,
    #[schema(value_type = Option<AddressPatch>)]
    #[serde(default)]
    pub address: Field<AddressPatch>,
}

/// A postal address in a request.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PostalAddress {
    #[schema(value_type = String, required, min_length = 1, max_length = 200)]
    #[serde(default)]
    street: Field<AddressLine>,
    #[schema(value_type = String, required, min_length = 1, max_length = 200)]
    #[serde(default)]
    city: Field<AddressLine>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    #[serde(default)]
    state: Field<AddressLine>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    #[serde(default)]
    zip_code: Field<AddressLine>,
    #[schema(value_type = String, required, min_length = 1, max_length = 200)]
    #[serde(default)]
    country: Field<AddressLine>,
}

/// A change of address: what is absent stays, `null` removes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct AddressPatch {
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    #[serde(default)]
    street: Field<AddressLine>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    #[serde(default)]
    city: Field<AddressLine>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    #[serde(default)]
    state: Field<AddressLine>,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    #[serde(default)]
    zip_code: Field<AddressLine>,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    #[serde(default)]
    country: Field<AddressLine>,
    #[serde(skip)]
    unknown: Vec<FieldError>,
}

impl AddressPatch {
    /// The address after the change. Without a current one, the required lines must all be there.
    ///
    /// # Errors
    ///
    /// Every line refused, relative to the address.
    pub fn apply(self, current: Option<StoredAddress>) -> Result<StoredAddress, Vec<FieldError>> {
        let mut fields = Fields::with(self.unknown);
        let Some(current) = current else {
            let Self {
                street,
                city,
                state,
                zip_code,
                country,
                ..
            } = self;
            return PostalAddress {
                street,
                city,
                state,
                zip_code,
                country,
            }
            .checked(fields);
        };
        let street = fields.patch("street", self.street, current.street);
        let city = fields.patch("city", self.city, current.city);
        let state = fields.patch_optional("state", self.state, current.state);
        let zip_code = fields.patch_optional("zip_code", self.zip_code, current.zip_code);
        let country = fields.patch("country", self.country, current.country);
        let (street, city, state, zip_code, country) =
            fields.all((street, city, state, zip_code, country))?;
        Ok(StoredAddress {
            street,
            city,
            state,
            zip_code,
            country,
        })
    }
}

impl PostalAddress {
    fn checked(self, mut fields: Fields) -> Result<StoredAddress, Vec<FieldError>> {
        let street = fields.required("street", self.street);
        let city = fields.required("city", self.city);
        let state = fields.optional("state", self.state);
        let zip_code = fields.optional("zip_code", self.zip_code);
        let country = fields.required("country", self.country);
        let (street, city, state, zip_code, country) =
            fields.all((street, city, state, zip_code, country))?;
        Ok(StoredAddress {
            street,
            city,
            state,
            zip_code,
            country,
        })
    }
}

fn not_an_object(_: impl std::error::Error) -> Vec<FieldError> {
    vec![FieldError::new("", code::WRONG_TYPE, "must be an object")]
}

impl FieldValue for StoredAddress {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        let (address, unknown) =
            read_object::<PostalAddress>(token.get()).map_err(not_an_object)?;
        address.checked(Fields::with(unknown))
    }
}

impl FieldValue for AddressPatch {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        let (mut patch, unknown) = read_object::<Self>(token.get()).map_err(not_an_object)?;
        patch.unknown = unknown;
        Ok(patch)
    }
}

/// A password on its way to being hashed. It has no `Display`, and its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    pub const MIN_CHARS: usize = 8;
    pub const MAX_CHARS: usize = 256;

    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(hidden)")
    }
}

impl FieldValue for Password {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        let text = String::read(token)?;
        let chars = text.chars().count();
        if chars < Self::MIN_CHARS {
            let detail = format!("must be at least {} characters long", Self::MIN_CHARS);
            return Err(vec![FieldError::new("", "TOO_SHORT", detail)]);
        }
        if chars > Self::MAX_CHARS {
            let error = domain::ValueError::TooLong {
                max: Self::MAX_CHARS,
            };
            return Err(vec![FieldError::value("", &error)]);
        }
        Ok(Self(text))
    }
}

/// Any text that is nobody else's business. Its `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl AsRef<str> for Secret {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl FieldValue for Secret {
    fn read(token: &RawValue) -> Result<Self, Vec<FieldError>> {
        String::read(token).map(Self)
    }
}

/// Credentials to sign in with.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SignIn {
    #[schema(value_type = String, required, max_length = 254, example = "ada@example.com")]
    #[serde(default)]
    pub email: Field<String>,
    #[schema(value_type = String, required, format = Password, max_length = 256, example = "correct horse battery staple")]
    #[serde(default)]
    pub password: Field<Secret>,
}

/// A refresh token to exchange for a new pair. Each can be used once.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RefreshSession {
    #[schema(value_type = String, required, max_length = 1024)]
    #[serde(default)]
    pub refresh_token: Field<Secret>,
}

/// A session: what to send as `Authorization: Bearer`, and what to renew it with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    pub access_token: String,
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds until the access token expires.
    #[schema(example = 900)]
    pub expires_in: u32,
    pub refresh_token: String,
    #[schema(value_type = String, format = Uuid)]
    pub customer_id: String,
}
