"""R13: tool servers that lie, in conversations of the real daemon.

Each request ends in a state that says what happened, and the next one works.
"""

import json
import sys
from typing import Any

import psutil
import pytest

from tests.end_to_end.conftest import ROOT, House
from tests.end_to_end.test_cancel import spawn_send

PEERS = ROOT / "tests" / "peers"
MEMORY_BYTES = 400 * 1024 * 1024


def server(script: str, *args: str, **fields: Any) -> dict[str, Any]:
    command = {"command": sys.executable, "args": [str(PEERS / f"mcp_{script}.py"), *args]}
    return {**command, "auto_approve": True, "protocol": "legacy", **fields}


def begin(house: House, servers: dict[str, Any], tools: list[str]) -> None:
    """A conversation whose model calls the tool that it is told, and says that it was told."""
    script = [{"when": f"^{tool}$", "reply": [{"tool": tool, "parameters": {}}]} for tool in tools]
    script.append({"when": "", "reply": [{"text": "I see."}]})
    (house.home / "script.jsonl").write_text("".join(json.dumps(line) + "\n" for line in script))
    scripted = {"script": str(house.home / "script.jsonl")}
    models = {"active": "scripted", "providers": {"scripted": scripted}}
    house.workspace({"models": models, "mcp_servers": servers})
    house.run("start")
    house.run("new", str(house.home), "--conversation", "--title", "talk")


def called(house: House, tool: str) -> tuple[str, str]:
    """Status and result of the one call."""
    answer = house.data_of({"type": "request", "session": "talk", "content": tool})
    assert answer["text"].endswith("I see."), answer
    (call,) = answer["turns"][0]["tool_calls"]
    return call["status"], call["result"]["content"]


def shown(house: House) -> dict[str, Any]:
    return {each["name"]: each for each in house.status()["mcp_servers"]}


def test_lies_in_results_are_told_to_the_model_and_harm_nobody_else(house: House) -> None:
    lies = ["huge", "blob", "odd", "wrong", "slow_regex", "bye", "fine"]
    servers = {"liar": server("liar"), "silent": server("liar", timeout_seconds=0.5)}
    begin(house, servers, [*(f"liar.{lie}" for lie in lies), "silent.never"])
    found = {lie: called(house, f"liar.{lie}") for lie in lies}
    assert {lie: status for lie, (status, _) in found.items()} == {
        **dict.fromkeys(lies, "completed"),
        **dict.fromkeys(["blob", "odd"], "failed"),
        "bye": "unknown",  # it went in the middle of the call
    }
    assert found["huge"][1].startswith("yyyy")
    assert len(found["huge"][1]) < 2 * 1024 * 1024
    assert found["wrong"][1] == "yours"
    assert "0.5 seconds" in called(house, "silent.never")[1]
    assert "exited with status 3: I have had enough" in found["bye"][1]
    assert found["fine"][1] == "fine"
    daemon = psutil.Process(house.status()["daemon"]["pid"])
    assert daemon.memory_info().rss < MEMORY_BYTES
    rounds = house.data_of({"type": "get-history", "session": "talk"})["rounds"]
    assert [each["status"] for each in rounds] == ["completed"] * (len(lies) + 1)


def test_floods_and_lists_that_lie_leave_what_can_be_used(house: House) -> None:
    kinds = {
        "noisy": ("noise", "flood", "asks"),
        "many": ("many",),
        "pages": ("pages",),
        "escapes": ("escapes", "twice"),
        "changing": ("changing", "flood"),
    }
    servers = {name: server("liar", *lies) for name, lies in kinds.items()}
    servers["crashing"] = server("crash")
    begin(house, servers, [f"{name}.fine" for name in kinds])
    for name in kinds:
        status, result = called(house, f"{name}.fine")
        assert (status, result[:4]) == ("completed", "fine")
    assert "It was told that nobody answers." in called(house, "noisy.fine")[1]
    told = shown(house)
    assert told["many"]["tools"] == 256
    assert "does not end" in told["pages"]["left_out"][0]
    assert len(told["escapes"]["left_out"]) == 2
    assert told["crashing"]["state"] == "failed"
    assert "no database to serve" in told["crashing"]["problem"]
    for words in (["status"], ["history", "talk"]):
        screen = house.run(*words).stdout
        assert all(char.isprintable() or char == "\n" for char in screen), repr(screen)
    assert "no database to serve" in house.run("status").stdout


@pytest.mark.parametrize("protocol", ["auto", "legacy"])
def test_a_server_that_is_mute_from_the_start_holds_up_one_request_for_a_while(
    house: House, protocol: str
) -> None:
    servers = {"mute": server("liar", "mute", protocol=protocol), "liar": server("liar")}
    begin(house, servers, ["liar.fine", "mute.fine"])
    assert called(house, "liar.fine") == ("completed", "fine")
    assert shown(house)["mute"]["problem"].endswith("no answer within 15 seconds")
    status, result = called(house, "mute.fine")
    assert status == "denied"
    assert "there is no tool mute.fine" in result


def test_a_server_that_is_mute_is_named_by_send_and_is_starting_in_status(house: House) -> None:
    go = house.home / "go"
    demo = f"{sys.executable} {PEERS / 'mcp_demo.py'}"
    mute = {"command": "sh", "args": ["-c", f"until [ -e {go} ]; do sleep 0.1; done; exec {demo}"]}
    begin(house, {"mute": mute}, [])
    sending = spawn_send(house, "hello")
    try:
        assert sending.stderr is not None
        assert sending.stderr.readline() == "waiting for tool server mute to start\n"
        assert shown(house)["mute"]["state"] == "starting"
        line = next(line for line in house.run("status").stdout.splitlines() if "mcp:mute" in line)
        assert "starting" in line
    finally:
        go.touch()
        out, err = sending.communicate(timeout=60)
    assert (sending.returncode, out, err) == (0, "I see.\n", "")
    assert shown(house)["mute"]["state"] == "running"
    line = next(line for line in house.run("status").stdout.splitlines() if "mcp:mute" in line)
    assert "running" in line
