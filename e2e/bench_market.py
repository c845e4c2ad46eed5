"""Measures market data: cached quotes, one cold symbol for a thousand, and ten years of history.

Sources are the project's own fake market server, so that every call to them can be counted. Prints
what docs/benchmarks.md shows.
"""

import json
import os
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

from measuring import FOLIO, HEADER, beside_bare, memory, need_wrk
from process import call, free_port, running

FAKE = "target/release/fake-market"
SYMBOLS = int(os.environ.get("BENCH_SYMBOLS", "10000"))
CURRENCIES = (
    "USD GBP CHF JPY CAD AUD NZD SEK NOK DKK PLN CZK HUF RON TRY ZAR BRL MXN INR CNY HKD SGD KRW THB "
    "IDR MYR PHP ILS AED SAR ISK TWD CLP COP PEN"
)
YEARS = ("2016-01-01", "2025-12-31")


def cached_quotes(folder, base, pid):
    listed = call("GET", f"{base}/v1/instruments?page_size=200")["items"]
    pairs = [f"EUR{currency}%3DX" for currency in CURRENCIES.split()]
    symbols = ([item["ticker_symbol"].replace("&", "%26") for item in listed] + pairs)[:100]
    assert len(symbols) == 100
    url = f"{base}/v1/quotes?symbols={','.join(symbols)}"
    body = json.dumps(call("GET", url)).encode()
    print(HEADER, flush=True)
    name = f"GET 100 cached quotes, {len(body) / 1024:.0f} KB"
    beside_bare(folder, name, url, body, 200, "", pid)


def at_once(base, path, count):
    """The same request on as many connections, all sent before the first answer is read."""
    host, port = base.removeprefix("http://").split(":")
    request = f"GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n".encode()
    connections = [socket.create_connection((host, int(port)), timeout=30) for _ in range(count)]
    started = time.monotonic()
    for connection in connections:
        connection.sendall(request)
    statuses = []
    for connection in connections:
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        connection.close()
        statuses.append(answer.split(b" ", 2)[1])
    return statuses, (time.monotonic() - started) * 1000


def calls_for(fake, symbol):
    return call("GET", f"{fake}/control/calls")["by_symbol"].get("yahoo", {}).get(symbol, 0)


def one_cold_symbol(base, fake):
    statuses, took = at_once(base, "/v1/instruments/SYM99999/quote", 1000)
    good = statuses.count(b"200")
    print(f"\n1,000 concurrent requests for one cold symbol: {good} answers of 200 in {took:.0f} ms, {calls_for(fake, 'SYM99999')} call(s) to the source.")


def history_path(number):
    return f"/v1/instruments/SYM{number:05}/prices?from={YEARS[0]}&to={YEARS[1]}"


def much_history(base, pid):
    before = memory(pid, "VmRSS")
    started = time.monotonic()

    def fetch(number):
        return call("GET", base + history_path(number))["status"]

    with ThreadPoolExecutor(8) as workers:
        statuses = list(workers.map(fetch, range(SYMBOLS)))
    took = time.monotonic() - started
    print(f"Ten years of history of {SYMBOLS:,} symbols on demand: {statuses.count('ok'):,} complete in {took:.0f} s; memory {before:.0f} MB before, {memory(pid, 'VmRSS'):.0f} MB after, {memory(pid, 'VmHWM'):.0f} MB at most.", flush=True)


def year_from_table(base):
    """Twenty-five symbols that this process has not seen, in one request on an open connection."""
    import http.client

    symbols = ",".join(f"SYM{n:05}" for n in range(25))
    connection = http.client.HTTPConnection(base.removeprefix("http://"), timeout=30)

    def get(path):
        connection.request("GET", path)
        return connection.getresponse().read()

    get("/health/live")
    took = {}
    for when in ("nothing in memory", "everything in memory"):
        started = time.monotonic()
        answer = get(f"/v1/prices?symbols={symbols}&from=2025-01-01&to=2025-12-31")
        took[when] = (time.monotonic() - started) * 1000
    closes = sum(len(item["closes"]) for item in json.loads(answer)["items"])
    spent = ", ".join(f"{ms:.1f} ms with {when}" for when, ms in took.items())
    print(f"A year of history for 25 symbols from the table, {closes:,} closes in one answer: {spent}.")


def served(data, fake, *flags):
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    env = dict(os.environ, FOLIO_ASSET__YAHOO__BASE_URL=f"{fake}/yahoo")
    command = [FOLIO, "serve", "--port", str(port), "--data-dir", data, *flags]
    return base, running(command, f"{base}/health/ready", stdout=subprocess.DEVNULL, env=env)


def main():
    need_wrk()
    fake_port = free_port()
    fake = f"http://127.0.0.1:{fake_port}"
    with tempfile.TemporaryDirectory() as folder:
        base, process = served(f"{folder}/simulated", fake)
        with process as folio:
            cached_quotes(folder, base, folio.pid)
        fake_command = [FAKE, "--port", str(fake_port)]
        with running(fake_command, f"{fake}/control/calls", stdout=subprocess.DEVNULL):
            data = f"{folder}/yahoo"
            base, process = served(data, fake, "--market", "yahoo")
            with process as folio:
                one_cold_symbol(base, fake)
                much_history(base, folio.pid)
            base, process = served(data, fake, "--market", "yahoo")
            with process:
                year_from_table(base)


main()
