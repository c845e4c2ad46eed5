//! Random trading in two portfolios of one customer, on a made-up market that lacks no day.
//!
//! What became of it is read back as entries, so that figures can be counted again from those
//! alone. The same seed gives the same entries.

use std::collections::BTreeMap;

use api::portfolio::Transaction;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, ToSpan};
use rust_decimal::Decimal;
use serde::de::DeserializeOwned;
use service_kit::testing::TestResponse;

use crate::dice::Dice;
use crate::market::Market;
use crate::world::World;

/// Instruments with the currency of their prices. The last one is paid for in either currency.
pub(crate) const INSTRUMENTS: [(&str, &str); 3] =
    [("ACME", "USD"), ("SAP.DE", "EUR"), ("BOTH", "USD")];
const PAIRS: [(&str, &str); 4] = [
    ("EUR", "USD"),
    ("USD", "EUR"),
    ("EUR", "GBP"),
    ("USD", "GBP"),
];
/// Trades are of the days after it.
pub(crate) const START: Date = date(2026, 1, 5);
pub(crate) const TODAY: Date = date(2026, 3, 10);
const DAYS: u64 = 50;

/// Prices and rates, as the test knows them.
pub(crate) struct Prices(BTreeMap<String, BTreeMap<Date, Decimal>>);

impl Prices {
    /// A walk for each symbol: closes on most working days, rates on all, and quotes of today.
    pub(crate) fn made_up(dice: &mut Dice) -> Self {
        let mut prices = BTreeMap::new();
        let pairs = PAIRS.map(|(from, to)| (pair(from, to), date(2025, 1, 1), 10_000, 4, 0));
        let closes = INSTRUMENTS.map(|(ticker, _)| (ticker.to_owned(), START, 10_000, 2, 8));
        for (symbol, first, mut level, places, skipped) in pairs.into_iter().chain(closes) {
            let mut by_day = BTreeMap::new();
            for day in first.series(1.day()).take_while(|day| *day <= TODAY) {
                level += i64::try_from(dice.throw(401)).unwrap() - 200;
                level = level.clamp(6_000, 16_000);
                let is_known = skipped == 0 || dice.throw(skipped) > 1;
                if is_known || day == first || day == TODAY {
                    by_day.insert(day, Decimal::new(level, places));
                }
            }
            prices.insert(symbol, by_day);
        }
        Self(prices)
    }

    pub(crate) fn tell(&self, market: &Market) {
        for (symbol, by_day) in &self.0 {
            let currency = currency_of(symbol);
            let known = by_day.range(..TODAY);
            let texts: Vec<_> = known
                .map(|(day, price)| (day.to_string(), price.to_string()))
                .collect();
            let texts: Vec<_> = texts
                .iter()
                .map(|(day, price)| (&**day, &**price))
                .collect();
            market.closes(symbol, currency, &texts);
            market.price(symbol, &by_day[&TODAY].to_string(), currency);
        }
    }

    /// The last price known on a day.
    pub(crate) fn on(&self, symbol: &str, day: Date) -> Decimal {
        *self.0[symbol].range(..=day).next_back().unwrap().1
    }

    pub(crate) fn rate(&self, from: &str, to: &str, day: Date) -> Decimal {
        if from == to {
            return Decimal::ONE;
        }
        self.on(&pair(from, to), day)
    }
}

pub(crate) fn pair(from: &str, to: &str) -> String {
    format!("{from}{to}=X")
}

/// The currency a symbol is priced in.
pub(crate) fn currency_of(symbol: &str) -> &'static str {
    let pairs = PAIRS.into_iter().map(|(from, to)| (pair(from, to), to));
    let instruments = INSTRUMENTS.map(|(ticker, currency)| (ticker.to_owned(), currency));
    let mut known = pairs.chain(instruments);
    known.find(|(known, _)| known == symbol).unwrap().1
}

/// What the two portfolios do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) method: &'static str,
    pub(crate) bases: [&'static str; 2],
    pub(crate) track_cash: [bool; 2],
    /// Whether purchases have fees and taxes.
    pub(crate) charges: bool,
    /// Whether lots come from outside.
    pub(crate) arrivals: bool,
    /// Whether lots and money leave, to outside and to the other portfolio.
    pub(crate) departures: bool,
}

pub(crate) struct Trading {
    pub(crate) world: World,
    pub(crate) prices: Prices,
    pub(crate) habits: Habits,
    pub(crate) portfolios: [String; 2],
    pub(crate) dice: Dice,
    /// Of the portfolio that an entry is made up for.
    base: &'static str,
}

