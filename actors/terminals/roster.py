"""All terminals of the host: begun, fed, drained, ended, reaped, and forgotten once taken.

Everything happens in the loop's thread. Each end is told to all clients and kept until taken.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from signal import Signals

from actors.terminals import protocol
from actors.terminals.ending import ending_step
from actors.terminals.event_loop import READ, WRITE, EventLoop, Timer, report
from actors.terminals.identity import identify
from actors.terminals.peer import Peer
from actors.terminals.spawn import SpawnRefusedError, spawn
from actors.terminals.terminal import Terminal
from actors.terminals.watching import Watchers
from storage.output_log import OutputLog

_LAST_OUTPUT_BYTES = 1024 * 1024
"""Read at most so much between a child's end and telling of it: others may go on writing."""

_WRITE_AGAIN_SECONDS = 5.0


class Roster:
    def __init__(
        self,
        loop: EventLoop,
        *,
        broadcast: Callable[[protocol.FromHost], None],
        on_forgotten: Callable[[], None],
    ) -> None:
        self.watchers = Watchers(loop.after)
        self._loop = loop
        self._broadcast = broadcast
        self._on_forgotten = on_forgotten
        self._terminals: dict[str, Terminal] = {}
        self._by_pid: dict[int, Terminal] = {}
        self._ending: dict[str, Timer] = {}
        self._unwritten: set[str] = set()

    def __len__(self) -> int:
        return len(self._terminals)

    @property
    def has_live(self) -> bool:
        """Whether a child runs, or an end is not over."""
        return bool(self._by_pid or self._ending)

    def get(self, key: str) -> Terminal | None:
        return self._terminals.get(key)

    def states(self) -> tuple[protocol.TerminalState, ...]:
        return tuple(terminal.state for terminal in self._terminals.values())

    def spawn(self, wanted: protocol.Spawn) -> protocol.Spawned | protocol.SpawnFailed:
        terminal = self._terminals.get(wanted.key)
        if terminal is not None and (terminal.exit is not None or terminal.is_ending):
            return _failed(wanted, errno.EBUSY, "the one before is ending or its exit not taken")
        adopted = terminal is not None
        if terminal is None:
            try:
                terminal = _begin(wanted)
            except OSError as error:
                return _failed(wanted, error.errno or errno.EIO, error.strerror or str(error))
            self._hold(terminal)
        return protocol.Spawned(
            request_id=wanted.request_id,
            key=wanted.key,
            identity=terminal.identity,
            epoch=terminal.log.epoch,
            adopted=adopted,
        )

    def type_input(self, terminal: Terminal) -> None:
        """Type what waits now, and the rest when the child takes it."""
        terminal.type_waiting()
        wanted = READ | WRITE if terminal.input.waiting else READ
        self._loop.watch_for(terminal.master_fd, wanted)

    def tell_writer(self, terminal: Terminal) -> None:
        """Let every client know who types now."""
        self._broadcast(protocol.LeaseChanged(key=terminal.key, writer=terminal.leases.writer))

    def forget_peer(self, peer: Peer) -> None:
        """It is gone: it watches nothing, and what it typed into is free."""
        self.watchers.forget_peer(peer)
        for terminal in self._terminals.values():
            if terminal.leases.drop_of(peer):
                self.tell_writer(terminal)

    def end(self, terminal: Terminal) -> None:
        """Begin to end its process session; a second call changes nothing."""
        if terminal.key not in self._ending:
            terminal.begin_ending()
            self._advance_ending(terminal, 0)

    def end_all(self) -> None:
        for terminal in list(self._by_pid.values()):
            self.end(terminal)

    def take_exit(self, terminal: Terminal) -> None:
        """Forget an exited terminal; one that is being ended, when that is over."""
        terminal.is_taken = True
        if terminal.key not in self._ending:
            self._forget(terminal)

    def reap(self) -> None:
        """Reap every child and orphan that has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if pid == 0:
                break
            terminal = self._by_pid.pop(pid, None)
            if terminal is not None:
                self._record_exit(terminal, status)
        for key in list(self._ending):
            self._finish_if_empty(self._terminals[key])

    def _hold(self, terminal: Terminal) -> None:
        self._terminals[terminal.key] = terminal
        self._by_pid[terminal.pid] = terminal
        self._loop.register(
            terminal.master_fd,
            READ,
            lambda events: self._on_ready(terminal, events),
            lambda: self._loop.unregister(terminal.master_fd),
        )

    def _on_ready(self, terminal: Terminal, events: int) -> None:
        if events & READ and not self._read_once(terminal):
            self._loop.unregister(terminal.master_fd)
        elif events & WRITE:
            self.type_input(terminal)

    def _read_once(self, terminal: Terminal) -> int:
        """Bytes read, -1 when there is nothing now, 0 at the end."""
        chunk = terminal.read_output()
        if chunk is None:
            return 0
        if not chunk.data:
            return -1
        self.watchers.offer(terminal, chunk)
        if terminal.log.has_unwritten and terminal.key not in self._unwritten:
            self._unwritten.add(terminal.key)
            self._loop.after(_WRITE_AGAIN_SECONDS, lambda: self._write_again(terminal))
        return len(chunk.data)

    def _write_again(self, terminal: Terminal) -> None:
        """The disk may take it again while the child says nothing more."""
        self._unwritten.discard(terminal.key)
        if terminal.key in self._terminals and not terminal.log.flush():
            self._unwritten.add(terminal.key)
            self._loop.after(_WRITE_AGAIN_SECONDS, lambda: self._write_again(terminal))

    def _record_exit(self, terminal: Terminal, status: int) -> None:
        terminal.close_slave()
        room = _LAST_OUTPUT_BYTES
        while room > 0 and (size := self._read_once(terminal)) > 0:
            room -= size
        ended = terminal.record_exit(status)
        self._loop.watch_for(terminal.master_fd, READ)
        self._broadcast(protocol.Exited(key=terminal.key, epoch=terminal.log.epoch, exit=ended))

    def _advance_ending(self, terminal: Terminal, number: int) -> None:
        step = ending_step(number)
        members = terminal.members()
        if step is None or (terminal.exit is not None and not members):
            self._finish(terminal, tuple(member.pid for member in members))
            return
        self._ending[terminal.key] = self._loop.after(
            step.wait_seconds, lambda: self._advance_ending(terminal, number + 1)
        )
        terminal.signal_members(step.signals)

    def _finish_if_empty(self, terminal: Terminal) -> None:
        if terminal.exit is not None and not terminal.members():
            self._finish(terminal, ())

    def _finish(self, terminal: Terminal, survivors: tuple[int, ...]) -> None:
        timer = self._ending.pop(terminal.key, None)
        if timer is not None:
            timer.cancel()
        terminal.is_ending = False
        if survivors:
            report(f"{terminal.key}: left after KILL: {survivors}")
        self._broadcast(
            protocol.Ended(key=terminal.key, epoch=terminal.log.epoch, survivors=survivors)
        )
        if terminal.is_taken:
            self._forget(terminal)

    def _forget(self, terminal: Terminal) -> None:
        del self._terminals[terminal.key]
        self.watchers.forget_terminal(terminal.key)
        self._loop.unregister(terminal.master_fd)
        terminal.close()
        self._broadcast(protocol.Closed(key=terminal.key, epoch=terminal.log.epoch))
        self._on_forgotten()


def send_to_session(terminal: Terminal, number: Signals, scope: str) -> None:
    """To the child's own group, or to everything in its process session."""
    if scope == "group":
        terminal.signal_group(number)
    else:
        terminal.signal_members((number,))


def _begin(wanted: protocol.Spawn) -> Terminal:
    """Raises OSError, of which SpawnRefusedError is one."""
    directory = Path(wanted.log_directory)
    if not directory.is_absolute() or "\0" in wanted.log_directory + wanted.nonce:
        raise SpawnRefusedError(errno.EINVAL, "log_directory must be absolute, nonce without NUL")
    marks = {"GREENROOM_WORKER": wanted.key, "GREENROOM_NONCE": wanted.nonce}
    log = OutputLog.create(directory)
    try:
        child = spawn(
            wanted.argv,
            cwd=wanted.cwd,
            env={"TERM": "xterm-256color"} | wanted.env | marks,
            rows=wanted.rows,
            cols=wanted.cols,
        )
    except BaseException:
        log.discard()
        raise
    return Terminal(
        key=wanted.key,
        identity=identify(child.pid, wanted.nonce),
        master_fd=child.master_fd,
        slave_fd=child.slave_fd,
        log=log,
        cols=wanted.cols,
        rows=wanted.rows,
    )


def _failed(wanted: protocol.Spawn, number: int, message: str) -> protocol.SpawnFailed:
    return protocol.SpawnFailed(
        request_id=wanted.request_id, key=wanted.key, errno=number, message=message
    )
