//! What a symbol stands for. Symbols are spelled as on Yahoo, whoever is asked.
//!
//! Every symbol exists whose characters are those of one and that does not begin with `NOPE`;
//! coins and currencies only where they are listed here.

/// Coins by symbol, and the slug by which CoinGecko knows them.
pub const COINS: [(&str, &str, &str); 12] = [
    ("ADA", "cardano", "Cardano"),
    ("AVAX", "avalanche-2", "Avalanche"),
    ("BNB", "binancecoin", "BNB"),
    ("BTC", "bitcoin", "Bitcoin"),
    ("DOGE", "dogecoin", "Dogecoin"),
    ("DOT", "polkadot", "Polkadot"),
    ("ETH", "ethereum", "Ethereum"),
    ("LINK", "chainlink", "Chainlink"),
    ("LTC", "litecoin", "Litecoin"),
    ("SOL", "solana", "Solana"),
    ("USDT", "tether", "Tether"),
    ("XRP", "ripple", "XRP"),
];

/// Currencies, and roughly how many ten-millionths of a dollar each costs here.
pub const CURRENCIES: [(&str, i64); 30] = [
    ("AUD", 6_600_000),
    ("BRL", 1_900_000),
    ("CAD", 7_300_000),
    ("CHF", 11_300_000),
    ("CNY", 1_400_000),
    ("CZK", 440_000),
    ("DKK", 1_460_000),
    ("EUR", 10_900_000),
    ("GBP", 12_800_000),
    ("HKD", 1_280_000),
    ("HUF", 28_000),
    ("IDR", 620),
    ("ILS", 2_700_000),
    ("INR", 119_000),
    ("ISK", 73_000),
    ("JPY", 67_000),
    ("KRW", 7_400),
    ("MXN", 550_000),
    ("MYR", 2_200_000),
    ("NOK", 950_000),
    ("NZD", 6_000_000),
    ("PHP", 175_000),
    ("PLN", 2_500_000),
    ("RON", 2_190_000),
    ("SEK", 960_000),
    ("SGD", 7_450_000),
    ("THB", 280_000),
    ("TRY", 300_000),
    ("USD", 10_000_000),
    ("ZAR", 540_000),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Stock,
    Coin,
    Pair,
}

/// Where a stock is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exchange {
    /// After the dot of a symbol; nothing in the United States.
    pub suffix: &'static str,
    pub code: &'static str,
    pub name: &'static str,
    pub mic: &'static str,
    pub time_zone: &'static str,
    /// Seconds east of Greenwich, without daylight saving.
    pub offset: i32,
    /// What it quotes in: a currency, or a hundredth of one.
    pub unit: &'static str,
    pub currency: &'static str,
}

const fn exchange(
    suffix: &'static str,
    [code, name, mic]: [&'static str; 3],
    (time_zone, offset): (&'static str, i32),
    (unit, currency): (&'static str, &'static str),
) -> Exchange {
    Exchange {
        suffix,
        code,
        name,
        mic,
        time_zone,
        offset,
        unit,
        currency,
    }
}

pub const EXCHANGES: [Exchange; 9] = [
    exchange(
        "",
        ["NMS", "NASDAQ", "XNGS"],
        ("America/New_York", -18_000),
        ("USD", "USD"),
    ),
    exchange(
        "L",
        ["LSE", "LSE", "XLON"],
        ("Europe/London", 0),
        ("GBp", "GBP"),
    ),
    exchange(
        "DE",
        ["GER", "XETR", "XETR"],
        ("Europe/Berlin", 3_600),
        ("EUR", "EUR"),
    ),
    exchange(
        "PA",
        ["PAR", "Euronext", "XPAR"],
        ("Europe/Paris", 3_600),
        ("EUR", "EUR"),
    ),
    exchange(
        "SW",
        ["EBS", "SIX", "XSWX"],
        ("Europe/Zurich", 3_600),
        ("CHF", "CHF"),
    ),
    exchange(
        "TO",
        ["TOR", "TSX", "XTSE"],
        ("America/Toronto", -18_000),
        ("CAD", "CAD"),
    ),
    exchange(
        "T",
        ["JPX", "JPX", "XJPX"],
        ("Asia/Tokyo", 32_400),
        ("JPY", "JPY"),
    ),
    exchange(
        "TA",
        ["TLV", "TASE", "XTAE"],
        ("Asia/Jerusalem", 7_200),
        ("ILA", "ILS"),
    ),
    exchange(
        "JO",
        ["JNB", "JSE", "XJSE"],
        ("Africa/Johannesburg", 7_200),
        ("ZAc", "ZAR"),
    ),
];

const NOWHERE: Exchange = exchange("", ["CCC", "CCC", ""], ("UTC", 0), ("USD", "USD"));

/// A symbol that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    pub symbol: String,
    pub name: String,
    pub class: Class,
    pub exchange: Exchange,
    /// What it is quoted in, a minor unit where the exchange says so.
    pub unit: &'static str,
    pub currency: &'static str,
    /// Of a pair or a coin: what is priced.
    pub base: String,
}

impl Listing {
    pub fn find(symbol: &str) -> Option<Self> {
        let symbol = symbol.to_ascii_uppercase();
        let spelled = symbol
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".-=^".contains(c));
        if symbol.is_empty() || !spelled || symbol.starts_with("NOPE") {
            return None;
        }
        if let Some(pair) = symbol.strip_suffix("=X") {
            return Self::pair(&symbol, pair);
        }
        if let Some(coin) = Self::coin(&symbol) {
            return Some(coin);
        }
        Self::stock(symbol)
    }

    fn pair(symbol: &str, pair: &str) -> Option<Self> {
        let (base, quote) = pair.split_at_checked(3)?;
        let (base, quote) = (currency(base)?, currency(quote)?);
        Some(Self {
            symbol: symbol.to_owned(),
            name: format!("{base}/{quote}"),
            class: Class::Pair,
            exchange: NOWHERE,
            unit: quote,
            currency: quote,
            base: base.to_owned(),
        })
    }

    fn coin(symbol: &str) -> Option<Self> {
        let (base, quote) = symbol.split_once('-')?;
        let quote = currency(quote)?;
        let (base, _, name) = COINS.iter().find(|(coin, _, _)| *coin == base)?;
        Some(Self {
            symbol: symbol.to_owned(),
            name: format!("{name} {quote}"),
            class: Class::Coin,
            exchange: NOWHERE,
            unit: quote,
            currency: quote,
            base: (*base).to_owned(),
        })
    }

    fn stock(symbol: String) -> Option<Self> {
        let suffix = symbol.rsplit_once('.').map_or("", |(_, suffix)| suffix);
        let exchange = *EXCHANGES.iter().find(|known| known.suffix == suffix)?;
        Some(Self {
            name: format!("{symbol} Incorporated"),
            class: Class::Stock,
            unit: exchange.unit,
            currency: exchange.currency,
            base: symbol.clone(),
            exchange,
            symbol,
        })
    }

    pub fn is_in_hundredths(&self) -> bool {
        self.unit != self.currency
    }
}

/// The code, if it is listed.
pub fn currency(code: &str) -> Option<&'static str> {
    CURRENCIES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(known, _)| *known)
}
