"""Runs Folio over a chain of real sources, played by the fake market, as docs/market-data.md says.

Each source answers for what is its own, a dead one is invisible, and a key is sent where it belongs
and shown nowhere.

usage: configured_market.py path/to/folio path/to/fake-market
"""

import os
import sys
import tempfile

from process import call, folio, free_port, running

FOLIO, FAKE_MARKET = sys.argv[1:]
KEY = "a-key-that-nobody-may-see"
SOURCES = ["coingecko", "ecb", "finnhub", "yahoo"]
# Asked of the first source that has such things.
EXPECTED = {"BTC-USD": "coingecko", "EURUSD=X": "ecb", "ACME": "finnhub", "VOD.L": "yahoo"}


def quotes(base, symbols):
    answer = call("GET", f"{base}/v1/quotes?symbols={','.join(symbols)}")
    shown.append(str(answer))
    return answer["items"]


def holds(what, is_so, answer):
    if not is_so:
        raise SystemExit(f"{what}: {answer}")
    print(what)


port = free_port()
market = f"http://127.0.0.1:{port}"
settings = {f"FOLIO_ASSET__{name.upper()}__BASE_URL": f"{market}/{name}" for name in SOURCES}
settings |= {"FOLIO_ASSET__FINNHUB__API_KEY": KEY, "FOLIO_LOG__FILTER": "trace"}
shown = []
fake = [FAKE_MARKET, "--port", str(port), "--key", f"finnhub={KEY}"]
with running(fake, f"{market}/control/calls"), tempfile.TemporaryFile("w+") as log:
    with folio(
        FOLIO, "--market", ",".join(SOURCES), env=dict(os.environ, **settings), stderr=log
    ) as base:
        items = quotes(base, EXPECTED)
        found = {item["ticker_symbol"]: item["source"] for item in items}
        holds("each source answers for what is its own", found == EXPECTED, items)
        holds("every price is current", all(item["reason"] is None for item in items), items)
        pence = [item["currency"] for item in items if item["ticker_symbol"] == "VOD.L"]
        holds("London's pence are pounds", pence == ["GBP"], items)

        calls = call("GET", f"{market}/control/calls")["calls"]
        keyed = [made["had_key"] for made in calls if made["source"] == "finnhub"]
        holds("the key is sent where it belongs", keyed and all(keyed), calls)

        call("POST", f"{market}/control/misbehave", {"misbehaviour": "reset", "source": "finnhub"})
        [other] = quotes(base, ["OTHER"])
        holds("a dead source is invisible", other["source"] == "yahoo" and other["price"], other)

        for name in SOURCES:
            call("POST", f"{market}/control/misbehave", {"misbehaviour": "reset", "source": name})
        [nothing] = quotes(base, ["THIRD"])
        is_honest = nothing["price"] is None and nothing["reason"] == "SOURCE_UNAVAILABLE"
        holds("with all of them dead there is no price, and a reason", is_honest, nothing)
        status = call("GET", f"{base}/v1/market/status")
        shown.append(str(status))
        names = [source["name"] for source in status["sources"]]
        holds("the market's status tells of each source", names == SOURCES, status)
    log.seek(0)
    lines = log.read()
    holds("the log is as talkative as it can be", "TRACE" in lines, lines[-2000:])
    holds("the key is not in the log", KEY not in lines, "it is")
    holds("the key is in no answer", not any(KEY in answer for answer in shown), "it is")
