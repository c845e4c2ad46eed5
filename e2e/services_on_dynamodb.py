"""The main journey over the three services as processes of their own, on moto's DynamoDB.

Build them first: see the target `dynamodb` of the Makefile.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from process import call, free_port, running, signed_in

BINARIES = Path(os.environ.get("CARGO_TARGET_DIR", Path(__file__).parent.parent / "target"), "debug")
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

ports = {name: free_port() for name in ("moto", "customer", "portfolio", "asset")}
moto, customer, portfolio, asset = (f"http://127.0.0.1:{port}" for port in ports.values())
SETTINGS = {
    "customer": {"FOLIO_CUSTOMER__ISSUER": customer},
    "portfolio": {
        "FOLIO_PORTFOLIO__APART__ASSET_URL": asset,
        "FOLIO_PORTFOLIO__APART__IDENTITY_URL": customer,
        "FOLIO_PORTFOLIO__APART__ISSUER": customer,
    },
    "asset": {
        "FOLIO_ASSET__APART__IDENTITY_URL": customer,
        "FOLIO_ASSET__APART__ISSUER": customer,
    },
}


def environment(name, data_dir, **more):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("FOLIO_", "AWS_"))}
    return env | SETTINGS[name] | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "FOLIO_PORT": str(ports[name]),
        "FOLIO_DATA_DIR": data_dir,
        "FOLIO_TABLE_PREFIX": "e2e-",
        "FOLIO_DYNAMODB_ENDPOINT": moto,
    } | more


def refused(name, env, code, *words):
    """A service that must not start says why, and ends with its exit code."""
    ended = subprocess.run([BINARIES / f"{name}-service"], env=env, capture_output=True, text=True, timeout=30)
    assert ended.returncode == code, (name, ended)
    for word in words:
        assert word in ended.stderr, (word, ended.stderr)


def journey():
    token, _ = signed_in(customer)
    portfolios = f"{portfolio}/v1/portfolios"
    brokerage = call("POST", portfolios, {"name": "Everyday", "type": "Brokerage"}, token)
    ira = call("POST", portfolios, {"name": "Retirement", "type": "Roth IRA"}, token)
    brokerage, ira = (f"{portfolios}/{opened['portfolio_id']}" for opened in (brokerage, ira))
    for where, ticker, quantity, price in (
        (brokerage, "AAPL", 10, "150.25"),
        (brokerage, "VOD.L", 1500, "0.7135"),
        (ira, "VTI", 40, "251.75"),
    ):
        bought = {"ticker_symbol": ticker, "quantity": quantity, "purchase_price": price, "purchase_date": "2025-03-03"}
        recorded = call("POST", f"{where}/investments", bought, token)
        assert recorded["source"] == "simulated", recorded

    assert len(call("GET", portfolios, token=token)["items"]) == 2
    investments = call("GET", f"{brokerage}/investments", token=token)["items"]
    assert {item["ticker_symbol"] for item in investments} == {"AAPL", "VOD.L"}, investments
    summary = call("GET", f"{brokerage}/summary", token=token)
    assert summary["sources"] == ["simulated"] and summary["status"] == "ok", summary
    assert summary["holdings_count"] == 2 and summary["market_value"] > 0, summary
    quotes = call("GET", f"{asset}/v1/quotes?symbols=AAPL,VTI")["items"]
    assert all(quote["source"] == "simulated" for quote in quotes), quotes


with contextlib.ExitStack() as started:
    data_dir = started.enter_context(tempfile.TemporaryDirectory())
    server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(ports["moto"])]
    started.enter_context(running(server, f"{moto}/moto-api/", **QUIET))

    refused("asset", environment("asset", data_dir), 74, "e2e-assets does not exist")
    refused("asset", environment("asset", data_dir, FOLIO_ASSET__TTL="5"), 78, "asset.ttl: unknown field")
    homeless = environment("portfolio", data_dir, FOLIO_CREATE_TABLES="true")
    del homeless["FOLIO_PORTFOLIO__APART__ASSET_URL"]
    refused("portfolio", homeless, 78, "portfolio.apart.asset_url: is not set")

    services = {}
    for name in SETTINGS:
        env = environment(name, data_dir, FOLIO_CREATE_TABLES="true")
        ready = f"http://127.0.0.1:{ports[name]}/health/ready"
        services[name] = started.enter_context(running([BINARIES / f"{name}-service"], ready, env=env))
        assert call("GET", ready) == {"status": "ok"}
    refused("asset", environment("asset", data_dir), 69, f":{ports['asset']}")
    journey()
    for name, process in services.items():
        process.terminate()
        assert process.wait(timeout=30) == 0, f"the {name} service ended with {process.returncode}"
print("the three services did the main journey on moto's DynamoDB")
