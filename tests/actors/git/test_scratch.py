"""Directories for a moment: gone with their block, or cleared once their process was killed."""

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from actors.git.scratch import PREFIX, clear_left, scratch

ROOT = Path(__file__).resolve().parents[3]
HOLD = """
import sys, tempfile
sys.path.insert(0, sys.argv[1])
tempfile.tempdir = sys.argv[2]
from actors.git.scratch import scratch
with scratch() as place:
    (place / "index").write_text("an index")
    print(place, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary directories are made."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_goes_with_its_block_with_all_that_is_in_it(place: Path) -> None:
    with scratch() as own:
        (own / "index").write_text("an index")
        assert own.parent == place
    assert list(place.iterdir()) == []


def test_what_a_killed_process_left_is_cleared_and_what_is_in_use_stays(place: Path) -> None:
    words = [sys.executable, "-P", "-c", HOLD, str(ROOT), str(place)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout
        left = Path(held.stdout.readline().strip())
        clear_left()
        assert (left / "index").exists()
        held.send_signal(signal.SIGKILL)
    assert left.exists()
    with scratch() as own:
        clear_left()
        assert list(place.iterdir()) == [own]


def test_what_only_has_such_a_name_stays(place: Path) -> None:
    (place / f"{PREFIX}file").write_text("mine")
    (place / "elsewhere").mkdir()
    (place / f"{PREFIX}link").symlink_to(place / "elsewhere")
    clear_left()
    assert sorted(each.name for each in place.iterdir()) == [
        "elsewhere",
        f"{PREFIX}file",
        f"{PREFIX}link",
    ]
