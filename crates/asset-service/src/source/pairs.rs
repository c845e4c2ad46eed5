//! What the sources of reference rates have in common: a pair of currencies as an instrument.

use domain::{Currency, InstrumentType, Ticker};

use super::{SourceError, SourceInstrument};

/// A pair of two different currencies.
pub(super) fn parse(ticker: &Ticker) -> Option<(Currency, Currency)> {
    ticker.as_fx_pair().filter(|(base, quote)| base != quote)
}

/// # Errors
///
/// `UnknownSymbol` for anything but a pair.
pub(super) fn describe(ticker: &Ticker) -> Result<SourceInstrument, SourceError> {
    let (base, quote) = ticker.as_fx_pair().ok_or(SourceError::UnknownSymbol)?;
    Ok(SourceInstrument {
        ticker: ticker.clone(),
        name: format!("{base}/{quote}"),
        exchange: Some("FX".to_owned()),
        instrument_type: InstrumentType::parse("Currency")
            .unwrap_or_else(|_| InstrumentType::other()),
        sector: None,
        currency: quote,
    })
}
