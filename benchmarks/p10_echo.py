"""P10: from a key to its echo, through `greenroom attach` and through `tmux attach`.

The same program runs in both: `cat` on a raw terminal, which writes back what it reads.
"""

import itertools
import statistics
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from benchmarks.daemons import attached
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved
from benchmarks.person import Person, person
from benchmarks.tmux import environment, tmux

MICROSECONDS = 1e6
ECHO = ["sh", "-c", "stty raw -echo; echo ready; exec cat"]
_KEYS = [b"x", b"q", b"z"]  # none of them ends a control sequence that tmux draws with
_QUIET_SECONDS = 0.3


class Sizes(Struct, frozen=True):
    keys: int = 1000
    rounds: int = 5


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    def ours() -> float:
        with attached(ground, ECHO) as attachment:
            return _median(attachment.person, sizes.keys)

    def theirs() -> float:
        with _tmux_attached(ground) as typist:
            return _median(typist, sizes.keys)

    rounds = interleaved(ground.say, sizes.rounds, ours, theirs)
    return [
        figure(
            "P10",
            "echo of a key through attach, p50",
            unit="µs",
            against="tmux attach",
            goal=Goal("at most", 1),
            rounds=rounds,
        )
    ]


@contextmanager
def _tmux_attached(ground: Ground) -> Iterator[Person]:
    with tmux(ground.fresh("tmux")) as server:
        server.new_session("echo", ECHO)
        with person(server.command("attach", "-t", "echo"), environment()) as typist:
            yield typist


def _median(typist: Person, count: int) -> float:
    """In microseconds; the first tenth is not counted."""
    typist.sees_until(b"ready")
    typist.quiet(_QUIET_SECONDS)
    keys = itertools.islice(itertools.cycle(_KEYS), count + count // 10)
    seconds = [typist.echo_seconds(key) for key in keys]
    return MICROSECONDS * statistics.median(seconds[count // 10 :])
