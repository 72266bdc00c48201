"""The rows, in the order in which they run: what each measures, and with which sizes.

`tiny` is a few of everything: it shows that a row runs, and says nothing about speed.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from benchmarks import (
    p1_commands,
    p3_ask,
    p4_many_sessions,
    p5_start,
    p6_wake,
    p7_inbox,
    p9_status,
    p10_echo,
    p11_output,
    p12_websocket,
    p13_stream,
    p14_adoption,
    p15_memory,
    p16_idle,
    p17_sessions,
    p19_worktrees,
)
from benchmarks.ground import Ground
from benchmarks.measuring import Figure


class Row(Struct, frozen=True):
    """`measure` is called with the ground and one of the two sizes, which are of its own type."""

    name: str
    what: str
    measure: Callable[[Ground, Any], list[Figure]]
    full: Struct
    tiny: Struct


_FEW_COMMANDS = p1_commands.Sizes(sessions=3, in_flight=2, commands=30, one_at_a_time=10, rounds=1)
_FEW_REQUESTS = p7_inbox.Sizes(one_at_a_time=3, at_once=10, rounds=1, bursts=1)

ROWS = [
    Row(
        "P1",
        "durable commands/s, many sessions side by side",
        p1_commands.measure_rate,
        p1_commands.Sizes(),
        _FEW_COMMANDS,
    ),
    Row(
        "P2",
        "latency of a durable command",
        p1_commands.measure_latency,
        p1_commands.Sizes(),
        _FEW_COMMANDS,
    ),
    Row(
        "P3",
        "ask of a session that changes nothing",
        p3_ask.measure,
        p3_ask.Sizes(),
        p3_ask.Sizes(asks=20, rounds=1),
    ),
    Row(
        "P4",
        "command cost among 10,000 sessions",
        p4_many_sessions.measure,
        p4_many_sessions.Sizes(),
        p4_many_sessions.Sizes(sessions=12, messages=3, active=5, few=2, commands=20, rounds=1),
    ),
    Row(
        "P5",
        "start among 10,000 sessions",
        p5_start.measure_start,
        p5_start.Sizes(),
        p5_start.Sizes(sessions=12, messages=3, rounds=1),
    ),
    Row(
        "P6",
        "wake a long session",
        p6_wake.measure,
        p6_wake.Sizes(),
        p6_wake.Sizes(events=90, rounds=1),
    ),
    Row(
        "P7",
        "inbox, one request at a time",
        p7_inbox.measure_latency,
        p7_inbox.Sizes(),
        _FEW_REQUESTS,
    ),
    Row(
        "P8",
        "inbox, 10,000 requests at once",
        p7_inbox.measure_burst,
        p7_inbox.Sizes(),
        _FEW_REQUESTS,
    ),
    Row(
        "P9",
        "status, the whole command",
        p9_status.measure,
        p9_status.Sizes(),
        p9_status.Sizes(programs=2, calls=2, rounds=1),
    ),
    Row(
        "P10",
        "echo of a key through attach",
        p10_echo.measure,
        p10_echo.Sizes(),
        p10_echo.Sizes(keys=20, rounds=1),
    ),
    Row(
        "P11",
        "output to one attached client",
        p11_output.measure,
        p11_output.Sizes(),
        p11_output.Sizes(output_bytes=100_000, rounds=1),
    ),
    Row(
        "P12",
        "a terminal through a WebSocket",
        p12_websocket.measure,
        p12_websocket.Sizes(),
        p12_websocket.Sizes(keys=20, output_bytes=100_000, rounds=1),
    ),
    Row(
        "P13",
        "model streams shown to clients",
        p13_stream.measure,
        p13_stream.Sizes(),
        p13_stream.Sizes(conversations=2, deltas=20, rounds=1),
    ),
    Row(
        "P14",
        "terminals taken over after kill -9",
        p14_adoption.measure,
        p14_adoption.Sizes(),
        p14_adoption.Sizes(terminals=2, rounds=1),
    ),
    Row(
        "P15",
        "memory",
        p15_memory.measure,
        p15_memory.Sizes(),
        p15_memory.Sizes(sessions=12, messages=3, few=2, active=3, terminals=2, rounds=1),
    ),
    Row(
        "P16",
        "idle CPU",
        p16_idle.measure,
        p16_idle.Sizes(),
        p16_idle.Sizes(terminals=2, seconds=0.5),
    ),
    Row(
        "P17",
        "create a session with a terminal; list very many",
        p17_sessions.measure,
        p17_sessions.Sizes(),
        p17_sessions.Sizes(created=2, sessions=5, messages=3, lists=3, tmux_sessions=3, rounds=1),
    ),
    Row(
        "P18",
        "start on nothing, and after kill -9",
        p5_start.measure_daemon_start,
        p5_start.StartSizes(),
        p5_start.StartSizes(sessions=5, messages=3, busy=2, rounds=1),
    ),
    Row(
        "P19",
        "make and remove a worktree session",
        p19_worktrees.measure,
        p19_worktrees.Sizes(),
        p19_worktrees.Sizes(files=5, rounds=1),
    ),
]
