"""P5: starting among very many sessions. P18: starting on nothing, and after `kill -9`.

A start is the whole command, until the daemon has answered. The first one is not measured: what
Python compiles once is there by then.
"""

import os
import subprocess
import sys

import msgspec
from msgspec import Struct

from benchmarks.daemons import Daemon
from benchmarks.ground import Ground
from benchmarks.measuring import Figure, Goal, collector_off, figure, interleaved, timed
from benchmarks.stores import fill
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.records.session import Session

MILLISECONDS = 1e3


class Sizes(Struct, frozen=True):
    sessions: int = 10_000
    messages: int = 100
    rounds: int = 5


class _SessionsJson(Struct, frozen=True):
    sessions: list[Session]


def measure_start(ground: Ground, sizes: Sizes) -> list[Figure]:
    """P5: what the sessions add to a start."""
    crowd = Daemon(ground.crowd(sizes.sessions, sizes.messages))
    raw = crowd.data.sessions_file(DEFAULT_WORKSPACE).read_bytes()

    def beyond_empty() -> float:
        empty = _start_on_nothing(ground)
        return MILLISECONDS * (_start_and_stop(crowd) - empty)

    _start_on_nothing(ground)
    rounds = interleaved(
        ground.say, sizes.rounds, beyond_empty, lambda: MILLISECONDS * _decoding_seconds(raw)
    )
    return [
        figure(
            "P5",
            f"start with {sizes.sessions:,} sessions, beyond the start on nothing",
            unit="ms",
            against="msgspec decoding of that sessions.json",
            goal=Goal("at most", 20),
            rounds=rounds,
        )
    ]


def _decoding_seconds(raw: bytes) -> float:
    decoder = msgspec.json.Decoder(_SessionsJson)
    with collector_off():
        return timed(lambda: decoder.decode(raw))


class StartSizes(Struct, frozen=True):
    sessions: int = 500
    messages: int = 100
    busy: int = 50
    rounds: int = 7


def measure_daemon_start(ground: Ground, sizes: StartSizes) -> list[Figure]:
    """P18. Before each kill some sessions are given a message that no `sessions.json` tells of."""
    data = DataDir(ground.fresh("p18") / "data")
    ids = fill(data, sizes.sessions, sizes.messages)
    killed = Daemon(data)

    def after_kill() -> float:
        killed.start()
        try:
            for session_id in ids[: sizes.busy]:
                message = {"role": "user", "content": "one more"}
                killed.ask({"type": "add-message", "session": session_id, "message": message})
        finally:
            killed.kill()
        return MILLISECONDS * _start_and_stop(killed)

    def empty() -> float:
        return MILLISECONDS * _start_on_nothing(ground)

    empty()
    bare = interleaved(ground.say, sizes.rounds, empty, _bare_python)
    again = interleaved(ground.say, sizes.rounds, after_kill, empty)
    return [
        figure(
            "P18",
            "start on nothing, until the first answer",
            unit="ms",
            against="python -c pass",
            goal=Goal("at most", 25),
            rounds=bare,
        ),
        figure(
            "P18",
            f"start with {sizes.sessions} sessions after kill -9",
            unit="ms",
            against="start on nothing",
            goal=Goal("at most", 1.5),
            rounds=again,
        ),
    ]


def _bare_python() -> float:
    command = [sys.executable, "-c", "pass"]
    return MILLISECONDS * timed(lambda: subprocess.run(command, env=os.environ, check=True))


def _start_on_nothing(ground: Ground) -> float:
    return _start_and_stop(Daemon(DataDir(ground.fresh("nothing") / "data")))


def _start_and_stop(daemon: Daemon) -> float:
    seconds = daemon.start()
    daemon.stop()
    return seconds