impl Trading {
    pub(crate) async fn open(seed: u64, habits: Habits) -> Self {
        let mut dice = Dice(seed);
        let world = World::new().await;
        let prices = Prices::made_up(&mut dice);
        prices.tell(&world.market);
        let mut portfolios = [String::new(), String::new()];
        for (place, portfolio) in portfolios.iter_mut().enumerate() {
            let (method, base) = (habits.method, habits.bases[place]);
            let cash = habits.track_cash[place];
            let body = format!(
                r#"{{"name":"P{place}","type":"Brokerage","base_currency":"{base}","cost_basis_method":"{method}","cash_tracking":{cash}}}"#
            );
            *portfolio = world.open(&body).await;
        }
        Self {
            world,
            prices,
            habits,
            portfolios,
            dice,
            base: habits.bases[0],
        }
    }

    /// Two portfolios after so many attempts to record something.
    pub(crate) async fn after(seed: u64, habits: Habits, attempts: usize) -> Self {
        let mut trading = Self::open(seed, habits).await;
        let mut accepted = 0;
        for _ in 0..attempts {
            let place = usize::from(trading.dice.throw(3) == 0);
            let body = trading.random_entry(place);
            accepted += usize::from(trading.enter(place, &body).await.is_some());
        }
        assert!(accepted * 2 > attempts, "{accepted} of {attempts}");
        trading
    }

    /// Records an entry and answers its id, unless the ledger refuses it.
    pub(crate) async fn enter(&self, place: usize, body: &str) -> Option<String> {
        // An id tells when its entry was recorded.
        self.world.clock.advance(SignedDuration::from_millis(5));
        let answer = self.world.try_enter(&self.portfolios[place], body).await;
        is_accepted(&answer, 201).then(|| answer.at("/transaction_id"))
    }

