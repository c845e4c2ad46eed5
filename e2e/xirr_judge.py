"""Compares Folio's internal rates with pyxirr's on random flows, the same in every run.

usage: xirr_judge.py path/to/examples/xirr
"""

import math
import random
import subprocess
import sys
from datetime import date, timedelta

import pyxirr

SEED = 20_240_229
LOWEST, HIGHEST = -0.9999, 1e6


def saver(pick):
    """Money put in over the years, some taken out, the rest got back."""
    days, count = pick.randint(30, 9_000), pick.randint(1, 60)
    flows = [(pick.randrange(days), -pick.randint(1, 1_000_000)) for _ in range(count)]
    flows += [(pick.randrange(days), pick.randint(1, 100_000)) for _ in range(pick.randrange(count))]
    put_in = -sum(amount for _, amount in flows if amount < 0)
    return flows + [(days, int(put_in * pick.uniform(0.05, 4)) + 1)]


def loan(pick):
    """Money got at once and paid back in parts."""
    count, paid = pick.randint(2, 480), pick.randint(100, 100_000)
    lent = int(count * paid * pick.uniform(0.3, 1.2))
    return [(0, lent)] + [(30 * (number + 1), -paid) for number in range(count)]


def short(pick):
    """A few days, so that the yearly rate is large."""
    put_in = pick.randint(1_000, 1_000_000)
    return [(0, -put_in), (pick.randint(1, 40), int(put_in * pick.uniform(0.97, 1.03)) + 1)]


def dense(pick):
    """A flow on most days of ten years."""
    flows = [(pick.randrange(3_650), -pick.randint(1, 50_000)) for _ in range(5_000)]
    return flows + [(3_650, int(-sum(amount for _, amount in flows) * pick.uniform(0.5, 3)))]


def wild(pick):
    """Any signs at all: none, one or several rates."""
    return [(pick.randrange(4_000), pick.randint(-100_000, 100_000)) for _ in range(pick.randint(2, 12))]


def flows_of(kind, pick):
    start = date(2001, 1, 1) + timedelta(days=pick.randrange(3_000))
    return [(start + timedelta(days=days), amount / 100) for days, amount in kind(pick) if amount]


def worth(flows, rate):
    """What is left at a rate, relative to the size of what is added up."""
    first = min(day for day, _ in flows)
    parts = [amount * math.exp(-math.log1p(rate) * (day - first).days / 365) for day, amount in flows]
    return abs(math.fsum(parts)) / math.fsum(map(abs, parts))


def same(left, right):
    return abs(math.log1p(left) - math.log1p(right)) < 1e-7


pick = random.Random(SEED)
kinds = [(saver, 3_000), (loan, 500), (short, 500), (dense, 20), (wild, 3_000)]
cases = [(kind.__name__, flows_of(kind, pick)) for kind, count in kinds for _ in range(count)]
lines = "".join(" ".join(f"{day} {amount:.2f}" for day, amount in flows) + "\n" for _, flows in cases)
answers = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
assert len(answers) == len(cases), "an answer for each line"

agreed, only_ours, wrong = 0, 0, []
for (kind, flows), answer in zip(cases, answers):
    ours = [] if answer[0].isupper() else [float(rate) for rate in answer.split()]
    try:
        theirs = pyxirr.xirr(flows)
    except pyxirr.InvalidPaymentsError:
        theirs = None
    if theirs is not None and not (LOWEST < theirs < HIGHEST and worth(flows, theirs) < 1e-7):
        theirs = None
    # Each rate is held to the flows themselves, whatever the other library says.
    false = [rate for rate in ours if LOWEST < rate < HIGHEST and worth(flows, rate) > 1e-7]
    # Of several rates the libraries may prefer different ones, but both must know it.
    if false or (theirs is not None and not any(same(theirs, rate) for rate in ours)):
        wrong.append(f"{kind}: ours {answer}, pyxirr {theirs}, flows {flows[:6]}")
    elif theirs is not None:
        agreed += 1
    else:
        only_ours += bool(ours)

if wrong:
    raise SystemExit(f"{len(wrong)} of {len(cases)} rates differ:\n" + "\n".join(wrong[:10]))
assert agreed > 5_000, f"only {agreed} rates were compared"
print(f"pyxirr agrees on {agreed} rates of {len(cases)} lists of flows; {only_ours} more it does not find")
