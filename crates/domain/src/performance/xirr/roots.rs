//! Where a sum of exponentials is zero.

/// `f(x) = Σ amount · e^(−x · years)`, whose zeros are the rates.
///
/// Invariant: at least two terms, none zero, of both signs, in order of time,
/// the first at time zero.
#[derive(Debug, Clone)]
pub(super) struct Polynomial {
    terms: Vec<(f64, f64)>,
    length: f64,
}

/// A zero lies between these.
#[derive(Debug, Clone, Copy)]
struct Bracket {
    low: f64,
    high: f64,
    /// Whether the sum is positive at `low`.
    positive_at_low: bool,
}

/// `e^700` is the largest power of e a float holds.
const WIDEST: f64 = 700.0;
/// Points on either side of zero at which several zeros are looked for.
const POINTS: i32 = 160;
/// Bisection alone needs about sixty steps.
const MOST_STEPS: usize = 200;
/// What is left of a sum of floats that should be zero, relative to its terms.
const NOISE: f64 = 1e-12;

impl Polynomial {
    pub(super) fn of(terms: Vec<(f64, f64)>) -> Self {
        let length = terms.last().map_or(0.0, |(years, _)| *years);
        Self { terms, length }
    }

    /// Every zero that was found; one only, where there can be no other.
    pub(super) fn roots(&self) -> Vec<f64> {
        if let Some(bracket) = self.bracket_around_zero() {
            let root = self.solve(bracket);
            if self.is_only_root(root) {
                return vec![root];
            }
        }
        self.brackets()
            .into_iter()
            .map(|bracket| self.solve(bracket))
            .collect()
    }

    /// The sum and its derivative at `x`, both times a positive number.
    ///
    /// Seen from the end instead of the beginning where `x` is negative, no
    /// power is above one and nothing overflows. The sign is the same.
    fn at(&self, x: f64) -> (f64, f64) {
        let origin = if x < 0.0 { self.length } else { 0.0 };
        let (mut sum, mut slope) = (0.0, 0.0);
        for (years, amount) in &self.terms {
            let time = years - origin;
            let term = amount * (-x * time).exp();
            sum += term;
            slope -= time * term;
        }
        (sum, slope)
    }

    fn is_positive(&self, x: f64) -> bool {
        self.at(x).0 > 0.0
    }

    /// No zero lies above the first of these or below the second, because
    /// there one single term outweighs all others.
    fn reach(&self) -> (f64, f64) {
        let outweighs = |own: f64, gap: f64| {
            let others: f64 = self.terms.iter().map(|(_, amount)| amount.abs()).sum();
            (((others / own.abs()).ln() / gap).max(0.0) + 1e-9).min(WIDEST)
        };
        let [first, second, ..] = self.terms.as_slice() else {
            return (0.0, 0.0);
        };
        let [.., last_but_one, last] = self.terms.as_slice() else {
            return (0.0, 0.0);
        };
        (
            outweighs(first.1, second.0 - first.0),
            -outweighs(last.1, last.0 - last_but_one.0),
        )
    }

    /// The nearest change of sign on the side of zero that must have one.
    ///
    /// With the first and the last amount of opposite signs there is always
    /// such a side; with equal signs there need be none.
    fn bracket_around_zero(&self) -> Option<Bracket> {
        let positive_first = self.terms.first()?.1 > 0.0;
        if positive_first == (self.terms.last()?.1 > 0.0) {
            return None;
        }
        let positive_at_zero = self.is_positive(0.0);
        // Far above zero the first amount decides the sign, far below it the last.
        let outwards = if positive_at_zero == positive_first {
            -1.0
        } else {
            1.0
        };
        let (mut near, mut far) = (0.0, 0.05);
        while self.is_positive(outwards * far) == positive_at_zero {
            if far >= WIDEST {
                return None;
            }
            near = far;
            far = (far * 2.0).min(WIDEST);
        }
        let (low, high) = if outwards > 0.0 {
            (near, far)
        } else {
            (-far, -near)
        };
        Some(Bracket {
            low,
            high,
            positive_at_low: self.is_positive(low),
        })
    }

