import json
from pathlib import Path
from typing import Any

import pytest

from storage import mcp_json
from storage.records.project_servers import MCP_JSON, ProjectServers
from storage.records.workspace import McpServerSettings


def read(directory: Path, content: Any) -> ProjectServers:
    text = content if isinstance(content, str) else json.dumps(content)
    (directory / MCP_JSON).write_text(text)
    return mcp_json.read(directory)


def test_no_file_means_no_servers(tmp_path: Path) -> None:
    assert mcp_json.read(tmp_path) == ProjectServers()


def test_servers_are_read_as_other_agents_write_them(tmp_path: Path) -> None:
    entries = {
        "files": {"type": "stdio", "command": "./serve", "args": ["--all"], "env": {"A": "b"}},
        "web": {"type": "http", "url": "https://x.test/mcp", "headers": {"K": "v"}, "more": 1},
    }
    found = read(tmp_path, {"mcpServers": entries, "other": True})
    assert found.problems == {}
    assert found.servers == {
        "files": McpServerSettings(command="./serve", args=("--all",), env={"A": "b"}),
        "web": McpServerSettings(url="https://x.test/mcp", headers={"K": "v"}),
    }


def test_nothing_in_it_makes_itself_trusted(tmp_path: Path) -> None:
    entry = {"command": "x", "auto_approve": True, "trust_hints": True, "scope": "workspace"}
    found = read(tmp_path, {"mcpServers": {"sly": entry}})
    assert found.servers == {"sly": McpServerSettings(command="x")}


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({}, "either a command or a url"),
        ({"command": "x", "url": "y"}, "either a command or a url"),
        ({"command": 7}, "at $.command"),
        ({"url": "x", "type": "sse"}, "'sse' is not spoken here"),
        ({"command": "x", "env": {"KEY": "${ANTHROPIC_API_KEY}"}}, "variables"),
        ("x", "object"),
    ],
)
def test_a_server_that_cannot_be_used_is_named_and_the_others_are_read(
    tmp_path: Path, entry: Any, problem: str
) -> None:
    found = read(tmp_path, {"mcpServers": {"bad": entry, "good": {"command": "x"}}})
    assert problem in found.problems["bad"]
    assert list(found.servers) == ["good"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"mcpServers":\n {]}', "line 2"),
        ("[]", "an object with `mcpServers`"),
        ({"mcpServers": []}, "an object with `mcpServers`"),
        ({"mcpServers": {f"s{n}": {"command": "x"} for n in range(33)}}, "over 32 servers"),
        (" " * 300_000, "bytes"),
    ],
)
def test_a_bad_file_is_one_problem(tmp_path: Path, content: Any, problem: str) -> None:
    found = read(tmp_path, content)
    assert found.servers == {}
    assert problem in found.problems[MCP_JSON]


def test_what_is_no_file_is_a_problem_and_never_waited_for(tmp_path: Path) -> None:
    (tmp_path / MCP_JSON).mkdir()
    assert "regular file" in mcp_json.read(tmp_path).problems[MCP_JSON]


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    found = read(tmp_path, {"mcpServers": {"a b": {"command": "x"}}})
    assert "1 to 40" in found.problems["a b"]
