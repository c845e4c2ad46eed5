//! The instruments of the simulated market.
//!
//! Tickers, names and exchanges are those of the real world, so that a demo reads like one. Price
//! levels are our invention: round numbers of a plausible size, taken from no market.

/// How a kind of instrument is called and moves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) volatility_percent: u8,
    pub(super) growth_percent: u8,
}

const fn kind(name: &'static str, volatility_percent: u8, growth_percent: u8) -> Kind {
    Kind {
        name,
        volatility_percent,
        growth_percent,
    }
}

const STOCK: Kind = kind("Stock", 100, 7);
const ETF: Kind = kind("ETF", 60, 6);
const BOND_ETF: Kind = kind("ETF", 18, 0);
const BOND: Kind = kind("Bond", 12, 0);
const MUTUAL_FUND: Kind = kind("Mutual Fund", 55, 6);
const CRYPTO: Kind = kind("Crypto", 150, 12);

/// Where and in which currency an instrument trades; when, its symbol tells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Venue {
    pub(super) name: &'static str,
    pub(super) currency: &'static str,
    /// Decimal places of its prices.
    pub(super) places: u32,
}

const fn venue(name: &'static str, currency: &'static str, places: u32) -> Venue {
    Venue {
        name,
        currency,
        places,
    }
}

const NASDAQ: Venue = venue("NASDAQ", "USD", 2);
const NYSE: Venue = venue("NYSE", "USD", 2);
const ARCA: Venue = venue("NYSE Arca", "USD", 2);
const US_FUNDS: Venue = venue("Fund", "USD", 2);
const US_BONDS: Venue = venue("OTC Bond", "USD", 4);
const TORONTO: Venue = venue("Toronto", "CAD", 2);
const LONDON: Venue = venue("London", "GBP", 3);
const XETRA: Venue = venue("XETRA", "EUR", 2);
const PARIS: Venue = venue("Paris", "EUR", 2);
const AMSTERDAM: Venue = venue("Amsterdam", "EUR", 2);
const SWISS: Venue = venue("SIX Swiss", "CHF", 2);
const TOKYO: Venue = venue("Tokyo", "JPY", 0);
const HONG_KONG: Venue = venue("Hong Kong", "HKD", 2);
const SYDNEY: Venue = venue("Sydney", "AUD", 2);
const COINS: Venue = venue("Crypto", "USD", 2);
const SMALL_COINS: Venue = venue("Crypto", "USD", 5);

/// One instrument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing {
    pub(super) venue: Venue,
    pub(super) symbol: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) sector: &'static str,
    /// The level of 2020, in thousandths of the currency.
    pub(super) base: i64,
}

const fn listed(
    venue: Venue,
    symbol: &'static str,
    name: &'static str,
    kind: Kind,
    sector: &'static str,
    base: i64,
) -> Listing {
    Listing {
        venue,
        symbol,
        name,
        kind,
        sector,
        base,
    }
}

const TECHNOLOGY: &str = "Technology";
const COMMUNICATION: &str = "Communication Services";
const CYCLICAL: &str = "Consumer Cyclical";
const DEFENSIVE: &str = "Consumer Defensive";
const FINANCIAL: &str = "Financial Services";
const HEALTHCARE: &str = "Healthcare";
const INDUSTRIALS: &str = "Industrials";
const ENERGY: &str = "Energy";
const MATERIALS: &str = "Basic Materials";
const UTILITIES: &str = "Utilities";
const REAL_ESTATE: &str = "Real Estate";
const DIVERSIFIED: &str = "Diversified";
const FIXED_INCOME: &str = "Fixed Income";
const DIGITAL: &str = "Digital Assets";