    /// Whether no other zero can exist: the running balance, discounted at
    /// this one, never changes its sign, seen from the beginning or the end.
    ///
    /// By Laguerre's extension of Descartes' rule of signs, a sum of
    /// exponentials has no more zeros above `x` than the running sums of its
    /// terms at `x` have changes of sign, and seen from the end none below.
    /// Both ways are needed: far from zero the later terms are lost in the
    /// noise of the first.
    fn is_only_root(&self, x: f64) -> bool {
        let from_large = |(years, amount): &(f64, f64)| {
            // Time away from where the terms are largest.
            let time = if x < 0.0 { self.length - years } else { *years };
            (time, *amount)
        };
        let mut terms: Vec<(f64, f64)> = self.terms.iter().map(from_large).collect();
        if x < 0.0 {
            terms.reverse();
        }
        let shrinking = terms
            .iter()
            .map(|(time, amount)| (1.0, amount * (-x.abs() * time).exp()));
        let mut last = self.length;
        let growing = terms.iter().rev().map(|(time, amount)| {
            let gap = std::mem::replace(&mut last, *time) - time;
            ((-x.abs() * gap).exp(), *amount)
        });
        keeps_sign(shrinking) && keeps_sign(growing)
    }

    /// Every change of sign on a grid that is fine around zero and wide far off.
    ///
    /// Two zeros between neighbouring points are not seen, nor is a zero at
    /// which the sign stays.
    fn brackets(&self) -> Vec<Bracket> {
        let (top, bottom) = self.reach();
        let scale = 0.02 / self.length.max(1.0 / 365.0);
        // Steps that grow evenly, from `scale` near zero to the reach.
        let point = |reach: f64, step: i32| {
            let part = f64::from(step) / f64::from(POINTS);
            let growth = (reach.abs() / scale).ln_1p();
            (scale * (part * growth).exp_m1()).copysign(reach)
        };
        let below = (1..=POINTS).rev().map(|step| point(bottom, step));
        let above = (0..=POINTS).map(|step| point(top, step));
        let mut found = Vec::new();
        let mut last: Option<(f64, bool)> = None;
        for x in below.chain(above) {
            let positive = self.is_positive(x);
            if let Some((low, positive_at_low)) = last.filter(|(_, sign)| *sign != positive) {
                found.push(Bracket {
                    low,
                    high: x,
                    positive_at_low,
                });
            }
            last = Some((x, positive));
        }
        found
    }

    /// Newton's method, held inside the bracket by bisection.
    fn solve(&self, bracket: Bracket) -> f64 {
        let Bracket {
            mut low,
            mut high,
            positive_at_low,
        } = bracket;
        let mut x = f64::midpoint(low, high);
        let mut last_step = f64::INFINITY;
        for _ in 0..MOST_STEPS {
            let (sum, slope) = self.at(x);
            if sum == 0.0 {
                break;
            }
            if (sum > 0.0) == positive_at_low {
                low = x;
            } else {
                high = x;
            }
            // A step that leaves the bracket, is no number, or is hardly
            // shorter than the one before, is replaced by halving the bracket.
            let newton = x - sum / slope;
            let shrinks = (newton - x).abs() < last_step / 2.0;
            let next = if newton > low && newton < high && shrinks {
                newton
            } else {
                f64::midpoint(low, high)
            };
            last_step = (next - x).abs();
            x = next;
            if last_step <= 1e-14 * x.abs().max(1e-2) {
                break;
            }
        }
        x
    }
}

/// Whether a running sum stays on one side of zero. Each step fades what was
/// summed by a factor and adds a term.
fn keeps_sign(steps: impl Iterator<Item = (f64, f64)>) -> bool {
    let (mut sum, mut size) = (0.0, 0.0);
    let (mut rose, mut fell) = (false, false);
    for (fade, term) in steps {
        sum = sum * fade + term;
        size = size * fade + term.abs();
        rose |= sum > size * NOISE;
        fell |= sum < -size * NOISE;
    }
    !(rose && fell)
}
