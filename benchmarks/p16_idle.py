"""P16: what greenroom costs while nothing happens in many terminals."""

import os
import time
from pathlib import Path

from msgspec import Struct

from benchmarks.daemons import daemon
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved
from benchmarks.terminals import open_shells
from storage.data_dir import DataDir

_PERCENT = 100
_BOUND_PERCENT = 0.5


class Sizes(Struct, frozen=True):
    terminals: int = 50
    seconds: float = 60.0


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    """The bound stands in the reference's place."""
    rounds = interleaved(ground.say, 1, lambda: _percent(ground, sizes), lambda: _BOUND_PERCENT)
    return [
        figure(
            "P16",
            f"idle CPU with {sizes.terminals} idle terminals: daemon, keeper and host",
            unit="% of a core",
            against="the bound",
            goal=Goal("at most", 1),
            rounds=rounds,
        )
    ]


def _percent(ground: Ground, sizes: Sizes) -> float:
    with daemon(DataDir(ground.fresh("p16") / "data")) as running:
        with running.connection() as connection:
            open_shells(connection, ground, sizes.terminals)
        status = running.ask({"type": "get-status"})
        pids = [status[name]["pid"] for name in ("daemon", "keeper", "terminal_host")]
        ground.say(f"{sizes.seconds:g} s of nothing")
        before, began = sum(map(_cpu_seconds, pids)), time.perf_counter()
        time.sleep(sizes.seconds)
        used = sum(map(_cpu_seconds, pids)) - before
        return _PERCENT * used / (time.perf_counter() - began)


def _cpu_seconds(pid: int) -> float:
    """Of all its threads, its own and in the kernel. OSError without /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
