"""Runs the table layer's contract suite against moto's DynamoDB, as a second opinion.

The suite itself is in crates/store/tests; what moto is known to get wrong is skipped there by name.
"""

import os
import subprocess
import sys

from process import free_port, running

port = free_port()
endpoint = f"http://127.0.0.1:{port}"
server = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
with running(server, f"{endpoint}/moto-api/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
    env = dict(
        os.environ,
        FOLIO_TEST_DYNAMODB_ENDPOINT=endpoint,
        FOLIO_TEST_DYNAMODB_IS_MOTO="1",
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
    )
    command = ["cargo", "nextest", "run", "--package", "store", "--all-features", "--test", "it"]
    raise SystemExit(subprocess.run(command, env=env).returncode)
