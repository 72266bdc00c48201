"""The real `claude`, run as its user would: nothing of its work is lost, whoever is killed."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import ROOT, House
from tests.peers import claude, processes
from tests.peers.message_streams import text
from tests.peers.messages_server import MessagesServer

pytestmark = pytest.mark.peers

AGENT = "fix/agent-1"
ANSWERS = {
    "Say hello": text("Hello from the model."),
    "Run it": claude.runs("touch made", "toolu_run"),
    "completed with no output": text("It has run."),
    "What now?": text("Do you want to go on?"),
}
PROMPTS = (
    "two\nlines",
    "Grüße, 漢字 and 🎉",
    "x" * 70 + " a line that is wrapped " + "y" * 70,
    " ".join(f"word{n}" for n in range(400)),
    "\n".join(f"line {n}" for n in range(60)),
)
SECONDS = 60.0
"""A machine that is busy may take so long."""


class Claude:
    """One `claude` in a worker of its own, and what the model heard from it."""

    def __init__(self, house: House, server: MessagesServer) -> None:
        self.house = house
        self.server = server
        self.work = house.home / "work"
        self.work.mkdir()
        claude.settle(house.home, self.work)
        house.environ |= claude.environment(house.home, server.url)

    def record(self) -> Any:
        return self.house.worker("fix", "agent-1")

    def activity(self) -> Any:
        return self.house.data_of({"type": "get-activity", "session": "fix", "worker": "agent-1"})

    def becomes(self, state: str, text: str = "") -> Any:
        """Its activity, once that is its state, for a reason with this text in it."""

        def found() -> Any:
            seen = self.activity()
            return seen if seen["state"] == state and text in seen["text"] else None

        return self.house.wait(found, f"{state} {text}, not {self.activity()}", SECONDS)

    def shows(self, text: str) -> str:
        """Its screen, once the text is on it."""

        def found() -> str | None:
            screen = self.house.run("peek", AGENT).stdout
            return screen if text in screen else None

        return str(self.house.wait(found, f"{text!r} on the screen", SECONDS))

    def heard(self, said: str) -> claude.Talk:
        """The question to the model in which this was said last."""

        def found() -> claude.Talk | None:
            talks = reversed(claude.talks(self.server))
            return next((talk for talk in talks if talk.said[-1] == said), None)

        talk = self.house.wait(found, f"{said!r} to reach the model", SECONDS)
        assert isinstance(talk, claude.Talk)
        return talk

    def keeps(self, text: str) -> None:
        """Wait until it has written this down; what it has not is lost when it is killed."""
        kept = self.house.home / ".claude" / "projects"
        name = f"{self.record()['conversation_id']}.jsonl"

        def found() -> bool:
            return any(text in path.read_text() for path in kept.rglob(name))

        self.house.wait(found, f"{text!r} to be kept", SECONDS)

    def goes_on_without_the_daemon(self) -> None:
        """The daemon is killed; it is the same process, and answers to the next daemon."""
        before = self.record()["process"]
        self.house.kill_daemon()
        self.house.wait(lambda: self.record()["status"] == "running", "the worker", SECONDS)
        assert self.record()["process"] == before

    def is_killed(self) -> Any:
        """The program itself; the record of the next process, once one takes prompts."""
        pid = self.record()["process"]["pid"]
        os.kill(pid, signal.SIGKILL)

        def found() -> Any:
            record = self.record()
            return record if record["process"] and record["process"]["pid"] != pid else None

        after = self.house.wait(found, "another process", SECONDS)
        self.shows("? for shortcuts")
        return after


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer(claude.answers(ANSWERS)) as server:
        yield server


@pytest.fixture
def agent(house: House, server: MessagesServer) -> Claude:
    return Claude(house, server)


def begin(agent: Claude) -> str:
    """With its first prompt; the id of its conversation."""
    agent.house.run("start")
    agent.house.run(
        "new", str(agent.work), "--agent", "claude", "--title", "fix", "--prompt", "Say hello"
    )
    talk = agent.heard("Say hello")
    agent.shows("Hello from the model.")
    return talk.conversation


def test_it_is_the_version_whose_streams_are_recorded() -> None:
    said = subprocess.run(["claude", "--version"], capture_output=True, text=True, check=True)
    version = said.stdout.split()[0]
    assert f"@anthropic-ai/claude-code@{version}" in (ROOT / ".ci" / "run").read_text()


def test_it_is_asked_and_answered_and_goes_on_whoever_is_killed(agent: Claude) -> None:
    house = agent.house
    conversation = begin(agent)
    agent.becomes("idle")
    record = agent.record()
    assert (record["conversation_id"], record["prompt_given"]) == (conversation, True)
    agent.goes_on_without_the_daemon()
    agent.becomes("idle")

    assert "accepted: the agent reported it" in house.run("send", "fix", "Run it").stdout
    assert agent.becomes("asking", "Bash: touch made")["source"] == "hook"
    agent.shows("Do you want to proceed?")
    agent.goes_on_without_the_daemon()
    assert agent.becomes("asking")["text"] in {"Do you want to proceed?", "Bash: touch made"}
    assert not (agent.work / "made").exists()
    house.run("type", "--no-enter", AGENT, "1")
    agent.shows("It has run.")
    assert (agent.work / "made").exists()
    agent.becomes("idle")
    agent.keeps("It has run.")

    after = agent.is_killed()
    assert after["command"][-2:] == ["--resume", conversation]
    assert (after["conversation_id"], after["restarts"]) == (conversation, 1)
    house.run("send", "fix", "What now?")
    talk = agent.heard("What now?")
    assert talk.conversation == conversation
    assert talk.said == [
        *("Say hello", "Hello from the model."),
        *("Run it", "I run it.", "(Bash completed with no output)", "It has run."),
        "What now?",
    ]
    assert "What now?" in agent.shows("Do you want to go on?")

    pid = agent.record()["process"]["pid"]
    house.run("stop")
    assert not processes.alive(pid)
    assert not left_running(agent.work)
    assert house.run("verify").returncode == 0


def test_its_first_prompt_waits_for_the_answer_whether_it_may_work_here(agent: Claude) -> None:
    house = agent.house
    claude.settle(house.home)
    house.run("start")
    house.run("new", str(agent.work), "--agent", "claude", "--title", "fix", "--prompt", "Hello")
    assert agent.becomes("asking", "I trust this folder")["source"] == "screen"
    assert not agent.server.requests
    house.run("type", AGENT, "")
    agent.heard("Hello")
    agent.becomes("idle")


def test_a_conversation_that_was_begun_anew_in_it_is_the_one_that_goes_on(agent: Claude) -> None:
    house = agent.house
    first = begin(agent)
    agent.becomes("idle")
    house.run("type", AGENT, "/clear")

    def cleared() -> Any:
        found = agent.record()["conversation_id"]
        return found if found != first else None

    second = house.wait(cleared, "the id of another conversation", SECONDS)
    house.run("send", "fix", "What now?")
    assert agent.heard("What now?") == claude.Talk(second, ["What now?"])
    agent.shows("Do you want to go on?")
    agent.keeps("Do you want to go on?")
    assert agent.is_killed()["command"][-2:] == ["--resume", second]
    house.run("send", "fix", "And then?")
    assert agent.heard("And then?") == claude.Talk(
        second, ["What now?", "Do you want to go on?", "And then?"]
    )
    assert agent.record()["conversation_id"] == second


def test_prompts_of_every_shape_reach_the_model_as_they_are(agent: Claude) -> None:
    house = agent.house
    begin(agent)
    for prompt in PROMPTS:
        house.run("send", "fix", "-", stdin=prompt)
        assert agent.heard(prompt).said[-1] == prompt


def test_one_that_was_told_nothing_begins_anew(agent: Claude) -> None:
    """It keeps no conversation in which nothing was said, and refuses to go on with it."""
    house = agent.house
    house.run("start")
    house.run("new", str(agent.work), "--agent", "claude", "--title", "fix")
    agent.becomes("idle")
    agent.is_killed()
    house.run("send", "fix", "Say hello")
    assert agent.heard("Say hello").said == ["Say hello"]
    assert agent.record()["conversation_id"] == agent.heard("Say hello").conversation


def left_running(place: Path) -> list[int]:
    """Who still has this as its working directory."""
    found = []
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdigit() and (each / "cwd").readlink() == place:
                found.append(int(each.name))
        except OSError:
            continue
    return found
