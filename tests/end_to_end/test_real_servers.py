"""Tool servers of others, each driven by a conversation through the real daemon.

Those from PyPI are installed with the tests; what needs git or node carries `peers`.
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.end_to_end.conftest import House

Reply = tuple[str, dict[str, Any]]


def converse(
    house: House, server: dict[str, Any], calls: dict[str, Reply], **rest: Any
) -> dict[str, Any]:
    """Ask for each of the calls by its word; the calls as they ended, by that word."""
    script: list[dict[str, Any]] = [
        {"when": f"^{word}$", "reply": [{"tool": tool, "parameters": parameters}]}
        for word, (tool, parameters) in calls.items()
    ]
    script.append({"when": "", "reply": [{"text": "Done."}]})
    (house.home / "script.jsonl").write_text("".join(json.dumps(line) + "\n" for line in script))
    scripted = {"script": str(house.home / "script.jsonl")}
    models = {"active": "scripted", "providers": {"scripted": scripted}}
    servers = {"peer": {**server, "auto_approve": True}, **rest}
    house.workspace({"models": models, "mcp_servers": servers})
    house.run("start")
    house.run("new", str(house.home), "--conversation", "--title", "talk")
    return {word: ended(house, word) for word in calls}


def ended(house: House, word: str) -> Any:
    answer = house.data_of({"type": "request", "session": "talk", "content": word})
    assert answer["text"].endswith("Done."), answer
    (call,) = answer["turns"][0]["tool_calls"]
    return call


def text(call: Any) -> str:
    assert call["status"] == "completed", call
    return str(call["result"]["content"])


def state(house: House) -> Any:
    (server,) = [each for each in house.status()["mcp_servers"] if each["name"] == "peer"]
    return server


@pytest.mark.peers
def test_git_from_pypi(house: House) -> None:
    git = ["git", "-C", str(house.home), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q", "-b", "trunk"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "The first"], check=True)
    server = {"command": sys.executable, "args": ["-m", "mcp_server_git"]}
    found = converse(
        house,
        server,
        {
            "status": ("peer.git_status", {"repo_path": str(house.home)}),
            "log": ("peer.git_log", {"repo_path": str(house.home)}),
            "nowhere": ("peer.git_status", {"repo_path": "/no/such/place"}),
        },
    )
    assert "trunk" in text(found["status"])
    assert "The first" in text(found["log"])
    assert found["nowhere"]["status"] == "failed"
    assert (state(house)["state"], state(house)["tools"]) == ("running", 12)


def test_time_from_pypi_beside_one_that_ends_at_its_start(house: House) -> None:
    server = {"command": sys.executable, "args": ["-m", "mcp_server_time"]}
    broken = {"command": sys.executable, "args": ["-c", "raise SystemExit('no such backend')"]}
    asked = {"now": ("peer.get_current_time", {"timezone": "Europe/Berlin"})}
    found = converse(house, server, asked, broken=broken)
    assert "Europe/Berlin" in text(found["now"])
    (ended_one,) = [each for each in house.status()["mcp_servers"] if each["name"] == "broken"]
    assert ended_one["state"] == "failed"
    assert "no such backend" in ended_one["problem"]


@pytest.mark.peers
def test_filesystem_from_npm(house: House) -> None:
    (house.home / "note.txt").write_text("remember the milk")
    server = {"command": "mcp-server-filesystem", "args": ["{{location_path}}"]}
    found = converse(
        house,
        server,
        {
            "read": ("peer.read_text_file", {"path": str(house.home / "note.txt")}),
            "write": ("peer.write_file", {"path": str(house.home / "new"), "content": "made"}),
            "outside": ("peer.read_text_file", {"path": "/etc/passwd"}),
        },
    )
    assert text(found["read"]) == "remember the milk"
    assert found["write"]["status"] == "completed"
    assert (house.home / "new").read_text() == "made"
    assert found["outside"]["status"] == "failed"
    assert state(house)["left_out"] == []


@pytest.mark.peers
def test_everything_from_npm(house: House) -> None:
    found = converse(
        house,
        {"command": "mcp-server-everything", "args": ["stdio"]},
        {
            "echo": ("peer.echo", {"message": "hello"}),
            "sum": ("peer.get-sum", {"a": 20, "b": 22}),
            "long": ("peer.trigger-long-running-operation", {"duration": 1, "steps": 4}),
            "picture": ("peer.get-tiny-image", {}),
            "absent": ("peer.no-such-tool", {}),
        },
    )
    assert "hello" in text(found["echo"])
    assert "42" in text(found["sum"])
    assert "4" in text(found["long"])
    assert "[image: image/png" in text(found["picture"])
    assert found["absent"]["status"] == "denied"
    assert state(house)["left_out"] == []


@pytest.mark.peers
def test_memory_from_npm(house: House) -> None:
    entity = {"name": "milk", "entityType": "errand", "observations": ["to be remembered"]}
    found = converse(
        house,
        {
            "command": "mcp-server-memory",
            "env": {"MEMORY_FILE_PATH": "{{location_path}}/memory.jsonl"},
        },
        {
            "store": ("peer.create_entities", {"entities": [entity]}),
            "search": ("peer.search_nodes", {"query": "errand"}),
        },
    )
    assert found["store"]["status"] == "completed"
    assert "to be remembered" in text(found["search"])
    assert "milk" in (house.home / "memory.jsonl").read_text()
