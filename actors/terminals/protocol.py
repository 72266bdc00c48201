"""What the terminal host and its clients say to each other. The protocol only grows.

Each frame (see `frames`) is one of these structs as msgpack: output and input are bytes, which
msgpack carries as they are, where JSON would cost base64 and a third more on every byte.
Fields unknown to the reader are passed over; an unknown message is refused as `unknown-message`.
A client's first message is `Hello`; the host answers `Welcome`, and is used as it is if older.
"""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from storage import typed
from storage.records.process import ProcessIdentity, UtcTime

PROTOCOL_VERSION = 4
"""2 added leases of persons (`TakeLease`), 3 who looks on (`watchers`, `Detach`), 4 `cgroup`."""

DAEMON_LEASE = 0
"""The lease under which the daemon itself writes; persons get theirs from 1 on."""

Key = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00]*$")]
"""`<session id>/<worker id>`."""

Cells = Annotated[int, Meta(ge=1, le=65535)]

RefusalCode = Literal[
    "bad-signal",
    "exited",
    "input-full",
    "input-held",
    "lease-held",
    "malformed",
    "no-terminal",
    "not-exited",
    "number-passed",
    "unknown-message",
]


def _kebab(name: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


class _Message(Struct, frozen=True, kw_only=True, omit_defaults=True, tag=_kebab):
    pass


class TerminalExit(Struct, frozen=True, kw_only=True):
    """How the child ended: one of `code` and `signal` is set.

    `ended_by_us`: after `End` or `Shutdown`, or by a signal that a client had the host send.
    `end_offset`: where its output ended; what it left running may have added to it since.
    """

    code: int | None = None
    signal: int | None = None
    at: UtcTime
    ended_by_us: bool
    end_offset: int


class Writer(Struct, frozen=True, kw_only=True):
    """The person who types into a terminal; the daemon may not until `lease` is dropped."""

    lease: int
    owner: str
    since: UtcTime


class TerminalState(Struct, frozen=True, kw_only=True):
    """One terminal as the host holds it; with `exit`, it waits for `TakeExit`.

    `input_numbers`: lease -> highest number seen. `lost_bytes`: output that is in no log.
    `watchers`: clients that are sent its output, the writer among them.
    """

    key: str
    identity: ProcessIdentity
    epoch: int
    end_offset: int
    cols: int
    rows: int
    ending: bool = False
    exit: TerminalExit | None = None
    input_numbers: dict[int, int] = {}
    lost_bytes: int = 0
    writer: Writer | None = None
    watchers: int = 0


# ---- to the host


class Hello(_Message, frozen=True):
    version: int
    client: str


class Spawn(_Message, frozen=True):
    """Answered by `Spawned` or `SpawnFailed`.

    A key with a live terminal is answered with that one (`adopted`). `env` is the environment; the
    host adds GREENROOM_WORKER, GREENROOM_NONCE and a TERM; its PATH is where a program is found.
    """

    request_id: str
    key: Key
    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    log_directory: str
    nonce: str
    cols: Cells = 80
    rows: Cells = 24
    cgroup: str = ""  # the control group to enter, if it can be


class ListTerminals(_Message, frozen=True):
    """Answered by `Terminals`."""


class Write(_Message, frozen=True):
    """Type `data`, whole or not at all; answered by `Accepted` or `Refused`.

    Numbers rise within a lease, gaps are allowed. A number seen before is answered, not typed
    again: with no data it is only asked, and a number that was not typed never will be. A refused
    number may be repeated until a higher one was sent; then it is refused as
    `number-passed`, and the bytes want a new number. Only the lease of the writer may type, the
    daemon's while there is none; any other is refused as `input-held`.
    """

    key: Key
    lease: int
    number: int
    data: bytes


class TakeLease(_Message, frozen=True):
    """Be the one who types; answered by `LeaseTaken`, or `Refused` with `lease-held`.

    `renew`: the lease that this client had before its connection ended. `force`: take it from
    another person. It ends with `DropLease`, with the connection, or when another takes it.
    """

    key: Key
    owner: Annotated[str, Meta(min_length=1, max_length=200)]
    renew: Annotated[int, Meta(ge=0)] = 0
    force: bool = False


class DropLease(_Message, frozen=True):
    key: Key
    lease: int


class Resize(_Message, frozen=True):
    key: Key
    cols: Cells
    rows: Cells


class Signal(_Message, frozen=True):
    """Send `signal` ("SIGINT") to all of the child's process session, or to its group alone."""

    key: Key
    signal: str
    scope: Literal["session", "group"] = "session"


class End(_Message, frozen=True):
    """End everything in the child's process session: HUP, TERM, KILL. Answered by `Ended`.

    Also for a terminal that has exited, whose session may have outlived it.
    """

    key: Key


class TakeExit(_Message, frozen=True):
    """The exit of this epoch is recorded: the host may forget it. Answered by `Closed`."""

    key: Key
    epoch: int


class Watch(_Message, frozen=True):
    """Send `Output` from offset `start` on (absent: from now on), until `Unwatch`.

    An `epoch` that is not the current one means its start. Without `data` only offsets are sent,
    ten times a second at most.
    A slow reader lags and is not dropped for it; what it misses it reads from the log.
    """

    key: Key
    epoch: int | None = None
    start: Annotated[int, Meta(ge=0)] | None = None
    data: bool = True


class Unwatch(_Message, frozen=True):
    key: Key


class Detach(_Message, frozen=True):
    """End the attachments of all others: they are told `Detached`, get no more output and lose the
    lease. Answered by `DetachDone`. `by` is who asked for it.
    """

    key: Key
    by: Annotated[str, Meta(min_length=1, max_length=200)]


class Shutdown(_Message, frozen=True):
    """End every live terminal as `End` does, then exit."""


OnTerminal = Write | TakeLease | DropLease | Resize | Signal | End | TakeExit | Watch | Detach
"""What only a terminal that the host holds can be asked."""

ToHost = Hello | Spawn | ListTerminals | Unwatch | Shutdown | OnTerminal

# ---- from the host


class Welcome(_Message, frozen=True):
    version: int
    host: ProcessIdentity
    terminals: tuple[TerminalState, ...]


class Spawned(_Message, frozen=True):
    request_id: str
    key: str
    identity: ProcessIdentity
    epoch: int
    adopted: bool = False


class SpawnFailed(_Message, frozen=True):
    """EBUSY: the one before is being ended, or its exit was not taken.

    ESHUTDOWN: the host is ending. Else what the system said.
    """

    request_id: str
    key: str
    errno: int
    message: str


class Accepted(_Message, frozen=True):
    """`repeated`: the number was seen before and nothing was typed now."""

    key: str
    lease: int
    number: int
    accepted_bytes: int
    repeated: bool = False


class LeaseTaken(_Message, frozen=True):
    """Told to the one who took it; `last_number` is the highest number typed under it, or 0."""

    key: str
    lease: int
    last_number: int = 0


class LeaseChanged(_Message, frozen=True):
    """Told to every client: who types now; absent, the daemon may; how many are sent the output."""

    key: str
    writer: Writer | None = None
    watchers: int = 0


class Detached(_Message, frozen=True):
    """You are attached no more; the terminal runs on."""

    key: str
    by: str


class DetachDone(_Message, frozen=True):
    """So many clients were attached, and are no more."""

    key: str
    clients: int


class Refused(_Message, frozen=True):
    """What was asked was not done. `code` is a RefusalCode, or one of a newer host."""

    code: str
    message: str
    key: str = ""
    lease: int = 0
    number: int = 0


class Output(_Message, frozen=True):
    """Offsets `start` to `end`, already in the log; a jump in `start` is what was dropped.

    `typed_bytes`: how much was typed into the terminal so far, by anybody.
    """

    key: str
    epoch: int
    start: int
    end: int
    data: bytes = b""
    typed_bytes: int = 0


class Exited(_Message, frozen=True):
    """Told to every client."""

    key: str
    epoch: int
    exit: TerminalExit


class Ended(_Message, frozen=True):
    """`End` has run its course, after `Exited`; `survivors` are pids that even KILL left."""

    key: str
    epoch: int
    survivors: tuple[int, ...] = ()


class Closed(_Message, frozen=True):
    """The log is closed and the terminal forgotten."""

    key: str
    epoch: int


class Terminals(_Message, frozen=True):
    terminals: tuple[TerminalState, ...]


FromHost = (
    Welcome
    | Spawned
    | SpawnFailed
    | Accepted
    | LeaseTaken
    | LeaseChanged
    | Detached
    | DetachDone
    | Refused
    | Output
    | Exited
    | Ended
    | Closed
    | Terminals
)


class Envelope(Struct, frozen=True, kw_only=True):
    """What can still be said of a message that cannot be read as a whole."""

    type: str
    request_id: str = ""
    key: str = ""
    lease: int = 0
    number: int = 0


_encoder = msgspec.msgpack.Encoder()
_to_host: msgspec.msgpack.Decoder[ToHost] = typed.msgpack_decoder(ToHost)
_from_host: msgspec.msgpack.Decoder[FromHost] = typed.msgpack_decoder(FromHost)
_envelope: msgspec.msgpack.Decoder[Envelope] = typed.msgpack_decoder(Envelope)

TO_HOST_TYPES = frozenset(_kebab(message.__name__) for message in get_args(ToHost))


def encode(message: ToHost | FromHost) -> bytes:
    """Raises ValueError if a text holds lone surrogates (UnicodeEncodeError)."""
    return _encoder.encode(message)


def decode_to_host(payload: bytes) -> ToHost:
    """Raises msgspec.ValidationError (then see `envelope`), DecodeError, UnicodeError."""
    return _to_host.decode(payload)


def decode_from_host(payload: bytes) -> FromHost | None:
    """None for a message that only a newer host knows. Raises msgspec.DecodeError if garbled."""
    try:
        return _from_host.decode(payload)
    except msgspec.ValidationError:
        return None


def envelope(payload: bytes) -> Envelope:
    """Raises msgspec.DecodeError or UnicodeError if not even this can be read."""
    return _envelope.decode(payload)