#[rustfmt::skip]
pub(super) const LISTINGS: &[Listing] = &[
    listed(NASDAQ, "AAPL", "Apple Inc.", STOCK, TECHNOLOGY, 150_000),
    listed(NASDAQ, "MSFT", "Microsoft Corporation", STOCK, TECHNOLOGY, 250_000),
    listed(NASDAQ, "NVDA", "NVIDIA Corporation", STOCK, TECHNOLOGY, 90_000),
    listed(NASDAQ, "GOOGL", "Alphabet Inc. Class A", STOCK, COMMUNICATION, 110_000),
    listed(NASDAQ, "AMZN", "Amazon.com, Inc.", STOCK, CYCLICAL, 120_000),
    listed(NASDAQ, "META", "Meta Platforms, Inc.", STOCK, COMMUNICATION, 300_000),
    listed(NASDAQ, "TSLA", "Tesla, Inc.", STOCK, CYCLICAL, 200_000),
    listed(NASDAQ, "NFLX", "Netflix, Inc.", STOCK, COMMUNICATION, 400_000),
    listed(NASDAQ, "ADBE", "Adobe Inc.", STOCK, TECHNOLOGY, 350_000),
    listed(NASDAQ, "INTC", "Intel Corporation", STOCK, TECHNOLOGY, 30_000),
    listed(NASDAQ, "AMD", "Advanced Micro Devices, Inc.", STOCK, TECHNOLOGY, 100_000),
    listed(NASDAQ, "COST", "Costco Wholesale Corporation", STOCK, DEFENSIVE, 550_000),
    listed(NASDAQ, "PEP", "PepsiCo, Inc.", STOCK, DEFENSIVE, 130_000),
    listed(NYSE, "BRK-B", "Berkshire Hathaway Inc. Class B", STOCK, FINANCIAL, 300_000),
    listed(NYSE, "JPM", "JPMorgan Chase & Co.", STOCK, FINANCIAL, 150_000),
    listed(NYSE, "V", "Visa Inc.", STOCK, FINANCIAL, 220_000),
    listed(NYSE, "JNJ", "Johnson & Johnson", STOCK, HEALTHCARE, 140_000),
    listed(NYSE, "UNH", "UnitedHealth Group Incorporated", STOCK, HEALTHCARE, 400_000),
    listed(NYSE, "PFE", "Pfizer Inc.", STOCK, HEALTHCARE, 30_000),
    listed(NYSE, "XOM", "Exxon Mobil Corporation", STOCK, ENERGY, 80_000),
    listed(NYSE, "CVX", "Chevron Corporation", STOCK, ENERGY, 120_000),
    listed(NYSE, "KO", "The Coca-Cola Company", STOCK, DEFENSIVE, 50_000),
    listed(NYSE, "WMT", "Walmart Inc.", STOCK, DEFENSIVE, 60_000),
    listed(NYSE, "DIS", "The Walt Disney Company", STOCK, COMMUNICATION, 90_000),
    listed(NYSE, "BA", "The Boeing Company", STOCK, INDUSTRIALS, 160_000),
    listed(NYSE, "CAT", "Caterpillar Inc.", STOCK, INDUSTRIALS, 240_000),
    listed(NYSE, "NEE", "NextEra Energy, Inc.", STOCK, UTILITIES, 60_000),
    listed(NYSE, "O", "Realty Income Corporation", STOCK, REAL_ESTATE, 50_000),
    listed(NYSE, "T", "AT&T Inc.", STOCK, COMMUNICATION, 18_000),
    listed(ARCA, "SPY", "SPDR S&P 500 ETF Trust", ETF, DIVERSIFIED, 400_000),
    listed(ARCA, "VOO", "Vanguard S&P 500 ETF", ETF, DIVERSIFIED, 370_000),
    listed(ARCA, "VTI", "Vanguard Total Stock Market ETF", ETF, DIVERSIFIED, 200_000),
    listed(NASDAQ, "QQQ", "Invesco QQQ Trust", ETF, TECHNOLOGY, 320_000),
    listed(ARCA, "VEA", "Vanguard FTSE Developed Markets ETF", ETF, DIVERSIFIED, 40_000),
    listed(ARCA, "VWO", "Vanguard FTSE Emerging Markets ETF", ETF, DIVERSIFIED, 38_000),
    listed(ARCA, "SCHD", "Schwab US Dividend Equity ETF", ETF, DIVERSIFIED, 24_000),
    listed(ARCA, "VNQ", "Vanguard Real Estate ETF", ETF, REAL_ESTATE, 80_000),
    listed(ARCA, "GLD", "SPDR Gold Shares", ETF, MATERIALS, 160_000),
    listed(NASDAQ, "BND", "Vanguard Total Bond Market ETF", BOND_ETF, FIXED_INCOME, 72_000),
    listed(ARCA, "AGG", "iShares Core U.S. Aggregate Bond ETF", BOND_ETF, FIXED_INCOME, 98_000),
    listed(NASDAQ, "TLT", "iShares 20+ Year Treasury Bond ETF", BOND_ETF, FIXED_INCOME, 95_000),
    listed(US_BONDS, "UST10Y", "US Treasury Note, 10 Years (simulated)", BOND, FIXED_INCOME, 98_500),
    listed(US_BONDS, "UST30Y", "US Treasury Bond, 30 Years (simulated)", BOND, FIXED_INCOME, 95_250),
    listed(US_FUNDS, "VTSAX", "Vanguard Total Stock Market Index Fund Admiral Shares", MUTUAL_FUND, DIVERSIFIED, 100_000),
    listed(US_FUNDS, "VFIAX", "Vanguard 500 Index Fund Admiral Shares", MUTUAL_FUND, DIVERSIFIED, 370_000),
    listed(US_FUNDS, "FXAIX", "Fidelity 500 Index Fund", MUTUAL_FUND, DIVERSIFIED, 140_000),
    listed(TORONTO, "SHOP.TO", "Shopify Inc.", STOCK, TECHNOLOGY, 90_000),
    listed(TORONTO, "RY.TO", "Royal Bank of Canada", STOCK, FINANCIAL, 120_000),
    listed(TORONTO, "ENB.TO", "Enbridge Inc.", STOCK, ENERGY, 48_000),
    listed(LONDON, "VOD.L", "Vodafone Group Plc", STOCK, COMMUNICATION, 750),
    listed(LONDON, "AZN.L", "AstraZeneca PLC", STOCK, HEALTHCARE, 100_000),
    listed(LONDON, "HSBA.L", "HSBC Holdings plc", STOCK, FINANCIAL, 6_000),
    listed(LONDON, "SHEL.L", "Shell plc", STOCK, ENERGY, 24_000),
    listed(XETRA, "SAP.DE", "SAP SE", STOCK, TECHNOLOGY, 130_000),
    listed(XETRA, "SIE.DE", "Siemens AG", STOCK, INDUSTRIALS, 140_000),
    listed(XETRA, "EUNL.DE", "iShares Core MSCI World UCITS ETF", ETF, DIVERSIFIED, 75_000),
    listed(PARIS, "MC.PA", "LVMH Moët Hennessy Louis Vuitton SE", STOCK, CYCLICAL, 600_000),
    listed(AMSTERDAM, "ASML.AS", "ASML Holding N.V.", STOCK, TECHNOLOGY, 550_000),
    listed(SWISS, "NESN.SW", "Nestlé S.A.", STOCK, DEFENSIVE, 90_000),
    listed(SWISS, "NOVN.SW", "Novartis AG", STOCK, HEALTHCARE, 85_000),
    listed(TOKYO, "7203.T", "Toyota Motor Corporation", STOCK, CYCLICAL, 2_200_000),
    listed(TOKYO, "6758.T", "Sony Group Corporation", STOCK, TECHNOLOGY, 2_600_000),
    listed(HONG_KONG, "0700.HK", "Tencent Holdings Limited", STOCK, COMMUNICATION, 340_000),
    listed(SYDNEY, "BHP.AX", "BHP Group Limited", STOCK, MATERIALS, 42_000),
    listed(COINS, "BTC-USD", "Bitcoin", CRYPTO, DIGITAL, 40_000_000),
    listed(COINS, "ETH-USD", "Ethereum", CRYPTO, DIGITAL, 2_200_000),
    listed(COINS, "SOL-USD", "Solana", CRYPTO, DIGITAL, 90_000),
    listed(SMALL_COINS, "DOGE-USD", "Dogecoin", CRYPTO, DIGITAL, 120),
];
