"""All terminals of the host: begun, fed, drained, ended, reaped, and forgotten once taken.

Everything happens in the loop's thread. Each end is told to all clients and kept until taken.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from signal import Signals

from msgspec.structs import replace

from actors.process_table import living_by_session
from actors.terminals import protocol
from actors.terminals.ending import ending_step
from actors.terminals.event_loop import READ, WRITE, EventLoop, Timer, report
from actors.terminals.identity import identify
from actors.terminals.paced import Paced
from actors.terminals.peer import Peer
from actors.terminals.spawn import SpawnRefusedError, spawn
from actors.terminals.terminal import Living, Terminal
from actors.terminals.watching import Watchers
from storage.output_log import OutputLog

_LAST_OUTPUT_BYTES = 1024 * 1024
"""Read at most so much between a child's end and telling of it: others may go on writing."""

_WRITE_AGAIN_SECONDS = 5.0
_LOOK_SECONDS = 0.02
"""Between two looks at all processes; one takes some milliseconds."""


class Roster:
    def __init__(
        self,
        loop: EventLoop,
        *,
        broadcast: Callable[[protocol.FromHost], None],
        on_over: Callable[[], None],
    ) -> None:
        """`on_over` is called when an end has run its course, or a terminal was forgotten."""
        self.watchers = Watchers(loop.after)
        self._loop = loop
        self._broadcast = broadcast
        self._on_over = on_over
        self._terminals: dict[str, Terminal] = {}
        self._by_pid: dict[int, Terminal] = {}
        self._ending: dict[str, Timer] = {}
        self._living: Living = {}
        self._ending_check = Paced(loop.after, _LOOK_SECONDS, self._finish_what_is_empty)
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
        return tuple(
            replace(terminal.state, watchers=len(self.watchers.clients(key)))
            for key, terminal in self._terminals.items()
        )

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
        """Let every client know who types now, and how many look on."""
        key, writer = terminal.key, terminal.leases.writer
        watchers = len(self.watchers.clients(key))
        self._broadcast(protocol.LeaseChanged(key=key, writer=writer, watchers=watchers))

    def watch(self, peer: Peer, terminal: Terminal, wanted: protocol.Watch) -> None:
        is_new = wanted.data and peer not in self.watchers.clients(terminal.key)
        self.watchers.add(peer, terminal, wanted)
        if is_new:
            self.tell_writer(terminal)

    def unwatch(self, peer: Peer, key: str) -> None:
        was_client = peer in self.watchers.clients(key)
        self.watchers.remove(peer, key)
        if was_client and key in self._terminals:
            self.tell_writer(self._terminals[key])

    def detach(self, terminal: Terminal, asker: Peer, by: str) -> int:
        """Let go of everybody else who is attached; how many that were."""
        attached = [peer for peer in self.watchers.clients(terminal.key) if peer is not asker]
        for peer in attached:
            peer.send(protocol.Detached(key=terminal.key, by=by))
            self._let_go(peer, terminal)
        return len(attached)

    def forget_peer(self, peer: Peer) -> None:
        """It is gone: it watches nothing, and what it typed into is free."""
        for terminal in self._terminals.values():
            self._let_go(peer, terminal)

    def _let_go(self, peer: Peer, terminal: Terminal) -> None:
        self.unwatch(peer, terminal.key)
        if terminal.leases.drop_of(peer):
            self.tell_writer(terminal)

    def end(self, *terminals: Terminal) -> None:
        """Begin to end their process sessions; a second call changes nothing."""
        self._living = living_by_session()
        for terminal in terminals:
            if terminal.key not in self._ending:
                terminal.begin_ending()
                self._advance_ending(terminal, 0)

    def end_all(self) -> None:
        self.end(*self._by_pid.values())

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
        self._ending_check.due()

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
            report(f"{terminal.key}: its output cannot be written, and is kept for now")
            self._unwritten.add(terminal.key)
            self._loop.after(_WRITE_AGAIN_SECONDS, lambda: self._write_again(terminal))
        return len(chunk.data)

    def _write_again(self, terminal: Terminal) -> None:
        """The disk may take it again while the child says nothing more."""
        self._unwritten.discard(terminal.key)
        if terminal.key not in self._terminals:
            return
        if terminal.log.flush():
            lost = terminal.log.lost_bytes
            report(f"{terminal.key}: its output is written again; {lost} bytes of it are lost")
            return
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
        members = terminal.members(self._living)
        if step is None or (terminal.exit is not None and not members):
            self._finish(terminal, tuple(member.pid for member in members))
            return
        self._ending[terminal.key] = self._loop.after(
            step.wait_seconds, lambda: self._go_on_ending(terminal, number + 1)
        )
        terminal.signal_members(step.signals, self._living)

    def _go_on_ending(self, terminal: Terminal, number: int) -> None:
        self._ending_check.look()
        if terminal.key in self._ending:
            self._advance_ending(terminal, number)

    def _finish_what_is_empty(self) -> None:
        """One look at the processes for all that are being ended."""
        self._living = living_by_session() if self._ending else {}
        for terminal in [self._terminals[key] for key in self._ending]:
            if terminal.exit is not None and not terminal.members(self._living):
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
        else:
            self._on_over()

    def _forget(self, terminal: Terminal) -> None:
        del self._terminals[terminal.key]
        self.watchers.forget_terminal(terminal.key)
        self._loop.unregister(terminal.master_fd)
        terminal.close()
        self._broadcast(protocol.Closed(key=terminal.key, epoch=terminal.log.epoch))
        self._on_over()


def send_to_session(terminal: Terminal, number: Signals, scope: str) -> None:
    """To the child's own group, or to everything in its process session."""
    if scope == "group":
        terminal.signal_group(number)
    else:
        terminal.signal_members((number,), living_by_session())


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
            cgroup=wanted.cgroup,
            nonce=wanted.nonce,
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
