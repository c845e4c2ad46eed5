//! Numbers that look random and are the same in every run: Marsaglia's xorshift.

use std::fmt::Write;

pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn throw(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }

    /// A text that does not compress.
    pub(crate) fn noise(&mut self, length: usize) -> String {
        let mut text = String::new();
        while text.len() < length {
            write!(text, "{:016x}", self.next()).unwrap();
        }
        text
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}