    pub(crate) async fn read<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.world.read(path).await;
        serde_json::from_str(&answer.body).unwrap()
    }

    /// Everything in a portfolio, in ledger order.
    pub(crate) async fn entries(&self, place: usize) -> Vec<Transaction> {
        let list = format!(
            "{}/transactions?page_size=200&order=asc",
            self.portfolios[place]
        );
        let answer = self.world.read(&list).await;
        assert_eq!(answer.at("/next_page_token"), "null");
        serde_json::from_str(&answer.at("/items")).unwrap()
    }

    pub(crate) fn random_entry(&mut self, place: usize) -> String {
        let habits = self.habits;
        let kind = match self.dice.throw(24) {
            0..8 => "BUY",
            8..12 => "SELL",
            12 => "DIVIDEND",
            13 => "INTEREST",
            14 => "FEE",
            15 => "TAX",
            16 => "SPLIT",
            17 | 18 if habits.arrivals => "TRANSFER_IN",
            19..22 if habits.departures => "TRANSFER_OUT",
            22 => "WITHDRAWAL",
            _ => "DEPOSIT",
        };
        let ticker = INSTRUMENTS[self.pick(3)].0;
        format!(
            r#"{{"type":"{kind}",{}}}"#,
            self.fields(kind, ticker, place)
        )
    }

    /// The fields of an entry; without one about where it goes, they correct it, too.
    pub(crate) fn fields(&mut self, kind: &str, ticker: &str, place: usize) -> String {
        self.base = self.habits.bases[place];
        let day = START + i64::try_from(self.dice.throw(DAYS) + 1).unwrap().days();
        let about = format!(r#""ticker_symbol":"{ticker}""#);
        let rest = match kind {
            "BUY" => {
                let (quantity, money) = (self.number(40_000, 3), self.paid_for(ticker));
                let charges = self.charges(self.habits.charges);
                let price = self.number(1_500_000, 4);
                format!(
                    r#"{about},"instrument_type":"{ticker}","quantity":{quantity},"price":{price},{charges},{money}"#
                )
            }
            "SELL" => {
                let (quantity, money) = (self.number(16_000, 3), self.paid_for(ticker));
                let (price, charges) = (self.number(1_500_000, 4), self.charges(true));
                format!(r#"{about},"quantity":{quantity},"price":{price},{charges},{money}"#)
            }
            "DIVIDEND" => {
                let (amount, money) = (self.number(9_999, 2), self.paid_for(ticker));
                format!(
                    r#"{about},"amount":{amount},{},{money}"#,
                    self.charges(true)
                )
            }
            "SPLIT" => {
                let (new, old) = (self.dice.throw(3) + 2, self.dice.throw(3) + 1);
                format!(r#"{about},"ratio":{{"new":{new},"old":{old}}}"#)
            }
            "TRANSFER_IN" => format!(
                r#"{about},"instrument_type":"{ticker}",{}"#,
                self.arriving(ticker)
            ),
            "TRANSFER_OUT" => self.leaving(&about, place),
            "INTEREST" => {
                let (amount, money) = (self.number(9_999, 2), self.money());
                format!(r#""amount":{amount},{},{money}"#, self.charges(true))
            }
            _ => format!(r#""amount":{},{}"#, self.number(99_999, 2), self.money()),
        };
        format!(r#""trade_date":"{day}",{rest}"#)
    }

    pub(crate) fn pick(&mut self, sides: u64) -> usize {
        usize::try_from(self.dice.throw(sides)).unwrap()
    }

    fn number(&mut self, below: u64, places: u32) -> Decimal {
        let number = i64::try_from(self.dice.throw(below) + 1).unwrap();
        Decimal::new(number, places)
    }

    fn charges(&mut self, are_there: bool) -> String {
        if !are_there {
            return r#""fee":0,"tax":0"#.to_owned();
        }
        format!(
            r#""fee":{},"tax":{}"#,
            self.number(999, 2),
            self.number(999, 2)
        )
    }

    /// A currency, and now and then a rate that is not the market's.
    fn money(&mut self) -> String {
        let currency = ["USD", "EUR"][self.pick(2)];
        self.money_in(currency)
    }

    fn money_in(&mut self, currency: &str) -> String {
        let stated = self.dice.throw(3) == 0;
        let rate = match self.number(9_999, 4) {
            _ if currency == self.base => Decimal::ONE,
            more => more + Decimal::ONE,
        };
        if stated {
            format!(r#""currency":"{currency}","fx_rate":{rate}"#)
        } else {
            format!(r#""currency":"{currency}","fx_rate":null"#)
        }
    }

    fn paid_for(&mut self, ticker: &str) -> String {
        if ticker == "BOTH" {
            self.money()
        } else {
            self.money_in(currency_of(ticker))
        }
    }

    /// Lots bought elsewhere in the year before.
    fn arriving(&mut self, ticker: &str) -> String {
        let count = self.dice.throw(2) + 1;
        let lots: Vec<String> = (0..count)
            .map(|_| {
                let bought = date(2025, 1, 2) + i64::try_from(self.dice.throw(360)).unwrap().days();
                let (quantity, cost) = (self.number(9_999, 3), self.number(99_999, 2));
                let fees = if self.habits.charges { self.number(999, 2) } else { Decimal::ZERO };
                let money = self.paid_for(ticker);
                format!(
                    r#"{{"quantity":{quantity},"purchase_date":"{bought}","cost":{cost},"fees":{fees},{money}}}"#
                )
            })
            .collect();
        format!(r#""lots":[{}]"#, lots.join(","))
    }

    /// Lots or money, to the other portfolio or to nobody here.
    fn leaving(&mut self, about: &str, place: usize) -> String {
        let other = self.portfolios[1 - place].rsplit('/').next().unwrap();
        let to = match self.dice.throw(3) {
            0 => String::new(),
            _ => format!(r#","to_portfolio_id":"{other}""#),
        };
        if self.dice.throw(3) == 0 {
            return format!(
                r#""amount":{},{}{to}"#,
                self.number(99_999, 2),
                self.money()
            );
        }
        format!(r#"{about},"quantity":{}{to}"#, self.number(12_000, 3))
    }
}

/// Whether something was done; it is refused only for what a ledger refuses.
pub(crate) fn is_accepted(answer: &TestResponse, status: u16) -> bool {
    const REFUSALS: [&str; 4] = [
        "OVERSOLD",
        "LEAVES_NOTHING",
        "LOT_NOT_HELD",
        "LINKED_TRANSFER",
    ];
    if answer.status == status {
        return true;
    }
    let code = answer.clone().expect(409).problem().code;
    assert!(REFUSALS.contains(&&*code), "{code}: {}", answer.body);
    false
}

/// Equal but for what documented rounding may leave.
pub(crate) fn assert_close(left: Decimal, right: Decimal, what: &str) {
    assert!(
        (left - right).abs() < Decimal::new(1, 7),
        "{what}: {left} and {right}"
    );
}
