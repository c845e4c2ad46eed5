//! The exchanges: name, suffixes, time zone, hours in local time, and the rule of their holidays.
//!
//! Hours are those of continuous trading in 2026. Closing auctions follow within minutes, which
//! the life of a quote allows for.

use jiff::civil::{Time, time};
use jiff::tz::{self, TimeZone};

use super::holidays::{self, Rule};
use super::{Exchange, Hours};

const fn at(hour: i8, minute: i8) -> Time {
    time(hour, minute, 0, 0)
}

const fn exchange(
    name: &'static str,
    suffixes: &'static [&'static str],
    zone: TimeZone,
    hours: Hours,
    rests: Rule,
) -> Exchange {
    Exchange {
        name,
        suffixes,
        zone,
        hours,
        rests,
    }
}

const NEW_YORK_HOURS: &[(Time, Time)] = &[(at(9, 30), at(16, 0))];
const CONTINENT: &[(Time, Time)] = &[(at(9, 0), at(17, 30))];

pub(super) static NEW_YORK: Exchange = exchange(
    "New York",
    &[],
    tz::get!("America/New_York"),
    Hours::Weekdays(NEW_YORK_HOURS),
    holidays::new_york,
);

/// Quoted without a suffix, and traded in New York.
pub(super) const US_INDICES: [&str; 7] = ["^GSPC", "^DJI", "^IXIC", "^NDX", "^NYA", "^RUT", "^VIX"];

/// A market whose hours nobody told us. A price of it is never taken to rest while it may move.
pub(super) static ELSEWHERE: Exchange = exchange(
    "Elsewhere",
    &[],
    TimeZone::UTC,
    Hours::Weekdays(&[(at(0, 0), Time::MAX)]),
    holidays::none,
);

/// Priced once a day, when New York closes.
pub(super) static FUNDS: Exchange = exchange(
    "US funds",
    &[],
    tz::get!("America/New_York"),
    Hours::Once(at(16, 0)),
    holidays::new_york,
);

pub(super) static CURRENCIES: Exchange = exchange(
    "Currencies",
    &[],
    tz::get!("America/New_York"),
    Hours::Currencies(at(17, 0)),
    holidays::none,
);

pub(super) static COINS: Exchange =
    exchange("Coins", &[], TimeZone::UTC, Hours::Always, holidays::none);

