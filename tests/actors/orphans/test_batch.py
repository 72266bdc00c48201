"""The end of real processes, on a clock that stands still."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from actors.messages.orphans import Judged, Process
from actors.orphans.batch import GIVE_UP_SECONDS, Batch
from actors.terminals.identity import identify
from tests.fakes.clock import FakeClock


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    script = "trap '' TERM; echo; while :; do sleep 1000; done"
    process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()
    with process:
        yield process
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # also what it waits for


def judged(process: subprocess.Popen[bytes]) -> list[Judged]:
    ticks = identify(process.pid, "").start_ticks
    one = Process(pid=process.pid, parent=1, session=process.pid, start_ticks=ticks)
    return [Judged(one, "left", "s/w", "its worker is deleted")]


def test_however_late_it_looks_again_it_insists_before_it_gives_up(
    stubborn: subprocess.Popen[bytes],
) -> None:
    """On a machine that was too busy, or asleep."""
    clock = FakeClock()
    batch = Batch(clock)
    batch.kinds = frozenset({"left"})
    left = judged(stubborn)
    assert batch.advance(left)
    clock.advance(1000)
    assert stubborn.poll() is None
    assert batch.advance(left)
    assert stubborn.wait(20) == -signal.SIGKILL
    clock.advance(GIVE_UP_SECONDS)
    assert not batch.advance(left)
    (ended,) = batch.outcome([])["s/w"]
    assert (ended.signal, ended.gone) == (signal.SIGKILL, True)
