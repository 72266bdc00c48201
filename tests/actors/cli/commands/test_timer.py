import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.actors.cli.conftest import Run, Serve
from tests.actors.cli.fake_daemon import no, yes

DUE = (datetime.now(UTC) + timedelta(hours=2, minutes=59)).isoformat()
TIMER = {"timer_id": "kq3vd5abcdef", "due": DUE, "message": "look\n\x1b[2J again", "set_at": DUE}


def sent(run: Run, serve: Serve, *words: str) -> Any:
    daemon = serve(yes({"timer_id": "kq3vd5abcdef", "due": DUE}))
    assert run("timer", "add", "T", *words).status == 0
    (request,) = daemon.requests
    assert (request["type"], request["session"]) == ("set-timer", "T")
    return request


@pytest.mark.parametrize(
    ("length", "seconds"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("2d", 172_800), ("0.5h", 1800)],
)
def test_a_length_of_time_is_read(run: Run, serve: Serve, length: str, seconds: float) -> None:
    request = sent(run, serve, "--in", length, "look", "again")
    assert (request["in_seconds"], request["message"]) == (seconds, "look again")
    assert "at" not in request


def test_a_time_without_a_zone_is_that_of_whoever_asks(run: Run, serve: Serve) -> None:
    at = sent(run, serve, "--at", "2026-12-24T18:00", "look")["at"]
    assert datetime.fromisoformat(at) == datetime(2026, 12, 24, 18).astimezone()


def test_a_time_has_the_zone_that_it_names(run: Run, serve: Serve) -> None:
    at = sent(run, serve, "look", "--at", "2026-12-24T18:00+02:00")["at"]
    assert at == "2026-12-24T16:00:00+00:00"


@pytest.mark.parametrize(
    "when",
    [[], ["--in", "10m", "--at", "2026-12-24"], ["--in", "soon"], ["--in", "10"], ["--in", "1..s"],
     ["--at", "noon"], ["--at", "0001-01-01T00:00+14:00"]],
)  # fmt: skip
def test_a_time_that_is_none_is_wrong_usage(run: Run, when: list[str]) -> None:
    assert run("timer", "add", "T", "look", *when).status == 2


def test_it_says_when_it_is_due(run: Run, serve: Serve) -> None:
    serve(yes({"timer_id": "kq3vd5abcdef", "due": DUE}))
    out = run("timer", "add", "T", "--in", "2h", "look").out
    assert re.fullmatch(r"kq3vd5abcdef is due at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d, in 2 h\n", out)


def test_open_ones_are_a_table(run: Run, serve: Serve) -> None:
    daemon = serve(yes({"timers": [TIMER]}))
    heading, line = run("timer", "ls", "T").out.splitlines()
    assert heading.split() == ["ID", "DUE", "IN", "MESSAGE"]
    assert line.startswith("kq3vd5abcdef")
    assert line.endswith(r"2 h  look \x1b[2J again")
    assert daemon.requests[0]["type"] == "list-timers"


def test_none_is_said_too(run: Run, serve: Serve) -> None:
    serve(yes({"timers": []}))
    assert "no timers" in run("timer", "ls", "T").out


def test_one_is_taken_back(run: Run, serve: Serve) -> None:
    daemon = serve(yes({"timer_id": "kq3vd5abcdef", "cancelled": True}))
    assert run("timer", "rm", "T", "kq3").out == "kq3vd5abcdef is cancelled\n"
    (request,) = daemon.requests
    assert (request["type"], request["timer_id"]) == ("cancel-timer", "kq3")
    assert run("timer", "rm", "T", "").status == 2


def test_a_no_is_a_failure(run: Run, serve: Serve) -> None:
    serve(no("timer-not-found", "no timer kq3 is open"))
    assert run("timer", "rm", "T", "kq3").status == 1
