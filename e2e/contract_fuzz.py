"""Holds a served Folio to its own contract with schemathesis: no failure, no server error.

usage: contract_fuzz.py path/to/folio
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from process import call, folio, signed_in

BINARY = sys.argv[1]
SCHEMATHESIS = Path(sys.executable).parent / "schemathesis"
CONFIG = Path(__file__).parent / "schemathesis.toml"

# For every call that leaves them there. The sequences make ids of their own, and delete them too.
# The first that names a parameter of an operation counts.
IDS_THAT_EXIST = """
[[operations]]
include-operation-id = ["update_instrument", "enter_price", "enter_prices"]
parameters = { "path.ticker_symbol" = "MY:FUZZED" }

[[operations]]
include-method = ["GET", "POST", "PATCH"]
parameters = { "path.portfolio_id" = "${FOLIO_PORTFOLIO}", "path.investment_id" = "${FOLIO_INVESTMENT}", "path.transaction_id" = "${FOLIO_INVESTMENT}", "path.customer_id" = "me", "path.ticker_symbol" = "AAPL" }
"""

# Thousands of sign-ins from one address are what the limits are there to stop.
NO_LIMITS = {
    f"FOLIO_CUSTOMER__LIMITS__{name}": "{burst=1000000, per_minute=1000000}"
    for name in ("SIGN_IN_PER_EMAIL", "SIGN_IN_PER_ADDRESS", "REGISTRATION_PER_ADDRESS")
}

with folio(BINARY, env=dict(os.environ, **NO_LIMITS)) as base:
    token, _ = signed_in(base)
    portfolio = call(
        "POST", f"{base}/v1/portfolios", {"name": "Fuzzed", "type": "Brokerage"}, token
    )["portfolio_id"]
    investment = call(
        "POST",
        f"{base}/v1/portfolios/{portfolio}/investments",
        {
            "ticker_symbol": "AAPL",
            "quantity": 1,
            "purchase_price": 100,
            "purchase_date": "2025-03-03",
        },
        token,
    )["investment_id"]
    own = {"ticker_symbol": "MY:FUZZED", "name": "Fuzzed", "currency": "EUR"}
    call("POST", f"{base}/v1/instruments", own, token)
    env = dict(os.environ, FOLIO_TOKEN=token, FOLIO_PORTFOLIO=portfolio, FOLIO_INVESTMENT=investment)
    for name, phases, settings in (
        ("each operation alone", "examples,coverage,fuzzing", IDS_THAT_EXIST),
        ("operations in sequence", "stateful", ""),
    ):
        print(f"== {name}", flush=True)
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
            config.write(CONFIG.read_text() + settings)
            config.flush()
            command = [SCHEMATHESIS, "--config-file", config.name, "run", "--phases", phases]
            subprocess.run([*command, f"{base}/openapi.json"], env=env, check=True)
