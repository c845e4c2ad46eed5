use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass it as `page_token` for the next page; `null` on the last.
    #[schema(required)]
    pub next_page_token: Option<String>,
}
