"""The mark among the limits of real processes."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.limit_mark import borne_by, mark_of
from actors.terminals.spawn import spawn
from tests.fakes.actors import eventually

ESCAPES = f"""
import os, sys, time
if os.fork():
    time.sleep(600)
os.setsid()
code = "import os, sys, time; open(sys.argv[1], 'w').write(str(os.getpid())); time.sleep(600)"
os.execve({sys.executable!r}, [{sys.executable!r}, "-c", code, sys.argv[1]], {{}})
"""


MARKED = """
import resource, sys
from actors.limit_mark import bear
resource.setrlimit(resource.RLIMIT_RTTIME, tuple(map(int, sys.argv[1:])))
bear("its-nonce")
print(*resource.getrlimit(resource.RLIMIT_RTTIME))
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def escaped(tmp_path: Path) -> Iterator[int]:
    """The pid of one that was started by a terminal and has lost all else."""
    told = tmp_path / "pid"
    command = [sys.executable, "-c", ESCAPES, str(told)]
    child = spawn(command, cwd="/", env=dict(os.environ), rows=24, cols=80, nonce="its-nonce")
    eventually(lambda: told.exists() and told.read_text())
    pid = int(told.read_text())
    yield pid
    os.kill(pid, 9)
    os.kill(child.pid, 9)
    os.close(child.master_fd)
    os.close(child.slave_fd)
    os.waitpid(child.pid, 0)


def test_it_is_not_lost_with_environment_session_and_parent(escaped: int) -> None:
    assert borne_by(escaped) == mark_of("its-nonce")
    assert borne_by(escaped) != mark_of("another")
    assert borne_by(os.getpid()) in {None, borne_by(os.getppid())}


def in_a_child(*limits: int) -> tuple[int, int]:
    """Which limits one has who had these before it was marked."""
    command = [sys.executable, "-c", MARKED, *map(str, limits)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    soft, hard = map(int, told.stdout.split())
    return soft, hard


def test_who_has_a_limit_of_their_own_keeps_it() -> None:
    infinite = resource.RLIM_INFINITY
    assert in_a_child(1000, infinite) == (1000, infinite)
    assert in_a_child(1000, 2000) == (1000, 2000)
    assert in_a_child(infinite, infinite) == (mark_of("its-nonce"), infinite)
    assert in_a_child(mark_of("one around it"), infinite) == (mark_of("its-nonce"), infinite)


def test_of_nobody_nothing_is_known() -> None:
    assert borne_by(2**22 + 1) is None
