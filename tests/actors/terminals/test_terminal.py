"""One terminal, at both ends of a real PTY."""

import os
import pty
import select
import threading
import tty
from pathlib import Path

import pytest

from actors.terminals.identity import identify
from actors.terminals.terminal import Terminal
from storage.output_log import OutputLog

CHUNK_BYTES = 64 * 1024


@pytest.fixture
def slave_and_terminal(tmp_path: Path) -> tuple[int, Terminal]:
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    terminal = Terminal(
        key="s/w",
        identity=identify(os.getpid(), "nonce"),
        master_fd=master,
        slave_fd=os.dup(slave),
        log=OutputLog.create(tmp_path / "output"),
        cols=80,
        rows=24,
    )
    return slave, terminal


def test_much_output_comes_in_chunks_of_a_bounded_size(
    slave_and_terminal: tuple[int, Terminal],
) -> None:
    """The kernel fills a PTY again while it is read: one read of it may well be endless."""
    slave, terminal = slave_and_terminal
    written = b"".join(b"line %07d\n" % number for number in range(400_000))

    def write() -> None:
        left = memoryview(written)
        while left:
            left = left[os.write(slave, left[:CHUNK_BYTES]) :]

    writer = threading.Thread(target=write)
    writer.start()
    read = b""
    while len(read) < len(written):
        select.select([terminal.master_fd], [], [])
        chunk = terminal.read_output()
        assert chunk is not None
        assert chunk.start == len(read)
        assert len(chunk.data) <= CHUNK_BYTES
        read += chunk.data
    writer.join()
    assert read == written
    os.close(slave)
    terminal.close()
