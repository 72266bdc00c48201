"""The link to the terminal host: starts the host when it is first needed, and never stops it.

Passes on what workers want and tells them what becomes of their terminals. A connection that ends
is made again: a terminal that the host still holds is as if nothing had been, any other is lost.
It never waits for the host: what is wanted meanwhile is put off, and whoever waits for a host that
says nothing is told so. What was sent to it is done once when it goes on.
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
from actors.terminals.host_line import FromHost, HostLine, LineNews, Reached, Turn
from actors.terminals.too_old import explained

_log = logging.getLogger(__name__)

_Wish = (
    t.OpenTerminal
    | t.TakeOverTerminal
    | t.TypeIntoTerminal
    | t.WatchTerminal
    | t.ResizeTo
    | t.SignalTerminal
    | t.EndTerminal
    | t.EndTerminalsOf
    | t.SignalTerminalsOf
    | t.ForgetExit
)
"""What only a host can do."""


class TerminalLink(BaseActor):
    """One connection; the listeners of all terminals that workers of this daemon have."""

    def __init__(self, context: ChildContext, around: Surroundings) -> None:
        super().__init__(context)
        self._around = around
        around.terminals.ref = self.actor_ref  # what is told from now on waits in the inbox
        self._terminals: dict[str, p.TerminalState] = {}
        self._listeners: dict[str, ActorRef[Any]] = {}
        self._opening: dict[str, t.OpenTerminal] = {}
        self._put_off: set[str] = set()
        self._numbers = itertools.count(1)
        self._ending: t.EndHost | None = None
        self._waiting: list[_Wish | t.EndHost] = []
        self._line = HostLine(
            around.data.root, context.clock, lambda message: tell(self.actor_ref, message)
        )

    def started(self) -> None:
        if self._line.find():
            self._begin()

    def stopping(self) -> None:
        self._line.close()

    def dropped(self, message: Any) -> None:
        if isinstance(message, Reached):
            message.connection.close()

    def on_message(self, message: Any) -> object:
        if isinstance(message, _Wish):
            self._wish(message)
            return None
        if isinstance(message, LineNews):
            self._turn(self._line.take(message))
            return None
        match message:
            case FromHost():
                if message.connection is self._line.connection:
                    self._line.has_spoken()
                    self._heard(message.message)
            case t.DescribeHost():
                return self._describe()
            case t.TellHeld():
                message.told(self._held())
            case t.EndHost():
                self._end_host(message)
            case _:
                return super().on_message(message)
        return None

    def _wish(self, wish: _Wish) -> None:
        """Do it now, or as soon as there is a host."""
        if isinstance(wish, t.OpenTerminal | t.TakeOverTerminal | t.TypeIntoTerminal):
            self._listeners[wish.key] = wish.listener
        problem = self._line.problem
        if isinstance(wish, t.TypeIntoTerminal) and problem:
            self._tell(wish.key, _not_typed(wish, problem))
        elif self._line.connection is None:
            self._waiting.append(wish)
            self._line.seek()
        else:
            self._grant(wish)

    def _grant(self, wish: _Wish) -> None:  # noqa: C901 - one row per wish
        match wish:
            case t.OpenTerminal():
                self._open(wish)
            case t.TakeOverTerminal():
                self._report(wish.key, wish.listener)
            case t.TypeIntoTerminal():
                self._line.send(
                    p.Write(key=wish.key, lease=p.DAEMON_LEASE, number=wish.number, data=wish.data)
                )
            case t.WatchTerminal():
                self._line.send(p.Watch(key=wish.key, data=False))
            case t.ResizeTo():
                self._line.send(p.Resize(key=wish.key, cols=wish.cols, rows=wish.rows))
            case t.SignalTerminal():
                self._line.send(p.Signal(key=wish.key, signal=wish.signal))
            case t.EndTerminal():
                self._end(wish.key)
            case t.EndTerminalsOf():
                for key in self._keys_of(wish.session_id):
                    self._end(key)
            case t.SignalTerminalsOf():
                for key in self._keys_of(wish.session_id):
                    self._line.send(p.Signal(key=key, signal=wish.signal))
            case t.ForgetExit():
                self._line.send(p.TakeExit(key=wish.key, epoch=wish.epoch))

    def _describe(self) -> t.HostDescription:
        live = {key: state for key, state in self._terminals.items() if state.exit is None}
        host, problem = self._line.host, self._line.problem
        attached = {key: _attached(state) for key, state in live.items()}
        return t.HostDescription(host.pid if host else None, len(live), problem, attached)

    def _held(self) -> t.HeldTerminals:
        """What the host holds; what is not known yet, the next look finds."""
        if self._line.connection is None or self._line.problem:
            return t.HeldTerminals(is_known=not host_files.is_locked(self._around.data.root))
        leaders = {s.key: s.identity for s in self._terminals.values() if s.exit is None}
        opening = frozenset(self._opening)
        return t.HeldTerminals(True, self._line.connection.welcome.host.pid, leaders, opening)

    def _note(self, key: str, **changes: Any) -> None:
        if key in self._terminals:
            self._terminals[key] = replace(self._terminals[key], **changes)

    def _end_host(self, message: t.EndHost) -> None:
        """The workers have ended, and so does the host. It closes the connection when it goes."""
        if self._line.connection is not None:
            self._ending = message
            self._line.send(p.Shutdown())
        elif self._line.is_seeking or self._line.problem:
            self._waiting.append(message)
        else:
            message.ended()

    # The connection.

    def _begin(self) -> None:
        """On a new connection: what the host holds, then all that was put off."""
        assert self._line.connection is not None
        self._terminals = {s.key: s for s in self._line.connection.welcome.terminals}
        waiting, self._waiting = self._waiting, []
        for wish in waiting:
            self._end_host(wish) if isinstance(wish, t.EndHost) else self._grant(wish)

    def _turn(self, turn: Turn | None) -> None:
        if turn == "reached":
            self._begin()
        elif turn == "silent" and self._line.problem:
            self._tell_silence(self._line.problem)

    def _tell_silence(self, problem: str) -> None:
        """Nothing is typed later that was refused now, unless it is on its way to the host."""
        for wish in [w for w in self._waiting if isinstance(w, t.TypeIntoTerminal)]:
            self._waiting.remove(wish)
            self._tell(wish.key, _not_typed(wish, problem))
        for key in list(self._listeners):
            self._tell(key, t.TerminalHostSilent(key, problem))

    def _heard(self, message: p.FromHost | None) -> None:
        match message:
            case None:
                self._reconnect()
            case p.Spawned() as spawned:
                self._spawned(spawned)
            case p.SpawnFailed() as failed:
                self._spawn_failed(failed)
            case p.Exited() as exited:
                self._exited(exited)
            case p.Closed() as closed:
                self._closed(closed)
            case p.Accepted() as accepted:
                self._accepted(accepted)
            case p.Output() as wrote:
                told = t.TerminalWrote(wrote.key, wrote.start, wrote.end, wrote.typed_bytes)
                self._tell(wrote.key, told)
            case p.LeaseChanged() as changed:
                self._note(changed.key, writer=changed.writer, watchers=changed.watchers)
                owner = changed.writer.owner if changed.writer else None
                self._tell(changed.key, t.TerminalWriter(changed.key, owner))
            case p.Refused() as refused:
                self._refused(refused)
            case _:
                pass

    def _reconnect(self) -> None:
        """The host went, or let go of us. A terminal that it does not know any more is lost."""
        self._line.ended()
        self._terminals = {}
        self._opening.clear()
        self._put_off.clear()
        if self._ending:
            self._ending.ended()
            return
        _log.warning("the connection to the terminal host ended")
        self._waiting = [t.TakeOverTerminal(*each) for each in self._listeners.items()]
        if self._waiting:
            self._line.seek()

    # Terminals.

    def _tell(self, key: str, message: object) -> None:
        listener = self._listeners.get(key)
        if listener is not None and not tell(listener, message):
            self._listeners.pop(key, None)

    def _open(self, wanted: t.OpenTerminal) -> None:
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
            cgroup=self._group(wanted.key),
        )
        try:
            self._line.send(spawn)
        except ValueError as error:
            self._opening.pop(wanted.key)
            self._tell(wanted.key, t.TerminalNotOpened(wanted.key, 0, f"not startable: {error}"))
            self._let_go(wanted.key)

    def _group(self, key: str) -> str:
        """Where its session has limits, the group that enforces them, if that can be had."""
        limits = self._around.limits_of(key.partition("/")[0])
        host = self._line.host
        if not limits or host is None:
            return ""
        self._around.groups.settle(host.pid)
        return self._around.groups.enter(key, limits)

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
            self._line.send(p.TakeExit(key=failed.key, epoch=before.epoch))
            return
        self._opening.pop(failed.key, None)
        self._tell(failed.key, t.TerminalNotOpened(failed.key, failed.errno, failed.message))
        self._let_go(failed.key)

    def _closed(self, closed: p.Closed) -> None:
        self._terminals.pop(closed.key, None)
        wanted = self._opening.get(closed.key)
        if wanted is not None and closed.key in self._put_off:
            self._open(wanted)  # else it is on its way to the host already
        self._put_off.discard(closed.key)
        self._let_go(closed.key)

    def _let_go(self, key: str) -> None:
        """Of who listens, once there is no terminal to tell of: it would be kept in memory."""
        if key not in self._terminals and key not in self._opening:
            self._listeners.pop(key, None)

    def _report(self, key: str, listener: ActorRef[Any]) -> None:
        state = self._terminals.get(key)
        if state is None:
            tell(listener, t.TerminalLost(key))
            self._let_go(key)
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
            self._line.send(p.End(key=key))

    def _keys_of(self, session_id: str) -> list[str]:
        return [key for key in self._terminals if key.startswith(f"{session_id}/")]

    def _accepted(self, said: p.Accepted) -> None:
        typed = t.TerminalTyped(said.key, said.number, said.accepted_bytes, said.repeated)
        self._tell(said.key, typed)

    def _refused(self, refused: p.Refused) -> None:
        code, text = explained(refused)
        if refused.number:
            self._tell(refused.key, t.TerminalRefused(refused.key, refused.number, code, text))
            self._let_go(refused.key)
        else:
            _log.info("the terminal host refused: %s %s", refused.key, text)


def _ended(key: str, epoch: int, exit_: p.TerminalExit) -> t.TerminalEnded:
    return t.TerminalEnded(
        key=key,
        epoch=epoch,
        code=exit_.code,
        signal=exit_.signal,
        at=exit_.at,
        ended_by_us=exit_.ended_by_us,
    )


def _attached(state: p.TerminalState) -> t.Attached:
    writer = state.writer
    if writer is None:
        return t.Attached(watchers=state.watchers)
    return t.Attached(writer.owner, writer.since, state.watchers)


def _not_typed(wish: t.TypeIntoTerminal, problem: str) -> t.TerminalRefused:
    text = f"nothing was typed: {problem}"
    return t.TerminalRefused(wish.key, wish.number, t.HOST_SILENT, text)
