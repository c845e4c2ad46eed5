"""Measures a release build of Folio beside a bare route that answers the same bytes.

Both run on this machine, one after the other, with the load generator (wrk) on the same cores.
Prints the table for docs/benchmarks.md. What counts is the ratio within one run.
"""

import json
import os
import platform
import re
import subprocess
import tempfile
import time
from pathlib import Path

from measuring import FOLIO, HEADER, SECONDS, beside_bare, memory, need_wrk
from process import call, free_port, running, signed_in

PORTFOLIOS = 64
SYMBOLS = "AAPL MSFT GOOGL AMZN NVDA META TSLA VTI VOO VEA BND JPM V MA DIS KO PEP NKE INTC AMD NFLX IBM ORCL CSCO BA"


def get(token):
    return f'wrk.headers["Authorization"] = "Bearer {token}"\n'


def post(token, paths, bodies):
    """All paths and bodies in turn, so that no portfolio and no instrument is everybody's."""
    listed = ",".join(f'"{path}"' for path in paths)
    texts = ",".join(f"[[{body}]]" for body in bodies)
    return f"""
local paths = {{{listed}}}
local bodies = {{{texts}}}
local next = 0
local headers = {{["Authorization"] = "Bearer {token}", ["Content-Type"] = "application/json"}}
request = function()
  next = next + 1
  return wrk.format("POST", paths[next % #paths + 1], headers, bodies[next % #bodies + 1])
end
"""


def raw(url, token):
    import urllib.request

    request = urllib.request.Request(url, headers={"authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request) as response:
        return response.read()


def first_answer():
    """Milliseconds from starting the process to its first answer, and its memory at rest."""
    best = None
    for _ in range(5):
        port = free_port()
        with tempfile.TemporaryDirectory() as data:
            started = time.monotonic()
            command = [FOLIO, "serve", "--port", str(port), "--data-dir", data]
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            try:
                import http.client

                while True:
                    try:
                        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
                        connection.request("GET", "/health/ready")
                        connection.getresponse().read()
                        break
                    except OSError:
                        time.sleep(0.002)
                took = (time.monotonic() - started) * 1000
                time.sleep(1)
                rest = memory(process.pid, "VmRSS")
                best = min(best or (took, rest), (took, rest))
            finally:
                process.terminate()
                process.wait()
    return best


def main():
    need_wrk()
    took, rest = first_answer()
    cpu = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    print(f"{os.cpu_count()} cores ({cpu[1] if cpu else platform.machine()}), {SECONDS} s a row, load generator on the same cores.")
    print(f"Start to first answer {took:.0f} ms; memory at rest {rest:.0f} MB.\n")
    print(HEADER, flush=True)
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    limits = {
        f"FOLIO_CUSTOMER__LIMITS__{name}": "{burst=1000000, per_minute=1000000}"
        for name in ("SIGN_IN_PER_EMAIL", "SIGN_IN_PER_ADDRESS", "REGISTRATION_PER_ADDRESS")
    }
    env = dict(os.environ, **limits)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DATA")) as data:
        command = [FOLIO, "serve", "--port", str(port), "--data-dir", data]
        with running(command, f"{base}/health/ready", stdout=subprocess.DEVNULL, env=env) as process:
            measure(folder, base, process.pid)


def measure(folder, base, pid):
    token, _ = signed_in(base)
    investment = {
        "instrument_type": "Stock",
        "currency": "USD",
        "quantity": 10,
        "purchase_price": 150.25,
        "purchase_date": "2025-03-03",
        "fees": 1,
    }
    opened = [
        call("POST", f"{base}/v1/portfolios", {"name": f"P{n}", "type": "Brokerage"}, token)["portfolio_id"]
        for n in range(PORTFOLIOS + 1)
    ]
    held, *written = opened
    path = f"/v1/portfolios/{held}/investments"
    for symbol in SYMBOLS.split():
        recorded = call("POST", base + path, {"ticker_symbol": symbol, **investment}, token)
    listed = f"{base}{path}"
    beside_bare(folder, "GET 25 investments", listed, raw(listed, token), 200, get(token), pid)
    summary = f"{base}/v1/portfolios/{held}/summary"
    beside_bare(folder, "GET summary", summary, raw(summary, token), 200, get(token), pid)
    bodies = [json.dumps({"ticker_symbol": symbol, **investment}) for symbol in SYMBOLS.split()]
    paths = [f"/v1/portfolios/{portfolio}/investments" for portfolio in written]
    text = post(token, paths, bodies)
    beside_bare(folder, "POST investment, durable", f"{base}/", json.dumps(recorded).encode(), 201, text, pid)
    credentials = json.dumps({"email": "ada@example.com", "password": "correct horse battery staple"})
    session = json.dumps(call("POST", f"{base}/v1/sessions", json.loads(credentials))).encode()
    text = post("", ["/v1/sessions"], [credentials])
    beside_bare(folder, "POST session (sign-in)", f"{base}/", session, 201, text, pid)


main()
