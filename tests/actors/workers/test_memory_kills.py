"""A worker that the kernel kills for its memory; what the kernel counts is laid out as files."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from storage.records import event as e
from tests.fakes.greenroom import House

MOST = 2**30
WHY = "over the session's limit of 1 GiB of memory: the kernel killed a process of this worker"


@pytest.fixture
def base(greenroom: House, tmp_path: Path) -> Path:
    """Where groups would be; nobody finds out that they are none."""
    groups: Any = greenroom.room.around.groups
    groups._mount = None
    groups._base = tmp_path / "groups"
    return tmp_path / "groups"


def killed(greenroom: House, base: Path, count: int, **worker: Any) -> Any:
    """The end of a worker of a limited session that is killed, with so many counted."""
    limits = {"limits": {"memory_bytes": MOST}}
    command = {"type": "terminal", "command": ["cat"], "restart": "never", **worker}
    made = greenroom.create(worker=command, config=limits)
    session_id, worker_id = made["id"], made["workers"][0]["id"]
    running = greenroom.becomes(session_id, worker_id, "running")
    leaf = base / session_id / worker_id
    assert leaf.is_dir()
    (leaf / "memory.events").write_text(f"low 0\noom_kill {count}\n")
    if "command" in worker:
        greenroom.get("write-input", session=session_id, worker=worker_id, data="\r")
    else:
        os.kill(running.process.pid, signal.SIGKILL)
    ended = greenroom.becomes(session_id, worker_id, "exited")
    passed = [each for each in greenroom.journal(session_id) if isinstance(each, e.LimitPassed)]
    return ended, passed


def test_it_has_passed_its_limit_as_one_that_is_watched(greenroom: House, base: Path) -> None:
    worker, passed = killed(greenroom, base, 1)
    assert (worker.exit.cause, worker.exit.signal) == ("limit", signal.SIGKILL)
    assert worker.last_error == WHY
    assert passed == [e.LimitPassed(worker.id, "memory_bytes", MOST, MOST, WHY)]


def test_so_has_a_shell_whose_command_was_killed(greenroom: House, base: Path) -> None:
    worker, passed = killed(greenroom, base, 1, command=["sh", "-c", "read x; exit 137"])
    assert (worker.exit.cause, worker.exit.code, len(passed)) == ("limit", 137, 1)


def test_one_that_somebody_else_killed_has_crashed(greenroom: House, base: Path) -> None:
    worker, passed = killed(greenroom, base, 0)
    assert (worker.exit.cause, passed) == ("crashed", [])
