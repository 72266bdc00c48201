from datetime import UTC, datetime

from actors.cli.drawing import width_of
from actors.cli.session_view import listing_lines, worker_lines

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


def test_a_long_workers_name_is_shortened() -> None:
    lines = worker_lines([{"id": "w", "name": "n" * 100, "type": "terminal"}], NOW)
    assert max(width_of(line) for line in lines) < 80
