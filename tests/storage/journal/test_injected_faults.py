"""Proof against the real system: strace makes calls of a running program fail, or kills it there.

What the program said to be acknowledged is there afterwards, each under its number.
"""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.errors import JournalMissing
from storage.journal.log import NAME, Journal
from tests.architecture.source_tree import ROOT
from tests.storage.journal.appends import SESSION, text_of

pytestmark = pytest.mark.peers

FAULTS = [
    ("fdatasync:error=EIO:when=1",),
    ("fdatasync:error=EIO:when=4",),
    ("fdatasync:error=EIO:when=3+",),
    ("fdatasync:error=ENOSPC:when=2+3",),
    ("fdatasync:error=EIO:when=3", "fsync:error=EIO:when=3+"),
    ("fdatasync:error=EIO:when=3", "rename:error=EIO:when=2+"),
    ("fdatasync:error=EIO:when=3", "rename:error=EIO:when=2", "ftruncate:error=EIO:when=1+"),
    ("fsync:error=EIO:when=1",),
    ("fsync:error=EIO:when=2",),
    ("fsync:error=EIO:when=1+",),
    ("write:error=ENOSPC:when=1",),
    ("write:error=ENOSPC:when=3",),
    ("write:error=ENOSPC:when=5+",),
    ("write:error=EIO:when=2+2",),
    ("write:error=ENOSPC:when=4", "ftruncate:error=EIO:when=1+"),
    ("rename:error=EROFS:when=1",),
    ("rename:error=EIO:when=1+",),
    ("openat:error=EMFILE:when=2+",),
    ("read:error=EIO:when=2+",),
    ("unlink:error=EIO:when=1+", "fsync:error=EIO:when=1"),
]
KILLS = [
    f"{call}:signal=KILL:when={when}"
    for call, times in {
        "write": (1, 3, 6),
        "fsync": (1, 2, 3),
        "fdatasync": (1, 3, 5),
        "rename": (1,),
    }.items()
    for when in times
]
ASKED = re.compile(r"created|text-\d-\d-\d")


def run(directory: Path, faults: tuple[str, ...]) -> tuple[int, dict[int, str], str]:
    """The exit status of the program, what it said was acknowledged, and the trace."""
    trace = directory / "trace"
    place = directory / SESSION
    paths = (place, place / NAME, place / f"{NAME}.tmp")
    done = subprocess.run(
        [
            "strace",
            f"--output={trace}",
            *(f"--trace-path={path}" for path in paths),
            *(f"--inject={fault}" for fault in faults),
            sys.executable,
            "-m",
            "tests.storage.journal.appends",
            str(place),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    return done.returncode, {int(n): text for n, text in said.items()}, trace.read_text()


def found(directory: Path, named_elsewhere: int) -> dict[int, str]:
    """What is there, by number; a journal that goes on."""
    try:
        journal, commits = Journal.open(directory / SESSION, named_elsewhere)
    except JournalMissing:
        return {}
    journal.close()
    return {commit.n: text_of(commit.events[0]) for commit in commits}


def judged(directory: Path, said: dict[int, str]) -> None:
    there = found(directory, max(said, default=0))
    assert {number: there.get(number) for number in said} == said
    assert all(ASKED.fullmatch(text) for text in there.values())


@pytest.mark.parametrize("faults", FAULTS, ids=" ".join)
def test_what_was_acknowledged_is_there_after_failing_calls(
    tmp_path: Path, faults: tuple[str, ...]
) -> None:
    status, said, trace = run(tmp_path, faults)
    assert status == 0
    assert "(INJECTED)" in trace
    judged(tmp_path, said)


@pytest.mark.parametrize("fault", KILLS)
def test_what_was_acknowledged_is_there_after_a_kill(tmp_path: Path, fault: str) -> None:
    status, said, trace = run(tmp_path, (fault,))
    assert status in {-signal.SIGKILL, 128 + signal.SIGKILL}
    assert "killed by SIGKILL" in trace
    judged(tmp_path, said)


def test_without_a_fault_all_is_acknowledged(tmp_path: Path) -> None:
    status, said, _ = run(tmp_path, ())
    assert status == 0
    assert len(said) == 12
    assert found(tmp_path, 12) == said
