"""What an agent tells of itself under the real daemon, also while none runs."""

import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import House
from tests.peers.agents import telling


def output(house: House) -> str:
    return house.run("output", "talk/agent-1", "--from", "0").stdout


def conversation(house: House) -> str:
    return str(house.worker("talk", "agent-1")["conversation_id"])


def is_another(house: House, before: str) -> bool:
    return conversation(house) != before


def activity(house: House) -> Any:
    (session,) = house.status()["sessions"]
    return session["workers"][0]["activity"] or {}


def does(house: House, state: str) -> bool:
    seen = activity(house)
    return (seen.get("state"), seen.get("source")) == (state, "hook")


def left(house: House) -> list[Path]:
    return list(house.data.glob("workspaces/default/sessions/*/agents/*/reports/*.json"))


def begin(house: House) -> int:
    """An agent in a directory with a name that a shell would take apart; its process."""
    house.workspace({"agents": [telling()]})
    house.run("start")
    house.run("new", "--agent", "telling", "--title", "talk", "--prompt", "Hello")
    house.wait(lambda: "heard Hello" in output(house), "its first answer")
    house.wait(lambda: does(house, "idle"), "what its hooks say")
    return int(house.worker("talk", "agent-1")["process"]["pid"])


def test_what_it_said_while_no_daemon_ran_holds_for_its_next_start(house: House) -> None:
    pid = begin(house)
    first = conversation(house)
    go = house.home / "go"
    house.run("type", "talk/agent-1", f"/clear-after {go}")
    house.run("stop", "--keep-terminals")
    before = len(left(house))
    go.touch()
    house.wait(lambda: len(left(house)) >= before + 2, "an end and a beginning")
    os.kill(pid, signal.SIGKILL)
    house.run("start")
    house.wait(lambda: conversation(house) != first, "the conversation that it is in")
    second = conversation(house)
    house.wait(lambda: f"in [{second}] with hooks" in output(house), "it to go on")
    assert house.worker("talk", "agent-1")["command"][-2:] == ["--resume", second]
    house.wait(lambda: not left(house), "all reports to be taken")


def test_no_conversation_is_lost_when_the_daemon_is_killed(house: House) -> None:
    pid = begin(house)
    for _ in range(3):
        before = conversation(house)
        house.run("type", "talk/agent-1", "/clear")
        house.kill_daemon()
        house.wait(partial(is_another, house, before), "another conversation")
    house.run("type", "talk/agent-1", "/ask")
    house.wait(lambda: does(house, "asking"), "its question")
    assert activity(house)["text"] == "Bash: make it"
    house.run("type", "talk/agent-1", "yes")
    house.wait(lambda: does(house, "idle"), "it to be done")
    last = conversation(house)
    house.wait(lambda: f"now in [{last}]" in output(house), "the last conversation")
    assert "meddles" not in output(house)
    assert house.worker("talk", "agent-1")["process"]["pid"] == pid
    assert house.run("verify").returncode == 0
