import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from actors.adapters.process_usage import Usage, UsageMeter
from tests.fakes.actors import eventually

BUSY_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for a child which is busy."""
    with subprocess.Popen([sys.executable, "-c", BUSY_CHILD], start_new_session=True) as process:
        yield process
        os.killpg(process.pid, 9)


def test_a_tree_of_processes_is_counted_as_one(parent: subprocess.Popen[bytes]) -> None:
    meter = UsageMeter()
    first = meter.look([parent.pid])[parent.pid]
    assert first.cpu_percent == 0
    assert first.memory_bytes > 0
    eventually(lambda: meter.look([parent.pid])[parent.pid].cpu_percent > 0)
    eventually(lambda: meter.look([parent.pid])[parent.pid].memory_bytes > first.memory_bytes // 2)


def test_a_process_that_is_gone_is_left_out() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        gone = process.pid
    found = UsageMeter().look([gone, os.getpid()])
    assert set(found) == {os.getpid()}
    assert isinstance(found[os.getpid()], Usage)


def test_nothing_asked_is_nothing_looked_at() -> None:
    assert UsageMeter().look([]) == {}
