"""`agents`: the agent programs that can be started by name, and where they are.

The daemon says where, as it is who starts them; while none runs, they are looked up here.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from actors.cli.arguments import Option, Spec
from actors.cli.command import DONE, Call, Command
from actors.cli.failures import CommandError, NoDaemonError
from actors.decisions.agents import described
from storage import codec, workspace_file
from storage.data_dir import DEFAULT_WORKSPACE, DataDir
from storage.errors import FileRefused
from storage.records.workspace import WorkspaceSettings

_PATHS = {
    "daemon": "looked up in the PATH that the daemon was started with",
    "yours": "looked up in your own PATH, as no daemon runs",
}


def _agents(call: Call) -> int:
    workspace = call.values["workspace"] or DEFAULT_WORKSPACE
    try:
        asked = {"type": "list-agents", "workspace": workspace}
        rows, whose = call.ask(asked)["data"]["agents"], "daemon"
        _tell_problem(call, workspace)
    except NoDaemonError:
        settings = _settings(call.data, workspace)
        path = os.environ.get("PATH")
        rows = described(settings, lambda command: shutil.which(command, path=path))
        rows, whose = codec.builtins(rows), "yours"
    if call.console.json:
        data = {"agents": rows, "path": whose}
        call.console.value({"id": None, "type": "agents", "ok": True, "data": data})
        return DONE
    ids, names, heard = (max(len(row[key]) for row in rows) for key in ("id", "name", "activity"))
    for row in rows:
        told = f"  {row['name']:{names}}  activity by {row['activity']:{heard}}"
        call.console.line((f"{row['id']:{ids}}", "bold"), told, _where(row))
    call.console.line((_PATHS[whose], "dim"))
    call.console.line(("start one with: greenroom new --agent NAME", "dim"))
    return DONE


def _settings(data: str, workspace: str) -> WorkspaceSettings:
    place = DataDir(Path(data)).workspace_file(workspace)
    try:
        return workspace_file.read(place)
    except FileRefused as problem:
        where = f" at {problem.path}" if problem.path else ""
        raise CommandError(f"{place}: {problem}{where}") from problem


def _tell_problem(call: Call, workspace: str) -> None:
    """What a daemon lists is what is in force: the last good settings, if the file is wrong."""
    try:
        _settings(call.data, workspace)
    except CommandError as problem:
        call.console.note(f"{problem}; the last good one stays in force", "warn")


def _where(row: dict[str, Any]) -> tuple[str, str]:
    mark = ", your own" if row["own"] else ""
    if row["found"]:
        return f"  {row['found']}{mark}", "good"
    get = f"; {row['install']}" if row.get("install") else ""
    missing = "cannot be run" if "/" in row["command"] else "is not in PATH"
    return f"  {row['command']} {missing}{mark}{get}", "dim"


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
