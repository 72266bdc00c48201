import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from actors.process_table import (
    all_processes,
    descendants,
    has_children,
    look_up,
    send_signal,
    session_members,
)
from actors.terminals.identity import identify


def test_a_process_is_known_whatever_its_name(tmp_path: Path) -> None:
    program = tmp_path / "a) R 1 (b"
    program.symlink_to(sys.executable)
    with subprocess.Popen(
        [program, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True
    ) as process:
        entry = look_up(process.pid)
        assert entry is not None
        assert (entry.session, entry.group) == (process.pid, process.pid)
        assert [member.pid for member in session_members(process.pid)] == [process.pid]
        process.kill()


def test_a_signal_goes_only_to_the_process_that_was_meant() -> None:
    with subprocess.Popen(["sleep", "100"]) as process:
        ticks = identify(process.pid, "").start_ticks
        assert not send_signal(process.pid, ticks + 1, signal.SIGKILL)
        assert send_signal(process.pid, ticks, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert not send_signal(process.pid, ticks, signal.SIGKILL)


def test_a_zombie_is_dead_and_what_is_gone_is_nobody() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    entry = look_up(process.pid)
    assert entry is not None
    assert entry.is_dead
    process.wait()
    assert look_up(process.pid) is None
    with pytest.raises(ProcessLookupError):
        identify(process.pid, "")


def test_who_is_below_whom_less_those_that_are_spared() -> None:
    script = "sleep 100 & sleep 100 & wait"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as process:

        def below(*spared: int) -> set[int]:
            found = descendants(all_processes(), os.getpid(), lambda pid: pid in spared)
            return {each.pid for each in found}

        while len(below()) < 3:
            pass
        assert process.pid in below()
        (one, other) = below() - {process.pid}
        assert below(one) == {process.pid, other}
        assert below(process.pid) == set()
        for pid in (one, other):
            os.kill(pid, signal.SIGKILL)


def test_whether_there_are_children_and_none_is_reaped() -> None:
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert has_children()
    assert process.wait() == 0
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from actors import process_table; print(process_table.has_children())",
        ],
        stdout=subprocess.PIPE,
    ) as alone:
        assert alone.stdout is not None
        assert alone.stdout.read() == b"False\n"
