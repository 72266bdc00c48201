"""An agent under the real daemon: its conversation goes on whoever is killed, with one prompt."""

import os
import signal
from pathlib import Path
from typing import Any

from actors.terminals import host_files
from tests.end_to_end.conftest import House
from tests.peers.agents import LittleAgent


def output(house: House) -> str:
    return house.run("output", "fix/agent-1", "--from", "0").stdout


def another(house: House, pid: int) -> Any:
    """Its record once another process runs."""

    def runs() -> Any:
        found = house.worker("fix", "agent-1")
        return found if found["process"] and found["process"]["pid"] != pid else None

    return house.wait(runs, "another process of the agent")


def test_an_agent_goes_on_whoever_is_killed(house: House) -> None:
    agent = LittleAgent(house.home / "conversations")
    agent.define(house.data / "workspaces" / "default" / "workspace.json")
    house.environ |= {"LITTLE_API_KEY": "its-key", "OTHER_API_KEY": "another"}
    house.run("start")
    listed = {one["id"]: one for one in house.json("agents")["data"]["agents"]}
    assert (listed["little"]["own"], listed["claude"]["own"]) == (True, False)
    house.run("new", "--agent", "little", "--title", "fix", "--prompt", "Make it --good.")
    worker = house.worker("fix", "agent-1")
    said = {worker["conversation_id"]: ["Make it --good."]}
    house.wait(lambda: f"[{worker['conversation_id']} 1 its-key]" in output(house), "its start")
    assert agent.said() == said

    pid = worker["process"]["pid"]
    environ = Path(f"/proc/{pid}/environ").read_bytes()
    assert b"OTHER_API_KEY" not in environ
    os.kill(pid, signal.SIGKILL)
    worker = another(house, pid)
    assert worker["command"][-2:] == ["--resume", worker["conversation_id"]]

    house.kill_daemon()
    house.wait(lambda: house.worker("fix", "agent-1")["status"] == "running", "the agent")
    assert house.worker("fix", "agent-1")["process"] == worker["process"]
    house.run("type", "fix/agent-1", "still here")
    house.wait(lambda: "heard still here" in output(house), "what was typed")
    said[worker["conversation_id"]].append("still here")

    host = host_files.recorded_host(house.data)
    assert host is not None
    os.kill(host.pid, signal.SIGKILL)
    after = another(house, worker["process"]["pid"])
    assert after["conversation_id"] == worker["conversation_id"]
    house.wait(lambda: f"[{worker['conversation_id']} 2 its-key]" in output(house), "it to go on")

    house.run("stop")
    house.run("start")
    again = another(house, after["process"]["pid"])
    assert again["conversation_id"] == worker["conversation_id"]
    house.run("halt", "fix/agent-1")
    house.run("stop")
    house.run("start")
    assert house.worker("fix", "agent-1")["status"] == "stopped"
    assert agent.said() == said
    assert house.run("verify").returncode == 0


def test_what_cannot_be_started_is_said_on_the_command_line(house: House) -> None:
    agent = LittleAgent(house.home / "conversations")
    place = house.data / "workspaces" / "default" / "workspace.json"
    agent.define(place, command="no-such-agent")
    house.run("start")
    missing = house.run("new", "--agent", "little", expect=1)
    assert "no-such-agent" in missing.stderr
    assert "workspace.json" in missing.stderr
    unknown = house.run("new", "--agent", "nobody", expect=1)
    assert "there is no agent nobody" in unknown.stderr
