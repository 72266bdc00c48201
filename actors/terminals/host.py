"""The terminal host: one small process per data directory that owns every PTY.

It outlives the daemon: terminals run on, their output is logged and their ends are kept while
nobody is connected. It holds the lock for life and exits when nothing is left to hold, so it
imports little (standard library, msgspec, ptyprocess), has one thread, and waits for nobody.
"""

import errno
import socket
import sys
from collections.abc import Sequence
from os import geteuid, getpid, urandom
from pathlib import Path
from signal import (
    SIG_SETMASK,
    SIGCHLD,
    SIGHUP,
    SIGINT,
    SIGTERM,
    SIGUSR1,
    pthread_sigmask,
)

from actors.inherited import keep_private, raise_soft_limit
from actors.process_table import become_subreaper
from actors.terminals import host_files, protocol
from actors.terminals.commands import Commands
from actors.terminals.event_loop import READ, EventLoop, Timer, report
from actors.terminals.identity import identify
from actors.terminals.peer import Peer
from actors.terminals.roster import Roster
from actors.terminals.sockets import listen_unix, peer_uid

IDLE_SECONDS = 5.0
"""Alive so long with nothing to hold and nobody connected: a daemon that restarts finds it."""

HELLO_SECONDS = 5.0
FLUSH_SECONDS = 1.0
ACCEPT_PAUSE_SECONDS = 1.0

ALREADY_RUNNING_STATUS = 3
USAGE_STATUS = 2


class Host:
    def __init__(self, data_directory: Path) -> None:
        self.is_ending = False
        self._data_directory = data_directory
        self._loop = EventLoop()
        self._identity = identify(getpid(), urandom(8).hex())
        self._peers: set[Peer] = set()
        self._listener: socket.socket | None = None
        self._idle: Timer | None = None
        self._roster = Roster(
            self._loop,
            broadcast=self._broadcast,
            on_over=self._on_over,
        )
        self._commands = Commands(self._roster, self)

    def run(self) -> None:
        """Returns when there is nothing left to hold, or when told to shut down."""
        for number, call in (
            (SIGCHLD, self._on_child),
            (SIGTERM, self.shut_down),
            (SIGINT, self.shut_down),
            (SIGHUP, lambda: None),
            (SIGUSR1, self._bind),
        ):
            self._loop.on_signal(number, call)
        self._bind()
        self._check_idle()
        self._loop.run()

    def welcome(self) -> protocol.Welcome:
        return protocol.Welcome(
            version=protocol.PROTOCOL_VERSION,
            host=self._identity,
            terminals=self._roster.states(),
        )

    def shut_down(self) -> None:
        """End all live terminals, then exit."""
        if not self.is_ending:
            self.is_ending = True
            self._roster.end_all()
        self._check_shut_down()

    def _bind(self) -> None:
        """Listen, anew if need be: `run/` may have been deleted under us."""
        host_files.make_directories(self._data_directory)
        listener = listen_unix(host_files.socket_path(self._data_directory))
        if self._listener is not None:
            self._loop.unregister(self._listener.fileno())
            self._listener.close()
        self._listener = listener
        self._listen()
        try:
            host_files.write_identity(self._data_directory, self._identity)
        except OSError as error:
            # Needed only to be asked to bind again; a full disk must not keep terminals away.
            report(f"identity not written: {error}")

    def _listen(self) -> None:
        listener = self._listener
        if listener is not None:
            fd = listener.fileno()
            self._loop.unregister(fd)
            self._loop.register(fd, READ, lambda _: self._accept(listener), lambda: None)

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except OSError as error:
            if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}:
                # It stays readable: without a pause the loop would spin.
                self._loop.unregister(listener.fileno())
                self._loop.after(ACCEPT_PAUSE_SECONDS, self._listen)
            return
        if peer_uid(connection) != geteuid():
            connection.close()
            return
        peer = Peer(
            connection,
            self._loop,
            on_frame=self._commands.take,
            on_drained=self._roster.watchers.catch_up,
            on_closed=self._on_peer_closed,
        )
        self._peers.add(peer)
        self._loop.after(HELLO_SECONDS, peer.close_ungreeted)
        self._check_idle()

    def _on_peer_closed(self, peer: Peer, reason: str) -> None:
        if not reason.startswith("closed by"):
            report(f"client {peer.name or '?'} dropped: {reason}")
        self._peers.discard(peer)
        self._roster.forget_peer(peer)
        self._check_idle()

    def _broadcast(self, message: protocol.FromHost) -> None:
        for peer in list(self._peers):
            if peer.is_greeted:
                peer.send(message)

    def _on_child(self) -> None:
        self._roster.reap()
        self._check_shut_down()

    def _on_over(self) -> None:
        self._check_shut_down()
        self._check_idle()

    def _check_idle(self) -> None:
        is_idle = not self._roster and not self._peers
        if self._idle is not None and not is_idle:
            self._idle.cancel()
            self._idle = None
        elif self._idle is None and is_idle:
            self._idle = self._loop.after(IDLE_SECONDS, self._loop.stop)

    def _check_shut_down(self) -> None:
        if not self.is_ending or self._roster.has_live:
            return
        waiting = any(peer.pending_bytes for peer in self._peers)
        self._loop.after(FLUSH_SECONDS if waiting else 0, self._loop.stop)


def main(arguments: Sequence[str]) -> int:
    """`--data DIR`. Returns 0 at the end, 3 if another host holds the lock, 2 on misuse."""
    if len(arguments) != 2 or arguments[0] != "--data":
        report("usage: terminal-host --data DIR")
        return USAGE_STATUS
    data_directory = Path(arguments[1]).resolve()
    host_files.make_directories(data_directory)
    lock_fd = host_files.lock(data_directory)
    if lock_fd is None:
        report(f"another terminal host holds {data_directory}")
        return ALREADY_RUNNING_STATUS
    become_subreaper()
    pthread_sigmask(SIG_SETMASK, ())  # whatever our starter had blocked
    keep_private()
    raise_soft_limit()
    Host(data_directory).run()
    host_files.socket_path(data_directory).unlink(missing_ok=True)
    sys.stdout.flush()
    return 0
