//! One answer of `/v7/finance/quote`: what a chart's `meta` says, of many symbols at once.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::upstream::unavailable;
use super::super::{SourceError, checked};
use super::chart::Meta;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    quote_response: Response,
}

#[derive(Deserialize)]
struct Response {
    result: Option<Vec<Meta>>,
}

/// By symbol, in capitals.
///
/// # Errors
///
/// `Unavailable` for what is no list of quotes.
pub(super) fn read(body: &[u8]) -> Result<BTreeMap<String, Meta>, SourceError> {
    let answer: Answer = checked::json(body)?;
    let metas = answer.quote_response.result;
    let metas = metas.ok_or_else(|| unavailable("its answer is empty"))?;
    let by_symbol = metas.into_iter().filter_map(|meta| {
        let symbol = meta.symbol.as_deref()?.to_ascii_uppercase();
        Some((symbol, meta))
    });
    Ok(by_symbol.collect())
}
