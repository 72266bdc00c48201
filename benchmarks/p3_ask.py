"""P3: a question about a session, which changes nothing, beside pykka's `ask` of an empty actor.

The question goes the way of every front's: typed, to the directory's actor, and back as an answer.
"""

from typing import Any

import pykka
from msgspec import Struct

from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved, median_seconds
from benchmarks.room import running
from storage.data_dir import DataDir

MICROSECONDS = 1e6


class Sizes(Struct, frozen=True):
    asks: int = 5000
    rounds: int = 7


class Empty(pykka.ThreadingActor):
    use_daemon_thread = True

    def on_receive(self, message: Any) -> None:
        """Answers that there is nothing."""


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    with running(DataDir(ground.fresh("p3") / "data")) as room:
        (session_id,) = room.create(1)
        question = {"type": "get-session", "session": session_id}
        empty = Empty.start()
        try:
            rounds = interleaved(
                ground.say,
                sizes.rounds,
                lambda: MICROSECONDS * median_seconds(sizes.asks, lambda: room.ask(question)),
                lambda: MICROSECONDS * median_seconds(sizes.asks, lambda: empty.ask(None)),
            )
        finally:
            empty.stop()
    return [
        figure(
            "P3",
            "ask of a session that changes nothing, p50",
            unit="µs",
            against="pykka ask of an empty actor",
            goal=Goal("at most", 1.5),
            rounds=rounds,
        )
    ]
