"""The loop in this process, against a scripted daemon; its terminal is in tests/end_to_end."""

import json
import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from actors.cli import unanswered
from actors.cli.main import main
from actors.cli.watch import watching
from tests.actors.cli.conftest import ENVIRON, Serve
from tests.actors.cli.fake_daemon import Json

Watch = Callable[..., tuple[int, str, str]]


def status(pid: int) -> Json:
    return {"daemon": {"state": "running", "pid": pid}, "store": {"state": "ok"}, "sessions": []}


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture
def watch(data: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Watch:
    monkeypatch.setattr(watching, "RETRY_SECONDS", 0.01)

    def run(*words: str, refresh_seconds: float = 3600.0) -> tuple[int, str, str]:
        monkeypatch.setattr(watching, "REFRESH_SECONDS", refresh_seconds)
        ended = main(["--data", str(data), "status", "--watch", *words], ENVIRON)
        captured = capfd.readouterr()
        return ended, captured.out, captured.err

    return run


class Told:
    """Answers with the statuses in turn; behind each an event, and the end behind the last."""

    def __init__(self, *statuses: Json, events: bool = True) -> None:
        self.left = list(statuses)
        self.events = events
        self.asked: list[str] = []

    def __call__(self, request: Json) -> Sequence[Json]:
        self.asked.append(request["type"])
        if request["type"] == "subscribe":
            return [{"id": request["id"], "type": "subscribe", "ok": True, "data": {}}]
        if not self.left:
            interrupt()
            return []
        found = {"id": request["id"], "type": "get-status", "ok": True, "data": self.left.pop(0)}
        event = {"id": "watch-events", "type": "event", "event": {"type": "session-created"}}
        return [found, event] if self.events else [found]


def test_an_event_brings_a_new_status(watch: Watch, serve: Serve) -> None:
    told = Told(status(1), status(2), status(3))
    serve(told)
    ended, out, err = watch("--json")
    assert (ended, err) == (0, "")
    assert [json.loads(line) for line in out.splitlines()] == [status(1), status(2), status(3)]
    assert told.asked[:3] == ["subscribe", "subscribe", "get-status"]


def test_without_an_event_it_is_looked_at_all_the_same(watch: Watch, serve: Serve) -> None:
    serve(Told(status(1), status(2), events=False))
    assert watch("--json", refresh_seconds=0.01)[1].count("\n") == 2


def test_what_is_as_before_is_not_printed_again(watch: Watch, serve: Serve) -> None:
    serve(Told(status(1), status(1), status(2), status(2)))
    ended, out, _ = watch()
    assert ended == 0
    assert out.count("greenroom  running, pid") == 2
    assert "\x1b" not in out


def test_without_a_daemon_the_files_are_shown_until_one_comes(
    watch: Watch, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_files = unanswered.status_of_files

    def looked(data: str) -> Json:
        if not started:
            started.append(serve(Told(status(7))))
        return of_files(data)

    started: list[object] = []
    monkeypatch.setattr(watching, "status_of_files", looked)
    _, out, err = watch()
    assert out.index("greenroom  stopped") < out.index("greenroom  running, pid 7")
    assert err.count("start it with: greenroom") == 1


def test_a_refusal_ends_it(watch: Watch, serve: Serve) -> None:
    serve(lambda request: [{
        "id": request["id"], "type": request["type"], "ok": request["type"] == "subscribe",
        "error": {"code": "storage-failed", "message": "the disk is gone"},
    }])  # fmt: skip
    assert watch() == (1, "", "greenroom: the disk is gone\n")


def test_who_is_cut_for_being_slow_subscribes_again(watch: Watch, serve: Serve) -> None:
    told = Told(status(1), status(2))

    def script(request: Json) -> Sequence[Json]:
        frames = [*told(request)]
        cut = {"id": "watch-events", "type": "subscribe", "ok": False, "error": {}}
        return [frames[0], cut] if request["type"] == "get-status" and frames else frames

    serve(script)
    assert watch("--json")[1].count("\n") == 2
    assert told.asked.count("subscribe") == 6


def test_one_that_hangs_is_said(
    watch: Watch, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "SILENCE_SECONDS", 0.05)
    hung: list[str] = []

    def script(request: Json) -> Sequence[Json]:
        hung.append(request["type"])
        if hung.count("get-status") == 3:
            interrupt()
        return []

    serve(script)
    ended, out, err = watch()
    assert ended == 0
    assert "greenroom  unresponsive" in out
    assert "does not answer; end it with: greenroom" in err
