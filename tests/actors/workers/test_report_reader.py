"""What an agent says of itself reaches status and record, whoever was down meanwhile."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from actors.decisions.agent_hooks import HOOKS
from actors.workers.report_reader import LAST_LOOKS, RESCAN_SECONDS, ReportReader
from storage.records import event as e
from storage.records.agent import AgentDefinition
from storage.records.worker import AgentWorker
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House, house
from tests.peers.agents import NOTIFYING_AGENT, telling


class Scene:
    """One worker of the agent that tells of itself."""

    def __init__(self, greenroom: House) -> None:
        self.greenroom = greenroom
        self.session_id = self.worker_id = ""

    def create(self, prompt: str | None = None, **changes: Any) -> "Scene":
        self.greenroom.write_workspace({"agents": [telling(**changes)]})
        asked: dict[str, Any] = {"prompt": prompt} if prompt else {}
        made = self.greenroom.create(
            worker={"type": "agent", "agent": "telling", "cols": 200}, **asked
        )
        self.session_id, self.worker_id = made["id"], made["workers"][0]["id"]
        self.shows("in [")
        return self

    @property
    def worker(self) -> AgentWorker:
        found = self.greenroom.worker(self.session_id, self.worker_id)
        assert isinstance(found, AgentWorker)
        return found

    @property
    def place(self) -> Path:
        return self.greenroom.data.agent("default", self.session_id, self.worker_id)

    @property
    def left(self) -> list[str]:
        return [path.name for path in (self.place / "reports").iterdir()]

    def leave(self, name: str, told: bytes) -> Path:
        """Put a report there whole, as hooks do."""
        half = self.place / "reports" / f".{name}"
        half.write_bytes(told)
        return half.rename(half.with_name(name))

    @property
    def activity(self) -> Any:
        return self.greenroom.get("get-activity", session=self.session_id, worker=self.worker_id)

    def shows(self, text: str) -> None:
        self.greenroom.shows(self.session_id, self.worker_id, text)

    def type(self, text: str) -> None:
        self.greenroom.get(
            "write-input", session=self.session_id, worker=self.worker_id, data=f"{text}\r"
        )

    def does(self, state: str) -> Any:
        """Wait until the agent says so itself."""
        eventually(
            lambda: (self.activity["state"], self.activity["source"]) == (state, "hook"),
            seconds=PATIENCE_SECONDS,
        )
        return self.activity

    def all_taken(self) -> None:
        eventually(lambda: not self.left, seconds=PATIENCE_SECONDS)

    def told(self, kind: Any) -> list[Any]:
        return [one for one in self.greenroom.journal(self.session_id) if isinstance(one, kind)]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with house(tmp_path, fronts=True) as greenroom:
        yield Scene(greenroom)


def test_it_says_when_it_asks_and_when_it_is_idle(scene: Scene) -> None:
    scene.create()
    scene.type("/ask")
    assert scene.does("asking")["text"] == "Bash: make it"
    scene.type("yes")
    scene.does("idle")
    scene.all_taken()
    assert "meddles" not in scene.greenroom.output(scene.session_id, scene.worker_id)


def test_codex_says_when_its_turn_is_over_and_in_which_thread(scene: Scene) -> None:
    scene.create(args=[str(NOTIFYING_AGENT)], session_id_args=[], hooks="codex")
    assert scene.worker.conversation_id is None
    scene.type('it\'s "quoted"')
    scene.does("idle")
    eventually(lambda: scene.worker.conversation_id is not None, seconds=PATIENCE_SECONDS)
    scene.shows(f"in [{scene.worker.conversation_id}]")
    scene.all_taken()
    assert not (scene.place / "settings.json").exists()


def test_where_nobody_watches_files_it_looks_by_itself(tmp_path: Path) -> None:
    clock = FakeClock()
    with house(tmp_path, clock=clock) as greenroom:
        scene = Scene(greenroom).create("/ask")

        def asks() -> bool:
            clock.advance(RESCAN_SECONDS)
            return bool(scene.activity["state"] == "asking")

        eventually(asks, seconds=PATIENCE_SECONDS)
        assert scene.activity["source"] == "hook"


def test_another_conversation_is_recorded_and_gone_on_with(scene: Scene) -> None:
    scene.create("Hello")
    scene.shows("heard Hello")
    first = scene.worker.conversation_id
    scene.all_taken()
    assert scene.told(e.ConversationFound) == []
    scene.type("/clear")
    eventually(lambda: scene.worker.conversation_id != first, seconds=PATIENCE_SECONDS)
    second = scene.worker.conversation_id
    scene.shows(f"now in [{second}]")
    assert scene.told(e.ConversationFound) == [e.ConversationFound(scene.worker_id, second or "")]
    scene.all_taken()
    assert scene.worker.process is not None
    os.kill(scene.worker.process.pid, signal.SIGKILL)
    scene.shows(f"in [{second}] with hooks")
    assert scene.worker.command is not None
    assert scene.worker.command[-2:] == ("--resume", second)


def test_what_it_said_while_no_daemon_ran_is_heard_later(scene: Scene) -> None:
    scene.create()
    scene.type("/clear")
    scene.shows("now in [")
    eventually(lambda: scene.told(e.ConversationFound), seconds=PATIENCE_SECONDS)
    scene.type("sleep")
    scene.does("idle")
    scene.greenroom.again()
    scene.type("/ask")
    before = scene.does("asking")
    scene.all_taken()
    scene.greenroom.stop()
    report = scene.place / "reports" / "1.json"
    report.write_bytes(b'{"hook_event_name": "SessionStart", "session_id": "elsewhere"}')
    (scene.place / "reports" / "2.json").write_bytes(b'{"hook_event_name": "Stop"}')
    os.utime(report, (1e9, 1e9))
    os.utime(scene.place / "reports" / "2.json", (1e9 + 1, 1e9 + 1))
    scene.greenroom.start()
    told = scene.does("idle")
    assert told["since"].startswith("2001-09-09T01:46:41")
    assert told["since"] < before["since"]
    eventually(lambda: scene.worker.conversation_id == "elsewhere", seconds=PATIENCE_SECONDS)
    scene.all_taken()


def test_what_it_said_last_counts_before_its_end(scene: Scene) -> None:
    """A crash right after another conversation began: the next process goes on with that one."""
    scene.create()
    scene.all_taken()
    assert scene.worker.process is not None
    pid = scene.worker.process.pid
    scene.greenroom.stop()
    os.kill(pid, signal.SIGKILL)
    told = b'{"hook_event_name": "SessionStart", "session_id": "another-one"}'
    scene.leave("1.json", told)
    scene.greenroom.start()
    scene.shows("in [another-one] with hooks")


def test_nothing_that_it_said_stays_when_it_has_ended(scene: Scene) -> None:
    scene.create("Hello")
    scene.type("/clear")
    scene.type("/exit")
    scene.greenroom.becomes(scene.session_id, scene.worker_id, "exited")
    scene.all_taken()
    assert len(scene.told(e.ConversationFound)) == 1


def test_what_it_asks_moves_no_cursor(scene: Scene) -> None:
    scene.create()
    told = {"hook_event_name": "PermissionRequest", "tool_name": "\x1b[2J\x07T\ud800"}
    scene.leave("1.json", json.dumps(told).encode())
    assert scene.does("asking")["text"] == "\x1b[2J\x07T?"
    (session,) = scene.greenroom.get("get-status")["sessions"]
    assert session["workers"][0]["activity"]["state"] == "asking"


def test_whoever_goes_on_writing_is_not_heard_for_ever(scene: Scene) -> None:
    scene.create()
    scene.all_taken()
    reports = scene.place / "reports"
    leave = (
        f"cd {reports}; n=0; while :; do n=$((n+1));"
        """ echo '{"hook_event_name": "Stop"}' >.w; mv .w w$n.json; done"""
    )
    with subprocess.Popen(["/bin/sh", "-c", leave]) as writer:
        try:
            scene.type("/exit")
            scene.greenroom.becomes(scene.session_id, scene.worker_id, "exited")
            assert writer.poll() is None
        finally:
            writer.kill()


class BusyClock(FakeClock):
    """Whoever asks it for the time finds one report more: nobody writes faster."""

    def __init__(self, reports: Path) -> None:
        super().__init__()
        self.reports = reports
        self.count = 0

    def now(self) -> datetime:
        self.count += 1
        (self.reports / f"{self.count}.json").write_text('{"hook_event_name": "Stop"}')
        return super().now()


def test_there_are_only_so_many_last_looks(tmp_path: Path) -> None:
    clock = BusyClock(tmp_path / "reports")
    definition = AgentDefinition(id="busy", name="Busy", command="busy")
    with ThreadPoolExecutor(1) as pool:
        hooks = HOOKS["claude-code"]
        reader = ReportReader(definition, hooks, tmp_path, clock, pool, lambda _: None)
        reader.prepare(("busy",))
        heard = reader.last()
    assert [one.name for one in heard] == [f"{number + 1}.json" for number in range(LAST_LOOKS)]


def test_what_is_no_report_does_no_harm(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.create()
    reports = scene.place / "reports"
    (reports / "bad.json").write_text("no json at all")
    (reports / "unknown.json").write_text('{"hook_event_name": "MadeUpToday"}')
    (reports / "large.json").write_bytes(b" " * ((1 << 20) + 1))
    (reports / "link.json").symlink_to("/etc/passwd")
    (reports / "directory.json").mkdir()
    scene.type("hello")
    scene.does("idle")
    others = ["directory.json", "link.json"]
    eventually(lambda: sorted(scene.left) == others, seconds=PATIENCE_SECONDS)
    assert "says nothing" in caplog.text


def test_no_report_of_one_worker_reaches_another(scene: Scene) -> None:
    first, second = scene.create(), Scene(scene.greenroom).create()
    second.type("/ask")
    second.does("asking")
    first.type("hello")
    first.does("idle")
    assert second.does("asking")["text"] == "Bash: make it"
    assert (first.told(e.ConversationFound), second.told(e.ConversationFound)) == ([], [])


def test_its_files_are_private_and_go_with_it(scene: Scene) -> None:
    scene.create()
    for path in (scene.place.parent, scene.place, scene.place / "reports"):
        assert path.stat().st_mode & 0o777 == 0o700
    assert (scene.place / "settings.json").stat().st_mode & 0o777 == 0o600
    scene.greenroom.get("delete-worker", session=scene.session_id, worker=scene.worker_id)
    eventually(lambda: not scene.place.exists(), seconds=PATIENCE_SECONDS)
    assert scene.greenroom.room.around.report_listeners == {}


def test_without_hooks_nothing_is_added_and_the_screen_is_looked_at(scene: Scene) -> None:
    scene.create(hooks=None)
    scene.shows("without hooks")
    eventually(lambda: scene.activity["state"] == "idle", seconds=PATIENCE_SECONDS)
    assert scene.activity["source"] == "screen"
    assert not scene.place.exists()


def test_where_its_files_cannot_be_made_it_runs_without(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.create()
    scene.greenroom.get("stop-worker", session=scene.session_id, worker=scene.worker_id)
    for path in sorted(scene.place.parent.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    scene.place.parent.rmdir()
    scene.place.parent.write_text("in the way")
    scene.greenroom.get("start-worker", session=scene.session_id, worker=scene.worker_id)
    scene.shows("without hooks")
    assert "started without hooks" in caplog.text
