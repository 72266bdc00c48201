"""What each message of a client makes the host do, and what it is answered.

A message that is wrong, or asks for what cannot be, gets a refusal; the client stays.
"""

import contextlib
import errno
import signal
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from actors.terminals import protocol
from actors.terminals.peer import Peer
from actors.terminals.protocol import Refused
from actors.terminals.roster import Roster, send_to_session
from actors.terminals.terminal import Terminal


class HostControl(Protocol):
    """What concerns the host as a whole."""

    @property
    def is_ending(self) -> bool: ...

    def welcome(self) -> protocol.Welcome: ...

    def shut_down(self) -> None: ...


class Commands:
    def __init__(self, roster: Roster, control: HostControl) -> None:
        self._roster = roster
        self._control = control

    def take(self, peer: Peer, payload: bytes) -> None:
        """Perform one frame of `peer`; garbage, or no Hello first, closes it."""
        try:
            message = protocol.decode_to_host(payload)
        except msgspec.ValidationError as error:
            self._refuse_unread(peer, payload, str(error))
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            peer.close(f"not a message: {error}")
        else:
            self._perform(peer, message)

    def _perform(self, peer: Peer, message: protocol.ToHost) -> None:
        if isinstance(message, protocol.Hello):
            peer.name = message.client or "?"
            peer.send(self._control.welcome())
        elif not peer.is_greeted:
            peer.close("no hello")
        elif isinstance(message, protocol.Spawn):
            if not peer.is_gone:  # the next daemon may have been told what there is
                peer.send(self._spawn(message))
        elif isinstance(message, protocol.ListTerminals):
            peer.send(protocol.Terminals(terminals=self._roster.states()))
        elif isinstance(message, protocol.Shutdown):
            self._control.shut_down()
        elif isinstance(message, protocol.Unwatch):
            self._roster.unwatch(peer, message.key)
        else:
            self._perform_on_terminal(peer, message)

    def _perform_on_terminal(  # noqa: C901 - one row per message
        self, peer: Peer, message: protocol.OnTerminal
    ) -> None:
        terminal = self._roster.get(message.key)
        if terminal is None:
            peer.send(_refused(message, "no-terminal", f"no terminal {message.key}"))
            return
        answer: protocol.FromHost | None = None
        match message:
            case protocol.Write():
                answer = self._write(terminal, message)
            case protocol.TakeLease():
                answer = self._take_lease(peer, terminal, message)
            case protocol.DropLease():
                if terminal.leases.drop(message.lease):
                    self._roster.tell_writer(terminal)
            case protocol.Resize():
                answer = _resize(terminal, message)
            case protocol.Signal():
                answer = _signal(terminal, message)
            case protocol.TakeExit():
                answer = self._take_exit(terminal, message)
            case protocol.End():
                self._roster.end(terminal)
            case protocol.Watch():
                self._roster.watch(peer, terminal, message)
            case protocol.Detach():
                clients = self._roster.detach(terminal, peer, message.by)
                answer = protocol.DetachDone(key=message.key, clients=clients)
        if answer is not None:
            peer.send(answer)

    def _spawn(self, message: protocol.Spawn) -> protocol.Spawned | protocol.SpawnFailed:
        if self._control.is_ending:
            return protocol.SpawnFailed(
                request_id=message.request_id,
                key=message.key,
                errno=errno.ESHUTDOWN,
                message="the host is ending",
            )
        return self._roster.spawn(message)

    def _write(self, terminal: Terminal, message: protocol.Write) -> protocol.Accepted | Refused:
        if terminal.exit is not None:
            return _refused(message, "exited", "the child has ended")
        if not terminal.leases.allows(message.lease) and terminal.input.refuse(
            message.lease, message.number
        ):
            return _refused(message, "input-held", _who_types(terminal))
        answer = terminal.input.offer(message.lease, message.number, message.data)
        if answer in {"input-full", "number-passed"}:
            return _refused(message, answer, f"number {message.number} was not typed")
        self._roster.type_input(terminal)
        return protocol.Accepted(
            key=message.key,
            lease=message.lease,
            number=message.number,
            accepted_bytes=len(message.data) if answer == "accepted" else 0,
            repeated=answer == "repeated",
        )

    def _take_lease(
        self, peer: Peer, terminal: Terminal, message: protocol.TakeLease
    ) -> protocol.LeaseTaken | Refused:
        if terminal.exit is not None:
            return _refused(message, "exited", "the child has ended")
        writer = terminal.leases.take(
            message.owner, datetime.now(UTC), peer, renew=message.renew, force=message.force
        )
        if writer is None:
            return _refused(message, "lease-held", _who_types(terminal))
        self._roster.tell_writer(terminal)
        return protocol.LeaseTaken(
            key=message.key, lease=writer.lease, last_number=terminal.input.last(writer.lease)
        )

    def _take_exit(self, terminal: Terminal, message: protocol.TakeExit) -> Refused | None:
        if terminal.exit is None or terminal.log.epoch != message.epoch:
            return _refused(message, "not-exited", f"epoch {message.epoch} has no exit here")
        self._roster.take_exit(terminal)
        return None

    @staticmethod
    def _refuse_unread(peer: Peer, payload: bytes, problem: str) -> None:
        try:
            read = protocol.envelope(payload)
        except (msgspec.MsgspecError, UnicodeError) as error:
            peer.close(f"not a message: {error}")
            return
        if read.type == "spawn":
            peer.send(
                protocol.SpawnFailed(
                    request_id=read.request_id,
                    key=read.key,
                    errno=errno.EINVAL,
                    message=problem,
                )
            )
            return
        known = read.type in protocol.TO_HOST_TYPES
        peer.send(
            Refused(
                code="malformed" if known else "unknown-message",
                message=problem,
                key=read.key,
                lease=read.lease,
                number=read.number,
            )
        )


def _resize(terminal: Terminal, message: protocol.Resize) -> Refused | None:
    try:
        terminal.resize(message.cols, message.rows)
    except OSError as error:
        return _refused(message, "exited", str(error))
    return None


def _signal(terminal: Terminal, message: protocol.Signal) -> Refused | None:
    with contextlib.suppress(KeyError):
        number = signal.Signals[message.signal]
        if message.scope == "group" and terminal.exit is not None:
            return _refused(message, "exited", "the child has ended")
        send_to_session(terminal, number, message.scope)
        return None
    return _refused(message, "bad-signal", f"no signal {message.signal!r}")


def _who_types(terminal: Terminal) -> str:
    writer = terminal.leases.writer
    if writer is None:
        return "nobody types"
    return f"{writer.owner} types since {writer.since.astimezone():%H:%M:%S}"


def _refused(message: protocol.OnTerminal, code: protocol.RefusalCode, text: str) -> Refused:
    lease, number = (
        (message.lease, message.number) if isinstance(message, protocol.Write) else (0, 0)
    )
    return Refused(code=code, message=text, key=message.key, lease=lease, number=number)
