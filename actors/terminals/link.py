"""The link to the terminal host: starts the host when it is first needed, and never stops it.

Passes on what workers want and tells them what becomes of their terminals. A connection that ends
is made again: a terminal that the host still holds is as if nothing had been, any other is lost.
"""

import itertools
import logging
from errno import EBUSY
from typing import Any

from msgspec.structs import replace

from actors.messages import terminals as t
from actors.supervision import ActorRef, BaseActor, ChildContext, tell
from actors.surroundings import Surroundings
from actors.terminals import host_files
from actors.terminals import protocol as p
from actors.terminals.connection import HostConnection
from actors.terminals.ensure_host import ensure_host
from actors.terminals.greeting import HostUnreachableError
from storage.records.process import ProcessIdentity

_log = logging.getLogger(__name__)

HOST_SECONDS = 10.0
"""A host starts in a tenth of a second; one that holds the lock and is stuck gets this long."""


class FromHost:
    """What came over one connection; `None` is its end."""

    __slots__ = ("connection", "message")

    def __init__(self, connection: HostConnection, message: p.FromHost | None) -> None:
        self.connection = connection
        self.message = message


class TerminalLink(BaseActor):
    """One connection; the listeners of all terminals that workers of this daemon have."""

    def __init__(self, context: ChildContext, around: Surroundings) -> None:
        super().__init__(context)
        self._around = around
        around.terminals.ref = self.actor_ref  # what is told from now on waits in the inbox
        self._connection: HostConnection | None = None
        self._terminals: dict[str, p.TerminalState] = {}
        self._listeners: dict[str, ActorRef[Any]] = {}
        self._opening: dict[str, t.OpenTerminal] = {}
        self._put_off: set[str] = set()
        self._numbers = itertools.count(1)
        self._ending: t.EndHost | None = None

    def started(self) -> None:
        try:
            connection = HostConnection.connect(self._around.data.root)
        except (OSError, HostUnreachableError):
            return  # it is started, or waited for, when somebody needs it
        self._use(connection)

    def stopping(self) -> None:
        if self._connection:
            self._connection.close()

    @property
    def host(self) -> ProcessIdentity | None:
        return self._connection.welcome.host if self._connection else None

    def on_message(self, message: Any) -> object:  # noqa: C901 - one row per message
        match message:
            case FromHost():
                self._heard(message)
            case t.OpenTerminal():
                self._open(message)
            case t.TakeOverTerminal():
                self._take_over(message)
            case t.TypeIntoTerminal():
                self._type(message)
            case t.WatchTerminal():
                self._send(p.Watch(key=message.key, data=False))
            case t.ResizeTo():
                self._send(p.Resize(key=message.key, cols=message.cols, rows=message.rows))
            case t.SignalTerminal():
                self._send(p.Signal(key=message.key, signal=message.signal))
            case t.EndTerminal():
                self._end(message.key)
            case t.EndTerminalsOf():
                for key in self._keys_of(message.session_id):
                    self._end(key)
            case t.SignalTerminalsOf():
                for key in self._keys_of(message.session_id):
                    self._send(p.Signal(key=key, signal=message.signal))
            case t.ForgetExit():
                self._send(p.TakeExit(key=message.key, epoch=message.epoch))
            case t.DescribeHost():
                return self._describe()
            case t.TellHeld():
                message.told(self._held())
            case t.EndHost():
                self._end_host(message)
            case _:
                return super().on_message(message)
        return None

    def _describe(self) -> t.HostDescription:
        live = sum(1 for state in self._terminals.values() if state.exit is None)
        return t.HostDescription(self.host.pid if self.host else None, live)

    def _held(self) -> t.HeldTerminals:
        """What the host holds; what is not known yet, the next look finds."""
        if self._connection is None:
            return t.HeldTerminals(is_known=not host_files.is_locked(self._around.data.root))
        leaders = {s.key: s.identity for s in self._terminals.values() if s.exit is None}
        opening = frozenset(self._opening)
        return t.HeldTerminals(True, self._connection.welcome.host.pid, leaders, opening)

    def _end_host(self, message: t.EndHost) -> None:
        """The workers have ended, and so does the host. It closes the connection when it goes."""
        if self._connection is None:
            message.ended()
            return
        self._ending = message
        self._connection.send(p.Shutdown())

    # The connection.

    def _use(self, connection: HostConnection) -> None:
        self._connection = connection
        self._terminals = {state.key: state for state in connection.welcome.terminals}
        connection.start(
            on_message=lambda message: self._hand_in(connection, message),
            on_closed=lambda _: self._hand_in(connection, None),
        )

    def _hand_in(self, connection: HostConnection, message: p.FromHost | None) -> None:
        tell(self.actor_ref, FromHost(connection, message))

    def _connected(self) -> HostConnection:
        """The connection, made anew if need be. HostUnreachableError ends this actor."""
        if self._connection is None:
            self._use(ensure_host(self._around.data.root, HOST_SECONDS))
        assert self._connection is not None
        return self._connection

    def _send(self, message: p.ToHost) -> None:
        self._connected().send(message)

    def _heard(self, heard: FromHost) -> None:  # noqa: C901 - one row per message
        if heard.connection is not self._connection:
            return
        if heard.message is None:
            self._reconnect()
            return
        match heard.message:
            case p.Spawned() as spawned:
                self._spawned(spawned)
            case p.SpawnFailed() as failed:
                self._spawn_failed(failed)
            case p.Exited() as exited:
                self._exited(exited)
            case p.Closed() as closed:
                self._closed(closed)
            case p.Accepted() as accepted:
                self._tell(
                    accepted.key,
                    t.TerminalTyped(accepted.key, accepted.number, accepted.accepted_bytes),
                )
            case p.Output() as wrote:
                told = t.TerminalWrote(wrote.key, wrote.start, wrote.end, wrote.typed_bytes)
                self._tell(wrote.key, told)
            case p.LeaseChanged() as changed:
                owner = changed.writer.owner if changed.writer else None
                self._tell(changed.key, t.TerminalWriter(changed.key, owner))
            case p.Refused() as refused:
                self._refused(refused)
            case _:
                pass

    def _reconnect(self) -> None:
        """The host went, or let go of us. A terminal that it does not know any more is lost."""
        self._connection = None
        self._terminals = {}
        self._opening.clear()
        self._put_off.clear()
        if self._ending:
            self._ending.ended()
            return
        _log.warning("the connection to the terminal host ended")
        if not self._listeners:
            return
        self._connected()
        for key, listener in list(self._listeners.items()):
            self._report(key, listener)

    # Terminals.

    def _tell(self, key: str, message: object) -> None:
        listener = self._listeners.get(key)
        if listener is not None and not tell(listener, message):
            self._listeners.pop(key, None)

    def _open(self, wanted: t.OpenTerminal) -> None:
        self._listeners[wanted.key] = wanted.listener
        self._opening[wanted.key] = wanted
        spawn = p.Spawn(
            request_id=str(next(self._numbers)),
            key=wanted.key,
            argv=wanted.argv,
            cwd=wanted.cwd,
            env=wanted.env,
            cols=wanted.cols,
            rows=wanted.rows,
            log_directory=wanted.log_directory,
            nonce=wanted.nonce,
        )
        try:
            self._send(spawn)
        except ValueError as error:
            self._opening.pop(wanted.key)
            self._tell(wanted.key, t.TerminalNotOpened(wanted.key, 0, f"not startable: {error}"))

    def _spawned(self, spawned: p.Spawned) -> None:
        wanted = self._opening.pop(spawned.key, None)
        self._terminals[spawned.key] = p.TerminalState(
            key=spawned.key,
            identity=spawned.identity,
            epoch=spawned.epoch,
            end_offset=0,
            cols=wanted.cols if wanted else 80,
            rows=wanted.rows if wanted else 24,
        )
        self._tell(spawned.key, t.TerminalUp(spawned.key, spawned.identity, spawned.adopted))

    def _spawn_failed(self, failed: p.SpawnFailed) -> None:
        before = self._terminals.get(failed.key)
        if failed.key in self._opening and failed.errno == EBUSY and before is not None:
            # The one before is just being ended, or its end was journaled and not yet taken:
            # `Closed` follows, and then this one is opened.
            self._put_off.add(failed.key)
            self._send(p.TakeExit(key=failed.key, epoch=before.epoch))
            return
        self._opening.pop(failed.key, None)
        self._tell(failed.key, t.TerminalNotOpened(failed.key, failed.errno, failed.message))

    def _closed(self, closed: p.Closed) -> None:
        self._terminals.pop(closed.key, None)
        wanted = self._opening.get(closed.key)
        if wanted is not None and closed.key in self._put_off:
            self._open(wanted)  # else it is on its way to the host already
        self._put_off.discard(closed.key)

    def _take_over(self, wanted: t.TakeOverTerminal) -> None:
        self._listeners[wanted.key] = wanted.listener
        self._connected()
        self._report(wanted.key, wanted.listener)

    def _report(self, key: str, listener: ActorRef[Any]) -> None:
        state = self._terminals.get(key)
        if state is None:
            tell(listener, t.TerminalLost(key))
        elif state.exit is None:
            tell(listener, t.TerminalUp(key, state.identity, adopted=True))
        else:
            tell(listener, _ended(key, state.epoch, state.exit))

    def _exited(self, exited: p.Exited) -> None:
        state = self._terminals.get(exited.key)
        if state is not None and state.epoch == exited.epoch:
            self._terminals[exited.key] = replace(state, exit=exited.exit)
        self._tell(exited.key, _ended(exited.key, exited.epoch, exited.exit))

    def _end(self, key: str) -> None:
        state = self._terminals.get(key)
        if state is not None:
            self._send(p.End(key=key))

    def _keys_of(self, session_id: str) -> list[str]:
        return [key for key in self._terminals if key.startswith(f"{session_id}/")]

    def _type(self, typed: t.TypeIntoTerminal) -> None:
        self._listeners[typed.key] = typed.listener
        self._send(
            p.Write(key=typed.key, lease=p.DAEMON_LEASE, number=typed.number, data=typed.data)
        )

    def _refused(self, refused: p.Refused) -> None:
        if refused.number:
            self._tell(
                refused.key,
                t.TerminalRefused(refused.key, refused.number, refused.code, refused.message),
            )
        else:
            _log.info("the terminal host refused: %s %s", refused.key, refused.message)


def _ended(key: str, epoch: int, exit_: p.TerminalExit) -> t.TerminalEnded:
    return t.TerminalEnded(
        key=key,
        epoch=epoch,
        code=exit_.code,
        signal=exit_.signal,
        at=exit_.at,
        ended_by_us=exit_.ended_by_us,
    )
