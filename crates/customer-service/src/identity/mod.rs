//! Who a customer is: passwords, the key that signs tokens, and the two kinds of token.
//!
//! Nothing here reads a table or speaks HTTP.

pub(crate) mod access_token;
pub(crate) mod passwords;
pub(crate) mod refresh_token;
pub(crate) mod signing_key;
