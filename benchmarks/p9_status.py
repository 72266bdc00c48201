"""P9: `status`, as whole processes from their start to their end."""

import subprocess

from msgspec import Struct

from benchmarks.daemons import daemon, good
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved, median_seconds
from benchmarks.supervisor import supervisord
from benchmarks.terminals import with_shell
from storage.data_dir import DataDir

MILLISECONDS = 1e3


class Sizes(Struct, frozen=True):
    """`programs`: terminals of ours, each in a session of its own, and programs of theirs."""

    programs: int = 10
    calls: int = 20
    rounds: int = 5


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    place = str(ground.fresh("place"))
    data = DataDir(ground.fresh("p9") / "data")
    with supervisord(sizes.programs) as theirs, daemon(data) as running:
        with running.connection() as connection:
            for _ in range(sizes.programs):
                good(connection.ask(with_shell(place)))
        ours = running.command("status")
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: MILLISECONDS * median_seconds(sizes.calls, lambda: _run(ours)),
            lambda: MILLISECONDS * median_seconds(sizes.calls, lambda: _run(theirs)),
        )
    return [
        figure(
            "P9",
            f"status of {sizes.programs} programs, the whole command, p50",
            unit="ms",
            against="supervisorctl status",
            goal=Goal("at most", 0.4),
            rounds=rounds,
        )
    ]


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
