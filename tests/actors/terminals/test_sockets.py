import os
import socket
import tempfile
from pathlib import Path

import pytest

from actors.terminals.sockets import connect_unix, listen_unix, peer_uid


@pytest.mark.parametrize("length", [20, 107, 108, 150])
def test_both_sides_work_at_paths_of_any_length(tmp_path: Path, length: int) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="t") as short:
        path = _padded(Path(short), length)
        assert len(str(path)) == length
        path.parent.mkdir(exist_ok=True)
        check_both_sides(path)


def check_both_sides(path: Path) -> None:
    with listen_unix(path) as listener, connect_unix(path, 5) as client:
        listener.setblocking(True)
        server, _ = listener.accept()
        with server:
            assert peer_uid(server) == peer_uid(client) == os.geteuid()
            client.sendall(b"hello")
            assert server.recv(10) == b"hello"
    assert path.stat().st_mode & 0o777 == 0o600


def _padded(directory: Path, length: int) -> Path:
    rest = length - len(f"{directory}/")
    if rest <= 60:
        return directory / ("s" * max(rest, 1))
    return directory / ("d" * (rest - 31)) / ("s" * 30)


def test_what_was_there_is_replaced_and_no_other_name_is_left(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    listen_unix(path).close()
    with listen_unix(path), connect_unix(path, 5):
        assert [entry.name for entry in tmp_path.iterdir()] == ["socket"]


def test_nobody_listening_is_an_error(tmp_path: Path) -> None:
    listen_unix(tmp_path / "socket").close()
    with pytest.raises(ConnectionRefusedError):
        connect_unix(tmp_path / "socket", 5)
    with pytest.raises(FileNotFoundError):
        connect_unix(tmp_path / "none", 5)


def test_the_listener_does_not_block(tmp_path: Path) -> None:
    with listen_unix(tmp_path / "socket") as listener, pytest.raises(BlockingIOError):
        listener.accept()
    assert listener.family == socket.AF_UNIX
