"""One terminal: its child, both ends of its PTY, its output log and its input.

It promises that output stands in the log before anyone gets it, and that nothing here blocks.
Who is told, and when the loop looks, is left to `roster`.
"""

import fcntl
import os
import signal
import struct
import termios
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import NamedTuple

from actors.process_table import ProcessEntry, look_up, send_signal
from actors.terminals.input_queue import InputQueue
from actors.terminals.leases import Leases
from actors.terminals.protocol import TerminalExit, TerminalState
from storage.output_log import OutputLog
from storage.records.process import ProcessIdentity

_CHUNK_BYTES = 64 * 1024
_SHORT_BYTES = 1024
_WRITE_BYTES = 16 * 1024


Living = Mapping[int, list[ProcessEntry]]
"""As `living_by_session` gives it."""


class Chunk(NamedTuple):
    start: int
    data: bytes


class Terminal:
    def __init__(
        self,
        *,
        key: str,
        identity: ProcessIdentity,
        master_fd: int,
        slave_fd: int,
        log: OutputLog,
        cols: int,
        rows: int,
    ) -> None:
        self.key = key
        self.identity = identity
        self.pid = identity.pid
        self.master_fd = master_fd
        self.log = log
        self.input = InputQueue()
        self.leases = Leases()
        self.exit: TerminalExit | None = None
        self.is_ending = False
        self.is_taken = False
        self.typed_bytes = 0
        self._end_asked = False
        self._slave_fd = slave_fd
        self._cols = cols
        self._rows = rows
        self._signals_sent: set[int] = set()

    @property
    def state(self) -> TerminalState:
        return TerminalState(
            key=self.key,
            identity=self.identity,
            epoch=self.log.epoch,
            end_offset=self.log.end,
            cols=self._cols,
            rows=self._rows,
            ending=self.is_ending,
            exit=self.exit,
            input_numbers=self.input.numbers(),
            lost_bytes=self.log.lost_bytes,
            writer=self.leases.writer,
        )

    def read_output(self) -> Chunk | None:
        """What there is now, up to 64 KiB, logged; empty when there is nothing, None at the end."""
        pieces: list[bytes] = []
        left = _CHUNK_BYTES
        # The kernel mostly hands out 4 KiB at a time: one log entry for many reads.
        while left > 0:
            try:
                piece = os.read(self.master_fd, left)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            if not piece and not pieces:
                return None
            pieces.append(piece)
            left -= len(piece)
            if len(piece) < _SHORT_BYTES:
                break  # the end, or there was no more: asking again would only cost time
        chunk = Chunk(self.log.end, b"".join(pieces))
        self.log.append(chunk.data)
        return chunk

    def type_waiting(self) -> None:
        """Give the child as much of the waiting input as it takes now."""
        try:
            while self.input.waiting:
                typed = os.write(self.master_fd, self.input.waiting[:_WRITE_BYTES])
                self.input.typed(typed)
                self.typed_bytes += typed
        except BlockingIOError:
            return
        except OSError:
            self.input.waiting.clear()

    def resize(self, cols: int, rows: int) -> None:
        """Raises OSError."""
        size = struct.pack("HHHH", rows, cols, 0, 0)
        fcntl.ioctl(self.master_fd, termios.TIOCSWINSZ, size)
        self._cols, self._rows = cols, rows

    def begin_ending(self) -> None:
        self.is_ending = self._end_asked = True

    def members(self, living: Living) -> list[ProcessEntry]:
        """What lives in the child's process session; nothing once its number is another's."""
        if self.exit is not None and look_up(self.pid) is not None:
            return []
        return living.get(self.pid, [])

    def signal_members(self, numbers: tuple[signal.Signals, ...], living: Living) -> None:
        """Signal all of the session. What we may not signal is passed over."""
        members = self.members(living)
        for number in numbers:
            self._signals_sent.add(number)
            for member in members:
                with suppress(PermissionError):
                    send_signal(member.pid, member.start_ticks, number)

    def signal_group(self, number: signal.Signals) -> None:
        """Signal the child's own process group, of a child that is not reaped yet."""
        self._signals_sent.add(number)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def record_exit(self, status: int) -> TerminalExit:
        """`status` as from waitpid. Its output must have been read before."""
        code = os.waitstatus_to_exitcode(status)
        number = -code if code < 0 else None
        self.exit = TerminalExit(
            code=code if number is None else None,
            signal=number,
            at=datetime.now(UTC),
            ended_by_us=self._end_asked or number in self._signals_sent,
            end_offset=self.log.end,
        )
        self.input.waiting.clear()
        self.log.ends()
        return self.exit

    def close_slave(self) -> None:
        if self._slave_fd >= 0:
            os.close(self._slave_fd)
            self._slave_fd = -1

    def close(self) -> None:
        self.close_slave()
        os.close(self.master_fd)
        self.master_fd = -1
        self.log.close()
