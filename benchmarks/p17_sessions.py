"""P17: a new session with a shell in a terminal, and the list of very many sessions.

Ours is asked over the control socket, from the request to the whole answer.
"""

import subprocess

from msgspec import Struct

from benchmarks.daemons import Daemon, daemon, good
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved, median_seconds
from benchmarks.ptyprocess_process import median_seconds as spawn_seconds
from benchmarks.terminals import with_shell
from benchmarks.tmux import environment, tmux
from storage.data_dir import DataDir

MILLISECONDS = 1e3


class Sizes(Struct, frozen=True):
    created: int = 40
    sessions: int = 500
    messages: int = 100
    lists: int = 40
    tmux_sessions: int = 100
    rounds: int = 5


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    return [_creation(ground, sizes), _listing(ground, sizes)]


def _creation(ground: Ground, sizes: Sizes) -> Figure:
    """The first session starts the terminal host, so it is not counted."""
    request = with_shell(str(ground.fresh("place")))
    with daemon(DataDir(ground.fresh("p17") / "data")) as running:
        _ask_seconds(running, request, 1)
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: MILLISECONDS * _ask_seconds(running, request, sizes.created),
            lambda: MILLISECONDS * spawn_seconds(sizes.created),
        )
    return figure(
        "P17",
        "create a session with bash in a terminal, request to answer, p50",
        unit="ms",
        against="ptyprocess spawn of bash until exec",
        goal=Goal("at most", 3),
        rounds=rounds,
    )


def _listing(ground: Ground, sizes: Sizes) -> Figure:
    crowd = ground.crowd(sizes.sessions, sizes.messages)

    def theirs() -> float:
        with tmux(ground.fresh("tmux")) as server:
            for number in range(sizes.tmux_sessions - 1):
                server.new_session(f"session-{number}", ["cat"])
            command, environ = server.command("ls"), environment()
            return MILLISECONDS * median_seconds(
                sizes.lists,
                lambda: subprocess.run(command, env=environ, check=True, stdout=subprocess.DEVNULL),
            )

    with daemon(crowd) as running:
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: MILLISECONDS * _ask_seconds(running, {"type": "list-sessions"}, sizes.lists),
            theirs,
        )
    return figure(
        "P17",
        f"list of {sizes.sessions} sessions, request to answer, p50",
        unit="ms",
        against=f"tmux ls with {sizes.tmux_sessions}",
        goal=Goal("at most", 3),
        rounds=rounds,
    )


def _ask_seconds(running: Daemon, request: dict[str, object], count: int) -> float:
    """The median of so many, one after the other on one connection."""
    with running.connection() as connection:
        return median_seconds(count, lambda: good(connection.ask(request)))
