"""Loading a URL with wrk, beside a bare route that answers the same bytes, and printing a row of the table."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))
CONNECTIONS = (1, 64)
FOLIO = "target/release/folio"
BARE = "target/release/examples/bare"


def need_wrk():
    if not shutil.which("wrk"):
        subprocess.run(["apt-get", "install", "-y", "wrk"], check=True, stdout=sys.stderr)


def wrk(url, connections, script, environment=None):
    """Loads a URL; returns requests a second, median and p99 in ms, and the failures."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency", "-s", script, url]
    env = dict(os.environ, **(environment or {}))
    text = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    percentile = lambda p: in_ms(re.search(rf"\s{p}%\s+(\S+)", text)[1])
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: .*", text)
    failures = (failed[0] if failed else "") + (errors[0] if errors else "")
    return rate, percentile(50), percentile(99), failures


def in_ms(text):
    number, unit = re.match(r"([\d.]+)(\D+)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def memory(pid, field):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status)[1]) / 1024


def script(folder, name, text):
    path = Path(folder) / f"{name}.lua"
    path.write_text(text)
    return str(path)


HEADER = """| Request | Connections | Folio, a second | median ms | p99 ms | bare route, a second | ratio | peak MB | failures |
|---|---|---|---|---|---|---|---|---|"""


def row(name, connections, measured, bare, peak):
    rate, median, p99, failures = measured
    ratio = f"{rate / bare[0]:.2f}" if bare else ""
    bare_rate = f"{bare[0]:,.0f}" if bare else ""
    print(
        f"| {name} | {connections} | {rate:,.0f} | {median:.2f} | {p99:.2f} | {bare_rate} | {ratio} | {peak:.0f} | {failures}|",
        flush=True,
    )


def beside_bare(folder, name, url, body, status, text, pid):
    file = Path(folder) / "body"
    file.write_bytes(body)
    for connections in CONNECTIONS:
        measured = wrk(url, connections, script(folder, "folio", text))
        process = subprocess.Popen([BARE, file, str(status)], stdout=subprocess.PIPE, text=True)
        try:
            port = int(process.stdout.readline())
            bare_url = re.sub(r":\d+/", f":{port}/", url)
            bare = wrk(bare_url, connections, script(folder, "bare", text))
        finally:
            process.kill()
            process.wait()
        row(name, connections, measured, bare, memory(pid, "VmHWM"))
