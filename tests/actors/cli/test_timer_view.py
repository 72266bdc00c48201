from datetime import UTC, datetime

from actors.cli.timer_view import said, timer_phrase, until

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_how_long_it_is_until_then() -> None:
    assert until("2026-11-21T12:03:10Z", NOW) == "3 min"
    assert until("2026-11-21T11:59:59Z", NOW) == "now"
    assert until("soon", NOW) == ""


def test_a_message_is_one_short_line() -> None:
    assert said({"message": "look\n  again"}) == "look again"
    assert said({"message": "x" * 100}).endswith("x…")


def test_one_that_waits_for_its_session_says_so() -> None:
    timer = {"timer_id": "abc", "due": "2026-11-21T12:10:00Z", "message": "look"}
    assert timer_phrase(timer, NOW).endswith("(in 10 min): look")
    late = {**timer, "due": "2026-11-21T11:00:00Z"}
    assert "(due, and waits for the session)" in timer_phrase(late, NOW)
