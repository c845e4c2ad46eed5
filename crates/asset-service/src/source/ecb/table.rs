//! One file of the European Central Bank: days, and on each what a euro cost.
//!
//! Invariant: a rate is read from its text. In a file of history a rate that is none is a gap; in
//! the file of the day it is refused when its currency is asked for.

use std::collections::BTreeMap;

use domain::{Currency, Price};
use jiff::Timestamp;
use jiff::civil::{Date, time};
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use rust_decimal::Decimal;

use super::super::SourceError;
use super::super::{checked, pairs};

/// Half a file would read like one with fewer currencies.
const ROOT: &str = "Envelope";

/// What a euro cost in each currency.
#[derive(Debug)]
pub(super) struct Table {
    /// Oldest first; nothing where the text is no number.
    rates: BTreeMap<Currency, Vec<(Date, Option<Decimal>)>>,
}

impl Table {
    /// # Errors
    ///
    /// `UnknownSymbol` for a currency that is not listed, and what is wrong with its rate.
    pub(super) fn latest(&self, currency: Currency) -> Result<(Date, Price), SourceError> {
        let rates = self
            .rates
            .get(&currency)
            .ok_or(SourceError::UnknownSymbol)?;
        let (date, rate) = rates.last().ok_or(SourceError::UnknownSymbol)?;
        Ok((*date, checked::rate(*rate)?))
    }

    pub(super) fn days(
        &self,
        currency: Currency,
    ) -> impl Iterator<Item = (Date, Result<Price, SourceError>)> {
        let rates = self.rates.get(&currency).into_iter().flatten();
        rates.map(|(date, rate)| (*date, checked::rate(*rate)))
    }
}

/// # Errors
///
/// `Unavailable` for what is not XML or has no day in it.
pub(super) fn read(body: &[u8]) -> Result<Table, SourceError> {
    let text = std::str::from_utf8(body).map_err(checked::unreadable)?;
    let mut reader = Reader::from_str(text);
    let mut rates: BTreeMap<Currency, Vec<_>> = BTreeMap::new();
    let (mut day, mut is_whole) = (None, false);
    loop {
        match reader.read_event().map_err(checked::unreadable)? {
            Event::Start(tag) | Event::Empty(tag) if tag.local_name().as_ref() == "Cube" => {
                if let Some(time) = attribute(&tag, "time")? {
                    day = Some(time.parse::<Date>().map_err(checked::unreadable)?);
                }
                let currency = attribute(&tag, "currency")?;
                // Currencies that are no more are not in ISO 4217 either.
                let currency = currency.and_then(|code| Currency::parse(&code).ok());
                if let (Some(day), Some(currency)) = (day, currency) {
                    let rate = attribute(&tag, "rate")?.unwrap_or_default();
                    let rate = domain::decimal::parse(&rate).ok();
                    rates.entry(currency).or_default().push((day, rate));
                }
            }
            Event::End(tag) => is_whole |= tag.local_name().as_ref() == ROOT,
            Event::Eof => break,
            _ => {}
        }
    }
    if rates.is_empty() || !is_whole {
        return Err(checked::unreadable("it is no whole list of rates"));
    }
    for days in rates.values_mut() {
        days.sort_by_key(|(date, _)| *date);
        days.dedup_by_key(|(date, _)| *date);
    }
    Ok(Table { rates })
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, SourceError> {
    let found = tag.try_get_attribute(name).map_err(checked::unreadable)?;
    let value = found.map(|found| found.normalized_value(XmlVersion::Implicit1_0));
    let value = value.transpose().map_err(checked::unreadable)?;
    Ok(value.map(std::borrow::Cow::into_owned))
}

/// When the rates of a day were fixed.
pub(super) fn fixed_at(day: Date) -> Option<Timestamp> {
    pairs::in_central_europe(day, time(14, 10, 0, 0))
}
