"""What worker actors and the link to the terminal host say to each other.

A terminal's key is `<session id>/<worker id>`. `listener` is the actor that hears of it.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from storage.records.process import ProcessIdentity, UtcTime


class OpenTerminal(Struct, frozen=True, kw_only=True):
    """Start a terminal; one that lives under this key is taken over instead."""

    key: str
    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    cols: int
    rows: int
    log_directory: str
    nonce: str
    listener: Any


class TakeOverTerminal(Struct, frozen=True):
    """Hear of a terminal that was started before: how it is, or how it ended."""

    key: str
    listener: Any


class TypeIntoTerminal(Struct, frozen=True):
    key: str
    number: int
    data: bytes
    listener: Any


class ResizeTo(Struct, frozen=True):
    key: str
    cols: int
    rows: int


class SignalTerminal(Struct, frozen=True):
    """To everything in the terminal's process session."""

    key: str
    signal: str


class EndTerminal(Struct, frozen=True):
    key: str


class EndTerminalsOf(Struct, frozen=True):
    """End every terminal of a session whose own actor cannot say which there are."""

    session_id: str


class SignalTerminalsOf(Struct, frozen=True):
    session_id: str
    signal: str


class ForgetExit(Struct, frozen=True):
    """The end of this epoch is journaled."""

    key: str
    epoch: int


class TerminalUp(Struct, frozen=True):
    key: str
    process: ProcessIdentity
    adopted: bool


class TerminalNotOpened(Struct, frozen=True):
    key: str
    errno: int
    message: str


class TerminalEnded(Struct, frozen=True, kw_only=True):
    """`ended_by_us`: the end was asked for, by `EndTerminal` or a signal sent for somebody."""

    key: str
    epoch: int
    code: int | None
    signal: int | None
    at: UtcTime
    ended_by_us: bool


class TerminalLost(Struct, frozen=True):
    """No host knows of it any more."""

    key: str


class TerminalWriter(Struct, frozen=True):
    """Who types now; None: nobody but greenroom."""

    key: str
    owner: str | None


class WatchTerminal(Struct, frozen=True):
    """Hear from now on that it writes, by `TerminalWrote`."""

    key: str


class TerminalWrote(Struct, frozen=True):
    """Output from offset `start` to `end`; `typed_bytes` were typed into it so far."""

    key: str
    start: int
    end: int
    typed_bytes: int


class TerminalTyped(Struct, frozen=True):
    key: str
    number: int
    accepted: int
    repeated: bool = False


class TerminalRefused(Struct, frozen=True):
    key: str
    number: int
    code: str
    message: str


HOST_SILENT = "host-not-answering"
"""The code of a refusal whose text says what to do about the host."""


class TerminalHostSilent(Struct, frozen=True):
    """The host says nothing though it was asked; told again and again while that lasts.

    What was sent to it before is done, once, when it goes on.
    """

    key: str
    problem: str


class DescribeHost(Struct, frozen=True):
    """Answered by a HostDescription."""


class Attached(Struct, frozen=True):
    """Who is at a terminal: the person who types since `since`, or nobody but greenroom; and how
    many are shown it, the writer among them.
    """

    owner: str | None = None
    since: UtcTime | None = None
    watchers: int = 0


class HostDescription(Struct, frozen=True):
    """`pid` is None while there is no host; `terminals` counts the living ones it told of.

    `problem`: why it cannot be used just now, and what to do. `attached`: by key of the terminal.
    """

    pid: int | None
    terminals: int
    problem: str | None = None
    attached: dict[str, Attached] = {}


class TellHeld(Struct, frozen=True):
    """Call `told` with a HeldTerminals, in the link's thread."""

    told: Callable[[Any], object]


class HeldTerminals(Struct, frozen=True):
    """`terminals`: the leaders of the living ones, by key; `opening`: keys of those that may just
    be starting. `is_known` is false while a host holds
    its lock and there is no connection to it, or no answer: nobody knows then what it holds.
    """

    is_known: bool
    host: int | None = None
    terminals: dict[str, ProcessIdentity] = {}
    opening: frozenset[str] = frozenset()


class EndHost(Struct, frozen=True):
    """Every terminal is to end, and the host with them; `ended` is called when it has gone."""

    ended: Callable[[], object]
