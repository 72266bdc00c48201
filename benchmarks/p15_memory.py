"""P15: the daemon's memory, with very many sessions, per active session and per idle terminal.

Of real processes; a terminal counts in the daemon and in the terminal host, its shell does not.
"""

from msgspec import Struct

from actors.cli.connection import Connection
from benchmarks.daemons import daemon, good
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved
from benchmarks.memory import settled_bytes
from benchmarks.room import session_ids
from benchmarks.stores import fill
from storage.data_dir import DataDir

MEGABYTE = 1e6
KIBIBYTE = 1024


class Sizes(Struct, frozen=True):
    sessions: int = 10_000
    messages: int = 100
    few: int = 10
    active: int = 100
    terminals: int = 20
    rounds: int = 3


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    """The bound of what one session or terminal may take stands in the reference's place."""
    crowd = ground.crowd(sizes.sessions, sizes.messages)
    few = ground.crowd(sizes.few, sizes.messages)
    asleep = interleaved(ground.say, sizes.rounds, lambda: _asleep(crowd), lambda: _asleep(few))
    active = interleaved(ground.say, 1, lambda: _per_active(ground, sizes), lambda: 100.0)
    idle = interleaved(ground.say, 1, lambda: _per_terminal(ground, sizes), lambda: 1024.0)
    return [
        figure(
            "P15",
            f"daemon with {sizes.sessions:,} sessions on disk, none active",
            unit="MB",
            against=f"with {sizes.few}",
            goal=Goal("at most", 60, "difference"),
            rounds=asleep,
        ),
        figure(
            "P15",
            f"each active session of {sizes.messages} messages",
            unit="KiB",
            against="the bound",
            goal=Goal("at most", 1),
            rounds=active,
        ),
        figure(
            "P15",
            "each idle terminal, in daemon and host",
            unit="KiB",
            against="the bound",
            goal=Goal("at most", 1),
            rounds=idle,
        ),
    ]


def _asleep(data: DataDir) -> float:
    with daemon(data) as running:
        return settled_bytes(running.pid) / MEGABYTE


def _per_active(ground: Ground, sizes: Sizes) -> float:
    """A few are woken first: what is loaded with the first of all is nobody's."""
    data = DataDir(ground.fresh("active") / "data")
    fill(data, sizes.few + sizes.active, sizes.messages)
    ids = session_ids(data)
    with daemon(data) as running, running.connection() as connection:
        _wake(connection, ids[: sizes.few])
        before = settled_bytes(running.pid)
        _wake(connection, ids[sizes.few :])
        return (settled_bytes(running.pid) - before) / sizes.active / KIBIBYTE


def _wake(connection: Connection, ids: list[str]) -> None:
    for session_id in ids:
        good(connection.ask({"type": "get-history", "session": session_id}))


def _per_terminal(ground: Ground, sizes: Sizes) -> float:
    """The first starts the terminal host, so it is not counted."""
    with daemon(DataDir(ground.fresh("terminals") / "data")) as running:
        with running.connection() as connection:
            place = str(ground.fresh("place"))
            made = good(connection.ask({"type": "create-session", "location_path": place}))
            _open_terminals(connection, made["id"], 2)
            host = running.ask({"type": "get-status"})["terminal_host"]["pid"]
            before = settled_bytes(running.pid, host)
            _open_terminals(connection, made["id"], sizes.terminals)
            after = settled_bytes(running.pid, host)
        return (after - before) / sizes.terminals / KIBIBYTE


def _open_terminals(connection: Connection, session_id: str, count: int) -> None:
    worker = {"type": "terminal", "command": ["sh"]}
    for _ in range(count):
        request = {"type": "create-worker", "session": session_id, "worker": worker}
        good(connection.ask(request))
