from datetime import UTC, datetime
from typing import Any

import pytest

from actors.cli.process_view import held_phrase, limit_lines, limits_phrase, process_lines
from actors.cli.status_view import status_lines

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
FIGURES = {"memory_bytes": 45_000_000, "cpu_percent": 3.4, "processes": 6}
OWN = {
    "name": "time",
    "workspace": "default",
    "session_id": "aaaa",
    "state": "running",
    "since": "2026-11-21T11:57:00Z",
    "tools": 2,
    "problem": None,
    "process": {"pid": 99, **FIGURES},
}
SHARED = {**OWN, "name": "git", "session_id": None, "state": "failed", "problem": "no such repo",
          "process": None}  # fmt: skip
RUNS = "running  pid 99 (6 processes)  45 MB  3 % CPU  connected 3 min (protocol), 2 tools"
LIMITS = {"processes": 50, "memory_bytes": 2**31, "enforced": "watched every 5 s", "why": "none"}


def node(name: str, *children: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "state": "running", "restarts": 0, "children": list(children)}


def status(**session: Any) -> dict[str, Any]:
    known = {"id": "aaaa", "title": "Talk", "type": "quick", "status": "active", "workers": []}
    tree = node(
        "supervisor",
        node("sessions", node("aaaa", node("mcp:time"))),
        node("mcp_servers", {**node("default:git"), "restarts": 2}),
    )
    shown = {**known, "usage": FIGURES, "limits": LIMITS, **session}
    return {"tree": tree, "sessions": [shown], "mcp_servers": [OWN, SHARED], "usage": FIGURES}


def told(lines: Any) -> list[str]:
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_tool_servers_stand_in_the_tree_with_their_figures_and_what_says_so() -> None:
    text = "\n".join(told(status_lines(status(), NOW, boxes=False)))
    assert "mcp:time" in text
    assert (
        "running  pid 99 (6 processes)  45 MB  3 % CPU  connected 3 min (protocol), 2 tools" in text
    )
    assert "gone 3 min (protocol), 2 restarts, no such repo" in text
    assert "processes  6 processes, 45 MB, 3 % CPU, of workers and tool servers" in text
    limits = "limits: 50 processes, 2 GiB of memory, watched every 5 s"
    assert f"active, 6 processes, 45 MB, 3 % CPU, {limits}" in text


def test_of_one_session_the_same_in_lines() -> None:
    assert told(process_lines(status(), "aaaa", NOW)) == [
        "tools",
        f"  time  {RUNS}",
        "limits    50 processes, 2 GiB of memory, watched every 5 s",
        "uses      6 processes, 45 MB, 3 % CPU",
    ]
    assert process_lines(status(), "unknown", NOW) == []


def test_limits_say_how_they_are_enforced_and_why_so() -> None:
    config = {"limits": {"processes": 50, "memory_bytes": 2**31}}
    session = {"id": "aaaa", "title": "Talk", "config": config}
    lines = told(limit_lines(session, status()))
    assert lines[0] == "Talk aaaa"
    assert "limits    50 processes, 2 GiB of memory, watched every 5 s (none)" in lines
    assert "uses      6 processes, 45 MB, 3 % CPU" in lines
    bare = {"id": "unknown", "title": "Talk", "config": None}
    assert told(limit_lines(bare, status())) == [
        "Talk unknown",
        "limits    none",
        "uses      no process",
    ]


@pytest.mark.parametrize(
    ("limits", "phrase"),
    [
        ({}, ""),
        ({"processes": 1}, "1 process"),
        ({"memory_bytes": 3 * 2**29}, "1.5 GiB of memory"),
    ],
)
def test_limits_in_words(limits: dict[str, int], phrase: str) -> None:
    assert limits_phrase(limits) == phrase
    assert held_phrase(limits) == (f"limits: {phrase}" if phrase else "")
