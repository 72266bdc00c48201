from datetime import UTC, datetime
from typing import Any

import pytest
from wcwidth import wcswidth

from actors.cli.drawing import width_of
from actors.cli.session_view import listing_lines, session_lines, worker_lines

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LONG = {"id": "a" * 12, "title": "long " * 40, "type": "worktree", "status": "active",
        "updated_at": "2026-11-21T11:00:00Z"}  # fmt: skip


def test_titles_are_shortened_to_the_width_of_the_terminal() -> None:
    lines = listing_lines([LONG, {**LONG, "title": "short"}], NOW, everything=False, columns=100)
    assert max(width_of(line) for line in lines) == 100
    assert "…" in "".join(text for text, _ in lines[1])


def test_what_is_done_has_the_rest_of_the_line() -> None:
    asks = {"state": "asking", "source": "screen", "since": "x", "text": "why " * 40}
    lines = listing_lines([{**LONG, "activity": asks}], NOW, everything=False, columns=150)
    assert max(width_of(line) for line in lines) == 150
    assert lines[1][-2][0].startswith("asking (screen): why why")


def test_in_a_pipe_a_title_has_at_most_forty_characters() -> None:
    (_, row) = listing_lines([LONG], NOW, everything=False)
    title = next(text for text, _ in row if text.startswith("long"))
    assert len(title) == 40


def test_a_narrow_terminal_still_shows_some_of_each_title() -> None:
    (_, row) = listing_lines([LONG], NOW, everything=False, columns=20)
    assert any(text.startswith("long long") for text, _ in row)


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_what_there_is_no_room_for_is_left_out_the_least_first(columns: int) -> None:
    done = {"state": "idle", "source": "screen", "since": "2026-11-21T11:00:00Z"}
    sessions = [{**LONG, "type": "quick", "activity": done, "worker_count": 1}]
    heading, row = listing_lines(sessions, NOW, everything=False, columns=columns)
    assert width_of(heading) <= columns
    assert width_of(row) <= columns
    shown = "".join(text for text, _ in row)
    assert all(word in shown for word in ("a" * 12, "long", "active"))
    assert ("ago" in shown) == (columns > 40)


def test_a_long_workers_name_is_shortened() -> None:
    lines = worker_lines([{"id": "w", "name": "n" * 100, "type": "terminal"}], NOW)
    assert max(width_of(line) for line in lines) < 80


def test_a_session_shows_what_it_asks_and_who_started_it() -> None:
    asked = {"id": "abcdefgh2345-sess", "kind": "call", "tool": "files.write"}
    session = {"id": "sess", "title": "T", "parent_session_id": "lead", "permissions": [asked]}
    lines = ["".join(text for text, _ in line) for line in session_lines(session, NOW)]
    assert "parent    lead" in lines
    assert "asks      files.write: greenroom answer abcdefgh2345 allow|deny" in lines


def test_figures_say_what_is_unknown_and_whose_prices_they_are() -> None:
    def metrics(**figures: Any) -> str:
        (line, *_) = session_lines({"metrics": figures}, NOW)[-1:]
        return "".join(text for text, _ in line)

    unknown = metrics(prompt_tokens=5, estimated_cost=None, context_utilization=None)
    assert "5 prompt tokens, " in unknown
    assert "cost unknown, context unknown" in unknown
    known = metrics(
        prompt_tokens=9,
        cache_read_tokens=4,
        estimated_cost=0.5,
        price_source="genai-prices 1",
        context_utilization=0.5,
        max_context_window=18,
    )
    assert "9 prompt tokens (4 from the cache, 0 to it)" in known
    assert "$0.5000 by genai-prices 1, context 50% of 18" in known


def test_a_budget_says_what_it_allows_and_where_to_see_what_is_spent() -> None:
    limits = {"tokens": 9000, "usd": 2.5, "tool_calls": 0}
    session = {"id": "a", "title": "A", "config": {"model": "m", "budget": limits}}
    lines = ["".join(text for text, _ in line) for line in session_lines(session, NOW)]
    told = "9,000 tokens, 2.5000 US dollars, 0 tool calls; spent: greenroom budget a"
    assert f"budget    {told}" in lines
    assert "config    model m" in lines


def test_wide_characters_take_two_cells_of_a_column() -> None:
    titles = ["plain", "日本語のタイトル", "e\u0301", "日" * 60]
    sessions = [{"id": "aaaa", "title": title, "type": "quick"} for title in titles]
    lines = listing_lines(sessions, NOW, everything=True)
    head, *rows = ["".join(text for text, _ in line) for line in lines]
    at = wcswidth(head[: head.index("TYPE")])
    assert [wcswidth(row[: row.index("quick")]) for row in rows] == [at] * len(titles)
    assert "…" in rows[-1]
