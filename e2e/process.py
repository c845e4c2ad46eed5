"""Starting and stopping the processes that the scripts here need."""

import contextlib
import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answers(url):
    try:
        urllib.request.urlopen(url, timeout=1)
        return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def running(command, url, seconds=30, **options):
    """Runs a command until the block ends; enters it once the URL answers."""
    process = subprocess.Popen(command, **options)
    try:
        deadline = time.monotonic() + seconds
        while not answers(url):
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended with {process.returncode} before it answered")
            if time.monotonic() > deadline:
                raise SystemExit(f"{command[0]} did not answer at {url} in {seconds} s")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def folio(binary, *flags, port=None, env=None, stderr=None):
    """A Folio on a free port and an empty data directory; yields its address."""
    port = port or free_port()
    base = f"http://localhost:{port}"
    with tempfile.TemporaryDirectory() as data:
        command = [binary, "serve", "--port", str(port), "--data-dir", data, *flags]
        with running(command, f"{base}/health/ready", stdout=subprocess.DEVNULL, stderr=stderr, env=env):
            yield base


def call(method, url, body=None, token=None):
    """One JSON request; returns the answer's document."""
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as response:
        text = response.read()
        return json.loads(text) if text else None


def signed_in(base, email="ada@example.com", password="correct horse battery staple"):
    """Registers a customer and returns an access token and the customer's id."""
    profile = {"first_name": "Ada", "last_name": "Lovelace", "email": email, "password": password}
    call("POST", f"{base}/v1/customers", profile)
    session = call("POST", f"{base}/v1/sessions", {"email": email, "password": password})
    return session["access_token"], session["customer_id"]
