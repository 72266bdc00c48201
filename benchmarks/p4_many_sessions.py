"""P4: what a durable command costs among very many sessions, beside the same among a few."""

from msgspec import Struct

from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved
from benchmarks.p1_commands import MICROSECONDS
from benchmarks.room_process import room_process

IN_FLIGHT = 10


class Sizes(Struct, frozen=True):
    sessions: int = 10_000
    messages: int = 100
    active: int = 100
    few: int = 10
    commands: int = 4000
    rounds: int = 5


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    """Each in a process of its own, with as many commands on their way."""
    crowd = ground.crowd(sizes.sessions, sizes.messages)
    few = ground.crowd(sizes.few, sizes.messages)
    with (
        room_process(crowd, sizes.active, IN_FLIGHT) as among_many,
        room_process(few, sizes.few, IN_FLIGHT) as among_few,
    ):
        among_many.seconds(sizes.commands // 4)
        among_few.seconds(sizes.commands // 4)
        each = MICROSECONDS / sizes.commands
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: among_many.seconds(sizes.commands) * each,
            lambda: among_few.seconds(sizes.commands) * each,
        )
    return [
        figure(
            "P4",
            f"durable command, {sizes.sessions:,} sessions on disk, {sizes.active} active",
            unit="µs",
            against=f"the same with {sizes.few} sessions",
            goal=Goal("at most", 1.2),
            rounds=rounds,
        )
    ]
