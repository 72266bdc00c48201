"""`events` against a real greenroom, also one that ends and comes back."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from actors.cli.main import main
from tests.actors.cli.conftest import Outcome
from tests.fakes.actors import eventually
from tests.fakes.greenroom import House, house

PROJECT = Path(__file__).resolve().parents[4]
HOSTILE = "\x1b]0;owned\x07\x1b[31mred\u202e"


@pytest.fixture
def greenroom(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, fronts=True) as running:
        yield running


@pytest.fixture
def say(greenroom: House, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> Outcome:
        status = main(["--data", str(greenroom.data.root), *words], {"HOME": "/nowhere"})
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err)

    return run


@contextmanager
def following(running: House, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """The command as a process, which Ctrl-C ends well."""
    command = [sys.executable, str(PROJECT / "run.py"), "--data", str(running.data.root), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as it:
        try:
            yield it
            it.send_signal(2)
            it.communicate(timeout=30)
            assert it.returncode == 0
        finally:
            it.kill()


def heard(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def test_the_events_of_a_session_are_lines(greenroom: House, say: Any) -> None:
    made = greenroom.create(title="one")
    greenroom.get("update-session", session=made["id"], updates={"title": HOSTILE})
    told = say("events", made["id"])
    assert (told.status, len(told.out.splitlines())) == (0, 2)
    assert "session-created" in told.out
    assert not {"\x1b", "\x07", "\u202e"} & set(told.out)
    told = say("events", made["id"], "--after", "1", "--json")
    (event,) = [json.loads(line) for line in told.out.splitlines()]
    assert event == greenroom.get("get-events", session=made["id"], after=1)["events"][0]
    told = say("events", made["id"], "--types", "session-deleted,session-created", "--json")
    assert [json.loads(line)["type"] for line in told.out.splitlines()] == ["session-created"]


def test_what_makes_no_sense_is_said(greenroom: House, say: Any) -> None:
    made = greenroom.create()
    assert say("events").status == 2
    assert "events -f" in say("events").err
    assert say("events", "-f", "--after", "3").status == 2
    assert say("events", made["id"], "--after", "x").status == 2
    assert say("events", "nobody").status == 1
    told = say("events", made["id"], "--after", "99")
    assert (told.status, "1 to 1" in told.err) == (1, True)
    assert "session-evaporated" in say("events", "-f", "--types", "session-evaporated").err
    assert say("events", made["id"], "--types", "session-evaporated").status == 1
    greenroom.stop()
    assert say("events", "-f").status == 3
    assert say("events", made["id"]).status == 3


def test_one_session_is_followed_over_restarts_without_a_gap(greenroom: House) -> None:
    made = greenroom.create()
    with following(greenroom, "events", made["id"], "-f", "--json") as process:
        numbers = [heard(process)["n"]]
        for title in "abc":
            greenroom.get("update-session", session=made["id"], updates={"title": title})
            greenroom.again()
            greenroom.get("update-session", session=made["id"], updates={"title": title * 2})
        while numbers[-1] < 7:
            numbers.append(heard(process)["n"])
    assert numbers == list(range(1, 8))


def test_all_sessions_are_followed_and_again_when_the_daemon_is_back(greenroom: House) -> None:
    words = ("events", "-f", "--json", "--types", "session-created")
    with following(greenroom, *words) as process:
        _subscribed(greenroom)
        made = greenroom.create()
        greenroom.get("update-session", session=made["id"], updates={"title": "unheard"})
        assert heard(process)["session"]["id"] == made["id"]
        greenroom.again()
        _subscribed(greenroom)
        made = greenroom.create()
        assert heard(process)["session"]["id"] == made["id"]


def _subscribed(running: House) -> None:
    """Somebody listens at the control socket."""
    broadcaster = running.room.around.broadcaster
    eventually(
        lambda: any(
            type(getattr(handler, "__self__", None)).__name__ == "Feed"
            for _, handler in broadcaster._handlers.values()
        )
    )
