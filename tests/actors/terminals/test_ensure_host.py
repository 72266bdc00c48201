"""Reaching, starting and never doubling the host."""

import fcntl
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from actors.entry import entry_command
from actors.terminals import ensure_host as module
from actors.terminals import host_files
from actors.terminals.connection import HostConnection
from actors.terminals.ensure_host import ensure_host
from actors.terminals.greeting import HostUnreachableError

from .conftest import PATIENCE_SECONDS, Client, end_host, eventually, is_alive


def test_a_running_host_is_found_again(connect: Callable[[], Client]) -> None:
    assert connect().welcome.host == connect().welcome.host


def test_several_at_once_reach_one_host(data: Path) -> None:
    found: list[HostConnection] = []
    threads = [
        threading.Thread(target=lambda: found.append(ensure_host(data, PATIENCE_SECONDS)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({connection.welcome.host for connection in found}) == 1
    for connection in found:
        connection.close()
    assert len(found) == 4
    end_host(data)


def test_a_new_host_follows_one_that_was_killed(connect: Callable[[], Client]) -> None:
    first = connect()
    os.kill(first.welcome.host.pid, signal.SIGKILL)
    eventually(lambda: first.closed and not is_alive(first.welcome.host.pid))
    assert connect().welcome.host != first.welcome.host


def test_a_deleted_run_directory_is_made_again_by_the_same_host(
    connect: Callable[[], Client], data: Path
) -> None:
    first = connect()
    pid = first.spawn("s/w", "cat").identity.pid
    shutil.rmtree(data / "run")
    second = connect()
    assert second.welcome.host == first.welcome.host
    assert second.states()["s/w"].identity.pid == pid


def test_no_second_host_while_the_lock_is_held_by_one_that_cannot_be_reached(data: Path) -> None:
    host_files.make_directories(data)
    lock_fd = os.open(data / "workspaces", os.O_RDONLY)
    fcntl.flock(lock_fd, fcntl.LOCK_EX)
    with pytest.raises(HostUnreachableError, match="holds the lock"):
        ensure_host(data, 1.0)
    assert not host_files.socket_path(data).exists()
    os.close(lock_fd)


def test_a_host_that_cannot_start_is_said(data: Path) -> None:
    host_files.make_directories(data)
    host_files.socket_path(data).mkdir()
    (host_files.socket_path(data) / "in the way").touch()
    with pytest.raises(HostUnreachableError, match="status 1"):
        ensure_host(data, 1.5)


def test_a_way_to_start_it_that_fails_is_followed_by_the_next(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = [["/bin/false"], entry_command("terminal-host", "--data", str(data))]
    monkeypatch.setattr(module, "outliving_commands", lambda *_: ways)
    connection = ensure_host(data, PATIENCE_SECONDS)
    assert is_alive(connection.welcome.host.pid)
    connection.close()
    end_host(data)


def test_a_missing_parent_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(HostUnreachableError, match="cannot start the host"):
        ensure_host(tmp_path / "no" / "data", PATIENCE_SECONDS)


def test_a_path_of_150_bytes_will_do(tmp_path: Path) -> None:
    data = Path(f"{tmp_path}/{'d' * 150}")
    connection = ensure_host(data, PATIENCE_SECONDS)
    assert host_files.recorded_host(data) == connection.welcome.host
    connection.close()
    end_host(data)
