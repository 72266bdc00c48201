"""Recorded streams of real programs (samples/streams/), played as if they happened now."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from actors.decisions.activity import (
    Looked,
    Observation,
    Seen,
    Typed,
    Waited,
    Watch,
    Watched,
    Wrote,
    begin,
    next_at,
    observe,
    wants_look,
)
from actors.terminals.screen import Screen

STREAMS = Path(__file__).parent.parent / "samples" / "streams"
AFTER_SECONDS = 5.0
"""How long it is watched after the last thing that happened."""


class Happened(NamedTuple):
    at: float
    kind: str
    data: bytes


class Stream(NamedTuple):
    cols: int
    rows: int
    happened: list[Happened]


def load(name: str) -> Stream:
    told, *lines = map(json.loads, _lines(STREAMS / f"{name}.jsonl"))
    happened = [Happened(at, kind, data.encode("latin-1")) for at, kind, data in lines]
    return Stream(told["cols"], told["rows"], happened)


def _lines(path: Path) -> list[str]:
    """As they were written: some characters of other programs end a line for `splitlines`."""
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def play(stream: Stream, watch: Watch) -> Iterator[Seen]:
    """What was seen, after each thing that happened and each wait."""
    screen = Screen(stream.cols, stream.rows)
    watched = begin(0.0)
    offset = 0
    yield watched.seen
    for each in [*stream.happened, Happened(stream.happened[-1].at + AFTER_SECONDS, "", b"")]:
        for later in waited(watched, watch, each.at, offset, screen):
            watched = later
            yield watched.seen
        seen: Observation = Waited(each.at)
        if each.kind == "o":
            screen.feed(each.data)
            seen = Wrote(each.at, offset, offset + len(each.data))
            offset += len(each.data)
        elif each.kind == "i":
            seen = Typed(each.at)
        watched = observe(watched, seen, watch)
        yield watched.seen


def waited(
    watched: Watched, watch: Watch, until: float, offset: int, screen: Screen
) -> Iterator[Watched]:
    """Whoever watches wakes when the machine says so."""
    while (due := next_at(watched, watch)) is not None and due < until:
        looks = wants_look(watched, due, watch)
        seen = Looked(due, offset, screen.text()) if looks else Waited(due)
        watched = observe(watched, seen, watch)
        yield watched
