"""`mcp`: becomes the process that serves the tools on stdio, or says how a client is told of it.

It becomes it by `exec`, so that nothing of it is loaded here; the marks in the environment stay,
since they say which session calls.
"""

from __future__ import annotations

import json
import os
import sys

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, Call, Command
from actors.entry import entry_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

NOTE = "this speaks MCP on its standard input; a client starts it, see: greenroom mcp --config"


def _mcp(call: Call) -> int:
    if not call.values["config"]:
        _serve(call)
    config = _config(call)
    if call.console.json:
        return call.done(config, "")
    call.console.out.write(json.dumps(config, indent=2) + "\n")
    return DONE


def _config(call: Call) -> dict[str, Any]:
    """What a client's file says, as it holds for this installation."""
    own = os.path.abspath(sys.argv[0])  # noqa: PTH100 - as everywhere here, without pathlib
    words = [sys.executable, own] if own.endswith(".py") else [own]
    data = ["--data", call.data] if call.console.named_data else []
    server = {"command": words[0], "args": [*words[1:], "mcp", *data]}
    return {"mcpServers": {"greenroom": server}}


def _serve(call: Call) -> NoReturn:
    if sys.stdin.isatty():
        call.console.note(NOTE, "warn")
    sys.stderr.flush()
    command = entry_command("mcp-server", "--data", call.data)
    os.execve(command[0], command, dict(call.environ))  # noqa: S606 - ourselves, without a shell


COMMANDS = {
    "mcp": Command(
        _mcp,
        Spec(options=[Option("--config", "print what a client's config needs, and end")]),
        (
            "claude mcp add greenroom -- greenroom mcp      for Claude Code",
            "greenroom mcp --config                         for a client with a file, as:",
            '  {"mcpServers": {"greenroom": {"command": "greenroom", "args": ["mcp"]}}}',
        ),
    ),
}
