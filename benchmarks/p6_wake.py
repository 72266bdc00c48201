"""P6: waking a long session, until it answers, beside decoding its lines and nothing else.

Two kinds of session: messages put there by hand, and requests that a model answered.
"""

from collections.abc import Iterator

import msgspec
from msgspec import Struct

from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, collector_off, figure, interleaved, timed
from benchmarks.room import Room, running
from benchmarks.stores import Lines, conversation_lines, fill_with, message_lines
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.journal.frame import Commit
from storage.journal.log import NAME

MILLISECONDS = 1e3


class Sizes(Struct, frozen=True):
    events: int = 10_000
    rounds: int = 7


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    """Each round wakes a session that was not awake before."""
    kinds = {
        "messages": message_lines(sizes.events),
        "answered requests": conversation_lines(sizes.events),
    }
    return [_measured(ground, sizes, name, lines) for name, lines in kinds.items()]


def _measured(ground: Ground, sizes: Sizes, name: str, lines: Lines) -> Figure:
    ground.say(f"making {sizes.rounds + 1} sessions of {name}")
    data = DataDir(ground.fresh("p6") / "data")
    ids = fill_with(data, [(sizes.rounds + 1, lines)])
    journal = data.session(DEFAULT_WORKSPACE, ids[0]) / NAME
    raw = journal.read_bytes().splitlines()[1:]
    with running(data) as room:
        asleep = iter(ids)
        room.wake(next(asleep))
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: MILLISECONDS * _waking_seconds(room, asleep),
            lambda: MILLISECONDS * _decoding_seconds(raw),
        )
    return figure(
        "P6",
        f"wake a session of {sizes.events:,} events ({name})",
        unit="ms",
        against="msgspec decoding of its lines",
        goal=Goal("at most", 2),
        rounds=rounds,
    )


def _waking_seconds(room: Room, asleep: Iterator[str]) -> float:
    session_id = next(asleep)
    return timed(lambda: room.wake(session_id))


def _decoding_seconds(raw: list[bytes]) -> float:
    decoder = msgspec.json.Decoder(Commit)
    with collector_off():
        return timed(lambda: [decoder.decode(line) for line in raw])
