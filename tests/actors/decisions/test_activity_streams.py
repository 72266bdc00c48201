"""Real programs, recorded with their timing, and what a person would say they do."""

from itertools import groupby

import pytest

from actors.decisions.activity import ActivityPatterns, Seen, Watch
from tests.fakes.streams import STREAMS, load, play

PROMPT = r"^\$$"
PATTERNS = ActivityPatterns(
    asking=(r"^rm: .*\?$", r"\(C\)ancel:$", r"\[y/N\]$"), idle=(PROMPT,), lines=1
)
BARE = Watch()
KNOWN = Watch(patterns=PATTERNS)


def told(name: str, watch: Watch) -> list[Seen]:
    """One of each state in a row, with the evidence that it had at its end."""
    seen = play(load(name), watch)
    return [list(group)[-1] for _, group in groupby(seen, key=lambda each: each.state)]


def states(name: str, watch: Watch) -> list[str]:
    return [each.state for each in told(name, watch)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shell", ["unknown", "idle", "active", "idle", "asking", "idle"]),
        ("dash", ["unknown", "idle"]),
        ("vim", ["unknown", "idle", "asking", "idle"]),
        ("less", ["unknown", "idle"]),
        ("build", ["unknown", "active", "idle"]),
    ],
)
def test_a_program_is_told_from_its_screen(name: str, expected: list[str]) -> None:
    assert states(name, KNOWN) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("shell", ["unknown", "idle", "active", "idle"]),
        ("dash", ["unknown", "idle"]),
        ("vim", ["unknown", "idle"]),
        ("less", ["unknown", "idle"]),
        ("build", ["unknown", "active", "idle"]),
    ],
)
def test_without_patterns_it_is_told_from_its_output(name: str, expected: list[str]) -> None:
    assert states(name, BARE) == expected


def test_the_evidence_is_the_line_on_the_screen() -> None:
    _, idle, _, _, asking, _ = told("shell", KNOWN)
    assert (idle.text, idle.source) == ("$", "screen")
    assert asking.text == "rm: remove regular file 'old'?"
    assert "[Y]es, (N)o, (C)ancel:" in told("vim", KNOWN)[2].text


def test_every_recorded_stream_is_played() -> None:
    names = {path.stem for path in STREAMS.glob("*.jsonl")}
    assert names >= {"shell", "dash", "vim", "less", "build"}
