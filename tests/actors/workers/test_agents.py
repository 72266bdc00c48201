"""Agent workers from the request to the program: a real little agent under a real terminal host."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from actors.messages.session import AdoptSession, Dispatch, Reply
from actors.terminals import host_files
from storage import migrations
from storage.records import event as e
from storage.records.worker import AgentWorker
from tests.fakes.actors import eventually
from tests.fakes.clock import FakeClock
from tests.fakes.greenroom import PATIENCE_SECONDS, House, house, pass_time
from tests.peers.agents import LittleAgent

PROMPT = "--look at {conversation}"
"""Neither an option nor a place to fill in."""


class Scene:
    """A house that knows the little agent, and one worker of it."""

    def __init__(self, greenroom: House, agent: LittleAgent) -> None:
        self.greenroom = greenroom
        self.agent = agent
        self.session_id = self.worker_id = ""

    def define(self, **changes: Any) -> None:
        self.agent.define(self.greenroom.data.workspace_file("default"), **changes)

    def create(self, prompt: str | None = PROMPT, **worker: Any) -> AgentWorker:
        wanted = {"type": "agent", "agent": "little", "cols": 200, **worker}
        made = self.greenroom.create(worker=wanted, **({"prompt": prompt} if prompt else {}))
        self.session_id, self.worker_id = made["id"], made["workers"][0]["id"]
        return self.worker

    @property
    def worker(self) -> AgentWorker:
        found = self.greenroom.worker(self.session_id, self.worker_id)
        assert isinstance(found, AgentWorker)
        return found

    def shows(self, text: str) -> None:
        self.greenroom.shows(self.session_id, self.worker_id, text)

    def goes_on(self, lines: int, key: str = "no key") -> None:
        """Wait until a process says that it is in the conversation, with so many lines."""
        self.shows(f"[{self.worker.conversation_id} {lines} {key}]")

    def type(self, text: str) -> None:
        self.greenroom.get(
            "write-input", session=self.session_id, worker=self.worker_id, data=f"{text}\r"
        )

    def ask(self, kind: str) -> Any:
        return self.greenroom.get(kind, session=self.session_id, worker=self.worker_id)

    def kill(self) -> int:
        assert self.worker.process is not None
        os.kill(self.worker.process.pid, signal.SIGKILL)
        return self.worker.process.pid

    def another_than(self, pid: int) -> AgentWorker:
        """Its record once another process runs."""

        def runs() -> bool:
            process = self.worker.process
            return process is not None and process.pid != pid

        eventually(runs, seconds=PATIENCE_SECONDS)
        return self.worker

    def told(self, kind: Any) -> int:
        return sum(isinstance(one, kind) for one in self.greenroom.journal(self.session_id))


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with house(tmp_path) as greenroom:
        made = Scene(greenroom, LittleAgent(tmp_path / "conversations"))
        made.define()
        yield made


# A life.


def test_it_is_started_with_an_id_of_ours_and_its_prompt(scene: Scene) -> None:
    worker = scene.create()
    scene.goes_on(1)
    assert worker.conversation_id is not None
    assert scene.agent.said() == {worker.conversation_id: [PROMPT]}
    assert (worker.begun, worker.prompt_given) == (True, True)
    assert worker.definition is not None
    assert worker.definition.name == "Little Agent"


def test_killed_it_goes_on_with_its_conversation_and_gets_no_second_prompt(scene: Scene) -> None:
    worker = scene.create()
    scene.goes_on(1)
    scene.type("more")
    scene.shows("heard more")
    after = scene.another_than(scene.kill())
    scene.goes_on(2)
    assert after.conversation_id == worker.conversation_id
    assert after.command is not None
    assert after.command[-2:] == ("--resume", worker.conversation_id)
    assert scene.agent.said() == {worker.conversation_id: [PROMPT, "more"]}
    assert (after.restarts, scene.told(e.PromptGiven)) == (1, 1)


def test_another_code_than_0_is_a_crash_and_0_is_an_end(scene: Scene) -> None:
    scene.create()
    scene.goes_on(1)
    assert scene.worker.process is not None
    pid = scene.worker.process.pid
    scene.type("exit 3")
    after = scene.another_than(pid)
    assert after.exit is not None
    assert (after.exit.code, after.exit.cause, after.restarts) == (3, "crashed", 1)
    scene.goes_on(1)
    scene.type("exit 0")
    done = scene.greenroom.becomes(scene.session_id, scene.worker_id, "exited")
    assert (done.exit.cause, done.restarts) == ("exited", 1)


def test_a_daemon_that_comes_again_takes_it_over(scene: Scene) -> None:
    worker = scene.create()
    scene.goes_on(1)
    scene.greenroom.again()
    scene.type("still there")
    scene.shows("heard still there")
    assert scene.worker.process == worker.process
    assert scene.told(e.AgentStarting) == 1


def test_when_the_host_is_killed_it_goes_on_with_its_conversation(scene: Scene) -> None:
    worker = scene.create()
    scene.goes_on(1)
    host = host_files.recorded_host(scene.greenroom.data.root)
    assert host is not None
    assert worker.process is not None
    os.kill(host.pid, signal.SIGKILL)
    after = scene.another_than(worker.process.pid)
    scene.goes_on(1)
    assert after.conversation_id == worker.conversation_id
    assert after.exit is not None
    assert after.exit.cause == "lost"
    assert scene.agent.said() == {worker.conversation_id: [PROMPT]}


def test_after_our_own_shutdown_it_goes_on_with_its_conversation(scene: Scene) -> None:
    worker = scene.create()
    scene.goes_on(1)
    assert worker.process is not None
    scene.greenroom.again(keep_terminals=False)
    after = scene.another_than(worker.process.pid)
    scene.goes_on(1)
    assert (after.conversation_id, after.restarts) == (worker.conversation_id, 0)


def test_stopped_by_its_user_it_stays_stopped_and_later_goes_on(scene: Scene) -> None:
    worker = scene.create()
    scene.goes_on(1)
    stopped = scene.ask("stop-worker")
    assert (stopped["status"], stopped["desired"]) == ("stopped", "stopped")
    scene.greenroom.again(keep_terminals=False)
    assert (scene.worker.status, scene.worker.process) == ("stopped", None)
    assert scene.ask("start-worker")["status"] == "running"
    scene.goes_on(1)
    assert scene.worker.conversation_id == worker.conversation_id


def test_one_that_crashes_again_and_again_is_given_up_with_what_it_said(tmp_path: Path) -> None:
    clock = FakeClock()
    with house(tmp_path, clock=clock) as greenroom:
        scene = Scene(greenroom, LittleAgent(tmp_path / "conversations"))
        scene.define(args=[*scene.agent.definition()["args"], "--exit", "7"])
        scene.create()

        def given_up() -> bool:
            if greenroom.state("sessions", scene.session_id, scene.worker_id) == "starting":
                pass_time(clock, 30.0)
            return scene.worker.status == "quarantined"

        eventually(given_up, seconds=PATIENCE_SECONDS)
        worker = scene.worker
        assert worker.exit is not None
        assert (worker.exit.code, worker.restarts) == (7, 5)
        assert "exited with 7" in str(worker.last_error)
        assert str(worker.conversation_id) in str(worker.last_error)
        assert scene.agent.said() == {worker.conversation_id: [PROMPT]}


def test_one_that_finds_no_conversation_begins_another(scene: Scene) -> None:
    """As one does that nobody had said anything to: it kept none."""
    worker = scene.create(prompt=None)
    scene.goes_on(0)
    scene.another_than(scene.kill())
    known = {None, worker.conversation_id}
    eventually(lambda: scene.worker.conversation_id not in known, seconds=PATIENCE_SECONDS)
    scene.goes_on(0)
    assert scene.told(e.ConversationForgotten) == 1


def test_one_without_ids_goes_on_with_its_last_conversation(scene: Scene) -> None:
    scene.define(session_id_args=[], resume_args=[])
    worker = scene.create()
    scene.shows(" 1 no key]")
    assert worker.conversation_id is None
    after = scene.another_than(scene.kill())
    eventually(lambda: after.command is not None and after.command[-1] == "--continue")
    scene.type("more")
    scene.shows("heard more")
    assert list(scene.agent.said().values()) == [[PROMPT, "more"]]


# What it was started with.


def test_a_changed_definition_holds_from_the_next_start_by_name_on(scene: Scene) -> None:
    scene.create()
    scene.goes_on(1)
    scene.define(name="Another", continue_args=["--continue", "--exit", "9"])
    after = scene.another_than(scene.kill())
    assert after.definition is not None
    assert after.definition.name == "Little Agent"
    assert scene.ask("restart-worker")["definition"]["name"] == "Another"
    scene.goes_on(1)


def test_one_that_is_defined_no_more_still_goes_on(scene: Scene) -> None:
    scene.create()
    scene.goes_on(1)
    scene.greenroom.write_workspace({})
    assert scene.ask("restart-worker")["status"] == "running"
    scene.goes_on(1)


def test_it_has_those_secrets_that_its_definition_names(tmp_path: Path) -> None:
    with house(tmp_path) as greenroom:
        greenroom.environ |= {"LITTLE_API_KEY": "its key", "OTHER_API_KEY": "another"}
        greenroom.again()
        scene = Scene(greenroom, LittleAgent(tmp_path / "conversations"))
        scene.define()
        scene.create()
        scene.goes_on(1, key="its key")
        assert scene.worker.process is not None
        environ = Path(f"/proc/{scene.worker.process.pid}/environ").read_bytes()
        assert b"OTHER_API_KEY" not in environ


# What cannot be started.


def refusal(greenroom: House, **fields: Any) -> Any:
    request = {"type": "create-session", "location_path": str(greenroom.place), **fields}
    error = greenroom.ask(request).error
    assert error is not None
    assert greenroom.get("list-sessions")["sessions"] == []
    return error


def test_an_agent_that_nobody_knows_is_refused_with_those_there_are(scene: Scene) -> None:
    error = refusal(scene.greenroom, worker={"type": "agent", "agent": "nobody"})
    assert (error.code, error.path) == ("agent-not-found", "$.worker.agent")
    assert "claude" in error.message
    assert "little" in error.message
    assert "workspace.json" in error.message


def test_one_that_is_not_installed_is_refused_with_what_to_do(scene: Scene) -> None:
    scene.define(command="no-such-agent", install="make it")
    error = refusal(scene.greenroom, worker={"type": "agent", "agent": "little"})
    assert (error.code, error.path) == ("spawn-failed", "$.worker.agent")
    assert "no-such-agent" in error.message
    assert "install Little Agent (make it)" in error.message
    assert "workspace.json" in error.message


def test_one_whose_program_went_away_says_what_to_do(scene: Scene) -> None:
    scene.create()
    scene.goes_on(1)
    scene.define(command="no-such-agent", install="make it")
    request = {"session": scene.session_id, "worker": scene.worker_id}
    answer = scene.greenroom.ask({"type": "restart-worker", **request})
    assert answer.error is not None
    assert answer.error.code == "spawn-failed"
    assert "install Little Agent (make it)" in answer.error.message
    scene.define()
    assert scene.ask("start-worker")["status"] == "running"
    scene.goes_on(1)


def test_a_prompt_that_would_be_obeyed_when_it_is_typed_is_refused(scene: Scene) -> None:
    scene.define(prompt_args=[])
    error = refusal(
        scene.greenroom, worker={"type": "agent", "agent": "little"}, prompt="Look\x1b[201~ at it."
    )
    assert (error.code, error.path) == ("bad-request", "$.prompt")
    assert "U+001B" in error.message


def test_one_that_was_taken_over_goes_on_where_its_agent_is_known(scene: Scene) -> None:
    scene.agent.home.mkdir()
    (scene.agent.home / "before").write_text("long ago\n")
    greenroom, at = scene.greenroom, "2025-12-10T10:00:00.000Z"
    workers = [
        {"id": agent, "type": "agent", "name": agent, "agentId": agent, "pid": 4, "createdAt": at}
        for agent in ("little", "nobody")
    ]
    old = {"id": "was", "type": "quick", "locationPath": str(greenroom.place), "workers": workers}
    old |= {"createdAt": at, "status": "active"}
    (record,) = migrations.migrate([old], "default", datetime.now(UTC))
    adopt = AdoptSession(session=record.id, record=record)
    taken_over: Future[Any] = Future()
    greenroom.room.around.directory.tell(Dispatch(adopt, Reply(taken_over.set_result)))
    assert taken_over.result(PATIENCE_SECONDS).id == "was"
    scene.session_id, scene.worker_id = "was", "little"
    greenroom.get("start-session", session="was")
    assert greenroom.refused("start-worker", session="was", worker="nobody") == "agent-not-found"
    assert scene.worker.status == "lost"
    assert scene.ask("start-worker")["status"] == "running"
    scene.shows("[before 1 no key]")
    assert greenroom.worker("was", "nobody").status == "lost"
