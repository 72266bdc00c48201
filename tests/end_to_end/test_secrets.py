"""R12: secrets that are given to the daemon stay with whoever needs them."""

import gzip
import sys
from pathlib import Path
from typing import Any

import psutil

from tests.end_to_end.conftest import ROOT, House
from tests.peers import message_streams
from tests.peers.awkward_keys import AWKWARD, PEM
from tests.peers.messages_server import MessagesServer

DEMO_SERVER = str(ROOT / "tests" / "peers" / "mcp_demo.py")
KEY, SERVER, TYPED = "key-0f1e2d3c", "server-a1b2c3d4", "typed-99887766"
"""The model's, an MCP server's, and a password that a person types."""
PARTS = (*PEM.splitlines()[1:-1], 'pa"ss', "4711")
"""Of the awkward keys: what stands in each of their forms, or in one."""
TOKEN_FILE: list[Path] = []
"""Where the token of the HTTP front is, for a tool that reads it."""


def reply(body: dict[str, Any]) -> Any:
    last = body["messages"][-1]["content"]
    if any(isinstance(block, dict) and block.get("type") == "tool_result" for block in last):
        return message_streams.text(f"Done with {KEY}.")
    add, confess = (
        next(t["name"] for t in body["tools"] if t["name"].endswith(end))
        for end in ("add", "confess")
    )
    places = {"paths": [str(TOKEN_FILE[0])], "also": KEY}
    calls = (add, {"a": 1, "b": 2}), (confess, places)
    return message_streams.tool_use(*calls, said=f"My key is {KEY}, I think.")


def files_with(secret: str, place: Path) -> list[Path]:
    return [
        path
        for path in place.rglob("*")
        if path.is_file() and not path.is_symlink() and secret.encode() in path.read_bytes()
    ]


def seen_by_processes(secret: str, pids: list[int]) -> list[int]:
    """Those whose environment or command line holds the secret."""
    return [
        pid
        for pid in pids
        for name in ("environ", "cmdline")
        if secret.encode() in Path(f"/proc/{pid}/{name}").read_bytes()
    ]


def test_planted_secrets_are_in_no_file_answer_or_child(house: House) -> None:
    TOKEN_FILE[:] = [house.data / "run" / "token"]
    with MessagesServer(reply) as server:
        house.environ |= {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": KEY}
        own_keys = {"MCP_SECRET": SERVER, "MCP_PEM": PEM, "MCP_WORD_SECRET": AWKWARD}
        demo = {"command": sys.executable, "args": [DEMO_SERVER], "env": own_keys}
        house.workspace({"mcp_servers": {"demo": {**demo, "auto_approve": True}}})
        settings = house.data / "workspaces" / "default" / "workspace.json"
        house.run("start")
        token = house.wait(TOKEN_FILE[0].read_text, "the token").strip()
        house.run("new", str(house.home), "--conversation", "--title", "talk")
        asked = house.answer("sum", {"type": "request", "session": "talk", "content": "1 and 2?"})
        assert asked["ok"], asked
        said = str(house.data_of({"type": "get-history", "session": "talk"}))
        assert 'I know *** and *** and "***" and "***" and *** and "***"' in said
        assert "My key is ***, I think." in said
        assert asked["data"]["text"].endswith("Done with ***.")
        shell = house.data_of(
            {
                "type": "create-session",
                "location_path": str(house.home),
                "title": "shell",
                "worker": {
                    "type": "terminal",
                    "command": ["sh", "-c", "stty -echo; echo ready; cat > /dev/null"],
                },
            }
        )
        worker = shell["workers"][0]
        to = {"session": "shell", "worker": worker["id"]}
        house.wait(lambda: "ready" in house.data_of({"type": "get-output", **to})["data"])
        house.data_of({"type": "write-input", "data": f"{TYPED}\r", **to})
        house.answer("bad", {"type": "request", "session": "talk", "content": "x", "extra": 1})
        status = house.run("status", "--json").stdout
        daemon = int(house.status()["daemon"]["pid"])
        host = int(house.status()["terminal_host"]["pid"])
        copy = settings.with_name(".workspace-last-good.json")
        assert copy.stat().st_mode & 0o777 == 0o600
        own = {settings, copy, TOKEN_FILE[0]}
        for secret in (KEY, SERVER, TYPED, token, *PARTS):
            assert set(files_with(secret, house.data)) <= own, secret
            assert secret not in status
        terminal = worker["process"]["pid"]
        children = [child.pid for child in psutil.Process(daemon).children(recursive=True)]
        assert seen_by_processes(KEY, [host, terminal, *children]) == []
        assert seen_by_processes(SERVER, [host, terminal, daemon]) == []
        assert seen_by_processes(token, [host, terminal, daemon, *children]) == []
        house.run("stop")
        for secret in (KEY, SERVER, TYPED, token, *PARTS):
            assert set(files_with(secret, house.data)) <= own, secret
        exported = house.home / "talk.tar.gz"
        house.run("export", "talk", "-o", str(exported))
        content = gzip.decompress(exported.read_bytes())
        for secret in (KEY, SERVER, TYPED, token, *PARTS):
            assert secret.encode() not in content
