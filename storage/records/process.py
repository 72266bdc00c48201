"""Which process a worker has, and how its last one ended."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

UtcTime = Annotated[datetime, Meta(tz=True)]

EndCause = Literal["exited", "crashed", "lost", "stopped", "shutdown", "limit"]
"""Why a process ended.

`exited`: by itself; `crashed`: a signal that we did not send, for an agent also an exit code other
than 0; `lost`: it went together with the terminal host; `stopped`: the user asked for it;
`shutdown`: the daemon stopped with its workers; `limit`: its session was over one of its limits.
"""


class ProcessIdentity(Struct, frozen=True, gc=False, kw_only=True):
    """What tells a process from every other, also after its number was used again.

    `start_ticks` is field 22 of /proc/<pid>/stat; `nonce` stands in the process's own environment.
    """

    boot_id: str
    pid: int
    start_ticks: int
    nonce: str


class EndedProcess(Struct, frozen=True, gc=False, kw_only=True):
    """One that a worker left behind. `name` is without arguments; `signal`: the last it was sent.

    `gone`: false if it was still there some seconds later.
    """

    pid: int
    start_ticks: int
    name: str
    signal: int
    why: str
    gone: bool = True


class ProcessExit(Struct, frozen=True, gc=False, kw_only=True):
    """The end of a process: exactly one of `code` and `signal` is set, neither when it was lost."""

    code: int | None = None
    signal: int | None = None
    at: UtcTime
    cause: EndCause
