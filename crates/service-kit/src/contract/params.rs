use utoipa::IntoParams;

/// A change bound to what its client has read.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub struct IfMatch {
    /// Revisions that may be changed; 412 if none of them is current.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// A read that is spared when its client has the current revision.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub struct IfNoneMatch {
    /// Revisions you have; 304 if one of them is current.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// A request that may be repeated without being done twice.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub struct IdempotencyKey {
    /// Repeating a request under one key does it once, and gives the first answer again.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        pattern = "^[!-~]+$"
    )]
    idempotency_key: Option<String>,
}

/// Which page of a list is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub struct Paging {
    /// At most this many items; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    page_size: Option<u32>,
    /// The `next_page_token` of the page before.
    page_token: Option<String>,
}
