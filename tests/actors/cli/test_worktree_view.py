"""What was seen of directories, in words."""

from datetime import UTC, datetime
from typing import Any

from actors.cli.session_view import listing_lines, session_lines
from actors.cli.status_view import status_lines
from actors.cli.worktree_view import (
    dirt,
    where_cell,
    worktree_lines,
    worktree_phrase,
    worktree_spans,
)

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CLEAN = {"location": "there", "branch": "fix", "head": "1" * 40, "base": "2" * 40,
         "ahead_of_base": 0, "behind_base": 0, "staged": 0, "modified": 0, "untracked": 0,
         "conflicted": 0}  # fmt: skip


def seen(**fields: Any) -> dict[str, Any]:
    look = {**CLEAN, **fields}
    return {"id": "a", "title": "A", "type": "worktree", "location": look["location"],
            "worktree": look}  # fmt: skip


def text_of(lines: Any) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def test_a_branch_says_where_it_is_and_what_is_open() -> None:
    assert worktree_phrase(CLEAN) == "on fix, clean"
    against = {"ahead_of_base": 2, "base_branch": "main"}
    assert worktree_phrase({**CLEAN, **against}) == "on fix, 2 ahead of main, clean"
    upstream = {**against, "upstream": "origin/fix", "ahead": 0, "behind": 1, "staged": 4}
    assert worktree_phrase({**CLEAN, **upstream}) == "on fix, 1 behind of origin/fix, 4 staged"
    detached = {"branch": None, "is_detached": True}
    assert worktree_phrase({**CLEAN, **detached}) == "detached at 111111111111, clean"
    assert worktree_phrase({**CLEAN, "head": None}) == "on fix (no commit yet), clean"
    assert dirt({}) == worktree_phrase({}) == ""


def test_a_listing_has_it_short() -> None:
    assert where_cell(seen())[0] == "fix"
    assert where_cell(seen(ahead_of_base=2, behind_base=1, modified=2, untracked=1))[0] == (
        "fix +2 -1 *3"
    )
    assert where_cell(seen(branch=None, is_detached=True))[0] == "(111111111111)"
    assert where_cell({"location": "gone", "worktree": None}) == ("gone", "bad")
    assert where_cell({"location": "unknown", "worktree": None})[0] == ""
    unusable = {"location": "there", "problem": "its repository is no longer at /shop"}
    assert where_cell({"location": "there", "worktree": unusable}) == ("problem", "bad")
    long = seen(branch="b" * 90)
    head, row = text_of(listing_lines([long], NOW, everything=False))
    assert "WHERE" in head
    assert "b" * 29 + "…" in row


def test_status_says_where_a_directory_is_not() -> None:
    (text, _), (none, _) = worktree_spans(seen())
    assert (text, none) == ("worktree on fix, clean", "")
    assert worktree_spans({"type": "quick", "location": "gone"}) == [("directory gone", "bad")]
    sessions = [{**seen(), "location": "not-ours", "worktree": {"location": "not-ours"}}]
    shown = "\n".join(text_of(status_lines({"sessions": sessions}, NOW, boxes=False)))
    assert "worktree, another's directory" in shown


def test_a_set_up_that_failed_is_said_with_the_next_step() -> None:
    def session(status: str, **end: Any) -> dict[str, Any]:
        worker = {"id": "w", "name": "setup", "type": "terminal", "status": status, "exit": end}
        return {**seen(), "workers": [worker]}

    failed = session("exited", code=3)
    assert ("set-up ended with 3", "bad") in worktree_spans(failed)
    (line,) = [line for line in text_of(session_lines(failed, NOW)) if line.startswith("set-up")]
    assert line == (
        "set-up    ended with 3; greenroom output a/setup shows why, greenroom run a/setup runs it"
        " again"
    )
    assert ("set-up was ended by signal 9", "bad") in worktree_spans(session("crashed", signal=9))
    for fine in (session("exited", code=0), session("running", code=3), seen()):
        assert not any("set-up" in line for line in text_of(session_lines(fine, NOW)))
    assert "set-up" not in str(worktree_spans({**failed, "type": "quick"}))


def test_a_set_up_that_waits_is_shown_with_its_command_and_what_was_left_out() -> None:
    worker = {"id": "w", "name": "setup", "type": "terminal", "status": "stopped"}
    set_up = {"command": ["make", "all deps\x1b[2J"], "notes": [".env was left out"]}
    session = {**seen(), "workers": [worker], "set_up": set_up}
    lines = [line for line in text_of(session_lines(session, NOW)) if line.startswith("set-up")]
    assert lines == [
        r"set-up    waits: make 'all deps\x1b[2J'; greenroom run a/setup runs it",
        "set-up    .env was left out",
    ]


def test_show_says_what_is_wrong() -> None:
    lines = worktree_lines({"location": "gone", "problem": "/x is gone"})
    assert text_of(lines) == ["problem   /x is gone"]
