"""What is known of processes that may be left over, and what is said about them."""

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

Policy = Literal["kill", "list"]
"""What becomes of what a worker left behind: ended, or shown and left to the user."""

Role = Literal["own", "other"]
"""A daemon, keeper or terminal host: of our data directory, or of another."""

Kind = Literal["left", "listed", "unclaimed"]
"""`left`: to be ended. `listed`: the user's own doing, or nobody knows whose. `unclaimed`: of a
session that could not be read, or held by the host for no worker: it runs on."""


class Marks(Struct, frozen=True, gc=False, kw_only=True):
    """What stands in a process's environment; `worker` is empty for what a daemon runs itself, an
    MCP server or the clean-up of a worktree, which `server` names.
    """

    instance: str
    worker: str = ""
    nonce: str = ""
    policy: Policy | None = None
    server: str = ""


class Process(Struct, frozen=True, gc=False, kw_only=True):
    """One living process; pid and start ticks together are nobody else's until the next boot.

    `cpu_seconds` are its own and those of the children that it has reaped. `limit_mark` is that of
    the worker that started it, without saying which, as `actors.limit_mark` has it.
    """

    pid: int
    parent: int
    session: int
    start_ticks: int
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    role: Role | None = None
    marks: Marks | None = None
    limit_mark: int | None = None


class Owner(Struct, frozen=True, gc=False):
    """The incarnation of a worker that a process belongs to, or the MCP server, or the clean-up of
    a worktree.

    `worker` is `<session id>/<worker id>`, empty for the others. `policy`: None if not known.
    `server` is the key of the others, as `server_key` or `clean_up_key` makes it.
    """

    worker: str
    nonce: str
    policy: Policy | None = None
    server: str = ""

    @property
    def key(self) -> str:
        """What its use is reckoned under; empty for a server of which only the mark is known."""
        return self.worker or self.server


SERVER_MARK = "/mcp:"
"""Stands in the key of an MCP server, and in that of no worker."""


def server_key(name: str, *, session: str = "", workspace: str = "") -> str:
    """That of an MCP server of a session, or of one that a workspace shares."""
    return f"{session or f'workspace:{workspace}'}{SERVER_MARK}{name}"


CLEAN_UP = "worktree:clean-up"
"""Stands for the clean-up of its worktree among what a session runs; a worker's id never does."""


def clean_up_key(session: str) -> str:
    """That of the clean-up of a session's worktree."""
    return f"{session}/{CLEAN_UP}"


def owner_of(key: str, nonce: str = "") -> Owner:
    """Whose a process is in the control group of this key."""
    is_served = SERVER_MARK in key or key.endswith(f"/{CLEAN_UP}")
    return Owner("", nonce, server=key) if is_served else Owner(key, nonce)


class Judged(Struct, frozen=True):
    """A process that nobody claims, and why; `worker` is empty where none is known."""

    process: Process
    kind: Kind
    worker: str
    why: str


class Began(Struct, frozen=True):
    """The first process of a worker, or of a clean-up, is there: all that it starts bears the mark
    of its nonce.
    """

    pid: int
    start_ticks: int
    owner: Owner


class Sweep(Struct, frozen=True):
    """End what is left over; `answer` hears when that is done, or why it was not."""

    answer: Callable[[Any], object] | None = None


class DescribeOrphans:
    """Answered by an OrphansDescription."""


class OrphansDescription(Struct, frozen=True):
    """`found`: as of the last look; `ended`: the last that were ended. In the shape of `status`."""

    found: tuple[dict[str, Any], ...] = ()
    ended: tuple[dict[str, Any], ...] = ()


class Usage(Struct, frozen=True):
    """All processes of a worker or an MCP server together: resident bytes, and percent of one core
    since a moment ago (0 at the first look). `pid` is that of the oldest of them.
    """

    processes: int
    memory_bytes: int
    cpu_percent: float
    pid: int | None = None


class TellUsage(Struct, frozen=True):
    """Call `told` with a mapping of the keys of workers and MCP servers to their Usage; those of
    `keys` are in it if they have a process. Another look is taken for it only when the last one is
    too old.
    """

    keys: frozenset[str]
    told: Callable[[dict[str, Usage]], object]


class EndAll(Struct, frozen=True):
    """End at once whatever belongs to this worker or MCP server now, by its key, whatever becomes
    of what others leave behind.
    """

    key: str


class CleanUp(Struct, frozen=True):
    """End the listed and the unclaimed as well; `answer` gets what `cleanup-orphans` answers."""

    answer: Callable[[Any], object]
