//! Prints the internal rate of each line of flows on standard input.
//!
//! A line is `date amount` pairs, all separated by spaces. Its answer is the
//! rate and, if there are several, the others, or the code of the reason why
//! there is none. `e2e/xirr_judge.py` compares the answers with another
//! implementation's.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};

use domain::decimal;
use domain::performance::{MoneyWeighted, Ratio};
use jiff::civil::Date;
use rust_decimal::Decimal;

fn main() -> Result<(), Box<dyn Error>> {
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let found = MoneyWeighted::of(flows(&line?)?)?;
        match found.and_then(|found| Ok((found.rate()?, found))) {
            Ok((rate, found)) => {
                let others = found.others().map(Ratio::value);
                let rates: Vec<String> = [rate.value()]
                    .into_iter()
                    .chain(others)
                    .map(|rate| format!("{rate:?}"))
                    .collect();
                writeln!(out, "{}", rates.join(" "))?;
            }
            Err(none) => writeln!(out, "{}", none.code())?,
        }
    }
    Ok(())
}

fn flows(line: &str) -> Result<Vec<(Date, Decimal)>, Box<dyn Error>> {
    let mut words = line.split_whitespace();
    let mut flows = Vec::new();
    while let (Some(date), Some(amount)) = (words.next(), words.next()) {
        flows.push((date.parse()?, decimal::parse(amount)?));
    }
    Ok(flows)
}
