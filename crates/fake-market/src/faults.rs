//! The ways a source misbehaves, and when.

use serde::{Deserialize, Serialize};

use crate::answer::Tick;
use crate::calls::Kind;
use crate::sources::Source;

/// One way to misbehave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misbehaviour {
    /// 429 and not a word more.
    TooMany,
    /// 429, `Retry-After` in seconds.
    TooManyWithSeconds,
    /// 429, `Retry-After` as a date.
    TooManyWithDate,
    InternalError,
    ServiceUnavailable,
    /// 200, with what this source says instead of an answer.
    ErrorBody,
    /// 200, a web page.
    Html,
    /// 200, half the answer.
    Truncated,
    /// Not a byte for half a minute.
    SlowHeaders,
    /// Half the answer, then a byte now and then.
    SlowBody,
    /// The connection is reset before a byte.
    Reset,
    Nulls,
    Infinity,
    Zero,
    Negative,
    WrongCurrency,
    Future,
    /// Ten times the price.
    Spike,
    OtherSymbol,
}

impl Misbehaviour {
    pub const ALL: [Self; 19] = [
        Self::TooMany,
        Self::TooManyWithSeconds,
        Self::TooManyWithDate,
        Self::InternalError,
        Self::ServiceUnavailable,
        Self::ErrorBody,
        Self::Html,
        Self::Truncated,
        Self::SlowHeaders,
        Self::SlowBody,
        Self::Reset,
        Self::Nulls,
        Self::Infinity,
        Self::Zero,
        Self::Negative,
        Self::WrongCurrency,
        Self::Future,
        Self::Spike,
        Self::OtherSymbol,
    ];

    /// Whether the answer has its shape, and lies.
    pub fn is_a_lie(self) -> bool {
        self >= Self::Nulls
    }

    /// Whether a reader can tell at all. Finnhub's quotes name neither symbol nor currency.
    pub fn can_be_told(self, source: Source) -> bool {
        let unnamed = matches!(self, Self::OtherSymbol | Self::WrongCurrency);
        !(unnamed && source == Source::Finnhub)
    }

    pub(crate) fn twist(self, tick: &mut Tick) {
        let word = match self {
            Self::Nulls => Some("null".to_owned()),
            Self::Infinity => Some("\"Infinity\"".to_owned()),
            Self::Zero => Some("0".to_owned()),
            Self::Negative => Some(format!("-{}", tick.price)),
            _ => None,
        };
        match self {
            Self::WrongCurrency if tick.unit == "JPY" => "USD".clone_into(&mut tick.unit),
            Self::WrongCurrency => "JPY".clone_into(&mut tick.unit),
            Self::Future => tick.second += 3 * 86_400,
            Self::Spike => tick.price = tick.tenfold(),
            Self::OtherSymbol => "OTHER".clone_into(&mut tick.symbol),
            _ => {}
        }
        if let Some(word) = word {
            tick.price.clone_from(&word);
            tick.previous_close = word;
        }
    }
}

/// When to misbehave, and how. What is left out matches everything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub misbehaviour: Misbehaviour,
    #[serde(default)]
    pub source: Option<Source>,
    /// In Yahoo's spelling.
    #[serde(default)]
    pub symbol: Option<String>,
    #[serde(default)]
    pub kind: Option<Kind>,
    /// For so many calls; for good if left out.
    #[serde(default)]
    pub times: Option<u32>,
}

impl Rule {
    /// Always, whatever is asked of the source.
    pub fn always(source: Source, misbehaviour: Misbehaviour) -> Self {
        Self {
            misbehaviour,
            source: Some(source),
            symbol: None,
            kind: None,
            times: None,
        }
    }

    #[must_use]
    pub fn on_symbol(self, symbol: &str) -> Self {
        let symbol = Some(symbol.to_owned());
        Self { symbol, ..self }
    }

    #[must_use]
    pub fn on_kind(self, kind: Kind) -> Self {
        let kind = Some(kind);
        Self { kind, ..self }
    }

    #[must_use]
    pub fn times(self, times: u32) -> Self {
        let times = Some(times);
        Self { times, ..self }
    }

    /// Counts a call that it meets.
    pub(crate) fn meets(&mut self, source: Source, kind: Kind, symbols: &[String]) -> bool {
        let meets = self.times != Some(0)
            && self.source.is_none_or(|wanted| wanted == source)
            && self.kind.is_none_or(|wanted| wanted == kind)
            && self
                .symbol
                .as_ref()
                .is_none_or(|wanted| symbols.contains(wanted));
        if meets {
            self.times = self.times.map(|left| left - 1);
        }
        meets
    }
}

/// Random misbehaviour, the same for the same seed and order of calls.
///
/// What nobody could tell from the truth is left out: so only Yahoo spikes, because a price that
/// two sources say is believed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    pub seed: u64,
    /// How many calls of a thousand meet it.
    pub per_thousand: u32,
    #[serde(default)]
    pub without: Vec<Misbehaviour>,
}

impl Trouble {
    pub(crate) fn draw(&self, call: u64, source: Source) -> Option<Misbehaviour> {
        let drawn = mixed(self.seed ^ mixed(call));
        if drawn % 1_000 >= u64::from(self.per_thousand) {
            return None;
        }
        let ways = Misbehaviour::ALL.len() as u64;
        let way = usize::try_from(mixed(drawn) % ways).unwrap_or_default();
        let drawn = Some(Misbehaviour::ALL[way]).filter(|way| !self.without.contains(way));
        drawn.filter(|way| match way {
            Misbehaviour::Spike => source == Source::Yahoo,
            way => way.can_be_told(source),
        })
    }
}

/// One step of `SplitMix64`.
fn mixed(seed: u64) -> u64 {
    let seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let seed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let seed = (seed ^ (seed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    seed ^ (seed >> 31)
}
