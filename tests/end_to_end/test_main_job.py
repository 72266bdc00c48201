"""What a user is promised of the whole: sessions, kills, files, a model with a tool."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.end_to_end.conftest import ROOT, House
from tests.peers import message_streams
from tests.peers.messages_server import MessagesServer

DEMO_SERVER = str(ROOT / "tests" / "peers" / "mcp_demo.py")


def create(house: House, title: str, **more: Any) -> Any:
    place = house.home / title
    place.mkdir(exist_ok=True)
    return house.data_of(
        {"type": "create-session", "location_path": str(place), "title": title, **more}
    )


def nodes(tree: Any) -> dict[str, Any]:
    """All nodes of the tree by name."""
    found = {tree["name"]: tree}
    for child in tree["children"]:
        found |= nodes(child)
    return found


def test_the_tree_shows_every_actor_and_a_killed_shell_comes_back_once(running: House) -> None:
    shells = [create(running, f"s{n}", worker={"type": "terminal"}) for n in range(3)]
    tree = nodes(running.json("status")["tree"])
    for session in shells:
        worker = session["workers"][0]
        assert tree[session["id"]]["state"] == "running"
        assert tree[worker["id"]]["state"] == "running"
        assert tree[worker["id"]]["restarts"] == 0
    for name in ("recorder", "io_loop", "terminal_link", "sessions", "inbox", "control"):
        assert tree[name]["state"] == "running"

    session, worker = shells[0], shells[0]["workers"][0]
    os.kill(worker["process"]["pid"], signal.SIGKILL)

    def again() -> Any:
        now = running.worker(session["id"], worker["id"])
        return now if now["status"] == "running" and now["restarts"] else None

    now = running.wait(again, "the shell to be restarted")
    assert now["restarts"] == 1
    assert now["process"]["pid"] != worker["process"]["pid"]
    assert now["exit"]["signal"] == signal.SIGKILL
    status = running.json("status")
    assert nodes(status["tree"])[worker["id"]]["restarts"] == 1
    shown = [w for s in status["sessions"] if s["id"] == session["id"] for w in s["workers"]]
    assert shown[0]["restarts"] == 1
    assert shown[0]["process"]["memory_bytes"] > 0


def test_a_killed_daemon_comes_back_with_its_sessions_and_the_shell_with_its_pid(
    running: House,
) -> None:
    session = create(running, "shell", worker={"type": "terminal", "name": "sh"})
    pid = session["workers"][0]["process"]["pid"]
    running.kill_daemon()
    running.wait(lambda: running.worker("shell", "sh")["status"] == "running")
    assert running.worker("shell", "sh")["process"]["pid"] == pid
    assert running.worker("shell", "sh")["restarts"] == 0
    to = {"session": "shell", "worker": "sh"}
    running.data_of({"type": "write-input", "data": "echo pid=$$\r", **to})
    running.wait(
        lambda: f"pid={pid}" in running.data_of({"type": "get-output", **to})["data"],
        "the shell's own answer",
    )


def test_a_stop_ends_everything_and_what_was_to_run_runs_again(running: House) -> None:
    create(running, "one", worker={"type": "terminal", "name": "sh"})
    create(running, "two", worker={"type": "terminal", "name": "sh"})
    running.run("halt", "two")
    before = running.worker("one", "sh")["process"]["pid"]
    running.run("stop")
    assert not Path(f"/proc/{before}").exists()
    running.run("status", expect=3)
    running.run("start")
    running.wait(lambda: running.worker("one", "sh")["status"] == "running")
    assert running.worker("one", "sh")["process"]["pid"] != before
    assert running.worker("two", "sh")["status"] == "stopped"


def test_a_stop_can_leave_the_terminals(running: House) -> None:
    create(running, "one", worker={"type": "terminal", "name": "sh"})
    before = running.worker("one", "sh")["process"]["pid"]
    running.run("stop", "--keep-terminals")
    assert Path(f"/proc/{before}").exists()
    running.run("start")
    running.wait(lambda: running.worker("one", "sh")["status"] == "running")
    assert running.worker("one", "sh")["process"]["pid"] == before


def test_twenty_requests_of_different_types_get_twenty_answers(running: House) -> None:
    place = running.home
    first = running.answer(
        "create",
        {
            "type": "create-session",
            "location_path": str(place),
            "title": "t",
            "worker": {"type": "terminal", "name": "sh"},
        },
    )
    assert first["ok"]
    message = {"role": "user", "content": "noted"}
    asked: dict[str, dict[str, Any]] = {
        "get": {"type": "get-session", "session": "t"},
        "list": {"type": "list-sessions"},
        "update": {"type": "update-session", "session": "t", "updates": {"metadata": {"a": 1}}},
        "workers": {"type": "list-workers", "session": "t"},
        "worker": {"type": "get-worker", "session": "t", "worker": "sh"},
        "add": {"type": "create-worker", "session": "t", "worker": {"type": "conversation"}},
        "say": {"type": "add-message", "session": "t", "message": message},
        "messages": {"type": "get-messages", "session": "t"},
        "history": {"type": "get-history", "session": "t"},
        "metrics": {"type": "update-token-metrics", "session": "t", "prompt_tokens": 5},
        "input": {"type": "write-input", "session": "t", "worker": "sh", "data": "true\r"},
        "size": {"type": "resize-worker", "session": "t", "worker": "sh", "cols": 90, "rows": 30},
        "output": {"type": "get-output", "session": "t", "worker": "sh"},
        "activity": {"type": "get-activity", "session": "t", "worker": "sh"},
        "pause": {"type": "pause-session", "session": "t"},
        "resume": {"type": "resume-session", "session": "t"},
        "restart": {"type": "restart-worker", "session": "t", "worker": "sh"},
        "status": {"type": "get-status"},
        "halt": {"type": "stop-session", "session": "t"},
        "gone": {"type": "delete-session", "session": "t"},
    }
    for name, request in asked.items():
        answer = running.answer(name, request)
        assert answer["ok"], (name, answer)
        assert answer["type"] == request["type"]
        assert answer["id"].endswith(f"-{name}")
    assert running.data_of({"type": "list-sessions"}) == {"sessions": []}


def test_a_request_that_needs_a_tool_answers_with_its_result_and_counts_tokens(
    house: House,
) -> None:
    def reply(body: dict[str, Any]) -> Any:
        last = body["messages"][-1]["content"]
        results = [b for b in last if isinstance(b, dict) and b.get("type") == "tool_result"]
        if results:
            return message_streams.text(f"The sum is {text_of(results[0])}.")
        tool = next(t["name"] for t in body["tools"] if t["name"].endswith("add"))
        return message_streams.tool_use((tool, {"a": 19, "b": 23}))

    with MessagesServer(reply) as server:
        house.environ |= {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": "test-key"}
        house.workspace(
            {
                "mcp_servers": {
                    "demo": {
                        "command": sys.executable,
                        "args": [DEMO_SERVER],
                        "auto_approve": ["demo.add"],
                    }
                }
            }
        )
        house.run("start")
        house.run("new", str(house.home), "--conversation", "--title", "sums")
        answer = house.answer(
            "sum", {"type": "request", "session": "sums", "content": "19 and 23?"}
        )
        assert answer["ok"], answer
        assert "The sum is 42." in answer["data"]["text"]
        assert len(answer["data"]["turns"]) == 2
        assert answer["data"]["usage"]["prompt_tokens"] > 0
        assert answer["data"]["usage"]["completion_tokens"] > 0
        lines = (house.data / "outbox" / "sum.jsonl").read_text().splitlines()
        assert json.loads(lines[-1])["ok"]
        assert house.run("send", "sums", "19 and 23?").stdout.strip().endswith("The sum is 42.")
    assert "test-key" not in house.data.joinpath("run", "daemon.log").read_text()


def text_of(result: dict[str, Any]) -> str:
    content = result["content"]
    return content if isinstance(content, str) else str(content[0]["text"])


def test_a_request_file_that_a_stop_left_unanswered_is_one_round(house: House) -> None:
    script = house.home / "script.jsonl"
    script.write_text('{"reply": [{"text": "at last"}], "delay_seconds": 2}\n')
    providers = {"scripted": {"script": str(script)}}
    house.workspace({"models": {"active": "scripted", "providers": providers}})
    house.run("start")
    house.run("new", str(house.home), "--conversation", "--title", "talk")
    answered = house.drop("job", {"type": "request", "session": "talk", "content": "go on"})
    house.wait(lambda: house.data_of({"type": "get-history", "session": "talk"})["rounds"])
    house.run("restart")
    house.wait(answered.exists, "the answer")
    answer = json.loads(answered.read_bytes())
    assert answer["data"]["text"] == "at last"
    rounds = house.data_of({"type": "get-history", "session": "talk"})["rounds"]
    assert [found["id"] for found in rounds] == [answer["data"]["response_id"]]


def test_the_demo_plays(house: House) -> None:
    done = house.run("demo")
    words = ("kill -9", "the shell lived on", "20 words in 2 files", "supervisor", "done")
    for word in (*words, "status shows the new one", "refused, line "):
        assert word in done.stdout
