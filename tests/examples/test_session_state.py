"""The walk-through prints what the contract says."""

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.source_tree import ROOT

EXPECTED = """\
created 'Example'; it begins with 1 message
now it has 3 messages
130 tokens in all, the last call filled 0.6% of 8192
7130 tokens in all, the last call filled 85.4% of 8192
listed: Example, gpt-4, 3 messages
session-created 1
message-added 2
token-metrics-updated 2
context-window-critical 1
after unsubscribing still 2
"""


def test_it_prints_what_the_contract_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "session_state.py")],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == EXPECTED
    assert list(tmp_path.iterdir()) == []
