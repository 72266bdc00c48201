"""Starting a program, where the system has no process or no terminal left.

Who may do everything has no limit of processes, so the failing calls are stood in for here.
"""

import errno
import os
from collections.abc import Callable
from typing import NoReturn

import pytest

from actors.terminals.spawn import SpawnRefusedError, spawn


def descriptors() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are enough


def fails_with(number: int) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise OSError(number, os.strerror(number))

    return fail


def refused() -> SpawnRefusedError:
    with pytest.raises(SpawnRefusedError) as caught:
        spawn(["true"], cwd="/", env={"PATH": os.environ["PATH"]}, rows=24, cols=80)
    return caught.value


def test_no_process_is_said_and_leaves_no_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "forkpty", fails_with(errno.EAGAIN))
    monkeypatch.setattr(os, "fork", fails_with(errno.EAGAIN))
    before = descriptors()
    error = refused()
    assert error.errno == errno.EAGAIN
    assert os.strerror(errno.EAGAIN) in str(error.strerror)
    assert descriptors() == before


def test_no_terminal_is_said_and_leaves_no_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "forkpty", fails_with(errno.ENOSPC))
    monkeypatch.setattr(os, "openpty", fails_with(errno.ENOSPC))
    monkeypatch.setattr("pty._open_terminal", _none_left)
    before = descriptors()
    error = refused()
    assert (error.errno, "out of pty devices" in str(error.strerror)) == (errno.ENOSPC, True)
    assert descriptors() == before


def _none_left() -> NoReturn:
    raise OSError("out of pty devices")


def test_a_program_that_cannot_be_executed_leaves_no_descriptor() -> None:
    before = descriptors()
    with pytest.raises(SpawnRefusedError) as caught:
        spawn(["true", "x" * 200_000], cwd="/", env=dict(os.environ), rows=24, cols=80)
    assert caught.value.errno == errno.E2BIG
    os.waitpid(-1, 0)
    del caught
    assert descriptors() == before
