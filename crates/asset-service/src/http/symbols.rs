//! Reading the symbols of a batch.

use domain::Ticker;
use service_kit::Params;

/// What a client may put between two commas.
#[derive(utoipa::ToSchema)]
#[schema(min_length = 1, example = "AAPL")]
#[expect(dead_code, reason = "only read by the derive that writes the contract")]
pub(crate) struct Symbol(String);

/// Takes `symbols`, up to `most` of them. What is wrong with them is refused by [`Params::finish`].
pub(crate) fn symbols(params: &mut Params, most: usize) -> Vec<String> {
    let asked = params.text("symbols").unwrap_or_default();
    let symbols: Vec<String> = asked.split(',').map(str::to_owned).collect();
    if symbols.iter().any(String::is_empty) {
        let detail = "must be one or more symbols separated by commas";
        params.refuse("symbols", "EMPTY", detail);
    } else if symbols.len() > most {
        let detail = format!("must be at most {most} symbols");
        params.refuse("symbols", "TOO_MANY", &detail);
    }
    symbols
}

/// The symbol of an instrument of the customer's own.
pub(crate) fn own_ticker(symbol: &str) -> Option<Ticker> {
    // Most symbols are not, and need not be read twice.
    let begins = symbol.trim_start_matches(' ').get(..3)?;
    let may_be_own = begins.eq_ignore_ascii_case("MY:");
    let ticker = Ticker::parse(symbol).ok().filter(|_| may_be_own)?;
    ticker.is_own().then_some(ticker)
}
