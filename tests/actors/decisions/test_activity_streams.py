"""Real programs, recorded with their timing, and what a person would say they do."""

from datetime import UTC, datetime
from itertools import groupby

import pytest
from msgspec.structs import replace

from actors.built_in_agents import BUILT_IN
from actors.decisions.activity import ActivityPatterns, Seen, Watch
from actors.workers.activity_watch import patterns_of
from storage.records.worker import AgentWorker
from tests.fakes.streams import STREAMS, load, play

NOW = datetime(2026, 11, 21, tzinfo=UTC)
PROMPT = r"^\$$"
PATTERNS = ActivityPatterns(
    asking=(r"^rm: .*\?$", r"\(C\)ancel:$", r"\[y/N\]$"), idle=(PROMPT,), lines=1
)
BARE = Watch()
KNOWN = Watch(patterns=PATTERNS)
NAMED = {
    one.id: AgentWorker(id="a", name="a", created_at=NOW, agent=one.id, definition=one)
    for one in BUILT_IN
}
CLAUDE = Watch(patterns=patterns_of(NAMED["claude"]))


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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude", ["unknown", "active", "idle", "active", "idle"]),
        ("claude-tool", ["unknown", "active", "asking", "active", "idle"]),
        ("claude-refused", ["unknown", "active", "asking", "idle", "active", "idle"]),
        ("claude-trust", ["unknown", "asking", "idle"]),
    ],
)
def test_claude_is_told_from_its_screen(name: str, expected: list[str]) -> None:
    assert states(name, CLAUDE) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("claude-tool", "Do you want to proceed?"),
        ("claude-trust", "\N{HEAVY RIGHT-POINTING ANGLE QUOTATION MARK ORNAMENT} 1. Yes, I trust"),
    ],
)
def test_what_claude_asks_is_the_evidence(name: str, expected: str) -> None:
    asked = next(each for each in told(name, CLAUDE) if each.state == "asking")
    assert asked.text.startswith(expected)


def test_an_answered_question_is_gone_soon_although_the_output_never_pauses() -> None:
    stream = load("claude-tool")
    answered = next(each.at for each in stream.happened if each.kind == "i")
    asking, works = told("claude-tool", CLAUDE)[2:4]
    assert asking.since < answered < works.since < answered + 1.5


def test_what_claude_said_is_no_question_while_it_takes_a_prompt() -> None:
    blind = Watch(patterns=replace(CLAUDE.patterns, input_line=()))
    assert "Do you want to go on?" in next(
        each.text for each in play(load("claude"), blind) if each.state == "asking"
    )
    assert "asking" not in states("claude", CLAUDE)


def test_every_recorded_stream_is_played() -> None:
    names = {path.stem for path in STREAMS.glob("*.jsonl")}
    assert names >= {"shell", "dash", "vim", "less", "build", "claude", "claude-tool"}
