import os
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.source_tree import ROOT

HEAVY = {"anthropic", "mcp", "pykka", "psutil", "pyte", "starlette", "uvicorn", "watchdog"}


def loaded_by(*arguments: str, home: Path) -> set[str]:
    """The top-level modules that a run of `run.py` imports."""
    environment = os.environ | {"GREENROOM_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "run.py"), *arguments],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return set(re.findall(r"^import time:[\s\d|]+?([A-Za-z]\w*)", done.stderr, re.MULTILINE))


def test_status_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_by("status", home=tmp_path)
    assert "actors" in loaded
    assert loaded & HEAVY == set()


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = loaded_by("--help", home=tmp_path)
    assert "actors" in loaded
    assert loaded & (HEAVY | {"msgspec"}) == set()


def test_a_clients_config_is_told_without_what_it_will_run(tmp_path: Path) -> None:
    loaded = loaded_by("mcp", "--config", home=tmp_path)
    assert "actors" in loaded
    assert loaded & HEAVY == set()
