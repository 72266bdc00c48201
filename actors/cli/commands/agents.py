"""`agents`: the agent programs that can be started by name. Reads files; needs no daemon.

Whether a program is there is looked up in the PATH of whoever asks.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.failures import CommandError
from actors.decisions.agents import known
from storage import codec, workspace_file
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.errors import FileRefused


def _agents(call: Call) -> int:
    rows = _rows(call.data, call.values["workspace"] or DEFAULT_WORKSPACE)
    if call.console.json:
        data = {"agents": rows}
        call.console.value({"id": None, "type": "agents", "ok": True, "data": data})
        return DONE
    width = max(len(row["id"]) for row in rows)
    for row in rows:
        call.console.line((f"{row['id']:{width}}", "bold"), f"  {row['name']}", _where(row))
    call.console.line(("start one with: greenroom new --agent NAME", "dim"))
    return DONE


def _rows(data: str, workspace: str) -> list[dict[str, Any]]:
    """Each definition, with the path of its program or null, and whether it is the user's own."""
    place = DataDir(Path(data)).workspace_file(workspace)
    try:
        settings = workspace_file.read(place)
    except FileRefused as problem:
        where = f" at {problem.path}" if problem.path else ""
        raise CommandError(f"{place}: {problem}{where}") from problem
    own = {agent.id for agent in settings.agents}
    return [
        {
            **codec.builtins(one),
            "own": one.id in own,
            "found": shutil.which(one.command, path=os.environ.get("PATH")),
        }
        for one in known(settings).values()
    ]


def _where(row: dict[str, Any]) -> tuple[str, str]:
    mark = ", your own" if row["own"] else ""
    if row["found"]:
        return f"  {row['found']}{mark}", "good"
    get = f"; {row['install']}" if row.get("install") else ""
    return f"  {row['command']} is not in PATH{mark}{get}", "dim"


COMMANDS = {
    "agents": Command(
        _agents,
        Spec([], [Option("--workspace", "whose workspace.json; default", metavar="NAME")]),
        (
            "greenroom agents",
            "greenroom agents --json | jq '.data.agents[0]'    a whole definition, to begin with",
            "Your own stand under agents in workspace.json; one with the id of a built-in one",
            "takes its place.",
        ),
    )
}
