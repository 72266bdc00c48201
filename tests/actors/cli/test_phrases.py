from datetime import UTC, datetime

import pytest

from actors.cli.phrases import last_said, local, money, plural, since, size

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("then", "said"),
    [
        ("2026-11-21T11:59:59.5Z", "0 s"),
        ("2026-11-21T11:59:18Z", "42 s"),
        ("2026-11-21T13:30:00+02:00", "30 min"),
        ("2026-11-20T11:00:00Z", "1 d"),
        ("2024-11-20T11:00:00Z", "2 y"),
        ("2026-11-21T12:00:09Z", "0 s"),
        (None, ""),
        ("yesterday", ""),
        ("2026-11-21T11:00:00", ""),
    ],
)
def test_times_are_told_from_now(then: str | None, said: str) -> None:
    assert since(then, NOW) == said


def test_sizes_counts_and_money_are_told_shortly() -> None:
    assert [size(n) for n in (0, 999, 12_345_678, 3e12, None)] == [
        "0 B",
        "999 B",
        "12 MB",
        "3.0 TB",
        "",
    ]
    assert [plural(n, "terminal") for n in (0, 1)] == ["0 terminals", "1 terminal"]
    assert [money(c) for c in ({"usd": 0.01234, "source": "x"}, 2, None)] == [
        "$0.0123", "$2.0000", "cost unknown"
    ]  # fmt: skip


def test_an_unreadable_time_is_shown_as_it_came() -> None:
    assert local("soon") == "soon"


def test_of_a_last_output_its_end_is_told_in_one_line() -> None:
    said = "exited with 7; its last output: one\r\n\x1b[31mtwo\x1b[0m\r\n"
    assert last_said(said) == "exited with 7; its last output: one two"
    assert last_said(said, end_is_told=True) == "its last output: one two"
    assert last_said("exited with 7; its last output: ") == "exited with 7"
    assert last_said("no such file") == "no such file"
    long = last_said("ended by signal 9; its last output: " + "x" * 500 + "end")
    assert (len(long) < 210, long.endswith("xend"), "…x" in long) == (True, True, True)
