"""P1: durable commands per second, many sessions side by side. P2: one at a time in one session.

Every command is answered after its sync, through the real actors. Beside P1 stands SQLite with one
insert per transaction, beside P2 a bare loop that appends and syncs.
"""

import os
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from benchmarks.ground import Ground
from benchmarks.measuring import (
    Figure,
    Goal,
    ReferenceMissing,
    figure,
    interleaved,
    median_seconds,
    timed,
)
from benchmarks.room import running
from benchmarks.stores import TEXT
from storage.data_dir import DataDir

MICROSECONDS = 1e6


class Sizes(Struct, frozen=True):
    sessions: int = 64
    in_flight: int = 4
    commands: int = 6000
    one_at_a_time: int = 1000
    rounds: int = 5


def measure_rate(ground: Ground, sizes: Sizes) -> list[Figure]:
    """P1."""
    home = ground.fresh("p1")
    with running(DataDir(home / "data")) as room:
        ids = room.create(sizes.sessions)
        chains = [[session_id] for session_id in ids] * sizes.in_flight
        room.flow(chains, sizes.commands // 10)
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: sizes.commands / room.flow(chains, sizes.commands),
            lambda: inserts_per_second(home, sizes.commands // 2),
        )
    what = f"durable commands, {sizes.sessions} sessions, {sizes.in_flight} in flight in each"
    return [
        figure(
            "P1",
            what,
            unit="/s",
            against="SQLite WAL, synchronous=FULL, one insert per transaction",
            goal=Goal("at least", 3),
            rounds=rounds,
        )
    ]


def inserts_per_second(directory: Path, count: int) -> float:
    """Into a new SQLite database in `directory`, each in a transaction that is synced."""
    try:
        import sqlite3
    except ImportError:
        raise ReferenceMissing("this Python was built without sqlite3") from None
    path = directory / "reference.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE IF NOT EXISTS messages (content TEXT)")

        def insert() -> None:
            for _ in range(count):
                database.execute("INSERT INTO messages VALUES (?)", (TEXT,))

        return count / timed(insert)


def measure_latency(ground: Ground, sizes: Sizes) -> list[Figure]:
    """P2."""
    home = ground.fresh("p2")
    with running(DataDir(home / "data")) as room:
        (session_id,) = room.create(1)
        count = sizes.one_at_a_time
        rounds = interleaved(
            ground.say,
            sizes.rounds,
            lambda: MICROSECONDS * median_seconds(count, lambda: room.add_message(session_id)),
            lambda: MICROSECONDS * bare_append_seconds(home / "reference.jsonl", count),
        )
    return [
        figure(
            "P2",
            "durable command, one session, one at a time, p50",
            unit="µs",
            against="append + fdatasync in a bare loop",
            goal=Goal("at most", 1.6),
            rounds=rounds,
        )
    ]


def bare_append_seconds(path: Path, count: int) -> float:
    """The median of appending a message's bytes to one file and syncing it."""
    line = f"{TEXT}\n".encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def append() -> None:
        os.write(descriptor, line)
        os.fdatasync(descriptor)

    try:
        return median_seconds(count, append)
    finally:
        os.close(descriptor)
