"""P14: back after `kill -9` of the daemon, with every terminal taken over.

The daemon alone is killed, as by an accident; its keeper starts it again. Taken over is a terminal
whose worker runs with the process it had, and is watched by the new daemon.
"""

import os
import signal
import time
from contextlib import suppress
from datetime import datetime
from typing import Any

from msgspec import Struct

from actors.cli.failures import CommandError
from benchmarks.daemons import Daemon, daemon
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, figure, interleaved
from benchmarks.terminals import open_shells
from storage.data_dir import DataDir

MILLISECONDS = 1e3
_LOOK_SECONDS = 0.002
_SECONDS = 60.0


class Sizes(Struct, frozen=True):
    terminals: int = 50
    rounds: int = 5


def measure(ground: Ground, sizes: Sizes) -> list[Figure]:
    def after_kill() -> float:
        with daemon(DataDir(ground.fresh("p14") / "data")) as running:
            with running.connection() as connection:
                open_shells(connection, ground, sizes.terminals)
            return MILLISECONDS * _seconds_to_adopt(running, sizes.terminals)

    def empty() -> float:
        with_nothing = Daemon(DataDir(ground.fresh("nothing") / "data"))
        seconds = with_nothing.start()
        with_nothing.stop()
        return MILLISECONDS * seconds

    empty()
    rounds = interleaved(ground.say, sizes.rounds, after_kill, empty)
    return [
        figure(
            "P14",
            f"kill -9 of the daemon until {sizes.terminals} terminals are taken over",
            unit="ms",
            against="start on nothing",
            goal=Goal("at most", 2),
            rounds=rounds,
        )
    ]


def _seconds_to_adopt(running: Daemon, count: int) -> float:
    """RuntimeError if a process is another than before, or it takes a minute."""
    before = _processes(running.ask({"type": "get-status"}))
    began = time.perf_counter()
    os.kill(running.pid, signal.SIGKILL)
    while time.perf_counter() - began < _SECONDS:
        with suppress(CommandError):
            status = running.ask({"type": "get-status"})
            if status["daemon"]["pid"] != running.pid and _watched(status) == count:
                seconds = time.perf_counter() - began
                if _processes(status) != before:
                    raise RuntimeError("a terminal was lost")
                return seconds
        time.sleep(_LOOK_SECONDS)
    raise RuntimeError(f"{count} terminals are not taken over after {_SECONDS:g} s")


def _workers(status: dict[str, Any]) -> list[dict[str, Any]]:
    return [worker for session in status["sessions"] for worker in session["workers"]]


def _processes(status: dict[str, Any]) -> dict[str, int | None]:
    return {each["id"]: each["process"] and each["process"]["pid"] for each in _workers(status)}


def _watched(status: dict[str, Any]) -> int:
    """A daemon that has not taken a terminal over knows of no activity in its own time."""
    started = datetime.fromisoformat(status["daemon"]["started_at"])
    return sum(
        each["status"] == "running" and datetime.fromisoformat(each["activity"]["since"]) >= started
        for each in _workers(status)
    )
