"""The shared types can be had without what the daemon is made of."""

import os
import subprocess
import sys

from tests.architecture.source_tree import ROOT

HEAVY = {"actors", "anthropic", "anyio", "mcp", "psutil", "pykka", "watchdog"}


def test_all_records_load_nothing_heavy() -> None:
    names = sorted(path.stem for path in (ROOT / "storage" / "records").glob("[a-z]*.py"))
    assert {"event", "prompt", "request", "session"} <= set(names)
    code = f"import sys; from storage.records import {', '.join(names)}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert set(done.stdout.split()) & HEAVY == set()
