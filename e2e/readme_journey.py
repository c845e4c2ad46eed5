"""Does what README.md says, as a new user would, and stops at the first answer that is none.

usage: readme_journey.py path/to/folio
"""

import re
import subprocess
import sys
from pathlib import Path

from process import folio

README = Path(__file__).parent.parent / "README.md"

page = README.read_text()
blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
shown = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
assert len(blocks) >= 5 and shown, "the journey is gone from README.md"
# An error is an answer only where the page announces one: in its last block.
*journey, mistake = blocks
with folio(sys.argv[1]) as base:
    commands = "\n".join(journey).replace("http://localhost:8080", base)
    commands = commands.replace("curl -s ", "curl -sS --fail-with-body ")
    script = f"set -euo pipefail\n{commands}\necho\n{mistake}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"README.md does not work as written:\n{done.stdout}\n{done.stderr}")
    announced = ('"source":"simulated"', '"source":"manual"', '"market_value":', '"code":"OVERSOLD"', '"/colour"')
    for expected in (*announced, *("".join(answer.split()) for answer in shown)):
        assert expected in done.stdout, f"{expected} is not among the answers:\n{done.stdout}"
print(f"README.md works as written: {len(blocks)} blocks")