#[rustfmt::skip]
pub(super) static EXCHANGES: &[Exchange] = &[
    exchange("Toronto", &["TO", "V", "NE", "CN"], tz::get!("America/Toronto"), Hours::Weekdays(NEW_YORK_HOURS), holidays::toronto),
    exchange("London", &["L", "IL"], tz::get!("Europe/London"), Hours::Weekdays(&[(at(8, 0), at(16, 30))]), holidays::london),
    exchange("XETRA", &["DE"], tz::get!("Europe/Berlin"), Hours::Weekdays(CONTINENT), holidays::xetra),
    exchange("Frankfurt", &["F", "BE", "DU", "HA", "HM", "MU", "SG"], tz::get!("Europe/Berlin"), Hours::Weekdays(&[(at(8, 0), at(22, 0))]), holidays::xetra),
    exchange("Paris", &["PA"], tz::get!("Europe/Paris"), Hours::Weekdays(CONTINENT), holidays::euronext),
    exchange("Amsterdam", &["AS"], tz::get!("Europe/Amsterdam"), Hours::Weekdays(CONTINENT), holidays::euronext),
    exchange("Brussels", &["BR"], tz::get!("Europe/Brussels"), Hours::Weekdays(CONTINENT), holidays::euronext),
    exchange("Lisbon", &["LS"], tz::get!("Europe/Lisbon"), Hours::Weekdays(&[(at(8, 0), at(16, 30))]), holidays::euronext),
    exchange("Dublin", &["IR"], tz::get!("Europe/Dublin"), Hours::Weekdays(&[(at(8, 0), at(16, 30))]), holidays::euronext),
    exchange("Milan", &["MI"], tz::get!("Europe/Rome"), Hours::Weekdays(CONTINENT), holidays::milan),
    exchange("Madrid", &["MC"], tz::get!("Europe/Madrid"), Hours::Weekdays(CONTINENT), holidays::madrid),
    exchange("SIX Swiss", &["SW"], tz::get!("Europe/Zurich"), Hours::Weekdays(CONTINENT), holidays::swiss),
    exchange("Vienna", &["VI"], tz::get!("Europe/Vienna"), Hours::Weekdays(CONTINENT), holidays::vienna),
    exchange("Stockholm", &["ST"], tz::get!("Europe/Stockholm"), Hours::Weekdays(CONTINENT), holidays::stockholm),
    exchange("Copenhagen", &["CO"], tz::get!("Europe/Copenhagen"), Hours::Weekdays(&[(at(9, 0), at(17, 0))]), holidays::copenhagen),
    exchange("Helsinki", &["HE"], tz::get!("Europe/Helsinki"), Hours::Weekdays(&[(at(10, 0), at(18, 30))]), holidays::helsinki),
    exchange("Oslo", &["OL"], tz::get!("Europe/Oslo"), Hours::Weekdays(&[(at(9, 0), at(16, 20))]), holidays::oslo),
    exchange("Johannesburg", &["JO"], tz::get!("Africa/Johannesburg"), Hours::Weekdays(&[(at(9, 0), at(17, 0))]), holidays::none),
    exchange("Tel Aviv", &["TA"], tz::get!("Asia/Jerusalem"), Hours::TelAviv(&[(at(10, 0), at(17, 15))]), holidays::none),
    exchange("Tokyo", &["T"], tz::get!("Asia/Tokyo"), Hours::Weekdays(&[(at(9, 0), at(11, 30)), (at(12, 30), at(15, 30))]), holidays::none),
    exchange("Hong Kong", &["HK"], tz::get!("Asia/Hong_Kong"), Hours::Weekdays(&[(at(9, 30), at(12, 0)), (at(13, 0), at(16, 0))]), holidays::none),
    exchange("Shanghai and Shenzhen", &["SS", "SZ"], tz::get!("Asia/Shanghai"), Hours::Weekdays(&[(at(9, 30), at(11, 30)), (at(13, 0), at(15, 0))]), holidays::none),
    exchange("Singapore", &["SI"], tz::get!("Asia/Singapore"), Hours::Weekdays(&[(at(9, 0), at(12, 0)), (at(13, 0), at(17, 0))]), holidays::none),
    exchange("Seoul", &["KS", "KQ"], tz::get!("Asia/Seoul"), Hours::Weekdays(&[(at(9, 0), at(15, 30))]), holidays::none),
    exchange("Taipei", &["TW", "TWO"], tz::get!("Asia/Taipei"), Hours::Weekdays(&[(at(9, 0), at(13, 30))]), holidays::none),
    exchange("Mumbai", &["NS", "BO"], tz::get!("Asia/Kolkata"), Hours::Weekdays(&[(at(9, 15), at(15, 30))]), holidays::none),
    exchange("Sydney", &["AX"], tz::get!("Australia/Sydney"), Hours::Weekdays(&[(at(10, 0), at(16, 0))]), holidays::sydney),
    exchange("Wellington", &["NZ"], tz::get!("Pacific/Auckland"), Hours::Weekdays(&[(at(10, 0), at(16, 45))]), holidays::none),
    exchange("Warsaw", &["WA"], tz::get!("Europe/Warsaw"), Hours::Weekdays(&[(at(9, 0), at(17, 0))]), holidays::none),
    exchange("Mexico City", &["MX"], tz::get!("America/Mexico_City"), Hours::Weekdays(&[(at(8, 30), at(15, 0))]), holidays::none),
    exchange("São Paulo", &["SA"], tz::get!("America/Sao_Paulo"), Hours::Weekdays(&[(at(10, 0), at(17, 0))]), holidays::none),
];
